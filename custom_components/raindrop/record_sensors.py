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

_RECORD = {Family.IPV4: "record_ipv4", Family.IPV6: "record_ipv6"}
_RECORD_OF_CONNECTION = {
    Family.IPV4: "record_ipv4_connection",
    Family.IPV6: "record_ipv6_connection",
}
_PUBLIC_DNS = {Family.IPV4: "public_dns_ipv4", Family.IPV6: "public_dns_ipv6"}
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
    by_subentry = {domain.subentry_id: domain for domain in domains}
    registry = er.async_get(hass)
    entry_id = coordinator.config_entry.entry_id
    for entity in er.async_entries_for_config_entry(registry, entry_id):
        domain = by_subentry.get(entity.config_subentry_id or "")
        if domain and _is_unused(entity.unique_id, domain):
            registry.async_remove(entity.entity_id)


def _is_unused(unique_id: str, domain: Domain) -> bool:
    """Return whether an entity is the sensor of a record that its domain no longer has."""
    of_records = domain_unique_id(domain, "record_"), domain_unique_id(domain, "public_dns_")
    keys = domain.record_keys
    return unique_id.startswith(of_records) and unique_id not in {
        *(domain_unique_id(domain, _record_key(key)) for key in keys),
        *(domain_unique_id(domain, _PUBLIC_DNS[key.family]) for key in keys),
    }


def _record_key(record_key: RecordKey) -> str:
    """Return what identifies the sensor of a record in its domain."""
    key = _RECORD[record_key.family]
    return f"{key}_{record_key.connection}" if record_key.connection else key


def _placeholders(domain: Domain, record_key: RecordKey) -> dict[str, str]:
    """Return what the name of the sensor of a record needs."""
    return {"connection": domain.connection_names.get(record_key.connection, "")}


class RecordSensor(DomainEntity, SensorEntity):
    """What a record contains."""

    def __init__(
        self, coordinator: RaindropCoordinator, domain: Domain, record_key: RecordKey
    ) -> None:
        """Show one record; that of a connection has its name."""
        keys = _RECORD_OF_CONNECTION if record_key.connection else _RECORD
        description = SensorEntityDescription(key=keys[record_key.family])
        super().__init__(coordinator, domain, description)
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
            key=_PUBLIC_DNS[family],
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
