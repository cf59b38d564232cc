"""What the tests in a real Home Assistant core share."""

from collections.abc import AsyncIterator
from datetime import timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResult, FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.raindrop.const import DOMAIN, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from lab import Lab
from lab.cloudflare import Zone
from tests.secrets import TOKEN, found_in

PUBLIC_IPV4 = "sensor.example_com_public_ipv4_address"
LAST_CHECK = "sensor.example_com_last_check"
SOURCE_IPV4 = "sensor.example_com_ipv4_source"
READING_IPV4 = "sensor.example_com_last_ipv4_reading"
LAST_UPDATE = "sensor.example_com_last_update"
UPDATE_NOW = "button.example_com_update_now"


LIST = "GET /zones/{zone_id}/dns_records"
BATCH = "POST /zones/{zone_id}/dns_records/batch"


class Clock:
    """Lets time pass for Home Assistant and for Raindrop alike."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Start from a frozen now."""
        self._hass = hass
        self._freezer = freezer

    async def cycles(self, count: int = 1) -> None:
        """Let a number of polls happen."""
        for _ in range(count):
            await self.passes(UPDATE_INTERVAL)

    def jumps(self, span: timedelta) -> None:
        """Let time pass, and nothing happen yet."""
        self._freezer.tick(span)

    async def passes(self, span: timedelta) -> None:
        """Let time pass, and what is due happen."""
        self._freezer.tick(span + timedelta(seconds=1))
        async_fire_time_changed(self._hass)
        await self._hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Clock:
    """Freeze the time."""
    return Clock(hass, freezer)


def endpoints(lab: Lab) -> list[str]:
    """Return what Cloudflare was asked."""
    return [entry.endpoint for entry in lab.log.select(service="cloudflare")]


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


def typed(form: FlowResult[Any, Any]) -> dict[str, Any]:
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
