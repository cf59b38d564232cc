"""Convert what the subentries of IP lists store to the library's values.

The data of such a subentry are ``LIST_DEFAULTS``, the account and the list. All
of it may have been edited by hand: a list that cannot be read stops no other.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant

from . import ddns
from .const import DOMAIN, SUBENTRY_IP_LIST
from .ddns import AccountId, Family, ListConfig, ListId, Network
from .stored_sources import FAMILIES, read_sources
from .stored_values import read_bool, read_choice, read_id, read_list

CONF_ACCOUNT_ID: Final = "account_id"
CONF_ADOPTED: Final = "adopted"
CONF_ALLOWS_SHARED: Final = "allows_shared"
CONF_DELETE_ITEMS: Final = "delete_items"
CONF_FAMILIES: Final = "families"
CONF_IPV6: Final = "ipv6_entry"
CONF_LIST_ID: Final = "list_id"

PREFIX_LENGTHS = {"network": ddns.IPV6_NETWORK, "host": ddns.IPV6_HOST}
"""The stored values of what is listed for IPv6."""

LIST_DEFAULTS: Mapping[str, Any] = {
    CONF_FAMILIES: [Family.IPV4.key],
    CONF_IPV6: "network",
    CONF_ADOPTED: [],
    CONF_ALLOWS_SHARED: False,
    CONF_DELETE_ITEMS: False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedList:
    """A configured IP list."""

    subentry_id: str
    title: str
    """The name of its device: the name of the list, unless the user changed it."""
    config: ListConfig
    deletes_items: bool
    """Whether removing it deletes the items that Raindrop added."""

    @property
    def id(self) -> ListId:
        """The identifier of the list at Cloudflare."""
        return self.config.list_id


def list_unique_id(list_id: str) -> str:
    """Return the unique id of a subentry, prefixed by its kind."""
    return f"{SUBENTRY_IP_LIST}:{list_id}"


def is_list_configured(hass: HomeAssistant, list_id: str) -> bool:
    """Return whether any zone has the list: this home has one item for each address there."""
    return any(
        subentry.unique_id == list_unique_id(list_id)
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_IP_LIST)
    )


def read_managed_lists(entry: ConfigEntry) -> tuple[ManagedList, ...]:
    """Return the lists of an entry, without those whose data are malformed or repeat a list."""
    lists: dict[ListId, ManagedList] = {}
    for subentry in entry.get_subentries_of_type(SUBENTRY_IP_LIST):
        with suppress(ValueError):
            managed = read_managed_list(entry, subentry)
            lists.setdefault(managed.id, managed)
    return tuple(lists.values())


def read_managed_list(entry: ConfigEntry, subentry: ConfigSubentry) -> ManagedList:
    """Return a list of an entry. Raises ValueError for malformed data."""
    data = {**LIST_DEFAULTS, **subentry.data}
    return ManagedList(
        subentry_id=subentry.subentry_id,
        title=subentry.title,
        config=read_list_config(entry, data),
        deletes_items=read_bool(data[CONF_DELETE_ITEMS]),
    )


def read_list_config(entry: ConfigEntry, data: Mapping[str, Any]) -> ListConfig:
    """Return what is managed in a list. Raises ValueError for malformed data."""
    sources = read_sources(entry.options)
    families = [read_choice(FAMILIES, key) for key in read_list(data[CONF_FAMILIES])]
    return ListConfig(
        account_id=AccountId(read_id(data.get(CONF_ACCOUNT_ID))),
        list_id=ListId(read_id(data.get(CONF_LIST_ID))),
        sources={family: sources[family] for family in families if family in sources},
        ipv6_prefix_length=read_choice(PREFIX_LENGTHS, data[CONF_IPV6]),
        adopted=frozenset(ddns.ItemId(read_id(item)) for item in read_list(data[CONF_ADOPTED])),
        allows_shared=read_bool(data[CONF_ALLOWS_SHARED]),
    )


def unreadable_lists(entry: ConfigEntry) -> list[ConfigSubentry]:
    """Return the subentries of lists whose data are malformed."""
    readable = {managed.subentry_id for managed in read_managed_lists(entry)}
    subentries = entry.get_subentries_of_type(SUBENTRY_IP_LIST)
    return [subentry for subentry in subentries if subentry.subentry_id not in readable]


def list_families(entry: ConfigEntry) -> set[Family]:
    """Return the families of the addresses that lists need."""
    return {family for managed in read_managed_lists(entry) for family in managed.config.sources}


def network_text(network: Network) -> str:
    """Return a network as lists show it: a single address without the length of its prefix."""
    return str(network).removesuffix(f"/{network.max_prefixlen}")
