"""Base class of the entities of an IP list, and how they are added."""

from collections.abc import Callable, Iterable

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import RaindropCoordinator
from .ddns import ListState, Reason
from .entity import PublishedEntity
from .list_config import ManagedList
from .publisher import list_place
from .zone_links import lists_url


class ListEntity(PublishedEntity):
    """An entity of the device of a list."""

    def __init__(
        self, coordinator: RaindropCoordinator, managed: ManagedList, description: EntityDescription
    ) -> None:
        place = list_place(managed.id)
        super().__init__(coordinator, place, description)
        self.managed = managed
        self._attr_unique_id = f"{place}:{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, place)},
            name=managed.title,
            configuration_url=lists_url(managed.config.account_id),
            manufacturer="Cloudflare",
            model="IP list",
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=coordinator.zone_device_id,
        )

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
