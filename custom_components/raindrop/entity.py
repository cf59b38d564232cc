"""Base classes of the entities of a zone and of a domain."""

from asyncio import sleep
from collections.abc import Callable, Iterable
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .config import Domain, zone_name
from .const import DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .publisher import SIGNAL_DOMAIN

_BATCH = 10
"""For how many domains entities are added before the event loop gets a turn."""


async def async_add_domain_entities(
    coordinator: RaindropCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: Callable[[Domain], Iterable[Entity]],
) -> None:
    """Add the entities of each domain that was not removed meanwhile."""
    subentries = coordinator.config_entry.subentries
    for number, domain in enumerate(coordinator.domains, start=1):
        if domain.subentry_id in subentries:
            async_add_entities(entities_of(domain), config_subentry_id=domain.subentry_id)
        if number % _BATCH == 0:
            await sleep(0)


@callback
def async_related_entities(hass: HomeAssistant, targets: Iterable[str], key: str) -> set[str]:
    """Return the entities with a translation key that Raindrop's entities among some stand for.

    Any entity of a domain stands for those of the domain and its zone, any
    entity of a zone for those of all its domains as well.
    """
    registry = er.async_get(hass)
    found = map(registry.async_get, targets)
    owners = {
        (entity.config_entry_id, entity.config_subentry_id)
        for entity in found
        if entity and entity.platform == DOMAIN and entity.config_entry_id
    }
    return {
        entity.entity_id
        for entry_id in {entry_id for entry_id, _ in owners}
        for entity in er.async_entries_for_config_entry(registry, entry_id)
        if entity.translation_key == key
        and (
            entity.config_subentry_id is None
            or not owners.isdisjoint({(entry_id, None), (entry_id, entity.config_subentry_id)})
        )
    }


def zone_device(entry: RaindropConfigEntry) -> dict[str, Any]:
    """Return the device of a zone, identified by the zone's name.

    The name stays when a zone moves to another account; its id does not.
    """
    return {
        "identifiers": {(DOMAIN, f"zone:{zone_name(entry)}")},
        "name": entry.title,
        "manufacturer": "Cloudflare",
        "model": "DNS zone",
        "entry_type": DeviceEntryType.SERVICE,
    }


def zone_unique_id(coordinator: RaindropCoordinator, key: str) -> str:
    """Return the unique id of an entity of a zone."""
    return f"zone:{zone_name(coordinator.config_entry)}:{key}"


def domain_unique_id(domain: Domain, key: str) -> str:
    """Return the unique id of an entity of a domain.

    From the host name, so that a domain that is removed and added again finds its history.
    """
    return f"domain:{domain.name}:{key}"


class ZoneEntity(CoordinatorEntity[RaindropCoordinator]):
    """An entity of the device of a zone."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: RaindropCoordinator, description: EntityDescription) -> None:
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = zone_unique_id(coordinator, description.key)
        self._attr_device_info = DeviceInfo(**zone_device(coordinator.config_entry))


class DomainEntity(Entity):
    """An entity of the device of a domain; updated when its domain changed, not with the zone."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, coordinator: RaindropCoordinator, domain: Domain, description: EntityDescription
    ) -> None:
        self.coordinator = coordinator
        self.domain = domain
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = domain_unique_id(domain, description.key)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, f"domain:{domain.name}")},
            name=domain.title,
            manufacturer="Cloudflare",
            model="DNS name",
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=coordinator.zone_device_id,
        )

    @property
    @override
    def available(self) -> bool:
        """Return whether there was an update, and the last one succeeded."""
        return self.coordinator.is_available

    @override
    async def async_added_to_hass(self) -> None:
        """Update the state when what is known of the domain changes."""
        await super().async_added_to_hass()
        entry_id = self.coordinator.config_entry.entry_id
        signal = SIGNAL_DOMAIN.format(entry_id, self.domain.name)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self.async_write_ha_state))

    async def async_update(self) -> None:
        """Run an update, as the action `homeassistant.update_entity` expects."""
        await self.coordinator.async_request_refresh()
