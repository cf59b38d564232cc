"""What is known between updates (State)."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import override

from .detection.detection import Detection
from .errors import CloudflareError
from .failover import FailoverState
from .models import (
    Address,
    Reason,
    Record,
    RecordAttributes,
    RecordId,
    RecordKey,
)
from .plan_values import Conflict, Outcome, TextOutcome
from .sources import Family, Source
from .zone_config import ManagedRecord, ZoneConfig
from .zones import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteRecord:
    """The attributes of a record that was created differently from what was sent."""

    id: RecordId
    proxied: bool
    ttl_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordState:
    """Everything known about one managed record."""

    record: Record | None = None
    """The record as last read or written, so that a failed list does not hide it."""
    last_record: Record | None = None
    """The record when it was last in sync."""
    last_attributes: RecordAttributes | None = None
    """What it had when it was last read or written; survives a restart."""
    incomplete: IncompleteRecord | None = None
    """The record if it was created without all of them, against what was sent; survives a restart.
    """
    is_forgotten: bool = False
    """Whether it may have existed before, although the stored attributes could not be read."""
    last_address: Address | None = None
    """The address that it held when it was last in sync; survives a restart."""
    synced_address: Address | None = None
    """The detected address that it was last brought in line with."""
    sent_addresses: tuple[Address, ...] = ()
    """The addresses of the last requests to create it that got no response; survives a restart."""
    stale_hints: tuple[Record, ...] = ()
    """HTTPS and SVCB records of the name with an address that its records do not have."""
    external_changes: tuple[datetime, ...] = ()
    """When it was changed externally, as far as it counts; survives a restart."""
    text_addresses: Mapping[Address, datetime | None] = field(default_factory=dict)
    """Its addresses that a text has, or may still get, and since when none has it.

    That is None while one has it. Survives a restart.
    """
    text_failures: tuple[TextOutcome, ...] = ()
    """The changes of texts that were refused or are unconfirmed."""
    left_texts: tuple[Record, ...] = ()
    """Texts with an address that it had, which may be somebody else's or read-only."""
    conflict: Conflict | None = None
    """The conflict that needs a decision by the user."""
    failure: Outcome | None = None
    """The change that was refused or is unconfirmed."""
    refusals: int = 0
    """How many updates in a row a change of it was refused in."""
    exists: bool | None = None
    """Whether the last list had a record of its name and type; None before the first list."""
    is_down: bool = False
    """Whether its connection was known to be down in the last update."""
    is_deletion_refused: bool = False
    """Whether it could not be deleted while its connection is down, when the zone was last read."""
    unknown_since: datetime | None = None
    """Since when it is unknown whether it is in sync: without an address, or without a list.

    None if it is known. Survives a restart.
    """
    is_overdue: bool = False
    """Whether that has not been known for too long."""
    reason: Reason | None = None
    """Why it is not in sync; None if it is, or if that is not known yet."""
    public_addresses: frozenset[Address] | None = None
    """What public resolvers answered when they were last asked; None if that is not known."""
    visible_from: datetime | None = None
    """When all older answers have expired from caches; None if there is nothing to see."""
    is_not_seen: bool = False
    """Whether they answered without the address of the record after that; survives a restart."""
    has_failed: bool = False
    """Whether its failure was an event, so that its recovery is one; survives a restart."""
    failover: FailoverState | None = None
    """Which of its connections is in use; None if it has only one. Survives a restart."""

    @property
    def is_in_sync(self) -> bool:
        """Whether it is known to be in sync."""
        return self.reason is None and self.unknown_since is None


_UNKNOWN = RecordState()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:  # noqa: PLW1641 - the decorator adds it
    """Everything known about one zone; each update returns the next one."""

    detections: Mapping[Source, Detection] = field(default_factory=dict)
    """The last detection of each source."""
    public_addresses: Mapping[Family, Address] = field(default_factory=dict)
    """The last accepted address of the home; survives a restart."""
    conflicting_updates: Mapping[Source, int] = field(default_factory=dict)
    """For how many updates in a row the providers of a source have conflicted."""
    records: Mapping[RecordKey, RecordState] = field(default_factory=dict)
    zone: Zone | None = None
    """The zone itself as it was last read; survives a restart.

    None if it is not known: the credential may lack the permission Zone Read.
    """
    list_error: CloudflareError | None = None
    """Why the zone could not be read."""
    is_converged: bool = False
    """Whether the zone need not be read again before the next full sync."""
    foreign_name_servers: frozenset[str] | None = None
    """What public resolvers answer for the zone if none of it is Cloudflare's; survives a restart.

    None while the zone is delegated to Cloudflare, as far as that is known.
    """
    has_unknown_record: bool = False
    """Whether it is not known of some record whether it is in sync."""
    has_unsynced_record: bool = False
    """Whether there is a reason why some record is not in sync at Cloudflare."""

    @override
    def __eq__(self, other: object) -> bool:
        # Tuples see by identity that the records, a thousand perhaps, are still the same ones.
        return isinstance(other, State) and _parts(self) == _parts(other)

    def record(self, record_key: RecordKey) -> RecordState:
        """Return what is known of a record; an empty state if nothing is."""
        return self.records.get(record_key, _UNKNOWN)

    def source(self, managed: ManagedRecord) -> Source:
        """Return the source of a record: that of the connection in use."""
        if not (managed.connections or managed.record_key.connection):
            return managed.source
        failover = self.record(managed.record_key).failover
        connection = managed.connection(failover.in_use) if failover else None
        source = connection.source if connection else managed.source
        apart = replace(source, host_name=managed.record_key.name)
        return apart if apart in self.detections else source

    def detection(self, managed: ManagedRecord) -> Detection:
        """Return what the source of a record detected: that of the connection in use.

        That counts for nothing where the connection is known to be down.
        """
        source = self.source(managed)
        if self.record(managed.record_key).is_down:
            return Detection(source=source)
        return self.detections[source]

    def has_connection_up(self, managed: ManagedRecord) -> bool:
        """Return whether one of the connections of a record is up, or may be."""
        failover = self.record(managed.record_key).failover
        return bool(managed.connections) and failover is not None and failover.is_any_up

    def written_at(self, record_keys: Iterable[RecordKey]) -> datetime | None:
        """Return when one of these records was last changed by anybody, by Cloudflare's clock."""
        records = (self.record(record_key).record for record_key in record_keys)
        return max((r.modified_on for r in records if r and r.modified_on), default=None)

    @property
    def errors(self) -> tuple[CloudflareError, ...]:
        """Failures and refusals of Cloudflare that persist."""
        return self.errors_of(self.records)

    def errors_of(self, record_keys: Container[RecordKey]) -> tuple[CloudflareError, ...]:
        """Return what failed for the zone or for some of its records."""
        states = [state for key, state in self.records.items() if key in record_keys]
        failures = (f for state in states for f in (state.failure, *state.text_failures) if f)
        errors = (self.list_error, *(failure.error for failure in failures))
        return tuple(error for error in errors if error is not None)


_parts = attrgetter(*(part.name for part in fields(State)))


def carried_over(
    records: Mapping[RecordKey, RecordState], record_keys: Iterable[RecordKey]
) -> dict[RecordKey, RecordState]:
    """Return what is known of records, where names now have one for each connection or no longer.

    What the only record of a name was is then known of that of the connection that it
    used, else of the first one, so that it is created as it was, and the other way
    around. ``record_keys`` are in order.
    """
    known = {**records}
    former: dict[RecordKey, RecordKey] = {}
    for key in known:
        former.setdefault(key.rrset, key)
    managed = dict.fromkeys(record_keys)
    done = {key.rrset for key in managed if key in known}
    for key in managed:
        if key.rrset in former and key.rrset not in done:
            record = known.pop(former[key.rrset])
            used = record.failover and key._replace(connection=record.failover.in_use)
            known[used if used in managed else key] = record
        done.add(key.rrset)
    return known


def reconfigured(state: State, before: ZoneConfig, after: ZoneConfig) -> State:
    """Return a state for another configuration, whose next update checks what changed.

    If a record's policy or source changed, its past does not show what is drift under
    the current one. Records that are no longer managed stay.
    """
    known = {managed.record_key: managed for managed in before.managed_records}
    keys = {managed.record_key for managed in after.managed_records}
    records = {**state.records}
    # What a connection leaves behind is found by reading.
    is_changed = any(key.connection for key in known.keys() - keys)
    for managed in after.managed_records:
        old, record = known.get(managed.record_key), records.get(managed.record_key)
        if managed == old:
            continue
        is_changed = True
        if record:
            failover = record.failover if managed.connections else None
            record = replace(record, synced_address=None, last_record=None, failover=failover)
            if old and old.is_paused != managed.is_paused:
                record = replace(
                    record,
                    conflict=None,
                    failure=None,
                    text_failures=(),
                    left_texts=(),
                    refusals=0,
                    external_changes=(),
                )
            records[managed.record_key] = record
    return replace(
        state,
        detections={
            source: state.detections.get(source, Detection(source=source))
            for source in after.sources
        },
        records=records,
        is_converged=state.is_converged and not is_changed,
    )
