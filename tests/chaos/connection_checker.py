"""Check every switch between connections: never sooner than promised, never to one that is down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback

from simulator import Simulator

from .clock import Clock
from .constants import connection_of, family_of
from .detection_checker import DetectionChecker
from .integration import connection_shown, loaded_zone
from .model import (
    Connection,
    ManagedRecord,
    RecordKey,
    SourceCatalog,
    ZoneModel,
    connection_of_source,
)
from .network import Network
from .reported_addresses import ReportedAddresses
from .scenario import Step

type _Key = tuple[str, RecordKey]
"""The zone and the record key."""

_NEVER = float("-inf")


@dataclass(slots=True)
class _Steady:
    """For how long something has certainly been so, as updates must have noticed."""

    noticed_s: float | None = None
    """For how long since an update noticed it for the first time, None before."""
    last: float = _NEVER
    """When it was so for the last time, by `Clock.max_elapsed`."""

    def end_step(self, now: float, waited_s: float | None, *, is_so: bool) -> None:
        """Note whether it was so all the time in a step, which let updates notice that or not."""
        if not is_so:
            self.noticed_s = None
            return
        self.last = now
        if waited_s:
            self.noticed_s = 0 if self.noticed_s is None else self.noticed_s + waited_s


@dataclass(slots=True)
class _Known:
    """What is certain of a connection of a record."""

    up: _Steady
    down: _Steady
    was_up: bool = False
    """Whether it counted as up when it last was so."""
    was_down: bool = False
    """Whether it counted as down when it last was so."""


class ConnectionChecker:
    """Follows what the connections of each record report, and which one it uses."""

    def __init__(
        self,
        simulator: Simulator,
        clock: Clock,
        network: Network,
        reported: ReportedAddresses,
        detection: DetectionChecker,
        sources: SourceCatalog,
        models: Mapping[str, ZoneModel],
    ) -> None:
        """Start without switches."""
        self.switches = 0
        self._simulator = simulator
        self._clock = clock
        self._network = network
        self._reported = reported
        self._detection = detection
        self._sources = sources
        self._models = models
        self._hass: HomeAssistant
        self._violations: list[str] = []
        self._known: dict[tuple[_Key, str], _Known] = {}
        self._used: dict[_Key, str] = {}
        self._switched_at: dict[_Key, float] = {}
        self._config: dict[_Key, ManagedRecord] = {}
        """The configuration of which all else is known."""

    def core_started(self, hass: HomeAssistant) -> None:
        """Listen to the sensors of a Home Assistant that starts."""
        self._hass = hass
        hass.bus.async_listen("state_changed", self._state_changed)

    def wall_clock_shifted(self) -> None:
        """Begin again: what lasts is measured by the wall clock."""
        self._known.clear()

    def end_step(self, step: Step) -> list[str]:
        """Note what was certain in a step; return the violations."""
        waited_s = self._waited_s(step)
        present = dict(self._records())
        for key in self._config.keys() - present.keys():
            self._forget(key)
        for key, managed in present.items():
            self._follow(key, managed)
            is_loaded = loaded_zone(self._hass, key[0]) is not None
            for connection in managed.connections:
                known = self._known_of(key, connection)
                seen_s = waited_s if is_loaded else None
                if not is_loaded:
                    known.up.noticed_s = known.down.noticed_s = None
                self._note(known, managed, connection, seen_s)
        return self._violations

    def _note(
        self, known: _Known, managed: ManagedRecord, connection: Connection, waited_s: float | None
    ) -> None:
        """Note what was certain of a connection in a step."""
        now, is_steady = self._clock.max_elapsed(), not self._has_changed(connection)
        is_up = is_steady and self._is_up(connection)
        known.up.end_step(now, waited_s, is_so=is_up)
        if is_up:
            # It may have been down before, and must then be up for the longer time.
            lasted_s = known.up.noticed_s or 0
            known.was_up = lasted_s >= managed.back_after_s + self._clock.interval_s
        is_down = is_steady and self._is_down(connection)
        known.down.end_step(now, waited_s, is_so=is_down)
        if is_down:
            lasted_s = -1 if known.down.noticed_s is None else known.down.noticed_s
            needed_s = 0 if self._is_off(connection) else managed.down_after_s
            known.was_down = lasted_s >= needed_s

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        """Check a switch, which a sensor shows."""
        state = event.data["new_state"]
        if state is None or self._hass.is_stopping:
            return
        for zone, model in self._models.items():
            shown = connection_shown(self._hass, zone, state)
            if shown is None:
                continue
            domain, type_, name = shown
            key = zone, (domain, type_)
            managed = model.managed_records().get((domain, type_))
            if managed is None or name not in {c.name for c in managed.connections}:
                return
            self._follow(key, managed)
            before = self._used.get(key)
            self._used[key] = name
            if before and before != name:
                self._violations += self._check_switch(key, managed, before, name)
                self._switched_at[key] = self._clock.max_elapsed()
                self.switches += 1

    def _check_switch(
        self, key: _Key, managed: ManagedRecord, before: str, name: str
    ) -> Iterator[str]:
        """Yield what is wrong about a switch."""
        now, what = self._clock.max_elapsed(), f"{key}: {before} to {name}"
        if now - self._switched_at.get(key, _NEVER) < managed.back_after_s:
            yield f"{what} {now - self._switched_at[key]:.0f} s after the last switch"
        order = [connection.name for connection in managed.connections]
        old, new = (managed.connections[order.index(n)] for n in (before, name))
        of_old, of_new = self._known_of(key, old), self._known_of(key, new)
        is_steady = not self._has_changed(old)
        up_at = now if is_steady and self._is_up(old) else of_old.up.last
        was_off = "off" in self._reported.in_step(old.status)
        is_worse = order.index(name) > order.index(before)
        if is_worse and of_old.was_up and not was_off and now - up_at < managed.down_after_s:
            yield f"{what}, though it was up {now - up_at:.0f} s ago"
        is_steady = not self._has_changed(new)
        down_at = now if is_steady and self._is_down(new) else of_new.down.last
        if of_new.was_down and now - down_at < managed.back_after_s:
            yield f"{what}, which was down {now - down_at:.0f} s ago"

    # What is certain

    def _is_up(self, connection: Connection) -> bool:
        """Return whether every update must find that a connection is up."""
        source = connection.source
        reporters = self._sources.reporters(source)
        texts = self._reported.current(source.family, reporters)
        if self._is_off(connection) or len({*texts}) != 1:
            return False
        uses_default_route = source.meaning == "this_network"
        if uses_default_route and (
            self._detection.said_tunnel(source)
            or any(fault.service == "ip" for fault in self._simulator.faults.active)
            or any(entry.fault for entry in self._simulator.log.select(service="ip"))
        ):
            return False
        (address,) = {*texts}
        is_own = connection_of(address) == connection_of_source(source)
        return is_own and self._detection.accepted(source) == address

    def _is_down(self, connection: Connection) -> bool:
        """Return whether every update must find that a connection is down."""
        source = connection.source
        texts = self._reported.current(source.family, self._sources.reporters(source))
        return self._is_off(connection) or not any(
            _is_address(text, source.family) for text in texts
        )

    def _is_off(self, connection: Connection) -> bool:
        return bool(connection.status) and self._network.entity_states[connection.status] == "off"

    def _has_changed(self, connection: Connection) -> bool:
        """Return whether what a connection reports changed in this step."""
        reporters = self._sources.reporters(connection.source)
        return self._reported.has_changed(connection.source.family, reporters) or (
            self._reported.has_changed(0, {connection.status})
        )

    # What is followed

    def _records(self) -> Iterator[tuple[_Key, ManagedRecord]]:
        """Yield the records for which the first connection that is up is used."""
        for zone, model in self._models.items():
            for record_key, managed in model.managed_records().items():
                if managed.connections and not managed.has_own_records:
                    yield (zone, record_key), managed

    def _follow(self, key: _Key, managed: ManagedRecord) -> None:
        """Follow a record; if its configuration changed, all that was known is forgotten."""
        if self._config.get(key) != managed:
            self._forget(key)
            self._config[key] = managed

    def _forget(self, key: _Key) -> None:
        for of_record in (self._config, self._used, self._switched_at):
            of_record.pop(key, None)
        self._known = {known: value for known, value in self._known.items() if known[0] != key}

    def _known_of(self, key: _Key, connection: Connection) -> _Known:
        return self._known.setdefault((key, connection.name), _Known(_Steady(), _Steady()))

    def _waited_s(self, step: Step) -> float | None:
        """Return for how long a step let updates run, None if none needs to have run."""
        name, *arguments = step
        waited_s = float(str(arguments[0])) if name == "wait" else 0
        return waited_s if waited_s >= self._clock.interval_s - 1 else None


def _is_address(text: str, family: int) -> bool:
    try:
        return ip_address(text).is_global and family_of(text) == family
    except ValueError:
        return False
