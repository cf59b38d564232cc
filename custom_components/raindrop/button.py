"""The button that runs a round now."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import RaindropConfigEntry
from .entity import ZoneEntity

PARALLEL_UPDATES = 1

_UPDATE_NOW = ButtonEntityDescription(key="update_now", translation_key="update_now")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the button of a zone."""
    async_add_entities([UpdateNowButton(entry.runtime_data, _UPDATE_NOW)])


class UpdateNowButton(ZoneEntity, ButtonEntity):
    """Looks up the address, reads the zone and puts right what differs."""

    @property
    @override
    def available(self) -> bool:
        """Stay available: pressing is how to try again."""
        return True

    @override
    async def async_press(self) -> None:
        """Run a round; its failure is told to the user."""
        await self.coordinator.async_update_now()
