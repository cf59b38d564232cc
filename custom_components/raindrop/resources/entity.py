"""Base class of the entities of a resource, and how they are added."""

from collections.abc import Callable, Iterable

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..coordinator import RaindropCoordinator
from ..ddns import Reason, ResourceState
from ..entity import PublishedEntity
from ..publisher import resource_place
from .config import ManagedResource
from .kinds import KINDS


class ResourceEntity(PublishedEntity):
    """An entity of the device of a resource."""

    def __init__(
        self,
        coordinator: RaindropCoordinator,
        managed: ManagedResource,
        description: EntityDescription,
    ) -> None:
        place, kind = resource_place(managed.id), KINDS[managed.kind]
        super().__init__(coordinator, place, description)
        self.managed = managed
        self._attr_unique_id = f"{place}:{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, place)},
            name=managed.title,
            configuration_url=kind.url(managed.config.account_id),
            manufacturer="Cloudflare",
            model=kind.model,
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=coordinator.zone_device_id,
        )

    @property
    def resource_state(self) -> ResourceState:
        """What is known of the resource."""
        return self.coordinator.resources.state(self.managed.id)

    @property
    def is_known(self) -> bool:
        """Whether the resource was read, or it is known why not."""
        return self.resource_state.was_read or self.reason is not None

    @property
    def reason(self) -> Reason | None:
        """Why the resource is not in line."""
        return self.resource_state.reason


async def async_add_resource_entities(
    coordinator: RaindropCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: Callable[[ManagedResource], Iterable[ResourceEntity]],
) -> None:
    """Add the entities of the resources on one platform, also of those that are added later."""
    shown: set[str] = set()

    async def show(resources: Iterable[ManagedResource]) -> None:
        # One may have been removed meanwhile.
        there = coordinator.config_entry.subentries.keys()
        new = [managed for managed in resources if managed.subentry_id in there - shown]
        shown.clear()
        shown.update(there)
        for managed in new:
            async_add_entities(entities_of(managed), config_subentry_id=managed.subentry_id)

    coordinator.resources.listeners.append(show)
    await show(coordinator.resources.managed)
