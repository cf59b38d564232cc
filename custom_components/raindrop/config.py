"""Convert what config entries and subentries store to the library's values and back.

The data of a domain subentry are ``DOMAIN_DEFAULTS`` and the host name. In its
``sources`` (see `storage.sources`), a family that follows the zone is absent.

All of it may have been edited by hand or restored in part: a domain that cannot
be read stops no other.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_DOMAIN

from . import ddns
from .const import CONF_ZONE_ID, CONF_ZONE_NAME, SUBENTRY_DOMAIN
from .ddns import (
    ConnectionId,
    Family,
    HostName,
    ManagedRecord,
    Policy,
    RecordKey,
    Source,
    SourceKind,
    ZoneConfig,
)
from .resources.resource_config import resource_families
from .storage.connections import (
    CONF_CONNECTIONS,
    Connections,
    read_connections,
    read_record_connections,
)
from .storage.sources import (
    CONF_RESOLVERS,
    CONF_SOURCE,
    CONF_SOURCES,
    CONF_WATCH,
    DEFAULT_RESOLVERS,
    FAMILIES,
    read_source_list,
    read_sources,
)
from .storage.values import (
    read_bool,
    read_choice,
    read_host_name,
    read_id,
    read_int,
    read_list,
    read_mapping,
    read_text,
)

CONF_CREATE: Final = "create"
CONF_DELETE: Final = "delete"
CONF_FAMILIES: Final = "families"
CONF_INTERFACE_ID: Final = "interface_id"
CONF_PAUSED: Final = "paused"
CONF_PREFIX_LENGTH: Final = "prefix_length"
CONF_PROXIED: Final = "proxied"
CONF_RECORDS: Final = "records"
CONF_TAKE_OVER: Final = "take_over"
CONF_TEXTS: Final = "texts"
CONF_TTL: Final = "ttl"
CONF_TTL_S: Final = "ttl_s"

KEEP, ON, OFF, AUTO, SECONDS = "keep", "on", "off", "auto", "seconds"
PROXIED = {KEEP: None, ON: True, OFF: False}
"""The stored values of the proxied policy."""

DEFAULT_OPTIONS: Mapping[str, Any] = {
    CONF_SOURCES: {key: [{CONF_SOURCE: SourceKind.AUTOMATIC.value}] for key in FAMILIES},
    CONF_WATCH: True,
    CONF_RESOLVERS: DEFAULT_RESOLVERS,
}
DOMAIN_DEFAULTS: Mapping[str, Any] = {
    CONF_FAMILIES: [Family.IPV4.key],
    CONF_CONNECTIONS: {},
    CONF_CREATE: True,
    CONF_PROXIED: KEEP,
    CONF_TTL: KEEP,
    CONF_TTL_S: 300,
    CONF_INTERFACE_ID: "",
    CONF_PREFIX_LENGTH: 64,
    CONF_DELETE: False,
    CONF_RECORDS: {},
    CONF_SOURCES: {},
    CONF_TAKE_OVER: [],
    CONF_TEXTS: [],
    CONF_PAUSED: False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A configured host name."""

    subentry_id: str
    name: HostName
    title: str
    """The name of its device: the host name in Unicode, unless the user changed it."""
    managed_records: tuple[ManagedRecord, ...]
    configured_record_keys: frozenset[RecordKey]
    """Those of all its connections together, also of families whose source is off."""
    deletes_records: bool
    """Whether removing the domain deletes the records that Raindrop created."""
    is_paused: bool
    proxied: str
    connection_names: Mapping[ConnectionId, str] = field(hash=False)
    """The names of its connections."""

    @property
    def record_keys(self) -> tuple[RecordKey, ...]:
        """The record keys of the managed records."""
        return tuple(managed.record_key for managed in self.managed_records)


def read_domains(entry: ConfigEntry) -> tuple[Domain, ...]:
    """Return the domains of an entry, without those whose data are malformed or repeat a name."""
    domains: dict[HostName, Domain] = {}
    zone_sources = read_sources(entry.options)
    for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN):
        try:
            domain = read_domain(subentry, zone_sources)
        except ValueError:
            continue
        domains.setdefault(domain.name, domain)
    return tuple(domains.values())


def read_domain(subentry: ConfigSubentry, zone_sources: Mapping[Family, Source]) -> Domain:
    """Return a domain of a zone with these sources. Raises ValueError for malformed data."""
    data = domain_data(subentry)
    connections = read_connections(data[CONF_CONNECTIONS], zone_sources)
    record_keys = read_record_keys(data)
    return Domain(
        subentry_id=subentry.subentry_id,
        name=subentry_host_name(subentry),
        title=subentry.title,
        managed_records=_managed_records(data, record_keys, connections, zone_sources),
        configured_record_keys=frozenset(key.rrset for key in record_keys),
        deletes_records=read_bool(data[CONF_DELETE]),
        is_paused=read_bool(data[CONF_PAUSED]),
        proxied=read_text(data[CONF_PROXIED]),
        connection_names=connections.names,
    )


def unreadable_domains(entry: ConfigEntry, domains: Iterable[Domain]) -> list[ConfigSubentry]:
    """Return the domain subentries of an entry that are none of these domains."""
    readable = {domain.subentry_id for domain in domains}
    subentries = entry.get_subentries_of_type(SUBENTRY_DOMAIN)
    return [subentry for subentry in subentries if subentry.subentry_id not in readable]


def record_keys_of_unreadable(subentry: ConfigSubentry) -> set[RecordKey]:
    """Return the record keys that a domain whose data are malformed may have, of both families.

    None are returned if its name is not known.
    """
    names: set[HostName] = set()
    for stored in (subentry.data.get(CONF_DOMAIN), _name_of_unique_id(subentry.unique_id)):
        with suppress(ValueError):
            names.add(read_host_name(stored))
    return {RecordKey(name, family) for name in names for family in Family}


def configured_record_keys(entry: ConfigEntry, domains: Collection[Domain]) -> set[RecordKey]:
    """Return the record keys of these domains, and those that unreadable ones may have."""
    readable = (domain.configured_record_keys for domain in domains)
    unreadable = map(record_keys_of_unreadable, unreadable_domains(entry, domains))
    return {key for record_keys in (*readable, *unreadable) for key in record_keys}


def zone_id(entry: ConfigEntry) -> ddns.ZoneId:
    """Return the identifier of a zone, which is also the entry's unique id.

    Raises CloudflareNotFoundError if neither has the form of one.
    """
    for stored in (entry.data.get(CONF_ZONE_ID), entry.unique_id):
        with suppress(ValueError):
            return ddns.ZoneId(read_id(stored))
    raise ddns.CloudflareNotFoundError("the stored zone ID is none")


def zone_host_name(entry: ConfigEntry) -> HostName | None:
    """Return the host name of a zone, None if it is not known: the token may not read the zone."""
    try:
        return read_host_name(entry.data.get(CONF_ZONE_NAME))
    except ValueError:
        return None


def zone_name(entry: ConfigEntry) -> str:
    """Return the name of a zone; its id if the name is not known."""
    return zone_host_name(entry) or zone_id(entry)


def zone_config(entry: ConfigEntry, domains: Iterable[Domain]) -> ZoneConfig:
    """Return what an update manages: the records of the domains, and the home's addresses.

    The home's IPv4 address is always detected, the IPv6 address if a record
    or a list needs it. Raises CloudflareNotFoundError if the stored zone id is malformed.
    """
    managed_records = tuple(managed for domain in domains for managed in domain.managed_records)
    families = {Family.IPV4, *(managed.record_key.family for managed in managed_records)}
    families |= resource_families(entry)
    home_sources = [s for family, s in read_sources(entry.options).items() if family in families]
    return ZoneConfig(
        zone_id=zone_id(entry),
        zone_name=zone_host_name(entry),
        home_sources=home_sources,
        managed_records=managed_records,
    )


def read_managed_records(
    data: Mapping[str, Any], zone_sources: Mapping[Family, Source]
) -> tuple[ManagedRecord, ...]:
    """Return the managed records of a domain; a family without a source has none.

    Raises ValueError (InterfaceIdError, HostNameError) for malformed data.
    """
    connections = read_connections(data[CONF_CONNECTIONS], zone_sources)
    return _managed_records(data, read_record_keys(data), connections, zone_sources)


def _managed_records(
    data: Mapping[str, Any],
    record_keys: Iterable[RecordKey],
    connections: Connections,
    zone_sources: Mapping[Family, Source],
) -> tuple[ManagedRecord, ...]:
    sources = {} if connections.listed else _read_domain_sources(data, zone_sources)
    managed_records: list[ManagedRecord] = []
    for key in record_keys:
        of_key = connections.of(key)
        if source := of_key[0].source if of_key else sources.get(key.family):
            managed = ManagedRecord(
                record_key=key,
                source=source,
                policy=_read_policy(data, key.family),
                is_paused=read_bool(data[CONF_PAUSED]),
                text_names=frozenset(HostName(read_text(n)) for n in read_list(data[CONF_TEXTS])),
                connections=() if key.connection else of_key,
                failover=connections.failover,
                up_sensor=of_key[0].up_sensor if key.connection else "",
            )
            managed_records.append(managed)
    return tuple(managed_records)


def read_record_keys(data: Mapping[str, Any]) -> list[RecordKey]:
    """Return the record keys of a domain, with those of families that have no source.

    Raises ValueError for malformed data.
    """
    name = read_host_name(data.get(CONF_DOMAIN))
    families = [read_choice(FAMILIES, key) for key in read_list(data[CONF_FAMILIES])]
    return [
        RecordKey(name, family, connection)
        for family in dict.fromkeys(families)
        for connection in read_record_connections(data[CONF_CONNECTIONS], family)
    ]


def domain_unique_id(name: HostName) -> str:
    """Return the unique id of a domain subentry, prefixed by the kind of the subentry."""
    return f"{SUBENTRY_DOMAIN}:{name}"


def domain_data(subentry: ConfigSubentry) -> dict[str, Any]:
    """Return the data of a domain subentry, with defaults for options it does not have."""
    return {**DOMAIN_DEFAULTS, **subentry.data}


def subentry_host_name(subentry: ConfigSubentry) -> HostName:
    """Return the host name of a domain subentry. Raises ValueError if it is malformed."""
    return read_host_name(subentry.data.get(CONF_DOMAIN))


def host_names(entry: ConfigEntry) -> list[HostName]:
    """Return the host names of the domain subentries of an entry that have one."""
    names: list[HostName] = []
    for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN):
        with suppress(ValueError):
            names.append(subentry_host_name(subentry))
    return names


def _name_of_unique_id(unique_id: str | None) -> str | None:
    kind, _, name = (unique_id or "").partition(":")
    return name if kind == SUBENTRY_DOMAIN else None


def _read_domain_sources(
    data: Mapping[str, Any], zone_sources: Mapping[Family, Source]
) -> Mapping[Family, Source]:
    """Return the domain's own sources, and those of the zone where it has none."""
    sources = {**zone_sources}
    for key, stored in read_mapping(data[CONF_SOURCES]).items():
        family = read_choice(FAMILIES, key)
        sources.pop(family, None)
        sources |= {source.family: source for source in read_source_list(stored, family)[:1]}
    return sources


def _read_policy(data: Mapping[str, Any], family: Family) -> Policy:
    record_id = read_mapping(data[CONF_RECORDS]).get(family.key)
    return Policy(
        create=read_bool(data[CONF_CREATE]),
        proxied=read_choice(PROXIED, data[CONF_PROXIED]),
        ttl_s=_read_ttl(data),
        record_id=ddns.RecordId(read_id(record_id)) if record_id is not None else None,
        take_over=frozenset(
            ddns.RecordVersion(read_text(v)) for v in read_list(data[CONF_TAKE_OVER])
        ),
        interface_id=_read_interface_id(data) if family is Family.IPV6 else None,
    )


def _read_ttl(data: Mapping[str, Any]) -> int | None:
    if data[CONF_TTL] == SECONDS:
        return read_int(data[CONF_TTL_S], ddns.MIN_TTL_S, ddns.MAX_TTL_S)
    return read_choice({KEEP: None, AUTO: ddns.TTL_AUTO}, data[CONF_TTL])


def _read_interface_id(data: Mapping[str, Any]) -> ddns.InterfaceId | None:
    prefix_length = read_int(data[CONF_PREFIX_LENGTH], ddns.MIN_PREFIX, ddns.MAX_PREFIX)
    return ddns.parse_interface_id(read_text(data[CONF_INTERFACE_ID]), prefix_length)
