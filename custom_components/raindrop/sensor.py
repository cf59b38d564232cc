"""Sensors: the public addresses, what the records hold, and when DNS was last written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .audience import Subject, Topic
from .const import DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns.model import Address, Family, Slot
from .ddns.reading import Reading
from .domains import Domain
from .entity import DomainEntity, RaindropEntity, ZoneEntity, async_add_domains

PARALLEL_UPDATES = 0

type Value = str | datetime | None


@dataclass(frozen=True, kw_only=True)
class ZoneSensorDescription(SensorEntityDescription):
    """A sensor of a zone: what it shows of the last round."""

    value_fn: Callable[[RaindropCoordinator], Value]
    is_available_fn: Callable[[RaindropCoordinator], bool] = lambda _: True
    is_clock: bool = False
    """Whether it shows when the last round was."""


@dataclass(frozen=True, kw_only=True)
class DomainSensorDescription(SensorEntityDescription):
    """A sensor of a domain: what it shows of the last round."""

    value_fn: Callable[[RaindropCoordinator, Domain], Value]


def _public_address(family: Family) -> ZoneSensorDescription:
    """Return the sensor that shows the public address of a family.

    It is unavailable while the address could not be found out, and unknown
    for a family that the home does not have.
    """
    key = f"public_{family.label.lower()}"
    return ZoneSensorDescription(
        key=key,
        translation_key=key,
        value_fn=lambda c: str(_shown(c, family) or "") or None,
        is_available_fn=lambda c: (
            _shown(c, family) is not None
            or (family is Family.IPV6 and _reading(c, family).is_absent)
        ),
    )


def _reading(coordinator: RaindropCoordinator, family: Family) -> Reading:
    """Return the reading of the home's address."""
    return coordinator.data.readings[coordinator.sources[family]]


def _shown(coordinator: RaindropCoordinator, family: Family) -> Address | None:
    """Return the address of the home; while one has to stand still, the one before it."""
    reading = _reading(coordinator, family)
    return coordinator.data.public.get(family) if reading.held else reading.address


def _source(family: Family) -> ZoneSensorDescription:
    """Return the sensor that shows who told the public address of a family."""
    key = f"source_{family.label.lower()}"
    return ZoneSensorDescription(
        key=key,
        translation_key=key,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda c: _reading(c, family).operator,
    )


def _read_at(family: Family) -> ZoneSensorDescription:
    """Return the sensor that shows when the public address of a family was last told."""
    key = f"reading_{family.label.lower()}"
    return ZoneSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda c: _reading(c, family).ended_at,
        is_clock=True,
    )


def _record(family: Family) -> DomainSensorDescription:
    """Return the sensor that shows what a domain's record of a family holds."""
    key = f"record_{family.label.lower()}"

    def content(coordinator: RaindropCoordinator, domain: Domain) -> str | None:
        record = coordinator.data.records.get(Slot(domain.name, family))
        return record.content if record else None

    return DomainSensorDescription(
        key=key,
        translation_key=key,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=content,
    )


_OF_FAMILIES = {
    family: (_public_address(family), _source(family), _read_at(family)) for family in Family
}
_RECORDS = {family: _record(family) for family in Family}
_ZONE_SENSORS = (
    ZoneSensorDescription(
        key="last_update",
        translation_key="last_update",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda c: c.data.written_at(c.data.records),
    ),
    ZoneSensorDescription(
        key="last_check",
        translation_key="last_check",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda c: c.checked_at,
        is_clock=True,
    ),
)
_DOMAIN_LAST_UPDATE = DomainSensorDescription(
    key="last_update",
    translation_key="last_update",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    value_fn=lambda c, domain: c.data.written_at(domain.slots),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of a zone and of its domains."""
    coordinator = entry.runtime_data
    _async_forget_families(hass, coordinator)
    of_families = chain.from_iterable(_OF_FAMILIES[f] for f in sorted(coordinator.sources))
    async_add_entities(
        ZoneSensor(coordinator, description) for description in (*of_families, *_ZONE_SENSORS)
    )
    await async_add_domains(coordinator, async_add_entities, partial(_domain_sensors, coordinator))


@callback
def _async_forget_families(hass: HomeAssistant, coordinator: RaindropCoordinator) -> None:
    """Remove the sensors of families that are not kept any more."""
    kept = [
        *(
            (str(coordinator.zone_id), kind, set(coordinator.sources))
            for kind in ("public", "source", "reading")
        ),
        *(
            (domain.subentry_id, "record", {slot.family for slot in domain.slots})
            for domain in coordinator.domains
        ),
    ]
    registry = er.async_get(hass)
    for owner, kind, families in kept:
        for family in set(Family) - families:
            unique_id = f"{owner}_{kind}_{family.label.lower()}"
            if entity_id := registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id):
                registry.async_remove(entity_id)


def _domain_sensors(coordinator: RaindropCoordinator, domain: Domain) -> Iterator[RaindropEntity]:
    """Yield the sensors of a domain."""
    for slot in domain.slots:
        yield DomainSensor(coordinator, domain, _RECORDS[slot.family])
    yield DomainSensor(coordinator, domain, _DOMAIN_LAST_UPDATE)


class ZoneSensor(ZoneEntity, SensorEntity):
    """A sensor of a zone."""

    entity_description: ZoneSensorDescription

    def __init__(
        self, coordinator: RaindropCoordinator, description: ZoneSensorDescription
    ) -> None:
        """Be told of rounds that brought nothing only if it shows when they were."""
        super().__init__(coordinator, description)
        if description.is_clock:
            self.coordinator_context = Topic(Subject.CLOCK)

    @property
    @override
    def available(self) -> bool:
        """Return whether the last round could tell the value."""
        return super().available and self.entity_description.is_available_fn(self.coordinator)

    @property
    @override
    def native_value(self) -> Value:
        """Return what the last round told."""
        return self.entity_description.value_fn(self.coordinator)


class DomainSensor(DomainEntity, SensorEntity):
    """A sensor of a domain."""

    entity_description: DomainSensorDescription

    @property
    @override
    def native_value(self) -> Value:
        """Return what the last round told."""
        return self.entity_description.value_fn(self.coordinator, self.domain)
