"""How resources and their addresses are written in requests and responses."""

import re

from ..cloudflare.codec import JsonObject, checked
from ..models import ResourceId
from .config import Network

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_resource_id(text: str) -> bool:
    """Return whether a text has the form of the identifier of a resource: some are UUIDs."""
    return bool(_ID.fullmatch(text))


def read_resource_id(fields: JsonObject) -> ResourceId:
    """Return the identifier of a resource, checked because it becomes part of a path."""
    value = checked(fields.get("id"), str)
    return ResourceId(checked(value if is_resource_id(value) else None, str))


def network_text(network: Network) -> str:
    """Return a network as lists show it: a single address without the length of its prefix."""
    return str(network).removesuffix(f"/{network.max_prefixlen}")
