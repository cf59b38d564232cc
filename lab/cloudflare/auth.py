"""Credentials: their formats, what they may do, and how a request is refused that may not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
import re
from typing import Literal

from lab.journal import Auth, auth_of

from . import errors
from .errors import RefusedError
from .switches import Switches
from .zone import Account, Zone

type Permission = Literal["dns:edit", "dns:read", "zone:read"]
type Owner = Literal["user", "account"]
type Status = Literal["active", "disabled", "expired"]
type Network = IPv4Network | IPv6Network

BEARER = re.compile(r"Bearer +(\S+)")
TOKEN = re.compile(r"[A-Za-z0-9_-]{40}|cf[ua]t_[A-Za-z0-9_-]{40,64}")
"""Before 2026 forty characters, since then a prefix and a checksum besides."""
KEY = re.compile(r"[0-9a-f]{37,45}|cfk_[A-Za-z0-9_-]{40,64}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
EVERYTHING: frozenset[Permission] = frozenset({"dns:edit", "dns:read", "zone:read"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token."""

    id: str
    secret: str = field(repr=False)
    account: Account
    owner: Owner = "user"
    permissions: frozenset[Permission] = EVERYTHING
    zones: frozenset[str] | None = None
    """Ids of the zones in its scope; None is all zones of the account."""
    only_from: tuple[Network, ...] | None = None
    status: Status = "active"
    not_before: str | None = None
    expires_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user with the Global API Key."""

    email: str
    key: str = field(repr=False)
    account: Account


@dataclass(frozen=True, slots=True)
class Presented:
    """The credentials of a request, well-formed but not yet known to be right."""

    auth: Auth
    secret: str = field(default="", repr=False)
    email: str = ""

    @property
    def scheme(self) -> str:
        """What Cloudflare calls the way of authentication."""
        return "api_token" if self.auth == "token" else "api_key"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and what they may do."""

    name: str
    caller: str
    """Whose requests are counted together."""
    account: Account
    permissions: frozenset[Permission]
    zones: frozenset[str] | None

    def sees(self, zone: Zone) -> bool:
        """Tell whether a zone is in the actor's scope."""
        return zone.account == self.account and (self.zones is None or zone.id in self.zones)

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor has a permission; to edit is also to read."""
        if permission == "dns:read" and "dns:edit" in self.permissions:
            return True
        return permission in self.permissions


def presented(headers: Mapping[str, str], switches: Switches) -> Presented:
    """Return the credentials of a request; raises RefusedError if they are absent or malformed."""
    match auth_of(headers):
        case "token":
            bearer = BEARER.fullmatch(headers["Authorization"])
            if bearer is None or not TOKEN.fullmatch(bearer[1]):
                raise RefusedError(errors.MALFORMED_TOKEN)
            return Presented("token", bearer[1])
        case "key":
            return _presented_key(headers, switches)
        case _:
            raise RefusedError(*_none(switches))


def _presented_key(headers: Mapping[str, str], switches: Switches) -> Presented:
    """Return e-mail and Global API Key; raises RefusedError for a malformed one."""
    email, key = headers.get("X-Auth-Email"), headers.get("X-Auth-Key")
    if email is None or key is None:
        raise RefusedError(*_none(switches))
    if not EMAIL.fullmatch(email):
        raise RefusedError(errors.MALFORMED_EMAIL)
    if not KEY.fullmatch(key):
        raise RefusedError(errors.MALFORMED_KEY)
    return Presented("key", key, email)


def _none(switches: Switches) -> tuple[errors.Refusal, ...]:
    """Return what a request without credentials is answered."""
    if switches.no_credentials == "403/9106":
        return errors.NO_CREDENTIALS_OLD
    return errors.NO_CREDENTIALS


class Credentials:
    """All tokens and users that the API knows."""

    def __init__(self) -> None:
        """Know nobody."""
        self._tokens: dict[str, Token] = {}
        self._users: dict[str, User] = {}

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All tokens, in the order in which they were made."""
        return tuple(self._tokens.values())

    @property
    def users(self) -> tuple[User, ...]:
        """All users."""
        return tuple(self._users.values())

    def add_token(self, token: Token) -> None:
        """Know a token from now on, or replace it; raises ValueError for an impossible one."""
        if not TOKEN.fullmatch(token.secret):
            raise ValueError("a token has 40 characters, or cfut_ or cfat_ and at least 40")
        self._tokens[token.secret] = token

    def add_user(self, user: User) -> None:
        """Know a user from now on; raises ValueError for an impossible e-mail or key."""
        if not EMAIL.fullmatch(user.email) or not KEY.fullmatch(user.key):
            raise ValueError(
                "a Global API Key has 37 to 45 hexadecimal digits, or cfk_ and at least 40"
            )
        self._users[user.email] = user

    def revoke(self, secret: str) -> None:
        """Forget a token, or the user with that key."""
        self._tokens.pop(secret, None)
        self._users = {email: user for email, user in self._users.items() if user.key != secret}

    def token(self, secret: str) -> Token | None:
        """Return a token by its secret."""
        return self._tokens.get(secret)

    def actor(self, given: Presented, address: str) -> Actor:
        """Return who asks from an address; raises RefusedError if nobody is known by that name."""
        if given.auth == "key":
            return self._key_actor(given)
        token = self._tokens.get(given.secret)
        if token is None or token.status != "active":
            raise RefusedError(errors.UNKNOWN_TOKEN)
        check_location(token, address)
        return Actor(
            f"com.cloudflare.api.token.{token.id}",
            f"token {token.id}" if token.owner == "account" else f"user of {token.account.id}",
            token.account,
            token.permissions,
            token.zones,
        )

    def _key_actor(self, given: Presented) -> Actor:
        """Return the user whose key is shown."""
        user = self._users.get(given.email)
        if user is None or user.key != given.secret:
            raise RefusedError(errors.UNKNOWN_KEY)
        caller = f"user of {user.account.id}"
        return Actor("com.cloudflare.api.user", caller, user.account, EVERYTHING, None)


def check_location(token: Token, address: str) -> None:
    """Refuse a token that is bound to other addresses."""
    if token.only_from is None:
        return
    caller = ip_address(address)
    if not any(caller in network for network in token.only_from):
        raise RefusedError(errors.wrong_location(address))


def check_zone(actor: Actor, zone: Zone | None, permission: Permission, switches: Switches) -> Zone:
    """Return the zone if the actor may do this there; raises RefusedError otherwise."""
    if zone is None or zone.account != actor.account:
        raise RefusedError(FOREIGN[switches.foreign_zone])
    if not actor.sees(zone) or not actor.may(permission):
        raise RefusedError(FOREIGN[switches.scope_denied])
    return zone


FOREIGN: Mapping[str, errors.Refusal] = {
    "403/10000": errors.DENIED,
    "403/9109": errors.UNAUTHORIZED,
    "404/1001": errors.NO_ZONE,
}


def visible(
    actor: Actor, zones: Iterable[Zone], is_filtered_by: str | None, switches: Switches
) -> list[Zone]:
    """Return the zones that the actor may list; raises RefusedError where listing is refused.

    Where `zone_list_denied` is `allowed`, a token without Zone Read finds a zone of its scope by
    name, is refused for any other name, and sees an empty list when it asks for no name.
    """
    mine = [zone for zone in zones if actor.sees(zone)]
    if actor.may("zone:read"):
        return mine
    match switches.zone_list_denied:
        case "allowed" if is_filtered_by is None:
            return []
        case "allowed" if any(is_filtered_by in (zone.name, zone.unicode_name) for zone in mine):
            return mine
        case "empty":
            return []
        case "403/9109":
            raise RefusedError(errors.UNAUTHORIZED)
        case _:
            raise RefusedError(errors.may_not_list(actor.name))
