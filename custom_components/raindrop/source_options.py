"""Where addresses come from, as the options of an entry and the data of a domain tell it."""

from collections.abc import Mapping
from typing import Any

from .const import CONF_ENTITY, CONF_IS_DEFAULT_WAY, CONF_SOURCE, CONF_URLS
from .ddns.model import Family, Source, SourceKind

FAMILIES = {family.label.lower(): family for family in Family}
OFF = "off"
INHERITED = "inherited"
"""The choice of a domain to go with its zone."""

AUTOMATIC: Mapping[str, Any] = {CONF_SOURCE: SourceKind.AUTOMATIC.value}
"""What is chosen where nothing is."""
DEFAULT_OPTIONS: Mapping[str, Any] = {label: {**AUTOMATIC} for label in FAMILIES}


def read_sources(options: Mapping[str, Any]) -> dict[Family, Source]:
    """Return the source of each family that is not off.

    Raises KeyError, TypeError and ValueError for options that no form lets through.
    """
    sources = {f: read_source(options[label], f) for label, f in FAMILIES.items()}
    return {family: source for family, source in sources.items() if source is not None}


def read_source(choice: Mapping[str, Any], family: Family) -> Source | None:
    """Return the source that was chosen, None if it is none of its own.

    Raises KeyError, TypeError and ValueError for what no form lets through.
    """
    chosen = choice[CONF_SOURCE]
    if chosen in (OFF, INHERITED):
        return None
    kind = SourceKind(chosen)
    if kind is SourceKind.ENTITY:
        return Source(
            family,
            kind,
            entity=choice[CONF_ENTITY],
            is_default_way=choice[CONF_IS_DEFAULT_WAY],
        )
    return Source(family, kind, urls=tuple(choice[CONF_URLS]) if kind is SourceKind.URLS else ())
