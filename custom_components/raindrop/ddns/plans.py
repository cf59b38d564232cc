"""Plans as values: the changes to make, the conflicts, and what became of each change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .errors import CloudflareError
from .models import Change, Reason, Record, RecordKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A record that only the user can bring in sync, with the records at its name."""

    record_key: RecordKey
    reason: Reason
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change."""

    change: Change
    reason: Reason | None = None
    """`REFUSED`, `NOT_APPLIED` or `UNCONFIRMED`; None if the change is done."""
    record: Record | None = None
    """The record as the response to the change shows it."""
    error: CloudflareError | None = None
    """Why it is not done."""

    @property
    def is_done(self) -> bool:
        """Whether Cloudflare confirmed the change."""
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The changes that bring all desired records in sync, and the conflicts."""

    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    records: Mapping[RecordKey, Record] = field(default_factory=dict)
    """The existing record of each key, where exactly one is identifiable."""
    stale_records: Mapping[RecordKey, Sequence[Record]] = field(default_factory=dict)
    """Those that this home created late beside the one of the key, with an address it had."""
    stale_hints: Mapping[RecordKey, Sequence[Record]] = field(default_factory=dict)
    """HTTPS and SVCB records at the name with an address that no record there will hold."""
    waiting: Mapping[RecordKey, Outcome] = field(default_factory=dict)
    """The failures whose changes only a full sync tries again; they are not in ``changes``."""
