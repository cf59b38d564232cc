"""The preview of a domain: which records would change, before anything is stored."""

from collections.abc import Iterable
import string

from .. import ddns
from ..dashboard_links import zone_placeholders
from ..ddns import (
    Change,
    Conflict,
    Detection,
    ManagedRecord,
    Reason,
    Record,
    RecordKey,
    to_unicode,
)
from ..error_messages import BASE, ErrorMessage

CONFLICT_KEYS = {
    Reason.MISSING: "record_missing",
    Reason.AMBIGUOUS: "record_ambiguous",
    Reason.OTHER_HOME: "record_other_home",
    Reason.SAME_ADDRESS: "record_same_address",
    Reason.MIXED_PROXIED: "record_mixed_proxied",
    Reason.CNAME: "record_cname",
    Reason.DELEGATED: "record_delegated",
    Reason.READ_ONLY: "record_read_only",
    Reason.PLACEHOLDER: "record_placeholder",
    Reason.NO_PREFIX: "record_no_prefix",
    Reason.PROXIED_UNKNOWN: "record_proxied_unknown",
    Reason.CONTESTED: "record_contested",
}
"""The translation keys of conflicts, of their messages in forms and of their issues alike."""
_ESCAPED = {ord(character): f"\\{character}" for character in string.punctuation}


def table_rows(preview: ddns.Preview, managed_records: Iterable[ManagedRecord]) -> str:
    """Return the Markdown rows of a preview: name, now, after, type, proxied, TTL in seconds.

    On a phone, a table that is too wide can be scrolled: what matters comes first.
    The rows need no translation: a cloud is a proxied record, ``auto`` is the
    automatic TTL, and a question mark is an address that is not known. An
    attribute that changes is shown before and after an arrow.
    """
    changes = {change.record_key: change for change in preview.plan.changes}
    conflicts = {conflict.record_key: conflict for conflict in preview.plan.conflicts}
    rows: list[str] = []
    for managed in managed_records:
        key, detection = managed.record_key, preview.detection(managed)
        record, change = preview.plan.records.get(key), changes.get(key)
        conflict = conflicts.get(key)
        existing = conflict.records if conflict else [record] if record else []
        cells = (
            escape_markdown(to_unicode(key.name)),
            ", ".join(escape_markdown(record_text(there)) for there in existing),
            escape_markdown(_content_after(record, change, conflict, detection)),
            key.family.record_type,
            *_attributes(record, change),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def conflict_message(conflict: Conflict, form_field: str = BASE) -> ErrorMessage:
    """Return the message of a conflict."""
    existing = ", ".join(map(record_text, conflict.records))
    family = conflict.record_key.family
    placeholders = {"existing": existing, "family": family.label, "type": family.record_type}
    return ErrorMessage(form_field, CONFLICT_KEYS[conflict.reason], placeholders)


def record_text(record: Record) -> str:
    """Return what a record says; an NS record with its name, which may be above a domain's."""
    is_delegation = record.type == "NS"
    return f"{to_unicode(record.name)} NS {record.content}" if is_delegation else record.content


def first_message(
    preview: ddns.Preview,
    record_keys: Iterable[RecordKey],
    managed_records: Iterable[ManagedRecord],
) -> ErrorMessage | None:
    """Return the most important reason why a record would stay as it is, if there is one.

    ``record_keys`` are those of all chosen families, also without a source.
    """
    if preview.plan.conflicts:
        return conflict_message(preview.plan.conflicts[0])
    managed_by_key = {managed.record_key: managed for managed in managed_records}
    for key in record_keys:
        placeholders = {"family": key.family.label, "type": key.family.record_type}
        if key not in managed_by_key:
            return ErrorMessage(BASE, "source_off", placeholders)
        detection = preview.detection(managed_by_key[key])
        # An address in hold-down will be written.
        if detection.expected is None:
            is_absent = detection.is_unsupported_family
            error = "address_absent" if is_absent else "address_unknown"
            return ErrorMessage(BASE, error, placeholders)
    return None


def zone_message(zone: ddns.Zone | None) -> ErrorMessage | None:
    """Return why the world will not see the records of a zone, None if it will."""
    if zone is None or zone.problem is None:
        return None
    return ErrorMessage(BASE, zone.problem, zone_placeholders(zone))


def escape_markdown(text: str) -> str:
    r"""Return text that Markdown shows literally, also in a cell of a table.

    https://spec.commonmark.org/0.31.2/#backslash-escapes

    >>> escape_markdown("*.example")
    '\\*\\.example'
    """
    return " ".join(text.split()).translate(_ESCAPED)


def as_code(text: str) -> str:
    """Return text that Markdown shows literally, as code.

    >>> as_code("*.example.com")
    '`*.example.com`'
    """
    return f"`{' '.join(text.split()).replace('`', "'")}`"


def _content_after(
    record: Record | None, change: Change | None, conflict: Conflict | None, detection: Detection
) -> str:
    """Return the content after the update, empty if a conflict keeps it from being written."""
    if conflict:
        return ""
    if change and change.address:
        return str(change.address)
    if detection.address is None:
        return "?"
    return record.content if record else ""


def _attributes(record: Record | None, change: Change | None) -> tuple[str, str]:
    """Return the proxied status and the TTL."""
    if isinstance(change, ddns.Update):
        return (
            _before_and_after(_cloud(change.record.proxied), _cloud(change.proxied)),
            _before_and_after(_ttl(change.record.ttl_s), _ttl(change.ttl_s)),
        )
    shown = change or record
    return (_cloud(shown.proxied) or "", _ttl(shown.ttl_s) or "") if shown else ("", "")


def _before_and_after(before: str | None, after: str | None) -> str:
    return f"{before} → {after}" if after else before or ""


def _cloud(proxied: bool | None) -> str | None:  # noqa: FBT001 - a value, not a flag
    if proxied is None:
        return None
    return "☁" if proxied else "—"


def _ttl(ttl_s: int | None) -> str | None:
    if ttl_s is None:
        return None
    return "auto" if ttl_s == ddns.TTL_AUTO else str(ttl_s)
