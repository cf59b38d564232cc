"""Trials of what the world sees: a zone that has a problem, and resolvers that answer wrongly."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from .constants import DAY_S, FULL_SYNC_S
from .expectations import Expectations
from .scenario import InvariantViolationError
from .world import World

_WRONG_FULL_SYNCS = 4


class ZoneTrials:
    """Runs one trial by its name."""

    def __init__(self, world: World, expectations: Expectations) -> None:
        """Use the parts of an environment."""
        self._world = world
        self._expectations = expectations
        self.trials: Mapping[str, Callable[[], Awaitable[None]]] = {
            "zone_problem": self._zone_problem,
            "wrong_resolvers": self._wrong_resolvers,
        }

    async def _zone_problem(self) -> None:
        """A zone that moves away is reported within a day, and so is that it came back.

        A reload lets a zone be read that a limited token was not allowed to read.
        """
        world = self._world
        for zone in world.models:
            await world.user.reload(zone)
        await world.clock.settle()
        for zone in world.models:
            await world.faults.set_zone_state(zone, {"status": "moved"})
        await self._pass(DAY_S + FULL_SYNC_S, 1)
        for zone, model in world.models.items():
            for name, _ in model.managed_records():
                self._expectations.check_problem_shown(zone, name)
        self._expectations.check_dns()
        for zone in world.models:
            await world.faults.set_zone_state(zone, {})
        await self._pass(DAY_S + FULL_SYNC_S, 1)
        self._expectations.check_no_problems()

    async def _wrong_resolvers(self) -> None:
        """What resolvers answer is reported and never causes a write."""
        world = self._world
        # What was written before must be visible by now.
        await self._pass(FULL_SYNC_S, 4)
        before = len(world.simulator.log.entries)
        await world.faults.add_fault("doh", "*", "wrong_answer", None, {})
        await self._pass(FULL_SYNC_S, _WRONG_FULL_SYNCS)
        requests = world.simulator.log.entries[before:]
        methods = {entry.method for entry in requests if entry.service == "cloudflare"}
        if not methods <= {"GET"}:
            raise InvariantViolationError(f"wrong answers of resolvers caused {methods}")
        asked = {
            parse_qs(urlsplit(entry.target).query)["name"][0]
            for entry in requests
            if entry.service == "doh" and "type=NS" not in entry.target
        }
        for zone, model in world.models.items():
            for name in model.domains.keys() & asked:
                self._expectations.check_problem_shown(zone, name)
        await world.faults.clear_faults()
        await self._expectations.pass_until_seen()

    async def _pass(self, seconds: int, times: int) -> None:
        await self._world.clock.pass_seconds(seconds, times)
