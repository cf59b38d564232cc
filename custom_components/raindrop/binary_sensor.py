"""Binary sensor: whether the DNS of a domain is not what it should be."""

from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .audience import Subject
from .coordinator import RaindropConfigEntry
from .ddns.model import Trouble
from .entity import DomainEntity, async_add_domains

PARALLEL_UPDATES = 0
ATTR_REASON = "reason"

PROBLEM = BinarySensorEntityDescription(
    key="problem",
    translation_key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensor of each domain."""
    coordinator = entry.runtime_data
    await async_add_domains(
        coordinator,
        async_add_entities,
        lambda domain: [DomainProblem(coordinator, domain, PROBLEM)],
    )


class DomainProblem(DomainEntity, BinarySensorEntity):
    """On while a record of the domain does not hold what it should."""

    _subject = Subject.TROUBLES

    @property
    def _trouble(self) -> Trouble | None:
        """The first trouble of the domain."""
        troubles = self.coordinator.data.troubles
        return next((troubles[slot] for slot in self.domain.slots if slot in troubles), None)

    @property
    @override
    def is_on(self) -> bool:
        """Return whether there is any trouble."""
        return self._trouble is not None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the reason, so that an automation can tell troubles apart."""
        return {ATTR_REASON: self._trouble}
