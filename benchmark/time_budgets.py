"""The performance budgets that are ratios of times: `scripts/benchmark --check`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from .contestants import FLOOR, FLOOR_IN_CORE, RAINDROP
from .quiet_day import measure_quiet_days
from .reaction_times import measure_reactions
from .scenario_runner import Case, Samples, Scenario, ScenarioRunner
from .simulator_process import running_simulator

MANY, SLOW_MS = 200, 50
RUNS = 9
UNCHANGED_PROCESSES, UNCHANGED_RUNS = 3, 20
"""Half a millisecond needs many runs and several processes to be measured reliably."""
REACTIONS = 20
QUIET_DAY_CPU_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A limit and the measured value."""

    description: str
    limit: float
    measured: float

    def is_met(self, slack: float = 1.0) -> bool:
        """Return whether the value is within the limit times the slack."""
        return self.measured <= self.limit * slack


async def measure_budgets() -> list[Budget]:
    """Return all budgets with their measured values."""
    async with running_simulator() as simulator:
        compared = ScenarioRunner(simulator, [FLOOR, RAINDROP])
        await compared.run([MANY], [0, SLOW_MS], RUNS)
        unchanged = ScenarioRunner(simulator, [FLOOR_IN_CORE, RAINDROP])
        for _ in range(UNCHANGED_PROCESSES):
            await unchanged.run([MANY], [0], UNCHANGED_RUNS, [Scenario.UNCHANGED])
        growth = ScenarioRunner(simulator, [RAINDROP])
        await growth.run([100, 1000], [0], 3)
        reactions = await measure_reactions(simulator, [MANY], REACTIONS)
        watched_day, _ = await measure_quiet_days(simulator)
    by_entity = next(reaction for reaction in reactions if reaction.trigger == "entity")
    changed = Case(scenario=Scenario.CHANGED, count=MANY, delay_ms=0)
    floor_s = min(_figures(compared.samples, changed, FLOOR, "wall_s"))
    return [
        *_budgets(compared.samples, unchanged.samples, growth.samples),
        Budget(
            description=f"entity change, {MANY} records: time to the batch, to the floor's update",
            limit=3,
            measured=min(by_entity.times_s) / floor_s,
        ),
        Budget(
            description=f"a quiet day with the watch: CPU time, to {QUIET_DAY_CPU_S} s",
            limit=1,
            measured=watched_day.cpu_s / QUIET_DAY_CPU_S,
        ),
    ]


def _budgets(compared: Samples, unchanged: Samples, growth: Samples) -> Iterator[Budget]:
    """Yield the ratios of the best runs, since other load only adds time.

    The unchanged update is too short for that: its ratio is that of the medians. It is
    compared with a floor in a process like its own, which alone adds half to such a short one.
    """
    yield Budget(
        description=f"change of {MANY} records, {SLOW_MS} ms delay: time to the floor's",
        limit=1.15,
        measured=_ratio(compared, Scenario.CHANGED, SLOW_MS, "wall_s"),
    )
    yield Budget(
        description=f"unchanged update of {MANY} records: CPU time to the floor's beside a core",
        limit=2,
        measured=_ratio(unchanged, Scenario.UNCHANGED, 0, "cpu_s", median, FLOOR_IN_CORE),
    )
    yield Budget(
        description=f"change of {MANY} records: longest stall of the event loop to the floor's",
        limit=10,
        measured=_ratio(compared, Scenario.CHANGED, SLOW_MS, "stall_s"),
    )
    for scenario in (Scenario.COLD, Scenario.UNCHANGED, Scenario.CHANGED):
        few, many = (
            min(_figures(growth, Case(scenario=scenario, count=n, delay_ms=0), RAINDROP, "cpu_s"))
            for n in (100, 1000)
        )
        yield Budget(
            description=f"{scenario}: CPU time for 1,000 records to that for 100",
            limit=13,
            measured=many / few,
        )


def _ratio(
    samples: Samples,
    scenario: Scenario,
    delay_ms: int,
    figure: str,
    choose: Callable[[Iterable[float]], float] = min,
    floor: str = FLOOR,
) -> float:
    """Return the ratio of Raindrop's figure to a floor's, each chosen from several runs."""
    case = Case(scenario=scenario, count=MANY, delay_ms=delay_ms)
    raindrop, least = (choose(_figures(samples, case, name, figure)) for name in (RAINDROP, floor))
    return raindrop / least


def _figures(samples: Samples, case: Case, name: str, figure: str) -> list[float]:
    """Return one figure of all runs."""
    return [getattr(sample, figure) for sample in samples[case, name]]
