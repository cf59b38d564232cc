"""Verify writes: which fields of a change a record does not have as they were sent."""

from ..addresses import parse_record
from ..models import (
    Change,
    Create,
    Reason,
    Record,
    Update,
)
from ..plan_values import Outcome
from ..text_records import TextUpdate
from .text_tokens import is_same_text


def unapplied_fields(change: Change, record: Record) -> list[str]:
    """Return the names of the fields of a change that a record does not have as they were sent.

    The spelling of an address, the quotes of a text, the order and case of
    tags, and the TTL of a proxied record, which is always automatic, do not count.
    """
    if isinstance(change, TextUpdate):
        return [] if is_same_text(change.text, record) else ["content"]
    is_ours = record.is_owned and record.connection == change.record_key.connection
    is_as_sent = {
        "content": change.address in (None, parse_record(record.content)),
        "proxied": change.proxied in (None, record.proxied),
        "ttl": record.proxied or change.ttl_s in (None, record.ttl_s),
    }
    if isinstance(change, Update):
        is_as_sent["comment"] = is_ours or not change.is_takeover
    else:
        is_as_sent["comment"] = is_ours if change.is_owned else record.comment == change.comment
        is_as_sent["tags"] = _folded(change.tags) == _folded(record.tags)
    return [name for name, is_sent in is_as_sent.items() if not is_sent]


def is_repetition(change: Change, failure: Outcome) -> bool:
    """Return whether a change sends only what was not applied to the record before."""
    failed = failure.change
    record_id = change.record.id if isinstance(change, Update) else None
    return (
        failure.reason is Reason.NOT_APPLIED
        and record_id == (failure.record.id if failure.record else None)
        and _takes_over(change) <= _takes_over(failed)
        and change.address in (None, failed.address)
        and change.proxied in (None, failed.proxied)
        and change.ttl_s in (None, failed.ttl_s)
    )


def is_misplaced(change: Create, record: Record) -> bool:
    """Return whether a record is the created one, but with a name that Cloudflare completed.

    It appends the zone's name to a name that is not in the zone.
    """
    key = change.record_key
    return (
        record.is_owned
        and record.type == key.family.record_type
        and record.name.startswith(f"{key.name}.")
        and parse_record(record.content) == change.address
    )


def _takes_over(change: Change) -> bool:
    return isinstance(change, Update) and change.is_takeover


def _folded(tags: tuple[str, ...]) -> set[str]:
    return {tag.casefold() for tag in tags}
