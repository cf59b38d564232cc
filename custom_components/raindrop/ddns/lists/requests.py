"""Requests about the lists of an account; items change by operations that take time.

https://developers.cloudflare.com/waf/tools/lists/lists-api/
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from ipaddress import ip_network

from ..cloudflare.client import CloudflareClient
from ..cloudflare.codec import checked, json_object, read_id
from ..cloudflare.ownership import owner_comment, read_owner
from ..errors import (
    CloudflareBusyError,
    CloudflareError,
    CloudflareRefusedError,
    CloudflareResponseError,
    Permission,
)
from ..models import ListId, Owner
from ..zones import AccountId
from .plan import IpList, ItemId, ListConfig, ListItem, Network

_PAGE_SIZE = 500
_MAX_PAGES = 100
_IP = "ip"
_NEEDS = Permission.LISTS_EDIT


class OperationStatus(StrEnum):
    """How far an operation is; any other status counts as pending."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


async def read_lists(client: CloudflareClient, account_id: AccountId) -> list[IpList]:
    """Return the IP lists of an account. Raises CloudflareError."""
    envelope = await client.call("GET", f"/accounts/{account_id}/rules/lists", _NEEDS)
    lists = map(json_object, checked(envelope.result or [], list))
    return [
        IpList(
            id=ListId(read_id(fields)),
            name=checked(fields.get("name"), str),
            item_count=checked(fields.get("num_items", 0), int),
        )
        for fields in lists
        if fields.get("kind") == _IP
    ]


async def check_list_edit(client: CloudflareClient, config: ListConfig) -> None:
    """Raise CloudflarePermissionError if the credential may not edit lists.

    Appends no items. Any response of Cloudflare but a denial means that it may.
    """
    try:
        await _begin(client, "POST", config, [])
    except CloudflareError as err:
        if not (isinstance(err, CloudflareBusyError) or err.is_of_content):
            raise


async def read_items(client: CloudflareClient, config: ListConfig) -> list[ListItem]:
    """Return all items of a list: the complete list or an error.

    An item that cannot be read is left out unless it is this home's. Raises CloudflareError.
    """
    items: dict[ItemId, ListItem] = {}
    query = {"per_page": str(_PAGE_SIZE)}
    for _ in range(_MAX_PAGES):
        envelope = await client.call("GET", _path(config), _NEEDS, query=query)
        found = (_read_item(value, client) for value in checked(envelope.result or [], list))
        # By identifier: two pages may have the same item if the list changes between them.
        items |= {item.id: item for item in found if item}
        info = json_object(envelope.result_info or {})
        after = json_object(info.get("cursors") or {}).get("after")
        if not after:
            return [*items.values()]
        query["cursor"] = checked(after, str)
    raise CloudflareResponseError("Cloudflare's list has no end")


async def add_items(
    client: CloudflareClient, config: ListConfig, networks: Iterable[Network]
) -> str:
    """Begin to add items with this home's comment; return the operation. Raises CloudflareError."""
    comment = owner_comment(client.home_id)
    items = [{"ip": _text(network), "comment": comment} for network in networks]
    return await _begin(client, "POST", config, items)


async def delete_items(
    client: CloudflareClient, config: ListConfig, items: Sequence[ListItem]
) -> str:
    """Begin to delete items; return the operation. Raises CloudflareError."""
    return await _begin(client, "DELETE", config, {"items": [{"id": item.id} for item in items]})


async def is_completed(client: CloudflareClient, config: ListConfig, operation_id: str) -> bool:
    """Return whether an operation is completed, not only pending.

    Raises CloudflareRefusedError with Cloudflare's words for one that failed, or
    another CloudflareError.
    """
    path = f"/accounts/{config.account_id}/rules/lists/bulk_operations/{operation_id}"
    fields = json_object((await client.call("GET", path, _NEEDS)).result)
    if fields.get("status") == OperationStatus.FAILED:
        reason = client.quote(str(fields.get("error")))
        raise CloudflareRefusedError(f"Cloudflare could not change the list: {reason}")
    return fields.get("status") == OperationStatus.COMPLETED


async def _begin(client: CloudflareClient, method: str, config: ListConfig, body: object) -> str:
    envelope = await client.call(method, _path(config), _NEEDS, body=body, begins_operation=True)
    return read_id({"id": json_object(envelope.result).get("operation_id")})


def _path(config: ListConfig) -> str:
    return f"/accounts/{config.account_id}/rules/lists/{config.list_id}/items"


def _text(network: Network) -> str:
    """Return a network as lists hold it: a single address without the length of its prefix."""
    is_host = network.prefixlen == network.max_prefixlen
    return str(network.network_address if is_host else network)


def _read_item(value: object, client: CloudflareClient) -> ListItem | None:
    """Return an item, None for one of somebody else that cannot be read."""
    fields = json_object(value)
    comment = fields.get("comment")
    comment = comment if isinstance(comment, str) and comment else None
    owner = read_owner(comment, client.home_id)
    try:
        network = ip_network(checked(fields.get(_IP), str), strict=False)
        return ListItem(id=ItemId(read_id(fields)), network=network, comment=comment, owner=owner)
    except (ValueError, CloudflareResponseError):
        if owner is Owner.THIS_HOME:
            raise CloudflareResponseError("An item of this home cannot be read") from None
        return None
