"""Binary sensors: whether a record of a domain, or an IP list, is not in sync."""

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
from .ddns import Reason
from .entity import DomainEntity, async_add_domain_entities
from .list_entity import ListEntity, async_add_list_entities

PARALLEL_UPDATES = 0

PROBLEM = BinarySensorEntityDescription(
    key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)


LIST_PROBLEM = BinarySensorEntityDescription(
    key="list_problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)


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
    await async_add_list_entities(
        coordinator, async_add_entities, lambda m: [ListProblem(coordinator, m, LIST_PROBLEM)]
    )


class DomainProblem(DomainEntity, BinarySensorEntity):
    """On while a record of the domain is not in sync."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether a record is not in sync, though the user did not pause it."""
        return self.reason not in {None, Reason.PAUSED} if self.is_known else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the reason, so that automations can distinguish problems."""
        return {ATTR_REASON: self.reason}


class ListProblem(ListEntity, BinarySensorEntity):
    """On while an IP list is not in line."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the list is not in line."""
        return self.reason is not None if self.is_known else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the reason, so that automations can distinguish problems."""
        return {ATTR_REASON: self.reason}
