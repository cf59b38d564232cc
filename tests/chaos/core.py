"""A Home Assistant core of one's own, started and stopped at will."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from homeassistant import loader
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import frame, translation
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_test_home_assistant, mock_storage


@asynccontextmanager
async def core(
    storage: dict[str, Any], state: CoreState = CoreState.running
) -> AsyncIterator[HomeAssistant]:
    """Start a core with what is on disk; whoever asked for it stops it."""
    with mock_storage(storage):
        async with async_test_home_assistant(initial_state=state) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            frame.async_setup(hass)
            translation.async_setup(hass)
            for component in ("homeassistant", "network"):
                await async_setup_component(hass, component, {})
            yield hass
