"""A house without Home Assistant: its entities, its own address, and its clock."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession

from custom_components.raindrop.ddns.detect import Detector, Told
from custom_components.raindrop.ddns.model import Family, Source
from custom_components.raindrop.ddns.web import WebSource


class House:
    """What entities and the host say, and what time it is."""

    def __init__(self) -> None:
        """Begin in silence, at noon."""
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.says: dict[str, str | None] = {}
        """What each entity says; the host's own address stands under an empty name."""
        self.asked = 0

    def passes(self, span_s: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=span_s)

    def clock(self) -> datetime:
        """Return what time it is."""
        return self.now

    async def tell(self, source: Source) -> Told:
        """Say what an entity says."""
        self.asked += 1
        return Told(operator=source.entity or "host", text=self.says.get(source.entity))


def new_detector(
    sessions: Mapping[Family, ClientSession],
    pages: Iterable[WebSource],
    house: House | None = None,
) -> Detector:
    """Return a detector that knows no address yet."""
    house = house or House()
    return Detector(sessions.__getitem__, pages, house.tell, house.clock)
