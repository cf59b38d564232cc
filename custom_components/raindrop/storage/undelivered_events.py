"""Convert events that were not delivered yet to what is stored and back."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .. import ddns
from ..ddns import DdnsEvent, EventType, Reason
from .records import read_record_key, record_key_text
from .sources import FAMILIES
from .values import MALFORMED, read_optional_address, read_text


def event_data(event: DdnsEvent) -> dict[str, Any]:
    """Return what is stored of an event."""
    return {
        "type": event.type,
        "family": event.family.key,
        "record": record_key_text(event.record_key) if event.record_key else None,
        "resource": event.resource_id,
        "from_ip": str(event.from_ip) if event.from_ip else None,
        "to_ip": str(event.to_ip) if event.to_ip else None,
        "reason": event.reason,
        "from_connection": event.from_connection,
        "to_connection": event.to_connection,
    }


def read_events(stored: object) -> tuple[list[DdnsEvent], bool]:
    """Return the events that can be read, and whether these are all."""
    entries = stored if isinstance(stored, list | tuple) else (stored,)
    events: list[DdnsEvent] = []
    for entry in entries:
        with suppress(*MALFORMED):
            events.append(_read_event(entry))
    return events, len(events) == len(entries)


def _read_event(data: Mapping[str, Any]) -> DdnsEvent:
    return DdnsEvent(
        type=EventType(data["type"]),
        family=FAMILIES[data["family"]],
        record_key=read_record_key(data["record"]) if data["record"] else None,
        resource_id=ddns.ResourceId(read_text(data["resource"])) if data.get("resource") else None,
        from_ip=read_optional_address(data["from_ip"]),
        to_ip=read_optional_address(data["to_ip"]),
        reason=Reason(data["reason"]) if data["reason"] else None,
        from_connection=read_text(data.get("from_connection", "")),
        to_connection=read_text(data.get("to_connection", "")),
    )
