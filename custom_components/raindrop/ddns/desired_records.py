"""The address that each managed record should hold, with what is known of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from .detection.detection import Detection, Detections
from .models import Address, DesiredRecord, Policy, Record, RecordId, RecordKey
from .records.external_changes import is_contested
from .state import RecordState, State
from .text_states import text_addresses
from .zone_config import ManagedRecord, ZoneConfig


def desired_records_of(
    config: ZoneConfig,
    detections: Detections,
    state: State,
    existing: Iterable[Record],
    now: datetime,
    overrule: RecordKey | None = None,
) -> list[DesiredRecord]:
    """Return the desired record of each managed one; without an address, nothing changes.

    ``overrule`` is corrected even if external changes of it keep coming back.
    """
    by_id = {record.id: record for record in existing}
    desired_records = []
    for managed in config.managed_records:
        key, known = managed.record_key, state.record(managed.record_key)
        desired_records.append(
            DesiredRecord(
                record_key=key,
                address=detection_of(managed, detections).address,
                policy=_policy(managed.policy, known, by_id),
                lacks_prefix=managed.lacks_prefix,
                last_address=known.last_address,
                last_record=known.last_record,
                is_contested=key != overrule and is_contested(known.external_changes, now),
                last_attributes=known.last_attributes,
                may_have_existed=known.is_forgotten,
                sent_addresses=known.sent_addresses,
                text_names=managed.text_names,
                text_addresses=text_addresses(known, now) - of_others(managed, config, detections),
                is_down=managed.is_down and not managed.is_paused,
                uses_default_route=managed.source.uses_default_route,
                network=detections[managed.source].network if key.connection else None,
            )
        )
    return desired_records


def detection_of(managed: ManagedRecord, detections: Detections) -> Detection:
    """Return what was detected for a managed record: nothing if it is paused or down.

    Neither has a desired state, like one whose address is not known.
    """
    if managed.is_paused or managed.is_down:
        return Detection(source=managed.source)
    return detections[managed.source]


def of_others(
    managed: ManagedRecord, config: ZoneConfig, detections: Detections
) -> frozenset[Address]:
    """Return the addresses that other connections with a record of the name report.

    A text that has one of them has it for that connection.
    """
    key = managed.record_key
    if not (key.connection and managed.text_names):
        return frozenset()
    reported = {m.record_key: detection_of(m, detections).address for m in config.siblings(key)}
    own = reported.pop(key)
    return frozenset(address for address in reported.values() if address and address != own)


def _policy(policy: Policy, known: RecordState, existing: Mapping[RecordId, Record]) -> Policy:
    """Return the policy of a record, with what it should have been created with.

    If Cloudflare did not apply that, the policy *keep* must not keep the result.
    What is different from the result was changed by somebody since, and is kept.
    """
    sent, incomplete = known.last_attributes, known.incomplete
    record = existing.get(incomplete.id) if incomplete else None
    if not (sent and incomplete and record):
        return policy
    proxied = sent.proxied if record.proxied == incomplete.proxied else None
    ttl_s = sent.ttl_s if record.ttl_s == incomplete.ttl_s else None
    return replace(
        policy,
        proxied=proxied if policy.proxied is None else policy.proxied,
        ttl_s=ttl_s if policy.ttl_s is None else policy.ttl_s,
    )
