"""The one detection of the house, and what Home Assistant itself knows of its address."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
import socket

from aiohttp import ClientSession
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import (
    async_track_entity_registry_updated_event,
    async_track_state_change_event,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .ddns import detect, web
from .ddns.detect import Told
from .ddns.model import Address, Family, Source, SourceKind
from .ddns.own_address import stable_address

_DETECTOR: HassKey[detect.Detector] = HassKey(f"{DOMAIN}_detector")
_SOCKETS = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_ADDRESSES = Path("/proc/net/if_inet6")
"""The addresses of this host with their flags; only Linux has it."""
_FAR = ("2000::1", 53)
"""A place in the Internet, to which nothing is sent."""


@callback
def async_get_detector(hass: HomeAssistant) -> detect.Detector:
    """Return the detector that all entries share."""
    if _DETECTOR not in hass.data:
        hass.data[_DETECTOR] = detect.Detector(
            partial(_session, hass), web.WEB_SOURCES, partial(_tell, hass), dt_util.utcnow
        )
    return hass.data[_DETECTOR]


@callback
def async_entity_address(hass: HomeAssistant, source: Source) -> Address | None:
    """Return the address that the entity of a source says, None if it says none to be used."""
    return detect.heed(_entity_says(hass, source), source.family).address


@callback
def async_entity_is_silent(hass: HomeAssistant, source: Source) -> bool:
    """Return whether the entity of a source says nothing at all now."""
    return _entity_says(hass, source).text in (None, STATE_UNAVAILABLE, STATE_UNKNOWN)


@callback
def _entity_says(hass: HomeAssistant, source: Source) -> Told:
    """Return what the entity of a source says of its address."""
    registry = er.async_get(hass)
    entity_id = er.async_resolve_entity_id(registry, source.entity)
    state = hass.states.get(entity_id) if entity_id else None
    if state is None:
        removed = (e.entity_id for e in registry.deleted_entities.values() if e.id == source.entity)
        return Told(operator=entity_id or next(removed, source.entity), text=None)
    return Told(operator=state.name, text=state.state, since=state.last_changed)


class EntityWatch:
    """Tells whenever one of the entities among some sources changes, whatever it is called."""

    def __init__(
        self, hass: HomeAssistant, sources: Iterable[Source], changed: CALLBACK_TYPE
    ) -> None:
        """Begin to watch."""
        self._hass = hass
        self._entities = {s.entity for s in sources if s.kind is SourceKind.ENTITY}
        self._changed = changed
        self._ends: list[CALLBACK_TYPE] = []
        self._begin()

    @callback
    def async_end(self) -> None:
        """Stop watching."""
        while self._ends:
            self._ends.pop()()

    def _begin(self) -> None:
        """Watch the entities by the names they have now."""
        registry = er.async_get(self._hass)
        found = (er.async_resolve_entity_id(registry, entity) for entity in self._entities)
        entity_ids = [entity_id for entity_id in found if entity_id]
        self._ends = [
            async_track_state_change_event(self._hass, entity_ids, self._tell),
            async_track_entity_registry_updated_event(self._hass, entity_ids, self._begin_anew),
        ]

    @callback
    def _tell(self, event: Event[EventStateChangedData]) -> None:
        """Tell of another state; attributes are nobody's address."""
        before, after = event.data["old_state"], event.data["new_state"]
        if (before and before.state) != (after and after.state):
            self._changed()

    @callback
    def _begin_anew(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Follow an entity that got another name."""
        self.async_end()
        self._begin()


@callback
def _session(hass: HomeAssistant, family: Family) -> ClientSession:
    """Return Home Assistant's session that connects by one family only."""
    return async_get_clientsession(hass, family=_SOCKETS[family])


async def _tell(hass: HomeAssistant, source: Source) -> Told:
    """Return what an entity or this host says of its address."""
    if source.kind is SourceKind.ENTITY:
        return _entity_says(hass, source)
    return await hass.async_add_executor_job(_own_address)


def _own_address() -> Told:
    """Return the stable IPv6 address of this host."""
    try:
        table = _ADDRESSES.read_text("ascii")
    except OSError:
        table = ""
    address = stable_address(table, _outward_address())
    return Told(operator=socket.gethostname(), text=str(address) if address else None)


def _outward_address() -> str | None:
    """Return the IPv6 address from which this host speaks to the Internet."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_FAR)
        except OSError:
            return None
        return str(probe.getsockname()[0])
