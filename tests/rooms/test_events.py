"""News: each piece is told once, to whoever listens, whatever lies between."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_STATE_CHANGED
from homeassistant.core import CoreState, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD

from .builders import domain, set_up
from .conftest import PUBLIC_IPV4, Clock, entry_state

PUBLIC_IP = "event.example_com_public_ip_address"
DNS_RECORD = "event.home_example_com_dns_record"
NEXT_V6 = "2001:218:1:2::144"
PROBLEM = "binary_sensor.home_example_com_dns"
SECOND = timedelta(seconds=1)

type Told = list[tuple[str, str | None, str | None, str | None]]


@pytest.fixture
def told(hass: HomeAssistant) -> Told:
    """Collect what the events tell: the type, both addresses, and the reason."""
    heard: Told = []

    @callback
    def hear(event: Event[EventStateChangedData]) -> None:
        new, old = event.data["new_state"], event.data["old_state"]
        is_event = event.data["entity_id"] in (PUBLIC_IP, DNS_RECORD)
        if is_event and new and old and "unavailable" not in {new.state, old.state}:
            said = new.attributes
            heard.append((said["event_type"], said["from_ip"], said["to_ip"], said.get("reason")))

    hass.bus.async_listen(EVENT_STATE_CHANGED, hear)
    return heard


async def test_a_change_is_told_of_the_home_and_of_the_domain(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry, told: Told
) -> None:
    """One change is one event of the home and one of each domain, with both addresses."""
    await clock.cycles()
    told.clear()
    lab.ip.set_address(NEXT)
    await clock.cycles(3)
    assert sorted(told) == [
        ("ipv4_changed", HOME, NEXT, None),
        ("updated", HOME, NEXT, None),
    ]
    state = hass.states.get(DNS_RECORD)
    assert state is not None
    assert (state.attributes["domain"], state.attributes["family"]) == ("home.example.com", "ipv4")


async def test_what_set_up_brings_is_told(
    hass: HomeAssistant, lab: Lab, zone: Zone, told: Told
) -> None:
    """A record that is put right when its domain is added is news; the first address is not."""
    await set_up(hass, zone, [domain("home.example.com"), domain("new.example.com")])
    await hass.async_block_till_done()
    assert told == [("updated", OLD, HOME, None)]
    created = hass.states.get("event.new_example_com_dns_record")
    assert created is not None
    assert (created.attributes["event_type"], created.attributes["to_ip"]) == ("created", HOME)


async def test_a_failure_is_told_once_and_so_is_its_end(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry, told: Told
) -> None:
    """However many rounds fail, there is one event; when it works again, there is another."""
    await clock.cycles()
    told.clear()
    lab.cloudflare.reachable = False
    lab.ip.set_address(NEXT)
    await clock.cycles(4)
    assert sorted(told) == [
        ("failed", HOME, NEXT, "unread"),
        ("ipv4_changed", HOME, NEXT, None),
    ]
    told.clear()
    lab.cloudflare.reachable = True
    await clock.cycles()
    await clock.passes(SECOND)
    assert told == [("updated", HOME, NEXT, None), ("recovered", None, NEXT, None)]


async def test_both_families_that_change_at_once_are_both_told(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, told: Told
) -> None:
    """Two events of one entity do not fall into one: each has a time of its own."""
    await set_up(hass, zone, [domain("home.example.com", families=["ipv4", "ipv6"])])
    await clock.passes(SECOND)
    told.clear()
    lab.ip.set_address(NEXT)
    lab.ip.set_address(NEXT_V6)
    await clock.cycles()
    await clock.passes(SECOND)
    assert sorted(told) == [
        ("ipv4_changed", HOME, NEXT, None),
        ("ipv6_changed", HOME_V6, NEXT_V6, None),
        ("updated", HOME_V6, NEXT_V6, None),
        ("updated", HOME, NEXT, None),
    ]


async def test_drift_that_was_put_right_is_told(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry, told: Told
) -> None:
    """A record that somebody else changed tells what stood there, and that it is right again."""
    await clock.cycles()
    told.clear()
    (record,) = lab.cloudflare.records(zone)
    lab.cloudflare.edit_record(zone, str(record["id"]), content=OLD)
    await clock.cycles(13)
    assert told == [("drift_repaired", OLD, HOME, None)]


async def test_a_reload_is_silent(
    hass: HomeAssistant, entry: RaindropConfigEntry, told: Told
) -> None:
    """What was told once is not told again by a reload."""
    await hass.async_block_till_done()
    told.clear()
    for _ in range(3):
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert told == []


async def test_a_change_while_home_assistant_was_down_is_news_after_the_start(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry, told: Told
) -> None:
    """The news wait until Home Assistant is up, so that automations hear them."""
    await clock.cycles()
    await hass.config_entries.async_unload(entry.entry_id)
    lab.ip.set_address(NEXT)
    told.clear()
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(entry.entry_id)
    await clock.passes(SECOND)
    assert told == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    await clock.passes(10 * SECOND)
    assert sorted(told) == [
        ("ipv4_changed", HOME, NEXT, None),
        ("updated", HOME, NEXT, None),
    ]


async def test_the_events_stay_available_when_nothing_else_is(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """An event that went and came would look like news."""
    lab.ip.set_address(None)
    lab.cloudflare.reachable = False
    await clock.cycles(2)
    for entity_id in (PUBLIC_IP, DNS_RECORD):
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.state != "unavailable"


async def test_an_entity_that_goes_leaves_nothing_behind(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, told: Told
) -> None:
    """A reload in the moment between two events ends well."""
    entry = await set_up(hass, zone, [domain("home.example.com", families=["ipv4", "ipv6"])])
    await clock.passes(SECOND)
    told.clear()
    lab.ip.set_address(NEXT)
    lab.ip.set_address(NEXT_V6)
    await clock.cycles()
    await hass.config_entries.async_reload(entry.entry_id)
    assert sorted(kind for kind, *_ in told) == ["ipv4_changed", "updated"]


async def test_an_event_that_is_renamed_tells_nothing_anew(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry, told: Told
) -> None:
    """Another entity id is no news, and the next news come under it."""
    await clock.cycles()
    registry = er.async_get(hass)
    registry.async_update_entity(DNS_RECORD, new_entity_id="event.front_door")
    await hass.async_block_till_done()
    lab.ip.set_address(NEXT)
    told.clear()
    await clock.cycles()
    assert told == [("ipv4_changed", HOME, NEXT, None)]
    state = hass.states.get("event.front_door")
    assert state is not None
    assert (state.attributes["event_type"], state.attributes["to_ip"]) == ("updated", NEXT)


async def test_the_entities_know_before_the_event_tells(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """An automation that hears the news finds them in the other entities."""
    shown: list[str] = []

    @callback
    def hear(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] in (PUBLIC_IP, DNS_RECORD):
            address, problem = hass.states.get(PUBLIC_IPV4), hass.states.get(PROBLEM)
            assert address is not None
            assert problem is not None
            shown.append(f"{address.state} {problem.state}")

    await clock.cycles()
    hass.bus.async_listen(EVENT_STATE_CHANGED, hear)
    lab.cloudflare.reachable = False
    lab.ip.set_address(NEXT)
    await clock.cycles()
    assert shown == [f"{NEXT} on", f"{NEXT} on"]


async def test_an_update_of_an_entity_looks_anew(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Who asks for an update, as custom polling does, gets one, however short ago the last was."""
    assert await async_setup_component(hass, "homeassistant", {})
    lab.log.clear()
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": PUBLIC_IPV4}, blocking=True
    )
    await hass.async_block_till_done()
    assert lab.log.count(service="ip") == 1
    assert lab.log.count(service="cloudflare") == 0
