"""Public resolvers, asked with DNS over HTTPS: what the rest of the world finds for a name.

Both answer in the same JSON format:
https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/
https://developers.google.com/speed/public-dns/docs/doh/json
"""

from asyncio import gather
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
import json
from urllib.parse import urlencode

from aiohttp import ClientSession

from .addresses import parse_record
from .errors import NoResponseError, ResponseTooLongError
from .http import USER_AGENT, request
from .models import Address, HostName, RecordKey
from .sources import Family

_TIMEOUT_S = 10.0
_MAX_BODY = 16_384
"""More than any valid answer about one name, in bytes."""
_MAX_NAME = 255
_HEADERS = {"Accept": "application/dns-json"}
_TYPES = {"A": 1, "NS": 2, "AAAA": 28}
_ANSWERED = {0, 3}
"""The codes NOERROR and NXDOMAIN (RFC 1035 section 4.1.1); others are failures of the resolver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """A public resolver."""

    name: str
    url: str
    user_agent: str = USER_AGENT
    """What it is told of who asks."""


RESOLVERS: tuple[Resolver, ...] = (
    Resolver(name="Cloudflare", url="https://cloudflare-dns.com/dns-query"),
    Resolver(name="Google", url="https://dns.google/resolve"),
)
"""The resolvers in the order in which they are added; callers may ask the first alone."""


async def resolve_addresses(
    session: ClientSession, resolvers: Iterable[Resolver], record_key: RecordKey
) -> frozenset[Address] | None:
    """Return the addresses that all resolvers together answer with.

    None if that is not known: no resolver gave a valid answer. Never raises.
    """
    data = await _resolve(session, resolvers, record_key.name, record_key.family.record_type)
    return None if data is None else frozenset(map(ip_address, data))


async def resolve_name_servers(
    session: ClientSession, resolvers: Iterable[Resolver], zone: HostName
) -> frozenset[str] | None:
    """Return the nameservers of a zone, in lower case, that all resolvers together answer with.

    None if that is not known: no resolver gave a valid answer. Never raises.
    """
    data = await _resolve(session, resolvers, zone, "NS")
    return None if data is None else frozenset(map(_plain, data))


async def _resolve(
    session: ClientSession, resolvers: Iterable[Resolver], name: HostName, type_: str
) -> frozenset[str] | None:
    """Return the data of all records of a type that resolvers answer with, None without answer."""
    answers = await gather(*(_ask(session, resolver, name, type_) for resolver in resolvers))
    known = [answer for answer in answers if answer is not None]
    return frozenset().union(*known) if known else None


async def _ask(
    session: ClientSession, resolver: Resolver, name: HostName, type_: str
) -> frozenset[str] | None:
    try:
        response = await request(
            session,
            "GET",
            f"{resolver.url}?{urlencode({'name': name, 'type': type_})}",
            timeout_s=_TIMEOUT_S,
            limit=_MAX_BODY,
            headers={**_HEADERS, "User-Agent": resolver.user_agent},
        )
    except (NoResponseError, ResponseTooLongError):
        return None
    if response.status != HTTPStatus.OK:
        return None
    return parse_answer(response.body, name, type_)


def parse_answer(body: bytes, name: HostName, type_: str) -> frozenset[str] | None:
    """Return the data of the records of the asked type, None for anything but a complete answer.

    They may have another name, if the asked one is an alias (RFC 1034 section 3.6.2).

    >>> parse_answer(b'{"Status": 3, "Question": [{"name": "a.example", "type": 1}]}',
    ...     HostName("a.example"), "A")
    frozenset()
    """
    try:
        message = json.loads(body)
        (question,) = message["Question"]
        is_answer = (
            message["Status"] in _ANSWERED
            and message.get("TC", False) is False
            and _plain(question["name"]) == name
            and question["type"] == _TYPES[type_]
        )
        records = message.get("Answer", [])
        data = [record["data"] for record in records if record["type"] == _TYPES[type_]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return frozenset(data) if is_answer and all(_is_valid(text, type_) for text in data) else None


def _is_valid(text: object, type_: str) -> bool:
    """Return whether the data of a record are an address of its family, or a name."""
    if not isinstance(text, str):
        return False
    if type_ == "NS":
        return text.isascii() and text.isprintable() and len(text) <= _MAX_NAME
    address = parse_record(text)
    return address is not None and Family(address.version).record_type == type_


def _plain(name: str) -> str:
    """Return a name as names are compared: resolvers differ in the dot at the end."""
    return name.lower().removesuffix(".")
