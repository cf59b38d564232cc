"""Repair issues: what the user must decide or fix. They exist as long as their cause."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from . import ddns
from .config import Domain
from .ddns import (
    CloudflareRefusedError,
    Detection,
    DetectionError,
    Reason,
    Source,
    SourceKind,
    State,
)
from .error_messages import error_message, response_text
from .flows.preview import CONFLICT_KEYS, as_code, escape_markdown
from .issue import (
    ATTR_DOMAIN,
    Issue,
    async_create_issue,
    async_delete_issues_with_prefix,
    quoted,
)
from .proxy_check import async_check_proxy
from .text_issues import text_issues
from .zone_links import TOKENS_URL, dns_url, zone_placeholders

_QUOTA_EXCEEDED = 81045
_CONFLICTING_UPDATES = 3
"""For how many updates in a row providers may conflict: some lag a little behind."""
_MAX_NAMES = 10
"""How many domains an issue names at most."""
_BEHIND_NAT = {
    DetectionError.CGNAT: "router_cgnat",
    DetectionError.NOT_PUBLIC: "router_double_nat",
}
_RECORD_ISSUES = {
    **CONFLICT_KEYS,
    Reason.REFUSED: "record_refused",
    Reason.NOT_APPLIED: "record_not_applied",
}


@callback
def async_sync_issues(
    hass: HomeAssistant, entry: ConfigEntry, domains: Iterable[Domain], state: State
) -> None:
    """Create the issues of a state, and delete those whose cause is gone."""
    issues = (
        *_zone_issues(entry, state),
        *_record_issues(domains, state),
        *_public_dns_issues(entry, domains, state),
        *text_issues(domains, state),
        *_source_issues(domains, state),
        *_proxy_issues(hass, state),
    )
    wanted = {issue.id(entry): issue for issue in issues}
    links = {"dns_url": dns_url(state.zone), "tokens_url": TOKENS_URL}
    async_delete_issues(hass, entry, keep=wanted)
    for issue_id, issue in wanted.items():
        linked = replace(issue, placeholders={**issue.placeholders, **links})
        async_create_issue(hass, entry, issue_id, linked)


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry, keep: Container[str] = ()) -> None:
    """Delete the issues of an entry, except those to keep."""
    async_delete_issues_with_prefix(hass, entry.entry_id, keep)


def _zone_issues(entry: ConfigEntry, state: State) -> Iterator[Issue]:
    """Yield the issues of the zone and its credential."""
    placeholders = {"zone": entry.title}
    if isinstance(state.list_error, ddns.CloudflareNotFoundError):
        yield Issue(key="zone_gone", placeholders=placeholders)
    for error in state.errors:
        if isinstance(error, ddns.CloudflarePermissionError):
            yield Issue(key=error_message(error).key, placeholders=placeholders)
        elif _is_quota(error):
            yield Issue(key="record_quota", placeholders=placeholders)
    if zone := state.zone:
        records = (known.record for known in state.records.values())
        are_proxied = {record is not None and record.proxied for record in records}
        for problem in {zone.problem_of(proxied=proxied) for proxied in are_proxied} - {None}:
            yield Issue(key=str(problem), placeholders=placeholders | _zone_texts(zone))


def _zone_texts(zone: ddns.Zone) -> dict[str, str]:
    """Return the nameservers of a zone, for a description that is shown as Markdown."""
    return {"name_servers": escape_markdown(zone_placeholders(zone)["name_servers"])}


def _record_issues(domains: Iterable[Domain], state: State) -> Iterator[Issue]:
    """Yield the issues of single records."""
    managed_records = (
        (domain, managed) for domain in domains for managed in domain.managed_records
    )
    for domain, managed in managed_records:
        record, family = state.record(managed.record_key), managed.record_key.family
        error = record.failure.error if record.failure else None
        is_of_record = error is None or isinstance(error, CloudflareRefusedError)
        if record.reason not in _RECORD_ISSUES or not is_of_record or _is_quota(error):
            continue
        existing = record.conflict.records if record.conflict else ()
        # Where creating is allowed or a record exists, it is the interface id that is missing.
        lacks_id = record.reason is Reason.MISSING and (managed.policy.create or existing)
        yield Issue(
            key="interface_id_missing" if lacks_id else _RECORD_ISSUES[record.reason],
            placeholders={
                ATTR_DOMAIN: domain.title,
                "type": family.record_type,
                "connection": domain.connection_names.get(managed.record_key.connection, ""),
                "existing": quoted(existing) or "—",
                "changed": "; ".join(map(_as_changed, existing)) or "—",
                "times": ", ".join(map(_local_time, record.external_changes)),
                "reason": escape_markdown(str(error or "")),
            },
            subentry_id=domain.subentry_id,
            family=family.key,
            connection=managed.record_key.connection,
        )


def _public_dns_issues(
    entry: ConfigEntry, domains: Iterable[Domain], state: State
) -> Iterator[Issue]:
    """Yield the issue of a zone that is delegated elsewhere, or else those of its records."""
    not_seen = [
        (domain, key)
        for domain in domains
        for key in domain.record_keys
        if state.record(key).reason is Reason.NOT_SEEN
    ]
    if not_seen and state.foreign_name_servers is not None:
        answer = ", ".join(sorted(state.foreign_name_servers)[:_MAX_NAMES])
        placeholders = {"zone": entry.title, "answer": escape_markdown(answer) or "—"}
        yield Issue(key="zone_not_seen", placeholders=placeholders, is_fixable=False)
        return
    for domain, key in not_seen:
        record = state.record(key)
        answer = ", ".join(map(str, sorted(record.public_addresses or ())[:_MAX_NAMES]))
        yield Issue(
            key="record_not_seen",
            placeholders={
                ATTR_DOMAIN: domain.title,
                "type": key.family.record_type,
                "address": str(record.last_address),
                "answer": answer or "—",
            },
            subentry_id=domain.subentry_id,
            family=key.family.key,
            connection=key.connection,
            is_fixable=False,
        )


def _as_changed(record: ddns.Record) -> str:
    """Return what a record contains and when it was changed; a cloud means proxied."""
    cloud = " ☁" if record.proxied else ""
    ttl = "auto" if record.ttl_s == ddns.TTL_AUTO else f"{record.ttl_s} s"
    changed_at = f", {_local_time(record.modified_on)}" if record.modified_on else ""
    return f"{as_code(record.content)}{cloud} (TTL {ttl}{changed_at})"


def _local_time(time: datetime) -> str:
    return f"{dt_util.as_local(time):%Y-%m-%d %H:%M}"


def _source_issues(domains: Iterable[Domain], state: State) -> Iterator[Issue]:
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
        if key == "two_connections" and known.issuperset(detection.ways_out):
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


def _proxy_issues(hass: HomeAssistant, state: State) -> Iterator[Issue]:
    """Yield the issue that Cloudflare's proxy cannot reach Home Assistant."""
    if missing := async_check_proxy(hass, state):
        key, placeholders = missing
        yield Issue(key=key, placeholders=placeholders, is_fixable=False)


def _is_quota(error: ddns.CloudflareError | None) -> bool:
    """Return whether the zone cannot have more records."""
    return isinstance(error, CloudflareRefusedError) and _QUOTA_EXCEEDED in error.codes
