"""Plans as values: the changes to make, the conflicts, and the outcome of each change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .errors import CloudflareError
from .models import Change, Reason, Record, RecordKey
from .text_records import TextUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A record that needs a decision by the user, with the records of its name."""

    record_key: RecordKey
    reason: Reason
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A record to delete, because its connection is down."""

    record_key: RecordKey
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one change."""

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
class TextOutcome(Outcome):
    """What became of the change of a text."""

    change: TextUpdate

    @property
    def is_of_content(self) -> bool:
        """Whether Cloudflare refused this very text, and may accept another one."""
        return self.error is not None and self.error.is_of_content


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The changes that bring all desired records in sync, and the conflicts."""

    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    records: Mapping[RecordKey, Record] = field(default_factory=dict)
    """The existing record of each key, where exactly one is identifiable."""
    stale_records: Mapping[RecordKey, Sequence[Record]] = field(default_factory=dict)
    """Those that this home created late beside the one of the key, with an address it had.

    Also those of connections that the name has no longer.
    """
    deletions: tuple[Deletion, ...] = ()
    """The records of connections that are down, where another one was read as it should be."""
    left_deletions: tuple[Deletion, ...] = ()
    """Those that were not made; the next full sync tries them again."""
    stale_hints: Mapping[RecordKey, Sequence[Record]] = field(default_factory=dict)
    """HTTPS and SVCB records of the name with an address that no record there will have."""
    waiting: Mapping[RecordKey, Outcome] = field(default_factory=dict)
    """The failures whose changes only a full sync tries again; they are not in ``changes``."""
    texts: tuple[TextUpdate, ...] = ()
    """The changes of texts."""
    left_texts: Mapping[RecordKey, Sequence[Record]] = field(default_factory=dict)
    """Texts with an address that a record had, which may be somebody else's or read-only."""
    waiting_texts: tuple[TextOutcome, ...] = ()
    """The failures whose changes only a full sync tries again; they are not in ``texts``."""
