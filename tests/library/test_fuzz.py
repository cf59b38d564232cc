"""Fuzzing: randomly mutated responses, read by the real client and the real detection."""

from collections.abc import Callable, Iterator, Mapping
import copy
from ipaddress import ip_address
import json
from random import Random
import tracemalloc
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.detection import providers
from custom_components.raindrop.ddns.detection.providers import Provider
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.errors import DdnsError
from custom_components.raindrop.ddns.models import (
    Create,
    DesiredRecord,
    HostName,
    Policy,
    Record,
    RecordId,
    RecordKey,
    Update,
    ZoneId,
)
from custom_components.raindrop.ddns.records.make_plan import make_plan
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.library.raw_server import raw_server, response
from tests.secrets import TOKEN

TRIES = 300
MAX_PEAK = 512 * 1024
"""Bytes: the event loop reads 256 KiB at a time, and aiohttp copies them."""
RECORD_KEY = RecordKey(HostName("home.example.com"), Family.IPV4)
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

type Call = Callable[[CloudflareClient, ZoneId], Any]


def mutated(dice: Random, original: object) -> bytes:
    """Return a response with up to three random mutations."""
    value = copy.deepcopy(original)
    for _ in range(dice.randrange(4)):
        value = mutated_once(dice, value)
    body = json.dumps(value).encode()
    return mutated_bytes(dice, body) if not dice.randrange(4) else body


def mutated_once(dice: Random, value: object) -> object:
    """Return JSON with one value removed, duplicated, replaced or deeply nested."""
    if isinstance(value, (dict, list)) and value and dice.randrange(5):
        return mutated_inside(dice, value)
    if not dice.randrange(4):
        depth = dice.choice((2, 50, 900))
        return json.loads("[" * depth + "1" + "]" * depth)
    return dice.choice(ODD)


def mutated_inside(dice: Random, value: dict[Any, Any] | list[Any]) -> object:
    """Return an object or a list with one mutation inside."""
    key: Any = dice.choice([*value]) if isinstance(value, dict) else dice.randrange(len(value))
    match dice.randrange(6):
        case 0:
            del value[key]
        case 1 if isinstance(value, list):
            value.append(value[key])
        case 1 if isinstance(value, dict):
            value[f"{key}s"] = value[key]
        case _:
            value[key] = mutated_once(dice, value[key])
    return value


def mutated_bytes(dice: Random, body: bytes) -> bytes:
    """Return bytes that are truncated, changed or extended at a random place."""
    at = dice.randrange(len(body) + 1)
    middle = dice.randbytes(dice.randrange(9))
    return dice.choice((body[:at], body[:at] + middle + body[at + 3 :], middle, b"[" * 50_000))


def http(dice: Random, body: bytes) -> bytes:
    """Return an HTTP response, sometimes with a malformed head."""
    chosen = dice.choice(HEADERS)
    whole = response(body, chosen, status=dice.choice(STATUSES))
    return mutated_bytes(dice, whole) if not dice.randrange(10) else whole


def calls() -> Mapping[str, Call]:
    """Return every call of the client by its name."""
    record = Record(id=RecordId("a" * 32), name=RECORD_KEY.name, type="A", content=HOME)
    home = ip_address(NEXT)
    update = Update(record_key=RECORD_KEY, record=record, address=home)
    create = Create(record_key=RECORD_KEY, address=home)
    return {
        "zone": lambda client, zone_id: client.zone(zone_id),
        "find_zones": lambda client, _: client.find_zones(HostName("example.com")),
        "list_records": lambda client, zone_id: client.list_records(zone_id),
        "batch": lambda client, zone_id: client.batch(zone_id, [update, create]),
        "create": lambda client, zone_id: client.create(zone_id, create),
        "update": lambda client, zone_id: client.update(zone_id, update),
        "delete": lambda client, zone_id: client.delete(zone_id, record.id),
        "check_edit": lambda client, zone_id: client.check_edit(zone_id),
    }


def example(simulator: Simulator, zone: Zone, call: str) -> object:
    """Return a valid response to a call."""
    records = [
        *simulator.cloudflare.records(zone),
        simulator.cloudflare.add_record(zone, type="AAAA", name="home", content="2001:218::1"),
    ]
    results: dict[str, object] = {
        "zone": zone.shown([]),
        "find_zones": [zone.shown([])],
        "list_records": records,
        "batch": {"deletes": None, "patches": records[:1], "puts": None, "posts": records[1:]},
    }
    return {
        "result": results.get(call, records[0]),
        "success": True,
        "errors": [{"code": 9109, "message": "x", "error_chain": [{"code": 1, "message": "y"}]}],
        "messages": [],
        "result_info": {"page": 1, "per_page": 5000, "count": 2, "total_pages": 1},
    }


@pytest.mark.parametrize("call", calls())
async def test_any_response_of_cloudflare_is_read_or_is_a_known_error(
    simulator: Simulator, zone: Zone, session: ClientSession, call: str
) -> None:
    """Any response gives a value or a DdnsError, and no other exception."""
    dice, valid, known = Random(call), example(simulator, zone, call), 0
    async with raw_server(b"") as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        for _ in range(TRIES):
            server.reply = http(dice, mutated(dice, valid))
            try:
                use(await calls()[call](client, ZoneId(zone.id)))
            except DdnsError:
                known += 1
            except Exception as err:  # noqa: BLE001 - every other exception is a finding
                pytest.fail(f"{err!r} for {server.reply[:2000]!r}")
    assert 0 < known < TRIES


def use(found: object) -> None:
    """Use the result as an update does: to plan, and to show times and texts."""
    everything: list[object] = found if isinstance(found, list) else [found]
    records = [record for record in everything if isinstance(record, Record)]
    for last in (None, ip_address(HOME)):
        desired = DesiredRecord(
            record_key=RECORD_KEY,
            address=ip_address(NEXT),
            policy=Policy(create=True),
            last_address=last,
        )
        plan = make_plan([desired], records)
        assert {change.record_key for change in plan.changes} <= {RECORD_KEY}
    for record in records:
        if record.modified_on:
            record.modified_on.astimezone()
            max(record.modified_on, record.modified_on)


def pages() -> Iterator[tuple[ResponseFormat, str]]:
    """Yield a valid response of each form."""
    yield ResponseFormat.TEXT, f"{HOME}\n"
    yield (
        ResponseFormat.JSON,
        json.dumps({"ip": HOME, "country": "NL", "city": {"name": "Amsterdam"}}),
    )
    yield ResponseFormat.ANY, json.dumps({"ip": HOME})
    yield ResponseFormat.TRACE, f"fl=1\nh=127.0.0.1\nip={HOME}\nts=1.0\nwarp=off\ngateway=off\n"


@pytest.mark.parametrize("form, valid", list(pages()))
async def test_a_mutated_response_of_a_provider_never_gives_another_address(
    session: ClientSession, form: ResponseFormat, valid: str
) -> None:
    """A mutated response gives no address, or one that it contains completely."""
    dice = Random(valid)
    async with raw_server(b"") as server:
        source = Provider(name="odd", format=form, urls={Family.IPV4: server.origin})
        for _ in range(TRIES):
            body = mutated_page(dice, form, valid)
            server.reply = http(dice, body)
            found = await providers.query(session, source, Family.IPV4, 5.0)
            if found.address:
                assert str(found.address).encode() in body, server.reply
                assert str(found.address) == HOME or is_digit_mutated(body), server.reply


def mutated_page(dice: Random, form: ResponseFormat, valid: str) -> bytes:
    """Return a mutated response whose mutations contain no valid other address."""
    if form in (ResponseFormat.JSON, ResponseFormat.ANY) and dice.randrange(3):
        return mutated(dice, json.loads(valid))
    return mutated_bytes(dice, valid.encode())


def is_digit_mutated(body: bytes) -> bool:
    """Return whether a mutation changed the address itself, which no parser can notice."""
    return HOME.encode() not in body


@pytest.mark.parametrize("size", [1_000_000, 40_000_000])
async def test_a_long_response_takes_no_more_memory(session: ClientSession, size: int) -> None:
    """Reading a long response stops after a few kilobytes."""
    async with raw_server(response(b"8" * size)) as server:
        source = Provider(
            name="long", format=ResponseFormat.TEXT, urls={Family.IPV4: server.origin}
        )
        # The first request fills caches, so the smallest peak counts.
        assert min([await peak_of(session, source) for _ in range(3)]) < MAX_PEAK


async def peak_of(session: ClientSession, source: Provider) -> int:
    """Return the peak memory of one request to a provider, in bytes."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await providers.query(session, source, Family.IPV4, 5.0)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
