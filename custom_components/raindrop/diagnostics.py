"""Diagnostics from memory, in which nobody and no place can be recognised."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_EMAIL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.util import dt as dt_util

from .const import CONF_ZONE
from .coordinator import RaindropConfigEntry
from .ddns.model import Conflict, Outcome, Record, SourceKind
from .ddns.reading import Reading
from .explain import explain


class _Labels:
    """Numbers in the place of values that would give somebody away."""

    def __init__(self, kind: str) -> None:
        """Number values of one kind."""
        self._kind = kind
        self._numbers: dict[str, int] = {}

    def __call__(self, value: object) -> str | None:
        """Return the label of a value, always the same for the same one."""
        if value is None:
            return None
        number = self._numbers.setdefault(str(value), len(self._numbers) + 1)
        return f"{self._kind} {number}"


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> dict[str, Any]:
    """Return what helps to understand a failure of a zone."""
    return _told(entry)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: RaindropConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return what helps to understand a failure of a domain, or of the zone."""
    return _told(entry, device.config_subentry_id)


def _told(entry: RaindropConfigEntry, subentry_id: str | None = None) -> dict[str, Any]:
    """Return what helps to understand a failure, of one domain or of all.

    Addresses and names are numbered instead of shown, so that one can see
    which are the same; of the credential only its kind is told.
    """
    given = {
        "state": entry.state.value,
        "reason": entry.error_reason_translation_key,
        "is_zone_given": bool(entry.data.get(CONF_ZONE)),
        "is_email_given": bool(entry.data.get(CONF_EMAIL)),
    }
    if entry.state is not ConfigEntryState.LOADED:
        return given
    coordinator = entry.runtime_data
    report = coordinator.data
    targets = [
        target
        for domain in coordinator.domains
        if subentry_id in (None, domain.subentry_id)
        for target in domain.targets
    ]
    slots = {target.slot for target in targets}
    address, name = _Labels("address"), _Labels("name")
    limit = coordinator.client.rate_limit
    return {
        **given,
        "credential": coordinator.client.credential_kind,
        "is_settled": report.is_settled,
        "failures": [
            {"reason": explain(error).key, "status": error.status, "codes": error.codes}
            for error in report.failures
        ],
        "rate_limit": {"remaining": limit.remaining, "reset_s": limit.reset_s} if limit else None,
        "readings": [
            _reading(reading, address) | {"disputes": report.disputes.get(source, 0)}
            for source, reading in report.readings.items()
        ],
        "slots": [
            {
                "name": name(target.slot.name),
                "family": target.slot.family.label,
                "source": target.source.kind,
                "creates": target.policy.create,
                "trouble": report.troubles.get(target.slot),
                "record": _record(report.records.get(target.slot), address),
            }
            for target in targets
        ],
        "conflicts": [_conflict(c, name) for c in report.conflicts.values() if c.slot in slots],
        "outcomes": [_outcome(o, name) for slot, o in report.outcomes.items() if slot in slots],
    }


def _reading(reading: Reading, address: _Labels) -> dict[str, Any]:
    """Return what a source said, how long ago, and what is waited for."""
    age = dt_util.utcnow() - reading.ended_at if reading.ended_at else None
    return {
        "family": reading.family.label,
        "source": reading.source.kind,
        "is_default_way": reading.source.is_default_way,
        "age_s": round(age.total_seconds()) if age else None,
        "address": address(reading.address),
        "held": address(reading.held),
        "is_flapping": reading.is_flapping,
        "is_disputed": reading.is_disputed,
        "answers": {
            _operator(reading, number): address(answer.address) or answer.problem
            for number, answer in enumerate(reading.answers)
        },
    }


def _operator(reading: Reading, number: int) -> str:
    """Return who answered; an entity, this host and a chosen page stay without their names."""
    kind = reading.source.kind
    if kind is SourceKind.URLS:
        return f"page {number + 1}"
    is_own_voice = kind in (SourceKind.ENTITY, SourceKind.OWN) and number == 0
    return kind if is_own_voice else reading.answers[number].operator


def _record(record: Record | None, address: _Labels) -> dict[str, Any] | None:
    """Return a record without what it is called and what it says to people."""
    if record is None:
        return None
    return {
        "address": address(record.content),
        "is_owned": record.is_owned,
        "proxied": record.proxied,
        "ttl_s": record.ttl_s,
    }


def _conflict(conflict: Conflict, name: _Labels) -> dict[str, Any]:
    """Return what stands in the way of a slot."""
    return {
        "name": name(conflict.slot.name),
        "family": conflict.slot.family.label,
        "kind": conflict.kind,
        "records": len(conflict.records),
    }


def _outcome(outcome: Outcome, name: _Labels) -> dict[str, Any]:
    """Return what became of a change."""
    slot = outcome.change.slot
    return {
        "name": name(slot.name),
        "family": slot.family.label,
        "change": type(outcome.change).__name__,
        "result": outcome.result,
    }
