"""The simulated home of `scripts/develop`: its zone, and Raindrop set up in Home Assistant."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
import time

from simulator import Simulator
from simulator.ports import Ports

from .ha_rest import Reply
from .home_assistant_process import HomeAssistant, free_port
from .raindrop_imports import DOMAIN

ZONE = "example.com"
HOST_NAME = "home.example.com"
TOKEN = "cfut_" + "raindrops" * 5
OLD_ADDRESS, ADDRESS = "81.2.69.140", "81.2.69.142"
PUBLIC_IPV4 = "sensor.example_com_public_ipv4_address"

CONTROL_PORT = 8790
TIMEOUT_S = 30.0
POLL_S = 0.05


class CheckError(Exception):
    """A check failed; the text says which."""


@contextlib.asynccontextmanager
async def simulated_home() -> AsyncIterator[Simulator]:
    """Run the simulator with one zone, whose record has an old address."""
    async with Simulator(Ports(control=free_port(CONTROL_PORT))) as simulator:
        zone = simulator.cloudflare.add_zone(ZONE)
        simulator.cloudflare.add_token(TOKEN)
        simulator.cloudflare.add_record(zone, type="A", name="home", content=OLD_ADDRESS, ttl=3600)
        simulator.ip.set_address(ADDRESS)
        print_step(f"the simulator is running: {simulator.control_url}")
        yield simulator


async def set_up(home: HomeAssistant, simulator: Simulator) -> None:
    """Set up Raindrop through its form, unless it is set up already, and wait for the record."""
    if await home.rest.entries(DOMAIN):
        print_step("Raindrop is already set up")
    else:
        print_step("the form is submitted")
        form = await home.rest.start_flow(DOMAIN)
        fields = {"zone": ZONE, "email": "", "key": TOKEN, "domain": "home"}
        families = await home.rest.submit(form, fields)
        _expect_created(await home.rest.submit(families, {"families": ["ipv4"]}))
    await wait_until(lambda: content(simulator) == ADDRESS, "the record was not updated")
    async with asyncio.timeout(TIMEOUT_S):
        # The REST API has no notification.
        while PUBLIC_IPV4 not in await home.rest.states():  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)


def content(simulator: Simulator) -> str:
    """Return the address in the record."""
    contents = (r["content"] for r in simulator.cloudflare.records(ZONE) if r["name"] == HOST_NAME)
    return str(next(contents, None))


def expect(is_met: bool, message: str) -> None:  # noqa: FBT001
    """Raise CheckError unless something is as expected."""
    if not is_met:
        raise CheckError(message)


def _expect_created(result: Reply) -> None:
    """Raise CheckError unless the flow created an entry."""
    expect(result["type"] == "create_entry", f"the form has errors: {result.get('errors')}")


async def wait_until(condition: Callable[[], bool], message: str) -> None:
    """Wait for a condition. Raises CheckError after a timeout."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        expect(time.monotonic() < deadline, f"{message} within {TIMEOUT_S:.0f} s")
        await asyncio.sleep(POLL_S)


def print_step(text: str) -> None:
    """Print what happens now."""
    print(f"- {text}", flush=True)
