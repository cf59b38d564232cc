"""What happened in one update (UpdateResult), and its events."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter

from .addresses import parse_record
from .errors import CloudflareError
from .models import (
    Address,
    Change,
    Create,
    DesiredRecord,
    Reason,
    RecordKey,
    ResourceId,
    Update,
)
from .plan_values import Deletion, Outcome, TextOutcome
from .records.choice import desired_address
from .sources import ONLY_CONNECTION, ConnectionId, Family
from .state import State
from .zone_config import ManagedRecord, ZoneConfig
from .zones import Zone


class EventType(StrEnum):
    """What can have happened in an update."""

    PUBLIC_CHANGED = "public_changed"
    """The home has another address."""
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    """The record of a connection that is down was deleted."""
    DRIFT_CORRECTED = "drift_corrected"
    """A record was changed externally and corrected."""
    FAILED = "failed"
    """A record is no longer in sync."""
    RECOVERED = "recovered"
    FAILED_OVER = "failed_over"
    """A record uses another connection, because the better ones are down."""
    FAILED_BACK = "failed_back"
    """A record uses a better connection again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DdnsEvent:
    """Something that happened in an update; reported once."""

    type: EventType
    family: Family
    record_key: RecordKey | None = None
    """The record it happened to; None for the address of the home, or a resource."""
    resource_id: ResourceId | None = None
    """The resource it happened to."""
    from_ip: Address | None = None
    to_ip: Address | None = None
    reason: Reason | None = None
    """Why a record failed."""
    from_connection: str = ""
    """The name of the connection that was used."""
    to_connection: str = ""
    """The name of the connection that is used."""

    @property
    def connection(self) -> ConnectionId:
        """The connection whose own record it happened to; empty if it has none."""
        return self.record_key.connection if self.record_key else ONLY_CONNECTION


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateResult:
    """What happened in one update."""

    outcomes: Mapping[RecordKey, Outcome] = field(default_factory=dict)
    """The outcome of each change that was sent."""
    deletions: tuple[Deletion, ...] = ()
    """The records of connections that are down, which were deleted."""
    texts: tuple[TextOutcome, ...] = ()
    """The outcome of each change of a text that was sent."""
    is_outdated: bool = False
    """Whether changes were not sent because the configuration is outdated."""
    was_read: bool = False
    """Whether the zone's records were read."""
    zone: Zone | CloudflareError | None = None
    """The zone itself, or why it could not be read; None if it was not requested."""
    errors: tuple[CloudflareError, ...] = ()
    """Failures and refusals of Cloudflare in this update."""
    events: tuple[DdnsEvent, ...] = ()


def events_between(
    config: ZoneConfig,
    before: State,
    after: State,
    outcomes: Mapping[RecordKey, Outcome],
    deletions: Iterable[Deletion] = (),
) -> tuple[DdnsEvent, ...]:
    """Return what happened: moves of the home, changes, deletions, failures, recoveries.

    The first address ever accepted is not an event, nor is a record that only waits for
    a flapping address to settle.
    """
    return (
        *_moves(before, after),
        *(_change_event(k, o) for k, o in sorted(outcomes.items(), key=itemgetter(0)) if o.is_done),
        *map(_deletion_event, deletions),
        *_failures(config, before, after),
    )


def _moves(before: State, after: State) -> Iterator[DdnsEvent]:
    for family, address in sorted(after.public_addresses.items()):
        old = before.public_addresses.get(family)
        if old is not None and old != address:
            yield DdnsEvent(
                type=EventType.PUBLIC_CHANGED, family=family, from_ip=old, to_ip=address
            )


def _change_event(record_key: RecordKey, outcome: Outcome) -> DdnsEvent:
    change = outcome.change
    return DdnsEvent(
        type=_event_type(change),
        family=record_key.family,
        record_key=record_key,
        from_ip=parse_record(change.record.content) if isinstance(change, Update) else None,
        to_ip=parse_record(outcome.record.content) if outcome.record else None,
    )


def _deletion_event(deletion: Deletion) -> DdnsEvent:
    return DdnsEvent(
        type=EventType.DELETED,
        family=deletion.record_key.family,
        record_key=deletion.record_key,
        from_ip=parse_record(deletion.record.content),
    )


def _event_type(change: Change) -> EventType:
    if change.is_drift:
        return EventType.DRIFT_CORRECTED
    return EventType.CREATED if isinstance(change, Create) else EventType.UPDATED


def _failures(config: ZoneConfig, before: State, after: State) -> Iterator[DdnsEvent]:
    """Yield the records that failed in this update, then those that recovered."""
    failed = {key for key, record in after.records.items() if record.has_failed}
    had_failed = {key for key, record in before.records.items() if record.has_failed}
    managed = {managed.record_key: managed for managed in config.managed_records}
    for key in sorted(failed - had_failed):
        yield DdnsEvent(
            type=EventType.FAILED,
            family=key.family,
            record_key=key,
            from_ip=after.record(key).last_address,
            to_ip=_desired_address(managed[key], after),
            reason=after.record(key).reason,
        )
    for key in sorted(had_failed - failed):
        yield DdnsEvent(
            type=EventType.RECOVERED,
            family=key.family,
            record_key=key,
            to_ip=after.record(key).last_address,
        )


def _desired_address(managed: ManagedRecord, state: State) -> Address | None:
    """Return the address that a record should hold, None if it is not known."""
    key = managed.record_key
    desired = DesiredRecord(
        record_key=key,
        address=state.detection(managed).address,
        policy=managed.policy,
        lacks_prefix=managed.lacks_prefix,
    )
    return desired_address(desired, state.record(key).record)
