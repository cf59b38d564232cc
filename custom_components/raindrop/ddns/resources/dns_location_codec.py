"""A DNS location of Cloudflare Gateway, read strictly: a write replaces it as a whole.

https://developers.cloudflare.com/api/resources/zero_trust/subresources/gateway/subresources/locations/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from ..cloudflare.codec import JsonObject, checked, json_object
from ..errors import CloudflareResponseError
from ..models import ResourceId
from .resource_codec import read_resource_id

_NETWORKS, _SECONDS = "networks", "ttl_secs"
_SENT = (
    "name",
    "client_default",
    "dns_destination_ips_id",
    "ecs_support",
    "endpoints",
    "max_ttl",
    _NETWORKS,
)
"""The keys that are sent back; what is absent or null is not sent, which is the same."""
_READ_ONLY = (
    "id",
    "created_at",
    "updated_at",
    "doh_subdomain",
    "ip",
    "ipv4_destination",
    "ipv4_destination_backup",
    # Earlier versions of the API had these.
    "anonymized_logs_enabled",
    "policy_ids",
)
_NEVER_SET = "dns_destination_ipv6_block_id"
"""It can be written, but no description of the API says how."""
_VOLATILE = "updated_at"
_NOT_SET: tuple[object, ...] = (None, [], {}, {"mode": "inherit"})
"""The values of what is not set; the last one is that of ``max_ttl``."""
_ENDPOINTS = {"doh", "dot", "ipv4", "ipv6"}
_SHARED_DESTINATION = "0e4a32c6-6fb8-4858-9296-98f51631e8e6"
"""The IPv4 addresses that all accounts share; a location is then found by its networks alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A DNS location, as it was read."""

    id: ResourceId
    name: str
    networks: Mapping[IPv4Network, str]
    """The IPv4 networks whose DNS queries it filters, as written there, in order."""
    fields: JsonObject
    """All that was read."""
    unknown: tuple[str, ...] = ()
    """The keys that a write would lose, or that have a shape that is not known."""

    @property
    def uses_networks(self) -> bool:
        """Whether its networks have an effect: its IPv4 endpoint is on, as far as is known."""
        endpoints = self.fields.get("endpoints")
        ipv4 = endpoints.get("ipv4") if isinstance(endpoints, dict) else None
        return not isinstance(ipv4, dict) or ipv4.get("enabled") is not False

    @property
    def has_own_destination(self) -> bool:
        """Whether it has IPv4 addresses of its own, which filter any query without networks."""
        return self.fields.get("dns_destination_ips_id") not in (None, _SHARED_DESTINATION)

    def body(self, networks: Mapping[IPv4Network, str]) -> dict[str, object]:
        """Return the body that replaces the location by itself with other networks."""
        body = {key: self.fields[key] for key in _SENT if self.fields.get(key) is not None}
        max_ttl = body.get("max_ttl")
        if isinstance(max_ttl, dict) and max_ttl.get(_SECONDS) is None:
            # Seconds that are null are refused.
            body["max_ttl"] = {k: v for k, v in max_ttl.items() if k != _SECONDS}
        return {**body, _NETWORKS: [{"network": text} for text in networks.values()]}

    def differences(self, other: "Location") -> tuple[str, ...]:
        """Return the keys in which another reading differs, apart from the networks.

        Absent, null and empty are the same.
        """
        compared = (self.fields.keys() | other.fields.keys()) - {_NETWORKS, _VOLATILE}
        ours, theirs = _set_fields(self.fields), _set_fields(other.fields)
        return tuple(sorted(key for key in compared if ours.get(key) != theirs.get(key)))


def read_location(value: object) -> Location:
    """Decode a location. Raises CloudflareResponseError.

    What is not known does not fail it: it is not written then.
    """
    fields = json_object(value)
    networks: dict[IPv4Network, str] = {}
    unknown = {*_unknown(fields)}
    try:
        for text in _network_texts(fields):
            if IPv4Network(text) in networks:
                unknown.add(_NETWORKS)
            networks[IPv4Network(text)] = text
    except (ValueError, CloudflareResponseError):
        unknown.add(_NETWORKS)
    return Location(
        id=read_resource_id(fields),
        name=checked(fields.get("name"), str),
        networks=networks,
        fields=fields,
        unknown=tuple(sorted(unknown)),
    )


def _network_texts(fields: JsonObject) -> Iterator[str]:
    """Yield the networks as text. Raises CloudflareResponseError for anything else."""
    networks = fields.get(_NETWORKS)
    for item in checked([] if networks is None else networks, list):
        network = json_object(item)
        # Earlier versions of the API had identifiers, which could not be written.
        if network.keys() - {"network", "id"}:
            raise CloudflareResponseError("a network has unknown keys")
        yield checked(network.get("network"), str)


def _unknown(fields: JsonObject) -> Iterator[str]:
    """Yield the keys that cannot be sent back as they were read."""
    yield from fields.keys() - {*_SENT, *_READ_ONLY, _NEVER_SET}
    if fields.get(_NEVER_SET) is not None:
        yield _NEVER_SET
    endpoints, max_ttl = fields.get("endpoints"), fields.get("max_ttl")
    if endpoints is not None and not (isinstance(endpoints, dict) and {*endpoints} == _ENDPOINTS):
        yield "endpoints"
    if max_ttl is not None and not isinstance(max_ttl, dict):
        yield "max_ttl"


def _set_fields(fields: JsonObject) -> JsonObject:
    """Return the fields, at any depth, that are set: not null, empty, or a default."""
    values = {
        key: _set_fields(value) if isinstance(value, dict) else value
        for key, value in fields.items()
    }
    return {key: value for key, value in values.items() if value not in _NOT_SET}
