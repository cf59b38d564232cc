"""Repairs about sources: they come and go with their cause."""

from datetime import timedelta

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import PUBLIC_IPV4, Clock, endpoints, press_update_now, requests, state
from .router_entities import NAME, Router, contents, issues, written

CGNAT, PRIVATE = "100.64.7.8", "192.168.178.20"
PROVIDERS = ("cloudflare", "ipify", "ident.me", "amazon", "home-assistant")


@pytest.fixture
async def router(hass: HomeAssistant, zone: Zone, clock: Clock) -> Router:
    """Set up a domain with a router as its source."""
    router = Router(hass)
    await router.reports(HOME)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    return router


@pytest.mark.parametrize(
    "reported, key",
    [
        pytest.param(CGNAT, "router_cgnat", id="s5 CGNAT"),
        pytest.param(PRIVATE, "router_double_nat", id="s5 behind another router"),
    ],
)
async def test_s5_a_router_without_a_public_address_is_a_repair(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router, reported: str, key: str
) -> None:
    """The address that two providers report is written; the repair explains the NAT (S5)."""
    await router.reports(reported)
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert contents(simulator) == {NAME: NEXT}
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert list(issues(hass)) == [key]
    placeholders = issues(hass)[key]
    assert (
        placeholders["entity"],
        placeholders["reported"],
        placeholders["address"],
        placeholders["family"],
    ) == (
        "The router",
        reported,
        NEXT,
        "IPv4",
    )
    (issue,) = (i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN)
    assert not issue.is_fixable
    assert issue.severity is ir.IssueSeverity.WARNING
    assert reported not in written(simulator)

    await router.reports(NEXT)
    await clock.cycles()
    assert issues(hass) == {}


@pytest.mark.parametrize("reported", [CGNAT, PRIVATE])
async def test_a_repair_is_shown_only_if_the_address_is_known(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, reported: str
) -> None:
    """A repair that names the public address waits until there is one."""
    router = Router(hass)
    await router.reports(reported)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    assert all(placeholders["address"] for placeholders in issues(hass).values())


@pytest.fixture
async def router_with_vpn(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> Router:
    """Set up a domain behind a VPN: the router reports one address, providers another."""
    router = Router(hass)
    await router.reports(HOME)
    simulator.ip.set_address(NEXT)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    return router


async def test_s8_a_vpn_is_a_repair_after_three_updates(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router_with_vpn: Router
) -> None:
    """The providers' address is written; the repair names both addresses (S8)."""
    assert contents(simulator) == {NAME: NEXT}
    await clock.cycles()
    assert issues(hass) == {}
    await clock.cycles()
    assert list(issues(hass)) == ["router_vpn"]
    placeholders = issues(hass)["router_vpn"]
    assert (placeholders["entity"], placeholders["reported"], placeholders["address"]) == (
        "The router",
        HOME,
        NEXT,
    )
    assert placeholders["responses"] == f"The router: {HOME}, cloudflare: {NEXT}, ipify: {NEXT}"

    simulator.ip.set_address(HOME)
    await clock.cycles()
    assert issues(hass) == {}
    assert contents(simulator) == {NAME: HOME}


async def test_a_conflict_at_set_up_starts_no_second_update(
    hass: HomeAssistant, simulator: Simulator, router_with_vpn: Router
) -> None:
    """The state that the first update used is not taken for a change."""
    await hass.async_block_till_done(wait_background_tasks=True)
    providers = [entry.provider for entry in simulator.log.select(service="ip")]
    assert providers == ["cloudflare", "ipify"]


async def test_a_change_of_attributes_starts_no_update(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router_with_vpn: Router
) -> None:
    """Only another state does, even while the router and the providers disagree."""
    simulator.log.clear()
    for packets in range(20):
        await router_with_vpn.reports(HOME, packets=str(packets))
    assert not requests(simulator)
    assert issues(hass) == {}


async def test_s7_conflicting_providers_are_a_repair_after_three_updates(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Nothing is written while no two agree; the repair has all responses (S7)."""
    await set_up(hass, zone, [domain(NAME)])
    simulator.log.clear()
    for last, provider in enumerate(PROVIDERS, start=200):
        simulator.ip.set_address(f"81.2.69.{last}", provider=provider)
    await clock.cycles(2)
    assert issues(hass) == {}
    await clock.cycles()
    assert list(issues(hass)) == ["sources_disagree"]
    assert issues(hass)["sources_disagree"]["responses"] == ", ".join(
        f"{provider}: 81.2.69.{last}" for last, provider in enumerate(PROVIDERS, start=200)
    )
    assert contents(simulator) == {NAME: HOME}
    assert written(simulator) == []
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE
    assert len(endpoints(simulator)) == 1

    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert issues(hass) == {}
    assert contents(simulator) == {NAME: NEXT}


async def test_s8_a_tunnel_is_a_repair(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """What pages report counts for nothing, and the repair names the page that says so (S8)."""
    await set_up(hass, zone, [domain(NAME)])
    simulator.faults.add("ip", "cloudflare", kind="warp_on")
    simulator.ip.set_address("81.2.69.250")
    await clock.cycles(3)
    assert contents(simulator) == {NAME: HOME}
    assert list(issues(hass)) == ["tunnel"]
    placeholders = issues(hass)["tunnel"]
    assert (placeholders["provider"], placeholders["family"]) == ("cloudflare", "IPv4")

    simulator.faults.clear()
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert contents(simulator) == {NAME: NEXT}
    assert issues(hass) == {}


async def test_s8_a_router_is_believed_in_a_tunnel(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """With WARP on this host, the address of the router is written after ten seconds (S8)."""
    simulator.faults.add("ip", "cloudflare", kind="warp_on")
    simulator.ip.set_address("81.2.69.250")
    await router.reports(NEXT)
    assert contents(simulator) == {NAME: HOME}
    await clock.passes(timedelta(seconds=10))
    assert contents(simulator) == {NAME: NEXT}
    await clock.cycles(13)
    assert contents(simulator) == {NAME: NEXT}
    assert issues(hass) == {}
    assert "81.2.69.250" not in written(simulator)


async def test_a_router_that_froze_is_noticed_within_an_hour(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """Its integration repeats an old address; a full sync asks for a second opinion."""
    simulator.ip.set_address(NEXT)
    await clock.cycles(13)
    assert contents(simulator) == {NAME: NEXT}
    assert list(issues(hass)) == []


async def test_update_now_asks_for_a_second_opinion(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A provider that is asked first and repeats the old address does not pin it."""
    await set_up(hass, zone, [domain(NAME)])
    await clock.cycles()
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(HOME, provider="cloudflare")
    await clock.cycles()
    assert contents(simulator) == {NAME: HOME}
    await press_update_now(hass)
    assert contents(simulator) == {NAME: NEXT}


async def test_a_zone_without_domains_asks_for_a_second_opinion_hourly(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Its public address is shown, though Cloudflare is never called."""
    await set_up(hass, zone, [])
    simulator.log.clear()
    await clock.cycles(24)
    assert simulator.log.count(service="ip") == 24 + 2
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(HOME, provider="cloudflare")
    await clock.cycles(12)
    assert state(hass, PUBLIC_IPV4) == NEXT


async def test_a_second_connection_without_a_public_address_changes_nothing(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Its public address is unknown: nothing is written, and no repair names one."""
    mobile = Router(hass, "mobile")
    await mobile.reports(NEXT)
    sources = {"ipv4": [mobile.source("other_connection")]}
    await set_up(hass, zone, [domain(NAME, sources=sources)])
    await clock.passes(timedelta(seconds=10))
    assert contents(simulator) == {NAME: NEXT}
    await mobile.reports(CGNAT)
    await clock.cycles(3)
    assert contents(simulator) == {NAME: NEXT}
    assert all(placeholders["address"] for placeholders in issues(hass).values())


async def test_a_network_outage_is_not_a_repair_of_the_router(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """While providers do not respond either, the router is not to blame."""
    simulator.ip.set_address(None)
    await router.reports(STATE_UNAVAILABLE)
    await clock.cycles(3)
    assert issues(hass) == {}
    simulator.ip.set_address(NEXT)
    await router.reports(NEXT)
    assert contents(simulator) == {NAME: NEXT}
    assert issues(hass) == {}
