"""Convert what the subentries of resources store to the library's values.

The data of such a subentry are ``RESOURCE_DEFAULTS``, the account and the resource. All
of it may have been edited by hand: one that cannot be read stops no other.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant

from .. import ddns
from ..const import DOMAIN
from ..ddns import AccountId, Family, ResourceConfig, ResourceId, ResourceKind
from ..storage.sources import FAMILIES, read_sources
from ..storage.values import read_bool, read_choice, read_id, read_list, read_resource_id, read_text

CONF_ACCOUNT_ID: Final = "account_id"
CONF_ADOPTED: Final = "adopted"
CONF_ALLOWS_SHARED: Final = "allows_shared"
CONF_DELETE_ITEMS: Final = "delete_items"
CONF_FAMILIES: Final = "families"
CONF_IPV6: Final = "ipv6_entry"
CONF_RESOURCE_ID: Final = "resource_id"

PREFIX_LENGTHS = {"network": ddns.IPV6_NETWORK, "host": ddns.IPV6_HOST}
"""The stored values of what is listed for IPv6."""

RESOURCE_DEFAULTS: Mapping[str, Any] = {
    CONF_FAMILIES: [Family.IPV4.key],
    CONF_IPV6: "network",
    CONF_ADOPTED: [],
    CONF_ALLOWS_SHARED: False,
    CONF_DELETE_ITEMS: False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedResource:
    """A configured resource."""

    subentry_id: str
    title: str
    """The name of its device: the name of the resource, unless the user changed it."""
    config: ResourceConfig
    deletes_items: bool
    """Whether removing it deletes the items that Raindrop added."""

    @property
    def id(self) -> ResourceId:
        """The identifier of the resource at Cloudflare."""
        return self.config.resource_id

    @property
    def kind(self) -> ResourceKind:
        """The kind of the resource."""
        return self.config.kind


def resource_unique_id(kind: ResourceKind, resource_id: str) -> str:
    """Return the unique id of a subentry, prefixed by its kind."""
    return f"{kind}:{resource_id}"


def is_resource_configured(hass: HomeAssistant, kind: ResourceKind, resource_id: str) -> bool:
    """Return whether any zone has the resource: this home has one item for each address there."""
    return any(
        subentry.unique_id == resource_unique_id(kind, resource_id)
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(kind)
    )


def read_managed_resources(entry: ConfigEntry) -> tuple[ManagedResource, ...]:
    """Return the resources of an entry, without those that are malformed or repeat another."""
    resources: dict[ResourceId, ManagedResource] = {}
    for subentry in _subentries(entry):
        with suppress(ValueError):
            managed = read_managed_resource(entry, subentry)
            resources.setdefault(managed.id, managed)
    return tuple(resources.values())


def read_managed_resource(entry: ConfigEntry, subentry: ConfigSubentry) -> ManagedResource:
    """Return a resource of an entry. Raises ValueError for malformed data."""
    data = {**RESOURCE_DEFAULTS, **subentry.data}
    return ManagedResource(
        subentry_id=subentry.subentry_id,
        title=subentry.title,
        config=read_resource_config(entry, ResourceKind(subentry.subentry_type), data),
        deletes_items=read_bool(data[CONF_DELETE_ITEMS]),
    )


def read_resource_config(
    entry: ConfigEntry, kind: ResourceKind, data: Mapping[str, Any]
) -> ResourceConfig:
    """Return what is managed in a resource. Raises ValueError for malformed data."""
    sources = read_sources(entry.options)
    families = [read_choice(FAMILIES, key) for key in read_list(data[CONF_FAMILIES])]
    return ResourceConfig(
        kind=kind,
        account_id=AccountId(read_id(data.get(CONF_ACCOUNT_ID))),
        resource_id=read_resource_id(data.get(CONF_RESOURCE_ID)),
        sources={family: sources[family] for family in families if family in sources},
        ipv6_prefix_length=read_choice(PREFIX_LENGTHS, data[CONF_IPV6]),
        adopted=frozenset(ddns.ItemId(read_text(item)) for item in read_list(data[CONF_ADOPTED])),
        allows_shared=read_bool(data[CONF_ALLOWS_SHARED]),
    )


def unreadable_resources(entry: ConfigEntry) -> list[ConfigSubentry]:
    """Return the subentries of resources whose data are malformed."""
    readable = {managed.subentry_id for managed in read_managed_resources(entry)}
    return [one for one in _subentries(entry) if one.subentry_id not in readable]


def resource_families(entry: ConfigEntry) -> set[Family]:
    """Return the families of the addresses that resources need."""
    return {
        family for managed in read_managed_resources(entry) for family in managed.config.sources
    }


def _subentries(entry: ConfigEntry) -> list[ConfigSubentry]:
    return [one for kind in ResourceKind for one in entry.get_subentries_of_type(kind)]
