"""Binary sensors: whether a record of a domain, or a resource, is not in sync."""

from dataclasses import replace
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_REASON
from .coordinator import RaindropConfigEntry
from .entity import DomainEntity, async_add_domain_entities
from .resources.entity import ResourceEntity, async_add_resource_entities
from .resources.kinds import KINDS

PARALLEL_UPDATES = 0

PROBLEM = BinarySensorEntityDescription(
    key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)
RESOURCE_PROBLEMS = {
    kind: replace(PROBLEM, key=described.problem_key) for kind, described in KINDS.items()
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensor of each domain."""
    coordinator = entry.runtime_data
    await async_add_domain_entities(
        coordinator, async_add_entities, lambda d: [DomainProblem(coordinator, d, PROBLEM)]
    )
    await async_add_resource_entities(
        coordinator,
        async_add_entities,
        lambda m: [ResourceProblem(coordinator, m, RESOURCE_PROBLEMS[m.kind])],
    )


class DomainProblem(DomainEntity, BinarySensorEntity):
    """On while a record of the domain is not in sync."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether a record is not in sync, though it is neither paused nor unneeded."""
        reason = self.reason
        return reason is not None and reason.is_problem if self.is_known else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the reason, so that automations can distinguish problems."""
        return {ATTR_REASON: self.reason}


class ResourceProblem(ResourceEntity, BinarySensorEntity):
    """On while a resource is not in line."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the resource is not in line."""
        return self.reason is not None if self.is_known else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the reason, so that automations can distinguish problems."""
        return {ATTR_REASON: self.reason}
