"""The scenarios of the benchmark, and the runner that takes all contestants through them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
import sys
from typing import Any

from .simulator_process import SimulatorClient
from .workers import ContestantError, Worker, running_workers
from .zones import addresses

RUN_ONCE_S = 5.0
"""A contestant that needs longer for all scenarios runs them only once."""
LEFT_OUT_S = 30.0
"""A contestant that is expected to need longer is left out."""
FEW = 10
"""Up to this number of records, the time does not grow with the number."""


class Scenario(StrEnum):
    """The situation before the update that is measured."""

    COLD = "cold start"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    DRIFT = "drift"


WRITE_METHODS = ("POST", "PATCH", "PUT")
COMMANDS = {
    Scenario.COLD: "start",
    Scenario.UNCHANGED: "update",
    Scenario.CHANGED: "update",
    Scenario.DRIFT: "full sync",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One situation in which the contestants are compared."""

    scenario: Scenario
    count: int
    delay_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The cost of one update of one contestant."""

    requests: int
    look_ups: int
    bytes_up: int
    bytes_down: int
    wall_s: float
    right_s: float | None
    """Until the last write was answered, from the same start; None without a write."""
    cpu_s: float
    stall_s: float | None
    """None for a separate program, which blocks no shared event loop."""
    wrong: int
    """Records with another address than the public one after the update."""
    lost: int
    """Records that lost an attribute since they were created."""


type Samples = dict[tuple[Case, str], list[Sample]]


class ScenarioRunner:
    """Runs the scenarios and collects the samples."""

    def __init__(self, simulator: SimulatorClient, names: Sequence[str]) -> None:
        """Run these contestants."""
        self._simulator = simulator
        self._names = names
        self._addresses = addresses()
        self._address = ""
        self._durations: dict[tuple[str, int], tuple[int, float]] = {}
        self.samples: Samples = {}

    async def run(
        self,
        counts: Sequence[int],
        delays_ms: Sequence[int],
        runs: int,
        scenarios: Sequence[Scenario] = tuple(Scenario),
    ) -> None:
        """Run every scenario `runs` times for each number of records and each delay."""
        for count in counts:
            await self._change_address()
            async with running_workers(
                self._simulator, [*self._names], count, self._address
            ) as workers:
                for delay_ms in delays_ms:
                    print(f"{count} records, {delay_ms} ms", file=sys.stderr, flush=True)
                    await self._simulator.set_delay(delay_ms / 1000)
                    await self._run(workers, count, delay_ms, runs, scenarios)
                await self._simulator.set_delay(0)

    async def _run(
        self,
        workers: dict[str, Worker],
        count: int,
        delay_ms: int,
        runs: int,
        scenarios: Sequence[Scenario],
    ) -> None:
        """Run every scenario `runs` times; slow contestants run once or are left out."""
        spent = dict.fromkeys(workers, 0.0)
        fit = [name for name in workers if self._expected_s(name, count, delay_ms) < LEFT_OUT_S]
        for number in range(runs):
            # Rotate, so that no contestant is always the first.
            order = fit[number % len(fit) :] + fit[: number % len(fit)]
            order = [name for name in order if not number or spent[name] / number < RUN_ONCE_S]
            for scenario in scenarios:
                if scenario in (Scenario.COLD, Scenario.CHANGED):
                    await self._change_address()
                case = Case(scenario=scenario, count=count, delay_ms=delay_ms)
                for name in order:
                    sample = await self._measure(workers[name], case, number)
                    if sample is None:
                        fit = [other for other in fit if other != name]
                        continue
                    spent[name] += sample.wall_s
                    self.samples.setdefault((case, name), []).append(sample)
            for name in order:
                self._durations[name, delay_ms] = count, spent[name] / (number + 1)

    def _expected_s(self, name: str, count: int, delay_ms: int) -> float:
        """Return the expected time for all scenarios, extrapolated from fewer records."""
        fewer, duration_s = self._durations.get((name, delay_ms), (count, 0.0))
        return duration_s * count / fewer if fewer >= FEW else 0.0

    async def _change_address(self) -> None:
        self._address = next(self._addresses)
        await self._simulator.set_address(self._address)

    async def _measure(self, worker: Worker, case: Case, number: int) -> Sample | None:
        """Return the cost of a scenario, None if the contestant failed."""
        if case.scenario is Scenario.COLD:
            await worker.run("stop")
        if case.scenario is Scenario.DRIFT:
            await worker.zone.change_externally(number, next(self._addresses))
        try:
            if case.scenario is Scenario.UNCHANGED:
                # In practice an unchanged update follows another unchanged update.
                await worker.run(COMMANDS[case.scenario])
            await self._simulator.clear_log()
            cost = await worker.run(COMMANDS[case.scenario])
        except ContestantError as err:
            print(f"Left out from {case}: {err}", file=sys.stderr)
            return None
        log = await self._simulator.log()
        wrong, lost = await worker.zone.check(self._address)
        return _sample(cost, log, wrong, lost)


def _sample(cost: dict[str, Any], log: list[dict[str, Any]], wrong: int, lost: int) -> Sample:
    services = [entry["service"] for entry in log]
    writes = [entry["end"] for entry in log if entry["method"] in WRITE_METHODS and entry["end"]]
    return Sample(
        requests=services.count("cloudflare"),
        look_ups=services.count("ip"),
        bytes_up=sum(entry["bytes_in"] for entry in log),
        bytes_down=sum(entry["bytes_out"] for entry in log),
        wall_s=cost["wall_s"],
        right_s=max(writes) - cost["began"] if writes else None,
        cpu_s=cost["cpu_s"],
        stall_s=cost["stall_s"] if cost["has_loop"] else None,
        wrong=wrong,
        lost=lost,
    )


def cases(samples: Samples) -> Iterator[Case]:
    """Yield each case once, in the order of the samples."""
    yield from dict.fromkeys(case for case, _ in samples)
