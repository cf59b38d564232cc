"""IP lists where one thing meets another: other zones, deletions, failures of the action."""

from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.ip_lists import ItemList
from tests.conftest import HOME, NEXT
from tests.simulated_time import settle

from .builders import domain, set_up
from .conftest import Clock, endpoints, state
from .ip_list_homes import ADD, EVENT, POLL, READ, STATUS, held, ip_list, start
from .resource_homes import events_of


def list_of(entry: RaindropConfigEntry) -> ConfigSubentry:
    """Return the subentry of the list of a zone."""
    (subentry,) = entry.get_subentries_of_type("ip_list")
    return subentry


async def sync(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what the action says about the lists of the only zone."""
    response: Any = await hass.services.async_call(
        "raindrop", "sync", {}, blocking=True, return_response=True
    )
    (shown,) = response["zones"]
    lists: list[dict[str, Any]] = shown["lists"]
    return lists


async def test_a_list_that_moves_to_another_zone_keeps_its_entry(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, trusted: ItemList
) -> None:
    """The zone from which it was removed stops deleting: both zones have the same comment."""
    first = await set_up(hass, zone, [ip_list(trusted, delete_items=True)])
    second = await set_up(hass, simulator.cloudflare.add_zone("example.org"), [])
    await settle(hass)
    subentry = list_of(first)
    hass.config_entries.async_remove_subentry(first, subentry.subentry_id)
    await settle(hass)
    assert held(simulator, trusted) == []
    hass.config_entries.async_add_subentry(second, subentry)
    await settle(hass)
    assert held(simulator, trusted) == [HOME]
    for _ in range(4):
        await clock.cycles()
        assert held(simulator, trusted) == [HOME]
    await hass.config_entries.async_remove(first.entry_id)
    assert held(simulator, trusted) == [HOME]


async def test_a_renamed_list_renames_its_device_and_its_events(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, trusted: ItemList
) -> None:
    """The title of a list is the name of its device, at once; the list is not read for it."""
    entry = await set_up(hass, zone, [domain("home.example.com"), ip_list(trusted)])
    await settle(hass)
    simulator.log.clear()
    hass.config_entries.async_update_subentry(entry, list_of(entry), title="Front door")
    await settle(hass)
    assert endpoints(simulator) == []
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.name for device in devices} == {"example.com", "home.example.com", "Front door"}
    events = events_of(hass, EVENT)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    (event,) = events
    assert event["list"] == "Front door"


async def test_an_unexpected_error_of_dns_concerns_the_lists_too(
    hass: HomeAssistant, clock: Clock, zone: Zone, trusted: ItemList
) -> None:
    """Their entities are unavailable until the next update that succeeds, like all others."""
    entry = await set_up(hass, zone, [domain("home.example.com"), ip_list(trusted)])
    await settle(hass)
    entry.runtime_data.async_set_update_error(RuntimeError("a bug"))
    assert state(hass, STATUS) == "unavailable"
    await clock.cycles()
    assert state(hass, STATUS) == "in_sync"


async def test_a_list_that_is_read_while_its_zone_is_removed(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    trusted: ItemList,
    monkeypatch: pytest.MonkeyPatch,
    hass_storage: dict[str, Any],
) -> None:
    """Its zone's state is stored before the file is deleted, and not later."""
    entry = await set_up(hass, zone, [domain("home.example.com"), ip_list(trusted)])
    await settle(hass)
    hold = simulator.faults.add("cloudflare", READ, kind="hold")
    passing = hass.async_create_task(clock.full_syncs())
    await simulator.log.arrived(1, endpoint=READ, status=None)
    unload_platforms = hass.config_entries.async_unload_platforms

    async def unload_slowly(*args: Any) -> bool:
        simulator.faults.remove(hold)
        await entry.runtime_data.resources.async_finish()
        return await unload_platforms(*args)

    monkeypatch.setattr(hass.config_entries, "async_unload_platforms", unload_slowly)
    key = f"raindrop.{entry.entry_id}"
    assert key in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await passing
    await clock.passes(timedelta(minutes=1))
    assert key not in hass_storage


async def test_the_action_fails_if_a_list_cannot_be_read(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, trusted: ItemList
) -> None:
    """Even if that is too short to be a problem."""
    await set_up(hass, zone, [domain("home.example.com"), ip_list(trusted)])
    await settle(hass)
    simulator.faults.add("cloudflare", READ, kind="error", times=1)
    with pytest.raises(HomeAssistantError, match="problems"):
        await sync(hass)
    assert state(hass, STATUS) != "unread"
    (shown,) = await sync(hass)
    assert shown["result"] == "unchanged"


async def test_the_action_says_nothing_of_an_earlier_update(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, trusted: ItemList
) -> None:
    """During a rate limit no list is read, also in a zone without a domain."""
    await set_up(hass, zone, [ip_list(trusted)])
    await settle(hass)
    simulator.faults.add("cloudflare", READ, kind="rate_limit", retry_after=900, times=1)
    with pytest.raises(HomeAssistantError):
        await sync(hass)
    with pytest.raises(HomeAssistantError):
        await sync(hass)
    await clock.cycles(4)
    (shown,) = await sync(hass)
    assert shown["result"] == "unchanged"


async def test_a_rate_limit_is_no_repair(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    trusted: ItemList,
    issue_registry: ir.IssueRegistry,
) -> None:
    """It passes without the user."""
    await set_up(hass, zone, [domain("home.example.com"), ip_list(trusted)])
    await settle(hass)
    simulator.faults.add("cloudflare", ADD, kind="rate_limit", retry_after=60, times=1)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert held(simulator, trusted) == [HOME]
    assert [issue.translation_key for issue in issue_registry.issues.values()] == []


async def test_a_zone_without_a_domain_knows_its_account(
    hass: HomeAssistant, zone: Zone, trusted: ItemList
) -> None:
    """The form offers the lists at once."""
    entry = await set_up(hass, zone, [])
    await settle(hass)
    form = await start(hass, entry)
    assert form["step_id"] == "user"


async def test_an_operation_under_way_when_the_zone_is_removed(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    trusted: ItemList,
    issue_registry: ir.IssueRegistry,
) -> None:
    """What it adds late is deleted a minute later."""
    held_poll = simulator.faults.add("cloudflare", POLL, kind="hold")
    lists = simulator.cloudflare.lists
    lists.steps = None
    entry = await set_up(hass, zone, [ip_list(trusted, delete_items=True)])
    await simulator.log.arrived(1, endpoint=POLL, status=None)
    removal = hass.async_create_task(hass.config_entries.async_remove(entry.entry_id))
    await simulator.log.arrived(1, endpoint=READ)
    held_poll.release()
    await removal
    lists.finish()
    lists.steps = 1
    assert held(simulator, trusted) == [HOME]
    await clock.passes(timedelta(seconds=61))
    assert held(simulator, trusted) == []
    assert [*issue_registry.issues] == []
