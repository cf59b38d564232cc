"""Hold-down of a second connection, and flap damping."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, LIST, PUBLIC_IPV4, Clock, endpoints, requests, state
from .router_entities import NAME, PROBLEM, Router, contents, issues, lines, reason, written

CABLE, MOBILE = "cable.example.com", "mobile.example.com"
WAN_1, WAN_1_NEXT = "81.2.69.142", "81.2.69.144"
WAN_2, WAN_2_NEXT = "81.2.69.160", "81.2.69.162"
MOBILE_PROBLEM = "binary_sensor.mobile_example_com_dns_problem"
HOLD_DOWN = timedelta(seconds=10)


@pytest.fixture
async def wans(hass: HomeAssistant, zone: Zone, clock: Clock) -> tuple[Router, Router]:
    """Set up two domains with two connections; the default route uses the first."""
    cable, mobile = Router(hass, "cable"), Router(hass, "mobile", platform="huawei_lte")
    await cable.reports(WAN_1)
    await mobile.reports(WAN_2)
    await set_up(
        hass,
        zone,
        [
            domain(CABLE, sources={"ipv4": [cable.source()]}),
            domain(MOBILE, sources={"ipv4": [mobile.source("other_connection")]}),
        ],
        sources={"ipv4": []},
    )
    return cable, mobile


async def test_each_connection_has_its_record(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """The first is confirmed by a provider, the second in hold-down for ten seconds."""
    assert contents(simulator) == {NAME: OLD, CABLE: WAN_1}
    await clock.passes(HOLD_DOWN)
    assert contents(simulator) == {NAME: OLD, CABLE: WAN_1, MOBILE: WAN_2}
    assert [entry.provider for entry in simulator.log.select(service="ip")] == ["cloudflare"]
    assert simulator.log.surprises == []


async def test_a_second_connection_is_written_after_the_hold_down(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """No provider can confirm it, so none is asked; the other record is not changed."""
    _, mobile = wans
    await clock.passes(HOLD_DOWN)
    simulator.log.clear()
    await mobile.reports(WAN_2_NEXT)
    assert written(simulator) == []
    await clock.passes(HOLD_DOWN)
    assert contents(simulator) == {NAME: OLD, CABLE: WAN_1, MOBILE: WAN_2_NEXT}
    assert written(simulator) == [WAN_2_NEXT]
    assert endpoints(simulator) == [LIST, BATCH]
    assert simulator.log.count(service="ip") == 0

    simulator.log.clear()
    await clock.cycles(3)
    assert not requests(simulator)


async def test_the_hold_down_begins_again_with_each_address(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """An address that was reported only for a moment is never written."""
    _, mobile = wans
    await clock.passes(HOLD_DOWN)
    simulator.log.clear()
    for address in ("81.2.69.170", "81.2.69.171", "81.2.69.172"):
        await mobile.reports(address)
        await clock.passes(timedelta(seconds=4))
    await mobile.reports(WAN_2)
    await clock.passes(HOLD_DOWN)
    await clock.cycles()
    assert not requests(simulator)
    assert contents(simulator)[MOBILE] == WAN_2


async def test_a_second_connection_that_is_down_changes_nothing(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """The address of the first connection is never used for the second."""
    _, mobile = wans
    await clock.passes(HOLD_DOWN)
    simulator.log.clear()
    await mobile.reports(STATE_UNAVAILABLE)
    await clock.cycles(2)
    assert issues(hass) == {}
    await clock.cycles(8)
    assert contents(simulator)[MOBILE] == WAN_2
    assert not requests(simulator)
    assert [*issues(hass)] == ["no_address"]
    assert reason(hass, "binary_sensor.cable_example_com_dns_problem") is None
    assert reason(hass, MOBILE_PROBLEM) == "no_address"


async def test_the_hold_down_begins_again_after_an_outage(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """An address that was reported before the outage is not accepted at once afterwards."""
    _, mobile = wans
    await clock.passes(HOLD_DOWN)
    await mobile.reports(WAN_2_NEXT)
    await mobile.reports(STATE_UNAVAILABLE)
    await clock.cycles(2)
    await mobile.reports(WAN_2_NEXT)
    assert contents(simulator)[MOBILE] == WAN_2
    await clock.passes(HOLD_DOWN)
    assert contents(simulator)[MOBILE] == WAN_2_NEXT


async def test_the_hold_down_begins_again_after_a_short_interruption(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """This holds even if the interruption falls between two updates."""
    _, mobile = wans
    await clock.passes(HOLD_DOWN)
    for text in (WAN_2_NEXT, STATE_UNAVAILABLE, WAN_2_NEXT):
        await mobile.reports(text)
        await clock.passes(timedelta(seconds=3))
    assert contents(simulator)[MOBILE] == WAN_2
    await clock.passes(timedelta(seconds=3))
    assert contents(simulator)[MOBILE] == WAN_2
    await clock.passes(HOLD_DOWN)
    assert contents(simulator)[MOBILE] == WAN_2_NEXT


async def test_a_change_of_the_first_connection_does_not_concern_the_second(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """One record changes, with one provider, one list and one batch."""
    cable, _ = wans
    await clock.passes(HOLD_DOWN)
    simulator.log.clear()
    simulator.ip.set_address(WAN_1_NEXT)
    await cable.reports(WAN_1_NEXT)
    assert contents(simulator) == {NAME: OLD, CABLE: WAN_1_NEXT, MOBILE: WAN_2}
    assert written(simulator) == [WAN_1_NEXT]
    assert endpoints(simulator) == [LIST, BATCH]
    assert simulator.log.count(service="ip") == 1


async def change_address(simulator: Simulator, router: Router, address: str) -> None:
    """Change the address of the home and the state of the router."""
    simulator.ip.set_address(address)
    await router.reports(address)


@pytest.fixture
async def router(hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock) -> Router:
    """Set up a router whose address has changed a minute ago."""
    router = Router(hass)
    await router.reports(HOME)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    await clock.passes(timedelta(seconds=30))
    await change_address(simulator, router, NEXT)
    assert contents(simulator) == {NAME: NEXT}
    await clock.passes(timedelta(seconds=30))
    simulator.log.clear()
    return router


async def test_an_address_that_returns_is_in_hold_down(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """It must be stable for two minutes; once is no reason for a repair."""
    await change_address(simulator, router, HOME)
    assert contents(simulator) == {NAME: NEXT}
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert (state(hass, PROBLEM), reason(hass)) == (STATE_ON, "flapping")
    assert written(simulator) == []

    await clock.passes(timedelta(minutes=1))
    assert contents(simulator) == {NAME: NEXT}
    await clock.passes(timedelta(minutes=1))
    assert contents(simulator) == {NAME: HOME}
    assert state(hass, PUBLIC_IPV4) == HOME
    assert (state(hass, PROBLEM), reason(hass)) == (STATE_OFF, None)
    assert issues(hass) == {}
    assert written(simulator) == [HOME]


async def test_two_connections_are_one_repair_that_stays(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    router: Router,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It names both addresses, whichever is in DNS, until a day has passed without a change."""
    for address in (HOME, NEXT, HOME, NEXT):
        await change_address(simulator, router, address)
        await clock.passes(HOLD_DOWN)
    (key,) = shown = issues(hass)
    assert (key, shown[key]["family"]) == ("two_connections", "IPv4")
    assert shown[key]["addresses"] == f"{HOME}, {NEXT}"

    for address in (NEXT, HOME) * 20:
        await change_address(simulator, router, address)
        await clock.passes(timedelta(seconds=29))
        assert issues(hass) == shown
    assert written(simulator) == []
    assert simulator.log.count(service="cloudflare") <= 20
    assert len(lines(caplog)) == 1

    await clock.passes(timedelta(hours=1))
    assert contents(simulator) == {NAME: HOME}
    assert issues(hass) == shown
    await clock.passes(timedelta(days=1))
    assert issues(hass) == {}


async def test_a_new_address_is_no_flapping(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """A third address is confirmed and written at once."""
    for address in (HOME, NEXT, HOME, "81.2.69.199"):
        await change_address(simulator, router, address)
        await clock.passes(HOLD_DOWN)
    assert contents(simulator) == {NAME: "81.2.69.199"}
    assert state(hass, PROBLEM) == STATE_OFF


async def test_the_repair_names_the_addresses_of_the_flapping_connection(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """It does not name those of the other connection."""
    _, mobile = wans
    for address in (WAN_2, WAN_2_NEXT):
        await mobile.reports(address)
        await clock.passes(HOLD_DOWN)
        assert contents(simulator)[MOBILE] == address
    for address in (WAN_2, WAN_2_NEXT, WAN_2, WAN_2_NEXT, WAN_2):
        await mobile.reports(address)
        await clock.passes(HOLD_DOWN)
        assert contents(simulator)[MOBILE] == WAN_2_NEXT
    assert reason(hass, MOBILE_PROBLEM) == "flapping"
    assert issues(hass)["two_connections"]["addresses"] == f"{WAN_2}, {WAN_2_NEXT}"


async def test_a_hold_down_is_cancelled_when_set_up_fails(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """No update runs for an entry that could not be set up and was then disabled."""
    mobile = Router(hass, "mobile", platform="huawei_lte")
    await mobile.reports(WAN_2)
    sources = {"ipv4": [mobile.source("other_connection")]}
    simulator.cloudflare.reachable = False
    entry = await set_up(hass, zone, [domain(MOBILE)], sources=sources)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    simulator.cloudflare.reachable = True
    simulator.log.clear()
    await clock.passes(HOLD_DOWN)
    assert not requests(simulator)
    assert contents(simulator) == {NAME: OLD}
