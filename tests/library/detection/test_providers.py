"""Web providers: which URLs may be queried, and how responses are read."""

from collections.abc import Mapping
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.detection.providers import (
    Provider,
    custom_provider,
    query,
)
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.errors import DetectionError, ProviderUrlError
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from simulator.faults import Detail
from tests.conftest import HOME, HOME_V6
from tests.library.raw_server import raw_server, response as http_response

IPV4, IPV6 = Family.IPV4, Family.IPV6
TRACE = "/cdn-cgi/trace"
CLOSED_PORT = "http://127.0.0.1:1/"


@pytest.mark.parametrize(
    "url, name",
    [
        pytest.param("https://ip.example.net", "ip.example.net", id="bare/host"),
        pytest.param("https://ip.example.net/a?b=c", "ip.example.net", id="path and query/host"),
        pytest.param("https://IP.Example.net/", "ip.example.net", id="capitals/lower case"),
        pytest.param("HTTPS://ip.example.net/", "ip.example.net", id="capital scheme/host"),
        pytest.param("https://ip.example.net:8443/", "ip.example.net:8443", id="port/with port"),
        pytest.param("https://192.168.1.1/wan", "192.168.1.1", id="router/its address"),
        pytest.param("https://[fd00::1]/wan", "[fd00::1]", id="router by IPv6/its address"),
        pytest.param("http://127.0.0.1/", "127.0.0.1", id="plain on loopback/host"),
        pytest.param("http://127.8.9.1:80/", "127.8.9.1", id="plain on other loopback/host"),
        pytest.param("http://[::1]:8080/", "[::1]:8080", id="plain on IPv6 loopback/host"),
        pytest.param("http://localhost/", "localhost", id="plain on localhost/host"),
        pytest.param("http://LOCALHOST/", "localhost", id="plain on capital localhost/host"),
    ],
)
def test_a_custom_provider_is_named_after_its_host(url: str, name: str) -> None:
    """A custom URL is queried as it was entered, and its host is the provider."""
    family = IPV6 if "[" in url else IPV4
    provider = custom_provider(url, family)

    assert (provider.name, provider.urls) == (name, {family: url})


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://ip.example.net/", id="plain"),
        pytest.param("http://192.168.1.1/", id="plain to the router"),
        pytest.param("http://[fd00::1]/", id="plain to the router by IPv6"),
        pytest.param("http://localhost.example.net/", id="plain, name like localhost"),
        pytest.param("http://127.0.0.1.example.net/", id="plain, name like loopback"),
        pytest.param("http://127.1/", id="plain, short for loopback"),
        pytest.param("http://2130706433/", id="plain, number of loopback"),
        pytest.param("http://0.0.0.0/", id="plain, unspecified address"),
        pytest.param("https://me@ip.example.net/", id="user"),
        pytest.param("https://me:secret@ip.example.net/", id="user and password"),
        pytest.param("https://:secret@ip.example.net/", id="password"),
        pytest.param("https://@ip.example.net/", id="empty user"),
        pytest.param("http://127.0.0.1@ip.example.net/", id="loopback as user"),
        pytest.param("https://", id="no host"),
        pytest.param("https:///path", id="path without host"),
        pytest.param("https://:443/", id="port without host"),
        pytest.param("https:ip.example.net", id="no slashes"),
        pytest.param("https://ip.example.net:port/", id="port in words"),
        pytest.param("https://ip.example.net:65536/", id="port too high"),
        pytest.param("https://ip.example.net:-1/", id="port below zero"),
        pytest.param("https://[fd00::1/", id="open bracket"),
        pytest.param("https://[router]/", id="name in brackets"),
        pytest.param("https://ip.example.net/\n", id="line feed"),
        pytest.param("https://ip.example.net/\x00", id="zero byte"),
        pytest.param("https://ip.exa\u00admple.net/", id="soft hyphen"),
        pytest.param("https://\ud800.example.net/", id="surrogate"),
        pytest.param("ftp://ip.example.net/", id="FTP"),
        pytest.param("file:///etc/hostname", id="file"),
        pytest.param("file://localhost/etc/hostname", id="file on localhost"),
        pytest.param("data:text/plain,81.2.69.1", id="data"),
        pytest.param("//ip.example.net/", id="no scheme"),
        pytest.param("ip.example.net", id="name alone"),
        pytest.param("", id="empty"),
    ],
)
@pytest.mark.parametrize("family", Family)
def test_s4_an_unsafe_url_is_refused(url: str, family: Family) -> None:
    """Lesson S4: a URL must not be open to interception, nor contain a password."""
    with pytest.raises(ProviderUrlError):
        custom_provider(url, family)


@pytest.mark.parametrize(
    "path, response_format",
    [
        pytest.param(TRACE, ResponseFormat.TRACE, id="trace/trace"),
        pytest.param(f"{TRACE}?x=1", ResponseFormat.TRACE, id="trace with query/trace"),
        pytest.param(f"{TRACE}/", ResponseFormat.ANY, id="below a trace/any"),
        pytest.param("/trace", ResponseFormat.ANY, id="other path/any"),
        pytest.param("/", ResponseFormat.ANY, id="root/any"),
        pytest.param("", ResponseFormat.ANY, id="empty/any"),
    ],
)
def test_a_trace_is_recognized_by_its_path(path: str, response_format: ResponseFormat) -> None:
    """Cloudflare's trace has the same path on every host; other responses are text or JSON."""
    provider = custom_provider(f"https://ip.example.net{path}", IPV4)

    assert provider.format is response_format


@pytest.mark.parametrize(
    "body, address, error",
    [
        pytest.param("81.2.69.142", HOME, None, id="text/read"),
        pytest.param(" 81.2.69.142\r\n", HOME, None, id="text with space/read"),
        pytest.param('{"ip":"81.2.69.142"}', HOME, None, id="JSON/read"),
        pytest.param('{"ip":"81.2.69.142","x":[1]}\n', HOME, None, id="JSON with more/read"),
        pytest.param(
            '{"ip":"81.2.69.142"', None, DetectionError.NOT_AN_ADDRESS, id="cut JSON/none"
        ),
        pytest.param(
            '{"address":"81.2.69.142"}', None, DetectionError.NOT_AN_ADDRESS, id="other/none"
        ),
        pytest.param('["81.2.69.142"]', None, DetectionError.NOT_AN_ADDRESS, id="list/none"),
        pytest.param('"81.2.69.142"', None, DetectionError.NOT_AN_ADDRESS, id="quoted/none"),
        pytest.param("IP: 81.2.69.142", None, DetectionError.NOT_AN_ADDRESS, id="sentence/none"),
        pytest.param(
            "ip=81.2.69.142", None, DetectionError.NOT_AN_ADDRESS, id="trace elsewhere/none"
        ),
        pytest.param("81.2.69.142\xff", None, DetectionError.NOT_AN_ADDRESS, id="not ASCII/none"),
        pytest.param("", None, DetectionError.NOT_AN_ADDRESS, id="empty/none"),
        pytest.param("192.168.1.2", None, DetectionError.NOT_PUBLIC, id="private/none"),
        pytest.param('{"ip":"100.64.0.1"}', None, DetectionError.CGNAT, id="CGNAT/none"),
        pytest.param(HOME_V6, None, DetectionError.WRONG_FAMILY, id="other family/none"),
    ],
)
async def test_a_custom_response_is_text_or_json(
    session: ClientSession, body: str, address: str | None, error: DetectionError | None
) -> None:
    """A custom URL responds with the address and nothing else, or with an `ip` in JSON."""
    async with raw_server(http_response(body.encode("latin-1"))) as server:
        response = await query(session, custom_provider(f"{server.origin}/", IPV4), IPV4, 10)

    assert response.provider == server.origin.removeprefix("http://")
    assert (response.address, response.error) == (ip_address(address) if address else None, error)


@pytest.mark.parametrize("family, home", [(IPV4, HOME), (IPV6, HOME_V6)])
async def test_a_custom_trace_must_name_its_host(
    simulator: Simulator, sessions: Mapping[Family, ClientSession], family: Family, home: str
) -> None:
    """A custom URL of a trace is read as a trace, over either family."""
    url = simulator.ip.services[0].urls[family.value]

    response = await query(sessions[family], custom_provider(url, family), family, 10)

    assert response.address == ip_address(home)
    simulator.faults.add("ip", "cloudflare", kind="foreign_h")
    foreign = await query(sessions[family], custom_provider(url, family), family, 10)
    assert (foreign.address, foreign.error) == (None, DetectionError.WRONG_HOST)


async def test_an_unusable_address_is_kept_as_rejected(
    simulator: Simulator, session: ClientSession
) -> None:
    """An address that may not be written is not reported, but kept for display."""
    simulator.ip.set_address("100.64.3.4")

    provider = custom_provider(simulator.ip.services[1].urls[4], IPV4)
    response = await query(session, provider, IPV4, 10)

    assert (response.address, response.rejected) == (None, ip_address("100.64.3.4"))
    assert response.error is DetectionError.CGNAT


FAILURES: dict[str, tuple[str, Detail, DetectionError]] = {
    "hang/timeout": ("hang", {}, DetectionError.TIMEOUT),
    "drip/timeout": ("drip", {"delay": 0.05}, DetectionError.TIMEOUT),
    "reset/unreachable": ("reset", {}, DetectionError.UNREACHABLE),
    "cut/unreachable": ("cut", {}, DetectionError.UNREACHABLE),
    "huge/too long": ("huge", {"size": 1_000_000}, DetectionError.TOO_LONG),
    "HTML 403/status": ("html", {"status": 403}, DetectionError.STATUS),
    "address with 500/status": ("body", {"status": 500, "body": HOME}, DetectionError.STATUS),
    "redirect/status": ("redirect", {"url": CLOSED_PORT}, DetectionError.STATUS),
    "garbled/no address": ("garbled", {}, DetectionError.NOT_AN_ADDRESS),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failure_is_a_response(
    simulator: Simulator, session: ClientSession, failure: str
) -> None:
    """Whatever fails, the response has the reason, and nothing is raised."""
    kind, detail, error = FAILURES[failure]
    simulator.faults.add("ip", "ipify", kind=kind, **detail)
    limit_s = 0.05 if error is DetectionError.TIMEOUT else 10

    provider = custom_provider(simulator.ip.services[1].urls[4], IPV4)
    response = await query(session, provider, IPV4, limit_s)

    assert (response.address, response.error) == (None, error)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(CLOSED_PORT, id="closed port"),
        pytest.param("https://127.0.0.1:1/", id="closed port by TLS"),
        pytest.param("http://127.0.0.1:0/", id="port 0"),
        pytest.param("https://a..b/", id="empty label"),
        pytest.param(f"https://{'a' * 64}/", id="long label"),
        pytest.param("https://ip example net/", id="spaces"),
        pytest.param("https://256.256.256.256/", id="no such address"),
        pytest.param("https://[v1.x]/", id="future address"),
    ],
)
async def test_an_impossible_host_is_unreachable(
    session: ClientSession, socket_enabled: None, url: str
) -> None:
    """A host that cannot exist is as unreachable as one that is switched off."""
    response = await query(session, custom_provider(url, IPV4), IPV4, 10)

    assert (response.address, response.error) == (None, DetectionError.UNREACHABLE)


async def test_a_closed_session_reaches_no_provider(
    simulator: Simulator, session: ClientSession
) -> None:
    """A session that was closed at shutdown raises nothing."""
    await session.close()

    provider = custom_provider(simulator.ip.services[1].urls[4], IPV4)
    response = await query(session, provider, IPV4, 10)

    assert response.error is DetectionError.UNREACHABLE


@pytest.mark.parametrize("response_format", ResponseFormat)
async def test_a_query_is_one_request_to_the_url(
    simulator: Simulator, session: ClientSession, response_format: ResponseFormat
) -> None:
    """A provider of any format is queried by one request, to its URL and to no other."""
    url = simulator.ip.services[1].urls[4]

    provider = Provider(name="one", format=response_format, urls={IPV4: url})
    response = await query(session, provider, IPV4, 10)

    assert [entry.provider for entry in simulator.log.entries] == ["ipify"]
    assert (response.address is None) == (
        response_format in {ResponseFormat.TRACE, ResponseFormat.JSON}
    )
