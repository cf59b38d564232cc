"""What the user wants: the domains of a zone, and where their addresses come from."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

from custom_components.raindrop.ddns.model import Family, Source, SourceKind
from custom_components.raindrop.domains import DEFAULTS
from lab.ip import IpService

from .words import ENTITIES, FAMILIES, HOME, OPERATORS, TYPES, Slot

type Choice = list[str]
"""Whom to ask, as a step says it: `automatic`, `off`, `inherited`, `urls` with the operators of the
pages, `entity` with its name, or `alone` with the name of one of another way."""

_BITS, _LINK_BITS = 128, 64
HOST_PARTS: Mapping[str, int | None] = {
    "record": None,
    "::1234:5678": 0x1234_5678,
    "00:11:22:33:44:55": 0x0211_22FF_FE33_4455,
    "::5:0:0:0:9": (5 << _LINK_BITS) + 9,
}
"""What users enter, and the interface id that it means; None for that of the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user wants of one slot."""

    source: Source
    create: bool
    proxied: bool | None
    ttl_s: int | None
    pinned: str | None
    """The record that was chosen among several."""
    host_part: str
    prefix_length: int

    @property
    def way(self) -> str:
        """The way to the Internet whose address it is."""
        is_away = self.source.kind is SourceKind.ENTITY and not self.source.is_default_way
        return ENTITIES[name_of(self.source.entity)][0] if is_away else HOME

    def content(self, address: str, before: str | None) -> str | None:
        """Return what a record has to hold, None if that is not known.

        ``before`` is what it held.
        """
        if not self.host_part:
            return address
        own = HOST_PARTS[self.host_part]
        if own is None and before is None:
            return None
        names_subnet = own is None or own >> _LINK_BITS
        kept = _BITS - self.prefix_length if names_subnet else _LINK_BITS
        low = _bits(before or "") if own is None else f"{own:0{_BITS}b}"
        return _address(_bits(address)[: _BITS - kept] + low[_BITS - kept :])


class Sources:
    """Where an address may come from, as the steps, the options and the core call it."""

    def __init__(self, pages: Collection[IpService]) -> None:
        """Know the pages of the lab."""
        self._urls: dict[tuple[str, int], str] = {
            (page.name, family): url for page in pages for family, url in page.urls.items()
        }

    def source(self, choice: Choice, label: str) -> Source | None:
        """Return a choice in the words of the core."""
        kind, *names = choice
        family = Family(FAMILIES[label])
        match kind:
            case "off" | "inherited":
                return None
            case "urls":
                urls = tuple(self._urls[name, family.value] for name in names)
                return Source(family, SourceKind.URLS, urls=urls)
            case "entity" | "alone":
                entity, is_default_way = id_of(names[0]), kind == "entity"
                return Source(
                    family, SourceKind.ENTITY, entity=entity, is_default_way=is_default_way
                )
            case _:
                return Source(family)

    def stored(self, choice: Choice, label: str) -> dict[str, Any]:
        """Return a choice as the forms store it."""
        source = self.source(choice, label)
        if source is None:
            return {"source": choice[0]}
        if source.kind is SourceKind.ENTITY:
            way = {"entity": source.entity, "is_default_way": source.is_default_way}
            return {"source": "entity", **way}
        return {"source": source.kind.value, **({"urls": [*source.urls]} if source.urls else {})}

    def sayers(self, source: Source) -> set[str]:
        """Return who may say the address of a source."""
        if source.kind is SourceKind.URLS:
            return {name for (name, _), url in self._urls.items() if url in source.urls}
        entity = {name_of(source.entity)} if source.entity else set()
        return entity if entity and not source.is_default_way else entity | {*OPERATORS}


class Wishes:
    """What the user wants of one zone, as it is on disk."""

    def __init__(self, sources: Sources) -> None:
        """Want nothing yet."""
        self.domains: dict[str, dict[str, Any]] = {}
        self.choices: dict[str, Choice] = {label: ["automatic"] for label in FAMILIES}
        self._sources = sources

    def slots(self) -> dict[Slot, Wish]:
        """Return what is wanted of each slot that has a source."""
        return {
            (domain, TYPES[label]): _wish(data, label, source)
            for domain, data in self.domains.items()
            for label in data["families"]
            if (source := self._source(data, label))
        }

    def options(self) -> dict[str, Any]:
        """Return the options of the entry."""
        return {
            label: self._sources.stored(choice, label) for label, choice in self.choices.items()
        }

    def stored(self, domain: str) -> dict[str, Any]:
        """Return the data of a domain's subentry."""
        data = self.domains[domain]
        own = {
            label: self._sources.stored(choice, label) for label, choice in data["sources"].items()
        }
        return {**data, "sources": own}

    def want(
        self, domain: str, data: Mapping[str, Any], find: Callable[[str, int], str | None]
    ) -> None:
        """Want a domain kept; ``find`` names the n-th record of a type at its name."""
        kept = {key: value for key, value in data.items() if key != "pinned"}
        pins = {
            label: found
            for label in FAMILIES
            if "pinned" in data and (found := find(TYPES[label], data["pinned"]))
        }
        self.domains[domain] = {**DEFAULTS, "domain": domain, "records": pins, **kept}

    def _source(self, data: Mapping[str, Any], label: str) -> Source | None:
        """Return the source of a family of a domain: its own, or that of the zone."""
        own = data["sources"].get(label, ["inherited"])
        choice = self.choices[label] if own in (["inherited"], ["off"]) else own
        return self._sources.source(choice, label)


def id_of(entity: str) -> str:
    """Return the registry id of an entity of a name."""
    return f"id_of_{entity}"


def name_of(entity_id: str) -> str:
    """Return the name of an entity of a registry id."""
    return entity_id.removeprefix("id_of_")


def _wish(data: Mapping[str, Any], label: str, source: Source) -> Wish:
    """Return what is wanted of one family of a domain."""
    return Wish(
        source=source,
        create=data["create"],
        proxied={"keep": None, "on": True, "off": False}[data["proxied"]],
        ttl_s={"keep": None, "auto": 1, "seconds": data["ttl_s"]}[data["ttl"]],
        pinned=data["records"].get(label),
        host_part=data["host_part"] if label == "ipv6" else "",
        prefix_length=data["prefix_length"],
    )


def _bits(address: str) -> str:
    """Return the bits of an IPv6 address."""
    return f"{int(IPv6Address(address)):0{_BITS}b}"


def _address(bits: str) -> str:
    """Return the IPv6 address of bits."""
    return str(IPv6Address(int(bits, 2)))
