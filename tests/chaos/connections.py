"""A home with several internet connections that go down and up, flap, lie and fall silent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant

from simulator import Simulator

from .connection_checker import ConnectionChecker

MINUTE = timedelta(minutes=1)
DOWN_AFTER, BACK_AFTER = 2 * MINUTE, 10 * MINUTE
POLL = 5 * MINUTE
FOREIGN = "185.159.157.1"
"""An address that belongs to none of the connections."""
UNUSABLE = ("100.64.0.1", "10.0.0.1", "online", "unknown")
PROVIDERS = ("cloudflare", "ipify", "ident.me", "amazon", "home-assistant")
BROKEN = ("html", "reset", "status", "garbled", "truncated", "lost_response", "error")


@dataclass(kw_only=True)
class Line:
    """One internet connection."""

    id: str
    network: str
    """The first three numbers of its addresses."""
    sensor: str = ""
    """Its binary sensor, if it has one."""
    entity: str = ""
    """The entity that reports its address; empty for the one that this host uses."""
    number: int = 1
    """The last number of its address: none returns, where flap damping would hold it."""
    is_up: bool = True

    @property
    def address(self) -> str:
        """Its present address."""
        return f"{self.network}.{self.number}"

    @property
    def name(self) -> str:
        """Its name, as the user gave it."""
        return self.id.upper()

    def stored(self) -> dict[str, Any]:
        """Return it as a stored connection."""
        own = {"source": "entity", "entity": self.entity, "meaning": "other_connection"}
        sensor = {"up_sensor": self.sensor} if self.sensor else {}
        return {
            "id": self.id,
            "name": self.name,
            "ipv4": own if self.entity else {"source": "zone"},
            **sensor,
        }


def lines() -> tuple[Line, ...]:
    """Return a fibre line that this host uses, and two others with modems of their own."""
    return (
        Line(
            id="fibre",
            network="81.2.69",
            sensor="binary_sensor.fibre",
        ),
        Line(
            id="lte",
            network="89.160.20",
            entity="sensor.lte",
        ),
        Line(
            id="dsl",
            network="175.16.199",
            sensor="binary_sensor.dsl",
            entity="sensor.dsl",
        ),
    )


class Connections:
    """Carries out what happens to the lines of a home, at random."""

    def __init__(
        self, hass: HomeAssistant, simulator: Simulator, random: Random, checker: ConnectionChecker
    ) -> None:
        """Begin while all lines are up."""
        self._hass = hass
        self._simulator = simulator
        self._random = random
        self._checker = checker
        self.lines = lines()[: random.choice((2, 3))]
        self._restore()

    def step(self) -> timedelta:
        """Let something happen at random; return how long it lasts at least."""
        operation = self._random.choices([*self._operations], [*self._operations.values()])[0]
        return operation(self)

    def _down(self) -> timedelta:
        """Take a line down; its binary sensor may be off, late, or wrong."""
        line = self._random.choice(self.lines)
        line.is_up = False
        if line.sensor:
            self._set(line.sensor, self._random.choice((STATE_OFF, STATE_OFF, STATE_ON)))
        return self._report(line)

    def _up(self) -> timedelta:
        """Bring a line up again, perhaps with another address."""
        line = self._random.choice(self.lines)
        if not line.is_up and self._random.random() < 0.4:
            line.number += 1
        line.is_up = True
        if line.sensor:
            self._set(line.sensor, STATE_ON)
        return self._report(line)

    def _flap(self) -> timedelta:
        """Let a line without this host go down or up, seconds after the last time."""
        line = self._random.choice(self.lines[1:])
        line.is_up = not line.is_up
        if line.sensor:
            self._set(line.sensor, STATE_ON if line.is_up else STATE_OFF)
        self._report(line)
        return timedelta(seconds=self._random.choice((11, 30, 90, 150)))

    def _lie(self) -> timedelta:
        """Let a provider report a foreign address, or a modem one that may not be written."""
        if self._random.random() < 0.5:
            # One at a time: two that agree are believed.
            self._report(self.lines[0])
            self._simulator.ip.set_address(FOREIGN, provider=self._random.choice(PROVIDERS))
            return POLL + MINUTE
        line = self._random.choice(self.lines[1:])
        self._set(line.entity, self._random.choice(UNUSABLE))
        self._checker.reports(line.name, None)
        return MINUTE

    def _silence(self) -> timedelta:
        """Let an entity become unavailable; that says nothing of the line."""
        line = self._random.choice(self.lines)
        if line.sensor and (not line.entity or self._random.random() < 0.5):
            self._set(line.sensor, STATE_UNAVAILABLE)
            self._checker.is_off(line.name, off=False)
        else:
            self._set(line.entity, STATE_UNAVAILABLE)
            self._checker.reports(line.name, None)
        return MINUTE

    def _break_cloudflare(self) -> timedelta:
        """Let Cloudflare fail for some requests."""
        times = self._random.choice((1, 2, 5))
        self._simulator.faults.add("cloudflare", kind=self._random.choice(BROKEN), times=times)
        return timedelta()

    def _wait(self) -> timedelta:
        """Let nothing happen, for minutes or hours."""
        return MINUTE * self._random.choice((1, 3, 9, 12, 25, 90))

    _operations: Mapping[Callable[[Connections], timedelta], int] = {
        _down: 6,
        _up: 6,
        _flap: 5,
        _lie: 3,
        _silence: 3,
        _break_cloudflare: 2,
        _wait: 6,
    }

    def end(self) -> str:
        """End all faults while a random choice of lines is up; return the address to expect."""
        self._simulator.faults.clear()
        up = self._random.choice([*range(1, 2 ** len(self.lines))])
        for number, line in enumerate(self.lines):
            line.is_up = bool(up & 1 << number)
        self._restore()
        return next(line.address for line in self.lines if line.is_up)

    def _restore(self) -> None:
        """Let everything report the truth."""
        for line in self.lines:
            if line.sensor:
                self._set(line.sensor, STATE_ON if line.is_up else STATE_OFF)
            self._report(line)

    def _report(self, line: Line) -> timedelta:
        """Report the address of a line, or none; return until when nothing else may happen.

        Providers see the first line that is up, as a router lets this host use it. A poll
        has to notice what they report before they report something else.
        """
        if line.entity:
            state = line.address if line.is_up else STATE_UNAVAILABLE
            self._set(line.entity, state)
            self._checker.reports(line.name, line.address if line.is_up else None)
        first = self.lines[0]
        way_out = next((other.address for other in self.lines if other.is_up), None)
        self._simulator.ip.set_address(way_out)
        self._checker.reports(first.name, first.address if first.is_up else None)
        return timedelta(seconds=11) if line.entity and first.is_up else POLL + MINUTE

    def _set(self, entity: str, state: str) -> None:
        """Set the state of an entity; a binary sensor that is off says that its line is down."""
        self._hass.states.async_set(entity, state)
        for line in self.lines:
            if line.sensor == entity:
                self._checker.is_off(line.name, off=state == STATE_OFF)

    @property
    def networks(self) -> set[str]:
        """Where the addresses are that may be written."""
        return {line.network for line in self.lines}
