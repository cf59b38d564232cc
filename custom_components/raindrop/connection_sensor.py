"""Sensors of the connection that a record of a domain uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription

from .config import Domain
from .coordinator import RaindropCoordinator
from .ddns import FailoverState, Family, ManagedRecord, RecordKey
from .entity import DomainEntity

ATTR_SINCE = "since"


@dataclass(frozen=True, kw_only=True)
class ConnectionSensorDescription(SensorEntityDescription):
    """A sensor of the connection of a record."""

    family: Family


CONNECTION_SENSORS = (
    ConnectionSensorDescription(key="connection_ipv4", family=Family.IPV4),
    ConnectionSensorDescription(key="connection_ipv6", family=Family.IPV6),
)


def connection_sensors(coordinator: RaindropCoordinator, domain: Domain) -> Iterator[DomainEntity]:
    """Yield a sensor for each family whose record uses the first of several connections."""
    for description in CONNECTION_SENSORS:
        if _managed_record(domain, description.family):
            yield ConnectionSensor(coordinator, domain, description)


def unused_connection_sensors(domain: Domain) -> list[str]:
    """Return the keys of the sensors that a domain does not have."""
    return [d.key for d in CONNECTION_SENSORS if _managed_record(domain, d.family) is None]


def _managed_record(domain: Domain, family: Family) -> ManagedRecord | None:
    """Return the record of a family, None if it does not use one of several connections."""
    records = (m for m in domain.managed_records if m.record_key.family is family)
    return next((managed for managed in records if managed.connections), None)


class ConnectionSensor(DomainEntity, SensorEntity):
    """The name of the connection in use, and since when it is."""

    entity_description: ConnectionSensorDescription

    @property
    @override
    def native_value(self) -> str | None:
        """Return the name; None until an update chose a connection."""
        managed, failover = self._managed, self._failover
        connection = managed.connection(failover.in_use) if managed and failover else None
        return connection.name if connection else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return since when it is in use."""
        return {ATTR_SINCE: self._failover.since.isoformat() if self._failover else None}

    @property
    def _managed(self) -> ManagedRecord | None:
        return _managed_record(self.domain, self.entity_description.family)

    @property
    def _failover(self) -> FailoverState | None:
        key = RecordKey(self.domain.name, self.entity_description.family)
        return self.coordinator.data.record(key).failover
