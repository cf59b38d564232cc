"""The medians of all samples, beside those of the floor."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from .contestants import FLOOR
from .race import Case, Sample, Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one contestant's rounds cost in one case."""

    runs: int
    requests: float
    look_ups: float
    bytes_up: float
    bytes_down: float
    wall_s: float
    cpu_s: float
    stall_s: float | None
    wrong: int
    lost: int


type Rows = Mapping[tuple[Case, str], Row]


def rows(samples: Samples) -> Rows:
    """Return the medians; of what must not happen, the worst."""
    return {key: _row(found) for key, found in samples.items()}


def ratio(rows: Rows, case: Case, name: str, figure: str) -> float | None:
    """Return how a figure compares with the floor's, None where the floor has nothing."""
    mine, floor = (getattr(rows[case, who], figure) for who in (name, FLOOR))
    return mine / floor if floor else None


def _row(samples: list[Sample]) -> Row:
    """Return the medians of some samples."""
    stalls = [sample.stall_s for sample in samples if sample.stall_s is not None]
    return Row(
        runs=len(samples),
        requests=median(sample.requests for sample in samples),
        look_ups=median(sample.look_ups for sample in samples),
        bytes_up=median(sample.bytes_up for sample in samples),
        bytes_down=median(sample.bytes_down for sample in samples),
        wall_s=median(sample.wall_s for sample in samples),
        cpu_s=median(sample.cpu_s for sample in samples),
        stall_s=median(stalls) if stalls else None,
        wrong=max(sample.wrong for sample in samples),
        lost=max(sample.lost for sample in samples),
    )
