"""Pages that say from where they were asked: which may be asked, and how they are read."""

from collections.abc import Mapping
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.model import Family
from custom_components.raindrop.ddns.reading import Problem
from custom_components.raindrop.ddns.web import Form, PageUrlError, WebSource, ask, page
from lab import Lab
from lab.faults import Detail
from tests.conftest import HOME, HOME_V6

from .raw import answer, raw_server

IPV4, IPV6 = Family.IPV4, Family.IPV6
TRACE = "/cdn-cgi/trace"
NOBODY = "http://127.0.0.1:1/"
"""A port of this host at which nobody listens."""


@pytest.mark.parametrize(
    "url, operator",
    [
        pytest.param("https://ip.example.net", "ip.example.net", id="bare/host"),
        pytest.param("https://ip.example.net/a?b=c", "ip.example.net", id="path and query/host"),
        pytest.param("https://IP.Example.net/", "ip.example.net", id="capitals/lower case"),
        pytest.param("HTTPS://ip.example.net/", "ip.example.net", id="loud scheme/host"),
        pytest.param("https://ip.example.net:8443/", "ip.example.net:8443", id="port/with port"),
        pytest.param("https://192.168.1.1/wan", "192.168.1.1", id="router/its address"),
        pytest.param("https://[fd00::1]/wan", "[fd00::1]", id="router by IPv6/its address"),
        pytest.param("http://127.0.0.1/", "127.0.0.1", id="plain on loopback/host"),
        pytest.param("http://127.8.9.1:80/", "127.8.9.1", id="plain on other loopback/host"),
        pytest.param("http://[::1]:8080/", "[::1]:8080", id="plain on IPv6 loopback/host"),
        pytest.param("http://localhost/", "localhost", id="plain on localhost/host"),
        pytest.param("http://LOCALHOST/", "localhost", id="plain on loud localhost/host"),
    ],
)
def test_a_page_is_named_by_its_host(url: str, operator: str) -> None:
    """A page that the user chose is asked as it was written; who runs it is its host."""
    family = IPV6 if "[" in url else IPV4
    found = page(url, family)

    assert (found.operator, found.urls) == (operator, {family: url})


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://ip.example.net/", id="plain"),
        pytest.param("http://192.168.1.1/", id="plain to the router"),
        pytest.param("http://[fd00::1]/", id="plain to the router by IPv6"),
        pytest.param("http://localhost.example.net/", id="plain, called like localhost"),
        pytest.param("http://127.0.0.1.example.net/", id="plain, called like loopback"),
        pytest.param("http://127.1/", id="plain, short for loopback"),
        pytest.param("http://2130706433/", id="plain, number of loopback"),
        pytest.param("http://0.0.0.0/", id="plain, anywhere"),
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
        pytest.param("https://\ud800.example.net/", id="half a character"),
        pytest.param("ftp://ip.example.net/", id="FTP"),
        pytest.param("file:///etc/hostname", id="file"),
        pytest.param("file://localhost/etc/hostname", id="file on localhost"),
        pytest.param("data:text/plain,81.2.69.1", id="data"),
        pytest.param("//ip.example.net/", id="no scheme"),
        pytest.param("ip.example.net", id="name alone"),
        pytest.param("", id="nothing"),
    ],
)
@pytest.mark.parametrize("family", Family)
def test_s4_a_page_that_may_not_be_asked(url: str, family: Family) -> None:
    """Lesson S4: what anybody on the way could answer is not asked, nor what needs a password."""
    with pytest.raises(PageUrlError):
        page(url, family)


@pytest.mark.parametrize(
    "path, form",
    [
        pytest.param(TRACE, Form.TRACE, id="trace/trace"),
        pytest.param(f"{TRACE}?x=1", Form.TRACE, id="trace with query/trace"),
        pytest.param(f"{TRACE}/", Form.ANY, id="below a trace/any"),
        pytest.param("/trace", Form.ANY, id="other path/any"),
        pytest.param("/", Form.ANY, id="root/any"),
        pytest.param("", Form.ANY, id="nothing/any"),
    ],
)
def test_a_trace_is_known_by_its_path(path: str, form: Form) -> None:
    """Cloudflare's trace pages are the same at every host; all others are read as they come."""
    assert page(f"https://ip.example.net{path}", IPV4).form is form


@pytest.mark.parametrize(
    "body, address, problem",
    [
        pytest.param("81.2.69.142", HOME, None, id="text/read"),
        pytest.param(" 81.2.69.142\r\n", HOME, None, id="text with space/read"),
        pytest.param('{"ip":"81.2.69.142"}', HOME, None, id="JSON/read"),
        pytest.param('{"ip":"81.2.69.142","x":[1]}\n', HOME, None, id="JSON with more/read"),
        pytest.param('{"ip":"81.2.69.142"', None, Problem.NOT_AN_ADDRESS, id="cut JSON/none"),
        pytest.param('{"address":"81.2.69.142"}', None, Problem.NOT_AN_ADDRESS, id="other/none"),
        pytest.param('["81.2.69.142"]', None, Problem.NOT_AN_ADDRESS, id="list/none"),
        pytest.param('"81.2.69.142"', None, Problem.NOT_AN_ADDRESS, id="quoted/none"),
        pytest.param("IP: 81.2.69.142", None, Problem.NOT_AN_ADDRESS, id="sentence/none"),
        pytest.param("ip=81.2.69.142", None, Problem.NOT_AN_ADDRESS, id="trace elsewhere/none"),
        pytest.param("81.2.69.142\xff", None, Problem.NOT_AN_ADDRESS, id="not ASCII/none"),
        pytest.param("", None, Problem.NOT_AN_ADDRESS, id="empty/none"),
        pytest.param("192.168.1.2", None, Problem.NOT_PUBLIC, id="private/none"),
        pytest.param('{"ip":"100.64.0.1"}', None, Problem.CGNAT, id="carrier's NAT/none"),
        pytest.param(HOME_V6, None, Problem.WRONG_FAMILY, id="other family/none"),
    ],
)
async def test_a_page_of_the_users_is_text_or_json(
    session: ClientSession, body: str, address: str | None, problem: Problem | None
) -> None:
    """A page that the user chose says the address and nothing else, or has an `ip` in JSON."""
    async with raw_server(answer(body.encode("latin-1"))) as server:
        found = await ask(session, page(f"{server.origin}/", IPV4), IPV4, 10)

    assert found.operator == server.origin.removeprefix("http://")
    assert (found.address, found.problem) == (ip_address(address) if address else None, problem)


@pytest.mark.parametrize("family, home", [(IPV4, HOME), (IPV6, HOME_V6)])
async def test_a_trace_of_the_users_speaks_for_its_host(
    lab: Lab, sessions: Mapping[Family, ClientSession], family: Family, home: str
) -> None:
    """A trace page that the user chose is read as such, by either family."""
    url = lab.ip.services[0].urls[family.value]

    found = await ask(sessions[family], page(url, family), family, 10)

    assert found.address == ip_address(home)
    lab.faults.add("ip", "cloudflare", kind="foreign_h")
    foreign = await ask(sessions[family], page(url, family), family, 10)
    assert (foreign.address, foreign.problem) == (None, Problem.WRONG_HOST)


async def test_what_may_not_be_written_is_told(lab: Lab, session: ClientSession) -> None:
    """An address that no home has is not the answer, but it is kept to be shown."""
    lab.ip.set_address("100.64.3.4")

    found = await ask(session, page(lab.ip.services[1].urls[4], IPV4), IPV4, 10)

    assert (found.address, found.said) == (None, ip_address("100.64.3.4"))
    assert found.problem is Problem.CGNAT


FAILURES: dict[str, tuple[str, Detail, Problem]] = {
    "hang/timeout": ("hang", {}, Problem.TIMEOUT),
    "drip/timeout": ("drip", {"delay": 0.05}, Problem.TIMEOUT),
    "reset/unreachable": ("reset", {}, Problem.UNREACHABLE),
    "cut/unreachable": ("cut", {}, Problem.UNREACHABLE),
    "huge/too long": ("huge", {"size": 1_000_000}, Problem.TOO_LONG),
    "page 403/status": ("html", {"status": 403}, Problem.STATUS),
    "address with 500/status": ("body", {"status": 500, "body": HOME}, Problem.STATUS),
    "redirect/status": ("redirect", {"url": NOBODY}, Problem.STATUS),
    "garbled/no address": ("garbled", {}, Problem.NOT_AN_ADDRESS),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_page_that_fails_is_an_answer(
    lab: Lab, session: ClientSession, failure: str
) -> None:
    """Whatever goes wrong at a page, asking it gives the reason and raises nothing."""
    kind, detail, problem = FAILURES[failure]
    lab.faults.add("ip", "ipify", kind=kind, **detail)
    limit_s = 0.05 if problem is Problem.TIMEOUT else 10

    found = await ask(session, page(lab.ip.services[1].urls[4], IPV4), IPV4, limit_s)

    assert (found.address, found.problem) == (None, problem)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(NOBODY, id="nobody there"),
        pytest.param("https://127.0.0.1:1/", id="nobody there by TLS"),
        pytest.param("http://127.0.0.1:0/", id="port 0"),
        pytest.param("https://a..b/", id="empty label"),
        pytest.param(f"https://{'a' * 64}/", id="long label"),
        pytest.param("https://ip example net/", id="spaces"),
        pytest.param("https://256.256.256.256/", id="no such address"),
        pytest.param("https://[v1.x]/", id="future address"),
    ],
)
async def test_a_place_that_cannot_be_asked_is_unreachable(
    session: ClientSession, socket_enabled: None, url: str
) -> None:
    """A page at a place that does not exist is as unreachable as one that is switched off."""
    found = await ask(session, page(url, IPV4), IPV4, 10)

    assert (found.address, found.problem) == (None, Problem.UNREACHABLE)


async def test_after_the_end_of_the_house_nothing_is_reachable(
    lab: Lab, session: ClientSession
) -> None:
    """A session that was closed at shutdown is no reason to raise."""
    await session.close()

    found = await ask(session, page(lab.ip.services[1].urls[4], IPV4), IPV4, 10)

    assert found.problem is Problem.UNREACHABLE


@pytest.mark.parametrize("form", Form)
async def test_a_session_asks_exactly_the_page(
    lab: Lab, session: ClientSession, form: Form
) -> None:
    """Each form is asked once, by one request, and at no other place."""
    url = lab.ip.services[1].urls[4]

    found = await ask(session, WebSource(operator="one", form=form, urls={IPV4: url}), IPV4, 10)

    assert [entry.operator for entry in lab.log.entries] == ["ipify"]
    assert (found.address is None) == (form in {Form.TRACE, Form.JSON})
