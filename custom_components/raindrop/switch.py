"""Switch: whether the records of a domain are kept up to date."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .config import CONF_PAUSED
from .coordinator import RaindropConfigEntry
from .entity import DomainControl, async_add_domain_entities

PARALLEL_UPDATES = 0

_KEEP_UP_TO_DATE = SwitchEntityDescription(
    key="keep_up_to_date",
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switch of each domain."""
    coordinator = entry.runtime_data
    await async_add_domain_entities(
        coordinator, async_add_entities, lambda d: [DomainSwitch(coordinator, d, _KEEP_UP_TO_DATE)]
    )


class DomainSwitch(DomainControl, SwitchEntity):
    """Off while nothing is written for a domain."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the domain is not paused."""
        return not self.domain.is_paused

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Keep the domain up to date again; an update follows."""
        self.async_change(**{CONF_PAUSED: False})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Write nothing for the domain from now on."""
        self.async_change(**{CONF_PAUSED: True})
