"""Repair issues of resources: one for each at most, as long as its cause lasts."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .ddns import (
    CloudflarePermissionError,
    CloudflareRateLimitError,
    Permission,
    Reason,
    ResourceId,
    ResourceKind,
    ResourceState,
)
from .flows.preview import escape_markdown
from .issue import Issue, async_create_issue, async_delete_issues_with_prefix
from .resource_config import ManagedResource
from .resource_kinds import KINDS
from .zone_links import TOKENS_URL

_PERMISSIONS = {Permission.LISTS_EDIT: "lists_edit_missing"}
"""The issues of missing permissions."""


@callback
def async_sync_resource_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    resource_id: ResourceId,
    managed: ManagedResource | None = None,
    state: ResourceState | None = None,
) -> None:
    """Create the issue of a resource, or delete it if its cause or the resource is gone."""
    issue_id = f"{_prefix(entry)}{resource_id}"
    key = _key(managed.kind, state) if managed and state else None
    known = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    if known and known.translation_key != key:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    if managed is None or state is None or key is None:
        return
    old = ", ".join(f"`{item.network.network_address}`" for item in state.old_items)
    placeholders = {
        "list": managed.title,
        "addresses": old or "—",
        "reason": escape_markdown(str(state.error or "")),
        "url": KINDS[managed.kind].url(managed.config.account_id),
        "tokens_url": TOKENS_URL,
    }
    issue = Issue(
        key=key,
        placeholders=placeholders,
        subentry_id=managed.subentry_id,
        is_fixable=state.reason is not Reason.SHARED_ADDRESS,
    )
    async_create_issue(hass, entry, issue_id, issue)


@callback
def async_delete_resource_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issues of the resources of an entry that is unloaded."""
    async_delete_issues_with_prefix(hass, _prefix(entry))


def _key(kind: ResourceKind, state: ResourceState) -> str | None:
    """Return the translation key of the issue of a resource, None if it has none."""
    if state.reason is None:
        return None
    is_limited = isinstance(state.error, CloudflareRateLimitError)
    if state.reason is Reason.REFUSED and is_limited:
        return None  # It passes without the user.
    error, issues = state.error, KINDS[kind].issues
    if isinstance(error, CloudflarePermissionError) and error.missing in _PERMISSIONS:
        return _PERMISSIONS[error.missing]
    return issues.get(state.reason)


def _prefix(entry: ConfigEntry) -> str:
    return f"resource_{entry.entry_id}_"
