"""A router's entity as a source: when an update runs, and which requests it sends."""

from datetime import timedelta
import logging

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, LIST, PUBLIC_IPV4, Clock, endpoints, record_endpoints, requests, state
from .router_entities import NAME, Router, contents, issues, lines, written

SUBSTITUTED = "The router reports no usable address; using web services instead"
NO_ADDRESS = "example.com cannot be kept up to date: no usable, agreed IPv4 address"
RECOVERED = "example.com is up to date again"


@pytest.fixture
async def router(hass: HomeAssistant, zone: Zone) -> Router:
    """Set up a domain with a router as its source."""
    router = Router(hass)
    await router.reports(HOME)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    return router


async def test_a_new_address_of_the_router_is_written_at_once(
    hass: HomeAssistant, simulator: Simulator, router: Router
) -> None:
    """An update runs as soon as the entity changes; one provider confirms the address."""
    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    await router.reports(NEXT)
    assert contents(simulator) == {NAME: NEXT}
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert endpoints(simulator) == [LIST, BATCH]
    assert [entry.provider for entry in simulator.log.select(service="ip")] == ["cloudflare"]
    assert simulator.log.surprises == []


async def test_the_router_saves_the_second_provider_at_start(
    simulator: Simulator, router: Router
) -> None:
    """The router is the first of two that have to agree, so one provider is enough."""
    assert simulator.log.count(service="ip") == 1
    assert contents(simulator) == {NAME: HOME}


async def test_a_router_that_reports_the_accepted_address_costs_no_requests(
    simulator: Simulator, clock: Clock, router: Router
) -> None:
    """While it repeats the accepted address neither providers nor Cloudflare are called."""
    simulator.log.clear()
    await clock.cycles(10)
    assert not requests(simulator)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(STATE_UNKNOWN, id="unknown"),
        pytest.param(STATE_UNAVAILABLE, id="unavailable"),
        pytest.param("connected", id="s3 a word"),
        pytest.param(f"{NEXT} (PPPoE)", id="s3 more than the address"),
        pytest.param(HOME_V6, id="s1 the other family"),
        pytest.param("192.168.178.20", id="s5 private"),
        pytest.param("100.64.1.2", id="s5 shared by a provider"),
        pytest.param("169.254.7.7", id="s5 link-local"),
        pytest.param("224.0.0.1", id="s5 multicast"),
        pytest.param("104.18.0.0", id="s6 cloudflare's own"),
    ],
)
async def test_s5_an_unusable_state_starts_no_update(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router, text: str
) -> None:
    """A state that is no address that may be written changes nothing (S1, S3, S5, S6)."""
    simulator.log.clear()
    await router.reports(text)
    assert not requests(simulator)
    assert state(hass, PUBLIC_IPV4) == HOME

    await router.reports(HOME)
    await clock.cycles()
    assert not requests(simulator)
    assert state(hass, PUBLIC_IPV4) == HOME
    assert contents(simulator) == {NAME: HOME}


async def test_s7_two_providers_overrule_the_router(
    hass: HomeAssistant, simulator: Simulator, router: Router
) -> None:
    """Where two providers agree on another address, theirs is accepted (S7)."""
    simulator.log.clear()
    await router.reports(NEXT)
    assert state(hass, PUBLIC_IPV4) == HOME
    assert contents(simulator) == {NAME: HOME}
    assert written(simulator) == []
    assert simulator.log.count(service="ip") == 2


async def test_a_router_without_an_address_is_substituted_after_a_cycle(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    router: Router,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Providers are asked until it reports again; that is logged once and shown as a repair."""
    await router.reports(STATE_UNAVAILABLE)
    await clock.passes(timedelta(minutes=4))
    assert lines(caplog) == []

    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    await clock.cycles(5)
    assert contents(simulator) == {NAME: NEXT}
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert lines(caplog) == [SUBSTITUTED]
    (placeholders,) = issues(hass).values()
    assert list(issues(hass)) == ["source_silent"]
    assert placeholders["entity"] == "The router"
    assert (placeholders["family"], placeholders["address"]) == ("IPv4", NEXT)
    # One in each cycle, and one more for the change.
    assert simulator.log.count(service="ip") == 6

    await router.reports(NEXT)
    await clock.cycles()
    assert issues(hass) == {}
    simulator.log.clear()
    await clock.cycles(3)
    assert not requests(simulator)
    assert lines(caplog) == [SUBSTITUTED]


async def test_a_short_outage_of_the_router_is_not_reported(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    router: Router,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A restart within a cycle causes neither a log line nor a repair nor a request."""
    simulator.log.clear()
    await clock.passes(timedelta(minutes=3))
    await router.reports(STATE_UNAVAILABLE)
    await clock.passes(timedelta(minutes=3))
    await router.reports(HOME)
    await clock.cycles()
    assert not requests(simulator)
    assert issues(hass) == {}
    assert state(hass, PUBLIC_IPV4) == HOME
    assert [line for line in lines(caplog) if line == SUBSTITUTED] == []


async def test_an_entity_that_is_removed_is_substituted(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """Providers are asked if the integration of the entity is removed."""
    hass.states.async_remove(router.entity_id)
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert contents(simulator) == {NAME: NEXT}
    assert list(issues(hass)) == ["source_silent"]


async def test_the_repair_names_a_removed_entity_by_its_entity_id(
    hass: HomeAssistant, clock: Clock, router: Router
) -> None:
    """It has the former entity id, never the registry id."""
    entity_id = router.entity_id
    er.async_get(hass).async_remove(entity_id)
    hass.states.async_remove(entity_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await clock.cycles(2)
    assert issues(hass)["source_silent"]["entity"] == entity_id


async def test_a_network_outage_is_logged_once_and_so_is_its_end(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Ten cycles without Internet cause one warning, and the recovery one line."""
    await set_up(hass, zone, [domain(NAME)])
    await clock.cycles()
    caplog.clear()
    simulator.ip.set_address(None)
    simulator.cloudflare.reachable = False
    await clock.cycles(10)
    assert lines(caplog) == [NO_ADDRESS]
    assert lines(caplog, logging.INFO) == []
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE

    simulator.ip.set_address(NEXT)
    simulator.cloudflare.reachable = True
    await clock.cycles(3)
    assert lines(caplog) == [NO_ADDRESS]
    assert lines(caplog, logging.INFO) == [RECOVERED]
    assert contents(simulator) == {NAME: NEXT}


async def test_the_router_ends_a_network_outage_at_once(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """A new state of the entity starts an update before the next cycle."""
    simulator.ip.set_address(None)
    simulator.cloudflare.reachable = False
    await router.reports(STATE_UNAVAILABLE)
    await clock.cycles(3)
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE

    simulator.ip.set_address(NEXT)
    simulator.cloudflare.reachable = True
    simulator.log.clear()
    await router.reports(NEXT)
    assert contents(simulator) == {NAME: NEXT}
    assert endpoints(simulator) == [LIST, BATCH]
    assert simulator.log.count(service="ip") == 1


async def test_changes_during_an_update_lead_to_one_more_update(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """However many changes there are, the last address is confirmed and written after a pause."""
    held = simulator.faults.add("ip", "cloudflare", kind="hold")
    simulator.ip.set_address("81.2.69.150")
    simulator.log.clear()
    hass.states.async_set(router.entity_id, "81.2.69.150")
    await simulator.log.arrived(1, service="ip")
    for text in ("81.2.69.151", "81.2.69.152", NEXT):
        hass.states.async_set(router.entity_id, text)
        await hass.async_block_till_done()
    held.release()
    simulator.faults.clear()
    await simulator.log.idle()
    simulator.ip.set_address(NEXT)
    await clock.passes(timedelta(seconds=10))
    assert contents(simulator) == {NAME: NEXT}
    assert simulator.log.count(service="ip") <= 4


async def test_every_new_address_is_written_at_once(
    simulator: Simulator, clock: Clock, router: Router
) -> None:
    """Several changes within one cycle are each written at once."""
    for address in ("81.2.69.150", "81.2.69.151", NEXT):
        await clock.passes(timedelta(seconds=20))
        simulator.ip.set_address(address)
        await router.reports(address)
        assert contents(simulator) == {NAME: address}


async def test_an_address_that_cannot_be_confirmed_yet_is_written_in_the_next_cycle(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, router: Router
) -> None:
    """The router may report a new address before the connection works."""
    simulator.ip.set_address(None)
    await router.reports(NEXT)
    assert contents(simulator) == {NAME: HOME}
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert contents(simulator) == {NAME: NEXT}


@pytest.mark.parametrize("core_state", [CoreState.not_running, CoreState.starting])
async def test_an_address_that_is_missing_during_startup_is_detected_after_it(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, core_state: CoreState
) -> None:
    """A network that is late costs no cycle: an update runs when Home Assistant is started."""
    hass.set_state(core_state)
    simulator.ip.set_address(None)
    await set_up(hass, zone, [domain(NAME)])
    assert contents(simulator) == {NAME: OLD}

    simulator.ip.set_address(HOME)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert contents(simulator) == {NAME: HOME}


async def test_an_address_that_is_detected_during_startup_is_not_detected_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """After startup no further request is sent."""
    hass.set_state(CoreState.not_running)
    await set_up(hass, zone, [domain(NAME)])
    simulator.log.clear()
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not requests(simulator)


async def test_a_router_that_is_set_up_after_raindrop_is_used_at_once(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The address is written as soon as the entity has a state."""
    router = Router(hass)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    assert contents(simulator) == {NAME: OLD}
    await router.reports(HOME)
    assert contents(simulator) == {NAME: HOME}


async def test_after_a_suspend_the_next_update_detects_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A detection from before the suspend is too old to be used."""
    await set_up(hass, zone, [domain(NAME)])
    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    clock.jumps(timedelta(hours=8))
    await clock.cycles()
    assert contents(simulator) == {NAME: NEXT}
    assert record_endpoints(simulator) == [LIST, BATCH]
    assert simulator.log.count(service="ip") == 2
