"""Convert the stored sources of a zone or a domain to the library's values and back.

The options of an entry are ``{"sources": {"ipv4": [source, ...], "ipv6": [...]},
"watch": true, "resolvers": "cloudflare"}``. A family has a list of sources, and an
empty list turns it off. The forms store one source in it. A source is a flat dict whose
``source`` names its kind.
"""

from collections.abc import Mapping
from typing import Any, Final

from .. import ddns
from ..ddns import Family, Meaning, Source, SourceKind
from .values import (
    read_choice,
    read_entity,
    read_list,
    read_mapping,
    read_text,
)

FAMILIES = {family.key: family for family in Family}
"""The families by their key in stored data."""

CONF_ENTITY: Final = "entity"
CONF_MEANING: Final = "meaning"
CONF_RESOLVERS: Final = "resolvers"
CONF_SOURCE: Final = "source"
CONF_SOURCES: Final = "sources"
CONF_URLS: Final = "urls"
CONF_WATCH: Final = "watch"

RESOLVERS = {"off": 0, "cloudflare": 1, "cloudflare_and_google": 2}
"""How many public resolvers are asked, by the stored choice."""
DEFAULT_RESOLVERS: Final = "cloudflare"

_KINDS = {kind.value: kind for kind in SourceKind}
MEANINGS = {
    Family.IPV4: (Meaning.THIS_NETWORK, Meaning.OTHER_CONNECTION),
    Family.IPV6: (Meaning.THIS_NETWORK, Meaning.ROUTER, Meaning.OTHER_CONNECTION),
}
"""What the address of an entity can belong to: an IPv4 address belongs to router and network."""


def read_sources(options: Mapping[str, Any]) -> dict[Family, Source]:
    """Return the source of each family of a zone that is not off; automatic if it is malformed."""
    sources: dict[Family, Source] = {}
    for family in Family:
        try:
            found = _read_zone_sources(options, family)
        except ValueError:
            found = (Source(family),)
        sources |= {source.family: source for source in found[:1]}
    return sources


def watches_connection(options: Mapping[str, Any]) -> bool:
    """Return whether changes of the connection start an update of a zone."""
    return options.get(CONF_WATCH) is not False


def resolver_choice(options: Mapping[str, Any]) -> str:
    """Return the choice of public resolvers of a zone; the default if it is malformed."""
    stored = options.get(CONF_RESOLVERS)
    return stored if isinstance(stored, str) and stored in RESOLVERS else DEFAULT_RESOLVERS


def unreadable_families(options: Mapping[str, Any]) -> list[Family]:
    """Return the families of a zone whose sources are malformed."""
    unreadable: list[Family] = []
    for family in Family:
        try:
            _read_zone_sources(options, family)
        except ValueError:
            unreadable.append(family)
    return unreadable


def read_source_list(stored: object, family: Family) -> tuple[Source, ...]:
    """Return the stored sources of one family. Raises ValueError for malformed data."""
    return tuple(read_source(read_mapping(source), family) for source in read_list(stored))


def read_source(data: Mapping[str, Any], family: Family) -> Source:
    """Return a stored source. Raises ValueError for malformed data."""
    kind = read_choice(_KINDS, data.get(CONF_SOURCE))
    if kind is SourceKind.ENTITY:
        meanings = {meaning.value: meaning for meaning in MEANINGS[family]}
        meaning = read_choice(meanings, data.get(CONF_MEANING))
        entity = read_entity(data.get(CONF_ENTITY))
        return Source(family, kind, entity=entity, meaning=meaning)
    if kind is SourceKind.URLS:
        urls = tuple(read_text(url) for url in read_list(data.get(CONF_URLS)))
        if not [ddns.custom_provider(url, family) for url in urls]:
            raise ValueError("no URL")
        return Source(family, kind, urls=urls)
    return Source(family, kind)


def source_data(source: Source) -> dict[str, Any]:
    """Return a source as it is stored."""
    data: dict[str, Any] = {CONF_SOURCE: source.kind.value}
    if source.kind is SourceKind.ENTITY:
        data |= {CONF_ENTITY: source.entity, CONF_MEANING: source.meaning.value}
    elif source.kind is SourceKind.URLS:
        data[CONF_URLS] = [*source.urls]
    return data


def _read_zone_sources(options: Mapping[str, Any], family: Family) -> tuple[Source, ...]:
    return read_source_list(read_mapping(options.get(CONF_SOURCES)).get(family.key), family)
