"""What survives a restart, one file for each config entry.

The last address of each record, by which one of several records is recognized
though the address changed meanwhile; what else it had, so that it can be created
again as it was; when it was changed externally, so that a restart ends no fight
over it; failures that were reported, so that their recovery is; since when it is
unknown whether a record is in sync, so that restarts hide no failure; the home's
last public address, so that a change while Home Assistant is down is an event;
records that are deleted with their domain; and events that were not delivered yet.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .config import FAMILIES
from .const import DOMAIN, LOGGER
from .ddns import (
    Address,
    CloudflareClient,
    CloudflareError,
    DdnsEvent,
    EventType,
    Family,
    HostName,
    Reason,
    RecordAttributes,
    RecordKey,
    RecordState,
    State,
    ZoneId,
    delete_owned,
)

_VERSION = 1
_SAVE_DELAY_S = 10
_TYPES = {family.record_type: family for family in Family}


class ZoneStore:
    """The stored state of one zone, and its events that were not delivered yet."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._store = Store[dict[str, Any]](hass, _VERSION, f"{DOMAIN}.{entry_id}")
        self.state = State()
        self.pending_deletions: set[RecordKey] = set()
        """Records to delete as soon as their domain is removed."""
        self.pending_events: list[DdnsEvent] = []

    async def async_load(self) -> None:
        """Load what is stored; start afresh if it cannot be read."""
        data = await self._store.async_load() or {}
        try:
            self.state = _state(data)
            self.pending_deletions = {_record_key(key) for key in data.get("pending_deletions", ())}
            self.pending_events = [_event(event) for event in data.get("events", ())]
        except KeyError, ValueError, TypeError, AttributeError:
            LOGGER.warning("The stored state cannot be read and is ignored", exc_info=True)

    async def async_save(self) -> None:
        """Save now; log a failure, as a delayed save does."""
        try:
            await self._store.async_save(self._data())
        except OSError:
            LOGGER.exception("The state could not be saved")

    def async_delay_save(self) -> None:
        """Save within seconds, and in any case when Home Assistant stops."""
        self._store.async_delay_save(self._data, _SAVE_DELAY_S)

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def _data(self) -> dict[str, Any]:
        records = self.state.records.items()
        return {
            "public_addresses": {f.key: str(a) for f, a in self.state.public_addresses.items()},
            "records": {
                _key(key): stored for key, record in records if (stored := _record_data(record))
            },
            "pending_deletions": sorted(_key(key) for key in self.pending_deletions),
            "events": [_event_data(event) for event in self.pending_events],
        }


async def async_delete_records(
    client: CloudflareClient, zone_id: ZoneId, record_keys: Collection[RecordKey]
) -> bool:
    """Delete the owned records of removed domains; return whether that succeeded.

    Must not run beside an update, which would create them again.
    """
    try:
        if record_keys:
            await delete_owned(client, zone_id, record_keys)
    except CloudflareError as err:
        names = ", ".join(sorted({key.name for key in record_keys}))
        LOGGER.warning("The records of %s could not be deleted yet: %s", names, err)
        return False
    return True


def _state(data: Mapping[str, Any]) -> State:
    public_addresses = data.get("public_addresses", {}).items()
    records = data.get("records", {}).items()
    return State(
        public_addresses={FAMILIES[key]: ip_address(a) for key, a in public_addresses},
        records={_record_key(key): _record_state(record) for key, record in records},
    )


def _record_data(record: RecordState) -> dict[str, Any]:
    """Return what is stored of a record: only what differs from a record that is not known."""
    data: dict[str, Any] = {}
    if record.last_address:
        data["last_address"] = str(record.last_address)
    if record.external_changes:
        data["external_changes"] = [time.isoformat() for time in record.external_changes]
    if record.last_attributes:
        data["attributes"] = asdict(record.last_attributes)
    if record.unknown_since:
        data["unknown_since"] = record.unknown_since.isoformat()
    if record.has_failed:
        data["has_failed"] = True
    return data


def _record_state(data: Mapping[str, Any]) -> RecordState:
    return RecordState(
        last_address=_address(data.get("last_address")),
        external_changes=tuple(_time(time) for time in data.get("external_changes", ())),
        last_attributes=_attributes(data["attributes"]) if "attributes" in data else None,
        unknown_since=_time(data["unknown_since"]) if "unknown_since" in data else None,
        has_failed=data.get("has_failed", False),
    )


def _attributes(data: Mapping[str, Any]) -> RecordAttributes:
    return RecordAttributes(**{**data, "tags": tuple(data["tags"])})


def _key(record_key: RecordKey) -> str:
    return f"{record_key.family.record_type} {record_key.name}"


def _record_key(key: str) -> RecordKey:
    record_type, name = key.split()
    return RecordKey(HostName(name), _TYPES[record_type])


def _event_data(event: DdnsEvent) -> dict[str, Any]:
    return {
        "type": event.type,
        "family": event.family.key,
        "record": _key(event.record_key) if event.record_key else None,
        "from_ip": str(event.from_ip) if event.from_ip else None,
        "to_ip": str(event.to_ip) if event.to_ip else None,
        "reason": event.reason,
    }


def _event(data: Mapping[str, Any]) -> DdnsEvent:
    return DdnsEvent(
        type=EventType(data["type"]),
        family=FAMILIES[data["family"]],
        record_key=_record_key(data["record"]) if data["record"] else None,
        from_ip=_address(data["from_ip"]),
        to_ip=_address(data["to_ip"]),
        reason=Reason(data["reason"]) if data["reason"] else None,
    )


def _time(text: str) -> datetime:
    """Return a stored time in UTC; one without an offset is local time."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _address(text: str | None) -> Address | None:
    return ip_address(text) if text else None
