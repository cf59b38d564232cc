"""Sensors of the records of a domain: their contents, and what public resolvers answer."""

from collections.abc import Iterable, Iterator
from typing import override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .config import Domain
from .const import DOMAIN
from .coordinator import RaindropCoordinator
from .ddns import Family, RecordKey
from .entity import DomainEntity, domain_unique_id

_MAX_ADDRESSES = 6
"""How many IPv6 addresses fit in a state."""


def record_sensors(coordinator: RaindropCoordinator, domain: Domain) -> Iterator[DomainEntity]:
    """Yield a sensor for each record, and one for the public answers of each family."""
    for record_key in domain.record_keys:
        yield RecordSensor(coordinator, domain, record_key)
    for family in dict.fromkeys(key.family for key in domain.record_keys):
        yield PublicDnsSensor(coordinator, domain, family)


@callback
def async_remove_unused_sensors(
    hass: HomeAssistant, coordinator: RaindropCoordinator, domains: Iterable[Domain]
) -> None:
    """Remove the sensors of records that domains no longer have."""
    of_records: tuple[str, ...] = ()
    used: set[str] = set()
    for domain in domains:
        of_records += (domain_unique_id(domain, "record_"), domain_unique_id(domain, "public_dns_"))
        used |= {domain_unique_id(domain, _record_key(key)) for key in domain.record_keys}
        used |= {domain_unique_id(domain, _public_dns_key(k.family)) for k in domain.record_keys}
    registry = er.async_get(hass)
    entry_id = coordinator.config_entry.entry_id
    for entity in er.async_entries_for_config_entry(registry, entry_id):
        if entity.unique_id.startswith(of_records) and entity.unique_id not in used:
            registry.async_remove(entity.entity_id)


def _record_key(record_key: RecordKey) -> str:
    """Return the entity key of the sensor of a record."""
    key = f"record_{record_key.family.key}"
    return f"{key}_{record_key.connection}" if record_key.connection else key


def _placeholders(domain: Domain, record_key: RecordKey) -> dict[str, str]:
    """Return what the name of the sensor of a record needs."""
    return {"connection": domain.connection_names.get(record_key.connection, "")}


def _public_dns_key(family: Family) -> str:
    return f"public_dns_{family.key}"


class RecordSensor(DomainEntity, SensorEntity):
    """What a record contains."""

    def __init__(
        self, coordinator: RaindropCoordinator, domain: Domain, record_key: RecordKey
    ) -> None:
        """Show one record; that of a connection has its name."""
        key, connection = f"record_{record_key.family.key}", record_key.connection
        key = f"{key}_connection" if connection else key
        super().__init__(coordinator, domain, SensorEntityDescription(key=key))
        self._attr_unique_id = domain_unique_id(domain, _record_key(record_key))
        self._record_key = record_key
        self._attr_translation_placeholders = _placeholders(domain, record_key)

    @callback
    @override
    def async_follow(self, domain: Domain) -> None:
        """Follow the name of the connection, which Home Assistant remembers in two places."""
        super().async_follow(domain)
        self._attr_translation_placeholders = _placeholders(domain, self._record_key)
        self.__dict__.pop("name", None)
        registry = er.async_get(self.coordinator.hass)
        unique_id = domain_unique_id(domain, _record_key(self._record_key))
        if entity_id := registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id):
            registry.async_update_entity(entity_id, original_name=self.name)

    @property
    @override
    def native_value(self) -> str | None:
        """Return the content after the last update."""
        record = self.coordinator.data.record(self._record_key).record
        return record.content if record else None


class PublicDnsSensor(DomainEntity, SensorEntity):
    """What public resolvers answer for a domain; "none" is an answer."""

    def __init__(self, coordinator: RaindropCoordinator, domain: Domain, family: Family) -> None:
        """Show the answers for one family."""
        description = SensorEntityDescription(
            key=_public_dns_key(family),
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        )
        super().__init__(coordinator, domain, description)
        self._family = family

    @property
    @override
    def native_value(self) -> str | None:
        """Return what was last answered for one of the records, which have one name."""
        of_family = (key for key in self.domain.record_keys if key.family is self._family)
        found = (self.coordinator.data.record(key).public_addresses for key in of_family)
        addresses = next((answer for answer in found if answer is not None), None)
        if addresses is None:
            return None
        return ", ".join(map(str, sorted(addresses)[:_MAX_ADDRESSES])) or "none"
