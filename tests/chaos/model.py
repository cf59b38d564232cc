"""The model: what the user configured, and what DNS is expected to contain because of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from typing import Any

from simulator.ip_services import IpService

from .constants import (
    ENTITIES,
    FAMILIES,
    PRIMARY,
    PROVIDERS,
    RECORD_TYPES,
    SECONDARY,
    STATUS_ENTITIES,
    TERTIARY,
)

type RecordKey = tuple[str, str]
"""The host name and the type of records."""
type SourceChoice = list[str]
"""A source as steps name it: `automatic`, `off`, `same_as_zone`, `urls` with provider names,
`entity` with the name of one on the default route, `router_entity` with one that reports the IPv6
address of the router itself, or `unverifiable_entity` with another name."""

MEANINGS = {
    "entity": "this_network",
    "router_entity": "router",
    "unverifiable_entity": "other_connection",
}
"""What the address of an entity stands for, by the choice of the user."""
_MODEMS = {
    (SECONDARY, 4): "modem",
    (SECONDARY, 6): "modem6",
    (TERTIARY, 4): "mobile",
    (TERTIARY, 6): "mobile6",
}
"""The entities of the connections that this host does not use."""
_BITS, _SUBNET_BITS = 128, 64
INTERFACE_IDS: Mapping[str, int | None] = {
    "keep": None,
    "::1234:5678": 0x1234_5678,
    "00:11:22:33:44:55": 0x0211_22FF_FE33_4455,
    "::5:0:0:0:9": (5 << _SUBNET_BITS) + 9,
}
"""Interface ids as users enter them, with their value; None for the one of the existing record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the address of a family comes from."""

    family: int
    kind: str = "automatic"
    """`automatic`, `urls` or `entity`."""
    entity: str = ""
    """The name of an entity in `ENTITIES`."""
    urls: tuple[str, ...] = ()
    meaning: str = "this_network"
    """What the address of an entity stands for: `this_network`, `router` or `other_connection`."""

    @property
    def is_unverifiable(self) -> bool:
        """Whether no second provider can confirm this source."""
        return self.meaning != "this_network" or len(self.urls) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One of several connections of a domain, with its source of one family."""

    name: str
    source: Source
    status: str = ""
    """Its binary sensor in `STATUS_ENTITIES`, empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRecord:
    """The configuration of one record key."""

    source: Source
    """Where its address comes from; of several connections, that of the first one."""
    connections: tuple[Connection, ...] = ()
    """The connections in order, if the domain uses several."""
    has_own_records: bool = False
    """Whether each connection has a record of its own under the name."""
    down_after_s: int = 0
    back_after_s: int = 0
    create: bool
    proxied: bool | None
    ttl_s: int | None
    record_id: str | None
    """The record that the user pinned among several."""
    take_over: tuple[str, ...] = ()
    """The versions of records of another home that the user gave to this one."""
    interface_id: str
    prefix_length: int

    @property
    def connection(self) -> str:
        """The connection whose address the record has to contain while all are up."""
        return connection_of_source(self.source)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources whose addresses the record may contain."""
        return tuple(c.source for c in self.connections) or (self.source,)

    def content(self, address: str, before: str | None) -> str | None:
        """Return the expected content of the record, None if it is not known.

        ``before`` is the content of the existing record.
        """
        if not self.interface_id:
            return address
        own = INTERFACE_IDS[self.interface_id]
        if own is None and before is None:
            return None
        names_subnet = own is None or own >> _SUBNET_BITS
        kept = _BITS - self.prefix_length if names_subnet else _SUBNET_BITS
        low = _to_bits(before or "") if own is None else f"{own:0{_BITS}b}"
        return _from_bits(_to_bits(address)[: _BITS - kept] + low[_BITS - kept :])


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainConfig:
    """The configuration of one host name, with the defaults of the form."""

    name: str
    families: tuple[str, ...] = ("ipv4",)
    create: bool = True
    proxied: str = "keep"
    ttl: str = "keep"
    ttl_s: int = 300
    interface_id: str = ""
    prefix_length: int = 64
    paused: bool = False
    """Whether nothing is written: *Keep up to date* is off."""
    delete: bool = False
    """Whether the records that Raindrop created are deleted with the domain."""
    record_ids: Mapping[str, str] = field(default_factory=dict)
    """The pinned record of each family."""
    sources: Mapping[str, SourceChoice] = field(default_factory=dict)
    connections: tuple[str, ...] = ()
    """The connections that the domain uses, in order; empty if it follows one source."""
    first_source: SourceChoice = field(default_factory=lambda: ["automatic"])
    """The source of the connection that this host uses."""
    with_status: tuple[str, ...] = ()
    """The connections that have a binary sensor."""
    has_own_records: bool = False
    """Whether each connection has a record of its own."""
    down_after_min: int = 2
    back_after_min: int = 10
    take_over: tuple[str, ...] = ()
    """The versions of records of another home that the user gave to this one."""

    @property
    def record_keys(self) -> set[RecordKey]:
        """The record keys of all families, including those without a source."""
        return {(self.name, RECORD_TYPES[label]) for label in self.families}

    def source_of(self, connection: str, label: str) -> SourceChoice:
        """Return the source of a family of a connection."""
        if connection == PRIMARY:
            return self.first_source
        return ["unverifiable_entity", _MODEMS[connection, FAMILIES[label]]]

    def status_of(self, connection: str) -> str:
        """Return the binary sensor of a connection, empty without one."""
        return STATUS_ENTITIES[connection] if connection in self.with_status else ""


class SourceCatalog:
    """The sources that the choices in steps mean, and what may report their addresses."""

    def __init__(self, services: Collection[IpService]) -> None:
        """Take the URLs of the simulator's IP services."""
        self._urls: dict[tuple[str, int], str] = {
            (service.name, family): url
            for service in services
            for family, url in service.urls.items()
        }

    def source(self, choice: SourceChoice, label: str) -> Source | None:
        """Return the source that a choice means, None without a source of its own."""
        kind, *names = choice
        family = FAMILIES[label]
        match kind:
            case "off" | "same_as_zone":
                return None
            case "urls":
                urls = tuple(self._urls[name, family] for name in names)
                return Source(family=family, kind="urls", urls=urls)
            case "entity" | "router_entity" | "unverifiable_entity":
                meaning = MEANINGS[kind]
                return Source(family=family, kind="entity", entity=names[0], meaning=meaning)
            case _:
                return Source(family=family)

    def reporters(self, source: Source) -> set[str]:
        """Return the providers and entities that may report the address of a source."""
        if source.kind == "urls":
            return {name for (name, _), url in self._urls.items() if url in source.urls}
        entity = {source.entity} if source.entity else set()
        is_own = source.meaning != "this_network"
        return entity if is_own else entity | {*PROVIDERS}


class ZoneModel:
    """The configuration of one zone as it is stored, and the deletions it implies."""

    def __init__(self, name: str, sources: SourceCatalog) -> None:
        """Start without domains and with automatic sources."""
        self.name = name
        self.domains: dict[str, DomainConfig] = {}
        self.choices: dict[str, SourceChoice] = {label: ["automatic"] for label in FAMILIES}
        self.sources = sources
        self.deletable: set[RecordKey] = set()
        """Record keys whose records may be deleted."""
        self.must_delete: set[RecordKey] = set()
        """Record keys whose records have to be deleted."""
        self._cleared: set[RecordKey] = set()
        """Record keys of types that a domain no longer has, deleted together with it."""
        self._loaded_deletions: set[str] = set()
        """The domains that a loaded entry knew to be deleted together with their records."""

    def managed_records(self) -> dict[RecordKey, ManagedRecord]:
        """Return the managed record of each record key that has a source and is not paused."""
        return {
            (name, RECORD_TYPES[label]): managed
            for name, config in self.domains.items()
            for label in config.families
            if not config.paused and (managed := self._managed_record(config, label))
        }

    def with_connections(self) -> set[RecordKey]:
        """Return the record keys for which several connections are used."""
        return {key for key, managed in self.managed_records().items() if managed.connections}

    def asked_sources(self) -> set[Source]:
        """Return the sources that an update asks: also those that no record uses for now."""
        own = {self.sources.source(choice, label) for label, choice in self.choices.items()}
        domains = {
            source
            for config in self.domains.values()
            for label in config.families
            if (managed := self._managed_record(config, label))
            for source in managed.sources
        }
        return {*filter(None, own), *domains}

    def save_domain(
        self, name: str, data: Mapping[str, Any], find_record: Callable[[str, int], str | None]
    ) -> None:
        """Add or replace a domain.

        ``find_record`` returns the id of the n-th record of a type at its name.
        """
        former = self.domains.pop(name, None)
        pinned, fields = data.get("pinned"), {k: v for k, v in data.items() if k != "pinned"}
        record_ids = {
            label: found
            for label in FAMILIES
            if pinned is not None and (found := find_record(RECORD_TYPES[label], pinned))
        }
        for key in fields.keys() & {"families", "connections", "with_status"}:
            fields[key] = tuple(fields[key])
        config = DomainConfig(name=name, record_ids=record_ids, **fields)
        self.domains[name] = config
        # The record of a type that was cleared goes with the domain, not before.
        kept = {(name, type_) for type_ in RECORD_TYPES.values()}
        former_keys = former.record_keys if former and former.delete else set()
        self._cleared |= former_keys | (self.deletable & kept)
        self._cleared -= config.record_keys if config.delete else kept
        self.deletable -= kept
        self.must_delete -= kept

    def pause_domain(self, name: str, *, paused: bool) -> bool:
        """Pause or resume a domain; return whether it is configured."""
        if name in self.domains:
            self.domains[name] = replace(self.domains[name], paused=paused)
        return name in self.domains

    def give_record(self, name: str, version: str) -> bool:
        """Give a version of a record to a domain; return whether it is configured."""
        if config := self.domains.get(name):
            self.domains[name] = replace(config, take_over=(*config.take_over, version))
        return name in self.domains

    def remove_domain(self, name: str) -> bool:
        """Remove a domain; return whether it was configured."""
        config = self.domains.pop(name, None)
        if config and config.delete:
            self.deletable |= config.record_keys
            self.deletable |= {key for key in self._cleared if key[0] == name}
            self.must_delete |= config.record_keys if name in self._loaded_deletions else set()
        return config is not None

    def entry_loaded(self) -> None:
        """Note that the entry was set up with the current configuration."""
        self._loaded_deletions = {n for n, config in self.domains.items() if config.delete}

    def connections(self, config: DomainConfig, label: str) -> tuple[Connection, ...]:
        """Return the connections of a domain that have a source of a family, in order."""
        return tuple(
            Connection(
                name=name,
                source=source,
                status=config.status_of(name),
            )
            for name in config.connections
            if (source := self._chosen(config.source_of(name, label), label))
        )

    def _managed_record(self, config: DomainConfig, label: str) -> ManagedRecord | None:
        """Return the managed record of a family of a domain, None without a source."""
        connections = self.connections(config, label)
        if config.connections:
            source = connections[0].source if connections else None
        else:
            source = self._source(config, label)
        if source is None:
            return None
        return ManagedRecord(
            source=source,
            connections=connections,
            has_own_records=config.has_own_records,
            down_after_s=60 * config.down_after_min,
            back_after_s=60 * config.back_after_min,
            create=config.create,
            proxied={"keep": None, "on": True, "off": False}[config.proxied],
            ttl_s={"keep": None, "auto": 1, "seconds": config.ttl_s}[config.ttl],
            record_id=config.record_ids.get(label),
            take_over=config.take_over,
            interface_id=config.interface_id if label == "ipv6" else "",
            prefix_length=config.prefix_length,
        )

    def _source(self, config: DomainConfig, label: str) -> Source | None:
        """Return the source of a family of a domain: its own, or that of the zone."""
        return self._chosen(config.sources.get(label, ["same_as_zone"]), label)

    def _chosen(self, choice: SourceChoice, label: str) -> Source | None:
        own = self.choices[label] if choice == ["same_as_zone"] else choice
        return self.sources.source(own, label)


def connection_of_source(source: Source) -> str:
    """Return the connection whose address a source reports while this host uses the primary one."""
    return ENTITIES[source.entity][0] if source.meaning != "this_network" else PRIMARY


def _to_bits(address: str) -> str:
    return f"{int(IPv6Address(address)):0{_BITS}b}"


def _from_bits(bits: str) -> str:
    return str(IPv6Address(int(bits, 2)))
