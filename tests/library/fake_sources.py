"""Fake entities, local interface and clock for a detector."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession

from custom_components.raindrop.ddns.detection.detector import Detector, SourceState
from custom_components.raindrop.ddns.detection.providers import Provider
from custom_components.raindrop.ddns.models import Address
from custom_components.raindrop.ddns.sources import Family, Source


class FakeSources:
    """What entities and the local interface report, and the time."""

    def __init__(self) -> None:
        """Start at noon, with entities and an interface that report nothing."""
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.values: dict[str, str | Address | None] = {}
        """What each entity reports; the local interface has the empty name."""
        self.since: datetime | None = None
        """Since when they have reported it, None if not known."""

    def advance(self, span_s: float) -> None:
        """Advance the clock, or set it back by a negative number of seconds."""
        self.now += timedelta(seconds=span_s)

    def clock(self) -> datetime:
        """Return the time."""
        return self.now

    async def read_source(self, source: Source) -> SourceState:
        """Return what an entity or the local interface reports."""
        return SourceState(
            provider=source.entity or "host",
            value=self.values.get(source.entity),
            since=self.since,
        )


def new_detector(
    sessions: Mapping[Family, ClientSession],
    providers: Sequence[Provider],
    sources: FakeSources | None = None,
) -> Detector:
    """Return a detector that has accepted no address yet."""
    sources = sources or FakeSources()
    return Detector(sessions.__getitem__, providers, sources.read_source, sources.clock)
