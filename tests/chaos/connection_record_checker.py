"""Check the records of names at which each connection has its own, or had it before."""

from collections.abc import Collection, Iterator

from simulator.cloudflare import Zone
from simulator.cloudflare.record import Fields, Record

from .constants import NO_ADDRESS
from .content_checker import ContentChecker
from .integration import CONNECTION_COMMENTS, OTHER_HOME_COMMENT, OWNER_COMMENTS
from .model import Connection, ManagedRecord, RecordKey
from .record_rules import enforced, is_given_by_user, key_of, shown
from .reported_addresses import ReportedAddresses

_CONNECTIONS = {comment: name for name, comment in CONNECTION_COMMENTS.items()}


class ConnectionRecordChecker:
    """Checks who owns what at such a name, and that no connection loses its record by silence."""

    def __init__(
        self,
        zone: Zone,
        reported: ReportedAddresses,
        contents: ContentChecker,
        deletable: Collection[RecordKey],
        external_ids: Collection[str],
        external_keys: Collection[RecordKey],
    ) -> None:
        """Take what may be deleted, and what was changed externally in the present step."""
        self._zone = zone
        self._reported = reported
        self._contents = contents
        self._deletable = deletable
        self._external_ids = external_ids
        self._external_keys = external_keys

    def created(self, fields: Fields, allowed: Collection[ManagedRecord]) -> Iterator[str]:
        """Yield what is wrong about a record that is created; its comment did take."""
        record_key = key_of(fields)
        if record_key in self._external_keys:
            return
        existing = self._existing(record_key)
        if fields.comment in _CONNECTIONS:
            existing = [r for r in existing if r.fields.comment == fields.comment]
        elif all(managed.has_own_records for managed in allowed):
            yield f"{record_key} was created without the comment of a connection"
        if existing:
            yield f"{record_key} was created a second time: {[r.shown() for r in existing]}"

    def changed(
        self,
        old: Record,
        fields: Fields,
        allowed: Collection[ManagedRecord],
        may_change: Collection[str],
    ) -> Iterator[str]:
        """Yield what is wrong about a record that is changed.

        It may lack the attributes in ``may_change``, which its creation did not get.
        """
        record_key = key_of(fields)
        pinned = {managed.record_id for managed in allowed}
        is_own = old.fields.comment in OWNER_COMMENTS
        may_be_other = old.id in pinned or not all(m.has_own_records for m in allowed)
        is_given = is_given_by_user(old, allowed)
        is_of_other = old.fields.comment == OTHER_HOME_COMMENT
        if not is_given and (is_of_other or not (is_own or may_be_other)):
            yield f"{record_key}: {old.shown()} was changed, which is not this home's"
        was, now = shown(old.fields), shown(fields)
        different = {name for name in was if was[name] != now[name]} - {
            *("content", "comment"),
            *may_change,
        }
        if different and not any(different <= enforced(m, fields) for m in allowed):
            yield f"{record_key}: attributes not enforced were changed, {was} to {now}"

    def deleted(self, record: Record, allowed: Collection[ManagedRecord]) -> Iterator[str]:
        """Yield what is wrong about a record that is deleted."""
        record_key = key_of(record.fields)
        if record.id in self._external_ids or record_key in self._external_keys:
            return
        if record.fields.comment not in OWNER_COMMENTS:
            yield f"{record_key}: {record.shown()} was deleted, which is not this home's"
        if record_key in self._deletable:
            return
        left = [r for r in self._existing(record_key) if r.id != record.id]
        is_own_left = any(other.fields.comment in OWNER_COMMENTS for other in left)
        if not is_own_left and not any(self._is_right_pinned(r, allowed) for r in left):
            yield f"{record_key}: {record.shown()} was deleted, the last one of this home"
        name = _CONNECTIONS.get(record.fields.comment or "")
        is_double = any(other.fields.comment == record.fields.comment for other in left)
        own = [c for managed in allowed for c in managed.connections if c.name == name]
        is_used = len(own) == len(allowed) and all(m.has_own_records for m in allowed)
        if is_used and not is_double and not any(map(self._said_down, own)):
            yield f"{record_key}: {record.shown()} was deleted, but nothing said it is down"

    def _existing(self, record_key: RecordKey) -> list[Record]:
        return [r for r in self._zone.records.values() if key_of(r.fields) == record_key]

    def _is_right_pinned(self, record: Record, allowed: Collection[ManagedRecord]) -> bool:
        """Return whether the user pinned a record for the whole name, and its address is right.

        Then nobody needs those of the connections that the name had before.
        """
        fields = record.fields
        return fields.comment != OTHER_HOME_COMMENT and any(
            managed.record_id == record.id
            and not managed.has_own_records
            and self._contents.is_confirmed(managed, fields, fields.content)
            for managed in allowed
        )

    def _said_down(self, connection: Connection) -> bool:
        """Return whether a connection itself said in this step that it is down."""
        source = connection.source
        return bool(
            self._reported.reporters_of("off", {connection.status})
            or self._reported.reporters_of(NO_ADDRESS[source.family], {source.entity})
        )
