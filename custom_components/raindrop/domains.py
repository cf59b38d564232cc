"""The domains of an entry: what its subentries say, in the words of the core."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry, ConfigSubentryData
from homeassistant.const import CONF_DOMAIN

from .const import (
    CONF_CREATE,
    CONF_DELETE,
    CONF_FAMILIES,
    CONF_HOST_PART,
    CONF_PREFIX_LENGTH,
    CONF_PROXIED,
    CONF_RECORDS,
    CONF_SOURCES,
    CONF_TTL,
    CONF_TTL_S,
    LOGGER,
    SUBENTRY_DOMAIN,
)
from .ddns.host_part import read_host_part
from .ddns.model import TTL_AUTO, Family, HostName, Policy, RecordId, Slot, Source, Target
from .source_options import FAMILIES, read_source, read_sources

KEEP, ON, OFF, AUTO, SECONDS = "keep", "on", "off", "auto", "seconds"
PROXIED = {KEEP: None, ON: True, OFF: False}
DEFAULTS: Mapping[str, Any] = {
    CONF_FAMILIES: [Family.IPV4.label.lower()],
    CONF_CREATE: True,
    CONF_PROXIED: KEEP,
    CONF_TTL: KEEP,
    CONF_TTL_S: 300,
    CONF_HOST_PART: "",
    CONF_PREFIX_LENGTH: 64,
    CONF_DELETE: False,
    CONF_RECORDS: {},
    CONF_SOURCES: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A host name that the user wants kept."""

    subentry_id: str
    name: HostName
    title: str
    """What the user calls it; by default the name as people read it."""
    targets: tuple[Target, ...]
    places: frozenset[Slot]
    """Those of its targets, and those that have no source for now."""
    deletes_records: bool
    """Whether removing it also deletes the records that Raindrop created."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The places for its addresses."""
        return tuple(target.slot for target in self.targets)


def domains(entry: ConfigEntry) -> tuple[Domain, ...]:
    """Return the domains of an entry; one that cannot be read does not stop the others."""
    found: list[Domain] = []
    sources = read_sources(entry.options)
    for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN):
        try:
            found.append(_domain(subentry, sources))
        except KeyError, TypeError, ValueError:
            LOGGER.exception("The domain %s cannot be read: remove it", subentry.title)
    return tuple(found)


def places(entry: ConfigEntry, readable: Collection[Domain]) -> set[Slot]:
    """Return the slots that the domains of an entry may hold.

    All of a domain that cannot be read: its records must not be taken for
    those of one that the user removed.
    """
    ids = {domain.subentry_id for domain in readable}
    unreadable = [
        HostName(str(subentry.unique_id))
        for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN)
        if subentry.subentry_id not in ids
    ]
    return {
        *(slot for domain in readable for slot in domain.places),
        *(Slot(name, family) for name in unreadable for family in Family),
    }


def domain_subentry(name: HostName, title: str) -> ConfigSubentryData:
    """Return the subentry that the first form makes.

    The name is stored in Punycode; the title is what people see, and may be
    changed by them.
    """
    return ConfigSubentryData(
        subentry_type=SUBENTRY_DOMAIN,
        data={CONF_DOMAIN: name, **DEFAULTS},
        title=title,
        unique_id=name,
    )


def read_targets(data: Mapping[str, Any], sources: Mapping[Family, Source]) -> tuple[Target, ...]:
    """Return the slots of a domain, their sources and their policies.

    A family without a source, in the domain or in ``sources``, those of the
    zone, is not kept. Raises KeyError, TypeError and ValueError (HostPartError)
    for data that no form lets through.
    """
    own = {
        FAMILIES[label]: source
        for label, choice in data[CONF_SOURCES].items()
        if (source := read_source(choice, FAMILIES[label]))
    }
    chosen = {**sources, **own}
    return tuple(
        Target(slot=slot, source=chosen[slot.family], policy=_policy(data, slot.family))
        for slot in _places(data)
        if slot.family in chosen
    )


def _domain(subentry: ConfigSubentry, sources: Mapping[Family, Source]) -> Domain:
    """Return the domain that a subentry holds."""
    data = {**DEFAULTS, **subentry.data}
    return Domain(
        subentry_id=subentry.subentry_id,
        name=HostName(data[CONF_DOMAIN]),
        title=subentry.title,
        targets=read_targets(data, sources),
        places=frozenset(_places(data)),
        deletes_records=data[CONF_DELETE],
    )


def _places(data: Mapping[str, Any]) -> list[Slot]:
    """Return the slots of a domain, whether or not they have a source."""
    return [Slot(HostName(data[CONF_DOMAIN]), FAMILIES[label]) for label in data[CONF_FAMILIES]]


def _policy(data: Mapping[str, Any], family: Family) -> Policy:
    """Return what may be done to the record of one family."""
    record_id = data[CONF_RECORDS].get(family.label.lower())
    return Policy(
        create=data[CONF_CREATE],
        proxied=PROXIED[data[CONF_PROXIED]],
        ttl_s={KEEP: None, AUTO: TTL_AUTO, SECONDS: int(data[CONF_TTL_S])}[data[CONF_TTL]],
        record_id=RecordId(record_id) if record_id else None,
        host_part=read_host_part(data[CONF_HOST_PART], int(data[CONF_PREFIX_LENGTH]))
        if family is Family.IPV6
        else None,
    )
