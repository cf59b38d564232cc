"""Convert what config entries and subentries store to the library's values and back.

``entry.options`` is ``{"sources": {"ipv4": [source, ...], "ipv6": [...]}}``: a
family has a list of sources, and an empty list turns it off. Today's forms
store one source in it. A source is a flat dict whose ``source`` names its kind.

The data of a domain subentry are ``DOMAIN_DEFAULTS`` and the host name. In its
``sources``, a family that follows the zone is absent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import os
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry, ConfigSubentryData
from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from . import ddns
from .const import CONF_IS_PAID, CONF_KEY, CONF_ZONE_ID, CONF_ZONE_NAME, LOGGER, SUBENTRY_DOMAIN
from .ddns import Family, HostName, ManagedRecord, Policy, RecordKey, Source, SourceKind, ZoneConfig

BASE_URL_VARIABLE = "CLOUDFLARE_BASE_URL"
"""The environment variable that Cloudflare's SDKs read.

https://github.com/cloudflare/cloudflare-python
"""
FAMILIES = {family.key: family for family in Family}
"""The families by their key in stored data."""

CONF_CREATE: Final = "create"
CONF_DELETE: Final = "delete"
CONF_ENTITY: Final = "entity"
CONF_FAMILIES: Final = "families"
CONF_INTERFACE_ID: Final = "interface_id"
CONF_IS_DEFAULT_ROUTE: Final = "is_default_route"
CONF_PAUSED: Final = "paused"
CONF_PREFIX_LENGTH: Final = "prefix_length"
CONF_PROXIED: Final = "proxied"
CONF_RECORDS: Final = "records"
CONF_SOURCE: Final = "source"
CONF_SOURCES: Final = "sources"
CONF_TTL: Final = "ttl"
CONF_TTL_S: Final = "ttl_s"
CONF_URLS: Final = "urls"

KEEP, ON, OFF, AUTO, SECONDS = "keep", "on", "off", "auto", "seconds"
PROXIED = {KEEP: None, ON: True, OFF: False}
"""The stored values of the proxied policy."""

DEFAULT_OPTIONS: Mapping[str, Any] = {
    CONF_SOURCES: {key: [{CONF_SOURCE: SourceKind.AUTOMATIC.value}] for key in FAMILIES}
}
DOMAIN_DEFAULTS: Mapping[str, Any] = {
    CONF_FAMILIES: [Family.IPV4.key],
    CONF_CREATE: True,
    CONF_PROXIED: KEEP,
    CONF_TTL: KEEP,
    CONF_TTL_S: 300,
    CONF_INTERFACE_ID: "",
    CONF_PREFIX_LENGTH: 64,
    CONF_DELETE: False,
    CONF_RECORDS: {},
    CONF_SOURCES: {},
    # Reserved: stored and kept, but not used yet.
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
    """Those of the managed records, and of families whose source is off."""
    deletes_records: bool
    """Whether removing the domain deletes the records that Raindrop created."""

    @property
    def record_keys(self) -> tuple[RecordKey, ...]:
        """The record keys of the managed records."""
        return tuple(managed.record_key for managed in self.managed_records)


def credential_data(form: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the credential of a form as entry data, stripped of pasted text around it.

    Raises CloudflareAuthError if it is malformed.
    """
    credential = ddns.read_credential(form.get(CONF_EMAIL), form[CONF_KEY])
    if isinstance(credential, ddns.ApiToken):
        return {CONF_EMAIL: None, CONF_KEY: credential.token}
    return {CONF_EMAIL: credential.email, CONF_KEY: credential.key}


@callback
def async_get_client(hass: HomeAssistant, data: Mapping[str, Any]) -> ddns.CloudflareClient:
    """Return the API client for the data of an entry or of a form.

    Raises CloudflareAuthError if the credential is malformed, BaseUrlError if
    the environment names a URL to which it must not be sent, and
    CloudflareConnectionError while no HTTP session can be created.
    """
    try:
        session = async_get_clientsession(hass)
    except Exception as err:
        name = type(err).__name__
        raise ddns.CloudflareConnectionError(f"Cloudflare was not reached ({name})") from err
    return ddns.CloudflareClient(
        session,
        ddns.read_credential(data.get(CONF_EMAIL), data[CONF_KEY]),
        max_batch=ddns.MAX_BATCH_PAID if data.get(CONF_IS_PAID) else ddns.MAX_BATCH,
        base_url=ddns.check_base_url(os.environ.get(BASE_URL_VARIABLE) or ddns.BASE_URL),
    )


def read_sources(options: Mapping[str, Any]) -> dict[Family, Source]:
    """Return the source of each family of a zone that is not off.

    Raises KeyError, TypeError or ValueError for malformed options.
    """
    return {
        family: sources[0]
        for key, family in FAMILIES.items()
        if (sources := read_source_list(options[CONF_SOURCES][key], family))
    }


def read_source_list(stored: Iterable[Mapping[str, Any]], family: Family) -> tuple[Source, ...]:
    """Return the stored sources of one family.

    Raises KeyError, TypeError or ValueError for malformed data.
    """
    return tuple(_read_source(source, family) for source in stored)


def source_data(source: Source) -> dict[str, Any]:
    """Return a source as it is stored."""
    data: dict[str, Any] = {CONF_SOURCE: source.kind.value}
    if source.kind is SourceKind.ENTITY:
        data |= {CONF_ENTITY: source.entity, CONF_IS_DEFAULT_ROUTE: source.is_default_route}
    elif source.kind is SourceKind.URLS:
        data[CONF_URLS] = [*source.urls]
    return data


def _read_source(data: Mapping[str, Any], family: Family) -> Source:
    kind = SourceKind(data[CONF_SOURCE])
    if kind is SourceKind.ENTITY:
        is_default_route = data[CONF_IS_DEFAULT_ROUTE]
        return Source(family, kind, entity=data[CONF_ENTITY], is_default_route=is_default_route)
    if kind is SourceKind.URLS:
        return Source(family, kind, urls=tuple(data[CONF_URLS]))
    return Source(family, kind)


def read_domains(entry: ConfigEntry) -> tuple[Domain, ...]:
    """Return the domains of an entry, without those whose data are malformed."""
    domains: list[Domain] = []
    zone_sources = read_sources(entry.options)
    for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN):
        try:
            domains.append(_read_domain(subentry, zone_sources))
        except KeyError, TypeError, ValueError:
            LOGGER.exception("The domain %s cannot be read: remove it", subentry.title)
    return tuple(domains)


def configured_record_keys(entry: ConfigEntry, domains: Iterable[Domain]) -> set[RecordKey]:
    """Return all record keys that the domain subentries of an entry may manage.

    A domain whose data are malformed counts with both families. Otherwise its
    records would be deleted like those of a removed domain.
    """
    readable = {domain.subentry_id: domain for domain in domains}
    record_keys: set[RecordKey] = set()
    for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN):
        if domain := readable.get(subentry.subentry_id):
            record_keys |= domain.configured_record_keys
        elif CONF_DOMAIN in subentry.data:
            record_keys |= {RecordKey(subentry_host_name(subentry), family) for family in Family}
    return record_keys


def zone_name(entry: ConfigEntry) -> str:
    """Return the name of a zone; its id if the token may not read the zone."""
    return str(entry.data[CONF_ZONE_NAME] or entry.data[CONF_ZONE_ID])


def zone_config(entry: ConfigEntry, domains: Iterable[Domain]) -> ZoneConfig:
    """Return what an update manages: the records of the domains, and the home's addresses.

    The home's IPv4 address is always detected, the IPv6 address if a record needs it.
    """
    managed_records = tuple(managed for domain in domains for managed in domain.managed_records)
    families = {Family.IPV4, *(managed.record_key.family for managed in managed_records)}
    home_sources = [s for family, s in read_sources(entry.options).items() if family in families]
    zone_id = ddns.ZoneId(entry.data[CONF_ZONE_ID])
    return ZoneConfig(zone_id=zone_id, home_sources=home_sources, managed_records=managed_records)


def read_managed_records(
    data: Mapping[str, Any], zone_sources: Mapping[Family, Source]
) -> tuple[ManagedRecord, ...]:
    """Return the managed records of a domain; a family without a source has none.

    Raises KeyError, TypeError or ValueError (InterfaceIdError) for malformed data.
    """
    sources = {**zone_sources}
    for key, stored in data[CONF_SOURCES].items():
        sources.pop(FAMILIES[key], None)
        sources |= {source.family: source for source in read_source_list(stored, FAMILIES[key])[:1]}
    return tuple(
        ManagedRecord(record_key=key, source=source, policy=_read_policy(data, key.family))
        for key in read_record_keys(data)
        if (source := sources.get(key.family))
    )


def read_record_keys(data: Mapping[str, Any]) -> list[RecordKey]:
    """Return the record keys of a domain, with those of families that have no source."""
    return [RecordKey(HostName(data[CONF_DOMAIN]), FAMILIES[key]) for key in data[CONF_FAMILIES]]


def new_domain_subentry(name: HostName) -> ConfigSubentryData:
    """Return the subentry of a host name with the default policies."""
    return ConfigSubentryData(
        subentry_type=SUBENTRY_DOMAIN,
        data={CONF_DOMAIN: name, **DOMAIN_DEFAULTS},
        title=ddns.to_unicode(name),
        unique_id=domain_unique_id(name),
    )


def domain_unique_id(name: HostName) -> str:
    """Return the unique id of a domain subentry, prefixed by the kind of the subentry."""
    return f"{SUBENTRY_DOMAIN}:{name}"


def domain_data(subentry: ConfigSubentry) -> dict[str, Any]:
    """Return the data of a domain subentry, with defaults for options it does not have."""
    return {**DOMAIN_DEFAULTS, **subentry.data}


def subentry_host_name(subentry: ConfigSubentry) -> HostName:
    """Return the host name of a domain subentry."""
    return HostName(subentry.data[CONF_DOMAIN])


def host_names(entry: ConfigEntry) -> list[HostName]:
    """Return the host names of the domain subentries of an entry."""
    subentries = entry.get_subentries_of_type(SUBENTRY_DOMAIN)
    return [subentry_host_name(s) for s in subentries if CONF_DOMAIN in s.data]


def _read_domain(subentry: ConfigSubentry, zone_sources: Mapping[Family, Source]) -> Domain:
    data = domain_data(subentry)
    return Domain(
        subentry_id=subentry.subentry_id,
        name=subentry_host_name(subentry),
        title=subentry.title,
        managed_records=read_managed_records(data, zone_sources),
        configured_record_keys=frozenset(read_record_keys(data)),
        deletes_records=data[CONF_DELETE],
    )


def _read_policy(data: Mapping[str, Any], family: Family) -> Policy:
    record_id = data[CONF_RECORDS].get(family.key)
    return Policy(
        create=data[CONF_CREATE],
        proxied=PROXIED[data[CONF_PROXIED]],
        ttl_s={KEEP: None, AUTO: ddns.TTL_AUTO, SECONDS: int(data[CONF_TTL_S])}[data[CONF_TTL]],
        record_id=ddns.RecordId(record_id) if record_id else None,
        interface_id=ddns.parse_interface_id(data[CONF_INTERFACE_ID], int(data[CONF_PREFIX_LENGTH]))
        if family is Family.IPV6
        else None,
    )
