"""A watched home in simulated time: many zones, and clocks that jump."""

from datetime import timedelta
import time

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.internet_watch import async_watch
from simulator import Simulator, StunFault
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.open_sockets import watching_sockets
from tests.simulated_time import advance, watch_by_simulator

from .builders import domain, set_up
from .conftest import BATCH, LIST, endpoints

ZONES = 10
PROBE = timedelta(seconds=19)
"""A little more than there is between two probes at most."""
OUTAGE = timedelta(minutes=3)


@pytest.fixture
async def ten_zones(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Zone]:
    """Set up ten zones, whose connection is watched."""
    watch_by_simulator(simulator, monkeypatch)
    hass.loop.set_debug(False)
    zones = [zone]
    for number in range(1, ZONES):
        other = simulator.cloudflare.add_zone(f"n{number}.example")
        simulator.cloudflare.add_record(other, type="A", name="home", content=OLD)
        zones.append(other)
    for each in zones:
        await set_up(hass, each, [domain(f"home.{each.name}")])
    await advance(hass, freezer, timedelta(minutes=10))
    assert contents(simulator, zones) == {HOME}
    simulator.log.clear()
    simulator.stun.clear()
    return zones


def contents(simulator: Simulator, zones: list[Zone]) -> set[str]:
    """Return what the records of all zones hold."""
    return {str(simulator.cloudflare.records(zone)[0]["content"]) for zone in zones}


async def test_ten_zones_move_at_once(
    hass: HomeAssistant, simulator: Simulator, ten_zones: list[Zone], freezer: FrozenDateTimeFactory
) -> None:
    """One probe at a time for all of them, one detection, and two requests for each zone."""
    simulator.ip.set_address(NEXT)
    await advance(hass, freezer, PROBE)
    assert contents(simulator, ten_zones) == {NEXT}
    assert simulator.stun.probes.total() <= 2
    assert simulator.log.count(service="ip") == 2
    assert sorted(endpoints(simulator)) == sorted([LIST, BATCH] * ZONES)


async def test_ten_zones_without_a_change_share_look_ups(
    hass: HomeAssistant, simulator: Simulator, ten_zones: list[Zone], freezer: FrozenDateTimeFactory
) -> None:
    """In three hours: one look-up every half hour, a second opinion and full syncs every hour."""
    await advance(hass, freezer, timedelta(hours=3))
    assert simulator.log.count(service="ip") <= 6 + 3
    assert endpoints(simulator).count(LIST) == ZONES * 3
    assert BATCH not in endpoints(simulator)


async def test_ten_zones_follow_after_an_outage(
    hass: HomeAssistant, simulator: Simulator, ten_zones: list[Zone], freezer: FrozenDateTimeFactory
) -> None:
    """The first response that ends it starts one detection for all."""
    simulator.ip.set_address(None)
    simulator.cloudflare.reachable = False
    await advance(hass, freezer, OUTAGE)
    simulator.log.clear()
    simulator.cloudflare.reachable = True
    simulator.ip.set_address(NEXT)
    await advance(hass, freezer, timedelta(seconds=4))
    assert contents(simulator, ten_zones) == {NEXT}
    assert simulator.log.count(service="ip") == 2
    assert sorted(endpoints(simulator)) == sorted([LIST, BATCH] * ZONES)


@pytest.mark.parametrize("is_probing", [False, True], ids=["between probes", "during a probe"])
@pytest.mark.parametrize(
    "monotonic_s, wall_s",
    [
        (8 * 3600, 8 * 3600),
        (0, 8 * 3600),
        (0, -8 * 3600),
    ],
    ids=["suspended", "clock set forward", "clock set back"],
)
async def test_a_move_is_noticed_after_a_jump(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    is_probing: bool,  # noqa: FBT001
    monotonic_s: int,
    wall_s: int,
) -> None:
    """Of the monotonic clock in the sleep of a machine, or of the wall clock alone."""
    watch_by_simulator(simulator, monkeypatch)
    entry = await set_up(hass, zone, [domain("home.example.com")])
    await advance(hass, freezer, timedelta(minutes=10))
    if is_probing:
        simulator.stun.fault = StunFault.SILENT
        await advance(hass, freezer, PROBE)
        simulator.stun.fault = None
    freezer.tick(timedelta(seconds=wall_s))
    shift_s = wall_s - monotonic_s
    monkeypatch.setattr(hass.loop, "time", lambda: time.monotonic() - shift_s)
    simulator.ip.set_address(NEXT)
    await advance(hass, freezer, PROBE)
    assert contents(simulator, [zone]) == {NEXT}
    assert watching_sockets() <= 4 + 2
    await hass.config_entries.async_unload(entry.entry_id)
    assert async_watch(hass) is None
    assert watching_sockets() == 4
