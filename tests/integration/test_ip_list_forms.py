"""The form of an IP list: what it offers, what it refuses, and its preview."""

from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import LIST_PERMISSIONS
from simulator.cloudflare.ip_lists import ItemList
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import Clock
from .ip_list_homes import FORM, READ, change, held, ip_list, start
from .resource_homes import submit
from .router_entities import Router


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone, trusted: ItemList) -> RaindropConfigEntry:
    """Set up the zone without a list."""
    return await set_up(hass, zone, [domain("home.example.com")])


def placeholders(form: SubentryFlowResult) -> dict[str, str]:
    """Return the placeholders of a form."""
    return dict(form["description_placeholders"] or {})


async def test_a_list_is_added(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, entry: RaindropConfigEntry
) -> None:
    """The form offers the lists of the zone's account; the preview says what is added."""
    simulator.cloudflare.lists.add("redirects", kind="redirect")
    simulator.cloudflare.lists.add_item(trusted, "198.51.100.1", "office")
    form = await start(hass, entry)
    assert form["step_id"] == "user"
    schema = form["data_schema"]
    assert schema is not None
    (options,) = (f.config["options"] for key, f in schema.schema.items() if key == "resource_id")
    assert options == [{"value": trusted.id, "label": "trusted (1)"}]

    preview = await submit(hass, form, {"resource_id": trusted.id, **FORM})

    assert preview["step_id"] == "preview"
    shown = placeholders(preview)
    assert (shown["added"], shown["deleted"]) == (f"`{HOME}`", "—")
    assert held(simulator, trusted) == []
    result = await submit(hass, preview, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert held(simulator, trusted) == [HOME]
    assert held(simulator, trusted, "office") == ["198.51.100.1"]
    assert simulator.log.surprises == []
    again = await start(hass, entry)
    assert again["errors"] == {"base": "all_configured"}


async def test_a_missing_permission_is_named(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, entry: RaindropConfigEntry
) -> None:
    """Submitting tries again, once the token has it."""
    simulator.cloudflare.add_token(TOKEN)
    form = await start(hass, entry)
    assert form["step_id"] == "account"
    assert form["errors"] == {"base": "lists_edit_missing"}
    form = await submit(hass, form, {"account_id": trusted.account.id})
    assert form["errors"] == {"base": "lists_edit_missing"}
    simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)
    form = await submit(hass, form, {"account_id": trusted.account.id})
    assert form["step_id"] == "user"


async def test_a_permission_to_read_is_not_enough(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, entry: RaindropConfigEntry
) -> None:
    """The preview finds out that the token may not edit the list, without changing it."""
    simulator.cloudflare.add_token(
        TOKEN, permissions={"dns:edit", "dns:read", "zone:read", "lists:read"}
    )
    form = await start(hass, entry)
    form = await submit(hass, form, {"resource_id": trusted.id, **FORM})
    assert form["step_id"] == "user"
    assert form["errors"] == {"base": "lists_edit_missing"}
    assert simulator.cloudflare.lists.items(trusted) == []


async def test_a_token_without_zone_read_is_asked_for_the_account(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, trusted: ItemList
) -> None:
    """A malformed one is refused at its field."""
    simulator.cloudflare.add_token(TOKEN, permissions={"dns:edit", "lists:edit"})
    entry = await set_up(hass, zone, [domain("home.example.com")])
    form = await start(hass, entry)
    assert (form["step_id"], form["errors"]) == ("account", None)
    form = await submit(hass, form, {"account_id": "my account"})
    assert form["errors"] == {"account_id": "malformed_account"}
    form = await submit(hass, form, {"account_id": f" {trusted.account.id} "})
    assert form["step_id"] == "user"
    preview = await submit(hass, form, {"resource_id": trusted.id, **FORM})
    result = await submit(hass, preview, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert held(simulator, trusted) == [HOME]


async def test_an_account_without_a_list_says_so(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, entry: RaindropConfigEntry
) -> None:
    """Lists are created in Cloudflare."""
    simulator.cloudflare.lists.remove(trusted)
    form = await start(hass, entry)
    assert form["errors"] == {"base": "none_found"}


async def test_an_item_without_a_comment_can_be_adopted(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    entry: RaindropConfigEntry,
) -> None:
    """Otherwise it would stay when the address changes."""
    item = simulator.cloudflare.lists.add_item(trusted, HOME)
    form = await start(hass, entry)
    preview = await submit(hass, form, {"resource_id": trusted.id, **FORM})
    assert placeholders(preview)["added"] == "—"
    result = await submit(hass, preview, {"adopted": [item["id"]]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert simulator.cloudflare.lists.items(trusted) == [item]
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert held(simulator, trusted) == [NEXT]
    assert held(simulator, trusted, None) == []


async def test_settings_of_a_list_are_changed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, trusted: ItemList
) -> None:
    """What the list no longer needs is deleted; the list itself cannot change."""
    families = {"families": ["ipv4", "ipv6"]}
    entry = await set_up(hass, zone, [ip_list(trusted, **families)])
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await change(hass, entry)
    assert form["step_id"] == "reconfigure"
    preview = await submit(hass, form, {**FORM, "families": ["ipv6"]})
    assert placeholders(preview)["deleted"] == f"`{HOME}`"
    result = await submit(hass, preview, {})
    assert result["reason"] == "reconfigure_successful"
    assert held(simulator, trusted) == ["2001:218:1:2::/64"]
    form = await change(hass, entry)
    preview = await submit(hass, form, FORM)
    await submit(hass, preview, {})
    assert held(simulator, trusted) == [HOME]


@pytest.mark.parametrize(
    "fields, sources, error",
    [
        ({"families": []}, {}, {"families": "no_family"}),
        ({"families": ["ipv6"]}, {"ipv6": []}, {"families": "source_off"}),
    ],
)
async def test_a_form_that_lists_nothing_is_refused(
    hass: HomeAssistant,
    zone: Zone,
    trusted: ItemList,
    fields: dict[str, Any],
    sources: dict[str, Any],
    error: dict[str, str],
) -> None:
    """Also an IP version of which the zone looks up no address."""
    entry = await set_up(hass, zone, [domain("home.example.com")], sources=sources)
    form = await start(hass, entry)
    form = await submit(hass, form, {"resource_id": trusted.id, **FORM, **fields})
    assert form["errors"] == error


async def test_the_preview_names_an_address_that_is_not_known(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, entry: RaindropConfigEntry
) -> None:
    """The list can be added all the same."""
    simulator.ip.set_address(None, family=6)
    form = await start(hass, entry)
    fields = {"resource_id": trusted.id, **FORM, "families": ["ipv4", "ipv6"]}
    preview = await submit(hass, form, fields)
    assert preview["errors"] == {"base": "address_unknown"}
    assert placeholders(preview)["family"] == "IPv6"


async def test_the_preview_names_an_address_that_is_shared(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, trusted: ItemList
) -> None:
    """And is added only if the user allows that."""
    router = Router(hass)
    await router.reports(HOME)
    entry = await set_up(hass, zone, [ip_list(trusted)], sources={"ipv4": [router.source()]})
    await hass.async_block_till_done(wait_background_tasks=True)
    await router.reports("100.64.7.8")
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert held(simulator, trusted) == [HOME]
    form = await change(hass, entry)
    preview = await submit(hass, form, FORM)
    assert preview["errors"] == {"base": "shared_address"}
    form = await change(hass, entry)
    fields = {**FORM, "shared_address": {"allows_shared": True}}
    preview = await submit(hass, form, fields)
    assert not preview["errors"]
    await submit(hass, preview, {})
    assert held(simulator, trusted) == [NEXT]


async def test_the_form_waits_for_a_zone_that_is_loaded(
    hass: HomeAssistant, trusted: ItemList, entry: RaindropConfigEntry
) -> None:
    """Without it, nothing can be read."""
    await hass.config_entries.async_unload(entry.entry_id)
    form = await start(hass, entry)
    assert form["reason"] == "not_loaded"


async def test_a_list_whose_settings_cannot_be_read_is_not_changed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, trusted: ItemList
) -> None:
    """It has to be added again; its entries stay."""
    entry = await set_up(hass, zone, [ip_list(trusted, families="ipv4", delete_items=True)])
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await change(hass, entry)
    assert form["reason"] == "unreadable"
    (subentry_id,) = entry.subentries
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "ip_list"),
        context={"source": "reconfigure", "subentry_id": "gone"},
    )
    assert form["reason"] == "not_loaded"
    assert subentry_id


async def test_a_list_is_set_up_once_in_all_zones(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, entry: RaindropConfigEntry
) -> None:
    """Of two forms that were opened together, the second one ends."""
    forms = [await start(hass, entry) for _ in range(2)]
    previews = [await submit(hass, f, {"resource_id": trusted.id, **FORM}) for f in forms]
    first, second = [await submit(hass, preview, {}) for preview in previews]
    assert first["type"] is FlowResultType.CREATE_ENTRY
    assert second["reason"] == "already_configured"


async def test_a_failure_of_the_preview_is_an_error_of_the_form(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, entry: RaindropConfigEntry
) -> None:
    """The entered values stay."""
    form = await start(hass, entry)
    simulator.faults.add("cloudflare", READ, kind="error", times=1)
    form = await submit(hass, form, {"resource_id": trusted.id, **FORM})
    assert form["errors"] == {"base": "cloudflare_unavailable"}
    preview = await submit(hass, form, {"resource_id": trusted.id, **FORM})
    assert preview["step_id"] == "preview"


async def test_a_list_that_is_removed_while_its_form_is_open(
    hass: HomeAssistant, zone: Zone, trusted: ItemList
) -> None:
    """The form ends; nothing is left to change."""
    entry = await set_up(hass, zone, [ip_list(trusted)])
    await hass.async_block_till_done(wait_background_tasks=True)
    preview = await submit(hass, await change(hass, entry), FORM)
    hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await submit(hass, preview, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")
