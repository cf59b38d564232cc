"""Answers that nobody would think of: mutated by chance, and read by the real client."""

from collections.abc import Callable, Iterator, Mapping
import copy
from ipaddress import ip_address
import json
from random import Random
import tracemalloc
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns import cloudflare, web
from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.credential import ApiToken
from custom_components.raindrop.ddns.errors import DdnsError
from custom_components.raindrop.ddns.model import (
    Create,
    Family,
    HostName,
    Policy,
    Record,
    RecordId,
    Slot,
    Update,
    Want,
    ZoneId,
)
from custom_components.raindrop.ddns.plan import make_plan
from custom_components.raindrop.ddns.web import Form, WebSource
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN

from .raw import answer, raw_server

ROUNDS = 300
PEAK = 512 * 1024
"""Bytes: the event loop reads 256 KiB at a time, whatever is asked for, and aiohttp copies them."""
SLOT = Slot(HostName("home.example.com"), Family.IPV4)
ODD: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "\x00",
    "\ud800",
    "é" * 70,
    "xn--" + "9" * 60,
    "a." * 200,
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "81.2.69.142\n",
    "٨١.٢.٦٩.١٤٢",
    [],
    {},
    [[]],
    "f" * 32,
)
STATUSES = ("200 OK", "200 OK", "200 OK", "204 Gone", "400 No", "403 No", "429 Wait", "500 Oh")
HEADERS = (
    "Retry-After: " + "9" * 400,
    "Retry-After: -1",
    "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT",
    'Ratelimit: "default";r=99999999999999999999;t=1',
    "Ratelimit: \xff",
    "Content-Type: application/json; charset=utf-7",
)

type Asking = Callable[[CloudflareClient, ZoneId], Any]


def mutated(dice: Random, answered: object) -> bytes:
    """Return an answer that is like another, but for a few strokes of bad luck."""
    value = copy.deepcopy(answered)
    for _ in range(dice.randrange(4)):
        value = struck(dice, value)
    body = json.dumps(value).encode()
    return bytes_struck(dice, body) if not dice.randrange(4) else body


def struck(dice: Random, value: object) -> object:
    """Return JSON with one place dropped, doubled, replaced, or buried deep."""
    if isinstance(value, (dict, list)) and value and dice.randrange(5):
        return struck_inside(dice, value)
    if not dice.randrange(4):
        depth = dice.choice((2, 50, 900))
        return json.loads("[" * depth + "1" + "]" * depth)
    return dice.choice(ODD)


def struck_inside(dice: Random, value: dict[Any, Any] | list[Any]) -> object:
    """Return an object or a list of which something inside was struck."""
    key: Any = dice.choice([*value]) if isinstance(value, dict) else dice.randrange(len(value))
    match dice.randrange(6):
        case 0:
            del value[key]
        case 1 if isinstance(value, list):
            value.append(value[key])
        case 1 if isinstance(value, dict):
            value[f"{key}s"] = value[key]
        case _:
            value[key] = struck(dice, value[key])
    return value


def bytes_struck(dice: Random, body: bytes) -> bytes:
    """Return bytes of which some were cut off, changed, or put in between."""
    at = dice.randrange(len(body) + 1)
    middle = dice.randbytes(dice.randrange(9))
    return dice.choice((body[:at], body[:at] + middle + body[at + 3 :], middle, b"[" * 50_000))


def http(dice: Random, body: bytes) -> bytes:
    """Return a whole answer, now and then with a broken head."""
    chosen = dice.choice(HEADERS)
    whole = answer(body, chosen, status=dice.choice(STATUSES))
    return bytes_struck(dice, whole) if not dice.randrange(10) else whole


def asking() -> Mapping[str, Asking]:
    """Return everything that is ever asked of Cloudflare."""
    record = Record(id=RecordId("a" * 32), name=SLOT.name, type="A", content=HOME)
    home = ip_address(NEXT)
    update = Update(slot=SLOT, record=record, address=home)
    create = Create(slot=SLOT, address=home)
    return {
        "zone": lambda client, zone_id: client.zone(zone_id),
        "find_zone": lambda client, _: client.find_zone(HostName("example.com")),
        "list_records": lambda client, zone_id: client.list_records(zone_id),
        "batch": lambda client, zone_id: client.batch(zone_id, [update, create]),
        "create": lambda client, zone_id: client.create(zone_id, create),
        "update": lambda client, zone_id: client.update(zone_id, update),
        "delete": lambda client, zone_id: client.delete(zone_id, record.id),
        "check_edit": lambda client, zone_id: client.check_edit(zone_id),
    }


def example(lab: Lab, zone: Zone, what: str) -> object:
    """Return a right answer to a question."""
    records = [
        *lab.cloudflare.records(zone),
        lab.cloudflare.add_record(zone, type="AAAA", name="home", content="2001:218::1"),
    ]
    results: dict[str, object] = {
        "zone": zone.shown([]),
        "find_zone": [zone.shown([])],
        "list_records": records,
        "batch": {"deletes": None, "patches": records[:1], "puts": None, "posts": records[1:]},
    }
    return {
        "result": results.get(what, records[0]),
        "success": True,
        "errors": [{"code": 9109, "message": "x", "error_chain": [{"code": 1, "message": "y"}]}],
        "messages": [],
        "result_info": {"page": 1, "per_page": 5000, "count": 2, "total_pages": 1},
    }


@pytest.mark.parametrize("what", asking())
async def test_no_answer_of_cloudflare_is_too_odd(
    lab: Lab, zone: Zone, session: ClientSession, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Whatever an answer looks like, it is read or it is one of the errors that are known."""
    dice, right, known = Random(what), example(lab, zone, what), 0
    async with raw_server(b"") as server:
        monkeypatch.setenv(cloudflare.BASE_URL_VARIABLE, server.origin)
        client = CloudflareClient(session, ApiToken(TOKEN))
        for _ in range(ROUNDS):
            server.reply = http(dice, mutated(dice, right))
            try:
                use(await asking()[what](client, ZoneId(zone.id)))
            except DdnsError:
                known += 1
            except Exception as err:  # noqa: BLE001 - whatever else comes is what is looked for
                pytest.fail(f"{err!r} for {server.reply[:2000]!r}")
    assert 0 < known < ROUNDS


def use(found: object) -> None:
    """Use what was read as a round does: to plan, and to show times and texts."""
    everything: list[object] = found if isinstance(found, list) else [found]
    records = [record for record in everything if isinstance(record, Record)]
    for last in (None, ip_address(HOME)):
        want = Want(slot=SLOT, address=ip_address(NEXT), policy=Policy(create=True), last=last)
        plan = make_plan([want], records)
        assert {change.slot for change in plan.changes} <= {SLOT}
    for record in records:
        if record.modified_on:
            record.modified_on.astimezone()
            max(record.modified_on, record.modified_on)


def pages() -> Iterator[tuple[Form, str]]:
    """Yield a right answer of each form."""
    yield Form.TEXT, f"{HOME}\n"
    yield Form.JSON, json.dumps({"ip": HOME, "country": "NL", "city": {"name": "Amsterdam"}})
    yield Form.ANY, json.dumps({"ip": HOME})
    yield Form.TRACE, f"fl=1\nh=127.0.0.1\nip={HOME}\nts=1.0\nwarp=off\ngateway=off\n"


@pytest.mark.parametrize("form, right", pages())
async def test_no_page_is_believed_that_says_nothing_else(
    session: ClientSession, form: Form, right: str
) -> None:
    """A broken page gives no address, or the one that stands there whole; never another."""
    dice = Random(right)
    async with raw_server(b"") as server:
        source = WebSource(operator="odd", form=form, urls={Family.IPV4: server.origin})
        for _ in range(ROUNDS):
            body = page_struck(dice, form, right)
            server.reply = http(dice, body)
            said = await web.ask(session, source, Family.IPV4, 5.0)
            if said.address:
                assert str(said.address).encode() in body, server.reply
                assert str(said.address) == HOME or is_digit_struck(body), server.reply


def page_struck(dice: Random, form: Form, right: str) -> bytes:
    """Return a page that is like another, but for bad luck that makes no other address."""
    if form in (Form.JSON, Form.ANY) and dice.randrange(3):
        return mutated(dice, json.loads(right))
    return bytes_struck(dice, right.encode())


def is_digit_struck(body: bytes) -> bool:
    """Return whether the bytes themselves make another address, as no reader could know."""
    return HOME.encode() not in body


@pytest.mark.parametrize("size", [1_000_000, 40_000_000])
async def test_an_answer_takes_no_more_memory_for_being_longer(
    session: ClientSession, size: int
) -> None:
    """A page that goes on for ever is given up after the few kilobytes that it may have."""
    async with raw_server(answer(b"8" * size)) as server:
        source = WebSource(operator="long", form=Form.TEXT, urls={Family.IPV4: server.origin})
        # The first one warms up.
        assert min([await peak_of(session, source) for _ in range(3)]) < PEAK


async def peak_of(session: ClientSession, source: WebSource) -> int:
    """Return how many bytes asking a page takes at most."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await web.ask(session, source, Family.IPV4, 5.0)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
