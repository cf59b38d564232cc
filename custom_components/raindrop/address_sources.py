"""Entities and the local interface as sources, and the detector that all zones share."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
import socket

from aiohttp import ClientSession
from homeassistant.const import STATE_OFF, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import (
    async_track_entity_registry_updated_event,
    async_track_state_change_event,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from . import ddns
from .const import DOMAIN
from .ddns import (
    Address,
    DetectionError,
    Detector,
    Family,
    Response,
    Source,
    SourceKind,
    SourceState,
)

_DETECTOR: HassKey[Detector] = HassKey(f"{DOMAIN}_detector")
_SOCKET_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_ADDRESS_TABLE = Path("/proc/net/if_inet6")
"""The addresses of this host with their flags; exists on Linux only."""
_REMOTE = ("2000::1", 53)
"""An address on the internet, to which nothing is sent."""


@callback
def async_get_detector(hass: HomeAssistant) -> Detector:
    """Return the detector that all entries share."""
    if _DETECTOR not in hass.data:
        hass.data[_DETECTOR] = Detector(
            partial(_session, hass), ddns.PROVIDERS, partial(_read_source, hass), dt_util.utcnow
        )
    return hass.data[_DETECTOR]


@callback
def async_release_detector(hass: HomeAssistant) -> None:
    """Discard the detector: the last entry was removed."""
    hass.data.pop(_DETECTOR, None)


@callback
def async_entity_address(hass: HomeAssistant, source: Source) -> Address | None:
    """Return the usable address that the entity of a source reports, None if there is none."""
    return async_entity_response(hass, source).address


@callback
def async_entity_response(hass: HomeAssistant, source: Source) -> Response:
    """Return what the entity of a source reports."""
    state = _entity_state(hass, source)
    if state.value in (None, STATE_UNAVAILABLE, STATE_UNKNOWN):
        return Response(provider=state.provider, error=DetectionError.SILENT)
    return ddns.parse_state(state, source)


@callback
def async_is_off(hass: HomeAssistant, entity: str) -> bool:
    """Return whether a binary sensor is off, neither on nor unknown."""
    return _entity_state(hass, Source(Family.IPV4, entity=entity)).value == STATE_OFF


@callback
def _entity_state(hass: HomeAssistant, source: Source) -> SourceState:
    entity_id = _entity_id(hass, source.entity)
    state = hass.states.get(entity_id) if entity_id else None
    if state is None:
        return SourceState(provider=entity_id or source.entity, value=None)
    return SourceState(provider=state.name, value=state.state, since=state.last_changed)


@callback
def _entity_id(hass: HomeAssistant, entity: str) -> str | None:
    """Return the entity ID of an entity; the last one if it was removed.

    By that it is known if it is created again: its registry id may be another one then.
    """
    registry = er.async_get(hass)
    if entity_id := er.async_resolve_entity_id(registry, entity):
        return entity_id
    deleted = registry.deleted_entities.values()
    return next((e.entity_id for e in deleted if e.id == entity), None)


class EntityWatch:
    """Calls back whenever the state of one of the sources' entities changes."""

    def __init__(self, hass: HomeAssistant, changed: CALLBACK_TYPE) -> None:
        self._hass = hass
        self._entities: set[str] = set()
        self._changed = changed
        self._ends: list[CALLBACK_TYPE] = []

    @callback
    def async_follow(self, sources: Iterable[Source], sensors: Iterable[str] = ()) -> None:
        """Watch the entities of these sources, and these binary sensors."""
        self._entities = {s.entity for s in sources if s.kind is SourceKind.ENTITY} | {*sensors}
        self._watch()

    @callback
    def async_end(self) -> None:
        """Stop watching."""
        while self._ends:
            self._ends.pop()()

    def _watch(self) -> None:
        """Watch the entities by their current entity IDs."""
        self.async_end()
        found = (_entity_id(self._hass, entity) for entity in self._entities)
        entity_ids = [entity_id for entity_id in found if entity_id]
        self._ends = [
            async_track_state_change_event(self._hass, entity_ids, self._state_changed),
            async_track_entity_registry_updated_event(
                self._hass, entity_ids, self._registry_updated
            ),
        ]

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        """Call back for another state; an address is never in an attribute."""
        old, new = event.data["old_state"], event.data["new_state"]
        if (old and old.state) != (new and new.state):
            self._changed()

    @callback
    def _registry_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Follow an entity that was renamed, or created again."""
        self._watch()


@callback
def _session(hass: HomeAssistant, family: Family) -> ClientSession:
    """Return Home Assistant's session that connects by one family only."""
    return async_get_clientsession(hass, family=_SOCKET_FAMILIES[family])


async def _read_source(hass: HomeAssistant, source: Source) -> SourceState:
    if source.kind is SourceKind.ENTITY:
        return _entity_state(hass, source)
    return await hass.async_add_executor_job(_local_state)


def _local_state() -> SourceState:
    """Return the stable IPv6 address of this host."""
    try:
        table = _ADDRESS_TABLE.read_text("ascii")
    except OSError, UnicodeDecodeError:
        table = ""
    address = ddns.stable_address(table, _outgoing_address())
    return SourceState(provider=socket.gethostname(), value=address)


def _outgoing_address() -> str | None:
    """Return the IPv6 source address of outgoing connections."""
    try:
        # A kernel without IPv6 does not even open the socket.
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect(_REMOTE)
            return str(probe.getsockname()[0])
    except OSError:
        return None
