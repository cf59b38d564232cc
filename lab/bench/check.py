"""The budgets that are ratios of times: `scripts/benchmark --check`."""

from collections.abc import Iterator
from dataclasses import dataclass

from .contestants import FLOOR, RAINDROP
from .race import Case, Race, Samples, Scenario
from .reaction import reactions
from .stand import running_lab

MANY, SLOW_MS = 200, 50
RUNS = 9
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
        growth = Race(stand, [RAINDROP])
        await growth.run([100, 1000], [0], 3)
        events = [r for r in await reactions(stand, [MANY], EVENTS) if r.path == "event"]
    floor_s = _best(race.samples, Scenario.CHANGED, MANY, 0, FLOOR, "wall_s")
    return [
        *_budgets(race.samples, growth.samples),
        Budget(
            promise=f"an entity's change of {MANY} records is at Cloudflare: time to the floor's",
            limit=3,
            found=min(events[0].times_s) / floor_s,
        ),
    ]


def _budgets(samples: Samples, growth: Samples) -> Iterator[Budget]:
    """Yield the ratios; of several tries the best counts, for a busy machine only adds."""
    yield Budget(
        promise=f"a change of {MANY} records, Cloudflare {SLOW_MS} ms away: time to the floor's",
        limit=1.15,
        found=_ratio(samples, Scenario.CHANGED, SLOW_MS, "wall_s"),
    )
    yield Budget(
        promise=f"an unchanged cycle of {MANY} records: CPU time to the floor's",
        limit=2,
        found=_ratio(samples, Scenario.UNCHANGED, 0, "cpu_s"),
    )
    yield Budget(
        promise=f"a change of {MANY} records: longest stall of the event loop to the floor's",
        limit=10,
        found=_ratio(samples, Scenario.CHANGED, SLOW_MS, "stall_s"),
    )
    for scenario in (Scenario.COLD, Scenario.UNCHANGED, Scenario.CHANGED):
        few, many = (_best(growth, scenario, n, 0, RAINDROP, "cpu_s") for n in (100, 1000))
        yield Budget(
            promise=f"{scenario}: CPU time for 1,000 records to that for 100",
            limit=13,
            found=many / few,
        )


def _ratio(samples: Samples, scenario: Scenario, delay_ms: int, figure: str) -> float:
    """Return Raindrop's best to the floor's best."""
    mine, floor = (
        _best(samples, scenario, MANY, delay_ms, name, figure) for name in (RAINDROP, FLOOR)
    )
    return mine / floor


def _best(
    samples: Samples, scenario: Scenario, count: int, delay_ms: int, name: str, figure: str
) -> float:
    """Return the best of several tries."""
    case = Case(scenario=scenario, count=count, delay_ms=delay_ms)
    best: float = min(getattr(sample, figure) for sample in samples[case, name])
    return best
