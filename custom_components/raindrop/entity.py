"""Base classes of the entities of a zone, of a domain, and of a list."""

from asyncio import sleep
from collections.abc import Callable, Container, Iterable
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .config import Domain, zone_name
from .const import DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .dashboard_links import dns_url
from .ddns import Reason
from .publisher import SIGNAL_DOMAIN
from .subentries import async_change_domain

_BATCH = 10
"""For how many domains entities are added before yielding to the event loop."""


@callback
def async_related_entities(
    hass: HomeAssistant, targets: Iterable[str], keys: Container[str]
) -> set[str]:
    """Return the entities with these translation keys that some of Raindrop's represent.

    Any entity of a domain or a list represents those of it and its zone, any entity of a
    zone also those of all its domains and lists.
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
        if entity.translation_key in keys
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
        "configuration_url": dns_url(entry.runtime_data.data.zone),
        "manufacturer": "Cloudflare",
        "model": "DNS zone",
        "entry_type": DeviceEntryType.SERVICE,
    }


def _domain_device(coordinator: RaindropCoordinator, domain: Domain) -> dict[str, Any]:
    return {
        "identifiers": {(DOMAIN, f"domain:{domain.name}")},
        "name": domain.title,
        "configuration_url": dns_url(coordinator.data.zone),
        "manufacturer": "Cloudflare",
        "model": "Domain",
        "entry_type": DeviceEntryType.SERVICE,
        "via_device_id": coordinator.zone_device_id,
    }


def zone_unique_id(coordinator: RaindropCoordinator, key: str) -> str:
    """Return the unique id of an entity of a zone."""
    return f"zone:{zone_name(coordinator.config_entry)}:{key}"


def domain_unique_id(domain: Domain, key: str) -> str:
    """Return the unique id of an entity of a domain.

    It comes from the host name, so a domain that is removed and added again keeps its
    history.
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


class PublishedEntity(Entity):
    """An entity that is updated with its place, a host name or a list, not with the zone."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, coordinator: RaindropCoordinator, place: str, description: EntityDescription
    ) -> None:
        self.coordinator = coordinator
        self.entity_description = description
        self._place = place
        self._attr_translation_key = description.key

    @property
    @override
    def available(self) -> bool:
        """Return whether there was an update, and the last one succeeded."""
        return self.coordinator.is_available

    @override
    async def async_added_to_hass(self) -> None:
        """Update the state when what is known of the place changes."""
        await super().async_added_to_hass()
        entry_id = self.coordinator.config_entry.entry_id
        signal = SIGNAL_DOMAIN.format(entry_id, self._place)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self.async_write_ha_state))

    async def async_update(self) -> None:
        """Run an update, as the action `homeassistant.update_entity` expects."""
        await self.coordinator.async_request_refresh()


class DomainEntity(PublishedEntity):
    """An entity of the device of a domain."""

    def __init__(
        self, coordinator: RaindropCoordinator, domain: Domain, description: EntityDescription
    ) -> None:
        super().__init__(coordinator, domain.name, description)
        self.domain = domain
        self._attr_unique_id = domain_unique_id(domain, description.key)
        self._attr_device_info = DeviceInfo(**_domain_device(coordinator, domain))

    @callback
    def async_follow(self, domain: Domain) -> None:
        """Show a domain that was changed."""
        self.domain = domain

    @property
    def is_known(self) -> bool:
        """Whether an update checked a record of the domain, if it has any."""
        keys, records = self.domain.record_keys, self.coordinator.data.records
        return not keys or any(record_key in records for record_key in keys)

    @property
    def reason(self) -> Reason | None:
        """The reason of the first record that is not in sync; a problem comes first."""
        records = (self.coordinator.data.record(key) for key in self.domain.record_keys)
        reasons = [record.reason for record in records if record.reason]
        return next((reason for reason in reasons if reason.is_problem), next(iter(reasons), None))


class DomainControl(DomainEntity):
    """An entity that lets the user change the stored settings of a domain."""

    @property
    @override
    def available(self) -> bool:
        """Always available: it shows a setting."""
        return True

    @callback
    def async_change(self, **changes: object) -> None:
        """Change the stored settings of the domain; this requests an update that applies them."""
        entry = self.coordinator.config_entry
        subentry = entry.subentries[self.domain.subentry_id]
        async_change_domain(self.hass, entry, subentry, **changes)


class _DomainEntities:
    """The entities of domains on one platform, added and removed while the zone is loaded."""

    def __init__(
        self,
        coordinator: RaindropCoordinator,
        async_add_entities: AddConfigEntryEntitiesCallback,
        entities_of: Callable[[Domain], Iterable[DomainEntity]],
    ) -> None:
        self._coordinator = coordinator
        self._async_add_entities = async_add_entities
        self._entities_of = entities_of
        self._shown: dict[str, dict[str | None, DomainEntity]] = {}
        """The entities by subentry id and unique id."""

    async def async_show(self, domains: Iterable[Domain]) -> None:
        """Show domains that are new or changed."""
        subentries = self._coordinator.config_entry.subentries
        self._shown = {key: shown for key, shown in self._shown.items() if key in subentries}
        for number, domain in enumerate(domains, start=1):
            # It may have been removed meanwhile.
            if domain.subentry_id in self._coordinator.config_entry.subentries:
                self._async_show(domain)
            if number % _BATCH == 0:
                await sleep(0)

    @callback
    def _async_show(self, domain: Domain) -> None:
        """Add the entities that a domain lacks; the others stay, and show what changed."""
        before = self._shown.get(domain.subentry_id, {})
        new = {entity.unique_id: entity for entity in self._entities_of(domain)}
        kept = {unique_id: before[unique_id] for unique_id in new.keys() & before.keys()}
        self._shown[domain.subentry_id] = {**new, **kept}
        for entity in kept.values():
            entity.async_follow(domain)
        self._async_add_entities(
            [entity for unique_id, entity in new.items() if unique_id not in kept],
            config_subentry_id=domain.subentry_id,
        )
        if before:
            self._async_changed(domain)

    @callback
    def _async_changed(self, domain: Domain) -> None:
        coordinator, entry_id = self._coordinator, self._coordinator.config_entry.entry_id
        dr.async_get(coordinator.hass).async_get_or_create(
            config_entry_id=entry_id,
            config_subentry_id=domain.subentry_id,
            **_domain_device(coordinator, domain),
        )
        async_dispatcher_send(coordinator.hass, SIGNAL_DOMAIN.format(entry_id, domain.name))


async def async_add_domain_entities(
    coordinator: RaindropCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: Callable[[Domain], Iterable[DomainEntity]],
) -> None:
    """Add the entities of the domains on one platform, also of those that are added later."""
    entities = _DomainEntities(coordinator, async_add_entities, entities_of)
    coordinator.domain_listeners.append(entities.async_show)
    await entities.async_show(coordinator.domains)
