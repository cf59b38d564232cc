"""The preview of a domain: which records would change, before anything is stored."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
import string

from .. import ddns
from ..dashboard_links import zone_placeholders
from ..ddns import (
    Change,
    Conflict,
    ConnectionId,
    Detection,
    HostName,
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
_NO_RECORD = "—"
_ESCAPED = {ord(character): f"\\{character}" for character in string.punctuation}


def record_lines(
    preview: ddns.Preview,
    managed_records: Iterable[ManagedRecord],
    connection_names: Mapping[ConnectionId, str],
) -> Iterator[str]:
    """Yield the lines of a Markdown list: the content of each record now and after the update.

    A record that belongs to one of several connections is shown with its name.

    A list fits on a phone, unlike a table. The lines need no translation: a cloud is a
    proxied record, a dash no record, and a question mark an address that is not known.
    """
    changes = {change.record_key: change for change in preview.plan.changes}
    conflicts = {conflict.record_key: conflict for conflict in preview.plan.conflicts}
    deleted = {deletion.record_key for deletion in preview.plan.deletions}
    for managed in managed_records:
        key, record = managed.record_key, preview.plan.records.get(managed.record_key)
        if conflict := conflicts.get(key):
            now = after = ", ".join(_shown(record_text(r), r.proxied) for r in conflict.records)
        else:
            now, after = _now_and_after(record, changes.get(key), preview.detection(managed))
            after = "" if key in deleted else after
        connection = connection_names.get(key.connection, "")
        yield preview_line(key.name, key.family.record_type, now, after, connection)


def preview_line(
    name: HostName, record_type: str, now: str, after: str, connection: str = ""
) -> str:
    """Return a line of a Markdown list: a record now and, if it changes, after an arrow."""
    now, after = now or _NO_RECORD, after or _NO_RECORD
    contents = now if now == after else f"{now} → {after}"
    label = f"{record_type} ({connection})" if connection else record_type
    return f"- **{escape_markdown(to_unicode(name))}** {escape_markdown(f'{label}: {contents}')}"


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
    connection_names: Mapping[ConnectionId, str],
) -> ErrorMessage | None:
    """Return the most important reason why a record would stay as it is, if there is one.

    ``record_keys`` are those of all chosen families, also without a source.
    """
    managed_by_key = {managed.record_key: managed for managed in managed_records}
    for conflict in preview.plan.conflicts[:1]:
        if conflict.reason is Reason.MISSING:
            name = connection_names.get(conflict.record_key.connection)
            return _missing_message(conflict, managed_by_key[conflict.record_key], name)
        return conflict_message(conflict)
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


def _missing_message(
    conflict: Conflict, managed: ManagedRecord, connection: str | None
) -> ErrorMessage:
    """Return the message that a record is missing, or one with an interface identifier to keep."""
    message = conflict_message(conflict)
    if managed.policy.create or conflict.records:
        return replace(message, key="interface_id_missing")
    if connection:
        placeholders = {**message.placeholders, "connection": connection}
        return ErrorMessage(BASE, "connection_record_missing", placeholders)
    return message


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


def _now_and_after(
    record: Record | None, change: Change | None, detection: Detection
) -> tuple[str, str]:
    """Return what a record contains before and after a change; the TTL only if it matters."""
    match change:
        case ddns.Create():
            ttl_s = None if change.ttl_s == ddns.TTL_AUTO else change.ttl_s
            return "", _shown(change.address, change.proxied, ttl_s)
        case ddns.Update(record=old):
            content = change.address or old.content
            proxied = old.proxied if change.proxied is None else change.proxied
            old_ttl_s = old.ttl_s if change.ttl_s else None
            now = _shown(old.content, old.proxied, old_ttl_s)
            return now, _shown(content, proxied, change.ttl_s)
    now = _shown(record.content, record.proxied) if record else ""
    return now, now if detection.address else "?"


def _shown(content: object, proxied: bool | None, ttl_s: int | None = None) -> str:  # noqa: FBT001 - a value, not a flag
    """Return what a record contains, with a cloud if it is proxied, and with the TTL if given."""
    ttl = {None: "", ddns.TTL_AUTO: "TTL auto"}.get(ttl_s, f"TTL {ttl_s} s")
    return " ".join(filter(None, (str(content), "☁" if proxied else "", ttl)))
