"""Prepare the bare Home Assistant core of the test plugin for real integrations."""

from homeassistant import loader
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame, translation
from homeassistant.setup import async_setup_component


async def prepare_core(hass: HomeAssistant) -> None:
    """Set up the helpers and components that every Home Assistant has."""
    hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
    frame.async_setup(hass)
    translation.async_setup(hass)
    for component in ("homeassistant", "network"):
        await async_setup_component(hass, component, {})
