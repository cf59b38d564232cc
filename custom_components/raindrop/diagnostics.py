"""Diagnostics of the current state, with names and addresses replaced by numbered labels."""

from dataclasses import asdict
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_EMAIL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.util import dt as dt_util

from .const import CONF_ZONE
from .coordinator import RaindropConfigEntry
from .ddns import (
    Detection,
    ManagedRecord,
    RecordState,
    ResourceState,
    Response,
    SourceKind,
    State,
)
from .error_messages import error_message
from .internet_watch import async_watch
from .resources.resource_config import ManagedResource


class _Labels:
    """Replaces values that could identify somebody with numbers, equal ones with the same."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._numbers: dict[str, int] = {}

    def __call__(self, value: object) -> str | None:
        """Return the label of a value."""
        if value is None:
            return None
        number = self._numbers.setdefault(str(value), len(self._numbers) + 1)
        return f"{self._kind} {number}"


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of a zone."""
    return _diagnostics(hass, entry)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: RaindropConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return the diagnostics of a domain, or of the zone."""
    return _diagnostics(hass, entry, device.config_subentry_id)


def _diagnostics(
    hass: HomeAssistant, entry: RaindropConfigEntry, subentry_id: str | None = None
) -> dict[str, Any]:
    """Return the diagnostics of one domain or all of them, with only the kind of the credential."""
    configuration = {
        "state": entry.state.value,
        "reason": entry.error_reason_translation_key,
        "is_zone_given": bool(entry.data.get(CONF_ZONE)),
        "is_email_given": bool(entry.data.get(CONF_EMAIL)),
    }
    if entry.state is not ConfigEntryState.LOADED:
        return configuration
    coordinator = entry.runtime_data
    state = coordinator.data
    address, name, connection = _Labels("address"), _Labels("name"), _Labels("connection")
    limit = coordinator.client.rate_limit
    return {
        **configuration,
        "credential": coordinator.client.credential_kind,
        "is_converged": state.is_converged,
        "is_delegated_elsewhere": state.foreign_name_servers is not None,
        "errors": [
            {"reason": error_message(error).key, "status": error.status, "codes": error.codes}
            for error in state.errors
        ],
        "rate_limit": {"remaining": limit.remaining, "reset_s": limit.reset_s} if limit else None,
        "watch": _watch(hass),
        "detections": [
            _detection(detection, address)
            | {"conflicting_updates": state.conflicting_updates.get(source, 0)}
            for source, detection in state.detections.items()
        ],
        "records": [
            _managed_record(managed, state, name, address, connection)
            for domain in coordinator.domains
            if subentry_id in (None, domain.subentry_id)
            for managed in domain.managed_records
        ],
        "resources": [
            _resource(managed, coordinator.resources.state(managed.id), address)
            for managed in coordinator.resources.managed
            if subentry_id in (None, managed.subentry_id)
        ],
    }


def _resource(managed: ManagedResource, state: ResourceState, address: _Labels) -> dict[str, Any]:
    """Return what is known of a resource, without its name and what others put there."""
    config, now = managed.config, dt_util.utcnow()
    return {
        "kind": config.kind,
        "families": [family.label for family in config.sources],
        "ipv6_prefix_length": config.ipv6_prefix_length,
        "allows_shared": config.allows_shared,
        "adopted": len(config.adopted),
        "networks": {f.label: address(network) for f, network in state.networks.items()},
        "own": None if state.own is None else [*map(address, state.own)],
        "changed_settings": [*state.changed_settings],
        "old_items": len(state.old_items),
        "old_s": round((now - state.old_since).total_seconds()) if state.old_since else None,
        "reason": state.reason,
        "failure": state.failure,
        "error": state.error and {"status": state.error.status, "codes": state.error.codes},
        "is_in_sync": state.is_in_sync,
        "external_changes": len(state.external_changes),
    }


def _watch(hass: HomeAssistant) -> dict[str, Any] | None:
    """Return what the connection watch knows, None if no zone uses it."""
    if (watch := async_watch(hass)) is None:
        return None
    return {
        "is_watching_kernel": watch.is_watching_kernel,
        **{family.key: asdict(status) for family, status in watch.status().items()},
    }


def _detection(detection: Detection, address: _Labels) -> dict[str, Any]:
    """Return what a source reported, how long ago, and what is in hold-down."""
    at = detection.detected_at
    kind = detection.source.kind
    responses = {
        # The hosts of custom URLs stay private.
        f"URL {number}" if kind is SourceKind.URLS else response.provider: _response(
            response, address
        )
        for number, response in enumerate(detection.responses, start=1)
    }
    if detection.source_response:
        responses = {str(kind): _response(detection.source_response, address)} | responses
    return {
        "family": detection.family.label,
        "source": kind,
        "meaning": detection.source.meaning,
        "age_s": round((dt_util.utcnow() - at).total_seconds()) if at else None,
        "address": address(detection.address),
        "candidate": address(detection.candidate),
        "host_address": address(detection.host_address),
        "is_flapping": detection.is_flapping,
        "is_conflicting": detection.is_conflicting,
        "responses": responses,
    }


def _response(response: Response, address: _Labels) -> str | None:
    return address(response.address) or response.error


def _managed_record(
    managed: ManagedRecord, state: State, name: _Labels, address: _Labels, connection: _Labels
) -> dict[str, Any]:
    """Return what is known of a record, without its name, comment and tags."""
    key = managed.record_key
    known = state.record(key)
    record, conflict, failure = known.record, known.conflict, known.failure
    since = known.unknown_since
    return {
        "name": name(key.name),
        "family": key.family.label,
        "connection": connection(key.connection or None),
        "source": state.source(managed).kind,
        "creates": managed.policy.create,
        "reason": known.reason,
        "is_in_sync": known.is_in_sync,
        "unknown_s": round((dt_util.utcnow() - since).total_seconds()) if since else None,
        "record": record
        and {
            "address": address(record.content),
            "owner": record.owner,
            "proxied": record.proxied,
            "ttl_s": record.ttl_s,
        },
        "conflict": conflict and {"reason": conflict.reason, "records": len(conflict.records)},
        "failure": failure and {"change": type(failure.change).__name__, "reason": failure.reason},
        "external_changes": len(known.external_changes),
        "texts": _texts(managed, known),
        "connections": _connections(managed, known, address),
        "public_dns": None
        if known.public_addresses is None
        else sorted(filter(None, map(address, known.public_addresses))),
    }


def _connections(
    managed: ManagedRecord, known: RecordState, address: _Labels
) -> dict[str, Any] | None:
    """Return what is known of the connections of a record, without the names that users gave."""
    failover, now = known.failover, dt_util.utcnow()
    if failover is None:
        return None
    switched_at = failover.switched_at
    return {
        "switched_s": round((now - switched_at).total_seconds()) if switched_at else None,
        "listed": [
            {
                "is_used": connection.id == failover.in_use,
                "source": connection.source.kind,
                "has_up_sensor": bool(connection.up_sensor),
                "is_up": state.is_up,
                "since_s": round((now - state.since).total_seconds()),
                "address": address(state.address),
            }
            for connection in managed.connections
            if (state := failover.connections.get(connection.id))
        ],
    }


def _texts(managed: ManagedRecord, known: RecordState) -> dict[str, Any] | None:
    """Return what is known of the texts that follow a record, None if none does."""
    if not managed.text_names:
        return None
    return {
        "names": len(managed.text_names),
        "addresses": len(known.text_addresses),
        "failures": [failure.reason for failure in known.text_failures],
        "left": len(known.left_texts),
    }
