"""The form of a DNS location: what it offers, what it asks, what it refuses, and its preview."""

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import ZERO_TRUST_PERMISSIONS
from simulator.cloudflare.dns_locations import Location
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN
from tests.simulated_time import settle

from .builders import domain, set_up
from .conftest import Clock
from .dns_location_homes import (
    FORM,
    FRIENDS,
    OFFICE,
    READ,
    change,
    dns_location,
    networks,
    start,
)
from .resource_homes import submit

LATER = "81.2.69.146"


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone, location: Location) -> RaindropConfigEntry:
    """Set up the zone without a location."""
    return await set_up(hass, zone, [domain("home.example.com")])


def placeholders(form: SubentryFlowResult) -> dict[str, str]:
    """Return the placeholders of a form."""
    return dict(form["description_placeholders"] or {})


def options(form: SubentryFlowResult, field: str) -> list[dict[str, str]]:
    """Return the options of a field."""
    schema = form["data_schema"]
    assert schema is not None
    (found,) = (one.config["options"] for key, one in schema.schema.items() if key == field)
    options: list[dict[str, str]] = found
    return options


async def test_a_location_with_the_present_address_is_added(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    entry: RaindropConfigEntry,
) -> None:
    """That network is this home's; nothing changes until the address does."""
    form = await start(hass, entry)
    assert form["step_id"] == "user"
    assert options(form, "resource_id") == [{"value": location.id, "label": "Kids (3)"}]
    before = location.shown()

    preview = await submit(hass, form, {"resource_id": location.id, **FORM})

    assert preview["step_id"] == "preview"
    assert not preview["errors"]
    assert "adopted" not in preview["data_schema"].schema  # type: ignore[union-attr]
    shown = placeholders(preview)
    assert (shown["name"], shown["added"], shown["deleted"]) == ("Kids", "—", "—")
    result = await submit(hass, preview, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert location.shown() == before
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert networks(simulator, location) == [FRIENDS, NEXT, OFFICE]
    assert simulator.log.surprises == []
    again = await start(hass, entry)
    assert again["errors"] == {"base": "all_configured"}


@pytest.mark.parametrize(
    "chosen, added, deleted, after",
    [
        (f"{HOME}/32", f"`{NEXT}`", f"`{HOME}`", [FRIENDS, NEXT, OFFICE]),
        (OFFICE, f"`{NEXT}`", f"`{OFFICE}`", [FRIENDS, HOME, NEXT]),
        ("none", f"`{NEXT}`", "—", [FRIENDS, HOME, OFFICE, NEXT]),
    ],
)
async def test_without_the_present_address_the_user_chooses_a_network(
    hass: HomeAssistant,
    simulator: Simulator,
    location: Location,
    entry: RaindropConfigEntry,
    chosen: str,
    added: str,
    deleted: str,
    after: list[str],
) -> None:
    """One of those in the location is replaced, or the address is added."""
    simulator.ip.set_address(NEXT)
    form = await start(hass, entry)
    form = await submit(hass, form, {"resource_id": location.id, **FORM})
    assert form["step_id"] == "network"
    values = [option["value"] for option in options(form, "network")]
    assert values == [f"{FRIENDS}/32", f"{HOME}/32", OFFICE, "none"]
    assert [option["label"] for option in options(form, "network")][:2] == [FRIENDS, HOME]

    preview = await submit(hass, form, {"network": chosen})

    shown = placeholders(preview)
    assert (shown["added"], shown["deleted"]) == (added, deleted)
    assert networks(simulator, location) == [FRIENDS, HOME, OFFICE]
    await submit(hass, preview, {})
    await settle(hass)
    assert networks(simulator, location) == after


@pytest.mark.parametrize(
    "held, deleted", [([FRIENDS, OFFICE], "—"), ([FRIENDS], f"`{FRIENDS}`")], ids=["two", "one"]
)
async def test_no_network_is_replaced_by_chance(
    hass: HomeAssistant,
    simulator: Simulator,
    location: Location,
    entry: RaindropConfigEntry,
    held: list[str],
    deleted: str,
) -> None:
    """Of several, any may be another home's: the address is added unless the user chooses one."""
    simulator.cloudflare.locations.set_networks(location, held)
    form = await submit(hass, await start(hass, entry), {"resource_id": location.id, **FORM})

    preview = await submit(hass, form, {})

    shown = placeholders(preview)
    assert (shown["added"], shown["deleted"]) == (f"`{HOME}`", deleted)


async def test_the_first_network_of_a_location_is_added_without_a_question(
    hass: HomeAssistant, simulator: Simulator, location: Location, entry: RaindropConfigEntry
) -> None:
    """There is nothing to choose from."""
    simulator.cloudflare.locations.set_networks(location, [])
    form = await start(hass, entry)
    preview = await submit(hass, form, {"resource_id": location.id, **FORM})
    assert placeholders(preview)["added"] == f"`{HOME}`"
    await submit(hass, preview, {})
    assert networks(simulator, location) == [HOME]


async def test_a_missing_permission_is_named(
    hass: HomeAssistant, simulator: Simulator, location: Location, entry: RaindropConfigEntry
) -> None:
    """Submitting tries again, once the token has it; the account comes from the zone."""
    simulator.cloudflare.add_token(TOKEN)
    form = await start(hass, entry)
    assert (form["step_id"], form["errors"]) == ("account", {"base": "zero_trust_edit_missing"})
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    form = await submit(hass, form, {"account_id": location.account.id})
    assert form["step_id"] == "user"


async def test_a_permission_to_read_is_not_enough(
    hass: HomeAssistant, simulator: Simulator, location: Location, entry: RaindropConfigEntry
) -> None:
    """The preview finds out that the token may not edit locations, without changing one."""
    simulator.cloudflare.add_token(
        TOKEN, permissions={"dns:edit", "dns:read", "zone:read", "zero_trust:read"}
    )
    before = location.shown()
    form = await start(hass, entry)
    form = await submit(hass, form, {"resource_id": location.id, **FORM})
    assert (form["step_id"], form["errors"]) == ("user", {"base": "zero_trust_edit_missing"})
    assert location.shown() == before


async def test_unknown_settings_are_named(
    hass: HomeAssistant, simulator: Simulator, location: Location, entry: RaindropConfigEntry
) -> None:
    """A location that would lose them cannot be added."""
    location.more = {"filters_ads": True}
    form = await start(hass, entry)
    form = await submit(hass, form, {"resource_id": location.id, **FORM})
    assert form["errors"] == {"base": "settings_unknown"}
    assert placeholders(form)["settings"] == "filters_ads"


async def test_a_failure_after_the_choice_is_an_error_of_that_step(
    hass: HomeAssistant, simulator: Simulator, location: Location, entry: RaindropConfigEntry
) -> None:
    """The choice stays."""
    simulator.ip.set_address(NEXT)
    form = await start(hass, entry)
    form = await submit(hass, form, {"resource_id": location.id, **FORM})
    simulator.faults.add("cloudflare", READ, kind="error", times=1)
    form = await submit(hass, form, {"network": "none"})
    assert (form["step_id"], form["errors"]) == ("network", {"base": "cloudflare_unavailable"})
    preview = await submit(hass, form, {"network": "none"})
    assert preview["step_id"] == "preview"


async def test_settings_of_a_location_are_changed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, location: Location
) -> None:
    """What is known of its network stays known."""
    entry = await set_up(hass, zone, [dns_location(location)])
    await settle(hass)
    form = await change(hass, entry)
    assert form["step_id"] == "reconfigure"
    preview = await submit(hass, form, {**FORM, "removal": {"delete_items": True}})
    assert placeholders(preview)["added"] == "—"
    result = await submit(hass, preview, {})
    assert result["reason"] == "reconfigure_successful"
    simulator.ip.set_address(NEXT)
    form = await change(hass, entry)
    preview = await submit(hass, form, FORM)
    shown = placeholders(preview)
    assert (shown["added"], shown["deleted"]) == (f"`{NEXT}`", f"`{HOME}`")


async def test_a_location_is_set_up_once(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    entry: RaindropConfigEntry,
) -> None:
    """Of two forms that were opened together, the second one ends, and its choice is dropped."""
    simulator.ip.set_address(NEXT)
    previews = []
    for chosen in (f"{HOME}/32", OFFICE):
        form = await start(hass, entry)
        form = await submit(hass, form, {"resource_id": location.id, **FORM})
        previews.append(await submit(hass, form, {"network": chosen}))
    first, second = [await submit(hass, preview, {}) for preview in previews]
    assert first["type"] is FlowResultType.CREATE_ENTRY
    assert second["reason"] == "already_configured"
    simulator.ip.set_address(LATER)
    await clock.cycles()
    assert networks(simulator, location) == [FRIENDS, LATER, OFFICE]
