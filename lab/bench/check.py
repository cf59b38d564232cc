"""The budgets that are ratios of times: `scripts/benchmark --check`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from .contestants import FLOOR, RAINDROP
from .race import Case, Race, Samples, Scenario
from .reaction import reactions
from .stand import running_lab

MANY, SLOW_MS = 200, 50
RUNS = 9
QUIET_TEAMS, QUIET_RUNS = 3, 20
"""Half a millisecond is not measured well by a few runs, nor by one process of each."""
EVENTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A promise, and how it was kept."""

    promise: str
    limit: float
    found: float

    def is_kept(self, slack: float = 1.0) -> bool:
        """Return whether it was kept, or missed by no more than this factor."""
        return self.found <= self.limit * slack


async def check() -> list[Budget]:
    """Return all budgets."""
    async with running_lab() as stand:
        race = Race(stand, [FLOOR, RAINDROP])
        await race.run([MANY], [0, SLOW_MS], RUNS)
        quiet = Race(stand, [FLOOR, RAINDROP])
        for _ in range(QUIET_TEAMS):
            await quiet.run([MANY], [0], QUIET_RUNS, [Scenario.UNCHANGED])
        growth = Race(stand, [RAINDROP])
        await growth.run([100, 1000], [0], 3)
        events = [r for r in await reactions(stand, [MANY], EVENTS) if r.path == "event"]
    changed = Case(scenario=Scenario.CHANGED, count=MANY, delay_ms=0)
    floor_s = min(_tries(race.samples, changed, FLOOR, "wall_s"))
    return [
        *_budgets(race.samples, quiet.samples, growth.samples),
        Budget(
            promise=f"an entity's change of {MANY} records is at Cloudflare: time to the floor's",
            limit=3,
            found=min(events[0].times_s) / floor_s,
        ),
    ]


def _budgets(samples: Samples, quiet: Samples, growth: Samples) -> Iterator[Budget]:
    """Yield the ratios; of several tries the best counts, for a busy machine only adds.

    Of what is too short for that, the median.
    """
    yield Budget(
        promise=f"a change of {MANY} records, Cloudflare {SLOW_MS} ms away: time to the floor's",
        limit=1.15,
        found=_ratio(samples, Scenario.CHANGED, SLOW_MS, "wall_s"),
    )
    yield Budget(
        promise=f"an unchanged cycle of {MANY} records: CPU time to the floor's",
        limit=2,
        found=_ratio(quiet, Scenario.UNCHANGED, 0, "cpu_s", median),
    )
    yield Budget(
        promise=f"a change of {MANY} records: longest stall of the event loop to the floor's",
        limit=10,
        found=_ratio(samples, Scenario.CHANGED, SLOW_MS, "stall_s"),
    )
    for scenario in (Scenario.COLD, Scenario.UNCHANGED, Scenario.CHANGED):
        few, many = (
            min(_tries(growth, Case(scenario=scenario, count=n, delay_ms=0), RAINDROP, "cpu_s"))
            for n in (100, 1000)
        )
        yield Budget(
            promise=f"{scenario}: CPU time for 1,000 records to that for 100",
            limit=13,
            found=many / few,
        )


def _ratio(
    samples: Samples,
    scenario: Scenario,
    delay_ms: int,
    figure: str,
    choose: Callable[[Iterable[float]], float] = min,
) -> float:
    """Return Raindrop's best to the floor's best, or what else is chosen of several tries."""
    case = Case(scenario=scenario, count=MANY, delay_ms=delay_ms)
    mine, floor = (choose(_tries(samples, case, name, figure)) for name in (RAINDROP, FLOOR))
    return mine / floor


def _tries(samples: Samples, case: Case, name: str, figure: str) -> list[float]:
    """Return what a figure was, each time."""
    return [getattr(sample, figure) for sample in samples[case, name]]
