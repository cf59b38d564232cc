"""Diagnostics from memory, in which nobody and no place can be recognised."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_EMAIL
from homeassistant.core import HomeAssistant

from .const import CONF_ZONE
from .coordinator import RaindropConfigEntry
from .ddns.model import Conflict, Outcome, Reading, Record
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
    """Return what helps to understand a failure.

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
        "readings": [_reading(r, address) for r in report.readings.values()],
        "slots": [
            {
                "name": name(target.slot.name),
                "family": target.slot.family.label,
                "creates": target.policy.create,
                "record": _record(report.records.get(target.slot), address),
            }
            for target in coordinator.targets
        ],
        "conflicts": [_conflict(c, name) for c in report.conflicts.values()],
        "outcomes": [_outcome(o, name) for o in report.outcomes.values()],
    }


def _reading(reading: Reading, address: _Labels) -> dict[str, Any]:
    """Return what the operators said."""
    return {
        "family": reading.family.label,
        "address": address(reading.address),
        "answers": {
            answer.operator: address(answer.address) or answer.problem for answer in reading.answers
        },
    }


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
