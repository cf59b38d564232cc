"""The lists and the DNS location of the account, which others change as well."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from simulator import Simulator
from simulator.cloudflare import RefusedError
from simulator.cloudflare.dns_locations import Location
from simulator.cloudflare.ip_lists import ItemList
from simulator.cloudflare.zero_trust_lists import ZeroTrustList

from .constants import (
    CONNECTIONS,
    DNS_LOCATION,
    EXIT_ADDRESSES,
    IP_LIST,
    LATE_ADDRESSES,
    LISTS,
    OTHER_HOME_ADDRESSES,
    ZERO_TRUST_LIST,
    family_of,
)
from .integration import OTHER_HOME_COMMENT, OWNER_COMMENT
from .resource_model import network_of
from .scenario import Operation

OTHER_NETWORKS = tuple(f"198.51.100.{last}/32" for last in range(1, 9))
"""What others put into lists and the location."""
_HOME_ADDRESSES = frozenset(
    network_of(address)
    for by_family in (*CONNECTIONS.values(), *LATE_ADDRESSES.values())
    for addresses in by_family.values()
    for address in (*addresses, *EXIT_ADDRESSES.values())
)
"""The addresses that this home may have, or may be taken for its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One address that a resource holds."""

    network: str
    comment: str | None = None
    """A network of a location has none."""


class Account:
    """The account as others see and change it: the user, other clients, and another home."""

    def __init__(self, simulator: Simulator) -> None:
        """Add one resource of each kind, with the items of others."""
        cloudflare = simulator.cloudflare
        self.lists = cloudflare.lists
        self.zero_trust_lists = cloudflare.zero_trust_lists
        self.locations = cloudflare.locations
        self.lists.accepts_ipv6_hosts = True
        self.ip_list = self.lists.add("trusted")
        self.zero_trust_list = self.zero_trust_lists.add("Homes")
        self.location = self.locations.add(
            "Kids",
            OTHER_NETWORKS[:2],
            ecs_support=True,
            max_ttl={"mode": "override", "ttl_secs": 60},
        )
        for kind in LISTS:
            self._add(kind, OTHER_NETWORKS[0], "office")
        self.edited_in_step: set[str] = set()
        """The kinds of the resources that others changed in this step."""
        self.ever_edited: set[str] = set()
        self.left_networks: set[str] = set()
        """Addresses of this home that others put back into the location, or that were left there.

        Whose they are is not known: they may stay.
        """
        self.replaced_networks: list[str] | None = None
        """The networks of the location before this home's last write."""
        self.note_edit: Callable[[], None] = lambda: None
        """Called after each edit."""
        self._number = 0
        self.operations: dict[str, Operation] = {
            "edit_resource": self.edit_resource,
            "set_operations": self.set_operations,
            "set_address_taken": self.set_address_taken,
            "set_resource_exists": self.set_resource_exists,
        }

    def ids(self, kind: str) -> tuple[str, str]:
        """Return the ids of the account and of a resource."""
        resource = self._resource(kind)
        return resource.account.id, resource.id

    def items(self, kind: str) -> list[Item]:
        """Return what a resource holds."""
        if kind == DNS_LOCATION:
            return [Item(network=n) for n in self.locations.networks(self.location)]
        if kind == IP_LIST:
            found = self.lists.items(self.ip_list)
            return [item_of(item["ip"], item.get("comment")) for item in found]
        return [item_of(item.value, item.description) for item in self.zero_trust_list.items]

    def own(self, kind: str) -> list[str]:
        """Return what a resource holds for this home, or did."""
        return [item.network for item in self.items(kind) if is_own(kind, item)]

    def foreign(self, kind: str) -> list[Item]:
        """Return what a resource holds for others."""
        return [item for item in self.items(kind) if not is_own(kind, item)]

    def settings(self) -> dict[str, Any]:
        """Return the settings of the location, without its networks."""
        return {key: v for key, v in self.location.settings.items() if key != "networks"}

    # Operations

    async def edit_resource(self, kind: str, edit: str, value: str) -> None:
        """Make one edit, unless Cloudflare refuses it; operations under way end before it."""
        self.lists.finish()
        with self._external_change(kind), suppress(RefusedError):
            match edit:
                case "add":
                    self._add(kind, network_of(value), None)
                case "delete":
                    self._delete(kind, lambda item: not is_own(kind, item))
                case "delete_own":
                    self._delete(kind, lambda item: is_own(kind, item))
                case "other_home":
                    self._move_other_home(kind, network_of(value))
                case "undo" if kind == DNS_LOCATION:
                    self._undo()
                case "edit_settings" if kind == DNS_LOCATION:
                    self._number += 1
                    self.locations.edit(self.location, name=f"Kids {self._number}")

    async def set_operations(self, steps: int, failure: str | None, pending: int) -> None:
        """Let operations on IP lists take so many requests, or fail; begin one of somebody else."""
        self.lists.steps, self.lists.failure = pending, None
        if pending:
            with suppress(RefusedError):
                self.lists.append(self.ip_list, [])
        self.lists.steps, self.lists.failure = steps, failure

    async def set_address_taken(self, address: str | None) -> None:
        """Let somebody else behind the same address have it in a location, or nobody."""
        self.locations.taken = {address} if address else set()

    async def set_resource_exists(self, kind: str, exists: bool) -> None:  # noqa: FBT001
        """Remove a resource from the account, or restore it unchanged."""
        resource = self._resource(kind)
        by_kind: Mapping[str, dict[str, Any]] = {
            IP_LIST: self.lists._lists,
            ZERO_TRUST_LIST: self.zero_trust_lists._lists,
            DNS_LOCATION: self.locations._locations,
        }
        if exists:
            by_kind[kind][resource.id] = resource
        else:
            by_kind[kind].pop(resource.id, None)
        self.ever_edited.add(kind)

    async def end_faults(self) -> None:
        """End all that keeps this home from changing its items."""
        self.lists.finish()
        await self.set_operations(1, None, 0)
        await self.set_address_taken(None)
        for kind in (*LISTS, DNS_LOCATION):
            await self.set_resource_exists(kind, exists=True)

    # Edits

    def _add(self, kind: str, network: str, comment: str | None) -> None:
        """Add an item; a location has each network once, and no overlapping ones."""
        if kind == IP_LIST:
            self.lists.add_item(self.ip_list, network, comment)
        elif kind == ZERO_TRUST_LIST:
            self.zero_trust_lists.add_item(self.zero_trust_list, network, comment)
        elif family_of(network) == 4:
            networks = self.locations.networks(self.location)
            self._set_networks([*networks, network])

    def _delete(self, kind: str, is_meant: Callable[[Item], bool]) -> None:
        """Delete the first item that is meant."""
        for number, item in enumerate(self.items(kind)):
            if not is_meant(item):
                continue
            if kind == IP_LIST:
                self.lists.delete_item(self.ip_list, [*self.ip_list.items][number])
            elif kind == ZERO_TRUST_LIST:
                del self.zero_trust_list.items[number]
            else:
                networks = self.locations.networks(self.location)
                self._set_networks(networks[:number] + networks[number + 1 :])
            return

    def _move_other_home(self, kind: str, network: str) -> None:
        """Let another home replace its own item, or add one."""
        others = {network_of(a) for of in OTHER_HOME_ADDRESSES.values() for a in of}
        self._add(kind, network, OTHER_HOME_COMMENT)
        self._delete(
            kind,
            lambda item: (
                item.network != network
                and (item.network in others or item.comment == OTHER_HOME_COMMENT)
            ),
        )

    def _undo(self) -> None:
        """Write the networks of the location as they were before this home's last write."""
        if self.replaced_networks is not None:
            foreign = [item.network for item in self.foreign(DNS_LOCATION)]
            own = [n for n in self.replaced_networks if n in _HOME_ADDRESSES]
            self.left_networks |= {*own}
            self._set_networks([*foreign, *own])

    def _set_networks(self, networks: list[str]) -> None:
        self.locations.set_networks(self.location, dict.fromkeys(networks))

    @contextmanager
    def _external_change(self, kind: str) -> Iterator[None]:
        self.edited_in_step.add(kind)
        self.ever_edited.add(kind)
        yield
        self.note_edit()

    def _resource(self, kind: str) -> ItemList | ZeroTrustList | Location:
        by_kind: Mapping[str, ItemList | ZeroTrustList | Location] = {
            IP_LIST: self.ip_list,
            ZERO_TRUST_LIST: self.zero_trust_list,
            DNS_LOCATION: self.location,
        }
        return by_kind[kind]


def is_own(kind: str, item: Item) -> bool:
    """Return whether an item is this home's, or in a location, may be."""
    return (
        item.network in _HOME_ADDRESSES if kind == DNS_LOCATION else item.comment == OWNER_COMMENT
    )


def item_of(network: str, comment: str | None) -> Item:
    """Return an item as Cloudflare shows it."""
    return Item(network=str(ip_network(network)), comment=comment)
