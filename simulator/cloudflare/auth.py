"""Credentials: their formats, their permissions, and the refusals of invalid ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
import re
from typing import Literal

from ..request_log import Auth, auth_of
from . import errors
from .errors import RefusedError
from .switches import Switches
from .zone import Account, Zone

type Permission = Literal[
    "dns:edit",
    "dns:read",
    "zone:read",
    "lists:edit",
    "lists:read",
    "zero_trust:edit",
    "zero_trust:read",
]
type Owner = Literal["user", "account"]
type Status = Literal["active", "disabled", "expired"]
type Network = IPv4Network | IPv6Network

BEARER = re.compile(r"Bearer +(\S+)")
TOKEN = re.compile(r"[A-Za-z0-9_-]{40}|cf[ua]t_[A-Za-z0-9_-]{40,64}")
"""Before 2026: 40 characters; since then also with a prefix and a checksum."""
KEY = re.compile(r"[0-9a-f]{37,45}|cfk_[A-Za-z0-9_-]{40,64}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ALL_PERMISSIONS: frozenset[Permission] = frozenset({"dns:edit", "dns:read", "zone:read"})
"""All on a zone."""
LIST_PERMISSIONS: frozenset[Permission] = ALL_PERMISSIONS | {"lists:edit"}
"""Also those on the lists of an account."""
ZERO_TRUST_PERMISSIONS: frozenset[Permission] = ALL_PERMISSIONS | {"zero_trust:edit"}
"""Also those on the Zero Trust settings of an account."""
USER_PERMISSIONS: frozenset[Permission] = LIST_PERMISSIONS | ZERO_TRUST_PERMISSIONS
"""All of a user, and so of a Global API Key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token."""

    id: str
    secret: str = field(repr=False)
    account: Account
    other_accounts: frozenset[Account] = frozenset()
    """Accounts whose zones it may access as well, because its user is a member there."""
    owner: Owner = "user"
    permissions: frozenset[Permission] = ALL_PERMISSIONS
    zones: frozenset[str] | None = None
    """The ids of the zones in its scope; None means all zones of the account."""
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
class PresentedCredentials:
    """The well-formed but unverified credentials of a request."""

    auth: Auth
    secret: str = field(default="", repr=False)
    email: str = ""

    @property
    def scheme(self) -> str:
        """Cloudflare's name of the authentication scheme."""
        return "api_token" if self.auth == "token" else "api_key"


@dataclass(frozen=True, slots=True)
class Actor:
    """The owner of verified credentials, and their permissions."""

    name: str
    caller: str
    """The key under which the rate limit counts requests."""
    accounts: frozenset[Account]
    permissions: frozenset[Permission]
    zones: frozenset[str] | None

    def has_access_to(self, zone: Zone) -> bool:
        """Return whether a zone is in the actor's scope."""
        return zone.account in self.accounts and (self.zones is None or zone.id in self.zones)

    def may(self, permission: Permission) -> bool:
        """Return whether the actor has a permission; one to edit includes the one to read."""
        return not self.permissions.isdisjoint({permission, permission.replace(":read", ":edit")})


def parse_credentials(headers: Mapping[str, str], switches: Switches) -> PresentedCredentials:
    """Return the credentials of a request. Raises RefusedError if missing or malformed."""
    match auth_of(headers):
        case "token":
            bearer = BEARER.fullmatch(headers["Authorization"])
            if bearer is None or not TOKEN.fullmatch(bearer[1]):
                raise RefusedError(errors.MALFORMED_TOKEN)
            return PresentedCredentials("token", bearer[1])
        case "key":
            return _parse_global_key(headers, switches)
        case _:
            raise RefusedError(*_missing_credentials(switches))


def _parse_global_key(headers: Mapping[str, str], switches: Switches) -> PresentedCredentials:
    """Return email and Global API Key. Raises RefusedError if one is malformed."""
    email, key = headers.get("X-Auth-Email"), headers.get("X-Auth-Key")
    if email is None or key is None:
        raise RefusedError(*_missing_credentials(switches))
    if not EMAIL.fullmatch(email):
        raise RefusedError(errors.MALFORMED_EMAIL)
    if not KEY.fullmatch(key):
        raise RefusedError(errors.MALFORMED_KEY)
    return PresentedCredentials("key", key, email)


def _missing_credentials(switches: Switches) -> tuple[errors.Refusal, ...]:
    """Return the refusals of a request without credentials."""
    if switches.no_credentials == "403/9106":
        return errors.NO_CREDENTIALS_OLD
    return errors.NO_CREDENTIALS


class Credentials:
    """All valid tokens and users."""

    def __init__(self) -> None:
        """Create an empty set of credentials."""
        self._tokens: dict[str, Token] = {}
        self._users: dict[str, User] = {}

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All tokens, in the order in which they were added."""
        return tuple(self._tokens.values())

    @property
    def users(self) -> tuple[User, ...]:
        """All users."""
        return tuple(self._users.values())

    def add_token(self, token: Token) -> None:
        """Add or replace a token. Raises ValueError if its format is invalid."""
        if not TOKEN.fullmatch(token.secret):
            raise ValueError("a token has 40 characters, or cfut_ or cfat_ and at least 40")
        self._tokens[token.secret] = token

    def add_user(self, user: User) -> None:
        """Add or replace a user. Raises ValueError if the format of the email or key is invalid."""
        if not EMAIL.fullmatch(user.email) or not KEY.fullmatch(user.key):
            raise ValueError(
                "a Global API Key has 37 to 45 hexadecimal digits, or cfk_ and at least 40"
            )
        self._users[user.email] = user

    def revoke(self, secret: str) -> None:
        """Remove a token, or the user with this key."""
        self._tokens.pop(secret, None)
        self._users = {email: user for email, user in self._users.items() if user.key != secret}

    def token(self, secret: str) -> Token | None:
        """Return a token by its secret."""
        return self._tokens.get(secret)

    def actor(self, given: PresentedCredentials, address: str) -> Actor:
        """Return the actor at an address. Raises RefusedError for unknown credentials."""
        if given.auth == "key":
            return self._key_actor(given)
        token = self._tokens.get(given.secret)
        if token is None or token.status != "active":
            raise RefusedError(errors.UNKNOWN_TOKEN)
        check_location(token, address)
        return Actor(
            f"com.cloudflare.api.token.{token.id}",
            f"token {token.id}" if token.owner == "account" else f"user of {token.account.id}",
            token.other_accounts | {token.account},
            token.permissions,
            token.zones,
        )

    def _key_actor(self, given: PresentedCredentials) -> Actor:
        """Return the actor for a Global API Key."""
        user = self._users.get(given.email)
        if user is None or user.key != given.secret:
            raise RefusedError(errors.UNKNOWN_KEY)
        caller = f"user of {user.account.id}"
        accounts = frozenset({user.account})
        return Actor("com.cloudflare.api.user", caller, accounts, USER_PERMISSIONS, None)


def check_location(token: Token, address: str) -> None:
    """Raise RefusedError for a token that is limited to other addresses."""
    if token.only_from is None:
        return
    caller = ip_address(address)
    if not any(caller in network for network in token.only_from):
        raise RefusedError(errors.wrong_location(address))


def check_zone(actor: Actor, zone: Zone | None, permission: Permission, switches: Switches) -> Zone:
    """Return the zone if the actor has the permission there. Raises RefusedError otherwise."""
    if zone is None or zone.account not in actor.accounts:
        raise RefusedError(ZONE_REFUSALS[switches.foreign_zone])
    if not actor.has_access_to(zone) or not actor.may(permission):
        raise RefusedError(ZONE_REFUSALS[switches.scope_denied])
    return zone


ZONE_REFUSALS: Mapping[str, errors.Refusal] = {
    "403/10000": errors.DENIED,
    "403/9109": errors.UNAUTHORIZED,
    "404/1001": errors.NO_ZONE,
}


def visible(
    actor: Actor, zones: Iterable[Zone], name_filter: str | None, switches: Switches
) -> list[Zone]:
    """Return the zones that the actor may list. Raises RefusedError if listing is refused.

    With `zone_list_denied` set to `allowed`, a token without Zone Read finds a zone of its scope by
    name, is refused for any other name, and gets an empty list without a name.
    """
    accessible = [zone for zone in zones if actor.has_access_to(zone)]
    if actor.may("zone:read"):
        return accessible
    match switches.zone_list_denied:
        case "allowed" if name_filter is None:
            return []
        case "allowed" if any(name_filter in (zone.name, zone.unicode_name) for zone in accessible):
            return accessible
        case "empty":
            return []
        case "403/9109":
            raise RefusedError(errors.UNAUTHORIZED)
        case _:
            raise RefusedError(errors.may_not_list(actor.name))
