"""Codec between Cloudflare's JSON and this library's values; checks every shape it relies on.

https://developers.cloudflare.com/api/resources/dns/subresources/records/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
import json
import re

from ..addresses import why_unusable
from ..errors import CloudflareResponseError, HostNameError, UnusableAddressError
from ..host_names import to_ascii
from ..models import Address, Change, Create, HostName, Record, RecordId, Update
from ..service_binding import ServiceBinding
from ..sources import Family
from ..text_records import SERVICE_TYPES, TextUpdate
from .errors import ApiError
from .ownership import NO_HOME, Ownership

type JsonObject = Mapping[str, object]

_ID = re.compile(r"[0-9a-f]{32}")
_RATELIMIT_POLICY = re.compile(r'^\s*"[^"]*"\s*;\s*q=(\d{1,9})(?!\d)', re.ASCII)
_RATELIMIT = re.compile(r'^\s*"[^"]*"\s*;\s*r=(\d{1,9})\s*;\s*t=(\d{1,9})(?!\d)', re.ASCII)
_SECONDS = re.compile(r"\s*(\d+)\s*", re.ASCII)
_LONGEST_WAIT_S = 3600.0
"""Upper limit of any wait, so no header can stop updates forever."""
_MAX_VALUES = 250_000
"""Fifty values for each record of the largest page that is requested."""
_MAX_ERRORS = 20
"""How many errors of a response are read."""
_LONGEST_CHAIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """The rest of the account's rate limit, as of a response."""

    remaining: int
    """Requests that are left."""
    reset_s: int
    """Seconds until the limit starts again."""
    quota: int = 1200
    """Requests that the limit allows; by default Cloudflare's documented number."""

    @property
    def is_low(self) -> bool:
        """Whether less than a tenth is left."""
        return self.remaining * 10 < self.quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The envelope of every JSON response of Cloudflare."""

    is_success: bool
    result: object = None
    errors: tuple[ApiError, ...] = ()
    """Including those of their chains, in order."""
    result_info: object = None
    """The metadata of a list."""
    size: int = 0
    """The size of the response in bytes."""


def is_id(text: str) -> bool:
    """Return whether a text has the form of a zone or record identifier."""
    return bool(_ID.fullmatch(text))


def read_envelope(body: bytes) -> Envelope:
    """Decode the envelope of a response.

    Raises CloudflareResponseError for anything but a JSON object: HTML from the edge,
    truncated JSON. Also for JSON with absurdly many values: decoding it would block
    even other threads, because it does not release the GIL.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > _MAX_VALUES:
        raise CloudflareResponseError("Cloudflare's response has too many values")
    is_json, response = True, None
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        is_json = False
    if not is_json:
        # Raised outside the except block, so that __context__ does not hold the
        # original: it holds the whole body, which may repeat the credential.
        raise CloudflareResponseError("Cloudflare's response is not JSON")
    response = json_object(response)
    is_success = response.get("success") is True
    return Envelope(
        is_success=is_success,
        result=response.get("result"),
        errors=() if is_success else _all_errors(response),
        result_info=response.get("result_info"),
        size=len(body),
    )


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Decode the ``Ratelimit`` header, None if it is absent or malformed.

    The quota is that of the ``Ratelimit-Policy`` header.

    https://developers.cloudflare.com/fundamentals/api/reference/limits/
    """
    match = _RATELIMIT.match(headers.get("Ratelimit", ""))
    if match is None:
        return None
    remaining, reset_s = int(match[1]), int(match[2])
    if policy := _RATELIMIT_POLICY.match(headers.get("Ratelimit-Policy", "")):
        return RateLimit(remaining=remaining, reset_s=reset_s, quota=int(policy[1]))
    return RateLimit(remaining=remaining, reset_s=reset_s)


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Decode ``Retry-After`` to seconds, at most an hour; None if absent or malformed.

    Cloudflare sends seconds, never a date.
    """
    match = _SECONDS.fullmatch(headers.get("Retry-After", ""))
    return min(float(match[1]), _LONGEST_WAIT_S) if match else None


def read_token_expiry(value: object) -> datetime | None:
    """Decode when a verified token expires, None if it does not. Raises CloudflareResponseError."""
    return _time(json_object(value).get("expires_on"))


def read_record(value: object, ownership: Ownership = NO_HOME) -> Record:
    """Decode a record. Raises CloudflareResponseError."""
    fields = json_object(value)
    comment = fields.get("comment")
    comment = comment if isinstance(comment, str) and comment else None
    connection = ownership.connection_of(comment)
    meta = fields.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    # The address of a nameserver is served even though the delegation hides it.
    is_served_glue = meta.get("is_glue") is True and not meta.get("dead_glue")
    record_type = checked(fields.get("type"), str).upper()
    return Record(
        id=RecordId(read_id(fields)),
        name=read_name(fields),
        type=record_type,
        content=checked(fields.get("content", ""), str),
        service=_service(fields.get("data")) if record_type in SERVICE_TYPES else None,
        proxied=checked(fields.get("proxied", False), bool),
        ttl_s=checked(fields.get("ttl"), int),
        comment=comment,
        tags=tuple(str(tag) for tag in checked(fields.get("tags") or [], list)),
        modified_on=_time(fields.get("modified_on")),
        owner=ownership.owner_of(comment, connection),
        connection=connection,
        is_shadowed=bool(meta.get("shadowed_by")) and not is_served_glue,
        is_read_only=meta.get("read_only") is True,
    )


def read_records(value: object, ownership: Ownership = NO_HOME) -> list[Record]:
    """Decode a list of records. Raises CloudflareResponseError."""
    return [read_record(item, ownership) for item in checked(value, list)]


def read_batch(value: object, ownership: Ownership = NO_HOME) -> list[Record]:
    """Decode the records that a batch patched and posted, in this order.

    Lists without an operation may be null. Raises CloudflareResponseError.
    """
    fields = json_object(value)
    patched, posted = fields.get("patches") or [], fields.get("posts") or []
    return read_records(patched, ownership) + read_records(posted, ownership)


def create_body(change: Create, ownership: Ownership = NO_HOME) -> dict[str, object]:
    """Encode the body of a request that creates a record; an owned one is marked with a comment.

    Raises UnusableAddressError if the address may not be written.
    """
    owned = ownership.comment(change.record_key.connection)
    comment = owned if change.is_owned else change.comment
    return {
        "type": change.record_key.family.record_type,
        "name": change.record_key.name,
        "content": _content(change.address, change.record_key.family),
        "ttl": change.ttl_s,
        "proxied": change.proxied,
        **({"comment": comment} if comment else {}),
        # The Free plan has no tags.
        **({"tags": [*change.tags]} if change.tags else {}),
    }


def update_body(change: Update, ownership: Ownership = NO_HOME) -> dict[str, object]:
    """Encode the body of a request that changes a record: only the fields that differ.

    A record that is taken over gets the comment of this home and connection.

    Raises UnusableAddressError if the address may not be written.
    """
    if isinstance(change, TextUpdate):
        return _text_body(change)
    address, family = change.address, change.record_key.family
    connection = change.record_key.connection
    fields = {
        "content": None if address is None else _content(address, family),
        "proxied": change.proxied,
        "ttl": change.ttl_s,
        "comment": ownership.comment(connection) if change.is_takeover else None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def batch_body(changes: Sequence[Change], ownership: Ownership = NO_HOME) -> dict[str, object]:
    """Encode the body of a request that makes several changes in one transaction.

    https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/
    Raises UnusableAddressError if an address may not be written.
    """
    updates = [change for change in changes if isinstance(change, Update)]
    creates = [change for change in changes if isinstance(change, Create)]
    lists = {
        "patches": [
            {"id": update.record.id, **update_body(update, ownership)} for update in updates
        ],
        "posts": [create_body(create, ownership) for create in creates],
    }
    return {key: operations for key, operations in lists.items() if operations}


def deletes_body(record_ids: Sequence[RecordId]) -> dict[str, object]:
    """Encode the body of a request that deletes several records in one transaction."""
    return {"deletes": [{"id": record_id} for record_id in record_ids]}


def _text_body(change: TextUpdate) -> dict[str, object]:
    """Encode the body of a request that changes a text: what has parts is sent with all of them.

    Raises UnusableAddressError if an address may not be written.
    """
    for _, address in change.replaced:
        _content(address, Family(address.version))
    if service := change.record.service:
        return {"data": {**asdict(service), "value": change.text}}
    return {"content": change.text}


@lru_cache
def _content(address: Address, family: Family) -> str:
    """Encode an address as the content of a record; the last check before a write.

    Cached, because most records of a batch hold the same address.
    """
    if error := why_unusable(address, family):
        raise UnusableAddressError(error, address)
    return str(address)


def normalized(name: str) -> HostName:
    """Return the name of a record as DNS compares it.

    Records of other types may have a name that is not a host name. It is only
    lower-cased, and equals no record key.
    """
    try:
        return to_ascii(name)
    except HostNameError:
        return HostName(name.lower())


def checked[T](value: object, kind: type[T]) -> T:
    """Return a value of a type that this library relies on. Raises CloudflareResponseError."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CloudflareResponseError("Cloudflare's response has an unknown shape")
    return value


def json_object(value: object) -> JsonObject:
    """Return a JSON object. Raises CloudflareResponseError for anything else."""
    return checked(value, dict)


def read_id(fields: JsonObject) -> str:
    """Return the identifier of an object, checked because it becomes part of a path."""
    value = checked(fields.get("id"), str)
    return checked(value if is_id(value) else None, str)


def read_name(fields: JsonObject) -> HostName:
    """Return the name of a zone or a record. Raises CloudflareResponseError."""
    return normalized(checked(fields.get("name"), str))


def _service(data: object) -> ServiceBinding | None:
    """Decode the parts of an HTTPS or SVCB record, None if they are not exactly those known."""
    if not isinstance(data, dict) or data.keys() != {"priority", "target", "value"}:
        return None
    priority, target, value = data["priority"], data["target"], data["value"]
    is_known = isinstance(priority, int | float) and isinstance(target, str)
    if not is_known or not isinstance(value, str):
        return None
    return ServiceBinding(priority=priority, target=target, value=value)


def _time(value: object) -> datetime | None:
    """Decode an RFC 3339 time to UTC, None if it is absent, malformed or without an offset."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        return time.astimezone(UTC) if time and time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _all_errors(response: JsonObject) -> tuple[ApiError, ...]:
    """Return the first errors of a failure, whatever their format.

    Gateways in front of the API have their own formats.
    """
    for key in ("errors", "error", "message", "detail"):
        if errors := tuple(islice(_errors(response.get(key)), _MAX_ERRORS)):
            return errors
    return ()


def _errors(value: object, depth: int = 0) -> Iterator[ApiError]:
    """Yield the errors in a list, including those of their chains, or a single one.

    Until 2024-10 the cause of a DNS validation error was in the chain.
    """
    for item in value[:_MAX_ERRORS] if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield ApiError(0, item)
        elif isinstance(item, dict):
            code, message = item.get("code"), item.get("message")
            yield ApiError(
                code if isinstance(code, int) else 0,
                message if isinstance(message, str) else "",
            )
            if depth < _LONGEST_CHAIN:
                yield from _errors(item.get("error_chain"), depth + 1)
