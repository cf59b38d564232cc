"""IP lists in Home Assistant: entities, events, requests, and what survives a restart."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.ip_lists import ItemList
from tests.conftest import HOME, NEXT
from tests.simulated_time import settle

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, state
from .ip_list_homes import (
    ADD,
    DELETE,
    EVENT,
    LAST_UPDATE,
    LISTED,
    POLL,
    PROBLEM,
    READ,
    STATUS,
    held,
    ip_list,
    list_endpoints,
)
from .resource_homes import events_of

LATER = "81.2.69.146"


@pytest.fixture
def trusted(simulator: Simulator, trusted: ItemList) -> ItemList:
    """Add an item of somebody else to the list."""
    simulator.cloudflare.lists.add_item(trusted, "198.51.100.1", "office")
    return trusted


@pytest.fixture
async def listed(hass: HomeAssistant, zone: Zone, trusted: ItemList) -> RaindropConfigEntry:
    """Set up a zone with a domain and a list."""
    subentries = [domain("home.example.com"), ip_list(trusted, delete_items=True)]
    entry = await set_up(hass, zone, subentries)
    await settle(hass)
    return entry


async def test_a_list_follows_the_address(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """Five requests for a change, after those for DNS, and no other entry of the list changes."""
    assert held(simulator, trusted) == [HOME]
    assert list_endpoints(simulator) == [READ, ADD, POLL]
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("in_sync", "off")
    assert state(hass, LISTED) == HOME
    events = events_of(hass, EVENT)
    simulator.log.clear()
    simulator.ip.set_address(NEXT)

    await clock.cycles()

    assert endpoints(simulator) == [LIST, BATCH, READ, ADD, POLL, DELETE, POLL]
    assert held(simulator, trusted) == [NEXT]
    assert held(simulator, trusted, "office") == ["198.51.100.1"]
    assert state(hass, LISTED) == NEXT
    assert state(hass, LAST_UPDATE) != "unknown"
    (event,) = events
    assert (event["event_type"], event["from_ip"], event["to_ip"]) == ("updated", HOME, NEXT)
    assert (event["list"], event["family"], event["reason"]) == ("trusted", "ipv4", None)


async def test_an_update_without_a_change_reads_no_list(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, listed: RaindropConfigEntry
) -> None:
    """A full sync reads it once."""
    simulator.log.clear()
    await clock.cycles(3)
    assert list_endpoints(simulator) == []
    await clock.full_syncs()
    assert list_endpoints(simulator) == [READ]


async def test_a_pending_operation_never_delays_dns(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """The list says why it is not right, and follows when the other operation is completed."""
    lists = simulator.cloudflare.lists
    lists.steps = None
    lists.append(lists.add("other"), [{"ip": "198.51.100.9"}])
    events = events_of(hass, EVENT)
    for address in (NEXT, LATER):
        simulator.ip.set_address(address)
        await clock.cycles()
        assert simulator.cloudflare.records("example.com")[0]["content"] == address
        assert (state(hass, STATUS), state(hass, PROBLEM)) == ("busy", "on")
        assert held(simulator, trusted) == [HOME]
    lists.finish()
    lists.steps = 1

    await clock.cycles()

    assert held(simulator, trusted) == [LATER]
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("in_sync", "off")
    assert [event["event_type"] for event in events] == ["failed", "updated", "recovered"]


async def test_a_rate_limit_concerns_everything(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """The list waits for as long as DNS; then it is tried again."""
    simulator.faults.add("cloudflare", READ, kind="rate_limit", retry_after=900, times=1)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    simulator.log.clear()
    simulator.ip.set_address(LATER)
    await clock.cycles()
    assert endpoints(simulator) == []
    assert state(hass, PROBLEM) == "on"
    await clock.cycles(3)
    assert held(simulator, trusted) == [LATER]
    assert state(hass, STATUS) == "in_sync"


async def test_two_zones_of_one_account_take_turns(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, trusted: ItemList
) -> None:
    """Each has a list, and none is refused because the other changes its own."""
    second = simulator.cloudflare.add_zone("example.org")
    other = simulator.cloudflare.lists.add("other")
    simulator.cloudflare.lists.steps = 3
    await set_up(hass, zone, [ip_list(trusted)])
    await set_up(hass, second, [ip_list(other)])
    await settle(hass)
    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert (held(simulator, trusted), held(simulator, other)) == ([NEXT], [NEXT])
    assert all(entry.status == 200 for entry in simulator.log.select(service="cloudflare"))


async def test_what_was_interrupted_is_found_by_the_next_start(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """A reload in the middle of a change leaves no gap and no old address."""
    held_poll = simulator.faults.add("cloudflare", POLL, kind="hold")
    simulator.ip.set_address(NEXT)
    passing = hass.async_create_task(clock.cycles())
    await simulator.log.arrived(1, endpoint=POLL, status=None)
    assert held(simulator, trusted) == [HOME, NEXT]
    await hass.config_entries.async_unload(listed.entry_id)
    simulator.faults.remove(held_poll)
    await passing
    await hass.config_entries.async_setup(listed.entry_id)
    await settle(hass)
    assert held(simulator, trusted) == [NEXT]
    assert state(hass, STATUS) == "in_sync"


async def test_an_old_address_that_stays_is_a_problem_after_a_quarter_of_an_hour(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """Somebody else may have it by then; a reload in between does not begin it again."""
    fault = simulator.faults.add("cloudflare", DELETE, kind="error", status=400, code=1)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert held(simulator, trusted) == [HOME, NEXT]
    assert state(hass, PROBLEM) == "off"
    await clock.cycles()
    await hass.config_entries.async_reload(listed.entry_id)
    await settle(hass)
    await clock.cycles(2)
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("old_address", "on")
    simulator.faults.remove(fault)
    await clock.cycles()
    assert held(simulator, trusted) == [NEXT]
    assert state(hass, PROBLEM) == "off"


async def test_an_address_that_is_not_known_is_a_problem_after_a_quarter_of_an_hour(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """The list stays as it is, and no request is needed to say so."""
    simulator.ip.set_address(None, family=4)
    events = events_of(hass, EVENT)
    simulator.log.clear()
    await clock.cycles(4)
    assert list_endpoints(simulator) == []
    assert held(simulator, trusted) == [HOME]
    assert state(hass, STATUS) == "no_address"
    assert [event["event_type"] for event in events] == ["failed"]


async def test_an_unexpected_error_concerns_one_list(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged, and DNS goes on."""

    async def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as broken:
        broken.setattr("custom_components.raindrop.resources.account_resources.sync_resource", fail)
        simulator.ip.set_address(NEXT)
        await clock.cycles()
    assert "Unexpected error updating trusted" in caplog.text
    assert simulator.cloudflare.records("example.com")[0]["content"] == NEXT
    await clock.cycles()
    assert held(simulator, trusted) == [NEXT]


async def test_ipv6_is_detected_for_a_list_alone(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, trusted: ItemList
) -> None:
    """Though no domain has an AAAA record."""
    both = {"families": ["ipv4", "ipv6"]}
    await set_up(hass, zone, [ip_list(trusted, **both)])
    await settle(hass)
    assert held(simulator, trusted) == [HOME, "2001:218:1:2::/64"]
    assert state(hass, LISTED) == f"{HOME}, 2001:218:1:2::/64"


async def test_a_removed_list_leaves_nothing_if_the_user_says_so(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """Its device goes, its entries are deleted, and later what came late."""
    (subentry,) = listed.get_subentries_of_type("ip_list")
    simulator.faults.add("cloudflare", READ, kind="error", times=1)
    hass.config_entries.async_remove_subentry(listed, subentry.subentry_id)
    await settle(hass)
    assert held(simulator, trusted) == [HOME]
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), listed.entry_id)
    assert "trusted" not in {device.name for device in devices}
    await clock.cycles()
    assert held(simulator, trusted) == []
    assert held(simulator, trusted, "office") == ["198.51.100.1"]
    await clock.cycles(3)
    simulator.log.clear()
    await clock.full_syncs()
    assert list_endpoints(simulator) == []


async def test_a_removed_list_keeps_its_entries_otherwise(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, trusted: ItemList
) -> None:
    """That is the default."""
    entry = await set_up(hass, zone, [ip_list(trusted)])
    await settle(hass)
    (subentry,) = entry.get_subentries_of_type("ip_list")
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await settle(hass)
    assert held(simulator, trusted) == [HOME]


async def test_a_list_that_is_added_again_keeps_its_entries(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, listed: RaindropConfigEntry
) -> None:
    """A deletion that waits ends with the list being back."""
    (subentry,) = listed.get_subentries_of_type("ip_list")
    simulator.cloudflare.reachable = False
    hass.config_entries.async_remove_subentry(listed, subentry.subentry_id)
    await settle(hass)
    simulator.cloudflare.reachable = True
    hass.config_entries.async_add_subentry(listed, subentry)
    await settle(hass)
    assert held(simulator, trusted) == [HOME]
    assert state(hass, STATUS) == "in_sync"


@pytest.mark.parametrize("reachable", [True, False])
async def test_the_entries_go_with_the_zone(
    hass: HomeAssistant,
    simulator: Simulator,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    issue_registry: ir.IssueRegistry,
    reachable: bool,  # noqa: FBT001 - of a table
) -> None:
    """Tried once; a repair says that they may be left."""
    simulator.cloudflare.reachable = reachable
    await hass.config_entries.async_remove(listed.entry_id)
    await settle(hass)
    assert held(simulator, trusted) == ([] if reachable else [HOME])
    keys = {issue.translation_key for issue in issue_registry.issues.values()}
    assert ("items_left" in keys) is not reachable


async def test_the_action_reports_lists(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, listed: RaindropConfigEntry
) -> None:
    """A dry run says what would change, a real one what did, and an error what failed."""

    async def sync(**data: bool) -> list[dict[str, Any]]:
        response: Any = await hass.services.async_call(
            "raindrop", "sync", data, blocking=True, return_response=True
        )
        (shown,) = response["zones"]
        lists: list[dict[str, Any]] = shown["lists"]
        return lists

    unchanged = {"list": "trusted", "result": "unchanged", "added": [], "deleted": []}
    assert await sync(dry_run=True) == [unchanged]
    simulator.ip.set_address(NEXT)
    changed = {"list": "trusted", "added": [NEXT], "deleted": [HOME]}
    assert await sync(dry_run=True) == [{**changed, "result": "planned"}]
    assert held(simulator, trusted) == [HOME]
    assert await sync() == [{**changed, "result": "done"}]
    assert held(simulator, trusted) == [NEXT]
    (item,) = (item for item in simulator.cloudflare.lists.items(trusted) if item["ip"] == NEXT)
    simulator.cloudflare.lists.delete_item(trusted, item["id"])
    planned = {"list": "trusted", "result": "planned", "added": [NEXT], "deleted": []}
    assert await sync(dry_run=True) == [planned]
    simulator.cloudflare.lists.failure = "no more items"
    with pytest.raises(HomeAssistantError, match="no more items"):
        await sync()


async def test_the_action_names_a_list_that_only_the_user_can_bring_in_line(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, listed: RaindropConfigEntry
) -> None:
    """For instance if another program keeps deleting the entry."""
    lists = simulator.cloudflare.lists

    async def sync() -> None:
        for item in lists.items(trusted):
            lists.delete_item(trusted, item["id"])
        await hass.services.async_call("raindrop", "sync", {}, blocking=True)

    await sync()
    await sync()
    with pytest.raises(HomeAssistantError, match="trusted"):
        await sync()


async def test_a_list_that_is_removed_while_it_changes(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """What the change adds late is deleted with the rest."""
    (subentry,) = listed.get_subentries_of_type("ip_list")
    held_poll = simulator.faults.add("cloudflare", POLL, kind="hold", times=1)
    simulator.ip.set_address(NEXT)
    passing = hass.async_create_task(clock.cycles())
    await simulator.log.arrived(1, endpoint=POLL, status=None)
    hass.config_entries.async_remove_subentry(listed, subentry.subentry_id)
    held_poll.release()
    await passing
    await settle(hass)
    await clock.cycles()
    assert held(simulator, trusted) == []
    assert hass.states.get(STATUS) is None


async def test_an_update_of_an_entity_is_one_of_the_zone(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, listed: RaindropConfigEntry
) -> None:
    """The list follows it."""
    assert await async_setup_component(hass, "homeassistant", {})
    simulator.ip.set_address(NEXT)
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": STATUS}, blocking=True
    )
    await settle(hass)
    assert held(simulator, trusted) == [NEXT]


async def test_a_stored_state_that_cannot_be_read(
    hass: HomeAssistant,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    hass_storage: dict[str, Any],
    issue_registry: ir.IssueRegistry,
) -> None:
    """It may have said what to delete: a repair says so."""
    await hass.config_entries.async_unload(listed.entry_id)
    hass_storage[f"raindrop.{listed.entry_id}"]["data"]["resources"] = {"trusted": {}}
    await hass.config_entries.async_setup(listed.entry_id)
    await settle(hass)
    assert "state_unreadable" in {i.translation_key for i in issue_registry.issues.values()}
    assert state(hass, STATUS) == "in_sync"
