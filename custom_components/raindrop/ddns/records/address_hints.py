"""Address hints of HTTPS and SVCB records: which ones are out of date.

A resolver may use them before it has the address records of the name (RFC 9460
section 7.3). They are never written here.
"""

from collections.abc import Collection, Iterable, Iterator
import re

from ..addresses import parse_record
from ..models import Address, Record, RecordKey

_TYPES = frozenset({"HTTPS", "SVCB"})
_SERVICE = re.compile(r"\s*[1-9]\d*\s+(\S+)\s+(.*)", re.DOTALL)
"""Priority 0 is an alias, which has no parameters."""
_HINTS = re.compile(r'(?<!\S)ipv([46])hint="?([^"\s]*)')


def stale_hints(
    record_key: RecordKey, at_name: Iterable[Record], held: Collection[Address | None]
) -> tuple[Record, ...]:
    """Return the records whose hints for a name have an address that none of its records has.

    ``held`` are the addresses in the records at the name. The hints of a record for
    another target are about that target.
    """
    return tuple(
        record
        for record in at_name
        if record.type in _TYPES and any(h not in held for h in _hints(record, record_key))
    )


def _hints(record: Record, record_key: RecordKey) -> Iterator[Address]:
    service = _SERVICE.fullmatch(record.content)
    if service is None or service[1].lower().removesuffix(".") not in ("", record_key.name):
        return
    for family, addresses in _HINTS.findall(service[2]):
        if int(family) == record_key.family:
            yield from filter(None, map(parse_record, addresses.split(",")))
