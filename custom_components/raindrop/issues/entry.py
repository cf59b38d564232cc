"""Repair issues about an entry itself: its configuration, its stored state, its deletions.

They are independent of the issues of a state. The persistent ones survive a restart,
and even the entry, until the user ignores them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..config import Domain, unreadable_domains
from ..const import DOMAIN
from ..dashboard_links import DNS_URL
from ..ddns import CloudflareError, RecordKey, to_unicode
from ..flows.preview import as_code, escape_markdown
from ..resources.resource_config import unreadable_resources
from ..storage.sources import unreadable_families
from .issue import (
    ATTR_ENTRY_ID,
    ATTR_ISSUE,
    ATTR_SUBENTRY_ID,
    async_delete_issues_with_prefix,
)

_MAX_NAMES = 20
"""How many records an issue names at most."""
_DOMAIN, _OPTIONS, _ZONE_ID = "domain_unreadable", "options_unreadable", "zone_id_unreadable"
_DELETION_FAILED, _RECORDS_LEFT = "deletion_failed", "records_left"
_ITEMS_LEFT, _ITEMS_NOT_DELETED = "items_left", "items_not_deleted"
_TOKEN_EXPIRES = "token_expires"  # noqa: S105 - a translation key
_PASSING = (_DOMAIN, _OPTIONS, _ZONE_ID, _DELETION_FAILED, _ITEMS_NOT_DELETED, _TOKEN_EXPIRES)
"""The issues that an entry has only while it is set up."""
_FIXABLE = (_DOMAIN, _ZONE_ID)
"""The issues whose fix is to remove what cannot be read."""


@callback
def async_report_configuration(
    hass: HomeAssistant, entry: ConfigEntry, domains: Iterable[Domain]
) -> None:
    """Create an issue for each part of the configuration that cannot be read."""
    for subentry in (*unreadable_domains(entry, domains), *unreadable_resources(entry)):
        placeholders = {"domain": subentry.title, "zone": entry.title}
        _async_create(hass, entry, _DOMAIN, placeholders, about=subentry.subentry_id)
    if families := unreadable_families(entry.options):
        labels = ", ".join(family.label for family in families)
        _async_create(hass, entry, _OPTIONS, {"families": labels, "zone": entry.title})


@callback
def async_report_zone_id(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Create the issue that the stored zone ID cannot be read, so that nothing is updated."""
    _async_create(hass, entry, _ZONE_ID, {"zone": entry.title})


@callback
def async_report_deletion_failed(
    hass: HomeAssistant, entry: ConfigEntry, failed: Mapping[RecordKey, CloudflareError]
) -> None:
    """Create the issue that records of removed domains cannot be deleted."""
    reason = escape_markdown(str(next(iter(failed.values()))))
    placeholders = {"zone": entry.title, "records": record_names(failed), "reason": reason}
    _async_create(hass, entry, _DELETION_FAILED, placeholders)


@callback
def async_end_deletion_failed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issue that records of removed domains cannot be deleted."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, _DELETION_FAILED))


@callback
def async_report_token_expires(
    hass: HomeAssistant, entry: ConfigEntry, expires_on: datetime, url: str
) -> None:
    """Create the issue that the API token expires; ``url`` is the page of the tokens."""
    date = f"{dt_util.as_local(expires_on):%Y-%m-%d}"
    _async_create(hass, entry, _TOKEN_EXPIRES, {"zone": entry.title, "date": date, "url": url})


@callback
def async_end_token_expires(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issue that the API token expires."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, _TOKEN_EXPIRES))


@callback
def async_report_records_left(
    hass: HomeAssistant, entry: ConfigEntry, record_keys: Iterable[RecordKey]
) -> None:
    """Create the issue that a removed entry leaves records."""
    placeholders = {"zone": entry.title, "records": record_names(record_keys)}
    _async_create(hass, entry, _RECORDS_LEFT, placeholders, is_persistent=True)


@callback
def async_end_records_left(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issue that a removed entry leaves records: another attempt deleted them."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, _RECORDS_LEFT))


@callback
def async_end_items_left(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issue that a removed entry leaves items: another attempt deleted them."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, _ITEMS_LEFT))


@callback
def async_report_items_left(
    hass: HomeAssistant, entry: ConfigEntry, titles: Iterable[str], url: str
) -> None:
    """Create the issue that a removed entry leaves items in resources; ``url`` is a page."""
    placeholders = {"zone": entry.title, "names": _names(titles), "url": url}
    _async_create(hass, entry, _ITEMS_LEFT, placeholders, is_persistent=True)


@callback
def async_report_items_not_deleted(
    hass: HomeAssistant, entry: ConfigEntry, titles: Iterable[str], error: CloudflareError, url: str
) -> None:
    """Create the issue that the items in removed resources cannot be deleted."""
    reason = escape_markdown(str(error))
    placeholders = {"zone": entry.title, "names": _names(titles), "reason": reason, "url": url}
    _async_create(hass, entry, _ITEMS_NOT_DELETED, placeholders)


@callback
def async_end_items_not_deleted(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issue that the items in removed resources cannot be deleted."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, _ITEMS_NOT_DELETED))


@callback
def async_report_state_lost(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Create the issue that the list of records to be deleted was lost."""
    _async_create(hass, entry, "state_unreadable", {"zone": entry.title}, is_persistent=True)


@callback
def async_delete_entry_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issues of an entry that is unloaded or removed, except the persistent ones."""
    prefixes = tuple(_issue_id(entry, key) for key in _PASSING)
    async_delete_issues_with_prefix(hass, prefixes)


def record_names(record_keys: Iterable[RecordKey]) -> str:
    """Return the types and names of records for display, as code of Markdown."""
    names = [f"`{key.family.record_type} {to_unicode(key.name)}`" for key in sorted(record_keys)]
    more = [f"… (+{len(names) - _MAX_NAMES})"] if len(names) > _MAX_NAMES else []
    return ", ".join([*names[:_MAX_NAMES], *more])


def _names(titles: Iterable[str]) -> str:
    """Return the names of resources for display."""
    return ", ".join(map(as_code, titles))


@callback
def _async_create(
    hass: HomeAssistant,
    entry: ConfigEntry,
    key: str,
    placeholders: dict[str, str],
    *,
    about: str = "",
    is_persistent: bool = False,
) -> None:
    ids = {ATTR_ENTRY_ID: entry.entry_id, ATTR_ISSUE: key, ATTR_SUBENTRY_ID: about}
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, key) + about,
        data={**ids, **placeholders} if key in _FIXABLE else None,
        is_fixable=key in _FIXABLE,
        is_persistent=is_persistent,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders={"dns_url": DNS_URL, **placeholders},
    )


def _issue_id(entry: ConfigEntry, key: str) -> str:
    return f"{key}_{entry.entry_id}_"
