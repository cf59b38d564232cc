"""Check every change of a zone: which record was written, with which content, and why."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from simulator.cloudflare import Zone
from simulator.cloudflare.record import Fields, Record
from simulator.request_log import Log

from .attribute_memory import AUTOMATIC_TTL, ODD_ATTRIBUTES, AttributeMemory, comment_of
from .connection_record_checker import ConnectionRecordChecker
from .content_checker import ContentChecker
from .detection_checker import DetectionChecker
from .incomplete_records import IncompleteRecords
from .integration import OTHER_HOME_COMMENT, OWNER_COMMENT
from .model import ManagedRecord, RecordKey, SourceCatalog
from .record_rules import attributes_at_creation, enforced, is_given_by_user, key_of, shown
from .reported_addresses import ReportedAddresses

_NEW = (False, AUTOMATIC_TTL, OWNER_COMMENT)
"""Proxied status, TTL and comment of a record that is created without a known one before."""


class ZoneChecker:
    """Checks the changes that Raindrop makes in one zone, apart from external changes."""

    def __init__(
        self,
        zone: Zone,
        deletable: Collection[RecordKey],
        reported: ReportedAddresses,
        sources: SourceCatalog,
        detection: DetectionChecker,
        log: Log,
    ) -> None:
        """Wrap the methods of the simulator's zone that change records.

        Raindrop may delete what it created at the record keys in ``deletable``.
        """
        self.zone = zone
        self.externally_changed: set[RecordKey] = set()
        """The record keys that ever had an external change."""
        self.writes = 0
        self.violations: list[str] = []
        self._is_external = False
        self._deletable = deletable
        self._detection = detection
        self._contents = ContentChecker(reported, sources, detection)
        self._log = log
        self._incomplete = IncompleteRecords(zone, log)
        self._memory = AttributeMemory(zone, log, self._incomplete)
        self._allowed: defaultdict[RecordKey, set[ManagedRecord]] = defaultdict(set)
        """The configurations that Raindrop may apply in this step, by record key."""
        self._existed: defaultdict[RecordKey, set[tuple[bool, int, str | None]]] = defaultdict(set)
        """Proxied status, TTL and comment of the records that ever existed, by record key."""
        self._external_ids_in_step: set[str] = set()
        self._external_keys_in_step: set[RecordKey] = set()
        self._keys_before: dict[str, RecordKey] = {}
        """The record keys of externally changed records before this step: a write that was under
        way arrives at the record even if it has another name by then."""
        self._expected: dict[str, dict[str, Any]] = {}
        """All records at the start of the step, with the external changes since."""
        self._identifying: defaultdict[RecordKey, set[str]] = defaultdict(set)
        """Contents by which a record may be recognized among several: those of a single or pinned
        record, and those written by Raindrop."""
        self._written: defaultdict[RecordKey, set[str]] = defaultdict(set)
        """The contents that Raindrop ever wrote, by record key."""
        self._shared: set[RecordKey] = set()
        """The record keys at which each connection has its own record, or ever had."""
        self._of_connections = ConnectionRecordChecker(
            zone,
            reported,
            self._contents,
            deletable,
            self._external_ids_in_step,
            self._external_keys_in_step,
        )
        self._create, self._change, self._delete = zone.create, zone.change, zone.delete
        for name, method in (
            ("create", self.create),
            ("change", self.change),
            ("delete", self.delete),
        ):
            setattr(zone, name, method)

    def begin_step(self, managed: Mapping[RecordKey, ManagedRecord]) -> None:
        """Note the records of the zone before a step."""
        self._allowed.clear()
        self.allow(managed)
        self._external_ids_in_step.clear()
        self._external_keys_in_step.clear()
        self._keys_before.clear()
        self._expected = {id_: r.shown() for id_, r in self.zone.records.items()}
        for record_key in self._existed.keys() - managed.keys():
            # Raindrop does not remember what it does not manage.
            self._memory.forget(record_key)
            self._incomplete.note_configured(record_key)
            self._existed[record_key].add(_NEW)
        for record in self.zone.records.values():
            self._note_existing(record.fields)
        count = Counter(key_of(record.fields) for record in self.zone.records.values())
        for record in self.zone.records.values():
            record_key = key_of(record.fields)
            if count[record_key] == 1 or record.id in {
                managed.record_id for managed in self._allowed.get(record_key, ())
            }:
                self._identifying[record_key].add(record.fields.content)

    def allow(self, managed: Mapping[RecordKey, ManagedRecord]) -> None:
        """Allow the current configuration too; an update in progress may use an older one."""
        self._detection.sources_changed()
        for record_key, record in managed.items():
            self._allowed[record_key].add(record)
            if record.has_own_records:
                self._shared.add(record_key)
            if len(self._allowed[record_key]) > 1:
                self._memory.forget(record_key)
                self._incomplete.note_configured(record_key)

    def end_step(self, step_name: str) -> list[str]:
        """Check that unmanaged records are unchanged; return all violations."""
        self._memory.end_step(step_name, self._allowed, self._external_keys_in_step)
        current = {id_: r.shown() for id_, r in self.zone.records.items()}
        for id_ in current.keys() | self._expected.keys():
            before, now = self._expected.get(id_), current.get(id_)
            either = now or before or {}
            record_key = self._keys_before.get(id_, (either["name"], either["type"]))
            if before != now and record_key not in self._allowed.keys() | {*self._deletable}:
                self._violation(f"{record_key} is not managed, but changed from {before} to {now}")
        return self.violations

    @contextmanager
    def external_change(self) -> Iterator[None]:
        """Treat changes as external ones, which are not checked."""
        self._is_external = True
        try:
            yield
        finally:
            self._is_external = False

    def create(self, fields: Fields, *, is_read_only: bool = False) -> Record:
        """Create a record, and check it."""
        if not self._is_external:
            self._check_create(fields)
        record = self._create(fields, is_read_only=is_read_only)
        if not self._is_external:
            self._incomplete.note_created(record)
        self._note_existing(record.fields)
        self._note_external(record, record.shown())
        return record

    def change(self, old: Record, fields: Fields) -> Record:
        """Change a record, and check the change."""
        if self._is_external:
            self._keys_before.setdefault(old.id, key_of(old.fields))
        else:
            self._check_change(old, fields)
        record = self._change(old, fields)
        self._incomplete.note_changed(old, record)
        self._note_existing(record.fields, is_read=not self._is_external)
        self._note_external(old, record.shown())
        self._note_external(record, record.shown())
        return record

    def delete(self, record_id: str) -> Record:
        """Delete a record, and check the deletion."""
        record = self.zone.get(record_id)
        if not self._is_external:
            self._check_delete(record)
        self._note_external(record, None)
        return self._delete(record_id)

    def _note_existing(self, fields: Fields, *, is_read: bool = False) -> None:
        """Remember what a record of a name had: one that is deleted comes back like this.

        Another home's record does not, unless the response to a write showed it.
        """
        if is_read or fields.comment != OTHER_HOME_COMMENT:
            self._existed[key_of(fields)].add((fields.proxied, fields.ttl, comment_of(fields)))

    def note_odd_record(self, record_key: RecordKey) -> None:
        """Remember an odd record, which is perhaps read like any other one."""
        self._existed[record_key].add(ODD_ATTRIBUTES)
        self._memory.note_odd_record(record_key)

    def _note_external(self, record: Record, shown: dict[str, Any] | None) -> None:
        """Expect the result of an external change."""
        if not self._is_external:
            return
        record_key = key_of(record.fields)
        self.externally_changed.add(record_key)
        self._external_keys_in_step.add(record_key)
        self._external_ids_in_step.add(record.id)
        if shown is None:
            self._expected.pop(record.id, None)
        else:
            self._expected[record.id] = shown
            self._memory.note_external_change(record.fields)

    def _check_create(self, fields: Fields) -> None:
        record_key, allowed = key_of(fields), self._allowed.get(key_of(fields), set())
        if not allowed:
            self._violation(f"{record_key} was created, but is not managed")
            return
        self._check_content(record_key, fields, None)
        self._written[record_key].add(fields.content)
        self._identifying[record_key].add(fields.content)
        if record_key not in self.externally_changed:
            # Of one that existed, only the list of its name may have been read since.
            self._check_delegation(record_key)
        if not any(managed.create for managed in allowed):
            self._violation(f"{record_key} was created, but creating is not allowed")
        if record_key in self._shared:
            if not self._had_fault("ignored_fields"):
                self._violations(self._of_connections.created(fields, allowed))
            return
        if not self._had_fault("ignored_fields"):
            self._check_attributes(fields, allowed)
        existing = [r for r in self.zone.records.values() if key_of(r.fields) == record_key]
        if existing and record_key not in self._external_keys_in_step:
            self._violation(f"{record_key} was created a second time")

    def _check_attributes(self, fields: Fields, allowed: Collection[ManagedRecord]) -> None:
        """Check the attributes of a record that is created, perhaps again."""
        record_key = key_of(fields)
        if not any(self._may_be_created_as(fields, managed) for managed in allowed):
            self._violation(
                f"{record_key} was created as {shown(fields)}, against its policy"
                " or not as a record of this name was before"
            )
        if violation := self._memory.violation(fields, allowed):
            self._violation(f"{record_key} was {violation}")

    def _may_be_created_as(self, fields: Fields, managed: ManagedRecord) -> bool:
        """Return whether a created record is as one was before, except what the policy enforces.

        A record of which none was certainly read may get the owner comment and the defaults.
        """
        record_key = key_of(fields)
        unread = set() if self._memory.has_read(record_key) else {_NEW}
        return any(
            (fields.proxied, fields.ttl, fields.comment)
            == (*attributes_at_creation(managed, proxied=proxied, ttl_s=ttl_s), comment)
            for proxied, ttl_s, comment in self._existed[record_key] | unread
        )

    def _check_change(self, old: Record, fields: Fields) -> None:
        record_key, allowed = key_of(fields), self._allowed.get(key_of(fields), set())
        was, now = shown(old.fields), shown(fields)
        if was["content"] != now["content"]:
            sent_to = self._keys_before.get(old.id, record_key)
            self._check_content(sent_to, fields, str(was["content"]))
            self._written[record_key].add(fields.content)
        if old.id in self._external_ids_in_step:
            # An external change between the list and the write cannot be known.
            return
        if not allowed or record_key != key_of(old.fields):
            self._violation(f"{record_key} was changed, but is not managed")
        self._check_delegation(record_key)
        is_given = is_given_by_user(old, allowed)
        if old.fields.comment == OTHER_HOME_COMMENT and not is_given:
            self._violation(f"{record_key} was changed, the record of another home")
        # A correction of attributes alone confirms the existing content as well.
        self._identifying[record_key].add(fields.content)
        if record_key in self._shared:
            lacking = self._incomplete.may_change(old, fields)
            self._violations(self._of_connections.changed(old, fields, allowed, lacking))
            return
        self._check_selection(record_key, old, allowed)
        changed = {key for key in was.keys() - {"content"} if was[key] != now[key]}
        may_change = self._incomplete.may_change(old, fields)
        if is_given and fields.comment == OWNER_COMMENT:
            may_change.add("comment")
        if changed and not any(
            changed <= enforced(managed, fields) | may_change for managed in allowed
        ):
            self._violation(f"{record_key}: attributes not enforced were changed, {was} to {now}")
        if was == now and not self._had_fault("ignored_fields", "hold_request"):
            self._violation(f"{record_key} was written without a difference")

    def _check_delegation(self, record_key: RecordKey) -> None:
        """Check that nothing is written below an NS record, where nobody would see it."""
        delegation = (f"sub.{self.zone.name}", "NS")
        is_known = delegation not in self._external_keys_in_step and not self._had_fault(
            "hold_request", "slow_request"
        )
        is_delegated = any(key_of(r.fields) == delegation for r in self.zone.records.values())
        if is_known and is_delegated and record_key[0].endswith(f".{delegation[0]}"):
            self._violation(f"{record_key} was written below an NS record")

    def _had_fault(self, *kinds: str) -> bool:
        """Return whether any request in this step had a fault of these kinds."""
        faults = [str(entry.fault) for entry in self._log.entries]
        return any(kind in fault for fault in faults for kind in kinds)

    def _check_selection(
        self, record_key: RecordKey, old: Record, allowed: Collection[ManagedRecord]
    ) -> None:
        """Check that a changed record is the pinned one, or can be recognized among several.

        A pinned record that another home keeps counts as gone.
        """
        pinned = {managed.record_id for managed in allowed}
        if old.id in pinned or record_key in self._external_keys_in_step:
            return
        is_owned = old.fields.comment == OWNER_COMMENT or is_given_by_user(old, allowed)
        existing = [r for r in self.zone.records.values() if key_of(r.fields) == record_key]
        exists = any(
            record.id in pinned and record.fields.comment != OTHER_HOME_COMMENT
            for record in existing
        )
        if None not in pinned and (exists or not (is_owned or len(existing) == 1)):
            self._violation(f"{record_key}: {old.id} was changed, but {pinned} is pinned")
        is_recognized = is_owned or old.fields.content in self._identifying[record_key]
        if len(existing) > 1 and not is_recognized:
            self._violation(f"{record_key}: {old.shown()} was changed, an ambiguous record")

    def _check_delete(self, record: Record) -> None:
        record_key, allowed = key_of(record.fields), self._allowed.get(key_of(record.fields), set())
        if record_key in self._shared:
            self._violations(self._of_connections.deleted(record, allowed))
            return
        is_owned = record.fields.comment == OWNER_COMMENT
        may_be_owned = is_owned or record.id in self._external_ids_in_step
        if is_owned and self._was_created_late(record):
            return
        if not may_be_owned or record_key not in self._deletable:
            self._violation(f"{record.shown()} was deleted without being due for deletion")

    def _was_created_late(self, record: Record) -> bool:
        """Return whether a record of this home was created beside another one of it."""
        owned = [
            other.id
            for other in self.zone.records.values()
            if key_of(other.fields) == key_of(record.fields)
            and other.fields.comment == OWNER_COMMENT
        ]
        return len(owned) > 1 and record.fields.content in self._written[key_of(record.fields)]

    def _check_content(self, record_key: RecordKey, fields: Fields, before: str | None) -> None:
        """Check that a written content comes from an accepted and currently reported address."""
        self.writes += 1
        allowed = self._allowed.get(record_key, set())
        if not any(self._contents.is_confirmed(managed, fields, before) for managed in allowed):
            self._violation(
                f"{record_key} was changed from {before} to {fields.content}, an address"
                " that is not accepted or no longer reported"
            )

    def _violations(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._violation(text)

    def _violation(self, text: str) -> None:
        """Collect a violation: raised inside the simulator it would only be a failed response."""
        self.violations.append(f"{self.zone.name}: {text}")
