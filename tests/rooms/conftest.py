"""What the tests in a real Home Assistant core share."""

from collections.abc import AsyncIterator
import json
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from lab.cloudflare import Zone
from tests.secrets import TOKEN, found_in

PUBLIC_IPV4 = "sensor.example_com_public_ipv4_address"
LAST_UPDATE = "sensor.example_com_last_update"
UPDATE_NOW = "button.example_com_update_now"


@pytest.fixture(autouse=True)
async def raindrop_is_found(
    enable_custom_integrations: None, hass: HomeAssistant
) -> AsyncIterator[None]:
    """Home Assistant loads integrations from this repository; their diagnostics tell no secret."""
    yield
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        diagnostics = await async_get_config_entry_diagnostics(hass, entry)
        assert not found_in(json.dumps(diagnostics))


async def submit_user_form(hass: HomeAssistant, **fields: str) -> ConfigFlowResult:
    """Fill in the first form and return what comes next."""
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await submit(hass, form, **fields)


async def submit(hass: HomeAssistant, form: ConfigFlowResult, **fields: str) -> ConfigFlowResult:
    """Fill in a form and return what comes next."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done()
    return result


def typed(form: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form shows in its fields."""
    schema = form["data_schema"]
    assert schema is not None
    return {
        str(key): key.description["suggested_value"]
        for key in schema.schema
        if key.description and "suggested_value" in key.description
    }


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return what an entity shows."""
    shown = hass.states.get(entity_id)
    assert shown is not None
    return shown.state


def entry_state(entry: RaindropConfigEntry) -> ConfigEntryState:
    """Return how an entry fares."""
    return entry.state


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone) -> RaindropConfigEntry:
    """Set up the zone as a user does."""
    result = await submit_user_form(hass, zone=zone.name, key=TOKEN, domain="home")
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    created: RaindropConfigEntry = result["result"]
    assert created.state is ConfigEntryState.LOADED
    return created
