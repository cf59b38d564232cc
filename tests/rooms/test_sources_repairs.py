"""What a router and the Internet say differently: repairs that come and go by themselves."""

from datetime import timedelta

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import PUBLIC_IPV4, Clock, endpoints, state
from .routers import NAME, Router, contents, issues, written

SHARED, INNER = "100.64.7.8", "192.168.178.20"
OPERATORS = ("cloudflare", "ipify", "ident.me", "amazon", "home-assistant")


@pytest.fixture
async def router(hass: HomeAssistant, zone: Zone, clock: Clock) -> Router:
    """Keep a domain by the address that the router tells."""
    router = Router(hass)
    await router.says(HOME)
    await set_up(hass, zone, [domain(NAME)], options={"ipv4": router.source()})
    return router


@pytest.mark.parametrize(
    "told,key",
    [
        pytest.param(SHARED, "router_cgnat", id="s5 shared by the provider"),
        pytest.param(INNER, "router_double_nat", id="s5 behind another router"),
    ],
)
async def test_s5_a_router_without_a_public_address_is_told_and_the_internet_believed(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router, told: str, key: str
) -> None:
    """What two web operators see is written; the repair says why nobody can come in (S5)."""
    await router.says(told)
    lab.ip.set_address(NEXT)
    await clock.cycles(2)
    assert contents(lab) == {NAME: NEXT}
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert list(issues(hass)) == [key]
    said = issues(hass)[key]
    assert (said["entity"], said["told"], said["address"], said["family"]) == (
        "The router",
        told,
        NEXT,
        "IPv4",
    )
    (issue,) = (i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN)
    assert not issue.is_fixable
    assert issue.severity is ir.IssueSeverity.WARNING
    assert told not in written(lab)

    await router.says(NEXT)
    await clock.cycles()
    assert issues(hass) == {}


@pytest.mark.parametrize("told", [SHARED, INNER])
async def test_a_repair_never_names_an_address_that_is_not_known(
    hass: HomeAssistant, lab: Lab, zone: Zone, told: str
) -> None:
    """A repair that says what the Internet sees waits until somebody has seen it."""
    router = Router(hass)
    await router.says(told)
    await set_up(hass, zone, [domain(NAME)], options={"ipv4": router.source()})
    assert all(said["address"] for said in issues(hass).values())


@pytest.fixture
async def tunnelled(hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock) -> Router:
    """Keep a domain behind a VPN: the router says one address, the Internet sees another."""
    router = Router(hass)
    await router.says(HOME)
    lab.ip.set_address(NEXT)
    await set_up(hass, zone, [domain(NAME)], options={"ipv4": router.source()})
    return router


async def test_s8_a_vpn_is_told_after_three_rounds(
    hass: HomeAssistant, lab: Lab, clock: Clock, tunnelled: Router
) -> None:
    """What two operators see is written, and a repair says that it is not the router's (S8)."""
    assert contents(lab) == {NAME: NEXT}
    await clock.cycles()
    assert issues(hass) == {}
    await clock.cycles()
    assert list(issues(hass)) == ["router_vpn"]
    said = issues(hass)["router_vpn"]
    assert (said["entity"], said["told"], said["address"]) == ("The router", HOME, NEXT)
    assert said["answers"] == f"The router: {HOME}, cloudflare: {NEXT}, ipify: {NEXT}"

    lab.ip.set_address(HOME)
    await clock.cycles()
    assert issues(hass) == {}
    assert contents(lab) == {NAME: HOME}


async def test_a_router_that_is_contradicted_at_set_up_is_no_reason_for_another_round(
    hass: HomeAssistant, lab: Lab, tunnelled: Router
) -> None:
    """What the router said in the first round is not asked about again at once."""
    await hass.async_block_till_done(wait_background_tasks=True)
    asked = [entry.operator for entry in lab.log.select(service="ip")]
    assert asked == ["cloudflare", "ipify"]


async def test_a_router_of_a_vpn_that_counts_its_packets_starts_no_rounds(
    hass: HomeAssistant, lab: Lab, clock: Clock, tunnelled: Router
) -> None:
    """Only another address of the router's is a reason to look, not another of its attributes."""
    lab.log.clear()
    for packets in range(20):
        await tunnelled.says(HOME, packets=str(packets))
    assert not lab.log.entries
    assert issues(hass) == {}


async def test_s7_sources_that_disagree_are_told_after_three_rounds(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """Nothing is written while no two agree; the repair names who said what (S7)."""
    await set_up(hass, zone, [domain(NAME)])
    lab.log.clear()
    for last, operator in enumerate(OPERATORS, start=200):
        lab.ip.set_address(f"81.2.69.{last}", operator=operator)
    await clock.cycles(2)
    assert issues(hass) == {}
    await clock.cycles()
    assert list(issues(hass)) == ["sources_disagree"]
    assert issues(hass)["sources_disagree"]["answers"] == ", ".join(
        f"{operator}: 81.2.69.{last}" for last, operator in enumerate(OPERATORS, start=200)
    )
    assert contents(lab) == {NAME: HOME}
    assert written(lab) == []
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE
    assert len(endpoints(lab)) == 1

    lab.ip.set_address(NEXT)
    await clock.cycles()
    assert issues(hass) == {}
    assert contents(lab) == {NAME: NEXT}


async def test_s8_a_tunnel_of_warp_is_no_address_of_the_home(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """A trace that went through WARP is passed over, and the others decide (S8)."""
    await set_up(hass, zone, [domain(NAME)])
    lab.faults.add("ip", "cloudflare", kind="warp_on")
    lab.ip.set_address("81.2.69.250", operator="cloudflare")
    await clock.cycles(3)
    assert contents(lab) == {NAME: HOME}
    assert "81.2.69.250" not in written(lab)


async def test_a_second_connection_without_a_public_address_leaves_its_record(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """Nobody can say what the Internet sees of it: nothing is written, nothing is claimed."""
    mobile = Router(hass, "mobile")
    await mobile.says(NEXT)
    sources = {"ipv4": mobile.source(is_default_way=False)}
    await set_up(hass, zone, [domain(NAME, sources=sources)])
    await clock.passes(timedelta(seconds=10))
    assert contents(lab) == {NAME: NEXT}
    await mobile.says(SHARED)
    await clock.cycles(3)
    assert contents(lab) == {NAME: NEXT}
    assert all(said["address"] for said in issues(hass).values())


async def test_a_lost_network_is_not_the_silence_of_a_router(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router
) -> None:
    """While the web is silent as well there is nobody to take the router's place."""
    lab.ip.set_address(None)
    await router.says(STATE_UNAVAILABLE)
    await clock.cycles(3)
    assert issues(hass) == {}
    lab.ip.set_address(NEXT)
    await router.says(NEXT)
    assert contents(lab) == {NAME: NEXT}
    assert issues(hass) == {}
