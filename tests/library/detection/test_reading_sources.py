"""What a detector reads: which entity or interface, and whose response the result is."""

from asyncio import get_running_loop
from collections.abc import Mapping
from datetime import timedelta
from typing import override

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.detection.detector import Detector, SourceState, parse_state
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.fake_sources import FakeSources, new_detector

from .helpers import CYCLE, FOREVER_S, LOCAL, ROUTER, accepted, detect


class NotedSources(FakeSources):
    """Sources that note what is read, and may fail."""

    def __init__(self) -> None:
        """Start without failing."""
        super().__init__()
        self.read: list[Source] = []
        self.is_failing = False

    @override
    async def read_source(self, source: Source) -> SourceState:
        """Note what is read."""
        self.read.append(source)
        if self.is_failing:
            raise LookupError
        return await super().read_source(source)


@pytest.fixture
def sources() -> NotedSources:
    """Return sources that report nothing."""
    return NotedSources()


async def test_a_sensor_is_read_as_an_entity(detector: Detector, sources: NotedSources) -> None:
    """Whether a connection is up says its binary sensor."""
    sources.values = {"fibre": "off", "lte": "on"}

    assert await detector.off_sensors(["fibre", "lte", "vpn"]) == {"fibre"}
    read = [(source.kind, source.entity) for source in sources.read]
    assert read == [(SourceKind.ENTITY, entity) for entity in ("fibre", "lte", "vpn")]


async def test_the_address_of_this_host_is_read_from_its_interface(
    detector: Detector, sources: NotedSources
) -> None:
    """If a source is about its network."""
    await detector.look(Source(Family.IPV6, meaning=Meaning.THIS_NETWORK))

    assert sources.read == [LOCAL]


@pytest.mark.parametrize(
    "source, provider",
    [pytest.param(ROUTER, "router", id="entity"), pytest.param(LOCAL, "local", id="interface")],
)
async def test_a_source_that_cannot_be_read_is_named(
    detector: Detector, sources: NotedSources, source: Source, provider: str
) -> None:
    """Its response says that there is none."""
    sources.is_failing = True

    response = (await detector.look(source)).source_response

    assert response is not None
    assert (response.provider, response.error) == (provider, ddns.DetectionError.SILENT)


def test_a_prefix_is_the_response_of_its_entity() -> None:
    """Like an address."""
    router = Source(Family.IPV6, SourceKind.ENTITY, entity="router")
    state = SourceState(provider="router", value="2001:218:1:2::/64")

    assert parse_state(state, router).provider == "router"


async def test_a_detection_that_is_used_again_has_a_new_time_limit(
    detector: Detector, simulator: Simulator
) -> None:
    """To `confirm` it may take as long as one that was just made."""
    here = Source(Family.IPV4)
    first = await detect(detector, here)
    began = get_running_loop().time()

    again = await detector.look(here, CYCLE, FOREVER_S)

    assert again == first
    assert again.deadline >= began + FOREVER_S


async def test_a_confirmed_address_is_not_held_longer_if_its_entity_was_silent(
    sessions: Mapping[Family, ClientSession], simulator: Simulator
) -> None:
    """Web providers repeated it meanwhile."""
    sources = FakeSources()
    detector = new_detector(sessions, ddns.PROVIDERS, sources)
    for address in (HOME, NEXT, HOME):
        sources.values["router"] = address
        simulator.ip.set_address(address)
        await detect(detector, ROUTER)
    assert accepted(detector, ROUTER) == NEXT

    sources.advance(60)
    sources.since = sources.now - timedelta(seconds=1)
    await detect(detector, ROUTER)
    sources.advance(60)
    await detect(detector, ROUTER)

    assert accepted(detector, ROUTER) == HOME
