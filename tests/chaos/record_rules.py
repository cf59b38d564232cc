"""What the policy of a managed record says about the fields of its record."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from simulator.cloudflare.record import Fields, Record

from .attribute_memory import AUTOMATIC_TTL
from .model import ManagedRecord, RecordKey


def key_of(fields: Fields) -> RecordKey:
    """Return the host name and the type of a record."""
    return fields.name, fields.type


def shown(fields: Fields) -> dict[str, object]:
    """Return all fields of a record by name."""
    return {name: getattr(fields, name) for name in fields.__dataclass_fields__}


def is_given_by_user(record: Record, allowed: Iterable[ManagedRecord]) -> bool:
    """Return whether the user gave a record of another home, as it is now, to this one."""
    version = version_of(record.shown())
    return any(version in managed.take_over for managed in allowed)


def version_of(shown_record: Mapping[str, Any]) -> str:
    """Return the version of a record, by which the user gives it to this home."""
    return f"{shown_record['id']} {datetime.fromisoformat(shown_record['modified_on'])}"


def attributes_at_creation(
    managed: ManagedRecord, *, proxied: bool, ttl_s: int
) -> tuple[bool, int]:
    """Return whether a record is proxied that is created as another one was, and its TTL."""
    is_proxied = proxied if managed.proxied is None else managed.proxied
    own_ttl_s = ttl_s if managed.ttl_s is None else managed.ttl_s
    return is_proxied, AUTOMATIC_TTL if is_proxied else own_ttl_s


def enforced(managed: ManagedRecord, fields: Fields) -> set[str]:
    """Return the attributes in these fields that the policy enforces."""
    names: set[str] = set()
    if managed.proxied == fields.proxied:
        names.add("proxied")
    if fields.ttl == managed.ttl_s and not fields.proxied:
        names.add("ttl")
    if managed.proxied and fields.proxied and fields.ttl == AUTOMATIC_TTL:
        # Cloudflare sets the TTL of proxied records itself.
        names.add("ttl")
    return names
