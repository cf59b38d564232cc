"""The requests about the IP lists of an account."""

from dataclasses import dataclass
from typing import Any

from ..http_server import Call
from . import errors
from .auth import ZONE_REFUSALS, Actor, Permission
from .errors import RefusedError
from .ip_lists import IpLists, ItemList, Operation
from .query_parameters import Query
from .routes import Action, RouteMatch
from .switches import Switches
from .zone import Account

DEFAULT_ITEMS, MAX_ITEMS = 100, 500
"""Items in a page; UNVERIFIED."""
_CURSOR_DIGITS = 40


@dataclass(frozen=True, slots=True)
class CursorPage:
    """One page of a list that is continued by a cursor."""

    after: str | None

    def info(self) -> dict[str, Any]:
        """Return the `result_info` of the page."""
        return {"cursors": {"after": self.after}} if self.after else {}


class IpListApi:
    """The lists of an account, as the API shows and changes them."""

    def __init__(self, lists: IpLists, switches: Switches) -> None:
        """Use the lists of the simulator."""
        self._lists = lists
        self._switches = switches

    def run(
        self, call: Call, route: RouteMatch, action: Action, actor: Actor
    ) -> tuple[object, CursorPage | None]:
        """Check the access to an account, then run an action there. Raises RefusedError."""
        account = self._account(actor, route.identifiers["account_id"])
        permission: Permission = "lists:read" if call.method == "GET" else "lists:edit"
        if account is None or not actor.may(permission):
            raise RefusedError(ZONE_REFUSALS[self._switches.scope_denied])
        self._lists.passes(account)
        if action != "list_items":
            Query(call.query, (), call.entry.surprises)
        if action == "list_lists":
            return [found.shown() for found in self._lists.of_account(account.id)], None
        if action == "get_operation":
            operation_id = route.identifiers["operation_id"]
            return self._lists.operation(account.id, operation_id).shown(), None
        found = self._lists.get(account.id, route.identifiers["list_id"])
        if action == "list_items":
            return self._items(call, found)
        if action == "get_list":
            return found.shown(), None
        return {"operation_id": self._change(call, found, action).id}, None

    def _account(self, actor: Actor, account_id: str) -> Account | None:
        return next((one for one in actor.accounts if one.id == account_id), None)

    def _items(self, call: Call, found: ItemList) -> tuple[object, CursorPage]:
        """Return a page of items; the cursor is opaque to clients."""
        query = Query(call.query, ("per_page", "cursor", "search"), call.entry.surprises)
        search = query.text("search") or ""
        items = [item for item in found.items.values() if item.ip.startswith(search)]
        per_page = query.number("per_page", DEFAULT_ITEMS, 1, MAX_ITEMS)
        start = _position(query.text("cursor"))
        end = start + per_page
        after = f"{end:0{_CURSOR_DIGITS}x}" if items[end:] else None
        return [item.shown() for item in items[start:end]], CursorPage(after)

    def _change(self, call: Call, found: ItemList, action: Action) -> Operation:
        """Begin an operation. Raises RefusedError."""
        body = call.entry.body
        if action == "create_items":
            return self._lists.append(found, body)
        if action == "delete_items":
            return self._lists.delete(found, body)
        call.entry.surprises.append("all items of a list are replaced, also those of others")
        return self._lists.replace(found, body)


def _position(cursor: str | None) -> int:
    """Return the position of a cursor. Raises RefusedError for one that was not given out."""
    if cursor is None:
        return 0
    try:
        return int(cursor if len(cursor) == _CURSOR_DIGITS else "", 16)
    except ValueError as err:
        raise RefusedError(errors.bad_query("cursor")) from err
