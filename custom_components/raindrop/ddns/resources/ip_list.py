"""IP lists, which rules of the firewall refer to; items change by operations that take time.

https://developers.cloudflare.com/waf/tools/lists/lists-api/
"""

from collections.abc import Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import override

from ..cloudflare.client import CloudflareClient
from ..cloudflare.codec import checked, json_object, read_id
from ..errors import CloudflareError, CloudflareRefusedError, CloudflareResponseError, Permission
from ..models import Network
from ..zones import AccountId
from .api import Changes, ResourceApi
from .resource_codec import network_text, read_item, read_lists
from .resource_plan import ResourcePlan
from .resource_settings import AccountResource, ItemId, ResourceItem

_PAGE_SIZE = 500
_MAX_PAGES = 100
_IP = "ip"
_NEEDS = Permission.LISTS_EDIT


class OperationStatus(StrEnum):
    """How far an operation is; any other status counts as pending."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


class IpListApi(ResourceApi):
    """An IP list: items are added, and when that is certain, old ones are deleted.

    Only one may be changed for each account at a time.
    """

    @staticmethod
    @override
    async def find(client: CloudflareClient, account_id: AccountId) -> list[AccountResource]:
        """Return the IP lists of an account. Raises CloudflareError."""
        envelope = await client.call("GET", f"/accounts/{account_id}/rules/lists", _NEEDS)
        return read_lists(envelope.result, type_key="kind", type_=_IP, count_key="num_items")

    @override
    async def check_edit(self) -> None:
        """Append no items."""
        await self._begin("POST", [])

    @override
    async def read(self) -> list[ResourceItem]:
        """Return all items."""
        items: dict[ItemId, ResourceItem] = {}
        query = {"per_page": str(_PAGE_SIZE)}
        for _ in range(_MAX_PAGES):
            envelope = await self._client.call("GET", self._path, _NEEDS, query=query)
            found = map(self._read_item, checked(envelope.result or [], list))
            # By identifier: two pages may have the same item if the list changes between them.
            items |= {item.id: item for item in found if item}
            info = json_object(envelope.result_info or {})
            after = json_object(info.get("cursors") or {}).get("after")
            if not after:
                return [*items.values()]
            query["cursor"] = checked(after, str)
        raise CloudflareResponseError("Cloudflare's list has no end")

    @override
    async def change(self, plan: ResourcePlan, changes: Changes) -> None:
        """Add, then delete."""
        await self._add(plan.add, changes)
        uncertain = {network.version for network in plan.add if network not in changes.added}
        old = [item for item in plan.delete if item.network.version not in uncertain]
        if not old or any(not error.is_of_content for error in changes.errors):
            return
        try:
            body = {"items": [{"id": item.id} for item in old]}
            await self._complete(await self._begin("DELETE", body))
            changes.deleted += old
        except CloudflareError as err:
            changes.errors.append(err)

    async def _add(self, networks: Sequence[Network], changes: Changes) -> None:
        """Add items with this home's comment together, or one by one if that is refused."""
        if not networks:
            return
        comment = self._client.ownership.comment()
        items = [{"ip": network_text(network), "comment": comment} for network in networks]
        try:
            await self._complete(await self._begin("POST", items))
            changes.added += networks
        except CloudflareError as err:
            if err.is_of_content and len(networks) > 1:
                for network in networks:
                    await self._add([network], changes)
            else:
                changes.errors.append(err)

    async def _begin(self, method: str, body: object) -> str:
        """Begin an operation; return its identifier. Raises CloudflareError."""
        envelope = await self._client.call(
            method, self._path, _NEEDS, body=body, begins_operation=True
        )
        return read_id({"id": json_object(envelope.result).get("operation_id")})

    async def _complete(self, operation_id: str) -> None:
        """Wait until an operation is completed. Raises CloudflareError.

        What happened to an operation that the API does not find is not known.
        """
        while await self._wait():
            try:
                if await self._is_completed(operation_id):
                    return
            except CloudflareError as err:
                if err.status == HTTPStatus.NOT_FOUND:
                    break
                raise
        raise CloudflareResponseError("It is not known whether the list was changed")

    async def _is_completed(self, operation_id: str) -> bool:
        """Return whether an operation is completed, not only pending.

        Raises CloudflareRefusedError with Cloudflare's words for one that failed, or
        another CloudflareError.
        """
        path = f"/accounts/{self._config.account_id}/rules/lists/bulk_operations/{operation_id}"
        fields = json_object((await self._client.call("GET", path, _NEEDS)).result)
        if fields.get("status") == OperationStatus.FAILED:
            reason = self._client.quote(str(fields.get("error")))
            raise CloudflareRefusedError(f"Cloudflare could not change the list: {reason}")
        return fields.get("status") == OperationStatus.COMPLETED

    @property
    def _path(self) -> str:
        return f"/accounts/{self._config.account_id}/rules/lists/{self._config.resource_id}/items"

    def _read_item(self, value: object) -> ResourceItem | None:
        """Return an item, None for one of somebody else that cannot be read."""
        fields = json_object(value)
        return read_item(
            fields.get("comment"),
            self._client.ownership,
            lambda: (read_id(fields), checked(fields.get(_IP), str)),
        )
