"""The report of a round: what everybody else in the house looks at."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import override

from .errors import CloudflareError
from .model import (
    Address,
    Conflict,
    Family,
    News,
    Outcome,
    Record,
    Result,
    Slot,
    Source,
    Target,
    Trouble,
)
from .reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """One round: what was read, what stands in the zone, what was changed."""

    readings: Mapping[Source, Reading] = field(default_factory=dict)
    public: Mapping[Family, Address] = field(default_factory=dict)
    """The last address of the home that was believed."""
    disputes: Mapping[Source, int] = field(default_factory=dict)
    """In how many rounds in a row operators contradicted each other."""
    compared: Mapping[Slot, Address] = field(default_factory=dict)
    """The public address that each slot was last compared with to the end."""
    kept: Mapping[Slot, Address] = field(default_factory=dict)
    """The address of each slot when it was last seen or put right."""
    right: Mapping[Slot, Record] = field(default_factory=dict)
    """The record of each slot when it was last seen or put right; not remembered on disk."""
    repairs: Mapping[Slot, int] = field(default_factory=dict)
    """How often in a row somebody else's change of a slot was put right."""
    records: Mapping[Slot, Record] = field(default_factory=dict)
    """As last read or written, so that a failed list does not hide them."""
    conflicts: Mapping[Slot, Conflict] = field(default_factory=dict)
    outcomes: Mapping[Slot, Outcome] = field(default_factory=dict)
    """Of the last round that read the zone."""
    error: CloudflareError | None = None
    """Why the zone could not be read."""
    is_settled: bool = False
    """Whether the zone need not be asked again before the next audit."""
    was_read: bool = field(default=False, compare=False)
    """Whether this round read the zone."""
    fresh: tuple[CloudflareError, ...] = field(default=(), compare=False)
    """What Cloudflare failed at or refused in this round, and not in one before."""

    troubles: Mapping[Slot, Trouble] = field(default_factory=dict)
    """Why slots do not hold what they should."""
    failed: frozenset[Slot] = frozenset()
    """Those whose failure was news, and whose recovery will be."""
    news: tuple[News, ...] = field(default=(), compare=False)
    """What is different from the round before."""

    @override
    def __eq__(self, other: object) -> bool:
        """Return whether both say the same.

        Not one by one what they share: a round that brought nothing keeps the
        mappings of the one before, with thousands of records.
        """
        return isinstance(other, Report) and _said(self) == _said(other)

    __hash__ = None  # type: ignore[assignment]

    def address(self, source: Source) -> Address | None:
        """Return the public address by a source, None if it is not known."""
        reading = self.readings.get(source)
        return reading.address if reading else None

    def trouble(self, target: Target) -> Trouble | None:
        """Return why a slot does not hold what it should, None if it does.

        An IPv6 address that the home does not have is no trouble.
        """
        slot = target.slot
        if conflict := self.conflicts.get(slot):
            return Trouble(conflict.kind)
        outcome = self.outcomes.get(slot)
        if outcome and outcome.result is not Result.DONE:
            return Trouble(outcome.result)
        reading = self.readings.get(target.source)
        if reading is None or (slot.family is Family.IPV6 and reading.is_absent):
            return None
        if reading.is_flapping:
            return Trouble.FLAPPING
        if reading.address is None:
            return None if slot in self.kept else Trouble.NO_ADDRESS
        is_compared = self.compared.get(slot) == reading.address
        return None if is_compared and slot in self.kept else Trouble.UNREAD

    def written_at(self, slots: Iterable[Slot]) -> datetime | None:
        """Return when a record of these slots was last written, by anybody.

        By Cloudflare's clock, so that it needs no memory of ours.
        """
        records = (self.records[slot] for slot in slots if slot in self.records)
        times = (record.modified_on for record in records)
        return max((time for time in times if time), default=None)

    @property
    def failures(self) -> tuple[CloudflareError, ...]:
        """What Cloudflare failed at or refused."""
        return self.failures_of(self.outcomes)

    def failures_of(self, slots: Container[Slot]) -> tuple[CloudflareError, ...]:
        """Return what Cloudflare failed at or refused for some slots, or for the zone."""
        outcomes = (outcome for slot, outcome in self.outcomes.items() if slot in slots)
        errors = (self.error, *(outcome.error for outcome in outcomes))
        return tuple(error for error in errors if error is not None)


_said = attrgetter(*(f.name for f in fields(Report) if f.compare))
"""What a report says, as a tuple: tuples take for equal what is the same object."""
