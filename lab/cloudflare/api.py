"""The API itself: one request in, one answer out, in the order in which Cloudflare checks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.answers import Answer, json_answer
from lab.sabotage import rate_limited
from lab.serving import Call

from . import auth, errors, listing, writes
from .auth import Actor, Credentials, Permission, Presented, Token
from .errors import RefusedError
from .limiter import Allowance, Limiter
from .query import Page, Query
from .routes import Action, Match, match
from .switches import Switches
from .zone import Zone

ACTIVE = {"code": 10000, "message": "This API Token is valid and active", "type": None}
NEEDED: Mapping[Action, Permission] = {
    "get_zone": "zone:read",
    "list_records": "dns:read",
    "get_record": "dns:read",
    "usage": "dns:read",
}
"""What an action needs; those that are not named need DNS Write."""
LEGACY_PERMISSIONS = ["#dns_records:edit", "#dns_records:read", "#zone:read"]
"""The real list follows the user's membership, not the token, so it is the same for everybody."""
WITH_BODY = frozenset({"POST", "PATCH", "PUT"})


@dataclass(frozen=True, slots=True)
class Done:
    """The result of an action."""

    result: object
    messages: tuple[object, ...] = ()
    page: Page[Any] | None = None

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
class Asked:
    """A request of somebody known, at a zone that they may touch."""

    call: Call
    found: Match
    zone: Zone

    @property
    def surprises(self) -> list[str]:
        """Where oddities are noted."""
        return self.call.entry.surprises

    @property
    def record_id(self) -> str:
        """The record's id in the path."""
        return self.found.identifiers["dns_record_id"]

    def body(self) -> dict[str, Any]:
        """Return the JSON body; raises RefusedError if it is no object."""
        if not isinstance(self.call.entry.body, dict):
            raise RefusedError(errors.BAD_JSON)
        return self.call.entry.body


class Api:
    """Cloudflare's API over the zones and credentials of the lab."""

    def __init__(
        self,
        zones: Mapping[str, Zone],
        credentials: Credentials,
        switches: Switches,
        limiter: Limiter,
        home: Callable[[], str],
    ) -> None:
        """Work on the given zones; `home` tells from which address the client seems to call."""
        self._zones = zones
        self._credentials = credentials
        self._switches = switches
        self._limiter = limiter
        self._home = home
        self._actions: Mapping[Action, Callable[[Asked], Done]] = {
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

    def answer(self, call: Call) -> Answer:
        """Answer one request."""
        if call.entry.auth == "token" and "X-Auth-Key" in call.headers:
            call.entry.surprises.append("two kinds of credentials in one request")
        allowance = self._limiter.spend(self._caller(call))
        if allowance.blocked:
            return rate_limited(allowance.reset_s)
        try:
            return _success(self._do(call), allowance)
        except RefusedError as refused:
            return _refusal(refused, allowance)

    def _caller(self, call: Call) -> str:
        """Return whose requests this one is counted with."""
        try:
            given = auth.presented(call.headers, self._switches)
            return self._credentials.actor(given, self._home()).caller
        except RefusedError:
            return "nobody"

    def _do(self, call: Call) -> Done:
        """Check a request from the outside to the inside, then do what it asks."""
        found = match(call.path)
        given = self._presented(call, found)
        if found is None:
            raise RefusedError(errors.unroutable(call.path), errors.NO_ROUTE)
        if call.path.endswith("/"):
            call.entry.surprises.append("the path ends with a slash")
        action = found.action(call.method, call.path, given.scheme)
        if action == "verify_user_token":
            return self._verify(given, None)
        if action == "verify_account_token":
            return self._verify(given, found.identifiers["account_id"])
        actor = self._credentials.actor(given, self._home())
        if action == "list_zones":
            return self._list_zones(call, actor)
        return self._at_zone(call, found, action, actor)

    def _presented(self, call: Call, found: Match | None) -> Presented:
        """Return the credentials; account endpoints have their own words for a malformed one."""
        try:
            return auth.presented(call.headers, self._switches)
        except RefusedError as refused:
            if found and found.template.startswith("/accounts") and refused.reasons[0].chain:
                raise RefusedError(errors.MALFORMED_ON_ACCOUNT) from refused
            raise

    def _at_zone(self, call: Call, found: Match, action: Action, actor: Actor) -> Done:
        """Do what is asked at a zone."""
        permission = NEEDED.get(action, "dns:edit")
        known = self._zones.get(found.identifiers["zone_id"])
        zone = auth.check_zone(actor, known, permission, self._switches)
        if call.method in WITH_BODY:
            _check_body(call)
        if action not in ("list_records", "list_zones"):
            Query(call.query, listing.SHADOW[:1], call.entry.surprises)
        return self._actions[action](Asked(call, found, zone))

    def _verify(self, given: Presented, account_id: str | None) -> Done:
        """Say whether a token is valid: a user's here, an account's at its account."""
        if given.auth != "token":
            raise RefusedError(errors.VERIFY_NEEDS_TOKEN)
        token = self._credentials.token(given.secret)
        if token is None or not _belongs(token, account_id):
            raise RefusedError(errors.INVALID_TOKEN)
        auth.check_location(token, self._home())
        result = {"id": token.id, "status": token.status}
        if token.not_before:
            result["not_before"] = token.not_before
        if token.expires_on:
            result["expires_on"] = token.expires_on
        return Done(result, (ACTIVE,) if token.status == "active" else ())

    def _list_zones(self, call: Call, actor: Actor) -> Done:
        """List the zones that the actor may see."""
        query = Query(call.query, listing.ZONE_PARAMETERS, call.entry.surprises)
        name = listing.asked_name(query)
        visible = auth.visible(actor, self._zones.values(), name, self._switches)
        page = listing.zones(visible, query, self._switches.zone_name_forms, call.entry.surprises)
        return Done([zone.shown(LEGACY_PERMISSIONS) for zone in page.items], page=page)

    def _get_zone(self, asked: Asked) -> Done:
        """Show the zone."""
        return Done(asked.zone.shown(LEGACY_PERMISSIONS))

    def _list_records(self, asked: Asked) -> Done:
        """List the records that the query asks for."""
        query = Query(asked.call.query, listing.RECORD_PARAMETERS, asked.surprises)
        page = listing.records(asked.zone, query, asked.surprises)
        return Done([record.shown() for record in page.items], page=page)

    def _create_record(self, asked: Asked) -> Done:
        """Add a record."""
        return Done(writes.create(asked.zone, asked.body(), asked.surprises).shown())

    def _get_record(self, asked: Asked) -> Done:
        """Show a record."""
        return Done(asked.zone.get(asked.record_id).shown())

    def _patch_record(self, asked: Asked) -> Done:
        """Change a record, keeping what is not named."""
        body = asked.body()
        return Done(writes.patch(asked.zone, asked.record_id, body, asked.surprises).shown())

    def _put_record(self, asked: Asked) -> Done:
        """Replace a record, resetting what is not named."""
        body = asked.body()
        return Done(writes.put(asked.zone, asked.record_id, body, asked.surprises).shown())

    def _delete_record(self, asked: Asked) -> Done:
        """Delete a record and answer with its id alone."""
        return Done({"id": asked.zone.delete(asked.record_id).id})

    def _batch(self, asked: Asked) -> Done:
        """Carry out a batch."""
        absent = self._switches.batch_absent_lists
        return Done(writes.batch(asked.zone, asked.body(), asked.surprises, absent))

    def _usage(self, asked: Asked) -> Done:
        """Tell how full the zone is."""
        zone = asked.zone
        return Done({"record_quota": zone.record_quota, "record_usage": len(zone.records)})


def _belongs(token: Token, account_id: str | None) -> bool:
    """Tell whether a verify endpoint knows a token: the user's knows no account tokens."""
    if account_id is None:
        return token.owner == "user"
    return token.owner == "account" and token.account.id == account_id


def _check_body(call: Call) -> None:
    """Refuse a body that is not declared as JSON."""
    content_type = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise RefusedError(errors.CONTENT_TYPE)


def _success(done: Done, allowance: Allowance) -> Answer:
    """Answer with the envelope of a success."""
    return json_answer(done.envelope(), headers=_headers(allowance))


def _refusal(refused: RefusedError, allowance: Allowance) -> Answer:
    """Answer with the envelope of a refusal."""
    envelope = {
        "success": False,
        "errors": [reason.shown() for reason in refused.reasons],
        "messages": [],
        "result": None,
    }
    return json_answer(envelope, status=refused.status, headers=_headers(allowance))


def _headers(allowance: Allowance) -> dict[str, str]:
    """Return the headers that every answer of the API carries."""
    return {"Server": "cloudflare", **allowance.headers()}
