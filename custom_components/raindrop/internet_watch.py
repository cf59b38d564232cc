"""The watch of the internet connection, which all zones share."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from . import ddns
from .const import DOMAIN, UPDATE_INTERVAL, WATCHED_UPDATE_INTERVAL
from .ddns import ConnectionWatch, Detection, Source, SourceKind, State


class ZoneWatch:
    """The part of one zone in the connection watch."""

    def __init__(
        self,
        hass: HomeAssistant,
        sources: Iterable[Source],
        changed: CALLBACK_TYPE,
        went_blind: CALLBACK_TYPE,
    ) -> None:
        """Watch for ``sources`` once `async_begin` is called.

        ``changed`` is called when they should be asked now, and ``went_blind`` when an
        outage begins, during which changes go unnoticed.
        """
        self._hass = hass
        self.sources = frozenset(sources)
        self.changed = changed
        self.went_blind = went_blind

    @callback
    def async_follow(self, sources: Iterable[Source]) -> None:
        """Watch for other sources."""
        self.sources = frozenset(sources)
        if self._shared:
            self._shared.async_zones_changed()

    @callback
    def async_begin(self) -> None:
        """Begin to watch."""
        shared = self._hass.data.setdefault(_SHARED_WATCH, _SharedWatch())
        shared.zones.append(self)
        shared.async_zones_changed()

    @callback
    def async_end(self) -> None:
        """Stop watching if still watching; after the last zone, nothing is left running."""
        if shared := self._shared:
            shared.zones.remove(self)
            shared.async_zones_changed()
            if not shared.zones:
                del self._hass.data[_SHARED_WATCH]

    @callback
    def async_detected(self, detections: Mapping[Source, Detection]) -> None:
        """Pass on the addresses that an update accepted."""
        if shared := self._shared:
            for detection in detections.values():
                shared.watch.detected(detection)

    def poll_interval(self, state: State) -> timedelta:
        """Return how long to wait for the next poll.

        It is longer while a change would be noticed and nothing is left to do.
        """
        has_addresses = all(detection.address for detection in state.detections.values())
        is_quiet = has_addresses and not state.has_unsynced_record and self._is_working
        return WATCHED_UPDATE_INTERVAL if is_quiet else UPDATE_INTERVAL

    @property
    def _is_working(self) -> bool:
        """Whether a change of any source would be noticed; an entity reports it itself."""
        if (shared := self._shared) is None:
            return False
        noticed = {source for source in self.sources if shared.watch.is_working(source)}
        unnoticed = self.sources - noticed
        return bool(noticed) and all(source.kind is SourceKind.ENTITY for source in unnoticed)

    @property
    def _shared(self) -> _SharedWatch | None:
        shared = self._hass.data.get(_SHARED_WATCH)
        return shared if shared and self in shared.zones else None


class _SharedWatch:
    """The watch, and the zones that it serves."""

    def __init__(self) -> None:
        self.zones: list[ZoneWatch] = []
        self.watch = ConnectionWatch(ddns.STUN_SERVERS, self._async_changed, self._async_went_blind)

    @callback
    def async_zones_changed(self) -> None:
        """Watch for the sources of all zones."""
        self.watch.watch(source for zone in self.zones for source in zone.sources)

    @callback
    def _async_changed(self) -> None:
        for zone in self.zones:
            zone.changed()

    @callback
    def _async_went_blind(self) -> None:
        for zone in self.zones:
            zone.went_blind()


_SHARED_WATCH: HassKey[_SharedWatch] = HassKey(f"{DOMAIN}_internet_watch")


@callback
def async_watch(hass: HomeAssistant) -> ConnectionWatch | None:
    """Return the watch for display, None if nothing is watched."""
    shared = hass.data.get(_SHARED_WATCH)
    return shared.watch if shared and shared.watch.status() else None
