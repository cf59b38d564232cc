"""Select: whether the records of a domain are proxied by Cloudflare."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .config import CONF_PROXIED, PROXIED
from .coordinator import RaindropConfigEntry
from .entity import DomainControl, async_add_domain_entities

PARALLEL_UPDATES = 0

_PROXIED = SelectEntityDescription(
    key="proxied",
    entity_category=EntityCategory.CONFIG,
    options=[*PROXIED],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the select of each domain."""
    coordinator = entry.runtime_data
    await async_add_domain_entities(
        coordinator, async_add_entities, lambda d: [DomainProxied(coordinator, d, _PROXIED)]
    )


class DomainProxied(DomainControl, SelectEntity):
    """The proxied policy of a domain."""

    @property
    @override
    def current_option(self) -> str:
        """Return the policy: keep what each record has, or enforce it."""
        return self.domain.proxied

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the policy; an update follows that applies it."""
        self.async_change(**{CONF_PROXIED: option})
