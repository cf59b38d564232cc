"""Records that were created without all that was sent, which Raindrop may complete later."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from simulator.cloudflare import Zone
from simulator.cloudflare.record import Fields, Record
from simulator.request_log import Log

from .model import RecordKey

_IGNORED_FIELDS = "ignored_fields"
_AUTOMATIC_TTL = 1


class IncompleteRecords:
    """Proxied status and TTL that did not take, until anybody changes them."""

    def __init__(self, zone: Zone, log: Log) -> None:
        """Know no record."""
        self._zone = zone
        self._log = log
        self._lacking: dict[str, dict[str, Any]] = {}
        """The attributes that were sent, but did not take, by record id."""
        self._configured: set[str] = set()
        """The ids of records whose configuration changed."""

    def note_created(self, record: Record) -> None:
        """Note what Raindrop sent to create a record, and what of it did not take."""
        sent = next(self._sent(record.fields), {})
        lacking = {
            name: sent[name]
            for name in ("proxied", "ttl")
            if name in sent and sent[name] != getattr(record.fields, name)
        }
        if lacking:
            self._lacking[record.id] = lacking

    def note_changed(self, old: Record, new: Record) -> None:
        """End what anybody changed: from now on it is kept, whoever it was."""
        lacking = self._lacking.get(old.id, {})
        for name in [*lacking]:
            if getattr(old.fields, name) != getattr(new.fields, name):
                del lacking[name]

    def may_change(self, old: Record, fields: Fields) -> set[str]:
        """Return the attributes that a change may give a record because it lacks them."""
        lacking = self._lacking.get(old.id, {})
        completed = {name for name, value in lacking.items() if getattr(fields, name) == value}
        if "proxied" in completed and fields.proxied and fields.ttl == _AUTOMATIC_TTL:
            # Cloudflare sets the TTL of proxied records itself.
            completed.add("ttl")
        return completed

    def note_configured(self, record_key: RecordKey) -> None:
        """Note that the result may be what another policy asks for, so that nothing is lacking."""
        self._configured |= {
            record.id
            for record in self._zone.records.values()
            if (record.fields.name, record.fields.type) == record_key
        }

    def remembered(self, record: Record) -> list[Fields]:
        """Return what Raindrop may remember of a record: all that was sent."""
        completed = replace(record.fields, **self._lacking.get(record.id, {}))
        return [completed, record.fields] if record.id in self._configured else [completed]

    def _sent(self, fields: Fields) -> Iterator[Mapping[str, Any]]:
        """Yield the bodies that were sent to create a record, the newest first."""
        for entry in reversed(self._log.entries):
            if _IGNORED_FIELDS in str(entry.fault) and f"/{self._zone.id}/" in entry.target:
                body: Any = entry.body or {}
                for sent in body.get("posts") or [body]:
                    if (sent.get("name"), sent.get("type")) == (fields.name, fields.type):
                        yield sent
