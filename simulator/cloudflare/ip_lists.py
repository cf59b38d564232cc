"""The lists of an account, their items, and the operations that change items later.

What is marked UNVERIFIED has no captured response: do not rely on it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from ipaddress import ip_network
import re
from typing import Any, Literal

from . import errors
from .errors import RefusedError
from .record import timestamp
from .zone import HOME_ACCOUNT, Account, identifier

type ListKind = Literal["ip", "redirect", "hostname", "asn"]

MAX_ITEMS = 10_000
"""Of all lists of an account together."""
MAX_COMMENT = 500
"""UNVERIFIED."""
MAX_IPV6_PREFIX = 64
NAME = re.compile(r"[a-z0-9_]{1,50}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a list, which is never edited."""

    id: str
    ip: str
    comment: str | None
    created_on: str
    modified_on: str

    def shown(self) -> dict[str, Any]:
        """Return the item as the API shows it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(slots=True, kw_only=True, eq=False)
class ItemList:
    """A list of an account."""

    id: str
    name: str
    account: Account
    kind: ListKind = "ip"
    created_on: str
    modified_on: str
    num_referencing_filters: int = 0
    items: dict[str, Item] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """Return the list as the API shows it, without its items."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "num_items": len(self.items),
            "num_referencing_filters": self.num_referencing_filters,
            "created_on": self.created_on,
            "modified_on": self.modified_on,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Operation:
    """An asynchronous change of the items of one list."""

    id: str
    account: Account
    apply: Callable[[], None]
    steps: int | None
    """How many more requests about the account's lists it takes; None until it is finished."""
    status: Literal["pending", "running", "completed", "failed"] = "pending"
    error: str | None = None
    completed: str | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it keeps others of its account from beginning."""
        return self.status in ("pending", "running")

    def shown(self) -> dict[str, Any]:
        """Return the operation as the API shows it."""
        shown = {"id": self.id, "status": self.status}
        shown |= {"error": self.error} if self.error else {}
        return shown | ({"completed": self.completed} if self.completed else {})


class IpLists:
    """The lists of all accounts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Create no list; operations take one further request."""
        self._now = now
        self._count = 0
        self._lists: dict[str, ItemList] = {}
        self._operations: dict[str, Operation] = {}
        self.steps: int | None = 1
        """How many requests about the lists of its account an operation takes.

        With 1, the first poll finds it completed. With None, it stays pending
        until ``finish``.
        """
        self.failure: str | None = None
        """The error with which new operations fail instead of being carried out."""
        self.accepts_ipv6_hosts = False
        """Whether IPv6 prefixes longer than /64 are accepted: the reports conflict."""
        self.max_items = MAX_ITEMS

    def add(
        self, name: str, *, account: str = HOME_ACCOUNT, kind: ListKind = "ip", is_used: bool = True
    ) -> ItemList:
        """Add an empty list, as an external change. Raises ValueError for a malformed name."""
        if not NAME.fullmatch(name):
            raise ValueError("the name of a list has 1 to 50 of a-z, 0-9 and _")
        owner, now = Account(account), timestamp(self._now())
        added = ItemList(
            id=identifier("list", account, name),
            name=name,
            account=owner,
            kind=kind,
            created_on=now,
            modified_on=now,
            num_referencing_filters=int(is_used),
        )
        self._lists[added.id] = added
        return added

    def remove(self, removed: ItemList) -> None:
        """Remove a list with its items, as an external change."""
        del self._lists[removed.id]

    def add_item(self, to: ItemList, ip: str, comment: str | None = None) -> dict[str, Any]:
        """Add an item at once, as an external change. Raises RefusedError."""
        (item,) = self._new_items(to, [{"ip": ip, "comment": comment}])
        self._put(to, [item])
        return item.shown()

    def delete_item(self, of: ItemList, item_id: str) -> None:
        """Delete an item at once, as an external change."""
        del of.items[item_id]

    def items(self, of: ItemList) -> list[dict[str, Any]]:
        """Return the items of a list as the API shows them."""
        return [item.shown() for item in of.items.values()]

    def finish(self, account: str = HOME_ACCOUNT) -> None:
        """Let the pending operation of an account end, whatever it takes."""
        for operation in self._pending(Account(account)):
            operation.steps = 0
            self._end(operation)

    def of_account(self, account_id: str) -> list[ItemList]:
        """Return the lists of an account."""
        return [found for found in self._lists.values() if found.account.id == account_id]

    def get(self, account_id: str, list_id: str) -> ItemList:
        """Return a list of an account. Raises RefusedError if it does not exist."""
        found = self._lists.get(list_id)
        if found is None or found.account.id != account_id:
            raise RefusedError(errors.NO_LIST)
        return found

    def operation(self, account_id: str, operation_id: str) -> Operation:
        """Return an operation of an account. Raises RefusedError if it does not exist."""
        found = self._operations.get(operation_id)
        if found is None or found.account.id != account_id:
            raise RefusedError(errors.NO_OPERATION)
        return found

    def passes(self, account: Account) -> None:
        """Let the pending operation of an account go on: a request about its lists arrived."""
        for operation in self._pending(account):
            if operation.steps is None:
                continue
            operation.steps -= 1
            operation.status = "running"
            if operation.steps <= 0:
                self._end(operation)

    def append(self, to: ItemList, body: object) -> Operation:
        """Begin to append items. Raises RefusedError."""
        items = self._new_items(to, body)
        return self._begin(to, lambda: self._put(to, items))

    def replace(self, of: ItemList, body: object) -> Operation:
        """Begin to replace all items. Raises RefusedError."""
        items = self._new_items(of, body)

        def apply() -> None:
            of.items.clear()
            self._put(of, items)

        return self._begin(of, apply)

    def delete(self, of: ItemList, body: object) -> Operation:
        """Begin to delete items by their ids. Raises RefusedError."""
        given = body.get("items") if isinstance(body, dict) else None
        ids = [item.get("id") for item in given] if isinstance(given, list) else []
        if not ids:
            raise RefusedError(errors.bad_field("items"))
        if any(item_id not in of.items for item_id in ids):
            raise RefusedError(errors.NO_ITEM)

        def apply() -> None:
            for item_id in ids:
                of.items.pop(item_id, None)

        return self._begin(of, apply)

    def _begin(self, of: ItemList, apply: Callable[[], None]) -> Operation:
        if self._pending(of.account):
            raise RefusedError(errors.OPERATION_PENDING)
        self._count += 1
        begun = Operation(
            id=identifier("operation", self._count),
            account=of.account,
            apply=apply,
            steps=self.steps,
            error=self.failure,
        )
        self._operations[begun.id] = begun
        return begun

    def _pending(self, account: Account) -> list[Operation]:
        found = self._operations.values()
        return [one for one in found if one.account == account and one.is_pending]

    def _end(self, operation: Operation) -> None:
        operation.completed = timestamp(self._now())
        operation.status = "failed" if operation.error else "completed"
        if not operation.error:
            operation.apply()

    def _new_items(self, to: ItemList, body: object) -> list[Item]:
        if not isinstance(body, list):
            raise RefusedError(errors.BAD_JSON)
        total = sum(len(other.items) for other in self.of_account(to.account.id))
        if total + len(body) > self.max_items:
            raise RefusedError(errors.LIST_FULL)
        return [self._new_item(given) for given in body]

    def _new_item(self, given: object) -> Item:
        fields = given if isinstance(given, Mapping) else {}
        comment = fields.get("comment")
        if comment is not None and (not isinstance(comment, str) or len(comment) > MAX_COMMENT):
            raise RefusedError(errors.bad_field("comment"))
        self._count += 1
        now = timestamp(self._now())
        return Item(
            id=identifier("item", self._count),
            ip=self._normalized(fields.get("ip")),
            comment=comment or None,
            created_on=now,
            modified_on=now,
        )

    def _normalized(self, ip: object) -> str:
        """Return an address or a prefix as lists show it. Raises RefusedError."""
        try:
            network = ip_network(ip if isinstance(ip, str) else "")
        except ValueError as err:
            raise RefusedError(errors.LIST_IP) from err
        is_long = network.version == 6 and network.prefixlen > MAX_IPV6_PREFIX  # noqa: PLR2004 - IPv6
        if is_long and not self.accepts_ipv6_hosts:
            raise RefusedError(errors.LIST_IP)
        is_host = network.prefixlen == network.max_prefixlen
        return str(network.network_address) if is_host else str(network)

    def _put(self, to: ItemList, items: Iterable[Item]) -> None:
        """Add items; one with the address of another replaces it, which is UNVERIFIED."""
        to.modified_on = timestamp(self._now())
        for item in items:
            same = [known.id for known in to.items.values() if known.ip == item.ip]
            for item_id in same:
                del to.items[item_id]
            to.items[item.id] = item
