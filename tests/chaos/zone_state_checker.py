"""Check that a problem of a zone is shown once Raindrop has read it, and ends by itself."""

from collections.abc import Iterator

from .constants import ZONE
from .expectations import Expectations
from .world import World


class ZoneStateChecker:
    """Follows what Raindrop read last of each zone itself."""

    def __init__(self, world: World, expectations: Expectations) -> None:
        """Start without having read anything."""
        self._world = world
        self._expectations = expectations
        self._at_begin: dict[str, bool] = {}
        self._has_problem: dict[str, bool | None] = {}
        """Whether a zone had a problem when it was read last; None if that is not certain."""

    def begin_step(self) -> None:
        """Note the state of all zones."""
        self._at_begin = {zone: self._is_problem(zone) for zone in self._world.models}

    def end_step(self) -> list[str]:
        """Return what is not shown, or shown without a reason."""
        for zone in self._world.models:
            self._note_reading(zone)
        return [text for zone in self._world.models for text in self._violations(zone)]

    def _note_reading(self, zone: str) -> None:
        """Note what the responses of this step said."""
        zone_id = self._world.checkers[zone].zone.id
        readings = [
            entry
            for entry in self._world.simulator.log.select(service="cloudflare", endpoint=ZONE)
            if zone_id in entry.target
        ]
        if readings:
            is_certain = all(entry.status == 200 and not entry.fault for entry in readings)
            has_problem = self._is_problem(zone)
            is_certain = is_certain and has_problem == self._at_begin.get(zone)
            self._has_problem[zone] = has_problem if is_certain else None

    def _violations(self, zone: str) -> Iterator[str]:
        has_problem = self._has_problem.get(zone)
        if has_problem is None or not self._expectations.is_loaded(zone):
            return
        is_shown = self._expectations.is_zone_problem_shown(zone)
        names = {name for name, _ in self._world.models[zone].managed_records()}
        if names and is_shown != has_problem:
            yield f"{zone}: a problem of the zone is {has_problem}, but shown is {is_shown}"
        if has_problem:
            for name in names:
                if not self._expectations.is_sensor_on(zone, name):
                    yield f"{zone} has a problem, but the sensor of {name} is off"

    def _is_problem(self, zone: str) -> bool:
        shown = self._world.checkers[zone].zone
        return shown.status != "active" or shown.paused
