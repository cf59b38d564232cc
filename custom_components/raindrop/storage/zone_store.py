"""What survives a restart, one file for each config entry.

The last address of each record, by which one of several records is recognized though
the address changed meanwhile; what else it had, so that it can be created again as
it was; when it was changed externally, so that a restart ends no fight over it;
which addresses it may still get by a late request, and which a text may have;
failures that were reported, so that their recovery is; what public resolvers
answered instead of it; since when it is unknown whether a record is in sync, so that
restarts hide no failure; the home's last public address, so that a change while Home
Assistant is down is an event; the zone itself as Cloudflare described it; records
that are deleted with their domain; events that were not delivered yet; until when
Cloudflare may not be called; when a write got no response; and what `resource_store` has
of IP lists.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .. import ddns
from ..const import DOMAIN, LOGGER
from ..ddns import (
    Address,
    DdnsEvent,
    Family,
    RecordKey,
    RecordState,
    State,
    carried_over,
)
from .records import read_record_key, read_records, record_data, record_key_text
from .resource_store import ResourceStore
from .sources import FAMILIES
from .undelivered_events import event_data, read_events
from .values import (
    MALFORMED,
    UNREADABLE,
    read_list,
    read_optional_address,
    read_optional_time,
    read_text,
    read_time,
)
from .zone import read_zone

_VERSION = 1
_SAVE_DELAY_S = 10
_TYPES = {family.record_type: family for family in Family}


class ZoneStore:
    """The stored state of one zone, and its events that were not delivered yet."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._store = Store[dict[str, Any]](hass, _VERSION, f"{DOMAIN}.{entry_id}")
        self.state = State()
        self._unmanaged: dict[RecordKey, RecordState] = {}
        self.pending_deletions: dict[RecordKey, datetime | None] = {}
        """Records to delete with their domain, and since when it is gone; None while it exists."""
        self.pending_events: list[DdnsEvent] = []
        self.resources = ResourceStore()
        self._are_records_lost = False
        self.are_deletions_lost = False
        """Whether pending deletions may have been stored that cannot be read."""
        self.wait_until: datetime | None = None
        """Until when Cloudflare may not be called."""
        self.unconfirmed_at: datetime | None = None
        """When the last write without a response was sent, or given up."""

    async def async_load(self, zone_id: ddns.ZoneId | None = None) -> None:
        """Load what is stored; each part that cannot be read is reset.

        ``zone_id`` is the present zone: another one if it moved to another account.
        """
        data: Mapping[str, Any] = {}
        unreadable: list[str] = []
        try:
            stored = await self._store.async_load()
            data = {} if stored is None else {**stored}
        except UNREADABLE as err:
            # Not the error itself, which may quote what is stored.
            unreadable.append(f"the file ({type(err).__name__})")
            self.are_deletions_lost = self._are_records_lost = True
        try:
            self.state = State(
                public_addresses=_public_addresses(data),
                foreign_name_servers=_name_servers(data),
            )
        except MALFORMED:
            unreadable.append("addresses")
        try:
            zone = read_zone(data.get("zone"))
            self.state = replace(self.state, zone=zone if zone and zone.id == zone_id else None)
        except MALFORMED:
            unreadable.append("zone")
        try:
            records, unreadable_keys = read_records(data)
            self.state = replace(self.state, records=records)
            unreadable += unreadable_keys
        except MALFORMED:
            unreadable.append("records")
            self._are_records_lost = True
        try:
            self.pending_deletions = _pending_deletions(data)
        except MALFORMED:
            unreadable.append("pending deletions")
            self.are_deletions_lost = True
        self.pending_events, are_complete = read_events(data.get("events", ()))
        if not are_complete:
            unreadable.append("events")
        try:
            self.resources.read(data)
        except MALFORMED:
            unreadable.append("resources")
            self.are_deletions_lost = True
        try:
            self.wait_until = _optional_time(data.get("wait_until"))
            self.unconfirmed_at = _optional_time(data.get("unconfirmed_at"))
        except MALFORMED:
            unreadable.append("times")
        if unreadable:
            names = ", ".join(unreadable)
            LOGGER.warning(
                "Parts of %s could not be read and were reset: %s", self._store.key, names
            )

    def remove_unmanaged(
        self, managed: Collection[RecordKey], configured: Collection[RecordKey]
    ) -> None:
        """Remove the records that are not configured, and most of what is known of unmanaged ones.

        For a family that is off, or a domain that cannot be read, the record's
        attributes stay stored: the record may be missing when it is managed again.
        ``managed`` are in order; ``configured`` are record keys without a connection.
        """
        known = {**self._unmanaged, **self.state.records}
        if self._are_records_lost:
            unknown = RecordState(is_forgotten=True)
            known = {key: known.get(key, unknown) for key in (*configured, *managed)}
            self._are_records_lost = False
        known = carried_over(known, managed)
        records = {key: known[key] for key in managed if key in known}
        self.state = replace(self.state, records=records)
        self._unmanaged = {
            key: RecordState(
                last_address=record.last_address,
                sent_addresses=record.sent_addresses,
                last_attributes=record.last_attributes,
                incomplete=record.incomplete,
                text_addresses=record.text_addresses,
                is_forgotten=record.is_forgotten,
            )
            for key, record in known.items()
            if key.rrset in configured and key not in managed
        }

    async def async_save(self) -> None:
        """Save now; log a failure, as a delayed save does."""
        try:
            await self._store.async_save(self._data())
        except OSError:
            LOGGER.exception("The state could not be saved")

    def async_delay_save(self) -> None:
        """Save within seconds, or when Home Assistant stops."""
        self._store.async_delay_save(self._data, _SAVE_DELAY_S)

    async def async_remove(self) -> None:
        """Delete the file; log a failure."""
        try:
            await self._store.async_remove()
        except OSError:
            LOGGER.exception("The stored state could not be deleted")

    def _data(self) -> dict[str, Any]:
        records = {**self._unmanaged, **self.state.records}.items()
        times = {"wait_until": self.wait_until, "unconfirmed_at": self.unconfirmed_at}
        return {
            "public_addresses": {f.key: str(a) for f, a in self.state.public_addresses.items()},
            **_name_servers_data(self.state),
            "records": {
                record_key_text(key): stored
                for key, record in records
                if (stored := record_data(record))
            },
            "pending_deletions": {
                record_key_text(key): since.isoformat() if since else None
                for key, since in sorted(self.pending_deletions.items(), key=itemgetter(0))
            },
            "events": [event_data(event) for event in self.pending_events],
            "zone": asdict(self.state.zone) if self.state.zone else None,
            **self.resources.data(),
            **{key: time.isoformat() for key, time in times.items() if time},
        }


def _public_addresses(data: Mapping[str, Any]) -> dict[Family, Address]:
    stored = data.get("public_addresses", {}).items()
    return {
        FAMILIES[key]: address for key, text in stored if (address := read_optional_address(text))
    }


def _name_servers(data: Mapping[str, Any]) -> frozenset[str] | None:
    stored = data.get("foreign_name_servers")
    return None if stored is None else frozenset(map(read_text, read_list(stored)))


def _name_servers_data(state: State) -> dict[str, Any]:
    foreign = state.foreign_name_servers
    return {} if foreign is None else {"foreign_name_servers": sorted(foreign)}


def _pending_deletions(data: Mapping[str, Any]) -> dict[RecordKey, datetime | None]:
    pending: dict[RecordKey, datetime | None] = {}
    for key, stored in data.get("pending_deletions", {}).items():
        pending[read_record_key(key)] = read_optional_time(stored)
    return pending


def _optional_time(text: str | None) -> datetime | None:
    return read_time(text) if text else None
