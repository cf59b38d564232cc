"""Sensors: the public address, and when DNS was last written."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import RaindropConfigEntry
from .ddns.model import Family, Report
from .entity import ZoneEntity

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ZoneSensorDescription(SensorEntityDescription):
    """A sensor of a zone: what it shows of a report."""

    value_fn: Callable[[Report], str | datetime | None]
    is_available_fn: Callable[[Report], bool] = lambda _: True


def _public_address(family: Family, key: str) -> ZoneSensorDescription:
    """Return the sensor that shows the public address of a family."""
    return ZoneSensorDescription(
        key=key,
        translation_key=key,
        value_fn=lambda report: str(report.address(family)),
        is_available_fn=lambda report: report.address(family) is not None,
    )


_PUBLIC_ADDRESSES = {Family.IPV4: _public_address(Family.IPV4, "public_ipv4")}
_LAST_UPDATE = ZoneSensorDescription(
    key="last_update",
    translation_key="last_update",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    value_fn=lambda report: report.written_at,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of a zone."""
    async_add_entities(
        ZoneSensor(entry.runtime_data, description)
        for description in (*_PUBLIC_ADDRESSES.values(), _LAST_UPDATE)
    )


class ZoneSensor(ZoneEntity, SensorEntity):
    """A sensor of a zone."""

    entity_description: ZoneSensorDescription

    @property
    @override
    def available(self) -> bool:
        """Return whether the last round could tell the value."""
        return super().available and self.entity_description.is_available_fn(self.coordinator.data)

    @property
    @override
    def native_value(self) -> str | datetime | None:
        """Return what the last round told."""
        return self.entity_description.value_fn(self.coordinator.data)
