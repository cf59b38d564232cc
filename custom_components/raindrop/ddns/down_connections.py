"""Which connections are certainly down, where every connection has a record of its own."""

from collections.abc import Collection
from dataclasses import replace

from .addresses import parse_record
from .desired_records import detection_of
from .detection.detection import Detection, Detections
from .state import RecordState, State
from .zone_config import ManagedRecord, ZoneConfig


def with_down(
    config: ZoneConfig, detections: Detections, off_sensors: Collection[str]
) -> ZoneConfig:
    """Return a configuration that knows which connections are down.

    One is only by its own word: its entity reports that there is no address, or its
    binary sensor is off. Silence proves nothing.
    """
    if not config.has_connection_records:
        return config
    managed_records = [
        replace(managed, is_down=_is_down(managed, detections[managed.source], off_sensors))
        if managed.record_key.connection
        else managed
        for managed in config.managed_records
    ]
    return replace(config, managed_records=managed_records)


def are_handled(config: ZoneConfig, detections: Detections, state: State) -> bool:
    """Return whether no record of a connection that is down can be deleted, as far as known."""
    if not config.has_connection_records:
        return True
    up = {
        managed.record_key.rrset
        for managed in config.managed_records
        if _is_right(managed, detections, state)
    }
    return not any(
        managed.is_down
        and not managed.is_paused
        and managed.record_key.rrset in up
        and _may_be_deleted(state.record(managed.record_key))
        for managed in config.managed_records
    )


def _is_down(managed: ManagedRecord, detection: Detection, off_sensors: Collection[str]) -> bool:
    if managed.up_sensor in off_sensors:
        return True
    return detection.rejected is not None and detection.rejected.is_unspecified


def _is_right(managed: ManagedRecord, detections: Detections, state: State) -> bool:
    """Return whether a record has its address; one whose change was refused has not."""
    known, address = state.record(managed.record_key), detection_of(managed, detections).address
    is_synced = address is not None and address == known.synced_address
    failed = known.failure.change.address if known.failure else None
    held = parse_record(known.record.content) if known.record else None
    is_written = failed is None or failed == held
    return is_synced and is_written and known.conflict is None


def _may_be_deleted(known: RecordState) -> bool:
    return known.exists is not False and not known.is_deletion_refused
