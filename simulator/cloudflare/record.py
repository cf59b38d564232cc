"""A DNS record and its form in the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

TYPES = frozenset(
    [
        "A",
        "AAAA",
        "CAA",
        "CERT",
        "CNAME",
        "DNSKEY",
        "DS",
        "HTTPS",
        "LOC",
        "MX",
        "NAPTR",
        "NS",
        "OPENPGPKEY",
        "PTR",
        "SMIMEA",
        "SRV",
        "SSHFP",
        "SVCB",
        "TLSA",
        "TXT",
        "URI",
    ]
)
PROXIABLE_TYPES = frozenset({"A", "AAAA", "CNAME"})
UNREACHABLE = tuple(
    ip_network(text)
    for text in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    ]
)
"""Networks that the edge cannot reach. Documentation addresses are not included: Cloudflare
recommends 192.0.2.1 and 100:: as placeholders for proxied names without an origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of a record that a client sets, validated and completed."""

    type: str
    name: str
    content: str
    ttl: int = 1
    """Seconds; 1 is automatic."""
    proxied: bool = False
    comment: str | None = None
    tags: tuple[str, ...] = ()
    settings: Mapping[str, Any]
    priority: int | None = None
    data: Mapping[str, Any] | None = None
    private_routing: bool = False

    @property
    def identity(self) -> tuple[str, str, str, int | None]:
        """The fields that must be unique in a zone."""
        return self.name, self.type, self.content, self.priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a zone."""

    id: str
    fields: Fields
    created_on: str
    modified_on: str
    comment_modified_on: str | None = None
    tags_modified_on: str | None = None
    is_read_only: bool = False
    """Whether another product of Cloudflare keeps it."""

    def shown(self) -> dict[str, Any]:
        """Return the record as the API shows it, with the same order of keys."""
        fields = self.fields
        shown: dict[str, Any] = {
            "id": self.id,
            "name": fields.name,
            "type": fields.type,
            "content": fields.content,
            "proxiable": is_proxiable(fields.type, fields.content),
            "proxied": fields.proxied,
            "ttl": fields.ttl,
            "settings": dict(fields.settings),
            "meta": {"read_only": True} if self.is_read_only else {},
            "comment": fields.comment,
            "tags": list(fields.tags),
            "created_on": self.created_on,
            "modified_on": self.modified_on,
        }
        shown |= {
            key: value
            for key, value in (
                ("priority", fields.priority),
                ("data", fields.data),
                ("private_routing", fields.private_routing or None),
                ("comment_modified_on", self.comment_modified_on),
                ("tags_modified_on", self.tags_modified_on),
            )
            if value is not None
        }
        return shown


@dataclass(frozen=True, slots=True)
class OddRecord:
    """A record that lists show exactly as given; no other request finds it."""

    fields: Mapping[str, Any]

    def shown(self) -> dict[str, Any]:
        """Return the record as the API shows it."""
        return dict(self.fields)


@lru_cache(maxsize=8192)
def is_proxiable(type_: str, content: str) -> bool:
    """Return whether a record can be proxied.

    >>> is_proxiable("A", "192.168.1.1"), is_proxiable("A", "192.0.2.1")
    (False, True)
    """
    if type_ not in PROXIABLE_TYPES:
        return False
    if type_ == "CNAME":
        return True
    address = ip_address(content)
    return not any(address in network for network in UNREACHABLE)


def timestamp(moment: datetime) -> str:
    """Return a UTC time in the format of Cloudflare: microseconds without trailing zeros.

    >>> timestamp(datetime(2026, 11, 23, 12, 0, 0, 179770))
    '2026-11-23T12:00:00.17977Z'
    """
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").removesuffix(".") + "Z"
