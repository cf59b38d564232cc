"""Repair issues of IP lists: one for each list at most, as long as its cause lasts."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .ddns import CloudflarePermissionError, CloudflareRateLimitError, ListId, ListState, Reason
from .flows.preview import escape_markdown
from .issue import Issue, async_create_issue, async_delete_issues_with_prefix
from .list_config import ManagedList
from .zone_links import TOKENS_URL, lists_url

LISTS_EDIT_MISSING = "lists_edit_missing"
_KEYS = {
    Reason.CONTESTED: "list_contested",
    Reason.LIST_MISSING: "list_missing",
    Reason.OLD_ADDRESS: "list_old_address",
    Reason.REFUSED: "list_refused",
    Reason.SHARED_ADDRESS: "list_shared_address",
}
"""The reasons about which the user can do something; the others pass."""
_NOT_FIXABLE = ("list_shared_address",)


@callback
def async_sync_list_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    list_id: ListId,
    managed: ManagedList | None = None,
    state: ListState | None = None,
) -> None:
    """Create the issue of a list, or delete it if its cause or the list is gone."""
    issue_id = f"{_prefix(entry)}{list_id}"
    key = _key(state) if state else None
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
        "url": lists_url(managed.config.account_id),
        "tokens_url": TOKENS_URL,
    }
    issue = Issue(
        key=key,
        placeholders=placeholders,
        subentry_id=managed.subentry_id,
        is_fixable=key not in _NOT_FIXABLE,
    )
    async_create_issue(hass, entry, issue_id, issue)


@callback
def async_delete_list_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issues of the lists of an entry that is unloaded."""
    async_delete_issues_with_prefix(hass, _prefix(entry))


def _key(state: ListState) -> str | None:
    """Return the translation key of the issue of a list, None if it has none."""
    if state.reason is None:
        return None
    is_limited = isinstance(state.error, CloudflareRateLimitError)
    if state.reason is Reason.REFUSED and is_limited:
        return None  # It passes without the user.
    is_denied = isinstance(state.error, CloudflarePermissionError)
    return LISTS_EDIT_MISSING if is_denied else _KEYS.get(state.reason)


def _prefix(entry: ConfigEntry) -> str:
    return f"ip_list_{entry.entry_id}_"
