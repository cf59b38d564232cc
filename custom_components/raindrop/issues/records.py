"""Repair issues of single records: at Cloudflare, and in public DNS."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.util import dt as dt_util

from .. import ddns
from ..config import Domain
from ..ddns import CloudflareRefusedError, Reason, State
from ..flows.preview import CONFLICT_KEYS, as_code, escape_markdown
from .issue import ATTR_DOMAIN, Issue, quoted

_QUOTA_EXCEEDED = 81045
_MAX_NAMES = 10
"""How many addresses or nameservers an issue names at most."""
_RECORD_ISSUES = {
    **CONFLICT_KEYS,
    Reason.REFUSED: "record_refused",
    Reason.NOT_APPLIED: "record_not_applied",
}


def record_issues(domains: Iterable[Domain], state: State) -> Iterator[Issue]:
    """Yield the issues of single records."""
    managed_records = (
        (domain, managed) for domain in domains for managed in domain.managed_records
    )
    for domain, managed in managed_records:
        record, family = state.record(managed.record_key), managed.record_key.family
        error = record.failure.error if record.failure else None
        is_of_record = error is None or isinstance(error, CloudflareRefusedError)
        if record.reason not in _RECORD_ISSUES or not is_of_record or is_quota(error):
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


def public_dns_issues(
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


def is_quota(error: ddns.CloudflareError | None) -> bool:
    """Return whether the zone cannot have more records."""
    return isinstance(error, CloudflareRefusedError) and _QUOTA_EXCEEDED in error.codes
