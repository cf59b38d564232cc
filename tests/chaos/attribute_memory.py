"""The attributes of records that Raindrop must remember, in case it creates them again."""

from collections import Counter
from collections.abc import Collection

from simulator.cloudflare import Zone
from simulator.cloudflare.record import Fields
from simulator.request_log import Log

from .constants import LIST
from .incomplete_records import IncompleteRecords
from .integration import OTHER_HOME_COMMENT, OWNER_COMMENT
from .model import ManagedRecord, RecordKey

type _Attributes = tuple[bool, int, str | None, tuple[str, ...]]

_UNSTORED_STEPS = frozenset({"dry_run", "interleave"})
"""Steps in which a list may be read without being remembered."""
AUTOMATIC_TTL = 1
ODD_ATTRIBUTES = (False, AUTOMATIC_TTL, None)
"""Proxied status, TTL and comment that an odd record is read as, if it can be read."""


class AttributeMemory:
    """What the latest complete lists and the external changes since say about each record."""

    def __init__(self, zone: Zone, log: Log, incomplete: IncompleteRecords) -> None:
        """Know nothing."""
        self._zone = zone
        self._log = log
        self._incomplete = incomplete
        self._known: dict[RecordKey, set[_Attributes]] = {}
        self._read: set[RecordKey] = set()
        """The record keys of which a record was read, whatever changed since."""

    def has_read(self, record_key: RecordKey) -> bool:
        """Return whether a managed record of this key was certainly read once.

        One that was there only while no list succeeded, or was another home's, was not.
        """
        return record_key in self._read

    def forget(self, record_key: RecordKey) -> None:
        """Expect nothing of a record key whose configuration changed."""
        self._known.pop(record_key, None)

    def note_external_change(self, fields: Fields) -> None:
        """Allow what a record has after an external change, which may be read before long."""
        if known := self._known.get((fields.name, fields.type)):
            known.add(_attributes_of(fields))

    def note_odd_record(self, record_key: RecordKey) -> None:
        """Allow what an odd record is read as, if it is read at all."""
        if known := self._known.get(record_key):
            known.add((*ODD_ATTRIBUTES, ()))

    def end_step(
        self, step_name: str, managed: Collection[RecordKey], changed: Collection[RecordKey]
    ) -> None:
        """Note what Raindrop read of the managed records, except for what changed externally."""
        count = Counter((r.fields.name, r.fields.type) for r in self._zone.records.values())
        count.update((odd.fields["name"], odd.fields["type"]) for odd in self._zone.odd_records)
        is_listed = step_name not in _UNSTORED_STEPS and self._is_listed()
        for record in self._zone.records.values():
            record_key = record.fields.name, record.fields.type
            attributes = _attributes_of(record.fields)
            is_of_other_home = record.fields.comment == OTHER_HOME_COMMENT
            if record_key in changed or count[record_key] > 1 or is_of_other_home:
                # It may have been read before or after the change, or not be remembered at all.
                if record_key in self._known:
                    self._known[record_key].add(attributes)
            elif is_listed and record_key in managed:
                remembered = self._incomplete.remembered(record)
                self._known[record_key] = {_attributes_of(fields) for fields in remembered}
                self._read.add(record_key)

    def violation(self, fields: Fields, allowed: Collection[ManagedRecord]) -> str:
        """Return what is wrong about the attributes of a record that is created, else nothing."""
        known = self._known.get((fields.name, fields.type), set())
        if not known:
            return ""
        for proxied, ttl_s, comment, tags in known:
            for managed in allowed:
                wanted_proxied = proxied if managed.proxied is None else managed.proxied
                wanted_ttl_s = ttl_s if managed.ttl_s is None else managed.ttl_s
                if (wanted_proxied, comment, tags) != (fields.proxied, fields.comment, fields.tags):
                    continue
                if fields.proxied or proxied or fields.ttl == wanted_ttl_s:
                    return ""
        return f"created again as {_attributes_of(fields)}, not as {known}"

    def _is_listed(self) -> bool:
        """Return whether the zone was listed completely in this step."""
        lists = self._log.select(service="cloudflare", endpoint=LIST, status=200)
        return any(self._zone.id in entry.target and not entry.fault for entry in lists)


def comment_of(fields: Fields) -> str | None:
    """Return the comment that a record would have if it were created again here."""
    return OWNER_COMMENT if fields.comment == OTHER_HOME_COMMENT else fields.comment


def _attributes_of(fields: Fields) -> _Attributes:
    """Return the attributes that a record would have if it were created again here."""
    return fields.proxied, fields.ttl, comment_of(fields), fields.tags
