"""The scenarios, run by all contestants in turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
import sys
from typing import Any

from .stand import Stand
from .team import ContestantError, Worker, team
from .world import addresses

ONCE_S = 5.0
"""Who needed longer for all scenarios is not run again."""
LEFT_OUT_S = 30.0
"""Who would need longer, going by what fewer records took, is not run at all."""


FEW = 10


class Scenario(StrEnum):
    """What happened before the round that is measured."""

    COLD = "cold start"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    DRIFT = "drift"


ORDERS = {
    Scenario.COLD: "start",
    Scenario.UNCHANGED: "round",
    Scenario.CHANGED: "round",
    Scenario.DRIFT: "audit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is compared among the contestants."""

    scenario: Scenario
    count: int
    delay_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one round of one contestant cost."""

    requests: int
    look_ups: int
    bytes_up: int
    bytes_down: int
    wall_s: float
    cpu_s: float
    stall_s: float | None
    """None for a program of its own, which nobody else waits for."""
    wrong: int
    """Records that hold another address than the home's afterwards."""
    lost: int
    """Records that lost an attribute since the beginning."""


type Samples = dict[tuple[Case, str], list[Sample]]


class Race:
    """All rounds of all contestants."""

    def __init__(self, stand: Stand, names: Sequence[str]) -> None:
        """Let these take part."""
        self._stand = stand
        self._names = names
        self._addresses = addresses()
        self._home = ""
        self._took: dict[tuple[str, int], tuple[int, float]] = {}
        self.samples: Samples = {}

    async def run(
        self,
        counts: Sequence[int],
        delays_ms: Sequence[int],
        runs: int,
        scenarios: Sequence[Scenario] = tuple(Scenario),
    ) -> None:
        """Run every scenario so often for each number of records and each delay."""
        for count in counts:
            await self._move()
            async with team(self._stand, [*self._names], count, self._home) as workers:
                for delay_ms in delays_ms:
                    print(f"{count} records, {delay_ms} ms", file=sys.stderr, flush=True)
                    await self._stand.be_slow(delay_ms / 1000)
                    await self._run(workers, count, delay_ms, runs, scenarios)
                await self._stand.be_slow(0)

    async def _run(
        self,
        workers: dict[str, Worker],
        count: int,
        delay_ms: int,
        runs: int,
        scenarios: Sequence[Scenario],
    ) -> None:
        """Run every scenario so often; who is slow takes part less often or not at all."""
        spent = dict.fromkeys(workers, 0.0)
        fit = [name for name in workers if self._foresee(name, count, delay_ms) < LEFT_OUT_S]
        for number in range(runs):
            # Another one begins each time, so that nobody is always the first.
            turn = fit[number % len(fit) :] + fit[: number % len(fit)]
            turn = [name for name in turn if not number or spent[name] / number < ONCE_S]
            for scenario in scenarios:
                if scenario in (Scenario.COLD, Scenario.CHANGED):
                    await self._move()
                case = Case(scenario=scenario, count=count, delay_ms=delay_ms)
                for name in turn:
                    sample = await self._measure(workers[name], case, number)
                    if sample is None:
                        fit = [other for other in fit if other != name]
                        continue
                    spent[name] += sample.wall_s
                    self.samples.setdefault((case, name), []).append(sample)
            for name in turn:
                self._took[name, delay_ms] = count, spent[name] / (number + 1)

    def _foresee(self, name: str, count: int, delay_ms: int) -> float:
        """Return how long a contestant would take for all scenarios, going by fewer records."""
        before, took = self._took.get((name, delay_ms), (count, 0.0))
        # Of a few records, most of the time does not grow with their number.
        return took * count / before if before >= FEW else 0.0

    async def _move(self) -> None:
        """Give the home another address."""
        self._home = next(self._addresses)
        await self._stand.move(self._home)

    async def _measure(self, worker: Worker, case: Case, number: int) -> Sample | None:
        """Return what a scenario costs a contestant, None if it failed."""
        if case.scenario is Scenario.COLD:
            await worker.do("stop")
        if case.scenario is Scenario.DRIFT:
            await worker.world.disturb(number, next(self._addresses))
        try:
            if case.scenario is Scenario.UNCHANGED:
                # Most rounds of a day come after one that found nothing either.
                await worker.do(ORDERS[case.scenario])
            await self._stand.forget()
            cost = await worker.do(ORDERS[case.scenario])
        except ContestantError as err:
            print(f"Left out from {case}: {err}", file=sys.stderr)
            return None
        log = await self._stand.log()
        wrong, lost = await worker.world.check(self._home)
        return _sample(cost, log, wrong, lost)


def _sample(cost: dict[str, Any], log: list[dict[str, Any]], wrong: int, lost: int) -> Sample:
    """Return the figures of one round."""
    services = [entry["service"] for entry in log]
    return Sample(
        requests=services.count("cloudflare"),
        look_ups=services.count("ip"),
        bytes_up=sum(entry["bytes_in"] for entry in log),
        bytes_down=sum(entry["bytes_out"] for entry in log),
        wall_s=cost["wall_s"],
        cpu_s=cost["cpu_s"],
        stall_s=cost["stall_s"] if cost["has_loop"] else None,
        wrong=wrong,
        lost=lost,
    )


def cases(samples: Samples) -> Iterator[Case]:
    """Yield each case once, in order."""
    yield from dict.fromkeys(case for case, _ in samples)
