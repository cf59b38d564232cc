"""The requests about the DNS locations of an account."""

from ..http_server import Call
from .auth import ZONE_REFUSALS, Actor, Permission
from .dns_locations import Locations
from .errors import RefusedError
from .query_parameters import Query
from .routes import Action, RouteMatch
from .switches import Switches
from .wrong_successes import without_ignored_fields

ACTIONS = frozenset({"list_locations", "get_location", "put_location"})


class LocationApi:
    """The DNS locations of an account, as the API shows and changes them."""

    def __init__(self, locations: Locations, switches: Switches) -> None:
        """Use the locations of the simulator."""
        self._locations = locations
        self._switches = switches

    def run(self, call: Call, route: RouteMatch, action: Action, actor: Actor) -> object:
        """Check the access to an account, then run an action there. Raises RefusedError."""
        account_id = route.identifiers["account_id"]
        permission: Permission = "zero_trust:read" if call.method == "GET" else "zero_trust:edit"
        if account_id not in {one.id for one in actor.accounts} or not actor.may(permission):
            raise RefusedError(ZONE_REFUSALS[self._switches.scope_denied])
        Query(call.query, (), call.entry.surprises)
        if action == "list_locations":
            return [found.shown() for found in self._locations.of_account(account_id)]
        location = self._locations.get(account_id, route.identifiers["location_id"])
        if action == "get_location":
            return location.shown()
        body = call.entry.body
        if isinstance(body, dict):
            body = without_ignored_fields(body, call.fault)
        return self._locations.put(location, body, call.entry.surprises).shown()
