"""Base class of the entities of an IP list, and how they are added."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import RaindropCoordinator
from .ddns import ListState, Reason
from .list_config import ManagedList
from .publisher import SIGNAL_DOMAIN, list_place
from .zone_links import lists_url


class ListEntity(Entity):
    """An entity of the device of a list; updated when something is known of the list."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, coordinator: RaindropCoordinator, managed: ManagedList, description: EntityDescription
    ) -> None:
        self.coordinator = coordinator
        self.managed = managed
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = f"list:{managed.id}:{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, f"list:{managed.id}")},
            name=managed.title,
            configuration_url=lists_url(managed.config.account_id),
            manufacturer="Cloudflare",
            model="IP list",
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=coordinator.zone_device_id,
        )

    @property
    @override
    def available(self) -> bool:
        """Return whether there was an update, and the last one succeeded."""
        return self.coordinator.is_available

    @override
    async def async_added_to_hass(self) -> None:
        """Update the state when what is known of the list changes."""
        await super().async_added_to_hass()
        entry_id = self.coordinator.config_entry.entry_id
        signal = SIGNAL_DOMAIN.format(entry_id, list_place(self.managed.id))
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self.async_write_ha_state))

    @property
    def state_of_list(self) -> ListState:
        """What is known of the list."""
        return self.coordinator.ip_lists.state(self.managed.id)

    @property
    def is_known(self) -> bool:
        """Whether the list was read, or it is known why not."""
        return self.state_of_list.was_read or self.reason is not None

    @property
    def reason(self) -> Reason | None:
        """Why the list is not in line."""
        return self.state_of_list.reason

    async def async_update(self) -> None:
        """Run an update, as the action `homeassistant.update_entity` expects."""
        await self.coordinator.async_request_refresh()


async def async_add_list_entities(
    coordinator: RaindropCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: Callable[[ManagedList], Iterable[ListEntity]],
) -> None:
    """Add the entities of the lists on one platform, also of those that are added later."""
    shown: set[str] = set()

    async def show(lists: Iterable[ManagedList]) -> None:
        # A list may have been removed meanwhile.
        there = coordinator.config_entry.subentries.keys()
        new = [managed for managed in lists if managed.subentry_id in there - shown]
        shown.clear()
        shown.update(there)
        for managed in new:
            async_add_entities(entities_of(managed), config_subentry_id=managed.subentry_id)

    coordinator.ip_lists.listeners.append(show)
    await show(coordinator.ip_lists.lists)
