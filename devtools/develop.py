"""Run the simulator and a real Home Assistant with Raindrop set up: `scripts/develop`.

`python -m devtools.develop` runs until Ctrl-C; with `--check` it changes the address, checks that
the record follows, and exits; with `--live` it runs without the simulator, for a real account.
"""

from argparse import ArgumentParser, Namespace
import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from pathlib import Path
import signal
import sys
from tempfile import TemporaryDirectory
import time

from homeassistant.const import __version__ as home_assistant_version

from simulator import Simulator
from simulator.ports import Ports

from .ha_rest import Reply, RestError
from .home_assistant_process import FOLDER, HomeAssistant, StartError, free_port
from .raindrop_imports import DOMAIN

ZONE = "example.com"
HOST_NAME = "home.example.com"
TOKEN = "cfut_" + "raindrops" * 5
OLD_ADDRESS, ADDRESS, NEW_ADDRESS = "81.2.69.140", "81.2.69.142", "81.2.69.144"
PUBLIC_IPV4 = "sensor.example_com_public_ipv4_address"
LAST_UPDATE = "sensor.example_com_last_update"

CONTROL_PORT = 8790
TIMEOUT_S = 30.0
POLL_S = 0.05


class CheckError(Exception):
    """A check failed; the text says which."""


def main() -> int:
    """Run until Ctrl-C or the end of the check; return the exit code."""
    options = _parser().parse_args()
    try:
        asyncio.run(_run(options))
    except KeyboardInterrupt, asyncio.CancelledError:
        print("Stopped.")
    except (CheckError, StartError, RestError) as err:
        print(f"FAILED: {err}", file=sys.stderr)
        return 1
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="scripts/develop", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--check", action="store_true", help="check that the record follows, then exit"
    )
    mode.add_argument(
        "--live", action="store_true", help="run without the simulator, for a real account"
    )
    parser.add_argument("--port", type=int, default=8123, help="Home Assistant's port (8123)")
    return parser


async def _run(options: Namespace) -> None:
    """Run the selected mode."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if options.live:
        await _run_live(options.port)
    elif options.check:
        with TemporaryDirectory(prefix="raindrop-", ignore_cleanup_errors=True) as folder:
            await _run_check(options.port, folder)
    else:
        await _run_simulated(options.port)


async def _run_live(port: int) -> None:
    """Run Home Assistant for a real account."""
    home = HomeAssistant(FOLDER.with_name("home-assistant-live"), port=port)
    _print_step(f"Home Assistant {home_assistant_version} is starting")
    async with home:
        _print_summary(
            ("Home Assistant", f"{home.url}  (no login)"), ("Cloudflare", "the real API")
        )
        await home.wait()


async def _run_simulated(port: int) -> None:
    """Run the simulator and Home Assistant until Ctrl-C."""
    async with _simulator() as simulator:
        _print_step(f"Home Assistant {home_assistant_version} is starting")
        async with HomeAssistant(port=port, simulator=simulator.urls()) as home:
            await _set_up(home, simulator)
            _print_summary(
                ("record", f"A {HOST_NAME}: {OLD_ADDRESS} -> {_content(simulator)}"),
                ("Home Assistant", f"{home.url}  (no login)"),
                (
                    "simulator",
                    f"{simulator.control_url}  (set the address, add faults, read the log)",
                ),
                ("stop", "Ctrl-C"),
            )
            await home.wait()


async def _run_check(port: int, folder: str) -> None:
    """Check in a fresh Home Assistant that the record follows the address."""
    async with _simulator() as simulator:
        _print_step(f"Home Assistant {home_assistant_version} is starting")
        home = HomeAssistant(Path(folder), port=port, simulator=simulator.urls())
        async with home:
            await _set_up(home, simulator)
            _print_step(
                f"record before -> after: A {HOST_NAME}: {OLD_ADDRESS} -> {_content(simulator)}"
            )
            written = (await home.rest.states())[LAST_UPDATE]["state"]

            _print_step(f"the address changes to {NEW_ADDRESS}; nothing reports it")
            simulator.ip.set_address(NEW_ADDRESS)
            await _wait_until(
                lambda: _content(simulator) == NEW_ADDRESS, "the record was not updated"
            )
            states = await home.rest.states()
            _expect(states[PUBLIC_IPV4]["state"] == NEW_ADDRESS, "the sensor shows another address")
            _expect(
                states[LAST_UPDATE]["state"] >= written,
                "the time of the last update did not advance",
            )
            _expect(
                simulator.log.surprises == [], f"unexpected requests: {simulator.log.surprises}"
            )
            _expect(not (found := _log_problems(home)), f"the log has problems: {found}")
            _print_step(
                f"record before -> after: A {HOST_NAME}: {ADDRESS} -> {_content(simulator)}"
            )
    _print_step("the check passed")


@contextlib.asynccontextmanager
async def _simulator() -> AsyncIterator[Simulator]:
    """Run the simulator with one zone, whose record has an old address."""
    async with Simulator(Ports(control=free_port(CONTROL_PORT))) as simulator:
        zone = simulator.cloudflare.add_zone(ZONE)
        simulator.cloudflare.add_token(TOKEN)
        simulator.cloudflare.add_record(zone, type="A", name="home", content=OLD_ADDRESS, ttl=3600)
        simulator.ip.set_address(ADDRESS)
        _print_step(f"the simulator is running: {simulator.control_url}")
        yield simulator


async def _set_up(home: HomeAssistant, simulator: Simulator) -> None:
    """Set up Raindrop through its form, unless it is set up already, and wait for the record."""
    if await home.rest.entries(DOMAIN):
        _print_step("Raindrop is already set up")
    else:
        _print_step("the form is submitted")
        form = await home.rest.start_flow(DOMAIN)
        fields = {"zone": ZONE, "email": "", "key": TOKEN, "domain": "home"}
        families = await home.rest.submit(form, fields)
        _expect_created(await home.rest.submit(families, {"families": ["ipv4"]}))
    await _wait_until(lambda: _content(simulator) == ADDRESS, "the record was not updated")
    async with asyncio.timeout(TIMEOUT_S):
        # The REST API has no notification.
        while PUBLIC_IPV4 not in await home.rest.states():  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)


def _content(simulator: Simulator) -> str:
    """Return the address in the record."""
    contents = (r["content"] for r in simulator.cloudflare.records(ZONE) if r["name"] == HOST_NAME)
    return str(next(contents, None))


def _expect_created(result: Reply) -> None:
    """Raise CheckError unless the flow created an entry."""
    _expect(result["type"] == "create_entry", f"the form has errors: {result.get('errors')}")


def _expect(is_met: bool, message: str) -> None:  # noqa: FBT001
    if not is_met:
        raise CheckError(message)


async def _wait_until(condition: Callable[[], bool], message: str) -> None:
    """Wait for a condition. Raises CheckError after a timeout."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        _expect(time.monotonic() < deadline, f"{message} within {TIMEOUT_S:.0f} s")
        await asyncio.sleep(POLL_S)


def _log_problems(home: HomeAssistant) -> list[str]:
    """Return the lines of the log that report an error or mention Raindrop."""
    lines = (home.folder / "home-assistant.log").read_text(errors="replace").splitlines()
    related = [line for line in lines if "blocking call" in line or "custom_components.ra" in line]
    return [*home.errors(), *related]


def _print_step(text: str) -> None:
    print(f"- {text}", flush=True)


def _print_summary(*lines: tuple[str, str]) -> None:
    width = max(len(name) for name, _ in lines)
    text = "\n".join(f"  {name:<{width}}  {value}" for name, value in lines)
    print(f"\nRaindrop is running.\n\n{text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
