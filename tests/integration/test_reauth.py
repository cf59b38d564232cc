"""A new credential for an entry: reauthentication and reconfiguration."""

from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState, ConfigFlowResult
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.event import async_track_state_change_event
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import USER_PERMISSIONS
from simulator.cloudflare.dns_locations import Location
from simulator.cloudflare.ip_lists import ItemList
from tests.conftest import HOME, NEXT
from tests.secrets import DNS_TOKEN, EMAIL, GLOBAL_KEY, READ_TOKEN, TOKEN, UNKNOWN_TOKEN
from tests.simulated_time import settle

from .builders import domain, set_up
from .conftest import UPDATE_NOW, entry_state, record_endpoints, submit, typed
from .dns_location_homes import PUT, dns_location
from .ip_list_homes import ADD, ip_list


async def start(hass: HomeAssistant, entry: RaindropConfigEntry, how: str) -> ConfigFlowResult:
    """Open the form that asks for a key."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": how, "entry_id": entry.entry_id},
        data=dict(entry.data) if how == SOURCE_REAUTH else None,
    )


@pytest.mark.parametrize("how", ["reauth", "reconfigure"])
async def test_a_key_that_does_not_work_is_refused_and_the_next_is_used(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry, how: str
) -> None:
    """The form says what the new key lacks, keeps it, and accepts one that works."""
    simulator.cloudflare.add_token(READ_TOKEN, permissions={"dns:read"})
    simulator.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    form = await start(hass, entry, how)
    for fields, errors in (
        ({"key": UNKNOWN_TOKEN}, {"key": "invalid_auth"}),
        ({"key": READ_TOKEN}, {"key": "dns_edit_missing"}),
        ({"key": GLOBAL_KEY}, {"email": "email_missing"}),
    ):
        form = await submit(hass, form, **fields)
        assert form["errors"] == errors
        assert typed(form) == fields
        assert entry.data["key"] == TOKEN

    result = await submit(hass, form, email=EMAIL, key=GLOBAL_KEY)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, f"{how}_successful")
    assert (entry.data["email"], entry.data["key"]) == (EMAIL, GLOBAL_KEY)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert simulator.log.select(service="cloudflare")[-1].auth == "key"


@pytest.mark.parametrize("how", ["reauth", "reconfigure"])
async def test_a_key_that_may_not_edit_all_resources_is_used_only_if_that_is_confirmed(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    trusted: ItemList,
    location: Location,
    how: str,
) -> None:
    """The form names the permissions that it lacks: DNS may be what matters."""
    simulator.cloudflare.add_token(TOKEN, permissions=USER_PERMISSIONS)
    simulator.cloudflare.add_token(DNS_TOKEN)
    resources = [ip_list(trusted), dns_location(location)]
    entry = await set_up(hass, zone, [domain("home.example.com"), *resources])
    form: Any = await submit(hass, await start(hass, entry, how), key=DNS_TOKEN)
    assert (form["step_id"], form["errors"]) == ("permissions", None)
    assert form["description_placeholders"]["permissions"] == (
        "Account > Account Filter Lists > Edit, Account > Zero Trust > Edit"
    )
    assert entry.data["key"] == TOKEN
    result = await submit(hass, form)
    assert (result["reason"], entry.data["key"]) == (f"{how}_successful", DNS_TOKEN)


@pytest.mark.parametrize("kind", [None, "status"])
async def test_a_key_is_used_unless_cloudflare_denies_it_a_resource(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    trusted: ItemList,
    location: Location,
    kind: str | None,
) -> None:
    """There is one request for each kind of resource; one that fails says nothing."""
    simulator.cloudflare.add_token(TOKEN, permissions=USER_PERMISSIONS)
    resources = [ip_list(trusted), dns_location(location)]
    entry = await set_up(hass, zone, [domain("home.example.com"), *resources])
    await settle(hass)
    form = await start(hass, entry, "reconfigure")
    if kind:
        for endpoint in (ADD, PUT):
            simulator.faults.add("cloudflare", endpoint, kind=kind)
    simulator.log.clear()
    result = await submit(hass, form, key=TOKEN)
    assert result["reason"] == "reconfigure_successful"
    assert simulator.log.count(endpoint=ADD) == simulator.log.count(endpoint=PUT) == 1


async def test_another_key_reloads_the_zone_once(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The form and the change of the entry share the reload."""
    simulator.cloudflare.add_token(READ_TOKEN)
    form = await start(hass, entry, "reconfigure")
    changes: list[str] = []

    @callback
    def add(event: Event[EventStateChangedData]) -> None:
        changes.append(event.data["entity_id"])

    async_track_state_change_event(hass, [UPDATE_NOW], add)
    await submit(hass, form, key=READ_TOKEN)
    assert entry.data["key"] == READ_TOKEN
    # Unavailable, then as it was.
    assert changes == [UPDATE_NOW, UPDATE_NOW]


async def test_an_email_that_is_no_longer_needed_is_removed(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The form shows the stored email address, and an emptied field stays empty."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, "email": EMAIL})
    form = await start(hass, entry, "reconfigure")
    assert typed(form) == {"email": EMAIL}
    await submit(hass, form, key=TOKEN)
    assert entry.data["email"] is None


async def test_a_revoked_key_asks_for_another_and_updates_go_on(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Set-up fails for a key that Cloudflare does not know; the same key, valid again, fixes it."""
    simulator.cloudflare.credentials.revoke(TOKEN)
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_ERROR
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH

    simulator.ip.set_address(NEXT)
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME
    simulator.cloudflare.add_token(TOKEN)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {"key": TOKEN})
    await hass.async_block_till_done()
    assert result["reason"] == "reauth_successful"
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert simulator.cloudflare.records(zone)[0]["content"] == NEXT


async def test_a_stored_key_that_cannot_be_one_asks_for_another(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """A malformed key in the entry leads to the form for a new one."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, "key": "not a key"})
    await hass.async_block_till_done()
    assert entry_state(entry) is ConfigEntryState.SETUP_ERROR
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_the_same_key_again_reloads_the_entry(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """A confirmed key is tried at once."""
    simulator.log.clear()
    form = await start(hass, entry, "reconfigure")
    await submit(hass, form, key=TOKEN)
    assert simulator.log.count(endpoint="GET /zones/{zone_id}/dns_records") == 2


async def test_a_zone_without_domains_takes_a_new_key_too(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Without a domain the key is tried on the whole zone, and no record but that is requested."""
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    simulator.log.clear()
    form = await start(hass, entry, "reconfigure")
    result = await submit(hass, form, key=TOKEN)
    assert result["reason"] == "reconfigure_successful"
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert len(record_endpoints(simulator)) == 2
