"""Watch of the sources: requests an update when one of them may have another address."""

from collections.abc import Callable, Mapping
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

from .address_sources import EntityWatch, async_entity_address, async_is_off
from .ddns import Address, Detection, Detector, Source, SourceKind, ZoneConfig
from .publisher import SIGNAL_ADDRESS_ACCEPTED

_ENTITY_PAUSE_S = 10
"""The minimum time between two updates that entities start, however often they change."""


class SourceWatch:
    """Watches the entities and the other zones from the end of setup."""

    def __init__(
        self,
        hass: HomeAssistant,
        detections: Callable[[], Mapping[Source, Detection]],
        request: CALLBACK_TYPE,
    ) -> None:
        """Call ``request`` when a source may differ from the last ``detections``."""
        self._hass = hass
        self._detections = detections
        self._request = request
        self._ends: list[CALLBACK_TYPE] = []
        self._entities = EntityWatch(hass, self._async_entity_changed)
        self._end_pause: CALLBACK_TYPE | None = None
        self._config: ZoneConfig
        self._off: frozenset[str] = frozenset()
        """The binary sensors of connections that were off."""

    @callback
    def async_start(self, detector: Detector, config: ZoneConfig) -> None:
        """Begin to watch, and catch up on what changed during setup."""
        self._ends.append(
            async_dispatcher_connect(self._hass, SIGNAL_ADDRESS_ACCEPTED, self._async_accepted)
        )
        if self._hass.state is not CoreState.running:
            self._ends.append(async_at_started(self._hass, self._async_home_assistant_started))
        self.async_follow(config)
        self._async_entity_changed()
        for source, detection in self._detections().items():
            if detection.address and (accepted := detector.accepted(source)):
                self._async_accepted(source, accepted)

    @callback
    def async_follow(self, config: ZoneConfig) -> None:
        """Watch the entities of the current sources and connections."""
        self._config = config
        self._entities.async_follow(self._detections(), config.up_sensors)

    @callback
    def async_end(self) -> None:
        """Stop watching."""
        self._entities.async_end()
        if self._end_pause:
            self._end_pause()
        while self._ends:
            self._ends.pop()()

    @callback
    def _async_entity_changed(self) -> None:
        """Request an update if an entity reports an address that it did not report before.

        Of a connection, also if it reports none any more, or if its binary sensor changed. A
        report during the pause after a request is handled at the end of the pause.
        """
        if self._end_pause is not None:
            return
        off = frozenset(s for s in self._config.up_sensors if async_is_off(self._hass, s))
        has_switched, self._off = off != self._off, off
        if has_switched or any(map(self._has_changed, self._detections().items())):
            self._end_pause = async_call_later(self._hass, _ENTITY_PAUSE_S, self._async_pause_ended)
            self._request()

    @callback
    def _async_pause_ended(self, _now: datetime) -> None:
        self._end_pause = None
        self._async_entity_changed()

    def _has_changed(self, item: tuple[Source, Detection]) -> bool:
        """Return whether a source is an entity that reports another address."""
        source, detection = item
        if source.kind is not SourceKind.ENTITY:
            return False
        address, known = async_entity_address(self._hass, source), detection.source_response
        counts = address is not None or source in self._config.connection_sources
        return counts and address != (known.address if known else None)

    @callback
    def _async_accepted(self, source: Source, address: Address) -> None:
        """Request an update if another zone accepted an address that this one does not have."""
        detection = self._detections().get(source)
        if detection and detection.address != address:
            self._request()

    @callback
    def _async_home_assistant_started(self, _hass: HomeAssistant) -> None:
        """Detect again what was not available while Home Assistant was starting."""
        if any(detection.address is None for detection in self._detections().values()):
            self._request()
