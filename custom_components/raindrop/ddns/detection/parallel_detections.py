"""Detections of several sources in parallel."""

from asyncio import gather
from collections.abc import Coroutine, Iterable, Sequence
from datetime import timedelta
from typing import Any

from ..sources import Source
from .detection import Detections
from .detector import Detector


async def detect_all(
    detector: Detector, sources: Iterable[Source], max_age: timedelta, limit_s: float | None
) -> Detections:
    """Return what each source or its first provider reports."""
    detections = await _gather([detector.look(source, max_age, limit_s) for source in sources])
    return {detection.source: detection for detection in detections}


async def confirm_all(
    detector: Detector, detections: Detections, *, second_opinion: bool = False
) -> Detections:
    """Return the detections after asking for a quorum where it is needed."""
    confirmed = await _gather(
        [detector.confirm(d, second_opinion=second_opinion) for d in detections.values()]
    )
    return {detection.source: detection for detection in confirmed}


async def _gather[ResultT](work: Sequence[Coroutine[Any, Any, ResultT]]) -> Sequence[ResultT]:
    """Run coroutines in parallel; a single one, the usual case, without a task."""
    return [await work[0]] if len(work) == 1 else await gather(*work)
