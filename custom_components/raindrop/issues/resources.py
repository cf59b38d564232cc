"""Repair issues of resources: one for each at most, as long as its cause lasts."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..dashboard_links import TOKENS_URL
from ..ddns import (
    CloudflarePermissionError,
    CloudflareRateLimitError,
    Network,
    Permission,
    Reason,
    ResourceId,
    ResourceKind,
    ResourceState,
    network_text,
)
from ..flows.preview import as_code, escape_markdown
from ..resources.kinds import KINDS
from ..resources.resource_config import ManagedResource
from ..storage.resource_store import ResourceDeletion
from .issue import Issue, async_create_issue, async_delete_issues_with_prefix

_PERMISSIONS = {
    Permission.LISTS_EDIT: "lists_edit_missing",
    Permission.ZERO_TRUST_EDIT: "zero_trust_edit_missing",
}
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
    settings = getattr(state.error, "settings", ())
    placeholders = {
        "resource": managed.title,
        "addresses": _code(item.network for item in state.old_items),
        "settings": ", ".join(map(as_code, settings)),
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


@callback
def async_report_network_left(
    hass: HomeAssistant, resource_id: ResourceId, deletion: ResourceDeletion
) -> None:
    """Create the issue that a location that was removed still has this home's address.

    Somebody else may get that address, and is filtered in this home's place then.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        _left_id(resource_id),
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="location_address_left",
        translation_placeholders={
            "resource": deletion.title,
            "addresses": _code(deletion.own[:1]),
            "url": KINDS[deletion.kind].url(deletion.account_id),
        },
    )


@callback
def async_end_network_left(hass: HomeAssistant, resource_id: ResourceId) -> None:
    """Delete that issue: the location is configured again."""
    ir.async_delete_issue(hass, DOMAIN, _left_id(resource_id))


def _left_id(resource_id: ResourceId) -> str:
    return f"location_address_left_{resource_id}"


def _code(networks: Iterable[Network]) -> str:
    """Return networks for display, as code of Markdown."""
    return ", ".join(as_code(network_text(network)) for network in networks) or "—"


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
