"""Finding the public address when those who are asked fail."""

from asyncio import Task, all_tasks, create_task, gather, wait
from collections.abc import Mapping
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns import inquiry
from custom_components.raindrop.ddns.detect import Detector
from custom_components.raindrop.ddns.model import Address, Family, Source
from custom_components.raindrop.ddns.reading import Problem
from custom_components.raindrop.ddns.web import Form, WebSource
from lab import Lab
from lab.faults import Detail
from tests.conftest import HOME, HOME_V6, NEXT

from .builders import HERE
from .house import new_detector
from .raw import answer, raw_server
from .test_address_forms import TRACE
from .test_addresses import PAGE
from .test_detect import OPERATORS, said, settle

IPV4, IPV6 = Family.IPV4, Family.IPV6
TYPICAL: dict[str, tuple[str, Detail, Problem]] = {
    "hang/timeout": ("hang", {}, Problem.TIMEOUT),
    "reset/unreachable": ("reset", {}, Problem.UNREACHABLE),
    "lost answer/unreachable": ("lost_answer", {}, Problem.UNREACHABLE),
    "cut/unreachable": ("cut", {}, Problem.UNREACHABLE),
    "page 502/status": ("html", {}, Problem.STATUS),
    "page 403/status": ("html", {"status": 403}, Problem.STATUS),
    "empty 503/status": ("status", {}, Problem.STATUS),
    "created/status": ("body", {"status": 201, "body": HOME}, Problem.STATUS),
    "redirect/status": ("redirect", {"url": "http://127.0.0.1:9/"}, Problem.STATUS),
    "huge/too long": ("huge", {}, Problem.TOO_LONG),
    "huge 500/too long": ("huge", {"status": 500}, Problem.TOO_LONG),
    "one too many/too long": ("body", {"body": " " * 4097}, Problem.TOO_LONG),
    "garbled/no address": ("garbled", {}, Problem.NOT_AN_ADDRESS),
    "page 200/no address": ("html", {"status": 200}, Problem.NOT_AN_ADDRESS),
    "page with address/no address": ("body", {"body": PAGE}, Problem.NOT_AN_ADDRESS),
    "empty/no address": ("body", {"body": ""}, Problem.NOT_AN_ADDRESS),
    "blank/no address": ("body", {"body": " " * 4096}, Problem.NOT_AN_ADDRESS),
    "umlaut/no address": ("body", {"body": "8.8.8.8 für Dich"}, Problem.NOT_AN_ADDRESS),
    "binary/no address": ("body", {"body": b"8.8.8.8\xff"}, Problem.NOT_AN_ADDRESS),
    "dig/no address": ("body", {"body": ";; connection timed out"}, Problem.NOT_AN_ADDRESS),
    "truncated/warp": ("truncated", {}, Problem.WARP),
}


@pytest.mark.parametrize("fault", TYPICAL)
async def test_s3_the_next_operator_stands_in(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Lesson S3: an operator that fails, in whatever way, costs a further question and no more."""
    kind, detail, problem = TYPICAL[fault]
    await settle(detector, lab)
    if kind == "hang":
        monkeypatch.setattr(inquiry, "_TIMEOUT_S", 0.05)
    lab.faults.add("ip", "cloudflare", kind=kind, **detail)

    reading = await detector.look(HERE)

    assert reading.address == ip_address(HOME)
    assert said(reading) == {"cloudflare": problem, "ipify": HOME}
    assert reading.is_disputed is False


@pytest.mark.parametrize(
    "address, problem",
    [
        pytest.param("10.0.0.1", Problem.NOT_PUBLIC, id="private"),
        pytest.param("100.64.0.1", Problem.CGNAT, id="carrier's NAT"),
        pytest.param("104.18.0.0", Problem.CLOUDFLARE, id="Cloudflare's own"),
        pytest.param("224.0.0.1", Problem.NOT_PUBLIC, id="multicast"),
    ],
)
async def test_s6_an_address_that_may_not_be_written_is_not_heard(
    lab: Lab, detector: Detector, address: str, problem: Problem
) -> None:
    """Lesson S6: even if all say so, an address that no home can have is none."""
    lab.ip.set_address(address)

    reading = await detector.confirm(await detector.look(HERE))

    assert (reading.address, reading.is_open) == (None, False)
    assert said(reading) == dict.fromkeys(OPERATORS, problem)


@pytest.mark.parametrize(
    "kind, problem",
    [
        pytest.param("warp_on", Problem.WARP, id="tunnel"),
        pytest.param("foreign_h", Problem.WRONG_HOST, id="portal"),
        pytest.param("wrong_family", Problem.WRONG_FAMILY, id="other family"),
    ],
)
@pytest.mark.parametrize("family", Family)
async def test_s4_s8_a_trace_that_does_not_speak_for_us(
    lab: Lab, detector: Detector, kind: str, problem: Problem, family: Family
) -> None:
    """Lessons S4 and S8: a trace through a tunnel, or in another host's name, is not heard."""
    lab.faults.add("ip", "cloudflare", kind=kind)

    reading = await detector.look(Source(family))

    assert said(reading)["cloudflare"] == problem
    assert reading.is_open


@pytest.mark.parametrize("family, home", [(IPV4, HOME), (IPV6, HOME_V6)])
async def test_s1_a_source_that_answers_with_the_other_family(
    lab: Lab, detector: Detector, family: Family, home: str
) -> None:
    """Lesson S1: an IPv6 address is never taken for the IPv4 address, nor the other way round."""
    lab.faults.add("ip", kind="wrong_family")

    reading = await detector.confirm(await detector.look(Source(family)))

    assert reading.address is None
    assert set(said(reading).values()) == {Problem.WRONG_FAMILY}
    lab.faults.clear()
    assert (await detector.confirm(await detector.look(Source(family)))).address == ip_address(home)


@pytest.mark.parametrize("kind", ["reset", "html", "garbled", "huge", "warp_on", "status"])
async def test_s9_when_all_fail_nothing_is_known(lab: Lab, detector: Detector, kind: str) -> None:
    """Lesson S9: if nobody gives an address there is none, and what was known is known again."""
    await settle(detector, lab)
    lab.ip.set_address(None) if kind == "warp_on" else lab.faults.add("ip", kind=kind)

    reading = await detector.confirm(await detector.look(HERE))

    assert (reading.address, reading.is_open) == (None, False)
    assert list(said(reading)) == OPERATORS
    lab.faults.clear()
    lab.ip.set_address(HOME)
    assert (await detector.look(HERE)).address == ip_address(HOME)


async def test_a_slow_operator_does_not_hold_up_the_round(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When one operator keeps still, the next is asked beside it, and the first answer counts.

    The others are not waited for, however long they would take.
    """
    await settle(detector, lab)
    monkeypatch.setattr(inquiry, "_TIMEOUT_S", 3600.0)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.05)
    lab.faults.add("ip", "cloudflare", kind="hang")

    reading = await detector.look(HERE)

    assert reading.address == ip_address(HOME)
    assert said(reading)["cloudflare"] == Problem.TIMEOUT
    assert HOME in said(reading).values()
    slow, beside = lab.log.entries[:2]
    assert (slow.operator, beside.operator) == ("cloudflare", "ipify")
    assert slow.overlaps(beside)


async def test_the_first_who_answers_ends_the_round(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer counts when it arrives, though one who was asked before keeps still for ever."""
    await settle(detector, lab)
    monkeypatch.setattr(inquiry, "_TIMEOUT_S", 3600.0)
    monkeypatch.setattr(inquiry, "_LIMIT_S", 3600.0)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.01)
    lab.faults.add("ip", "cloudflare", kind="hang")
    beside = lab.faults.add("ip", "ipify", kind="hold")
    look = create_task(detector.look(HERE))
    await lab.log.arrived(1, service="ip")
    # From here on nobody runs out of patience, so that nothing else can end the wait.
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 3600.0)
    await lab.log.arrived(2, service="ip")

    beside.release()

    assert (await look).address == ip_address(HOME)


async def test_a_slow_operator_may_still_be_the_first_to_answer(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator that was given up waiting for is still heard if it answers before the others."""
    await settle(detector, lab)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.02)
    slow = lab.faults.add("ip", "cloudflare", kind="hold")
    for operator in OPERATORS[1:]:
        lab.faults.add("ip", operator, kind="hang")
    look = create_task(detector.look(HERE))
    await lab.log.arrived(5, service="ip")

    slow.release()

    heard = said(await look)
    assert heard.pop("cloudflare") == HOME
    # The last one was asked a moment ago, and is not blamed.
    assert heard == dict.fromkeys(OPERATORS[1:-1], str(Problem.TIMEOUT))


async def test_the_late_are_not_asked_again(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator that was too late is not asked to confirm: those not asked yet are."""
    await settle(detector, lab)
    lab.ip.set_address(NEXT)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.05)
    lab.faults.add("ip", "cloudflare", kind="hang")

    reading = await detector.confirm(await detector.look(HERE))

    assert reading.address == ip_address(NEXT)
    assert lab.log.count(operator="cloudflare") == 1
    assert len(said(reading)) == len(reading.answers)


async def test_when_all_keep_still_the_round_ends(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round in which nobody answers ends with the last operator's time."""
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(inquiry, "_TIMEOUT_S", 0.1)
    lab.faults.add("ip", kind="hang")

    reading = await detector.look(HERE)

    assert sorted(said(reading)) == sorted(OPERATORS)
    assert set(said(reading).values()) == {Problem.TIMEOUT}


@pytest.mark.parametrize(
    "hasty, count",
    [pytest.param(0, 2, id="who asks/one asks anew"), pytest.param(1, 1, id="who joined/once")],
)
async def test_who_gives_up_does_not_take_the_answer_from_others(
    lab: Lab, detector: Detector, hasty: int, count: int
) -> None:
    """When one of three rounds is called off, the others still get the answer all waited for."""
    hold = lab.faults.add("ip", "cloudflare", kind="hold")
    looks = [create_task(detector.look(HERE)) for _ in range(3)]
    await lab.log.arrived(1, service="ip")

    gone = looks.pop(hasty)
    gone.cancel()
    await lab.log.arrived(count, service="ip")
    hold.release()

    assert [said(reading) for reading in await gather(*looks)] == [{"cloudflare": HOME}] * 2
    assert gone.cancelled()
    assert lab.log.count(service="ip") == count


async def test_a_look_up_that_nobody_waits_for_is_called_off(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up that all gave up leaves nothing running, though two were being asked."""
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.01)
    lab.faults.add("ip", kind="hang")
    look = create_task(detector.look(HERE))
    await lab.log.arrived(2, service="ip")
    assert asking() != []

    look.cancel()
    await wait([look])

    assert look.cancelled()
    assert asking() == []


def asking() -> list[Task[object]]:
    """Return what an inquiry is still busy with."""
    return [task for task in all_tasks() if "Inquiry" in repr(task.get_coro())]


@pytest.mark.parametrize(
    "form, body, address",
    [
        pytest.param(Form.TEXT, "81.2.69.1", "81.2.69.1", id="text"),
        pytest.param(Form.JSON, '{"ip":"81.2.69.1"}', "81.2.69.1", id="JSON"),
        pytest.param(
            Form.TRACE, TRACE.replace("api.cloudflare.com", "127.0.0.1"), "81.2.69.1", id="trace"
        ),
        pytest.param(Form.TEXT, '{"ip":"81.2.69.1"}', None, id="JSON as text"),
        pytest.param(Form.JSON, "81.2.69.1", None, id="text as JSON"),
        pytest.param(Form.TRACE, TRACE, None, id="trace of another host"),
    ],
)
async def test_a_source_is_read_in_its_own_form(
    sessions: Mapping[Family, ClientSession], form: Form, body: str, address: str | None
) -> None:
    """Each source writes the address in one form, and is read in no other."""
    async with raw_server(answer(body.encode())) as server:
        source = WebSource(operator="one", form=form, urls={Family.IPV4: f"{server.origin}/ip"})
        reading = await new_detector(sessions, [source]).look(HERE)

    heard: Address | None = reading.answers[0].address
    assert heard == (ip_address(address) if address else None)
    asked = server.heard[0].decode()
    assert asked.startswith("GET /ip HTTP/1.1\r\n")
    assert "Accept-Encoding: identity\r\n" in asked
    assert "Authorization" not in asked
