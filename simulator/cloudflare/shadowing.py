"""Shadow metadata: which records an NS record of a subdomain hides, computed at each read.

https://developers.cloudflare.com/dns/manage-dns-records/reference/shadowed-records/
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from .conflicts import ADDRESS_TYPES
from .record import OddRecord, Record
from .zone import Zone

MAX_RECORDS = 1000
"""A longer page of a list has no shadow metadata."""


def shown_with_shadows(zone: Zone, records: Sequence[Record | OddRecord]) -> list[dict[str, Any]]:
    """Return records as the API shows them, with shadow metadata if they are not too many."""
    if len(records) > MAX_RECORDS:
        return [record.shown() for record in records]
    delegations = _delegations(zone)
    return [_shown(zone, record, delegations) for record in records]


def _shown(
    zone: Zone, record: Record | OddRecord, delegations: Mapping[str, list[Record]]
) -> dict[str, Any]:
    shown = record.shown()
    if isinstance(record, OddRecord):
        return shown
    return {**shown, "meta": {**shown["meta"], **_metadata(zone, record, delegations)}}


def _delegations(zone: Zone) -> Mapping[str, list[Record]]:
    """Return the NS records by their names, without those of the zone itself."""
    delegations: defaultdict[str, list[Record]] = defaultdict(list)
    for record in zone.records.values():
        if record.fields.type == "NS" and record.fields.name != zone.name:
            delegations[record.fields.name].append(record)
    return delegations


def _metadata(
    zone: Zone, record: Record, delegations: Mapping[str, list[Record]]
) -> dict[str, Any]:
    fields = record.fields
    shadowing = [ns for name in _parents(zone, fields.name) for ns in delegations.get(name, ())]
    if fields.type == "NS":
        shadowing = [ns for ns in shadowing if ns.fields.name != fields.name]
    metadata: dict[str, Any] = {}
    if shadowing:
        metadata["shadowed_by"] = [ns.id for ns in shadowing]
    glue_for = [ns for ns in shadowing if _target(ns) == fields.name]
    if glue_for and fields.type in ADDRESS_TYPES:
        metadata["is_glue"] = True
        # Those of the shallowest name come last.
        if glue_for[-1].fields.name != shadowing[-1].fields.name:
            metadata["dead_glue"] = True
    if record in delegations.get(fields.name, ()):
        hidden = [r for r in zone.records.values() if _is_hidden_by(zone, r, fields.name)]
        metadata |= {"shadowed_records_count": len(hidden)} if hidden else {}
    return metadata


def _parents(zone: Zone, name: str) -> list[str]:
    """Return a name and those above it, the deepest first, without the zone's own."""
    labels = name.split(".")
    depth = len(labels) - len(zone.name.split("."))
    return [".".join(labels[start:]) for start in range(depth)]


def _is_hidden_by(zone: Zone, record: Record, delegation: str) -> bool:
    fields = record.fields
    is_delegation = fields.type == "NS" and fields.name == delegation
    return delegation in _parents(zone, fields.name) and not is_delegation


def _target(ns: Record) -> str:
    return ns.fields.content.lower().removesuffix(".")
