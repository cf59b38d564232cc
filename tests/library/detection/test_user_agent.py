"""The User-Agent of the requests to providers, and what a detached detector keeps of it."""

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.detection.providers import Provider
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.sources import Family, Source, SourceKind
from tests.library.fake_sources import FakeSources
from tests.library.raw_server import raw_server, response


@pytest.mark.parametrize("is_detached", [False, True])
async def test_providers_see_the_user_agent_of_the_caller(
    session: ClientSession, sources: FakeSources, *, is_detached: bool
) -> None:
    """A program that uses the library names itself to all providers."""
    async with raw_server(response(b"81.2.69.142")) as server:
        provider = Provider(
            name="one", format=ResponseFormat.TEXT, urls={Family.IPV4: server.origin}
        )
        detector = Detector(
            lambda _: session,
            [provider],
            sources.read_source,
            sources.clock,
            user_agent="another/1.0",
        )
        if is_detached:
            detector = detector.detached()
        await detector.look(Source(Family.IPV4))
        await detector.look(Source(Family.IPV4, SourceKind.URLS, urls=(server.origin,)))

    assert len(server.received) == 2
    assert all(b"User-Agent: another/1.0\r\n" in received for received in server.received)
