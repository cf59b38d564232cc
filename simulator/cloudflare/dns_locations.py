"""The DNS locations of Cloudflare Gateway: networks whose DNS queries an account filters.

A PUT replaces a location as a whole. What is marked UNVERIFIED has no captured
response: do not rely on it.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from ipaddress import IPv4Network, ip_network
from typing import Any

from . import errors
from .errors import RefusedError
from .record import timestamp
from .zone import HOME_ACCOUNT, Account, identifier

SHARED_DESTINATION = "0e4a32c6-6fb8-4858-9296-98f51631e8e6"
"""The pair of IPv4 addresses that all locations without a pair of their own share."""
ENDPOINTS = ("doh", "dot", "ipv4", "ipv6")
MAX_NAME = 100
"""UNVERIFIED."""
SHORTEST_PREFIX = 24
WRITABLE = frozenset(
    {
        "name",
        "client_default",
        "dns_destination_ips_id",
        "dns_destination_ipv6_block_id",
        "ecs_support",
        "endpoints",
        "max_ttl",
        "networks",
    }
)
TTL_MODES = ("inherit", "override", "disabled")
_ENDPOINT_FIELDS = {
    "doh": frozenset({"enabled", "networks", "require_token"}),
    "dot": frozenset({"enabled", "networks"}),
    "ipv4": frozenset({"enabled"}),
    "ipv6": frozenset({"enabled", "networks"}),
}
_DEFAULT_ENDPOINTS = {
    "doh": {"enabled": True, "networks": None, "require_token": False},
    "dot": {"enabled": True, "networks": None},
    "ipv4": {"enabled": True},
    "ipv6": {"enabled": True, "networks": None},
}


class Location:
    """A DNS location of an account."""

    def __init__(self, name: str, account: Account, created_at: str) -> None:
        """Create a location with Cloudflare's defaults and without networks."""
        self.id = identifier("location", account.name, name)
        self.account = account
        self.created_at = created_at
        self.updated_at = created_at
        self.settings: dict[str, Any] = {"name": name, **_defaults()}
        """The values of the writable keys, as the API shows them."""
        self.more: dict[str, Any] = {}
        """Further keys that the API shows; any write resets them, as if they were writable."""

    def shown(self) -> dict[str, Any]:
        """Return the location as the API shows it."""
        return {
            "id": self.id,
            **deepcopy(self.settings),
            "doh_subdomain": self.id[:10],
            "ip": f"2a06:98c1:54::{self.id[:4]}",
            "ipv4_destination": "172.64.36.1",
            "ipv4_destination_backup": "172.64.36.2",
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            **deepcopy(self.more),
        }


class Locations:
    """The DNS locations of all accounts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Create no location."""
        self._now = now
        self._locations: dict[str, Location] = {}
        self.taken: set[str] = set()
        """The IPv4 addresses that an account out of sight has in a location."""

    def add(
        self,
        name: str,
        networks: Iterable[str] = (),
        *,
        account: str = HOME_ACCOUNT,
        **settings: object,
    ) -> Location:
        """Add a location, as an external change; `settings` are shown exactly as given."""
        added = Location(name, Account(account), timestamp(self._now()))
        added.settings["networks"] = [{"network": network} for network in networks]
        added.settings |= settings
        self._locations[added.id] = added
        return added

    def remove(self, removed: Location) -> None:
        """Remove a location, as an external change."""
        del self._locations[removed.id]

    def edit(self, edited: Location, **settings: object) -> None:
        """Change some settings of a location, as an external change."""
        edited.settings |= settings
        edited.updated_at = timestamp(self._now())

    def set_networks(self, of: Location, networks: Iterable[str]) -> None:
        """Change the networks of a location, as an external change."""
        self.edit(of, networks=[{"network": network} for network in networks])

    def networks(self, of: Location) -> list[str]:
        """Return the networks of a location, as the API shows them."""
        return [item["network"] for item in of.settings["networks"] or ()]

    def of_account(self, account_id: str) -> list[Location]:
        """Return the locations of an account."""
        return [one for one in self._locations.values() if one.account.id == account_id]

    def get(self, account_id: str, location_id: str) -> Location:
        """Return a location of an account. Raises RefusedError if it does not exist."""
        found = self._locations.get(location_id)
        if found is None or found.account.id != account_id:
            raise RefusedError(errors.NO_LOCATION)
        return found

    def put(self, replaced: Location, body: object, surprises: list[str]) -> Location:
        """Replace a location; an absent key is reset to its default. Raises RefusedError."""
        if not isinstance(body, dict):
            raise RefusedError(errors.BAD_JSON)
        surprises += [f"a location has no writable {key}" for key in body.keys() - WRITABLE]
        settings = _settings(body)
        self._check_free(replaced, settings["networks"])
        # Absent or null leaves the pair of addresses as it is.
        pair = settings["dns_destination_ips_id"] or replaced.settings["dns_destination_ips_id"]
        replaced.settings = {**settings, "dns_destination_ips_id": pair}
        replaced.more.clear()
        replaced.updated_at = timestamp(self._now())
        return replaced

    def _check_free(self, of: Location, networks: Iterable[Mapping[str, str]]) -> None:
        """Raise RefusedError for a network that some other location has."""
        others = [one for one in self._locations.values() if one is not of]
        held = [ip_network(network) for one in others for network in self.networks(one)]
        held += map(ip_network, self.taken)
        wanted = [ip_network(item["network"]) for item in networks]
        if any(network.overlaps(other) for network in wanted for other in held):
            raise RefusedError(errors.ADDRESS_TAKEN)


def _defaults() -> dict[str, Any]:
    return {
        "client_default": False,
        "dns_destination_ips_id": SHARED_DESTINATION,
        "dns_destination_ipv6_block_id": None,
        "ecs_support": False,
        "endpoints": deepcopy(_DEFAULT_ENDPOINTS),
        "max_ttl": {"mode": "inherit"},
        "networks": [],
    }


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a body asks for. Raises RefusedError.

    That endpoints which are absent are reset is UNVERIFIED.
    """
    name = body.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        raise RefusedError(errors.bad_field("name"))
    for key in ("client_default", "ecs_support"):
        if not isinstance(body.get(key, False), bool):
            raise RefusedError(errors.bad_field(key))
    for key in ("dns_destination_ips_id", "dns_destination_ipv6_block_id"):
        if not isinstance(body.get(key), str | None):
            raise RefusedError(errors.bad_field(key))
    given = {key: value for key, value in body.items() if key in WRITABLE and value is not None}
    settings = {**_defaults(), "dns_destination_ips_id": None, **deepcopy(given)}
    settings["networks"] = _networks(settings["networks"])
    _check_endpoints(settings["endpoints"])
    _check_ttl(settings["max_ttl"])
    return settings


def _networks(given: object) -> list[dict[str, str]]:
    """Return the networks with their prefixes. Raises RefusedError."""
    if not isinstance(given, list):
        raise RefusedError(errors.bad_field("networks"))
    texts = [item.get("network") if isinstance(item, dict) else None for item in given]
    try:
        networks = [IPv4Network(text if isinstance(text, str) else "") for text in texts]
    except ValueError as err:
        raise RefusedError(errors.LOCATION_NETWORK) from err
    is_odd = len({*networks}) < len(networks) or any(set(item) != {"network"} for item in given)
    if is_odd or any(network.prefixlen < SHORTEST_PREFIX for network in networks):
        raise RefusedError(errors.LOCATION_NETWORK)
    return [{"network": str(network)} for network in networks]


def _check_endpoints(given: object) -> None:
    """Raise RefusedError unless there are all four endpoints with known fields."""
    if not isinstance(given, dict) or set(given) != {*ENDPOINTS}:
        raise RefusedError(errors.bad_field("endpoints"))
    for key, endpoint in given.items():
        if not isinstance(endpoint, dict) or not set(endpoint) <= _ENDPOINT_FIELDS[key]:
            raise RefusedError(errors.bad_field(f"endpoints.{key}"))


def _check_ttl(given: object) -> None:
    """Raise RefusedError for a cap on the TTL that has seconds without need, or none."""
    mode = given.get("mode") if isinstance(given, dict) else None
    if not isinstance(given, dict) or mode not in TTL_MODES:
        raise RefusedError(errors.bad_field("max_ttl"))
    is_needed, is_given = mode == "override", "ttl_secs" in given
    if is_needed is not is_given or not isinstance(given.get("ttl_secs", 0), int):
        raise RefusedError(errors.bad_field("max_ttl.ttl_secs"))
