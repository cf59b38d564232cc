"""The Zero Trust lists of accounts, which Access policies and Gateway rules refer to.

What is marked UNVERIFIED has no captured response: do not rely on it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Literal
from uuid import UUID

from . import errors
from .errors import RefusedError
from .record import timestamp
from .zone import HOME_ACCOUNT, Account, identifier

type ListType = Literal["IP", "DOMAIN", "EMAIL", "SERIAL", "URL"]

MAX_LISTS = 100
MAX_ITEMS = 1_000
"""In one list."""
MAX_DESCRIPTION = 500
"""UNVERIFIED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a list; only its value identifies it."""

    value: str
    description: str | None
    created_at: str

    def shown(self) -> dict[str, Any]:
        """Return the item as the API shows it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(slots=True, kw_only=True, eq=False)
class ZeroTrustList:
    """A list of an account."""

    id: str
    name: str
    account: Account
    type: ListType = "IP"
    created_at: str
    updated_at: str
    items: list[Entry] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Return the list as the API shows it, without its items."""
        return {
            "id": self.id,
            "name": self.name,
            "description": "",
            "type": self.type,
            "count": len(self.items),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


class ZeroTrustLists:
    """The Zero Trust lists of all accounts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Create no list."""
        self._now = now
        self._lists: dict[str, ZeroTrustList] = {}
        self.max_items = MAX_ITEMS
        self.accepts_duplicates = False
        """Whether a value may be appended that is in the list: UNVERIFIED."""
        self.accepts_ipv6_hosts = True
        """Whether IPv6 prefixes longer than /64 are accepted: UNVERIFIED."""

    def add(
        self, name: str, *, account: str = HOME_ACCOUNT, list_type: ListType = "IP"
    ) -> ZeroTrustList:
        """Add an empty list, as an external change. Raises ValueError if there are too many."""
        owner, now = Account(account), timestamp(self._now())
        if len(self.of_account(owner.id)) >= MAX_LISTS:
            raise ValueError(f"an account has {MAX_LISTS} Zero Trust lists at most")
        added = ZeroTrustList(
            id=str(UUID(identifier("Zero Trust list", account, name))),
            name=name,
            account=owner,
            type=list_type,
            created_at=now,
            updated_at=now,
        )
        self._lists[added.id] = added
        return added

    def remove(self, removed: ZeroTrustList) -> None:
        """Remove a list with its items, as an external change."""
        del self._lists[removed.id]

    def add_item(
        self, to: ZeroTrustList, value: str, description: str | None = None
    ) -> dict[str, Any]:
        """Add an item, as an external change; also one with a value that is there."""
        added = self._new(value, description)
        to.items.append(added)
        return added.shown()

    def delete_item(self, of: ZeroTrustList, item: Mapping[str, Any]) -> None:
        """Delete an item, as an external change."""
        of.items[:] = [one for one in of.items if one.shown() != item]

    def items(self, of: ZeroTrustList) -> list[dict[str, Any]]:
        """Return the items of a list as the API shows them."""
        return [item.shown() for item in of.items]

    def of_account(self, account_id: str) -> list[ZeroTrustList]:
        """Return the lists of an account."""
        return [found for found in self._lists.values() if found.account.id == account_id]

    def get(self, account_id: str, list_id: str) -> ZeroTrustList:
        """Return a list of an account. Raises RefusedError if it does not exist."""
        found = self._lists.get(list_id)
        if found is None or found.account.id != account_id:
            raise RefusedError(errors.NO_ZERO_TRUST_LIST)
        return found

    def patch(self, patched: ZeroTrustList, body: object) -> None:
        """Append and remove items at once, or nothing. Raises RefusedError.

        A value is removed whoever's it is. That one which is not in the list is refused
        is UNVERIFIED.
        """
        given = body if isinstance(body, dict) else {}
        append = _list(given.get("append"), "append")
        values = [text for text in _list(given.get("remove"), "remove") if isinstance(text, str)]
        present = {item.value for item in patched.items}
        if not present.issuperset(values):
            raise RefusedError(errors.NO_ZERO_TRUST_ITEM)
        added = [self._appended(patched, fields) for fields in append]
        items = [item for item in patched.items if item.value not in values]
        keys, new = {_key(item) for item in items}, {_key(item) for item in added}
        if not self.accepts_duplicates and (len(new) < len(added) or new & keys):
            raise RefusedError(errors.ZERO_TRUST_DUPLICATE)
        items += added
        if len(items) > self.max_items:
            raise RefusedError(errors.ZERO_TRUST_LIST_FULL)
        patched.items[:] = items
        patched.updated_at = timestamp(self._now())

    def _appended(self, to: ZeroTrustList, given: object) -> Entry:
        fields = given if isinstance(given, Mapping) else {}
        value, description = fields.get("value"), fields.get("description")
        if not isinstance(value, str) or not value:
            raise RefusedError(errors.bad_field("value"))
        if not isinstance(description, str | None) or len(description or "") > MAX_DESCRIPTION:
            raise RefusedError(errors.bad_field("description"))
        if to.type == "IP":
            self._check_ip(value)
        return self._new(value, description)

    def _check_ip(self, value: str) -> None:
        try:
            network: IPv4Network | IPv6Network = ip_network(value)
        except ValueError as err:
            raise RefusedError(errors.ZERO_TRUST_VALUE) from err
        is_long = network.version == 6 and network.prefixlen > 64  # noqa: PLR2004 - IPv6
        if is_long and not self.accepts_ipv6_hosts:
            raise RefusedError(errors.ZERO_TRUST_VALUE)

    def _new(self, value: str, description: str | None) -> Entry:
        now = timestamp(self._now())
        return Entry(value=value, description=description or None, created_at=now)


def _key(item: Entry) -> object:
    """Return what an item has in common with others of the same value."""
    try:
        return ip_network(item.value)
    except ValueError:
        return item.value


def _list(given: object, name: str) -> Iterable[object]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise RefusedError(errors.bad_field(name))
    return given
