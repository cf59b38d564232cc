"""A router that tells its address: what it starts, what it costs, and what it cannot do."""

from datetime import timedelta
import logging

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, LIST, PUBLIC_IPV4, Clock, endpoints, state
from .routers import NAME, Router, contents, issues, lines, written

SILENT = "The router says no usable address; web pages are asked instead"
NO_ADDRESS = "example.com cannot be kept up to date: no usable, agreed IPv4 address"
RECOVERED = "example.com is up to date again"


@pytest.fixture
async def router(hass: HomeAssistant, zone: Zone) -> Router:
    """Keep a domain by the address that the router tells."""
    router = Router(hass)
    await router.says(HOME)
    await set_up(hass, zone, [domain(NAME)], options={"ipv4": router.source()})
    return router


async def test_a_new_address_of_the_router_is_written_at_once(
    hass: HomeAssistant, lab: Lab, router: Router
) -> None:
    """No time passes between the router's word and DNS; one web page confirms it."""
    lab.log.clear()
    lab.ip.set_address(NEXT)
    await router.says(NEXT)
    assert contents(lab) == {NAME: NEXT}
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert endpoints(lab) == [LIST, BATCH]
    assert [entry.operator for entry in lab.log.select(service="ip")] == ["cloudflare"]
    assert lab.log.surprises == []


async def test_the_router_saves_the_second_look_up_at_start(lab: Lab, router: Router) -> None:
    """The router is the first of the two who have to agree, so that one web page is enough."""
    assert lab.log.count(service="ip") == 1
    assert contents(lab) == {NAME: HOME}


async def test_a_router_that_is_well_costs_no_requests(
    lab: Lab, clock: Clock, router: Router
) -> None:
    """While the router repeats the known address nobody is asked, neither web nor Cloudflare."""
    lab.log.clear()
    await clock.cycles(10)
    assert not lab.log.entries


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
async def test_s5_what_is_no_public_address_starts_nothing_and_changes_nothing(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router, text: str
) -> None:
    """A router without an address that may be written is waited for (S1, S3, S5, S6)."""
    lab.log.clear()
    await router.says(text)
    assert not lab.log.entries
    assert state(hass, PUBLIC_IPV4) == HOME

    await router.says(HOME)
    await clock.cycles()
    assert not lab.log.entries
    assert state(hass, PUBLIC_IPV4) == HOME
    assert contents(lab) == {NAME: HOME}


async def test_s7_a_router_alone_is_not_believed(
    hass: HomeAssistant, lab: Lab, router: Router
) -> None:
    """Where two web pages agree on another address, theirs is the one that counts (S7)."""
    lab.log.clear()
    await router.says(NEXT)
    assert state(hass, PUBLIC_IPV4) == HOME
    assert contents(lab) == {NAME: HOME}
    assert written(lab) == []
    assert lab.log.count(service="ip") == 2


async def test_a_router_that_is_silent_is_replaced_by_the_web_after_a_cycle(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router, caplog: pytest.LogCaptureFixture
) -> None:
    """The web speaks in its place until it speaks again: one line, and a repair, tell of it."""
    await router.says(STATE_UNAVAILABLE)
    await clock.passes(timedelta(minutes=4))
    assert lines(caplog) == []

    lab.log.clear()
    lab.ip.set_address(NEXT)
    await clock.cycles(5)
    assert contents(lab) == {NAME: NEXT}
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert lines(caplog) == [SILENT]
    (told,) = issues(hass).values()
    assert list(issues(hass)) == ["source_silent"]
    assert (told["entity"], told["family"], told["address"]) == ("The router", "IPv4", NEXT)
    # A look-up a cycle, and one more for the change.
    assert lab.log.count(service="ip") == 6

    await router.says(NEXT)
    await clock.cycles()
    assert issues(hass) == {}
    lab.log.clear()
    await clock.cycles(3)
    assert not lab.log.entries
    assert lines(caplog) == [SILENT]


async def test_a_short_silence_of_the_router_is_not_worth_a_word(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router, caplog: pytest.LogCaptureFixture
) -> None:
    """A router that restarts within a cycle leaves neither a line nor a repair nor a request."""
    lab.log.clear()
    await clock.passes(timedelta(minutes=3))
    await router.says(STATE_UNAVAILABLE)
    await clock.passes(timedelta(minutes=3))
    await router.says(HOME)
    await clock.cycles()
    assert not lab.log.entries
    assert issues(hass) == {}
    assert state(hass, PUBLIC_IPV4) == HOME
    assert [line for line in lines(caplog) if line == SILENT] == []


async def test_an_entity_that_is_gone_is_replaced_by_the_web(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router
) -> None:
    """An integration that was removed takes its sensor along; DNS goes on all the same."""
    hass.states.async_remove(router.entity_id)
    lab.ip.set_address(NEXT)
    await clock.cycles(2)
    assert contents(lab) == {NAME: NEXT}
    assert list(issues(hass)) == ["source_silent"]


async def test_an_entity_that_was_removed_is_told_by_the_name_it_had(
    hass: HomeAssistant, clock: Clock, router: Router
) -> None:
    """A repair speaks of entities as people know them, never by an identifier."""
    entity_id = router.entity_id
    er.async_get(hass).async_remove(entity_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await clock.cycles(2)
    assert issues(hass)["source_silent"]["entity"] == entity_id


async def test_a_lost_network_is_one_line_and_its_return_another(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Ten cycles without the Internet are told once, and so is the end."""
    await set_up(hass, zone, [domain(NAME)])
    await clock.cycles()
    caplog.clear()
    lab.ip.set_address(None)
    lab.cloudflare.reachable = False
    await clock.cycles(10)
    assert lines(caplog) == [NO_ADDRESS]
    assert lines(caplog, logging.INFO) == []
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE

    lab.ip.set_address(NEXT)
    lab.cloudflare.reachable = True
    await clock.cycles(3)
    assert lines(caplog) == [NO_ADDRESS]
    assert lines(caplog, logging.INFO) == [RECOVERED]
    assert contents(lab) == {NAME: NEXT}


async def test_the_router_ends_a_lost_network_at_once(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router
) -> None:
    """When the router tells its new address nobody waits for the next cycle."""
    lab.ip.set_address(None)
    lab.cloudflare.reachable = False
    await router.says(STATE_UNAVAILABLE)
    await clock.cycles(3)
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE

    lab.ip.set_address(NEXT)
    lab.cloudflare.reachable = True
    lab.log.clear()
    await router.says(NEXT)
    assert contents(lab) == {NAME: NEXT}
    assert endpoints(lab) == [LIST, BATCH]
    assert lab.log.count(service="ip") == 1


async def test_what_a_router_says_during_a_round_is_for_one_round_more(
    hass: HomeAssistant, lab: Lab, router: Router
) -> None:
    """However much it says meanwhile: the last word is confirmed and written at once."""
    held = lab.faults.add("ip", "cloudflare", kind="hold")
    lab.ip.set_address("81.2.69.150")
    lab.log.clear()
    hass.states.async_set(router.entity_id, "81.2.69.150")
    await lab.log.arrived(1, service="ip")
    for text in ("81.2.69.151", "81.2.69.152", NEXT):
        hass.states.async_set(router.entity_id, text)
        await hass.async_block_till_done()
    held.release()
    lab.faults.clear()
    await lab.log.settled()
    lab.ip.set_address(NEXT)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert contents(lab) == {NAME: NEXT}
    assert lab.log.count(service="ip") <= 4


async def test_every_new_address_is_written_at_once(lab: Lab, clock: Clock, router: Router) -> None:
    """One after another, within one cycle: none waits for the next."""
    for address in ("81.2.69.150", "81.2.69.151", NEXT):
        await clock.passes(timedelta(seconds=20))
        lab.ip.set_address(address)
        await router.says(address)
        assert contents(lab) == {NAME: address}


async def test_a_router_that_is_faster_than_the_network_is_heard_all_the_same(
    hass: HomeAssistant, lab: Lab, clock: Clock, router: Router
) -> None:
    """If no page can confirm it yet, the address is written in the next cycle."""
    lab.ip.set_address(None)
    await router.says(NEXT)
    assert contents(lab) == {NAME: HOME}
    lab.ip.set_address(NEXT)
    await clock.cycles()
    assert contents(lab) == {NAME: NEXT}


@pytest.mark.parametrize("booting", [CoreState.not_running, CoreState.starting])
async def test_an_address_that_was_missing_at_boot_is_found_when_home_assistant_is_up(
    hass: HomeAssistant, lab: Lab, zone: Zone, booting: CoreState
) -> None:
    """A network that comes up after Home Assistant costs no cycle."""
    hass.set_state(booting)
    lab.ip.set_address(None)
    await set_up(hass, zone, [domain(NAME)])
    assert contents(lab) == {NAME: OLD}

    lab.ip.set_address(HOME)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert contents(lab) == {NAME: HOME}


async def test_a_start_that_went_well_is_not_repeated(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """An address that was found while Home Assistant booted is not looked up again."""
    hass.set_state(CoreState.not_running)
    await set_up(hass, zone, [domain(NAME)])
    lab.log.clear()
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not lab.log.entries


async def test_a_router_that_boots_after_home_assistant_is_heard_at_once(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """At start its integration may not be there yet: the address is written when it is."""
    router = Router(hass)
    await set_up(hass, zone, [domain(NAME)], options={"ipv4": router.source()})
    assert contents(lab) == {NAME: OLD}
    await router.says(HOME)
    assert contents(lab) == {NAME: HOME}


async def test_a_machine_that_slept_is_right_within_a_cycle(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """Eight hours of sleep make no reading young: the first round asks anew."""
    await set_up(hass, zone, [domain(NAME)])
    lab.ip.set_address(NEXT)
    lab.log.clear()
    clock.jumps(timedelta(hours=8))
    await clock.cycles()
    assert contents(lab) == {NAME: NEXT}
    assert endpoints(lab) == [LIST, BATCH]
    assert lab.log.count(service="ip") == 2
