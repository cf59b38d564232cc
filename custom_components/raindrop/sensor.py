"""Sensors: public addresses, the content of records, what resolvers answer, and times."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .address_history import async_get_history
from .config import Domain
from .connection_sensor import connection_sensors, unused_connection_sensors
from .const import DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns import Address, Detection, Family, Reason, ResourceState, network_text
from .entity import (
    DomainEntity,
    ZoneEntity,
    async_add_domain_entities,
    domain_unique_id,
    zone_unique_id,
)
from .record_sensors import async_remove_unused_sensors, record_sensors
from .resources.entity import ResourceEntity, async_add_resource_entities
from .resources.kinds import KINDS, ONLY_OF_RESOURCES
from .resources.resource_config import ManagedResource

PARALLEL_UPDATES = 0

IN_SYNC = "in_sync"
"""The status of a domain whose records are all in sync."""

type Value = str | int | datetime | None


@dataclass(frozen=True, kw_only=True)
class ZoneSensorDescription(SensorEntityDescription):
    """A sensor of a zone."""

    value_fn: Callable[[RaindropCoordinator], Value]
    is_available_fn: Callable[[RaindropCoordinator], bool] = lambda _: True


@dataclass(frozen=True, kw_only=True)
class DomainSensorDescription(SensorEntityDescription):
    """A sensor of a domain."""

    value_fn: Callable[[RaindropCoordinator, Domain], Value]


@dataclass(frozen=True, kw_only=True)
class ResourceSensorDescription(SensorEntityDescription):
    """A sensor of a resource."""

    value_fn: Callable[[ResourceState], Value]


def _detection(coordinator: RaindropCoordinator, family: Family) -> Detection:
    """Return the detection of the home's address."""
    return coordinator.data.detections[coordinator.config.home_source[family]]


def _shown_address(coordinator: RaindropCoordinator, family: Family) -> Address | None:
    """Return the address of the home; during a hold-down, the one before."""
    detection = _detection(coordinator, family)
    accepted = coordinator.data.public_addresses.get(family)
    return accepted if detection.candidate else detection.address


def _family_sensors(
    family: Family, public: str, since: str, changes: str, source: str
) -> tuple[ZoneSensorDescription, ...]:
    """Return the sensors of the home's address of a family.

    The address is unavailable while it is not known, and unknown for a family
    that the home does not have.
    """
    return (
        ZoneSensorDescription(
            key=public,
            value_fn=lambda c: str(_shown_address(c, family) or "") or None,
            is_available_fn=lambda c: (
                _shown_address(c, family) is not None or _detection(c, family).is_unsupported_family
            ),
        ),
        ZoneSensorDescription(
            key=since,
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=lambda c: async_get_history(c.hass).since(_shown_address(c, family)),
        ),
        ZoneSensorDescription(
            key=changes,
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=lambda c: async_get_history(c.hass).counts[family],
        ),
        ZoneSensorDescription(
            key=source,
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=lambda c: _detection(c, family).provider,
        ),
    )


_FAMILY_SENSORS = {
    Family.IPV4: _family_sensors(
        Family.IPV4,
        public="public_ipv4",
        since="since_ipv4",
        changes="changes_ipv4",
        source="source_ipv4",
    ),
    Family.IPV6: _family_sensors(
        Family.IPV6,
        public="public_ipv6",
        since="since_ipv6",
        changes="changes_ipv6",
        source="source_ipv6",
    ),
}
_ZONE_SENSORS = (
    ZoneSensorDescription(
        key="last_update",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda c: c.data.written_at(c.data.records),
    ),
)
_STATUS = SensorEntityDescription(
    key="status",
    device_class=SensorDeviceClass.ENUM,
    entity_category=EntityCategory.DIAGNOSTIC,
    options=[IN_SYNC, *(reason for reason in Reason if reason not in ONLY_OF_RESOURCES)],
)
_DOMAIN_LAST_UPDATE = DomainSensorDescription(
    key="last_update",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    value_fn=lambda c, domain: c.data.written_at(domain.record_keys),
)


def _held_addresses(state: ResourceState) -> str | None:
    """Return what a resource holds for the home; "none" is known."""
    if not state.was_read:
        return None
    networks = (network for _, network in sorted(state.networks.items()))
    return ", ".join(map(network_text, networks)) or "none"


_RESOURCE_ADDRESSES = {
    kind: ResourceSensorDescription(key=described.addresses_key, value_fn=_held_addresses)
    for kind, described in KINDS.items()
}
_RESOURCE_LAST_UPDATE = ResourceSensorDescription(
    key="last_update",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    value_fn=lambda state: state.written_at,
)
_RESOURCE_STATUS = {
    kind: replace(_STATUS, key=described.status_key, options=[IN_SYNC, *described.reasons])
    for kind, described in KINDS.items()
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of a zone and of its domains."""
    coordinator = entry.runtime_data
    shown: set[Family] = set()

    async def show_families(domains: Iterable[Domain]) -> None:
        """Show the families that the zone uses, and remove those that are no longer used."""
        _async_remove_unused(hass, coordinator, domains)
        async_remove_unused_sensors(hass, coordinator, domains)
        used = coordinator.config.home_source.keys()
        of_families = chain.from_iterable(_FAMILY_SENSORS[f] for f in sorted(used - shown))
        async_add_entities(ZoneSensor(coordinator, description) for description in of_families)
        shown.clear()
        shown.update(used)

    coordinator.domain_listeners.append(show_families)
    await show_families(coordinator.domains)
    async_add_entities(ZoneSensor(coordinator, description) for description in _ZONE_SENSORS)
    sensors_of = partial(_domain_sensors, coordinator)
    await async_add_domain_entities(coordinator, async_add_entities, sensors_of)
    await async_add_resource_entities(
        coordinator, async_add_entities, partial(_resource_sensors, coordinator)
    )


@callback
def _async_remove_unused(
    hass: HomeAssistant, coordinator: RaindropCoordinator, domains: Iterable[Domain]
) -> None:
    """Remove the sensors of families that are no longer used."""
    unused = [
        zone_unique_id(coordinator, description.key)
        for family in Family
        if family not in coordinator.config.home_source
        for description in _FAMILY_SENSORS[family]
    ]
    unused += [
        domain_unique_id(domain, key)
        for domain in domains
        for key in unused_connection_sensors(domain)
    ]
    registry = er.async_get(hass)
    for unique_id in unused:
        if entity_id := registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id):
            registry.async_remove(entity_id)


def _domain_sensors(coordinator: RaindropCoordinator, domain: Domain) -> Iterator[DomainEntity]:
    yield from record_sensors(coordinator, domain)
    yield from connection_sensors(coordinator, domain)
    yield DomainSensor(coordinator, domain, _DOMAIN_LAST_UPDATE)
    yield DomainStatus(coordinator, domain, _STATUS)


def _resource_sensors(
    coordinator: RaindropCoordinator, managed: ManagedResource
) -> Iterator[ResourceEntity]:
    yield ResourceSensor(coordinator, managed, _RESOURCE_ADDRESSES[managed.kind])
    yield ResourceSensor(coordinator, managed, _RESOURCE_LAST_UPDATE)
    yield ResourceStatus(coordinator, managed, _RESOURCE_STATUS[managed.kind])


class ZoneSensor(ZoneEntity, SensorEntity):
    """A sensor of a zone."""

    entity_description: ZoneSensorDescription

    @property
    @override
    def available(self) -> bool:
        """Return whether the value is known."""
        return super().available and self.entity_description.is_available_fn(self.coordinator)

    @property
    @override
    def native_value(self) -> Value:
        """Return the value after the last update."""
        return self.entity_description.value_fn(self.coordinator)


class DomainSensor(DomainEntity, SensorEntity):
    """A sensor of a domain."""

    entity_description: DomainSensorDescription

    @property
    @override
    def native_value(self) -> Value:
        """Return the value after the last update."""
        return self.entity_description.value_fn(self.coordinator, self.domain)


class DomainStatus(DomainEntity, SensorEntity):
    """Whether a domain is in sync or paused, or else why not."""

    @property
    @override
    def native_value(self) -> Value:
        """Return the status after the last update."""
        return (self.reason or IN_SYNC) if self.is_known else None


class ResourceSensor(ResourceEntity, SensorEntity):
    """A sensor of a resource."""

    entity_description: ResourceSensorDescription

    @property
    @override
    def native_value(self) -> Value:
        """Return the value after the last update."""
        return self.entity_description.value_fn(self.resource_state)


class ResourceStatus(ResourceEntity, SensorEntity):
    """Whether a resource is in line, or else why not."""

    @property
    @override
    def native_value(self) -> Value:
        """Return the status after the last update."""
        return (self.reason or IN_SYNC) if self.is_known else None
