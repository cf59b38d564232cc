"""Finding the public address: who is asked, in which order, and who is believed."""

from asyncio import CancelledError, create_task, gather
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns import web
from custom_components.raindrop.ddns.detect import Detector, verdict
from custom_components.raindrop.ddns.model import Address, Family, Source
from custom_components.raindrop.ddns.reading import Answer, Problem, Reading
from custom_components.raindrop.ddns.web import Form
from lab import Lab
from tests.conftest import HOME, HOME_V6, NEXT

from .builders import A1, A2, A3, HERE, HERE_V6
from .house import new_detector

IPV4, IPV6 = Family.IPV4, Family.IPV6
OPERATORS = ["cloudflare", "ipify", "ident.me", "amazon", "home-assistant"]
OTHER = "81.2.69.146"


async def settle(detector: Detector, lab: Lab, family: Family = IPV4) -> Reading:
    """Let a detector know where the home is, and forget what that took."""
    reading = await detector.confirm(await detector.look(Source(family)))
    lab.log.clear()
    return reading


def said(reading: Reading) -> dict[str, str | None]:
    """Return what each operator said."""
    return {
        answer.operator: str(answer.address) if answer.address else answer.problem
        for answer in reading.answers
    }


async def test_s7_the_first_address_needs_two_operators(lab: Lab, detector: Detector) -> None:
    """Lesson S7: at the start nothing is known, and one operator alone is not believed."""
    look = await detector.look(HERE)

    assert (look.address, look.is_open) == (None, True)
    assert said(look) == {"cloudflare": HOME}

    reading = await detector.confirm(look)

    assert (reading.address, reading.is_open) == (ip_address(HOME), False)
    assert said(reading) == {"cloudflare": HOME, "ipify": HOME}
    assert lab.log.count(service="ip") == 2


async def test_an_unchanged_address_costs_one_question(lab: Lab, detector: Detector) -> None:
    """An answer that repeats what is known is enough by itself, round after round."""
    await settle(detector, lab)

    for _ in range(3):
        reading = await detector.confirm(await detector.look(HERE))
        assert reading.address == ip_address(HOME)
        assert said(reading) == {"cloudflare": HOME}

    assert [entry.operator for entry in lab.log.entries] == ["cloudflare"] * 3
    assert lab.log.surprises == []


async def test_a_changed_address_costs_two_questions(lab: Lab, detector: Detector) -> None:
    """A change is believed when a second operator tells of it, and is then what is known."""
    await settle(detector, lab)
    lab.ip.set_address(NEXT)

    look = await detector.look(HERE)
    assert look.address is None
    reading = await detector.confirm(look)

    assert reading.address == ip_address(NEXT)
    assert lab.log.count(service="ip") == 2
    assert (await detector.look(HERE)).address == ip_address(NEXT)


@pytest.mark.parametrize(
    "addresses, expected, asked",
    [
        pytest.param([OTHER, HOME, HOME], HOME, 3, id="first lies/third decides for known"),
        pytest.param([NEXT, HOME, NEXT], NEXT, 3, id="second lags/third decides for new"),
        pytest.param([NEXT, OTHER, NEXT], NEXT, 3, id="second lies/third decides for new"),
        pytest.param([NEXT, OTHER, OTHER], OTHER, 3, id="first lags/third decides for other"),
        pytest.param([NEXT, OTHER, HOME, NEXT], NEXT, 4, id="three voices/fourth decides"),
        pytest.param(
            [NEXT, OTHER, HOME, "81.2.69.150", HOME], HOME, 5, id="four voices/fifth decides"
        ),
        pytest.param(
            [NEXT, OTHER, "81.2.69.148", "81.2.69.150", "81.2.69.152"],
            None,
            5,
            id="five voices/nobody",
        ),
        pytest.param(
            [NEXT, OTHER, "81.2.69.148", "81.2.69.150", HOME], None, 5, id="one for known/nobody"
        ),
    ],
)
async def test_s7_two_of_one_mind_decide(
    lab: Lab, detector: Detector, addresses: list[str], expected: str | None, asked: int
) -> None:
    """Lesson S7: where operators contradict each other, further ones are asked until two agree."""
    await settle(detector, lab)
    for operator, address in zip(OPERATORS, addresses, strict=False):
        lab.ip.set_address(address, operator=operator)

    reading = await detector.confirm(await detector.look(HERE))

    assert reading.address == (ip_address(expected) if expected else None)
    assert reading.is_disputed
    assert [entry.operator for entry in lab.log.entries] == OPERATORS[:asked]
    assert said(reading) == dict(zip(OPERATORS, addresses, strict=False))


async def test_nobody_is_asked_twice_in_a_round(lab: Lab, detector: Detector) -> None:
    """A reading that stays open when all were asked is not confirmed by asking them again."""
    for last, operator in enumerate(OPERATORS, start=150):
        lab.ip.set_address(f"81.2.69.{last}", operator=operator)
    reading = await detector.confirm(await detector.look(HERE))
    assert reading.is_open

    assert await detector.confirm(reading) == reading
    assert lab.log.count(service="ip") == 5


async def test_the_known_address_outlives_a_dispute(lab: Lab, detector: Detector) -> None:
    """What was agreed on stays known while a dispute comes and goes."""
    await settle(detector, lab)
    for last, operator in enumerate(OPERATORS, start=150):
        lab.ip.set_address(f"81.2.69.{last}", operator=operator)
    assert (await detector.confirm(await detector.look(HERE))).address is None
    lab.ip.set_address(HOME)

    assert (await detector.look(HERE)).address == ip_address(HOME)


async def test_ipv6_is_asked_over_ipv6(lab: Lab, detector: Detector) -> None:
    """Each family is asked over its own sockets, and only of operators that have it."""
    lab.ip.set_address("2001:218:1:2::9", operator="ipify")

    reading = await detector.confirm(await detector.look(HERE_V6))

    assert reading.address == ip_address(HOME_V6)
    assert said(reading) == {
        "cloudflare": HOME_V6,
        "ipify": "2001:218:1:2::9",
        "ident.me": HOME_V6,
    }
    assert {entry.family for entry in lab.log.entries} == {6}
    lab.ip.set_address(None, family=6)
    without = await detector.look(HERE_V6)
    assert list(said(without)) == ["cloudflare", "ipify", "ident.me", "home-assistant"]


async def test_families_do_not_mix(lab: Lab, detector: Detector) -> None:
    """What is known of one family says nothing about the other, and a failure stays in its own."""
    lab.ip.set_address(None, family=6)

    ipv4, ipv6 = await gather(detector.look(HERE), detector.look(HERE_V6))

    assert (await detector.confirm(ipv4)).address == ip_address(HOME)
    assert (await detector.confirm(ipv6)) == ipv6
    assert (ipv6.address, ipv6.is_open) == (None, False)
    assert set(said(ipv6).values()) == {Problem.UNREACHABLE}


async def test_both_families_are_asked_side_by_side(lab: Lab, detector: Detector) -> None:
    """The look-up of one family does not wait for the other's."""
    hold = lab.faults.add("ip", "cloudflare", kind="hold")
    looks = gather(detector.look(HERE), detector.look(HERE_V6))

    first, second = await lab.log.arrived(2, service="ip")
    hold.release()
    await looks

    assert first.overlaps(second)
    assert {first.family, second.family} == {4, 6}


async def test_concurrent_askers_join_the_look_up_in_flight(lab: Lab, detector: Detector) -> None:
    """Ten zones that look at the same time ask once: they join the look-up in flight."""
    hold = lab.faults.add("ip", "cloudflare", kind="hold")
    looks = [create_task(detector.look(HERE)) for _ in range(10)]
    await lab.log.arrived(1, service="ip")
    hold.release()

    readings = await gather(*looks)

    assert {reading.answers for reading in readings} == {readings[0].answers}
    assert lab.log.count(service="ip") == 1


async def test_a_look_up_that_is_cut_off_leaves_room_for_the_next(
    lab: Lab, detector: Detector
) -> None:
    """When who asks is cancelled, nothing goes on, and the next asks anew."""
    hold = lab.faults.add("ip", "cloudflare", kind="hold")
    looking = create_task(detector.look(HERE))
    await lab.log.arrived(1, service="ip")
    looking.cancel()
    with pytest.raises(CancelledError):
        await looking
    hold.release()

    assert said(await detector.look(HERE)) == {"cloudflare": HOME}
    assert lab.log.count(service="ip") == 2


@pytest.mark.parametrize(
    "answers, known, believed",
    [
        pytest.param([], None, None, id="silence/none"),
        pytest.param([], A1, None, id="silence though known/none"),
        pytest.param([None], A1, None, id="failure though known/none"),
        pytest.param([A1], None, None, id="one/none"),
        pytest.param([A1], A1, A1, id="one that is known/it"),
        pytest.param([None, A1], A1, A1, id="failure and known/it"),
        pytest.param([A1, A1], A1, A1, id="two that are known/it"),
        pytest.param([A2], A1, None, id="one that is new/none"),
        pytest.param([A2, A2], A1, A2, id="two that are new/it"),
        pytest.param([A2, None, A2], A1, A2, id="two around a failure/it"),
        pytest.param([A2, A1], A1, None, id="one against known/none"),
        pytest.param([A2, A1, A1], A1, A1, id="two for known/it"),
        pytest.param([A2, A1, A2], A1, A2, id="two against known/it"),
        pytest.param([A1, A2, A3], None, None, id="three voices/none"),
        pytest.param([A1, A1, A2, A2], A1, None, id="two against two/none"),
        pytest.param([A1, A1, A2, A2, A2], None, None, id="two against three/none"),
    ],
)
def test_the_verdict(
    answers: list[Address | None], known: Address | None, believed: Address | None
) -> None:
    """Known and unopposed, or said by two and by no other two: that is what is believed."""
    heard = [
        Answer(operator=str(n), address=address, problem=None if address else Problem.TIMEOUT)
        for n, address in enumerate(answers)
    ]

    assert verdict(HERE, heard, known) == believed


def test_the_built_in_sources_are_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every source is asked over HTTPS, and Cloudflare, who holds the zone, comes first."""
    operators = [source.operator for source in web.WEB_SOURCES]

    assert operators == ["Cloudflare", "ipify", "ident.me", "Amazon", "Home Assistant"]
    for source in web.WEB_SOURCES:
        assert source.urls.keys() <= set(Family)
        assert {urlsplit(url).scheme for url in source.urls.values()} == {"https"}
    for family in Family:
        assert len([s for s in web.WEB_SOURCES if family in s.urls]) >= 3
    first = web.WEB_SOURCES[0]
    assert (first.form, set(first.urls)) == (Form.TRACE, set(Family))


async def test_a_detector_without_sources_knows_nothing(
    sessions: Mapping[Family, ClientSession],
) -> None:
    """Nobody to ask is no address, and no failure."""
    detector = new_detector(sessions, ())

    reading = await detector.confirm(await detector.look(HERE))

    assert reading == Reading(source=HERE)
