"""Addresses that have to stand still: of a second connection, and of one that flaps."""

from datetime import timedelta

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest

from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, LIST, PUBLIC_IPV4, Clock, endpoints, state
from .routers import NAME, PROBLEM, Router, contents, issues, lines, reason, written

CABLE, MOBILE = "cable.example.com", "mobile.example.com"
WAN_1, WAN_1_NEXT = "81.2.69.142", "81.2.69.144"
WAN_2, WAN_2_NEXT = "81.2.69.160", "81.2.69.162"
MOBILE_PROBLEM = "binary_sensor.mobile_example_com_dns"
HOLD = timedelta(seconds=10)


@pytest.fixture
async def wans(hass: HomeAssistant, zone: Zone, clock: Clock) -> tuple[Router, Router]:
    """Keep two domains by two connections; this host uses the first."""
    cable, mobile = Router(hass, "cable"), Router(hass, "mobile", platform="huawei_lte")
    await cable.says(WAN_1)
    await mobile.says(WAN_2)
    await set_up(
        hass,
        zone,
        [
            domain(CABLE, sources={"ipv4": cable.source(), "ipv6": {"source": "inherited"}}),
            domain(MOBILE, sources={"ipv4": mobile.source(is_default_way=False)}),
        ],
        options={"ipv4": {"source": "off"}},
    )
    return cable, mobile


async def test_each_connection_has_its_record(
    hass: HomeAssistant, lab: Lab, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """The first connection is confirmed by a page; the second has to stand for ten seconds."""
    assert contents(lab) == {NAME: OLD, CABLE: WAN_1}
    await clock.passes(HOLD)
    assert contents(lab) == {NAME: OLD, CABLE: WAN_1, MOBILE: WAN_2}
    assert [entry.operator for entry in lab.log.select(service="ip")] == ["cloudflare"]
    assert lab.log.surprises == []


async def test_a_second_connection_is_written_when_it_stood_still(
    hass: HomeAssistant, lab: Lab, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """No page can see it from here, so that none is asked; the other record is left alone."""
    _, mobile = wans
    await clock.passes(HOLD)
    lab.log.clear()
    await mobile.says(WAN_2_NEXT)
    assert written(lab) == []
    await clock.passes(HOLD)
    assert contents(lab) == {NAME: OLD, CABLE: WAN_1, MOBILE: WAN_2_NEXT}
    assert written(lab) == [WAN_2_NEXT]
    assert endpoints(lab) == [LIST, BATCH]
    assert lab.log.count(service="ip") == 0

    lab.log.clear()
    await clock.cycles(3)
    assert not lab.log.entries


async def test_a_second_connection_that_does_not_stand_still_is_waited_for(
    hass: HomeAssistant, lab: Lab, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """What was said for a moment only is never written."""
    _, mobile = wans
    await clock.passes(HOLD)
    lab.log.clear()
    for passing in ("81.2.69.170", "81.2.69.171", "81.2.69.172"):
        await mobile.says(passing)
        await clock.passes(timedelta(seconds=4))
    await mobile.says(WAN_2)
    await clock.passes(HOLD)
    await clock.cycles()
    assert not lab.log.entries
    assert contents(lab)[MOBILE] == WAN_2


async def test_a_second_connection_that_is_down_leaves_its_record(
    hass: HomeAssistant, lab: Lab, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """The first connection never speaks for the second, however long that is silent."""
    _, mobile = wans
    await clock.passes(HOLD)
    lab.log.clear()
    await mobile.says(STATE_UNAVAILABLE)
    await clock.cycles(10)
    assert contents(lab)[MOBILE] == WAN_2
    assert not lab.log.entries
    assert issues(hass) == {}


async def test_a_second_connection_that_was_down_stands_anew(
    hass: HomeAssistant, lab: Lab, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """What it said for a moment, long ago, is not believed as soon as it says it again."""
    _, mobile = wans
    await clock.passes(HOLD)
    await mobile.says(WAN_2_NEXT)
    await mobile.says(STATE_UNAVAILABLE)
    await clock.cycles(2)
    await mobile.says(WAN_2_NEXT)
    assert contents(lab)[MOBILE] == WAN_2
    await clock.passes(HOLD)
    assert contents(lab)[MOBILE] == WAN_2_NEXT


async def test_a_second_connection_that_was_down_for_a_moment_stands_anew(
    hass: HomeAssistant, lab: Lab, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """An interruption is no standing still, even one between two looks."""
    _, mobile = wans
    await clock.passes(HOLD)
    for text in (WAN_2_NEXT, STATE_UNAVAILABLE, WAN_2_NEXT):
        await mobile.says(text)
        await clock.passes(timedelta(seconds=3))
    assert contents(lab)[MOBILE] == WAN_2
    await clock.passes(timedelta(seconds=3))
    assert contents(lab)[MOBILE] == WAN_2
    await clock.passes(HOLD)
    assert contents(lab)[MOBILE] == WAN_2_NEXT


async def test_a_change_of_the_first_connection_leaves_the_second_alone(
    hass: HomeAssistant, lab: Lab, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """One record changes, with one page asked, one list and one batch of one."""
    cable, _ = wans
    await clock.passes(HOLD)
    lab.log.clear()
    lab.ip.set_address(WAN_1_NEXT)
    await cable.says(WAN_1_NEXT)
    assert contents(lab) == {NAME: OLD, CABLE: WAN_1_NEXT, MOBILE: WAN_2}
    assert written(lab) == [WAN_1_NEXT]
    assert endpoints(lab) == [LIST, BATCH]
    assert lab.log.count(service="ip") == 1


async def goes(lab: Lab, router: Router, address: str) -> None:
    """Let the home move, and the router tell."""
    lab.ip.set_address(address)
    await router.says(address)


@pytest.fixture
async def router(hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock) -> Router:
    """Keep a domain by a router that went to and fro within a minute, and went again."""
    router = Router(hass)
    await router.says(HOME)
    await set_up(hass, zone, [domain(NAME)], options={"ipv4": router.source()})
    for address in (NEXT, HOME):
        await clock.passes(timedelta(seconds=30))
        await goes(lab, router, address)
        assert contents(lab) == {NAME: address}
    await clock.passes(timedelta(seconds=30))
    lab.log.clear()
    return router


async def test_an_address_that_keeps_coming_and_going_is_held(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router, caplog: pytest.LogCaptureFixture
) -> None:
    """A router that starts twice is believed; after that two minutes of rest are asked for."""
    await goes(lab, router, NEXT)
    assert contents(lab) == {NAME: HOME}
    assert state(hass, PUBLIC_IPV4) == HOME
    assert (state(hass, PROBLEM), reason(hass)) == (STATE_ON, "flapping")
    assert list(issues(hass)) == ["address_flapping"]
    told = issues(hass)["address_flapping"]
    assert (told["family"], told["before"], told["address"]) == ("IPv4", HOME, NEXT)
    assert written(lab) == []

    await clock.passes(timedelta(minutes=1))
    assert contents(lab) == {NAME: HOME}
    await clock.passes(timedelta(minutes=1))
    assert contents(lab) == {NAME: NEXT}
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert (state(hass, PROBLEM), reason(hass)) == (STATE_OFF, None)
    assert issues(hass) == {}
    assert written(lab) == [NEXT]
    assert len(lines(caplog)) == 1


async def test_a_router_that_flaps_for_an_hour_costs_next_to_nothing(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router
) -> None:
    """Every thirty seconds another address: DNS stands still until the router does."""
    for address in (NEXT, HOME) * 20:
        await goes(lab, router, address)
        await clock.passes(timedelta(seconds=29))
    assert written(lab) == []
    assert lab.log.count(service="cloudflare") <= 20
    assert contents(lab) == {NAME: HOME}

    await goes(lab, router, NEXT)
    await clock.passes(timedelta(minutes=2))
    assert contents(lab) == {NAME: NEXT}


async def test_an_address_that_was_never_there_before_is_no_flapping(
    hass: HomeAssistant, lab: Lab, router: Router
) -> None:
    """A third address is new: it is confirmed and written at once."""
    await goes(lab, router, "81.2.69.199")
    assert contents(lab) == {NAME: "81.2.69.199"}
    assert issues(hass) == {}


async def test_what_a_second_connection_flaps_between_is_told_of_it_alone(
    hass: HomeAssistant, lab: Lab, clock: Clock, wans: tuple[Router, Router]
) -> None:
    """The repair names the two addresses of the connection that flaps, not those of another."""
    _, mobile = wans
    for address in (WAN_2, WAN_2_NEXT, WAN_2):
        await mobile.says(address)
        await clock.passes(HOLD)
        assert contents(lab)[MOBILE] == address
    await mobile.says(WAN_2_NEXT)
    await clock.passes(HOLD)
    assert contents(lab)[MOBILE] == WAN_2
    assert reason(hass, MOBILE_PROBLEM) == "flapping"
    told = issues(hass)["address_flapping"]
    assert (told["before"], told["address"]) == (WAN_2, WAN_2_NEXT)
