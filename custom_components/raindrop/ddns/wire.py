"""Between Cloudflare's JSON and Raindrop's values; checks every shape it relies on.

https://developers.cloudflare.com/api/resources/dns/subresources/records/
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
import json
import re

from .addresses import usable
from .errors import CloudflareResponseError, Fault, HostNameError
from .model import (
    OWNER_COMMENT,
    Address,
    Change,
    Create,
    Family,
    HostName,
    Record,
    RecordId,
    Update,
    Zone,
    ZoneId,
)
from .names import to_ascii

type JsonObject = Mapping[str, object]

_ID = re.compile(r"[0-9a-f]{32}")
_RATELIMIT = re.compile(r'^\s*"[^"]*"\s*;\s*r=(\d{1,9})\s*;\s*t=(\d{1,9})(?!\d)', re.ASCII)
_SECONDS = re.compile(r"\s*(\d+)\s*", re.ASCII)
_LONGEST_WAIT_S = 3600.0
"""What asks for longer is asked again after an hour: no header locks a home out for ever."""
_LONGEST_CHAIN = 8
_PAID_PLANS = ("pro", "business", "enterprise")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """What the account may still ask, as of the last answer."""

    remaining: int
    reset_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every JSON answer of Cloudflare is wrapped in."""

    is_success: bool
    result: object = None
    faults: tuple[Fault, ...] = ()
    total_pages: int = 1


def is_id(text: str) -> bool:
    """Return whether a text has the form of a zone's or record's identifier."""
    return bool(_ID.fullmatch(text))


def read_envelope(body: bytes) -> Envelope:
    """Return the envelope of an answer.

    Raises CloudflareResponseError for anything but a JSON object: HTML from
    the edge, truncated JSON.
    """
    is_json, answer = True, None
    try:
        answer = json.loads(body)
    except ValueError, RecursionError:
        is_json = False
    if not is_json:
        # Raised out here, so that it does not carry the original with it,
        # which holds the whole answer, and perhaps what it repeats of ours.
        raise CloudflareResponseError("Cloudflare's answer is not JSON")
    answer = _object(answer)
    return Envelope(
        is_success=answer.get("success") is True,
        result=answer.get("result"),
        faults=tuple(_faults(answer.get("errors"))),
        total_pages=_total_pages(answer.get("result_info")),
    )


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return what the ``Ratelimit`` header says, None if it is absent or unreadable.

    https://developers.cloudflare.com/fundamentals/api/reference/limits/
    """
    match = _RATELIMIT.match(headers.get("Ratelimit", ""))
    if match is None:
        return None
    return RateLimit(remaining=int(match[1]), reset_s=int(match[2]))


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, None if it does not say.

    Cloudflare sends seconds, never a date.
    """
    match = _SECONDS.fullmatch(headers.get("Retry-After", ""))
    return min(float(match[1]), _LONGEST_WAIT_S) if match else None


def read_zone(value: object) -> Zone:
    """Return a zone. Its name comes in Unicode. Raises CloudflareResponseError."""
    fields = _object(value)
    plan = fields.get("plan")
    legacy_id = plan.get("legacy_id") if isinstance(plan, dict) else None
    return Zone(
        id=ZoneId(_identifier(fields)),
        name=_name(fields),
        is_paid=legacy_id in _PAID_PLANS,
    )


def read_zones(value: object) -> list[Zone]:
    """Return a list of zones. Raises CloudflareResponseError."""
    return [read_zone(item) for item in _list(value)]


def read_record(value: object) -> Record:
    """Return a record. Raises CloudflareResponseError."""
    fields = _object(value)
    ttl_s, proxied, tags = fields.get("ttl"), fields.get("proxied", False), fields.get("tags")
    if not isinstance(ttl_s, int) or not isinstance(proxied, bool):
        raise _unknown_shape()
    comment = fields.get("comment")
    return Record(
        id=RecordId(_identifier(fields)),
        name=_name(fields),
        type=_text(fields, "type"),
        content=_text(fields, "content", ""),
        proxied=proxied,
        ttl_s=ttl_s,
        comment=comment if isinstance(comment, str) and comment else None,
        tags=tuple(str(tag) for tag in _list(tags or [])),
        modified_on=_time(fields.get("modified_on")),
    )


def read_records(value: object) -> list[Record]:
    """Return a list of records. Raises CloudflareResponseError."""
    return [read_record(item) for item in _list(value)]


def read_batch(value: object) -> list[Record]:
    """Return the records that a batch patched and posted, in this order.

    A list that was not asked for may be null. Raises CloudflareResponseError.
    """
    fields = _object(value)
    return [
        record for key in ("patches", "posts") for record in read_records(fields.get(key) or [])
    ]


def create_body(change: Create) -> dict[str, object]:
    """Return the body that creates a record.

    Raises UnusableAddressError if the address may not stand in it.
    """
    return {
        "type": change.slot.family.record_type,
        "name": change.slot.name,
        "content": _content(change.address, change.slot.family),
        "ttl": change.ttl_s,
        "proxied": change.proxied,
        "comment": OWNER_COMMENT,
    }


def update_body(change: Update) -> dict[str, object]:
    """Return the body that changes a record: the fields that differ, nothing else.

    Raises UnusableAddressError if the address may not stand in it.
    """
    body: dict[str, object] = {}
    if change.address is not None:
        body["content"] = _content(change.address, change.slot.family)
    if change.proxied is not None:
        body["proxied"] = change.proxied
    if change.ttl_s is not None:
        body["ttl"] = change.ttl_s
    return body


def batch_body(changes: Sequence[Change]) -> dict[str, object]:
    """Return the body that makes several changes in one transaction.

    https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/
    Raises UnusableAddressError if an address may not be written.
    """
    patches = [
        {"id": change.record.id, **update_body(change)}
        for change in changes
        if isinstance(change, Update)
    ]
    posts = [create_body(change) for change in changes if isinstance(change, Create)]
    lists = {"patches": patches, "posts": posts}
    return {key: operations for key, operations in lists.items() if operations}


@lru_cache
def _content(address: Address, family: Family) -> str:
    """Return an address as a record holds it, checked once more just before the write.

    Most records of a batch hold the same one.
    """
    return str(usable(address, family))


def _unknown_shape() -> CloudflareResponseError:
    """Return the error for an answer that lacks what it must have."""
    return CloudflareResponseError("Cloudflare's answer has an unknown shape")


def _object(value: object) -> JsonObject:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise _unknown_shape()
    return value


def _list(value: object) -> list[object]:
    """Return a JSON list."""
    if not isinstance(value, list):
        raise _unknown_shape()
    return value


def _text(fields: JsonObject, key: str, default: str | None = None) -> str:
    """Return a text of an object; without a default it must be there."""
    value = fields.get(key, default)
    if not isinstance(value, str):
        raise _unknown_shape()
    return value


def _identifier(fields: JsonObject) -> str:
    """Return the identifier of an object, safe to stand in a path."""
    value = _text(fields, "id")
    if not is_id(value):
        raise _unknown_shape()
    return value


def _name(fields: JsonObject) -> HostName:
    """Return the name of an object.

    A record of a type that is none of ours may have a name that is no host
    name: it stays as it is, and equals none of our slots.
    """
    name = _text(fields, "name")
    try:
        return to_ascii(name)
    except HostNameError:
        return HostName(name.lower())


def _time(value: object) -> datetime | None:
    """Return an RFC 3339 time in UTC, None if there is none that can be compared and shown."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        return time.astimezone(UTC) if time and time.tzinfo else None
    except ValueError, OverflowError:
        return None


def _faults(value: object, depth: int = 0) -> Iterable[Fault]:
    """Yield the errors of an envelope, those of their chains included.

    Until 2024-10 the cause of a DNS validation error stood in the chain.
    """
    for item in value if isinstance(value, list) and depth < _LONGEST_CHAIN else ():
        if not isinstance(item, dict):
            continue
        code, message = item.get("code"), item.get("message")
        yield Fault(
            code if isinstance(code, int) else 0,
            message if isinstance(message, str) else "",
        )
        yield from _faults(item.get("error_chain"), depth + 1)


def _total_pages(value: object) -> int:
    """Return how many pages a list has, by ``total_pages`` or by the counts."""
    if not isinstance(value, dict):
        return 1
    pages = value.get("total_pages")
    if isinstance(pages, int):
        return pages
    total, size = value.get("total_count"), value.get("per_page")
    if isinstance(total, int) and isinstance(size, int) and size > 0:
        return -(-total // size)
    return 1
