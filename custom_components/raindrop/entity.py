"""What all entities of Raindrop have in common."""

from asyncio import sleep
from collections.abc import Callable, Iterable

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .audience import Subject, Topic
from .const import DOMAIN
from .coordinator import RaindropCoordinator
from .domains import Domain

_DOMAINS_AT_ONCE = 10
"""For how many entities are added before whoever else waits has a turn on the loop."""


async def async_add_domains(
    coordinator: RaindropCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: Callable[[Domain], Iterable[Entity]],
) -> None:
    """Add the entities of each domain that the user did not remove meanwhile."""
    kept = coordinator.config_entry.subentries
    for number, domain in enumerate(coordinator.domains, start=1):
        if domain.subentry_id in kept:
            async_add_entities(entities_of(domain), config_subentry_id=domain.subentry_id)
        if number % _DOMAINS_AT_ONCE == 0:
            await sleep(0)


@callback
def async_of_kind(hass: HomeAssistant, entity_ids: Iterable[str], key: str) -> set[str]:
    """Return those of the entities that are Raindrop's and of this kind."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entry := registry.async_get(entity_id))
        and (entry.platform, entry.translation_key) == (DOMAIN, key)
    }


class RaindropEntity(CoordinatorEntity[RaindropCoordinator]):
    """An entity of Raindrop."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: RaindropCoordinator, owner: str, description: EntityDescription
    ) -> None:
        """Name the entity after an identifier that never changes."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{owner}_{description.key}"


class ZoneEntity(RaindropEntity):
    """An entity of a zone's device."""

    def __init__(self, coordinator: RaindropCoordinator, description: EntityDescription) -> None:
        """Belong to the zone."""
        super().__init__(coordinator, coordinator.zone_id, description)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, coordinator.zone_id)},
            name=coordinator.config_entry.title,
            manufacturer="Cloudflare",
            model="DNS zone",
            entry_type=DeviceEntryType.SERVICE,
        )


class DomainEntity(RaindropEntity):
    """An entity of a domain's device."""

    _subject = Subject.RECORDS
    """What of the domain it shows."""

    def __init__(
        self, coordinator: RaindropCoordinator, domain: Domain, description: EntityDescription
    ) -> None:
        """Belong to the domain."""
        super().__init__(coordinator, domain.subentry_id, description)
        self.domain = domain
        self.coordinator_context = Topic(self._subject, domain.name)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, domain.subentry_id)},
            name=domain.title,
            manufacturer="Cloudflare",
            model="DNS name",
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=coordinator.zone_device_id,
        )
