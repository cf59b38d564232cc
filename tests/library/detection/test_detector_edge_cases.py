"""Edge cases of detection: clocks, spellings, and the family of a host."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.detection.providers import (
    Provider,
    custom_provider,
    query,
)
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.errors import DetectionError, ProviderUrlError
from custom_components.raindrop.ddns.sources import Family, Source, SourceKind
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.detection.helpers import ROUTER, accepted, detect, reported
from tests.library.fake_sources import FakeSources, new_detector
from tests.library.raw_server import raw_server, response as http_response

IPV4, IPV6 = Family.IPV4, Family.IPV6
WHOAMI = f'{{"ip":"{HOME}","country":"CH","city":"Zürich","region":"Zürich"}}'


@pytest.mark.parametrize(
    "url, family",
    [
        pytest.param("http://[::1]:1/", IPV4, id="IPv6 literal for IPv4"),
        pytest.param("http://127.0.0.1:1/", IPV6, id="IPv4 literal for IPv6"),
        pytest.param("https://1.1.1.1/cdn-cgi/trace", IPV6, id="IPv4 resolver for IPv6"),
    ],
)
async def test_a_host_of_the_other_family_is_refused_and_unreachable(
    simulator: Simulator, sessions: Mapping[Family, ClientSession], url: str, family: Family
) -> None:
    """A URL with an address of the other family is refused; queried all the same, it fails."""
    with pytest.raises(ProviderUrlError):
        custom_provider(url, family)
    provider = Provider(name="one", format=ResponseFormat.ANY, urls={family: url})

    response = await query(sessions[family], provider, family, 10)

    assert response.error is DetectionError.UNREACHABLE


@pytest.mark.parametrize("response_format", [ResponseFormat.JSON, ResponseFormat.ANY])
async def test_json_may_contain_an_umlaut(
    session: ClientSession, socket_enabled: None, response_format: ResponseFormat
) -> None:
    """JSON is UTF-8: the name of a city beside the address need not be ASCII."""
    async with raw_server(http_response(WHOAMI.encode())) as server:
        provider = Provider(name="one", format=response_format, urls={IPV4: server.origin})
        response = await query(session, provider, IPV4, 10)

    assert (response.address, response.error) == (ip_address(HOME), None)


async def test_the_host_of_a_trace_is_compared_in_lower_case(
    simulator: Simulator, session: ClientSession
) -> None:
    """A trace names its host in lower case, however the URL was entered."""
    body = f"h=localhost\nip={HOME}\nwarp=off\n"
    async with raw_server(http_response(body.encode())) as server:
        url = server.origin.replace("127.0.0.1", "LocalHost") + "/cdn-cgi/trace"
        response = await query(session, custom_provider(url, IPV4), IPV4, 10)

    assert (response.address, response.error) == (ip_address(HOME), None)


@pytest.mark.parametrize("url", ["https://ip.example.net:443/", "https://ip.example.net:/"])
def test_s7_a_host_is_one_provider_however_its_port_is_written(url: str) -> None:
    """Lesson S7: a host cannot confirm itself by an explicit default port."""
    plain = custom_provider("https://ip.example.net/", IPV4)

    assert custom_provider(url, IPV4).name == plain.name


async def test_a_clock_that_is_set_back_does_not_prolong_a_silence(
    simulator: Simulator, sessions: Mapping[Family, ClientSession]
) -> None:
    """Web providers replace a router that was silent for a cycle, whatever the clock did before."""
    sources = FakeSources()
    detector = new_detector(sessions, ddns.PROVIDERS, sources)
    assert reported(await detector.look(ROUTER)) == {"router": DetectionError.SILENT}
    sources.advance(-timedelta(hours=6).total_seconds())
    await detector.look(ROUTER)
    sources.advance(timedelta(minutes=5).total_seconds())

    assert (await detect(detector, ROUTER)).address == ip_address(HOME)


async def test_an_entity_may_have_the_name_of_a_provider(
    simulator: Simulator, sessions: Mapping[Family, ClientSession]
) -> None:
    """An entity called like a provider does not keep the provider from being queried."""
    sources = FakeSources()
    sources.values["cloudflare"] = NEXT
    detector = new_detector(sessions, ddns.PROVIDERS, sources)
    source = Source(IPV4, SourceKind.ENTITY, entity="cloudflare")

    detection = await detect(detector, source)

    assert [str(response.address) for response in detection.all_responses] == [NEXT, HOME, HOME]
    assert accepted(detector, source) == HOME
