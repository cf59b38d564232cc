"""Event entities for automations. Each event fires once, even across a restart."""

from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import CONF_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .config import Domain
from .const import ATTR_REASON
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns import DdnsEvent, EventType, Family, ResourceKind
from .entity import DomainEntity, ZoneEntity, async_add_domain_entities
from .publisher import SIGNAL_EVENT, resource_place
from .resources.entity import ResourceEntity, async_add_resource_entities
from .resources.kinds import KINDS
from .resources.resource_config import ManagedResource

PARALLEL_UPDATES = 0

ATTR_CONNECTION = "connection"
ATTR_FAMILY = "family"
ATTR_FROM_CONNECTION = "from_connection"
ATTR_FROM_IP = "from_ip"
ATTR_TO_CONNECTION = "to_connection"
ATTR_TO_IP = "to_ip"

_CHANGED = {Family.IPV4: "ipv4_changed", Family.IPV6: "ipv6_changed"}
PUBLIC_IP = EventEntityDescription(
    key="public_ip",
    event_types=[*_CHANGED.values()],
)
SWITCHES = (EventType.FAILED_OVER.value, EventType.FAILED_BACK.value)
_WRITTEN = [t.value for t in EventType if t not in {EventType.PUBLIC_CHANGED, *SWITCHES}]
DNS_RECORD = EventEntityDescription(key="dns_record", event_types=[*_WRITTEN, *SWITCHES])

RESOURCES = {
    kind: EventEntityDescription(key=kind.value, event_types=_WRITTEN) for kind in ResourceKind
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entity of the zone and those of its domains."""
    coordinator = entry.runtime_data
    async_add_entities([PublicIpEvent(coordinator, PUBLIC_IP)])
    await async_add_domain_entities(
        coordinator,
        async_add_entities,
        lambda domain: [DnsRecordEvent(coordinator, domain, DNS_RECORD)],
    )
    await async_add_resource_entities(
        coordinator,
        async_add_entities,
        lambda m: [ResourceEvent(coordinator, m, RESOURCES[m.kind])],
    )


class RaindropEvent(EventEntity):
    """An event entity that gets its events from the dispatcher."""

    coordinator: RaindropCoordinator
    _place = ""
    """The domain or resource whose events it fires; empty for those of the home's address."""

    @property
    @override
    def available(self) -> bool:
        """Always available: returning from unavailable would fire state triggers."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for events, not for updates: the state is the last event."""
        entry_id = self.coordinator.config_entry.entry_id
        signal = SIGNAL_EVENT.format(entry_id, self._place)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._async_handle))

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Do nothing: nothing here depends on the entity id."""

    @callback
    def _async_handle(self, event: DdnsEvent) -> None:
        """Fire an event."""
        self._trigger_event(
            self._type_of(event),
            {
                ATTR_FAMILY: event.family.key,
                ATTR_FROM_IP: str(event.from_ip) if event.from_ip else None,
                ATTR_TO_IP: str(event.to_ip) if event.to_ip else None,
                **self._attributes_of(event),
            },
        )
        self.async_write_ha_state()

    def _type_of(self, event: DdnsEvent) -> str:
        return event.type.value

    def _attributes_of(self, event: DdnsEvent) -> dict[str, Any]:
        return {}


class PublicIpEvent(RaindropEvent, ZoneEntity):
    """Fires when the home's address changed."""

    @override
    def _type_of(self, event: DdnsEvent) -> str:
        return _CHANGED[event.family]


class DnsRecordEvent(RaindropEvent, DomainEntity):
    """Fires when something happened to a record of a domain."""

    def __init__(
        self, coordinator: RaindropCoordinator, domain: Domain, description: EventEntityDescription
    ) -> None:
        """Fire the events of one domain."""
        super().__init__(coordinator, domain, description)
        self._place = domain.name

    @override
    def _attributes_of(self, event: DdnsEvent) -> dict[str, Any]:
        id_, names = event.connection, self.domain.connection_names
        connection = {ATTR_CONNECTION: names.get(id_, id_)} if id_ else {}
        connections = {
            ATTR_FROM_CONNECTION: event.from_connection,
            ATTR_TO_CONNECTION: event.to_connection,
        }
        return {
            CONF_DOMAIN: self.domain.name,
            **connection,
            ATTR_REASON: event.reason,
            **(connections if event.type in SWITCHES else {}),
        }


class ResourceEvent(RaindropEvent, ResourceEntity):
    """Fires when something happened to the home's addresses in a resource."""

    def __init__(
        self,
        coordinator: RaindropCoordinator,
        managed: ManagedResource,
        description: EventEntityDescription,
    ) -> None:
        """Fire the events of one resource."""
        super().__init__(coordinator, managed, description)
        self._place = resource_place(managed.id)

    @override
    def _attributes_of(self, event: DdnsEvent) -> dict[str, Any]:
        return {KINDS[self.managed.kind].attribute: self.managed.title, ATTR_REASON: event.reason}
