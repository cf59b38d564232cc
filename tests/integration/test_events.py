"""Events: each change of the address and of a record fires one event of its entity."""

from collections import Counter
from copy import copy
from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_STATE_CHANGED
from homeassistant.core import CoreState, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, PUBLIC_IPV4, Clock, endpoints, entry_state, typed
from .domain_forms import send, start

PUBLIC_IP = "event.example_com_address_change"
DNS_RECORD = "event.home_example_com_dns_record"
NEXT_V6 = "2001:218:1:2::144"
PROBLEM = "binary_sensor.home_example_com_dns_problem"
SECOND = timedelta(seconds=1)

type Fired = list[tuple[str, str | None, str | None, str | None]]
"""The type, both addresses and the reason of each event."""


@pytest.fixture
def fired(hass: HomeAssistant) -> Fired:
    """Collect the events of the home and of the domain."""
    fired: Fired = []

    @callback
    def state_changed(event: Event[EventStateChangedData]) -> None:
        new, old = event.data["new_state"], event.data["old_state"]
        is_event = event.data["entity_id"] in (PUBLIC_IP, DNS_RECORD)
        if is_event and new and old and "unavailable" not in {new.state, old.state}:
            data = new.attributes
            fired.append((data["event_type"], data["from_ip"], data["to_ip"], data.get("reason")))

    hass.bus.async_listen(EVENT_STATE_CHANGED, state_changed)
    return fired


async def test_a_change_of_the_address_is_an_event_of_the_home_and_of_the_domain(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: Fired,
) -> None:
    """One change is one event of the home and one of each domain, with both addresses."""
    await clock.cycles()
    fired.clear()
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert sorted(fired) == [
        ("ipv4_changed", HOME, NEXT, None),
        ("updated", HOME, NEXT, None),
    ]
    state = hass.states.get(DNS_RECORD)
    assert state is not None
    assert (state.attributes["domain"], state.attributes["family"]) == ("home.example.com", "ipv4")


async def test_a_record_written_by_the_setup_is_an_event(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, fired: Fired
) -> None:
    """A record that is written when its domain is added is one; the first address is not."""
    await set_up(hass, zone, [domain("home.example.com"), domain("new.example.com")])
    await hass.async_block_till_done()
    assert fired == [("updated", OLD, HOME, None)]
    created = hass.states.get("event.new_example_com_dns_record")
    assert created is not None
    assert (created.attributes["event_type"], created.attributes["to_ip"]) == ("created", HOME)


async def test_a_failure_and_the_recovery_are_one_event_each(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: Fired,
) -> None:
    """However many updates fail, there is one event; when it works again, there is another."""
    await clock.cycles()
    fired.clear()
    simulator.cloudflare.reachable = False
    simulator.ip.set_address(NEXT)
    await clock.cycles(4)
    assert sorted(fired) == [
        ("failed", HOME, NEXT, "unread"),
        ("ipv4_changed", HOME, NEXT, None),
    ]
    fired.clear()
    simulator.cloudflare.reachable = True
    await clock.cycles()
    await clock.passes(SECOND)
    assert fired == [("updated", HOME, NEXT, None), ("recovered", None, NEXT, None)]


async def test_both_families_that_change_at_once_are_events_of_their_own(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, fired: Fired
) -> None:
    """Two events of one entity in one update have a time each."""
    await set_up(hass, zone, [domain("home.example.com", families=["ipv4", "ipv6"])])
    await clock.passes(SECOND)
    fired.clear()
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(NEXT_V6)
    await clock.cycles()
    await clock.passes(SECOND)
    assert sorted(fired) == [
        ("ipv4_changed", HOME, NEXT, None),
        ("ipv6_changed", HOME_V6, NEXT_V6, None),
        ("updated", HOME_V6, NEXT_V6, None),
        ("updated", HOME, NEXT, None),
    ]


async def test_corrected_drift_is_an_event(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: Fired,
) -> None:
    """The event of an external change that was corrected contains the foreign address."""
    await clock.cycles()
    fired.clear()
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, str(record["id"]), content=OLD)
    await clock.cycles(13)
    assert fired == [("drift_corrected", OLD, HOME, None)]


async def test_a_reload_fires_no_event(
    hass: HomeAssistant, entry: RaindropConfigEntry, fired: Fired
) -> None:
    """An event that was fired is not fired again by a reload."""
    await hass.async_block_till_done()
    fired.clear()
    for _ in range(3):
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert fired == []


async def test_a_change_while_home_assistant_was_down_is_an_event_after_the_start(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: Fired,
) -> None:
    """Events wait until Home Assistant has started, so that automations see them."""
    await clock.cycles()
    await hass.config_entries.async_unload(entry.entry_id)
    simulator.ip.set_address(NEXT)
    fired.clear()
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(entry.entry_id)
    await clock.passes(SECOND)
    assert fired == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    await clock.passes(10 * SECOND)
    assert sorted(fired) == [
        ("ipv4_changed", HOME, NEXT, None),
        ("updated", HOME, NEXT, None),
    ]


async def test_the_events_stay_available_when_nothing_else_is(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """An event entity that becomes available again would look like another event."""
    simulator.ip.set_address(None)
    simulator.cloudflare.reachable = False
    await clock.cycles(2)
    for entity_id in (PUBLIC_IP, DNS_RECORD):
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.state != "unavailable"


async def test_a_reload_right_after_an_update_loses_no_event(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, fired: Fired
) -> None:
    """All four events of an update arrive exactly once in spite of a reload."""
    entry = await set_up(hass, zone, [domain("home.example.com", families=["ipv4", "ipv6"])])
    await clock.passes(SECOND)
    fired.clear()
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(NEXT_V6)
    await clock.cycles()
    await hass.config_entries.async_reload(entry.entry_id)
    await clock.cycles()
    assert sorted(fired) == [
        ("ipv4_changed", HOME, NEXT, None),
        ("ipv6_changed", HOME_V6, NEXT_V6, None),
        ("updated", HOME_V6, NEXT_V6, None),
        ("updated", HOME, NEXT, None),
    ]


async def test_another_entity_id_is_no_event(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: Fired,
) -> None:
    """A new entity id fires nothing, and the next event comes under it."""
    await clock.cycles()
    registry = er.async_get(hass)
    registry.async_update_entity(DNS_RECORD, new_entity_id="event.front_door")
    await hass.async_block_till_done()
    simulator.ip.set_address(NEXT)
    fired.clear()
    await clock.cycles()
    assert fired == [("ipv4_changed", HOME, NEXT, None)]
    state = hass.states.get("event.front_door")
    assert state is not None
    assert (state.attributes["event_type"], state.attributes["to_ip"]) == ("updated", NEXT)


async def test_an_update_of_an_entity_detects_again(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """`homeassistant.update_entity` runs an update, however recent the last one is."""
    assert await async_setup_component(hass, "homeassistant", {})
    simulator.log.clear()
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": PUBLIC_IPV4}, blocking=True
    )
    await hass.async_block_till_done()
    assert simulator.log.count(service="ip") == 1
    assert simulator.log.count(service="cloudflare") == 0


@pytest.fixture
async def zones(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> tuple[RaindropConfigEntry, RaindropConfigEntry]:
    """Set up two zones with the same source."""
    first = await set_up(hass, zone, [domain("home.example.com")])
    other = simulator.cloudflare.add_zone("example.org")
    simulator.cloudflare.add_token(TOKEN)
    second = await set_up(hass, other, [domain("home.example.org")])
    await clock.cycles()
    simulator.log.clear()
    return first, second


async def test_another_zone_reacts_at_once_to_an_accepted_address(
    hass: HomeAssistant,
    simulator: Simulator,
    zones: tuple[RaindropConfigEntry, RaindropConfigEntry],
) -> None:
    """One list and one batch for each zone, and the look-ups of a single one."""
    simulator.ip.set_address(NEXT)
    await zones[0].runtime_data.async_update_now()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert Counter(endpoints(simulator)) == {LIST: 2, BATCH: 2}
    assert simulator.log.count(service="ip") == 2
    (record,) = simulator.cloudflare.records("example.org")
    assert record["content"] == NEXT


@pytest.mark.parametrize("asks", ["dry run", "form"])
async def test_a_question_about_one_zone_does_not_concern_another(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zones: tuple[RaindropConfigEntry, RaindropConfigEntry],
    asks: str,
) -> None:
    """Neither at once nor at its next update does the other zone do more or less for it."""
    first, second = zones
    detector = second.runtime_data.detector
    known = {key: copy(value) for key, value in vars(detector).items() if isinstance(value, dict)}
    simulator.ip.set_address(NEXT)
    simulator.faults.add("ip", "cloudflare", kind="status", status=503, times=1)
    if asks == "dry run":
        response = await hass.services.async_call(
            DOMAIN,
            "sync",
            {"config_entry_id": first.entry_id, "dry_run": True},
            blocking=True,
            return_response=True,
        )
        assert NEXT in str(response)
    else:
        form = await start(hass, first)
        preview = await send(hass, form, {**typed(form), "domain": "new.example.com"})
        assert NEXT.replace(".", "\\.") in (preview["description_placeholders"] or {})["rows"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert known == {key: vars(detector)[key] for key in known}
    assert set(endpoints(simulator)) == {LIST}
    requests = simulator.log.select(service="cloudflare")
    assert not [request for request in requests if second.data["zone_id"] in request.target]
    simulator.log.clear()
    await clock.cycles()
    assert Counter(endpoints(simulator)) == {LIST: 2, BATCH: 2}
    assert simulator.log.count(service="ip") == 2
