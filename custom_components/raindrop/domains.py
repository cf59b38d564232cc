"""The domains of an entry: what its subentries say, in the words of the core."""

from collections.abc import Mapping
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
    CONF_TTL,
    CONF_TTL_S,
    LOGGER,
    SUBENTRY_DOMAIN,
)
from .ddns.host_part import read_host_part
from .ddns.model import TTL_AUTO, Family, HostName, Policy, RecordId, Slot, Target

FAMILIES = {family.label.lower(): family for family in Family}
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
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A host name that the user wants kept."""

    subentry_id: str
    name: HostName
    title: str
    """What the user calls it; by default the name as people read it."""
    targets: tuple[Target, ...]
    deletes_records: bool
    """Whether removing it also deletes the records that Raindrop created."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The places for its addresses."""
        return tuple(target.slot for target in self.targets)


def domains(entry: ConfigEntry) -> tuple[Domain, ...]:
    """Return the domains of an entry; one that cannot be read does not stop the others."""
    found: list[Domain] = []
    for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN):
        try:
            found.append(_domain(subentry))
        except KeyError, TypeError, ValueError:
            LOGGER.exception("The domain %s cannot be read: remove it", subentry.title)
    return tuple(found)


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


def read_targets(data: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return the slots of a domain and their policies.

    Raises HostPartError and ValueError for data that no form lets through.
    """
    return tuple(
        Target(
            slot=Slot(HostName(data[CONF_DOMAIN]), FAMILIES[label]),
            policy=_policy(data, label),
        )
        for label in data[CONF_FAMILIES]
    )


def _domain(subentry: ConfigSubentry) -> Domain:
    """Return the domain that a subentry holds."""
    data = {**DEFAULTS, **subentry.data}
    return Domain(
        subentry_id=subentry.subentry_id,
        name=HostName(data[CONF_DOMAIN]),
        title=subentry.title,
        targets=read_targets(data),
        deletes_records=data[CONF_DELETE],
    )


def _policy(data: Mapping[str, Any], label: str) -> Policy:
    """Return what may be done to the record of one family."""
    record_id = data[CONF_RECORDS].get(label)
    is_ipv6 = FAMILIES[label] is Family.IPV6
    return Policy(
        create=data[CONF_CREATE],
        proxied=PROXIED[data[CONF_PROXIED]],
        ttl_s={KEEP: None, AUTO: TTL_AUTO, SECONDS: int(data[CONF_TTL_S])}[data[CONF_TTL]],
        record_id=RecordId(record_id) if record_id else None,
        host_part=read_host_part(data[CONF_HOST_PART], int(data[CONF_PREFIX_LENGTH]))
        if is_ipv6
        else None,
    )
