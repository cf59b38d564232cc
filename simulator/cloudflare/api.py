"""The API: one request in, one response out, checked in the order of Cloudflare."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..delivery import rate_limited
from ..faults import Kind
from ..http_server import Call
from ..responses import Response, json_response
from . import auth, errors, record_search, writes
from .auth import Actor, Credentials, Permission, PresentedCredentials, Token
from .dns_location_api import ACTIONS as LOCATION_ACTIONS, LocationApi
from .dns_locations import Locations
from .errors import RefusedError
from .ip_list_api import CursorPage, IpListApi
from .ip_lists import IpLists
from .limiter import Allowance, Limiter
from .query_parameters import Page, Query
from .record import OddRecord, Record
from .routes import Action, RouteMatch, match
from .shadowing import shown_with_shadows
from .switches import Switches
from .wrong_successes import without_ignored_fields
from .zero_trust_api import ACTIONS as ZERO_TRUST_ACTIONS, ZeroTrustApi
from .zero_trust_lists import ZeroTrustLists
from .zone import Zone

ACTIVE = {"code": 10000, "message": "This API Token is valid and active", "type": None}
REQUIRED_PERMISSIONS: Mapping[Action, Permission] = {
    "get_zone": "zone:read",
    "list_records": "dns:read",
    "get_record": "dns:read",
    "usage": "dns:read",
}
"""The permission for each action; all others need DNS Write."""
LEGACY_PERMISSIONS = ["#dns_records:edit", "#dns_records:read", "#zone:read"]
"""The real list depends on the user's membership, not on the token."""
WITH_BODY = frozenset({"POST", "PATCH", "PUT"})


@dataclass(frozen=True, slots=True)
class Success:
    """The result of a successful action."""

    result: object
    messages: tuple[object, ...] = ()
    page: Page[Any] | CursorPage | None = None

    def envelope(self) -> dict[str, object]:
        """Return the envelope of a success."""
        envelope = {
            "result": self.result,
            "success": True,
            "errors": [],
            "messages": list(self.messages),
        }
        return envelope | ({"result_info": self.page.info()} if self.page else {})


@dataclass(frozen=True, slots=True)
class AuthorizedRequest:
    """A request with valid credentials, for a zone that the actor has access to."""

    call: Call
    route: RouteMatch
    zone: Zone

    @property
    def surprises(self) -> list[str]:
        """The list of surprises in the log entry."""
        return self.call.entry.surprises

    @property
    def record_id(self) -> str:
        """The record id in the path."""
        return self.route.identifiers["dns_record_id"]

    def shown(self, records: Sequence[Record | OddRecord]) -> list[dict[str, Any]]:
        """Return records as the API shows them, with shadow metadata if that is requested."""
        if self.call.query.get(record_search.SHADOW[0]) == "true":
            return shown_with_shadows(self.zone, records)
        return [record.shown() for record in records]

    def body(self) -> dict[str, Any]:
        """Return the JSON body without the fields that a fault ignores.

        Raises RefusedError if it is not an object.
        """
        if not isinstance(self.call.entry.body, dict):
            raise RefusedError(errors.BAD_JSON)
        return without_ignored_fields(self.call.entry.body, self.call.fault)


class Api:
    """Cloudflare's API for the zones and credentials of the simulator."""

    def __init__(
        self,
        zones: Mapping[str, Zone],
        credentials: Credentials,
        switches: Switches,
        limiter: Limiter,
        client_address: Callable[[], str],
        *,
        lists: IpLists,
        locations: Locations,
        zero_trust_lists: ZeroTrustLists,
    ) -> None:
        """Use the given zones; `client_address` returns the public address of all clients."""
        self._zones = zones
        self._credentials = credentials
        self._switches = switches
        self._limiter = limiter
        self._client_address = client_address
        self._ip_list_api = IpListApi(lists, switches)
        self._location_api = LocationApi(locations, switches)
        self._zero_trust_api = ZeroTrustApi(zero_trust_lists, switches)
        self._actions: Mapping[Action, Callable[[AuthorizedRequest], Success]] = {
            "get_zone": self._get_zone,
            "list_records": self._list_records,
            "create_record": self._create_record,
            "get_record": self._get_record,
            "patch_record": self._patch_record,
            "put_record": self._put_record,
            "delete_record": self._delete_record,
            "batch": self._batch,
            "usage": self._usage,
        }

    def response(self, call: Call) -> Response:
        """Return the response to one request."""
        if call.entry.auth == "token" and "X-Auth-Key" in call.headers:
            call.entry.surprises.append("two kinds of credentials in one request")
        allowance = self._limiter.spend(self._caller(call))
        if allowance.blocked:
            return rate_limited(allowance.reset_s)
        try:
            return _success(self._run(call), allowance)
        except RefusedError as refused:
            return _refusal(refused, allowance)

    def _caller(self, call: Call) -> str:
        """Return the caller for the rate limit."""
        try:
            credentials = auth.parse_credentials(call.headers, self._switches)
            return self._credentials.actor(credentials, self._client_address()).caller
        except RefusedError:
            return "anonymous"

    def _run(self, call: Call) -> Success:
        """Check a request in the order of Cloudflare, then run its action."""
        route = match(call.path)
        credentials = self._parse_credentials(call, route)
        if route is None:
            raise RefusedError(errors.unroutable(call.path), errors.NO_ROUTE)
        if call.path.endswith("/"):
            call.entry.surprises.append("the path ends with a slash")
        action = route.action(call.method, call.path, credentials.scheme)
        if action == "verify_user_token":
            return self._verify(credentials, None)
        if action == "verify_account_token":
            return self._verify(credentials, route.identifiers["account_id"])
        is_of_account = "account_id" in route.identifiers
        actor = self._actor(credentials, is_of_account=is_of_account)
        if is_of_account:
            return self._run_account_action(call, route, action, actor)
        if action == "list_zones":
            return self._list_zones(call, actor)
        return self._run_zone_action(call, route, action, actor)

    def _run_account_action(
        self, call: Call, route: RouteMatch, action: Action, actor: Actor
    ) -> Success:
        """Run an action about something of an account."""
        if call.method in WITH_BODY:
            _check_body(call)
        if action in LOCATION_ACTIONS:
            return Success(self._location_api.run(call, route, action, actor))
        if action in ZERO_TRUST_ACTIONS:
            result, page = self._zero_trust_api.run(call, route, action, actor)
            return Success(result, page=page)
        result, cursor_page = self._ip_list_api.run(call, route, action, actor)
        return Success(result, page=cursor_page)

    def _parse_credentials(self, call: Call, route: RouteMatch | None) -> PresentedCredentials:
        """Return the credentials; account endpoints have their own error for a malformed one."""
        try:
            return auth.parse_credentials(call.headers, self._switches)
        except RefusedError as refused:
            if route and route.template.startswith("/accounts") and refused.reasons[0].chain:
                raise RefusedError(errors.MALFORMED_ON_ACCOUNT) from refused
            raise

    def _actor(self, credentials: PresentedCredentials, *, is_of_account: bool) -> Actor:
        """Return the actor; account endpoints have their own error for an unknown token."""
        try:
            return self._credentials.actor(credentials, self._client_address())
        except RefusedError as refused:
            if is_of_account and refused.reasons == (errors.UNKNOWN_TOKEN,):
                raise RefusedError(errors.UNKNOWN_TOKEN_ON_ACCOUNT) from refused
            raise

    def _run_zone_action(
        self, call: Call, route: RouteMatch, action: Action, actor: Actor
    ) -> Success:
        """Check the access to a zone, then run an action there."""
        permission = REQUIRED_PERMISSIONS.get(action, "dns:edit")
        existing = self._zones.get(route.identifiers["zone_id"])
        zone = auth.check_zone(actor, existing, permission, self._switches)
        if call.method in WITH_BODY:
            _check_body(call)
        if action not in ("list_records", "list_zones"):
            Query(call.query, record_search.SHADOW[:1], call.entry.surprises)
        request = AuthorizedRequest(call, route, zone)
        try:
            return self._actions[action](request)
        finally:
            if call.fault and call.fault.kind is Kind.IGNORED_FIELDS:
                # It was not the client who left the body empty.
                surprises = request.surprises
                surprises[:] = [text for text in surprises if text != writes.EMPTY_PATCH]

    def _verify(self, credentials: PresentedCredentials, account_id: str | None) -> Success:
        """Verify a token: user tokens at the user, account tokens at their account."""
        if credentials.auth != "token":
            raise RefusedError(errors.VERIFY_NEEDS_TOKEN)
        token = self._credentials.token(credentials.secret)
        if token is None or not _can_verify(token, account_id):
            raise RefusedError(errors.INVALID_TOKEN)
        auth.check_location(token, self._client_address())
        result = {"id": token.id, "status": token.status}
        if token.not_before:
            result["not_before"] = token.not_before
        if token.expires_on:
            result["expires_on"] = token.expires_on
        return Success(result, (ACTIVE,) if token.status == "active" else ())

    def _list_zones(self, call: Call, actor: Actor) -> Success:
        """List the zones that the actor has access to."""
        query = Query(call.query, record_search.ZONE_PARAMETERS, call.entry.surprises)
        name = record_search.requested_name(query)
        visible = auth.visible(actor, self._zones.values(), name, self._switches)
        page = record_search.zones(
            visible, query, self._switches.zone_name_forms, call.entry.surprises
        )
        return Success([zone.shown(LEGACY_PERMISSIONS) for zone in page.items], page=page)

    def _get_zone(self, request: AuthorizedRequest) -> Success:
        return Success(request.zone.shown(LEGACY_PERMISSIONS))

    def _list_records(self, request: AuthorizedRequest) -> Success:
        """List the records that match the query."""
        query = Query(request.call.query, record_search.RECORD_PARAMETERS, request.surprises)
        page = record_search.records(request.zone, query, request.surprises, request.call.fault)
        if self._switches.filtered_totals == "whole":
            page = replace(page, total=len(request.zone.records) + len(request.zone.odd_records))
        return Success(request.shown(page.items), page=page)

    def _create_record(self, request: AuthorizedRequest) -> Success:
        record = writes.create(request.zone, request.body(), request.surprises)
        return Success(request.shown([record])[0])

    def _get_record(self, request: AuthorizedRequest) -> Success:
        return Success(request.shown([request.zone.get(request.record_id)])[0])

    def _patch_record(self, request: AuthorizedRequest) -> Success:
        """Edit a record; missing fields are kept."""
        body = request.body()
        record = writes.patch(request.zone, request.record_id, body, request.surprises)
        return Success(request.shown([record])[0])

    def _put_record(self, request: AuthorizedRequest) -> Success:
        """Replace a record; missing fields are reset."""
        body = request.body()
        record = writes.put(request.zone, request.record_id, body, request.surprises)
        return Success(request.shown([record])[0])

    def _delete_record(self, request: AuthorizedRequest) -> Success:
        """Delete a record; the result contains only its id."""
        return Success({"id": writes.delete(request.zone, request.record_id).id})

    def _batch(self, request: AuthorizedRequest) -> Success:
        if record_search.SHADOW[0] in request.call.query:
            request.surprises.append("shadow metadata of a batch is not simulated")
        absent = self._switches.batch_absent_lists
        return Success(writes.batch(request.zone, request.body(), request.surprises, absent))

    def _usage(self, request: AuthorizedRequest) -> Success:
        """Return the number of records and the quota."""
        zone = request.zone
        return Success({"record_quota": zone.record_quota, "record_usage": len(zone.records)})


def _can_verify(token: Token, account_id: str | None) -> bool:
    """Return whether a verify endpoint accepts a token; the user's accepts no account tokens."""
    if account_id is None:
        return token.owner == "user"
    return token.owner == "account" and token.account.id == account_id


def _check_body(call: Call) -> None:
    """Refuse a body without the content type of JSON."""
    content_type = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise RefusedError(errors.CONTENT_TYPE)


def _success(success: Success, allowance: Allowance) -> Response:
    """Return the response of a success."""
    return json_response(success.envelope(), headers=_headers(allowance))


def _refusal(refused: RefusedError, allowance: Allowance) -> Response:
    """Return the response of a refusal."""
    envelope = {
        "success": False,
        "errors": [reason.shown() for reason in refused.reasons],
        "messages": [],
        "result": None,
    }
    return json_response(envelope, status=refused.status, headers=_headers(allowance))


def _headers(allowance: Allowance) -> dict[str, str]:
    """Return the headers of every response of the API."""
    return {"Server": "cloudflare", **allowance.headers()}
