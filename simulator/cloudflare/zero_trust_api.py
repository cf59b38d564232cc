"""The requests about the Zero Trust lists of an account."""

from typing import Any

from ..http_server import Call
from .auth import ZONE_REFUSALS, Actor, Permission
from .errors import RefusedError
from .query_parameters import Page, Query
from .routes import Action, RouteMatch
from .switches import Switches
from .wrong_successes import faulty_page, without_ignored_fields
from .zero_trust_lists import MAX_ITEMS, ZeroTrustLists

ACTIONS = frozenset(
    {
        "list_zero_trust_lists",
        "get_zero_trust_list",
        "patch_zero_trust_list",
        "list_zero_trust_items",
    }
)
DEFAULT_ITEMS = 50
"""Items in a page; UNVERIFIED."""
_MAX_PAGE = 1_000_000


class ZeroTrustApi:
    """The Zero Trust lists of an account, as the API shows and changes them."""

    def __init__(self, lists: ZeroTrustLists, switches: Switches) -> None:
        """Use the lists of the simulator."""
        self._lists = lists
        self._switches = switches

    def run(
        self, call: Call, route: RouteMatch, action: Action, actor: Actor
    ) -> tuple[object, Page[Any] | None]:
        """Check the access to an account, then run an action there. Raises RefusedError."""
        account_id = route.identifiers["account_id"]
        permission: Permission = "zero_trust:read" if call.method == "GET" else "zero_trust:edit"
        if account_id not in {one.id for one in actor.accounts} or not actor.may(permission):
            raise RefusedError(ZONE_REFUSALS[self._switches.scope_denied])
        if action == "list_zero_trust_lists":
            wanted = Query(call.query, ("type",), call.entry.surprises).text("type")
            lists = self._lists.of_account(account_id)
            return [found.shown() for found in lists if wanted in (None, found.type)], None
        found = self._lists.get(account_id, route.identifiers["gateway_list_id"])
        if action == "list_zero_trust_items":
            query = Query(call.query, ("page", "per_page"), call.entry.surprises)
            page = query.number("page", 1, 1, _MAX_PAGE)
            per_page = query.number("per_page", DEFAULT_ITEMS, 1, MAX_ITEMS)
            shown = faulty_page(self._lists.items(found), page, per_page, call.fault)
            return shown.items, shown
        Query(call.query, (), call.entry.surprises)
        if action == "patch_zero_trust_list":
            body = call.entry.body
            if isinstance(body, dict):
                body = without_ignored_fields(body, call.fault)
            self._lists.patch(found, body)
        return found.shown(), None
