"""A repair issue as a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from homeassistant.config_entries import ConfigEntry

from . import ddns
from .ddns import Source
from .flows.preview import as_code, record_text

ATTR_DOMAIN = "domain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A repair issue."""

    key: str
    """Its translation key."""
    placeholders: dict[str, str]
    subentry_id: str = ""
    family: str = ""
    source: Source | None = None
    is_fixable: bool = True

    def id(self, entry: ConfigEntry) -> str:
        """Return a short id, free of URLs and entity ids, that no other issue has."""
        source, urls = (repr(self.source), self.source.urls) if self.source else ("", ())
        about = " ".join((self.subentry_id, self.family, source, *urls))
        about = sha256(about.encode()).hexdigest()[:8]
        return f"{entry.entry_id}_{self.key}_{about}"


def quoted(records: Iterable[ddns.Record]) -> str:
    """Return what records of others say, for a description that is shown as Markdown."""
    return ", ".join(as_code(record_text(record)) for record in records)
