"""Base class of the entities of a resource, and how they are added."""

from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..coordinator import RaindropCoordinator
from ..ddns import Reason, ResourceState
from ..entity import PublishedEntity
from ..publisher import resource_place
from .kinds import KINDS
from .resource_config import ManagedResource


class ResourceEntity(PublishedEntity):
    """An entity of the device of a resource."""

    def __init__(
        self,
        coordinator: RaindropCoordinator,
        managed: ManagedResource,
        description: EntityDescription,
    ) -> None:
        place = resource_place(managed.id)
        super().__init__(coordinator, place, description)
        self.managed = managed
        self._attr_unique_id = f"{place}:{description.key}"
        self._attr_device_info = DeviceInfo(**_device(coordinator, managed))

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


def _device(coordinator: RaindropCoordinator, managed: ManagedResource) -> dict[str, Any]:
    kind = KINDS[managed.kind]
    return {
        "identifiers": {(DOMAIN, resource_place(managed.id))},
        "name": managed.title,
        "configuration_url": kind.url(managed.config.account_id),
        "manufacturer": "Cloudflare",
        "model": kind.model,
        "entry_type": DeviceEntryType.SERVICE,
        "via_device_id": coordinator.zone_device_id,
    }


async def async_add_resource_entities(
    coordinator: RaindropCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: Callable[[ManagedResource], Iterable[ResourceEntity]],
) -> None:
    """Add the entities of the resources on one platform, also of those that are added later."""
    shown: dict[str, list[ResourceEntity]] = {}

    async def show(resources: Iterable[ManagedResource]) -> None:
        entry = coordinator.config_entry
        for subentry_id in shown.keys() - entry.subentries.keys():
            del shown[subentry_id]
        # One may have been removed meanwhile.
        for managed in [one for one in resources if one.subentry_id in entry.subentries]:
            subentry_id = managed.subentry_id
            if subentry_id not in shown:
                shown[subentry_id] = [*entities_of(managed)]
                async_add_entities(shown[subentry_id], config_subentry_id=subentry_id)
            elif managed != shown[subentry_id][0].managed:
                for entity in shown[subentry_id]:
                    entity.managed = managed
                dr.async_get(coordinator.hass).async_get_or_create(
                    config_entry_id=entry.entry_id,
                    config_subentry_id=subentry_id,
                    **_device(coordinator, managed),
                )

    coordinator.resources.listeners.append(show)
    await show(coordinator.resources.managed)
