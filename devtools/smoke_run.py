"""The smoke run: in a real Home Assistant, the record follows the address (`--check`)."""

from pathlib import Path

from homeassistant.const import __version__ as home_assistant_version

from .home_assistant_process import HomeAssistant
from .simulated_home import (
    ADDRESS,
    HOST_NAME,
    OLD_ADDRESS,
    PUBLIC_IPV4,
    content,
    expect,
    print_step,
    set_up,
    simulated_home,
    wait_until,
)

NEW_ADDRESS = "81.2.69.144"
LAST_UPDATE = "sensor.example_com_last_update"


async def run_smoke_test(port: int, folder: str) -> None:
    """Check in a fresh Home Assistant that the record follows the address."""
    async with simulated_home() as simulator:
        print_step(f"Home Assistant {home_assistant_version} is starting")
        home = HomeAssistant(Path(folder), port=port, simulator=simulator.urls())
        async with home:
            await set_up(home, simulator)
            print_step(
                f"record before -> after: A {HOST_NAME}: {OLD_ADDRESS} -> {content(simulator)}"
            )
            written = (await home.rest.states())[LAST_UPDATE]["state"]

            print_step(f"the address changes to {NEW_ADDRESS}; nothing reports it")
            simulator.ip.set_address(NEW_ADDRESS)
            await wait_until(
                lambda: content(simulator) == NEW_ADDRESS, "the record was not updated"
            )
            states = await home.rest.states()
            expect(states[PUBLIC_IPV4]["state"] == NEW_ADDRESS, "the sensor shows another address")
            expect(
                states[LAST_UPDATE]["state"] >= written,
                "the time of the last update did not advance",
            )
            expect(simulator.log.surprises == [], f"unexpected requests: {simulator.log.surprises}")
            expect(not (found := _log_problems(home)), f"the log has problems: {found}")
            print_step(f"record before -> after: A {HOST_NAME}: {ADDRESS} -> {content(simulator)}")
    print_step("the check passed")


def _log_problems(home: HomeAssistant) -> list[str]:
    """Return the lines of the log that report an error or mention Raindrop."""
    lines = (home.folder / "home-assistant.log").read_text(errors="replace").splitlines()
    related = [line for line in lines if "blocking call" in line or "custom_components.ra" in line]
    return [*home.errors(), *related]
