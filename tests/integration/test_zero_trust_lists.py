"""Zero Trust lists in Home Assistant: the form, what follows the address, and repairs."""

import json
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import ResourceKind
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import (
    LIST_PERMISSIONS,
    USER_PERMISSIONS,
    ZERO_TRUST_PERMISSIONS,
)
from simulator.cloudflare.zero_trust_lists import ZeroTrustList
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN
from tests.simulated_time import settle

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, state
from .domain_forms import OWNER
from .ip_list_homes import FORM, ip_list
from .repair_flows import Repair, issues
from .resource_homes import change, resource, start, submit
from .router_entities import Router

KIND = ResourceKind.ZERO_TRUST_LIST
READ = "GET /accounts/{account_id}/gateway/lists/{gateway_list_id}/items"
PATCH = "PATCH /accounts/{account_id}/gateway/lists/{gateway_list_id}"
STATUS = "sensor.homes_status"
PROBLEM = "binary_sensor.homes_zero_trust_list_problem"
LISTED = "sensor.homes_listed_addresses"
EVENT = "event.homes_zero_trust_list"
LATER = "81.2.69.146"


@pytest.fixture
def homes(simulator: Simulator, zone: Zone) -> ZeroTrustList:
    """Return a list with an item of somebody else, and let the token edit Zero Trust settings."""
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    added = simulator.cloudflare.zero_trust_lists.add("Homes")
    simulator.cloudflare.zero_trust_lists.add_item(added, "198.51.100.1", "office")
    return added


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone, homes: ZeroTrustList) -> RaindropConfigEntry:
    """Set up the zone without a list."""
    return await set_up(hass, zone, [domain("home.example.com")])


@pytest.fixture
async def listed(hass: HomeAssistant, zone: Zone, homes: ZeroTrustList) -> RaindropConfigEntry:
    """Set up a zone with a domain and a list."""
    subentries = [domain("home.example.com"), zero_trust_list(homes, delete_items=True)]
    entry = await set_up(hass, zone, subentries)
    await settle(hass)
    return entry


def zero_trust_list(of: ZeroTrustList, **data: Any) -> ConfigSubentryData:
    """Return the subentry of a list."""
    return resource(KIND, of, of.name, **data)


def held(of: ZeroTrustList, description: str | None = OWNER) -> list[str]:
    """Return the values with a description in a list, by default with this home's."""
    return [item.value for item in of.items if item.description == description]


async def test_a_list_is_added(
    hass: HomeAssistant, simulator: Simulator, homes: ZeroTrustList, entry: RaindropConfigEntry
) -> None:
    """The form offers the lists of addresses; the preview says what is added."""
    simulator.cloudflare.zero_trust_lists.add("Blocked", list_type="DOMAIN")
    form = await start(hass, entry, KIND)
    schema = form["data_schema"]
    assert schema is not None
    (options,) = (f.config["options"] for key, f in schema.schema.items() if key == "resource_id")
    assert options == [{"value": homes.id, "label": "Homes (1)"}]

    preview = await submit(hass, form, {"resource_id": homes.id, **FORM})

    assert preview["step_id"] == "preview"
    shown = preview["description_placeholders"] or {}
    assert (shown["added"], shown["deleted"]) == (f"`{HOME}`", "—")
    assert held(homes) == []
    result = await submit(hass, preview, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert held(homes) == [HOME]
    assert held(homes, "office") == ["198.51.100.1"]
    assert simulator.log.surprises == []
    again = await start(hass, entry, KIND)
    assert again["errors"] == {"base": "all_configured"}
    form = await change(hass, entry, KIND)
    preview = await submit(hass, form, {**FORM, "families": ["ipv4", "ipv6"]})
    result = await submit(hass, preview, {})
    assert result["reason"] == "reconfigure_successful"
    assert held(homes) == [HOME, "2001:218:1:2::/64"]


async def test_a_missing_permission_is_named(
    hass: HomeAssistant, simulator: Simulator, homes: ZeroTrustList, entry: RaindropConfigEntry
) -> None:
    """Also by the preview, if the token may only read."""
    simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)
    form = await start(hass, entry, KIND)
    assert form["errors"] == {"base": "zero_trust_edit_missing"}
    simulator.cloudflare.add_token(
        TOKEN, permissions={"dns:edit", "dns:read", "zone:read", "zero_trust:read"}
    )
    form = await submit(hass, form, {"account_id": homes.account.id})
    form = await submit(hass, form, {"resource_id": homes.id, **FORM})
    assert (form["step_id"], form["errors"]) == ("user", {"base": "zero_trust_edit_missing"})
    assert held(homes) == []


async def test_an_account_without_a_list_says_so(
    hass: HomeAssistant, simulator: Simulator, homes: ZeroTrustList, entry: RaindropConfigEntry
) -> None:
    """A list of domains is none."""
    simulator.cloudflare.zero_trust_lists.remove(homes)
    simulator.cloudflare.zero_trust_lists.add("Blocked", list_type="DOMAIN")
    form = await start(hass, entry, KIND)
    assert form["errors"] == {"base": "none_found"}


async def test_an_item_without_a_description_can_be_adopted(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    entry: RaindropConfigEntry,
) -> None:
    """Otherwise it would stay when the address changes."""
    simulator.cloudflare.zero_trust_lists.add_item(homes, HOME)
    form = await start(hass, entry, KIND)
    preview = await submit(hass, form, {"resource_id": homes.id, **FORM})
    schema = preview["data_schema"]
    assert schema is not None
    (adopted,) = (field.config["options"] for field in schema.schema.values())
    assert adopted[0]["label"] == HOME
    await submit(hass, preview, {"adopted": [adopted[0]["value"]]})
    assert held(homes) == []
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert (held(homes), held(homes, None)) == ([NEXT], [])


async def test_a_list_follows_the_address(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
) -> None:
    """Two requests for a change, after those for DNS; one for a full sync."""
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("in_sync", "off")
    simulator.log.clear()
    simulator.ip.set_address(NEXT)

    await clock.cycles()

    assert endpoints(simulator) == [LIST, BATCH, READ, PATCH]
    assert held(homes) == [NEXT]
    assert held(homes, "office") == ["198.51.100.1"]
    assert state(hass, LISTED) == NEXT
    event = hass.states.get(EVENT)
    assert event
    shown = (event.attributes[key] for key in ("event_type", "list", "from_ip", "to_ip"))
    assert [*shown] == ["updated", "Homes", HOME, NEXT]
    simulator.log.clear()
    await clock.full_syncs()
    assert [one for one in endpoints(simulator) if "/gateway/" in one] == [READ]


async def test_it_does_not_wait_for_an_ip_list(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, homes: ZeroTrustList
) -> None:
    """The operations of one kind take time, those of the other do not."""
    simulator.cloudflare.add_token(TOKEN, permissions=USER_PERMISSIONS)
    trusted = simulator.cloudflare.lists.add("trusted")
    await set_up(hass, zone, [ip_list(trusted), zero_trust_list(homes)])
    await settle(hass)
    simulator.cloudflare.lists.steps = None
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert held(homes) == [NEXT]
    assert simulator.cloudflare.lists.items(trusted)[0]["ip"] == HOME


async def test_the_action_reports_both_kinds_of_lists(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, homes: ZeroTrustList
) -> None:
    """A dry run says what would change, a real one what did, and an error what failed."""
    simulator.cloudflare.add_token(TOKEN, permissions=USER_PERMISSIONS)
    trusted = simulator.cloudflare.lists.add("trusted")
    await set_up(hass, zone, [ip_list(trusted), zero_trust_list(homes)])
    await settle(hass)

    async def sync(**data: bool) -> list[dict[str, Any]]:
        response: Any = await hass.services.async_call(
            "raindrop", "sync", data, blocking=True, return_response=True
        )
        (shown,) = response["zones"]
        lists: list[dict[str, Any]] = shown["lists"]
        return lists

    unchanged = {"result": "unchanged", "added": [], "deleted": []}
    both = [{"list": "trusted", **unchanged}, {"list": "Homes", **unchanged}]
    assert await sync(dry_run=True) == both
    simulator.ip.set_address(NEXT)
    done = {"result": "done", "added": [NEXT], "deleted": [HOME]}
    assert await sync() == [{"list": "trusted", **done}, {"list": "Homes", **done}]
    simulator.cloudflare.zero_trust_lists.max_items = 1
    simulator.ip.set_address(LATER)
    with pytest.raises(HomeAssistantError, match="maximum number"):
        await sync()


async def test_a_token_that_lost_the_permission(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The repair names the permission; DNS goes on, and no other key is asked for."""
    simulator.cloudflare.add_token(TOKEN)
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert issues(hass) == ["zero_trust_edit_missing"]
    assert simulator.cloudflare.records("example.com")[0]["content"] == NEXT
    assert not [*listed.async_get_active_flows(hass, {"reauth"})]
    await repair.start()
    form = await repair.send({})
    assert "Zero Trust > Edit" in form["description_placeholders"]["error"]
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    result = await repair.send({})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert issues(hass) == []
    assert held(homes) == [NEXT]


async def test_a_token_that_is_limited_to_another_address(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
) -> None:
    """The repair of the list gives that as the reason, not a missing permission."""
    message = "Cannot use the access token from location"
    simulator.faults.add("cloudflare", PATCH, kind="error", status=403, code=9109, message=message)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert issues(hass) == ["zero_trust_list_refused"]


async def test_a_list_that_is_gone(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """It can be removed from the repair."""
    simulator.cloudflare.zero_trust_lists.remove(homes)
    await clock.full_syncs()
    assert issues(hass) == ["zero_trust_list_missing"]
    assert state(hass, STATUS) == "not_found"
    await repair.start()
    await repair.choose("remove")
    await settle(hass)
    assert listed.get_subentries_of_type(KIND) == []
    assert issues(hass) == []


async def test_a_list_that_others_change(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The third deletion within six hours is left alone, until the user says otherwise."""
    for _ in range(3):
        homes.items[:] = [item for item in homes.items if item.value != HOME]
        await clock.full_syncs()
    assert issues(hass) == ["zero_trust_list_contested"]
    assert held(homes) == []
    await repair.start()
    await repair.choose("retry")
    assert held(homes) == [HOME]
    assert issues(hass) == []


async def test_a_shared_address_is_added_only_if_the_user_allows_that(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, homes: ZeroTrustList
) -> None:
    """Policies would let the neighbors in; the repair says so."""
    router = Router(hass)
    await router.reports("100.64.7.8")
    sources = {"ipv4": [router.source()]}
    entry = await set_up(hass, zone, [zero_trust_list(homes)], sources=sources)
    await settle(hass)
    assert "zero_trust_list_shared_address" in issues(hass)
    assert (state(hass, STATUS), held(homes)) == ("shared_address", [])
    form = await change(hass, entry, KIND)
    preview = await submit(hass, form, {**FORM, "shared_address": {"allows_shared": True}})
    await submit(hass, preview, {})
    await clock.cycles()
    assert held(homes) == [HOME]
    assert "zero_trust_list_shared_address" not in issues(hass)


async def test_what_was_interrupted_is_found_by_the_next_start(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
) -> None:
    """A reload in the middle of a change leaves no gap and no old address."""
    waiting = simulator.faults.add("cloudflare", PATCH, kind="hold")
    simulator.ip.set_address(NEXT)
    passing = hass.async_create_task(clock.cycles())
    await simulator.log.arrived(1, endpoint=PATCH, status=None)
    await hass.config_entries.async_unload(listed.entry_id)
    simulator.faults.remove(waiting)
    await passing
    await hass.config_entries.async_setup(listed.entry_id)
    await settle(hass)
    assert held(homes) == [NEXT]
    assert state(hass, STATUS) == "in_sync"


@pytest.mark.parametrize("is_zone", [True, False])
async def test_the_entries_go_with_the_list_or_the_zone(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
    is_zone: bool,  # noqa: FBT001 - of a table
) -> None:
    """Only because the user chose that; those of others stay."""
    if is_zone:
        await hass.config_entries.async_remove(listed.entry_id)
    else:
        (subentry,) = listed.get_subentries_of_type(KIND)
        hass.config_entries.async_remove_subentry(listed, subentry.subentry_id)
    await settle(hass)
    assert held(homes) == []
    assert held(homes, "office") == ["198.51.100.1"]


async def test_entries_that_cannot_be_deleted_are_reported(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
) -> None:
    """After a quarter of an hour, with the reason; until they are."""
    fault = simulator.faults.add("cloudflare", PATCH, kind="error", status=400, code=1)
    (subentry,) = listed.get_subentries_of_type(KIND)
    hass.config_entries.async_remove_subentry(listed, subentry.subentry_id)
    await settle(hass)
    await clock.cycles(2)
    assert issues(hass) == []
    await clock.cycles(2)
    assert issues(hass) == ["items_not_deleted"]
    simulator.faults.remove(fault)
    await clock.cycles()
    assert held(homes) == []
    assert issues(hass) == []


async def test_a_list_that_is_back_is_no_failed_deletion(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
) -> None:
    """Adding it again ends the deletion and its repair."""
    fault = simulator.faults.add("cloudflare", PATCH, kind="error", status=400, code=1)
    (subentry,) = listed.get_subentries_of_type(KIND)
    hass.config_entries.async_remove_subentry(listed, subentry.subentry_id)
    await settle(hass)
    await clock.cycles(4)
    assert issues(hass) == ["items_not_deleted"]
    simulator.faults.remove(fault)
    hass.config_entries.async_add_subentry(listed, subentry)
    await settle(hass)
    assert issues(hass) == []
    await clock.full_syncs()
    assert held(homes) == [HOME]


async def test_a_deletion_ends_though_the_clock_was_set_back(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    homes: ZeroTrustList,
    listed: RaindropConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """The time since which a list is removed would otherwise be in the future for long."""
    (subentry,) = listed.get_subentries_of_type(KIND)
    hass.config_entries.async_remove_subentry(listed, subentry.subentry_id)
    await settle(hass)
    await hass.config_entries.async_unload(listed.entry_id)
    stored = hass_storage[f"raindrop.{listed.entry_id}"]["data"]["pending_resource_deletions"]
    assert stored[homes.id]["title"] == "Homes"
    stored[homes.id]["since"] = "2099-01-01T00:00:00+00:00"
    await hass.config_entries.async_setup(listed.entry_id)
    await settle(hass)
    await clock.cycles(3)
    await clock.full_syncs()
    simulator.log.clear()
    await clock.full_syncs()
    assert READ not in endpoints(simulator)


async def test_diagnostics_of_a_list(
    hass: HomeAssistant, homes: ZeroTrustList, listed: RaindropConfigEntry
) -> None:
    """With numbers in place of addresses, and nothing of what others put there."""
    diagnostics = await async_get_config_entry_diagnostics(hass, listed)
    (shown,) = diagnostics["resources"]
    assert (shown["kind"], shown["is_in_sync"]) == ("zero_trust_list", True)
    text = json.dumps(diagnostics)
    assert not any(secret in text for secret in (HOME, homes.id, "Homes", "office"))
