"""The domains of an entry, as its subentries hold them."""

from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.const import CONF_NAME

from .const import CONF_CREATE, CONF_FAMILIES, SUBENTRY_DOMAIN
from .ddns.model import Family, HostName, Policy, Slot, Target

_FAMILIES = {family.label.lower(): family for family in Family}


def domain_subentry(name: HostName, title: str) -> ConfigSubentryData:
    """Return the subentry of a domain's IPv4 address.

    The name is stored in Punycode; the title is what people see, and may be
    changed by them.
    """
    return ConfigSubentryData(
        subentry_type=SUBENTRY_DOMAIN,
        data={
            CONF_NAME: name,
            CONF_FAMILIES: [Family.IPV4.label.lower()],
            CONF_CREATE: True,
        },
        title=title,
        unique_id=name,
    )


def host_names(entry: ConfigEntry) -> list[HostName]:
    """Return the names of an entry's domains."""
    return [
        HostName(subentry.data[CONF_NAME])
        for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN)
    ]


def targets(entry: ConfigEntry) -> tuple[Target, ...]:
    """Return the slots that an entry keeps."""
    return tuple(
        Target(
            slot=Slot(HostName(subentry.data[CONF_NAME]), _FAMILIES[label]),
            policy=Policy(create=subentry.data[CONF_CREATE]),
        )
        for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN)
        for label in subentry.data[CONF_FAMILIES]
    )
