"""How resources and their addresses are written in requests and responses."""

from collections.abc import Callable
from ipaddress import ip_network
import re

from ..cloudflare.codec import JsonObject, checked, json_object
from ..cloudflare.ownership import Ownership
from ..errors import CloudflareResponseError
from ..models import Network, Owner, ResourceId
from .resource_settings import AccountResource, ItemId, ResourceItem

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


def read_lists(
    result: object, *, type_key: str, type_: str, count_key: str
) -> list[AccountResource]:
    """Return the lists of one type among those of an account. Raises CloudflareResponseError."""
    lists = map(json_object, checked(result or [], list))
    return [
        AccountResource(
            id=read_resource_id(fields),
            name=checked(fields.get("name"), str),
            item_count=checked(fields.get(count_key, 0), int),
        )
        for fields in lists
        if fields.get(type_key) == type_
    ]


def read_item(
    comment: object, ownership: Ownership, read: Callable[[], tuple[str, str]]
) -> ResourceItem | None:
    """Return an item of a list, None for one of somebody else that cannot be read.

    ``read`` returns its identifier and its address. Raises CloudflareResponseError for an
    item of this home that cannot be read.
    """
    text = comment if isinstance(comment, str) and comment else None
    owner = ownership.owner_of(text)
    try:
        item_id, address = read()
        network = ip_network(address, strict=False)
    except (ValueError, CloudflareResponseError):
        if owner is Owner.THIS_HOME:
            raise CloudflareResponseError("An item of this home cannot be read") from None
        return None
    return ResourceItem(id=ItemId(item_id), network=network, comment=text, owner=owner)
