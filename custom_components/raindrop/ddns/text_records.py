"""Texts that have an address in them: TXT, HTTPS and SVCB records, and the change of one."""

from dataclasses import dataclass

from .models import Address, Record, RecordKey, Update

SERVICE_TYPES = frozenset({"HTTPS", "SVCB"})
TEXT_TYPES = SERVICE_TYPES | {"TXT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextUpdate(Update):
    """A change: other addresses in a text whose other content stays.

    The ``record`` is that of the text, and ``record_key`` the first of those
    whose addresses it gets.
    """

    text: str
    """The text as it should be."""
    replaced: tuple[tuple[Address, Address], ...]
    """Each address in it that is replaced, with its replacement."""
    record_keys: frozenset[RecordKey]
    """The records whose addresses these are."""


def text_of(record: Record) -> str | None:
    """Return the part of a record that may have addresses in it, None if there is none."""
    if record.type == "TXT":
        return record.content
    return record.service.value if record.service else None
