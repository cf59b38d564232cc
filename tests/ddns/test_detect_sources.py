"""Who can say our address besides the web's operators, and how often anybody is asked."""

from asyncio import create_task, gather, get_running_loop
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns import inquiry, web
from custom_components.raindrop.ddns.detect import Detector, Told
from custom_components.raindrop.ddns.model import Address, Family, Source, SourceKind
from custom_components.raindrop.ddns.reading import Problem, Reading
from lab import Lab
from tests.conftest import HOME, HOME_V6, NEXT

from .builders import HERE, HERE_V6
from .house import House, new_detector
from .rounds import Keeper
from .test_detect import OPERATORS, OTHER, said, settle

IPV4, IPV6 = Family.IPV4, Family.IPV6
ROUTER = Source(IPV4, SourceKind.ENTITY, entity="router")
LTE = Source(IPV4, SourceKind.ENTITY, entity="lte", is_default_way=False)
OWN = Source(IPV6, SourceKind.OWN)
SAME_LINK = "2001:218:1:2:9d3c:41aa:7b02:e6f1"
NEXT_V6, NEXT_SAME_LINK = "2001:218:1:3::142", "2001:218:1:3:9d3c::1"
CYCLE = timedelta(minutes=5)
CYCLE_S = CYCLE.total_seconds()
HOUR_S = 3600.0
FOREVER_S = 3600.0


class Remembering(House):
    """A house that knows since when its entities say what they say."""

    since: datetime | None = None

    async def tell(self, source: Source) -> Told:
        """Say what an entity says, and since when."""
        return replace(await super().tell(source), since=self.since)


@pytest.fixture
def house() -> House:
    """Return a house whose router and whose host know where they are."""
    house = Remembering()
    house.says = {"router": HOME, "": HOME_V6}
    return house


@pytest.fixture
def detector(lab: Lab, sessions: Mapping[Family, ClientSession], house: House) -> Detector:
    """Return a detector in that house, that knows no address yet."""
    return new_detector(sessions, web.WEB_SOURCES, house)


async def read(detector: Detector, source: Source, max_age: timedelta = timedelta()) -> Reading:
    """Look for the address of a source, and have it confirmed."""
    return await detector.confirm(await detector.look(source, max_age))


async def move_in(detector: Detector, lab: Lab, source: Source) -> None:
    """Let a detector know the address of a source, and forget what that took."""
    assert (await read(detector, source)).address is not None
    lab.log.clear()


def asked(lab: Lab) -> list[str | None]:
    """Return whom of the web was asked, and forget it."""
    operators = [entry.operator for entry in lab.log.select(service="ip")]
    lab.log.clear()
    return operators


def custom(lab: Lab, *operators: str) -> Source:
    """Return a source of pages that the user chose among the lab's."""
    urls = {service.name: service.urls[4] for service in lab.ip.services}
    return Source(IPV4, SourceKind.URLS, urls=tuple(urls[operator] for operator in operators))


def known(detector: Detector, source: Source) -> str | None:
    """Return the address that is believed of a source."""
    address: Address | None = detector.known(source)
    return str(address) if address else None


async def test_a_router_that_says_what_is_known_costs_no_question(
    lab: Lab, detector: Detector
) -> None:
    """While the router says the address that is known, nobody in the Internet is asked."""
    first = await read(detector, ROUTER)
    assert said(first) == {"router": HOME, "cloudflare": HOME}
    assert asked(lab) == ["cloudflare"]

    for _ in range(3):
        reading = await read(detector, ROUTER)
        assert (reading.address, said(reading)) == (ip_address(HOME), {"router": HOME})

    assert asked(lab) == []
    assert (reading.operator, reading.is_substitute) == ("router", False)


async def test_a_move_that_the_router_tells_costs_one_question(
    lab: Lab, detector: Detector, house: House
) -> None:
    """When the router tells of a new address, one operator of the web has to agree."""
    await move_in(detector, lab, ROUTER)
    house.says["router"] = NEXT
    lab.ip.set_address(NEXT)

    look = await detector.look(ROUTER)
    assert (look.address, look.is_open, look.heard) == (None, True, ip_address(NEXT))
    reading = await detector.confirm(look)

    assert (reading.address, reading.is_disputed) == (ip_address(NEXT), False)
    assert asked(lab) == ["cloudflare"]
    assert known(detector, ROUTER) == NEXT


@pytest.mark.parametrize("router", [NEXT, OTHER])
async def test_s8_the_internet_is_believed_against_the_router(
    lab: Lab, detector: Detector, house: House, router: str
) -> None:
    """Lesson S8: a router behind another one, or beside a VPN, knows another address.

    Two operators who see the home from outside are believed, and the
    contradiction is told.
    """
    await move_in(detector, lab, ROUTER)
    house.says["router"] = router

    reading = await read(detector, ROUTER)

    assert (reading.address, reading.is_disputed) == (ip_address(HOME), True)
    assert said(reading) == {"router": router, "cloudflare": HOME, "ipify": HOME}
    assert (reading.operator, reading.is_substitute) == ("cloudflare", False)


async def test_a_router_that_nobody_agrees_with_is_not_believed(
    lab: Lab, detector: Detector, house: House
) -> None:
    """If the router alone says an address while the web says nothing, nothing is believed."""
    await move_in(detector, lab, ROUTER)
    house.says["router"] = NEXT
    lab.faults.add("ip", kind="status")

    reading = await read(detector, ROUTER)

    assert (reading.address, reading.is_open) == (None, True)
    assert asked(lab) == OPERATORS
    assert known(detector, ROUTER) == HOME


@pytest.mark.parametrize(
    "text, problem, shown",
    [
        pytest.param("100.64.0.1", Problem.CGNAT, "100.64.0.1", id="carrier's NAT/shown"),
        pytest.param("192.168.1.2", Problem.NOT_PUBLIC, "192.168.1.2", id="private/shown"),
        pytest.param("104.18.0.0", Problem.CLOUDFLARE, "104.18.0.0", id="Cloudflare's own/shown"),
        pytest.param(HOME_V6, Problem.WRONG_FAMILY, HOME_V6, id="other family/shown"),
        pytest.param("connected", Problem.NOT_AN_ADDRESS, None, id="word/nothing"),
        pytest.param(f"IP {HOME}", Problem.NOT_AN_ADDRESS, None, id="sentence/nothing"),
        pytest.param("", Problem.NOT_AN_ADDRESS, None, id="empty/nothing"),
        pytest.param("unavailable", Problem.NOT_AN_ADDRESS, None, id="unavailable/nothing"),
        pytest.param(None, Problem.SILENT, None, id="no state/nothing"),
    ],
)
@pytest.mark.parametrize("source", [ROUTER, LTE], ids=["way out", "other way"])
async def test_s5_what_an_entity_says_is_checked_like_all(
    lab: Lab,
    detector: Detector,
    house: House,
    source: Source,
    text: str | None,
    problem: Problem,
    shown: str | None,
) -> None:
    """Lesson S5: an entity's address that may not be written is none, and nobody is asked yet."""
    house.says[source.entity] = text

    reading = await read(detector, source)

    assert (reading.address, reading.held, reading.is_open) == (None, None, False)
    (answer,) = reading.answers
    assert (answer.operator, answer.problem) == (source.entity, problem)
    assert answer.said == (ip_address(shown) if shown else None)
    assert (reading.heard, reading.operator, asked(lab)) == (None, None, [])


async def test_a_silence_shorter_than_a_cycle_is_waited_out(
    lab: Lab, detector: Detector, house: House
) -> None:
    """A router that starts anew says nothing for a while, and nobody else is asked for that."""
    await move_in(detector, lab, ROUTER)
    house.says["router"] = None
    for _ in range(4):
        reading = await read(detector, ROUTER)
        assert (reading.address, said(reading)) == (None, {"router": Problem.SILENT})
        house.passes(60)
    house.says["router"] = HOME

    assert (await read(detector, ROUTER)).address == ip_address(HOME)
    assert asked(lab) == []


@pytest.mark.parametrize("text", [None, "unavailable", "100.64.0.1"])
async def test_after_a_cycle_of_silence_the_web_speaks(
    lab: Lab, detector: Detector, house: House, text: str | None
) -> None:
    """A router that says no address for a whole cycle is stood in for by the web."""
    await move_in(detector, lab, ROUTER)
    house.says["router"] = text
    await read(detector, ROUTER)
    house.passes(CYCLE_S)
    lab.ip.set_address(NEXT)

    reading = await read(detector, ROUTER)

    assert (reading.address, reading.is_substitute) == (ip_address(NEXT), True)
    assert asked(lab) == ["cloudflare", "ipify"]
    assert reading.operator == "cloudflare"
    again = await read(detector, ROUTER)
    assert (again.address, again.is_substitute) == (ip_address(NEXT), True)
    assert asked(lab) == ["cloudflare"]


async def test_the_web_speaks_ten_seconds_before_a_cycle_is_over(
    lab: Lab, detector: Detector, house: House
) -> None:
    """Rounds do not come to the second: so late in a silence, nobody waits for the next one."""
    await move_in(detector, lab, ROUTER)
    house.says["router"] = None
    await read(detector, ROUTER)
    house.passes(CYCLE_S - 11)
    assert (await read(detector, ROUTER)).address is None
    house.passes(1)

    assert (await read(detector, ROUTER)).address == ip_address(HOME)


async def test_a_silence_begins_anew_after_a_word(
    lab: Lab, detector: Detector, house: House
) -> None:
    """A router that said something between two silences is given the whole time again."""
    await move_in(detector, lab, ROUTER)
    for text in (None, HOME, None):
        house.says["router"] = text
        await read(detector, ROUTER)
        house.passes(CYCLE_S - 60)

    assert (await read(detector, ROUTER)).address is None
    assert asked(lab) == []


async def test_a_silence_counts_from_its_beginning(
    lab: Lab, detector: Detector, house: Remembering
) -> None:
    """If it is known since when the router has been silent, nobody waits for a cycle more."""
    house.says["router"] = None
    house.since = house.now - CYCLE

    assert (await read(detector, ROUTER)).address == ip_address(HOME)

    house.since = house.now + CYCLE
    assert (await read(detector, ROUTER)).address == ip_address(HOME)


async def test_the_entity_of_another_way_out_has_to_stand_still(
    lab: Lab, detector: Detector, house: House
) -> None:
    """What the Internet sees is not the address of another way out: time has to confirm it."""
    house.says["lte"] = OTHER

    first = await read(detector, LTE)
    assert (first.address, first.held, first.is_open) == (None, ip_address(OTHER), False)
    assert (first.hold_s, first.is_flapping) == (10, False)
    house.passes(9)
    assert (await read(detector, LTE)).hold_s == 1
    house.passes(1)
    second = await read(detector, LTE)

    assert (second.address, second.held, second.hold_s) == (ip_address(OTHER), None, 0)
    assert asked(lab) == []


async def test_the_entity_of_another_way_out_has_no_substitute(
    lab: Lab, detector: Detector, house: House
) -> None:
    """However long it is silent, the web cannot speak for another way out."""
    house.says["lte"] = None
    for _ in range(3):
        reading = await read(detector, LTE)
        assert (reading.address, reading.is_substitute) == (None, False)
        house.passes(CYCLE_S)

    assert asked(lab) == []


async def test_an_entity_that_changes_while_it_is_held_stands_anew(
    lab: Lab, detector: Detector, house: House
) -> None:
    """Each address that nobody can confirm has to stand by itself, from when it is heard."""
    held: list[str] = []
    for text in (HOME, OTHER, HOME, NEXT):
        house.says["lte"] = text
        reading = await read(detector, LTE)
        assert (reading.address, reading.hold_s) == (None, 10)
        held.append(str(reading.held))
        house.passes(6)
    assert held == [HOME, OTHER, HOME, NEXT]

    house.passes(4)

    assert (await read(detector, LTE)).address == ip_address(NEXT)


async def test_a_source_that_flip_flops_is_held(lab: Lab, detector: Detector) -> None:
    """Complaint 23: an address that comes and goes is followed once, and then has to stand still.

    When it has stood for two minutes it is believed.
    """
    believed = []
    for address in (HOME, NEXT, HOME, NEXT):
        lab.ip.set_address(address)
        reading = await read(detector, HERE)
        believed.append(str(reading.address))
        house_of(detector).passes(30)
    assert believed == [HOME, NEXT, HOME, "None"]
    assert (reading.held, reading.is_flapping, reading.is_open) == (ip_address(NEXT), True, False)
    assert (reading.hold_s, reading.before) == (120, ip_address(HOME))
    lab.ip.set_address(HOME)
    back = await read(detector, HERE)
    assert (back.address, back.is_flapping, back.hold_s) == (ip_address(HOME), False, 0)
    assert back.before is None
    lab.ip.set_address(NEXT)
    assert (await read(detector, HERE)).hold_s == 120
    house_of(detector).passes(120)

    still = await read(detector, HERE)

    assert (still.address, still.held, still.is_flapping) == (ip_address(NEXT), None, False)


async def test_a_round_that_hears_nothing_holds_nothing(
    lab: Lab, detector: Detector, house: House
) -> None:
    """What has to stand still is told in rounds that hear it, and stands anew after others."""
    house.says["lte"] = OTHER
    assert (await read(detector, LTE)).held == ip_address(OTHER)
    house.passes(4)
    house.says["lte"] = None

    reading = await read(detector, LTE)

    assert (reading.held, reading.hold_s) == (None, 0)
    house.passes(6)
    house.says["lte"] = OTHER
    reading = await read(detector, LTE)
    assert (reading.address, reading.held, reading.hold_s) == (None, ip_address(OTHER), 10)


async def test_a_round_that_hears_nothing_tells_of_no_wait(lab: Lab, detector: Detector) -> None:
    """What has to stand still goes on to, but a round that does not hear it has none to tell of."""
    for address in (HOME, NEXT, HOME, NEXT):
        lab.ip.set_address(address)
        reading = await read(detector, HERE)
    assert (reading.held, reading.hold_s) == (ip_address(NEXT), 120)
    lab.faults.add("ip", kind="status")

    silent = await read(detector, HERE)

    assert (silent.held, silent.hold_s) == (None, 0)
    lab.faults.clear()
    house_of(detector).passes(120)
    assert (await read(detector, HERE)).address == ip_address(NEXT)


def house_of(detector: Detector) -> House:
    """Return the house whose clock a detector looks at."""
    house: object = getattr(detector._now, "__self__", None)
    assert isinstance(house, House)
    return house


async def test_the_own_address_is_confirmed_by_its_link(lab: Lab, detector: Detector) -> None:
    """A host speaks from a temporary address: whoever sees one of the same link agrees."""
    lab.ip.set_address(SAME_LINK)

    reading = await read(detector, OWN)

    assert (reading.address, reading.is_disputed) == (ip_address(HOME_V6), False)
    assert said(reading) == {"host": HOME_V6, "cloudflare": SAME_LINK}
    assert asked(lab) == ["cloudflare"]
    assert (await read(detector, OWN)).address == ip_address(HOME_V6)
    assert asked(lab) == []


async def test_the_own_address_is_never_replaced_by_what_the_web_sees(
    lab: Lab, detector: Detector
) -> None:
    """If the Internet sees the host on another link, neither address is believed."""
    lab.ip.set_address(NEXT_V6)

    reading = await read(detector, OWN)

    assert (reading.address, reading.is_disputed) == (None, True)
    assert asked(lab) == ["cloudflare", "ipify", "ident.me", "home-assistant"]
    assert known(detector, OWN) is None


async def test_a_new_prefix_moves_the_own_address(
    lab: Lab, detector: Detector, house: House
) -> None:
    """When the prefix changes, the host's new stable address is what counts."""
    await move_in(detector, lab, OWN)
    house.says[""] = NEXT_V6
    lab.ip.set_address(NEXT_SAME_LINK)

    assert (await read(detector, OWN)).address == ip_address(NEXT_V6)
    assert asked(lab) == ["cloudflare"]


async def test_an_old_prefix_that_lingers_is_not_believed(
    lab: Lab, detector: Detector, house: House
) -> None:
    """A host that still has its old address is not believed against the Internet, nor for it."""
    await move_in(detector, lab, OWN)
    house.says[""] = NEXT_V6

    reading = await read(detector, OWN)

    assert (reading.address, reading.is_disputed) == (None, True)
    assert known(detector, OWN) == HOME_V6


async def test_a_host_without_an_own_address_asks_nobody(
    lab: Lab, detector: Detector, house: House
) -> None:
    """The web cannot say the host's stable address, so it is not asked to, however long."""
    house.says[""] = None
    for _ in range(2):
        reading = await read(detector, OWN)
        assert (reading.address, said(reading)) == (None, {"host": Problem.SILENT})
        house.passes(CYCLE_S)

    assert asked(lab) == []


async def test_one_page_of_the_users_has_to_stand_still(
    lab: Lab, detector: Detector, house: House
) -> None:
    """One page alone can be confirmed by nobody, so its answer has to stand for ten seconds."""
    source = custom(lab, "ident.me")

    first = await read(detector, source)
    assert (first.address, first.held, first.hold_s) == (None, ip_address(HOME), 10)
    house.passes(10)

    assert (await read(detector, source)).address == ip_address(HOME)
    assert asked(lab) == ["ident.me", "ident.me"]


async def test_one_page_that_failed_meanwhile_has_to_stand_anew(
    lab: Lab, detector: Detector, house: House
) -> None:
    """What a page said before it was silent, and says again after it, did not stand still."""
    source = custom(lab, "ident.me")
    await read(detector, source)
    lab.faults.add("ip", "ident.me", kind="html", times=1)
    house.passes(CYCLE_S)
    assert (await read(detector, source)).held is None
    house.passes(CYCLE_S)

    again = await read(detector, source)

    assert (again.address, again.held, again.hold_s) == (None, ip_address(HOME), 10)


async def test_one_page_that_fails_says_nothing(lab: Lab, detector: Detector) -> None:
    """If the only page fails, no operator of our own choice stands in for it."""
    lab.faults.add("ip", "ident.me", kind="html")

    reading = await read(detector, custom(lab, "ident.me"))

    assert (reading.address, reading.held) == (None, None)
    assert asked(lab) == ["ident.me"]


@pytest.mark.parametrize("known", [HOME, None], ids=["changed", "first"])
async def test_of_two_pages_the_slow_one_is_given_its_time(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch, known: str | None
) -> None:
    """If nobody else can confirm, who was only slow is asked on: else two never agreed."""
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.01)
    source = custom(lab, "ident.me", "ipify")
    if known:
        await move_in(detector, lab, source)
        lab.ip.set_address(NEXT)
    lab.faults.add("ip", "ident.me", kind="hold", times=1)

    assert (await read(detector, source)).address == ip_address(NEXT if known else HOME)
    assert asked(lab) == ["ident.me", "ipify", "ident.me"]


async def test_of_two_slow_pages_the_last_is_waited_for(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nobody is left to be asked, those who are being asked still may answer."""
    source = custom(lab, "ident.me", "ipify")
    await move_in(detector, lab, source)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.01)
    lab.faults.add("ip", "ident.me", kind="slow", delay=0.1)
    lab.faults.add("ip", "ident.me", kind="status")
    lab.faults.add("ip", "ipify", kind="slow", delay=0.3)

    assert [*said(await detector.look(source)).values()] == [Problem.STATUS, HOME]
    assert asked(lab) == ["ident.me", "ipify"]


async def test_two_pages_of_the_users_have_to_agree(lab: Lab, detector: Detector) -> None:
    """Two pages are asked like operators: both for a change, one while nothing changes."""
    source = custom(lab, "amazon", "cloudflare")

    assert (await read(detector, source)).address == ip_address(HOME)
    assert asked(lab) == ["amazon", "cloudflare"]
    assert (await read(detector, source)).address == ip_address(HOME)
    assert asked(lab) == ["amazon"]


async def test_two_pages_that_disagree_say_nothing(lab: Lab, detector: Detector) -> None:
    """Where two pages contradict each other nobody decides, and what was known stays known."""
    source = custom(lab, "amazon", "cloudflare")
    await move_in(detector, lab, source)
    lab.ip.set_address(NEXT, operator="amazon")

    reading = await read(detector, source)

    assert (reading.address, reading.is_open, reading.is_disputed) == (None, True, True)
    assert asked(lab) == ["amazon", "cloudflare"]
    assert known(detector, source) == HOME


async def test_pages_of_the_users_never_rest(lab: Lab, detector: Detector) -> None:
    """Pages that the user chose are asked every time, however often they fail."""
    source = custom(lab, "amazon", "cloudflare")
    await move_in(detector, lab, source)
    lab.faults.add("ip", "amazon", kind="status")
    for _ in range(5):
        assert (await read(detector, source)).address == ip_address(HOME)

    assert asked(lab).count("cloudflare") == 5


async def test_sources_do_not_share_what_they_know(lab: Lab, detector: Detector) -> None:
    """What is believed of one source says nothing of another of the same family."""
    await move_in(detector, lab, ROUTER)

    assert (known(detector, ROUTER), known(detector, HERE)) == (HOME, None)


@pytest.mark.parametrize("source", [HERE, ROUTER, HERE_V6, OWN])
async def test_ten_zones_are_one_look_up(
    lab: Lab, detector: Detector, house: House, source: Source
) -> None:
    """Ten zones, at the same time or one after the other, cost one look-up in a cycle."""
    readings = await gather(*(read(detector, source, CYCLE) for _ in range(10)))
    once = asked(lab)
    assert len(once) == (2 if source in {HERE, HERE_V6} else 1)
    for _ in range(10):
        house.passes(CYCLE_S / 11)
        readings.append(await read(detector, source, CYCLE))

    assert len({(reading.address, reading.answers) for reading in readings}) == 1
    assert readings[-1].address is not None
    assert asked(lab) == []


@pytest.mark.parametrize(
    "passed_s, max_age_s, is_reused",
    [
        pytest.param(0, 0, False, id="no age allowed/asked"),
        pytest.param(0, 1, True, id="fresh/reused"),
        pytest.param(299, 300, True, id="younger than a cycle/reused"),
        pytest.param(300, 300, False, id="a cycle old/asked"),
        pytest.param(301, 300, False, id="older/asked"),
        pytest.param(-1, 300, False, id="clock put back/asked"),
    ],
)
async def test_a_reading_is_reused_while_it_is_young(
    lab: Lab,
    detector: Detector,
    house: House,
    passed_s: float,
    max_age_s: float,
    *,
    is_reused: bool,
) -> None:
    """How old a reading of another zone may be is up to who asks."""
    await move_in(detector, lab, HERE)
    lab.ip.set_address(NEXT)
    house.passes(passed_s)

    reading = await detector.look(HERE, timedelta(seconds=max_age_s))

    assert reading.address == (ip_address(HOME) if is_reused else None)
    assert asked(lab) == ([] if is_reused else ["cloudflare"])


async def test_what_an_entity_says_meanwhile_counts(
    lab: Lab, detector: Detector, house: House
) -> None:
    """A young reading is of no use when the router says something else by now."""
    await move_in(detector, lab, ROUTER)
    lab.ip.set_address(NEXT)
    assert (await detector.look(ROUTER, CYCLE)).address == ip_address(HOME)
    house.says["router"] = NEXT

    assert (await read(detector, ROUTER, CYCLE)).address == ip_address(NEXT)
    assert asked(lab) == ["cloudflare"]

    house.says["router"] = None
    assert (await read(detector, ROUTER, CYCLE)).address is None


async def test_a_substitute_is_reused_while_the_router_is_silent(
    lab: Lab, detector: Detector, house: House
) -> None:
    """While the router goes on to say nothing, the web's word for it does for all zones."""
    house.says["router"] = None
    await read(detector, ROUTER)
    house.passes(CYCLE_S)
    for _ in range(10):
        assert (await read(detector, ROUTER, CYCLE)).is_substitute

    assert asked(lab) == ["cloudflare", "ipify"]


async def test_a_reading_without_an_address_is_not_reused(lab: Lab, detector: Detector) -> None:
    """Where nothing was found, the next who asks looks anew."""
    lab.faults.add("ip", kind="status")
    assert (await read(detector, HERE, CYCLE)).address is None
    lab.faults.clear()
    lab.log.clear()

    assert (await read(detector, HERE, CYCLE)).address == ip_address(HOME)
    assert asked(lab) == ["cloudflare", "ipify"]


async def test_a_held_reading_is_not_reused(lab: Lab, detector: Detector, house: House) -> None:
    """What has to stand still is looked at again by whoever asks, so that its wait can end."""
    house.says["lte"] = OTHER
    await read(detector, LTE, CYCLE)
    house.passes(10)

    assert (await read(detector, LTE, CYCLE)).address == ip_address(OTHER)


@pytest.mark.parametrize(
    "ago_s", [pytest.param(3, id="since a while"), pytest.param(0, id="since now")]
)
async def test_what_was_said_anew_meanwhile_stands_anew(
    lab: Lab, detector: Detector, house: Remembering, ago_s: float
) -> None:
    """An entity that was silent between two looks, unseen, has to stand from then on."""
    house.says["lte"] = OTHER
    house.since = house.now
    assert (await read(detector, LTE)).hold_s == 10
    house.passes(11)
    house.since = house.now - timedelta(seconds=ago_s)

    reading = await read(detector, LTE)

    assert (reading.address, reading.held, reading.hold_s) == (None, ip_address(OTHER), 10)
    house.passes(10)
    assert (await read(detector, LTE)).address == ip_address(OTHER)


async def test_what_was_said_all_the_time_stood_still(
    lab: Lab, detector: Detector, house: Remembering
) -> None:
    """An entity that says the same since it was first looked at need not stand anew."""
    house.says["lte"] = OTHER
    house.since = house.now
    assert (await read(detector, LTE)).hold_s == 10
    house.passes(10)

    assert (await read(detector, LTE)).address == ip_address(OTHER)


@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "unseen"])
async def test_a_silence_does_not_end_flapping(
    lab: Lab, detector: Detector, house: Remembering, *, is_seen: bool
) -> None:
    """Who keeps coming and going, and is silent in between, has to stand for as long as before."""
    for address in (HOME, OTHER, HOME):
        house.says["lte"] = address
        await read(detector, LTE)
        house.passes(10)
        assert (await read(detector, LTE)).address == ip_address(address)
    house.says["lte"] = OTHER
    assert (await read(detector, LTE)).hold_s == 120
    house.passes(60)
    if is_seen:
        house.says["lte"] = None
        assert (await read(detector, LTE)).hold_s == 0
        house.says["lte"] = OTHER
    else:
        house.since = house.now

    reading = await read(detector, LTE)

    assert (reading.held, reading.is_flapping, reading.hold_s) == (ip_address(OTHER), True, 120)


async def test_who_listens_hears_of_every_change_once(
    lab: Lab, detector: Detector, house: House
) -> None:
    """Whoever listens is told when another address is believed, and of nothing else."""
    heard: list[tuple[Source, str | None]] = []
    end = detector.listen(lambda source: heard.append((source, known(detector, source))))
    more: list[Source] = []
    detector.listen(more.append)

    await gather(*(read(detector, HERE) for _ in range(10)))
    assert heard == [(HERE, HOME)]
    await read(detector, HERE)
    await read(detector, ROUTER)
    assert heard == [(HERE, HOME), (ROUTER, HOME)]
    lab.faults.add("ip", kind="status")
    await read(detector, HERE)
    lab.faults.clear()
    lab.ip.set_address(NEXT)
    await detector.look(HERE)
    assert len(heard) == 2
    await read(detector, HERE)
    assert heard[2:] == [(HERE, NEXT)]

    end()
    lab.ip.set_address(OTHER)
    await read(detector, HERE)

    assert (len(heard), more) == (3, [HERE, ROUTER, HERE, HERE])


async def test_who_listens_may_stop_while_being_told(lab: Lab, detector: Detector) -> None:
    """One who stops listening when told does not keep it from the others."""
    heard: list[str] = []
    ends: dict[str, Callable[[], None]] = {}

    def listener(name: str) -> Callable[[Source], None]:
        def hear(_source: Source) -> None:
            heard.append(name)
            ends[name]()

        return hear

    for name in ("one", "two"):
        ends[name] = detector.listen(listener(name))

    await read(detector, HERE)
    assert heard == ["one", "two"]
    lab.ip.set_address(NEXT)
    await read(detector, HERE)

    assert heard == ["one", "two"]


async def rounds(detector: Detector, lab: Lab, count: int, source: Source = HERE) -> list[str]:
    """Run rounds without a move, and return whom the last of them asked."""
    for _ in range(count):
        lab.log.clear()
        await read(detector, source)
    return [str(operator) for operator in asked(lab)]


async def test_who_keeps_failing_rests(lab: Lab, detector: Detector, house: House) -> None:
    """An operator that failed three times while others answered is not asked for an hour."""
    await move_in(detector, lab, HERE)
    lab.faults.add("ip", "cloudflare", kind="status")

    assert await rounds(detector, lab, 3) == ["cloudflare", "ipify"]
    assert await rounds(detector, lab, 3) == ["ipify"]
    house.passes(HOUR_S - 1)
    assert await rounds(detector, lab, 3) == ["ipify"]
    house.passes(1)
    assert await rounds(detector, lab, 3) == ["cloudflare", "ipify"]
    assert await rounds(detector, lab, 1) == ["ipify"]
    house.passes(HOUR_S)
    lab.faults.clear()
    assert await rounds(detector, lab, 5) == ["cloudflare"]


@pytest.mark.parametrize("failing, other", [(HERE, HERE_V6), (HERE_V6, HERE)])
async def test_who_rests_in_one_family_is_asked_in_the_other(
    lab: Lab, detector: Detector, failing: Source, other: Source
) -> None:
    """An operator that fails over one family alone is asked over the other as ever."""
    await move_in(detector, lab, HERE)
    await move_in(detector, lab, HERE_V6)
    lab.faults.add("ip", "cloudflare", kind="status", family=4 if failing is HERE else 6)

    assert await rounds(detector, lab, 4, failing) == ["ipify"]
    assert await rounds(detector, lab, 4, other) == ["cloudflare"]


async def test_an_answer_ends_a_row_of_failures(lab: Lab, detector: Detector) -> None:
    """Failures count only in a row: one answer between them, and nobody rests."""
    await move_in(detector, lab, HERE)
    for _ in range(4):
        lab.faults.add("ip", "cloudflare", kind="status", times=2)
        assert await rounds(detector, lab, 2) == ["cloudflare", "ipify"]
        assert await rounds(detector, lab, 1) == ["cloudflare"]


async def test_when_the_network_is_down_nobody_rests(lab: Lab, detector: Detector) -> None:
    """If all fail it is nobody's fault, and when the network is back all are asked as ever."""
    await move_in(detector, lab, HERE)
    lab.faults.add("ip", kind="status")
    assert await rounds(detector, lab, 6) == OPERATORS
    lab.faults.clear()

    assert await rounds(detector, lab, 1) == ["cloudflare"]


async def test_what_failed_with_the_network_does_not_count(lab: Lab, detector: Detector) -> None:
    """Rounds in which all fail do not add up with one in which a single operator does."""
    await move_in(detector, lab, HERE)
    lab.faults.add("ip", kind="status")
    await rounds(detector, lab, 2)
    lab.faults.clear()
    lab.faults.add("ip", "cloudflare", kind="status")

    assert await rounds(detector, lab, 1) == ["cloudflare", "ipify"]
    assert await rounds(detector, lab, 1) == ["cloudflare", "ipify"]


async def test_when_too_few_are_awake_all_are_asked(lab: Lab, detector: Detector) -> None:
    """Two have to be able to agree: if fewer are awake, those who rest are asked all the same."""
    await move_in(detector, lab, HERE)
    for operator in OPERATORS[:3]:
        lab.faults.add("ip", operator, kind="status")
    assert await rounds(detector, lab, 4) == ["amazon"]
    lab.faults.add("ip", "amazon", kind="status")

    assert await rounds(detector, lab, 3) == ["amazon", "home-assistant"]
    assert await rounds(detector, lab, 1) == OPERATORS


async def test_of_two_that_are_awake_the_slow_one_is_given_its_time(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the others rest, two that take their time can agree all the same."""
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.01)
    await move_in(detector, lab, HERE)
    for operator in OPERATORS[:3]:
        lab.faults.add("ip", operator, kind="status")
    assert await rounds(detector, lab, 4) == ["amazon"]
    lab.ip.set_address(NEXT)
    lab.faults.add("ip", "amazon", kind="hold", times=1)

    assert (await read(detector, HERE)).address == ip_address(NEXT)
    assert asked(lab) == ["amazon", "home-assistant", "amazon"]


async def test_a_clock_that_was_put_back_ends_every_rest(
    lab: Lab, detector: Detector, house: House
) -> None:
    """Nobody rests until a time that is an hour and more away."""
    await move_in(detector, lab, HERE)
    lab.faults.add("ip", "cloudflare", kind="status")
    assert await rounds(detector, lab, 4) == ["ipify"]

    house.passes(-10)

    assert await rounds(detector, lab, 1) == ["cloudflare", "ipify"]


async def test_when_all_hang_the_round_ends_with_its_limit(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round has a limit that no operator's own time can lengthen, whoever is silent."""
    monkeypatch.setattr(inquiry, "_TIMEOUT_S", FOREVER_S)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(inquiry, "_LIMIT_S", 0.3)
    lab.faults.add("ip", kind="hang")

    reading = await read(detector, HERE)

    assert (reading.address, reading.is_open) == (None, False)
    assert said(reading) == dict.fromkeys(OPERATORS, Problem.TIMEOUT)


async def test_after_the_limit_nobody_else_is_asked(
    lab: Lab, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the time of the round is over, those not asked yet are left alone."""
    monkeypatch.setattr(inquiry, "_TIMEOUT_S", FOREVER_S)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", FOREVER_S)
    monkeypatch.setattr(inquiry, "_LIMIT_S", 0.05)
    lab.faults.add("ip", kind="hang")

    assert said(await read(detector, HERE)) == {"cloudflare": Problem.TIMEOUT}
    assert asked(lab) == ["cloudflare"]


async def test_confirming_takes_no_time_of_its_own(lab: Lab, detector: Detector) -> None:
    """The limit is for the look-up and its confirmation together."""
    look = await detector.look(HERE)
    long_ago = replace(look, begun_at=get_running_loop().time() - FOREVER_S)

    reading = await detector.confirm(long_ago)

    assert (reading.address, said(reading)) == (None, {"cloudflare": HOME})
    assert asked(lab) == ["cloudflare"]


async def test_a_reading_tells_when_it_was_made(lab: Lab, detector: Detector, house: House) -> None:
    """A reading knows its end by the clock on the wall, and is equal to another all the same."""
    first = await settle(detector, lab)
    assert first.ended_at == house.now
    house.passes(CYCLE_S)
    second = await read(detector, HERE)
    house.passes(CYCLE_S)
    third = await read(detector, HERE)

    assert (second, second.ended_at) == (third, house.now - CYCLE)


async def test_disputes_are_counted_by_rounds(keeper: Keeper) -> None:
    """A report knows for how many rounds in a row operators have contradicted each other."""
    await keeper.round()
    keeper.lab.ip.set_address(OTHER, operator="cloudflare")
    counts = [(await keeper.round()).disputes for _ in range(3)]
    keeper.lab.ip.set_address(HOME)

    assert counts == [{HERE: 1}, {HERE: 2}, {HERE: 3}]
    assert (await keeper.round()).disputes == {}


async def test_an_entity_and_the_web_are_asked_side_by_side(
    lab: Lab, detector: Detector, house: House
) -> None:
    """Sources that do not need each other do not wait for each other."""
    house.says["router"] = NEXT
    hold = lab.faults.add("ip", "cloudflare", kind="hold")
    reads = [create_task(read(detector, source)) for source in (HERE, ROUTER)]

    first, second = await lab.log.arrived(2, service="ip")
    hold.release()
    await gather(*reads)

    assert first.overlaps(second)
