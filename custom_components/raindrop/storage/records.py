"""Convert what is stored of records to the library's values and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..ddns import (
    MAX_TTL_S,
    TTL_AUTO,
    Address,
    ConnectionId,
    Family,
    HostName,
    IncompleteRecord,
    RecordAttributes,
    RecordId,
    RecordKey,
    RecordState,
)
from .failover import failover_data, read_failover
from .text_records import read_text_addresses, texts_data
from .values import (
    MALFORMED,
    read_address,
    read_bool,
    read_int,
    read_list,
    read_optional_address,
    read_text,
    read_time,
)

_TYPES = {family.record_type: family for family in Family}


def read_records(data: Mapping[str, Any]) -> tuple[dict[RecordKey, RecordState], list[str]]:
    """Return the records, and the keys of those that cannot be read."""
    records: dict[RecordKey, RecordState] = {}
    unreadable: list[str] = []
    for key, stored in data.get("records", {}).items():
        try:
            record_key = read_record_key(key)
            # Unless it can be read.
            records[record_key] = RecordState(is_forgotten=True)
            records[record_key] = _record_state(stored)
        except MALFORMED:
            unreadable.append(repr(key))
    return records, unreadable


def record_key_text(record_key: RecordKey) -> str:
    """Return a record key as it is stored."""
    name, family, connection = record_key
    return f"{family.record_type} {name} {connection}".rstrip()


def read_record_key(key: str) -> RecordKey:
    """Return a record key that is stored. Raises one of MALFORMED."""
    record_type, name, *connection = key.split()
    return RecordKey(HostName(name), _TYPES[record_type], *map(ConnectionId, connection))


def record_data(record: RecordState) -> dict[str, Any]:
    """Return what is stored of a record: only what differs from a record that is not known."""
    data = texts_data(record)
    if record.last_address:
        data["last_address"] = str(record.last_address)
    if record.sent_addresses:
        data["sent_addresses"] = [str(address) for address in record.sent_addresses]
    if record.external_changes:
        data["external_changes"] = [time.isoformat() for time in record.external_changes]
    if record.last_attributes:
        data["attributes"] = asdict(record.last_attributes)
    if record.incomplete:
        data["incomplete"] = asdict(record.incomplete)
    if record.is_forgotten and not record.last_attributes:
        data["is_forgotten"] = True
    if record.unknown_since:
        data["unknown_since"] = record.unknown_since.isoformat()
    if record.is_not_seen:
        data["not_seen"] = [str(address) for address in record.public_addresses or ()]
    if record.has_failed:
        data["has_failed"] = True
    return data | failover_data(record.failover)


def _record_state(data: Mapping[str, Any]) -> RecordState:
    return RecordState(
        last_address=read_optional_address(data.get("last_address")),
        sent_addresses=tuple(map(read_address, data.get("sent_addresses", ()))),
        text_addresses=read_text_addresses(data),
        external_changes=tuple(read_time(time) for time in data.get("external_changes", ())),
        last_attributes=_attributes(data["attributes"]) if "attributes" in data else None,
        incomplete=_incomplete(data["incomplete"]) if "incomplete" in data else None,
        is_forgotten=read_bool(data.get("is_forgotten", False)),
        unknown_since=read_time(data["unknown_since"]) if "unknown_since" in data else None,
        public_addresses=_not_seen(data),
        is_not_seen="not_seen" in data,
        has_failed=read_bool(data.get("has_failed", False)),
        failover=read_failover(data),
    )


def _not_seen(data: Mapping[str, Any]) -> frozenset[Address] | None:
    """Return what public resolvers answered instead of a record, None if they saw it."""
    stored = data.get("not_seen")
    return None if stored is None else frozenset(map(read_address, stored))


def _attributes(data: Mapping[str, Any]) -> RecordAttributes:
    comment = data["comment"]
    return RecordAttributes(
        proxied=read_bool(data["proxied"]),
        ttl_s=read_int(data["ttl_s"], TTL_AUTO, MAX_TTL_S),
        comment=None if comment is None else read_text(comment),
        tags=tuple(read_text(tag) for tag in read_list(data["tags"])),
        is_owned=read_bool(data["is_owned"]),
    )


def _incomplete(data: Mapping[str, Any]) -> IncompleteRecord:
    return IncompleteRecord(
        id=RecordId(read_text(data["id"])),
        proxied=read_bool(data["proxied"]),
        ttl_s=read_int(data["ttl_s"], TTL_AUTO, MAX_TTL_S),
    )
