"""Repair issues of sources: providers that conflict, tunnels, NAT, addresses that are not known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..config import Domain
from ..ddns import (
    Address,
    Detection,
    DetectionError,
    ManagedRecord,
    Source,
    SourceKind,
    State,
)
from ..error_messages import response_text
from ..flows.preview import as_code, escape_markdown
from .issue import Issue

_CONFLICTING_UPDATES = 3
"""For how many updates in a row providers may conflict: some lag a little behind."""
_MAX_NAMES = 10
"""How many domains an issue names at most."""
_BEHIND_NAT = {
    DetectionError.CGNAT: "router_cgnat",
    DetectionError.NOT_PUBLIC: "router_double_nat",
}


def source_issues(domains: Iterable[Domain], state: State) -> Iterator[Issue]:
    """Yield the issues of sources, one for each."""
    titles = _overdue_titles(domains, state)
    is_online = any(detection.address for detection in state.detections.values())
    failovers = (record.failover for record in state.records.values() if record.failover)
    known = {c.address for failover in failovers for c in failover.connections.values()}
    managed_records = [managed for domain in domains for managed in domain.managed_records]
    used = {source for m in managed_records if not m.is_paused for source in m.sources}
    paused = {source for managed in managed_records for source in managed.sources} - used
    for source, detection in state.detections.items():
        if source in paused or source.host_name:
            continue
        placeholders = _source_placeholders(detection)
        key = _source_issue_key(detection, state.conflicting_updates.get(source, 0))
        # They are connections that the user named.
        if key == "two_connections" and (
            known.issuperset(detection.ways_out)
            or len({*detection.ways_out} - _others(source, managed_records, state)) == 1
        ):
            key = None
        if key is None and source in titles:
            is_gone = is_online and detection.is_unsupported_family
            key = "family_gone" if is_gone else "no_address"
            placeholders |= {
                "names": ", ".join(map(as_code, titles[source][:_MAX_NAMES])),
                "responses": escape_markdown(response_text(detection)),
            }
        if key:
            yield Issue(
                key=key,
                placeholders=placeholders,
                family=source.family.key,
                source=source,
                is_fixable=False,
            )


def _others(source: Source, managed_records: Iterable[ManagedRecord], state: State) -> set[Address]:
    """Return the addresses of other connections that have records of their own."""
    others = (m for m in managed_records if m.record_key.connection and m.source != source)
    return {a for m in others if (a := state.record(m.record_key).last_address)}


def _overdue_titles(domains: Iterable[Domain], state: State) -> Mapping[Source, list[str]]:
    """Return the domains whose address has been unknown for too long, by source."""
    titles: defaultdict[Source, list[str]] = defaultdict(list)
    for domain in domains:
        for managed in domain.managed_records:
            is_overdue = state.record(managed.record_key).is_overdue
            source = state.source(managed)
            if is_overdue and state.detections[source].address is None:
                titles[replace(source, host_name="")].append(domain.title)
    return titles


def _source_issue_key(detection: Detection, conflicting_updates: int) -> str | None:
    """Return the key of the issue of a source, None if there is none."""
    own = detection.source_response
    is_entity = detection.source.kind is SourceKind.ENTITY
    has_address = detection.expected is not None
    # Before the others, which would appear and disappear with each change.
    if detection.ways_out:
        return "two_connections"
    if detection.tunnel_witness and not has_address:
        return "tunnel"
    if own and own.error in _BEHIND_NAT and is_entity and has_address:
        return _BEHIND_NAT[own.error]
    if has_address and detection.is_substituted:
        return "source_silent"
    return _conflict_key(detection) if conflicting_updates >= _CONFLICTING_UPDATES else None


def _conflict_key(detection: Detection) -> str:
    """Return the key of the issue of a source that others contradict."""
    if detection.source.kind is not SourceKind.ENTITY or detection.address is None:
        return "sources_disagree"
    return "entity_outside_prefix" if detection.source.is_of_network else "router_vpn"


def _source_placeholders(detection: Detection) -> dict[str, str]:
    if detection.ways_out:
        # Nothing that changes with each update: the issue stays as it is.
        ways_out = ", ".join(map(str, detection.ways_out))
        return {"family": detection.family.label, "addresses": ways_out}
    reported = [
        f"{response.provider}: {address}"
        for response in detection.all_responses
        if (address := response.address or response.rejected)
    ]
    own = next(detection.all_responses, None)
    return {
        "family": detection.family.label,
        "type": detection.family.record_type,
        "entity": own.provider if own else "",
        "reported": str(own.address or own.rejected or "") if own else "",
        "address": str(detection.expected or ""),
        "provider": detection.tunnel_witness or "",
        "responses": ", ".join(reported),
    }
