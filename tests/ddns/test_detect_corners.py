"""What went wrong once where nobody looks: clocks, spellings, and those who had no time."""

from asyncio import create_task
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns import inquiry, web
from custom_components.raindrop.ddns.detect import Detector
from custom_components.raindrop.ddns.model import Family, NewsKind, Source, SourceKind, Trouble
from custom_components.raindrop.ddns.reading import Problem
from custom_components.raindrop.ddns.web import Form, PageUrlError, WebSource, ask, page
from lab import Lab
from tests.conftest import HOME, NEXT

from .builders import HERE, V4
from .house import House, new_detector
from .raw import answer, raw_server
from .rounds import LIST, Keeper
from .test_detect import said, settle

IPV4, IPV6 = Family.IPV4, Family.IPV6
ROUTER = Source(IPV4, SourceKind.ENTITY, entity="router")
WHOAMI = f'{{"ip":"{HOME}","country":"CH","city":"Zürich","region":"Zürich"}}'


@pytest.mark.parametrize(
    "url, family",
    [
        pytest.param("http://[::1]:1/", IPV4, id="IPv6 literal for IPv4"),
        pytest.param("http://127.0.0.1:1/", IPV6, id="IPv4 literal for IPv6"),
        pytest.param("https://1.1.1.1/cdn-cgi/trace", IPV6, id="IPv4 resolver for IPv6"),
    ],
)
async def test_a_place_of_the_other_family_does_not_break_the_round(
    lab: Lab, sessions: Mapping[Family, ClientSession], url: str, family: Family
) -> None:
    """A page at an address of the other family is refused by the form, or is unreachable."""
    try:
        source = page(url, family)
    except PageUrlError:
        return

    found = await ask(sessions[family], source, family, 10)

    assert found.problem is Problem.UNREACHABLE


@pytest.mark.parametrize("form", [Form.JSON, Form.ANY])
async def test_a_city_with_an_umlaut_does_not_spoil_an_answer(
    session: ClientSession, socket_enabled: None, form: Form
) -> None:
    """JSON is UTF-8: what stands beside the address may be written as it is at home."""
    async with raw_server(answer(WHOAMI.encode())) as server:
        source = WebSource(operator="one", form=form, urls={IPV4: server.origin})
        found = await ask(session, source, IPV4, 10)

    assert (found.address, found.problem) == (ip_address(HOME), None)


async def test_a_trace_is_believed_however_its_host_is_written(
    lab: Lab, session: ClientSession
) -> None:
    """A host name has no capitals: a trace names it in lower case, whatever was typed."""
    body = f"h=localhost\nip={HOME}\nwarp=off\n"
    async with raw_server(answer(body.encode())) as server:
        url = server.origin.replace("127.0.0.1", "LocalHost") + "/cdn-cgi/trace"
        found = await ask(session, page(url, IPV4), IPV4, 10)

    assert (found.address, found.problem) == (ip_address(HOME), None)


@pytest.mark.parametrize("url", ["https://ip.example.net:443/", "https://ip.example.net:/"])
def test_s7_nobody_is_two_operators(url: str) -> None:
    """Lesson S7: a host cannot confirm itself by having its port written out."""
    assert page(url, IPV4).operator == page("https://ip.example.net/", IPV4).operator


async def test_who_had_no_time_to_answer_did_not_fail(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is asked beside a slow operator, and not needed any more, is not blamed for that."""
    await settle(detector, lab)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.2)
    for _ in range(3):
        lab.log.clear()
        slow = lab.faults.add("ip", "cloudflare", kind="hold")
        lab.faults.add("ip", "ipify", kind="hang")
        looking = create_task(detector.look(HERE))
        await lab.log.arrived(2, service="ip")
        slow.release()
        assert said(await looking)["cloudflare"] == HOME
        lab.faults.clear()
    lab.faults.add("ip", "cloudflare", kind="status")

    assert list(said(await detector.look(HERE))) == ["cloudflare", "ipify"]


async def test_a_clock_that_was_put_back_does_not_lengthen_a_silence(
    lab: Lab, sessions: Mapping[Family, ClientSession]
) -> None:
    """The web speaks for a router that was silent for a cycle, whatever the clock did before."""
    house = House()
    detector = new_detector(sessions, web.WEB_SOURCES, house)
    assert (await detector.look(ROUTER)).answers[0].problem is Problem.SILENT
    house.passes(-timedelta(hours=6).total_seconds())
    await detector.look(ROUTER)
    house.passes(timedelta(minutes=5).total_seconds())

    assert (await detector.confirm(await detector.look(ROUTER))).address == ip_address(HOME)


async def test_a_failure_that_ends_in_flapping_is_recovered_from(lab: Lab, keeper: Keeper) -> None:
    """Who was told of a failure is told of its end, though the address flapped in between."""
    await keeper.round()
    lab.ip.set_address(NEXT)
    await keeper.round()
    lab.faults.add("cloudflare", LIST, kind="html")
    told: list[NewsKind] = []
    for address in (HOME, NEXT):
        lab.ip.set_address(address)
        told += [item.kind for item in (await keeper.round()).news if item.slot == V4]
    assert (told, keeper.report.troubles) == ([NewsKind.FAILED], {V4: Trouble.FLAPPING})
    lab.faults.clear()
    lab.ip.set_address(HOME)

    report = await keeper.round()

    assert (report.troubles, keeper.contents) == ({}, {"A home.example.com": HOME})
    assert NewsKind.RECOVERED in {item.kind for item in report.news}
