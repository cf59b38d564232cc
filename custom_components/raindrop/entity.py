"""What all entities of Raindrop have in common."""

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import RaindropCoordinator


class ZoneEntity(CoordinatorEntity[RaindropCoordinator]):
    """An entity of a zone's device."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: RaindropCoordinator, description: EntityDescription) -> None:
        """Name the entity after the zone's identifier, which never changes."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.zone_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, coordinator.zone_id)},
            name=coordinator.config_entry.title,
            manufacturer="Cloudflare",
            model="DNS zone",
            entry_type=DeviceEntryType.SERVICE,
            configuration_url=f"https://dash.cloudflare.com/?to=/:account/{coordinator.config_entry.title}/dns",
        )
