"""Repair issues: what the user must decide or fix. They exist as long as their cause."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .. import ddns
from ..config import Domain
from ..dashboard_links import TOKENS_URL, dns_url, zone_placeholders
from ..ddns import State
from ..error_messages import error_message
from ..flows.preview import escape_markdown
from ..proxy_check import async_check_proxy
from .issue import Issue, async_create_issue, async_delete_issues_with_prefix
from .records import is_quota, public_dns_issues, record_issues
from .sources import source_issues
from .text_records import text_issues


@callback
def async_sync_issues(
    hass: HomeAssistant, entry: ConfigEntry, domains: Iterable[Domain], state: State
) -> None:
    """Create the issues of a state, and delete those whose cause is gone."""
    issues = (
        *_zone_issues(entry, state),
        *record_issues(domains, state),
        *public_dns_issues(entry, domains, state),
        *text_issues(domains, state),
        *source_issues(domains, state),
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
        elif is_quota(error):
            yield Issue(key="record_quota", placeholders=placeholders)
    if zone := state.zone:
        records = (known.record for known in state.records.values())
        are_proxied = {record is not None and record.proxied for record in records}
        for problem in {zone.problem_of(proxied=proxied) for proxied in are_proxied} - {None}:
            yield Issue(key=str(problem), placeholders=placeholders | _zone_texts(zone))


def _zone_texts(zone: ddns.Zone) -> dict[str, str]:
    """Return the nameservers of a zone, for a description that is shown as Markdown."""
    return {"name_servers": escape_markdown(zone_placeholders(zone)["name_servers"])}


def _proxy_issues(hass: HomeAssistant, state: State) -> Iterator[Issue]:
    """Yield the issue that Cloudflare's proxy cannot reach Home Assistant."""
    if missing := async_check_proxy(hass, state):
        key, placeholders = missing
        yield Issue(key=key, placeholders=placeholders, is_fixable=False)
