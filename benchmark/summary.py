"""The medians of the samples, and their ratios to the floor."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from .contestants import FLOOR
from .scenario_runner import Case, Sample, Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cost of one contestant's updates in one case."""

    runs: int
    requests: float
    look_ups: float
    bytes_up: float
    bytes_down: float
    wall_s: float
    right_s: float | None
    """Until the last write was answered; None without a write."""
    cpu_s: float
    stall_s: float | None
    wrong: int
    lost: int


type Rows = Mapping[tuple[Case, str], Row]


def rows(samples: Samples) -> Rows:
    """Return the medians of all figures, but the maximum of wrong and damaged records."""
    return {key: _row(found) for key, found in samples.items()}


def ratio(rows: Rows, case: Case, name: str, figure: str) -> float | None:
    """Return the ratio of a figure to the floor's, None where the floor's is 0."""
    value, floor = (getattr(rows[case, contestant], figure) for contestant in (name, FLOOR))
    return value / floor if floor else None


def _row(samples: list[Sample]) -> Row:
    writes = [sample.right_s for sample in samples if sample.right_s is not None]
    stalls = [sample.stall_s for sample in samples if sample.stall_s is not None]
    return Row(
        runs=len(samples),
        requests=median(sample.requests for sample in samples),
        look_ups=median(sample.look_ups for sample in samples),
        bytes_up=median(sample.bytes_up for sample in samples),
        bytes_down=median(sample.bytes_down for sample in samples),
        wall_s=median(sample.wall_s for sample in samples),
        right_s=median(writes) if writes else None,
        cpu_s=median(sample.cpu_s for sample in samples),
        stall_s=median(stalls) if stalls else None,
        wrong=max(sample.wrong for sample in samples),
        lost=max(sample.lost for sample in samples),
    )
