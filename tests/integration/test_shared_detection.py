"""Ten zones share one detection: an address is asked for once, and written by all."""

from collections import Counter
from datetime import timedelta

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.const import DOMAIN
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN

from .builders import StoredSources, domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, requests
from .router_entities import Router, contents

ZONES = [f"zone{number}.example" for number in range(10)]
STEP = timedelta(seconds=29)
"""With the second that the clock adds, a tenth of a cycle."""
STEPS_OF_A_CYCLE = 10


async def set_up_zones(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, sources: StoredSources | None = None
) -> None:
    """Set up ten zones, half a minute apart."""
    simulator.cloudflare.add_token(TOKEN)
    for name in ZONES:
        zone = simulator.cloudflare.add_zone(name)
        await set_up(hass, zone, [domain(name)], sources=sources)
        await clock.passes(STEP)
    assert addresses(simulator) == {HOME: 10}
    simulator.log.clear()


def addresses(simulator: Simulator) -> Counter[str]:
    """Return how many zones have each address."""
    return Counter(contents(simulator, name)[name] for name in ZONES)


async def cycles(clock: Clock, count: int) -> None:
    """Let cycles pass in which each zone is updated at another time."""
    for _ in range(count * STEPS_OF_A_CYCLE):
        await clock.passes(STEP)


async def test_ten_zones_ask_a_provider_once_a_cycle(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """The first zone asks; the others use its detection while that is recent."""
    await set_up_zones(hass, simulator, clock)
    await cycles(clock, 10)
    assert simulator.log.count(service="ip") == 10
    assert simulator.log.count(service="cloudflare") == 0


async def test_ten_zones_that_are_updated_together_ask_once(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """They wait for the same request."""
    await set_up_zones(hass, simulator, clock)
    await clock.passes(timedelta(minutes=9))
    simulator.log.clear()
    await clock.cycles(3)
    assert simulator.log.count(service="ip") == 3


async def test_ten_zones_with_a_router_send_no_requests(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """While the entity reports the accepted address no provider is asked."""
    router = Router(hass)
    await router.reports(HOME)
    await set_up_zones(hass, simulator, clock, {"ipv4": [router.source()]})
    await cycles(clock, 10)
    assert not requests(simulator)


@pytest.mark.parametrize("source", ["provider", "router"])
async def test_an_address_that_one_zone_accepts_is_written_by_all(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, source: str
) -> None:
    """Each zone costs one list and one batch; providers are asked as for a single zone."""
    router = Router(hass)
    await router.reports(HOME)
    is_router = source == "router"
    await set_up_zones(hass, simulator, clock, {"ipv4": [router.source()]} if is_router else None)
    simulator.ip.set_address(NEXT)
    if is_router:
        await router.reports(NEXT)
    else:
        while addresses(simulator) == {HOME: 10}:
            await clock.passes(STEP)
    assert addresses(simulator) == {NEXT: 10}
    assert Counter(endpoints(simulator)) == {LIST: 10, BATCH: 10}
    targets = Counter(
        entry.target.partition("?")[0] for entry in simulator.log.select(endpoint=LIST)
    )
    assert set(targets.values()) == {1}
    assert simulator.log.count(service="ip") == (1 if is_router else 2)

    simulator.log.clear()
    await cycles(clock, 2)
    assert simulator.log.count(service="ip") == (0 if is_router else 2)
    assert simulator.log.count(service="cloudflare") == 0


async def test_a_zone_that_is_refused_follows_by_itself(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """The other zones are written at once, and this one in its next update."""
    await set_up_zones(hass, simulator, clock)
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", BATCH, kind="html", times=1)
    while addresses(simulator) == {HOME: 10}:
        await clock.passes(STEP)
    assert addresses(simulator) == {NEXT: 9, HOME: 1}
    await cycles(clock, 1)
    assert addresses(simulator) == {NEXT: 10}
    # Those of two cycles, one to confirm, and one of the full sync that follows
    # a write without a response.
    assert simulator.log.count(service="ip") == 4


async def test_a_zone_that_is_being_updated_follows_at_once(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """An address that is accepted meanwhile is written right after the running update."""
    await set_up_zones(hass, simulator, clock)
    busy, other = hass.config_entries.async_entries(DOMAIN)[:2]
    hold = simulator.faults.add("cloudflare", LIST, kind="hold", times=1)
    update = hass.async_create_task(busy.runtime_data.async_update_now())
    await simulator.log.arrived(1, endpoint=LIST)
    simulator.ip.set_address(NEXT)
    await other.runtime_data.async_update_now()
    assert contents(simulator, ZONES[0])[ZONES[0]] == HOME
    hold.release()
    await update
    await hass.async_block_till_done(wait_background_tasks=True)
    assert addresses(simulator) == {NEXT: 10}
