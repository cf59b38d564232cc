"""A repair issue as a value, and how issues are created and deleted."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from hashlib import sha256

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .. import ddns
from ..const import DOMAIN
from ..ddns import Source
from ..flows.preview import as_code, record_text

ATTR_CONNECTION = "connection_id"
ATTR_DOMAIN = "domain"
ATTR_ENTRY_ID = "entry_id"
ATTR_FAMILY = "family"
ATTR_ISSUE = "issue"
ATTR_SUBENTRY_ID = "subentry_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A repair issue."""

    key: str
    """Its translation key."""
    placeholders: dict[str, str]
    subentry_id: str = ""
    family: str = ""
    connection: str = ""
    """The id of the connection whose record it is about, if it has its own."""
    source: Source | None = None
    is_fixable: bool = True

    def id(self, entry: ConfigEntry) -> str:
        """Return a short id, free of URLs and entity ids, that no other issue has."""
        source, urls = (repr(self.source), self.source.urls) if self.source else ("", ())
        about = " ".join((self.subentry_id, self.family, source, *urls, self.connection)).rstrip()
        about = sha256(about.encode()).hexdigest()[:8]
        return f"{entry.entry_id}_{self.key}_{about}"


@callback
def async_create_issue(
    hass: HomeAssistant, entry: ConfigEntry, issue_id: str, issue: Issue
) -> None:
    """Create an issue, or update the one with this id."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={
            ATTR_CONNECTION: issue.connection,
            ATTR_ENTRY_ID: entry.entry_id,
            ATTR_FAMILY: issue.family,
            ATTR_ISSUE: issue.key,
            ATTR_SUBENTRY_ID: issue.subentry_id,
            **issue.placeholders,
        },
        is_fixable=issue.is_fixable,
        severity=ir.IssueSeverity.ERROR if issue.is_fixable else ir.IssueSeverity.WARNING,
        translation_key=issue.key,
        translation_placeholders=issue.placeholders,
    )


@callback
def async_delete_issues_with_prefix(
    hass: HomeAssistant, prefix: str | tuple[str, ...], keep: Container[str] = ()
) -> None:
    """Delete the issues whose ids begin like this, except those to keep."""
    for domain, issue_id in [*ir.async_get(hass).issues]:
        if domain == DOMAIN and issue_id.startswith(prefix) and issue_id not in keep:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def quoted(records: Iterable[ddns.Record]) -> str:
    """Return what records of others say, for a description that is shown as Markdown."""
    return ", ".join(as_code(record_text(record)) for record in records)
