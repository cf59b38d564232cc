"""Button: update now."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import RaindropConfigEntry
from .entity import ZoneEntity

PARALLEL_UPDATES = 1

_UPDATE_NOW = ButtonEntityDescription(key="update_now")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the button of a zone."""
    async_add_entities([UpdateNowButton(entry.runtime_data, _UPDATE_NOW)])


class UpdateNowButton(ZoneEntity, ButtonEntity):
    """Detects the address, reads the zone, and corrects records that differ."""

    @property
    @override
    def available(self) -> bool:
        """Always available: pressing is how to try again."""
        return True

    @override
    async def async_press(self) -> None:
        """Run an update. Raises HomeAssistantError with the reason if it fails."""
        await self.coordinator.async_update_now()
