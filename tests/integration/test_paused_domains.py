"""Domains that the user pauses, and controls beside an open form."""

from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from homeassistant.components.select import DOMAIN as SELECT, SERVICE_SELECT_OPTION
from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.const import (
    ATTR_ENTITY_ID,
    EVENT_STATE_CHANGED,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
)
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import Reason
from custom_components.raindrop.resources.kinds import KINDS, ONLY_OF_RESOURCES
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, press_update_now, state, sync
from .domain_forms import FORM, change, send
from .router_entities import Router, contents, issues

HOME_NAME, OTHER = "home.example.com", "other.example.com"
UPDATED = "switch.home_example_com_keep_up_to_date"
PROXIED = "select.home_example_com_proxied_by_cloudflare"
STATUS = "sensor.home_example_com_status"
PROBLEM = "binary_sensor.home_example_com_dns_problem"
EVENT = "event.home_example_com_dns_record"
ENGLISH = Path("custom_components/raindrop/translations/en.json")


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone) -> RaindropConfigEntry:
    """Set up two domains."""
    return await set_up(hass, zone, [domain(HOME_NAME), domain(OTHER)])


@pytest.fixture
def events(hass: HomeAssistant) -> list[str]:
    """Collect the types of the events of the domain."""
    types: list[str] = []

    @callback
    def collect(event: Event[EventStateChangedData]) -> None:
        new, old = event.data["new_state"], event.data["old_state"]
        is_event = event.data[ATTR_ENTITY_ID] == EVENT
        if is_event and new and old and "unavailable" not in {new.state, old.state}:
            types.append(str(new.attributes["event_type"]))

    hass.bus.async_listen(EVENT_STATE_CHANGED, collect)
    return types


async def turn(hass: HomeAssistant, service: str) -> None:
    """Use the switch of the domain, and wait for the update that follows."""
    await hass.services.async_call(SWITCH, service, {ATTR_ENTITY_ID: UPDATED}, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def select(hass: HomeAssistant, option: str) -> None:
    """Choose whether the domain is proxied, and wait for the update that follows."""
    data = {ATTR_ENTITY_ID: PROXIED, "option": option}
    await hass.services.async_call(SELECT, SERVICE_SELECT_OPTION, data, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def results(
    hass: HomeAssistant, entry: RaindropConfigEntry, **data: object
) -> dict[str, str]:
    """Call the action, and return the result of each domain."""
    zone = await sync(hass, entry, **data)
    return {record["domain"]: record["result"] for record in zone["records"]}


async def in_sync(hass: HomeAssistant, entity_id: str) -> bool:
    """Return whether an automation whose condition is that an entity is in sync runs."""
    ran: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        ran.append(str(event.event_type))

    end = hass.bus.async_listen("it_ran", note)
    condition = {
        "condition": "raindrop.in_sync",
        "target": {"entity_id": entity_id},
        "options": {"behavior": "all"},
    }
    automation = {
        "alias": f"test {len(hass.states.async_all())}",
        "triggers": {"trigger": "event", "event_type": "run"},
        "conditions": condition,
        "actions": {"event": "it_ran"},
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    hass.bus.async_fire("run")
    await hass.async_block_till_done()
    end()
    return bool(ran)


async def test_nothing_is_written_for_a_paused_domain(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    events: list[str],
) -> None:
    """Not by a change, a full sync, a press or a restart; until it is turned on again."""
    await turn(hass, SERVICE_TURN_OFF)
    assert (state(hass, UPDATED), state(hass, STATUS)) == ("off", "paused")
    assert state(hass, PROBLEM) == "off"
    simulator.ip.set_address(NEXT)
    events.clear()
    await clock.cycles()
    assert contents(simulator) == {HOME_NAME: HOME, OTHER: NEXT}
    await press_update_now(hass)
    await clock.passes(timedelta(hours=1))
    await hass.config_entries.async_reload(entry.entry_id)
    await press_update_now(hass)
    assert contents(simulator) == {HOME_NAME: HOME, OTHER: NEXT}
    assert (state(hass, UPDATED), state(hass, STATUS)) == ("off", "paused")
    assert (state(hass, PROBLEM), events) == ("off", [])

    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.log.clear()
    await turn(hass, SERVICE_TURN_ON)
    assert contents(simulator) == {HOME_NAME: NEXT, OTHER: NEXT}
    assert endpoints(simulator) == [LIST, BATCH]
    assert (state(hass, UPDATED), state(hass, STATUS)) == ("on", "in_sync")
    assert events == ["updated"]


async def test_the_action_says_that_a_domain_is_paused(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """In a dry run as well; it does not fail for it."""
    await turn(hass, SERVICE_TURN_OFF)
    simulator.ip.set_address(NEXT)
    assert await results(hass, entry, dry_run=True) == {HOME_NAME: "paused", OTHER: "planned"}
    assert await results(hass, entry) == {HOME_NAME: "paused", OTHER: "done"}


async def test_a_paused_domain_is_not_in_sync(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """The condition tests what automations rely on: that the name points home."""
    await turn(hass, SERVICE_TURN_OFF)
    assert not await in_sync(hass, PROBLEM)


async def test_a_domain_that_is_not_paused_is_in_sync(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """The other side of the condition."""
    assert await in_sync(hass, PROBLEM)


async def test_repairs_of_a_paused_domain_go_and_come_back(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, events: list[str]
) -> None:
    """A problem that is still there is reported once only."""
    simulator.cloudflare.add_record(zone, type="A", name="home", content="81.2.69.99")
    router = Router(hass)
    await router.reports(HOME)
    own = {"ipv4": [router.source()]}
    await set_up(hass, zone, [domain(HOME_NAME, sources=own), domain(OTHER)])
    await router.reports("100.64.0.1")
    await clock.cycles(2)
    assert issues(hass).keys() == {"record_ambiguous", "router_cgnat"}
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("ambiguous", "on")
    events.clear()
    await turn(hass, SERVICE_TURN_OFF)
    assert not issues(hass)
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("paused", "off")
    await turn(hass, SERVICE_TURN_ON)
    assert issues(hass).keys() == {"record_ambiguous", "router_cgnat"}
    assert (state(hass, STATUS), state(hass, PROBLEM), events) == ("ambiguous", "on", [])


async def test_an_outage_is_no_concern_of_a_paused_domain(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone
) -> None:
    """Nobody needs to know its address."""
    await set_up(hass, zone, [domain(HOME_NAME, paused=True)])
    simulator.faults.add("ip", kind="reset")
    await clock.cycles(4)
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("paused", "off")
    assert not issues(hass)
    assert contents(simulator)[HOME_NAME] == OLD


async def test_the_record_is_proxied_at_once(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, events: list[str]
) -> None:
    """One list and one write for each choice; other domains stay."""
    assert state(hass, PROXIED) == "keep"
    events.clear()
    for option, is_proxied in (("on", True), ("off", False)):
        simulator.log.clear()
        await select(hass, option)
        assert state(hass, PROXIED) == option
        proxied = {r["name"]: r["proxied"] for r in simulator.cloudflare.records("example.com")}
        assert proxied == {HOME_NAME: is_proxied, OTHER: False}
        assert len(endpoints(simulator)) == 2
    assert events == ["updated", "updated"]
    simulator.log.clear()
    await select(hass, "keep")
    assert endpoints(simulator) == [LIST]


async def test_an_open_form_keeps_what_the_controls_changed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """What the form did not change is not put back, before and after its preview."""
    entry = await set_up(hass, zone, [domain(HOME_NAME)])
    form = await change(hass, entry)
    await select(hass, "on")
    preview = await send(hass, form, FORM | {"delete": True})
    await turn(hass, SERVICE_TURN_OFF)
    await send(hass, preview, {})
    await hass.async_block_till_done(wait_background_tasks=True)
    (subentry,) = entry.subentries.values()
    stored = {key: subentry.data[key] for key in ("proxied", "paused", "delete")}
    assert stored == {"proxied": "on", "paused": True, "delete": True}
    assert (state(hass, PROXIED), state(hass, UPDATED)) == ("on", "off")


def test_the_status_knows_every_reason() -> None:
    """Each reason that a domain or a resource can have has words, also new ones."""
    sensors = json.loads(ENGLISH.read_text())["entity"]["sensor"]
    of_domain = {*Reason} - {*ONLY_OF_RESOURCES}
    assert sensors["status"]["state"].keys() == {"in_sync", *of_domain}
    for kind, described in KINDS.items():
        assert sensors[f"{kind}_status"]["state"].keys() == {"in_sync", *described.reasons}
