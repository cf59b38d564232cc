"""A bare Home Assistant core, made ready for integrations of this repository."""

from homeassistant import loader
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame, translation
from homeassistant.setup import async_setup_component


async def furnish(hass: HomeAssistant) -> None:
    """Set up what every real Home Assistant has before its integrations."""
    hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
    frame.async_setup(hass)
    translation.async_setup(hass)
    for component in ("homeassistant", "network"):
        await async_setup_component(hass, component, {})
