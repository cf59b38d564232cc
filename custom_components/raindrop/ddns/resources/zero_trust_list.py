"""Zero Trust lists, which Access policies and Gateway rules refer to; changed by one request.

https://developers.cloudflare.com/api/resources/zero_trust/subresources/gateway/subresources/lists/
"""

from collections.abc import Iterable
from typing import override

from ..cloudflare.client import CloudflareClient
from ..cloudflare.codec import JsonObject, checked, json_object
from ..errors import CloudflareError, CloudflareResponseError, Permission
from ..models import Network
from ..zones import AccountId
from .api import Changes, ResourceApi
from .resource_codec import network_text, read_item, read_lists
from .resource_plan import ResourcePlan
from .resource_settings import AccountResource, ResourceItem

_PAGE_SIZE = 1000
"""As many items as a list of a standard plan can have."""
_MAX_PAGES = 100
_IP = "IP"
_NEEDS = Permission.ZERO_TRUST_EDIT


class ZeroTrustListApi(ResourceApi):
    """A Zero Trust list: old items are removed by the request that appends the new ones.

    Items have no identifier. Removing a value removes it for everybody who added it.
    """

    @staticmethod
    @override
    async def find(client: CloudflareClient, account_id: AccountId) -> list[AccountResource]:
        """Return the Zero Trust lists of IP addresses of an account. Raises CloudflareError."""
        path, query = f"/accounts/{account_id}/gateway/lists", {"type": _IP}
        envelope = await client.call("GET", path, _NEEDS, query=query)
        return read_lists(envelope.result, type_key="type", type_=_IP, count_key="count")

    @override
    async def check_edit(self) -> None:
        """Append and remove nothing."""
        await self._patch([], [])

    @override
    async def read(self) -> list[ResourceItem]:
        """Return all items, without those of this home that are not its alone."""
        items = [*map(self._read_item, await self._read_all())]
        own = {item.network: item for item in items if item and self._config.is_own(item)}
        others = [item for item in items if item and not self._config.is_own(item)]
        # Removing the value would remove the item of somebody else as well.
        shared = {item.network for item in others}
        return [*others, *(item for item in own.values() if item.network not in shared)]

    @override
    async def change(self, plan: ResourcePlan, changes: Changes) -> None:
        """Append and remove in one request, or in one for each family if that is refused."""
        if not (plan.add or plan.delete):
            return
        try:
            await self._patch(plan.add, plan.delete)
            changes.added += plan.add
            changes.deleted += plan.delete
        except CloudflareError as err:
            versions = {network.version for network in plan.add}
            versions |= {item.network.version for item in plan.delete}
            if not err.is_of_content or len(versions) == 1:
                changes.errors.append(err)
                return
            for version in sorted(versions):
                add = [network for network in plan.add if network.version == version]
                delete = [item for item in plan.delete if item.network.version == version]
                await self.change(ResourcePlan(add=add, delete=delete), changes)

    async def _patch(self, add: Iterable[Network], remove: Iterable[ResourceItem]) -> None:
        comment = self._client.ownership.comment()
        body = {
            "append": [{"value": network_text(one), "description": comment} for one in add],
            "remove": [_value(item) for item in remove],
        }
        await self._client.call("PATCH", self._path, _NEEDS, body=body)

    async def _read_all(self) -> list[JsonObject]:
        """Return what the API shows of all items: the complete list or an error.

        Without the number of items, it is complete before an empty page.
        """
        items: list[JsonObject] = []
        for page in range(1, _MAX_PAGES + 1):
            query = {"page": str(page), "per_page": str(_PAGE_SIZE)}
            envelope = await self._client.call("GET", f"{self._path}/items", _NEEDS, query=query)
            found = [*map(json_object, checked(envelope.result or [], list))]
            items += found
            total = json_object(envelope.result_info or {}).get("total_count")
            if not found or len(items) == total:
                break
        else:
            raise CloudflareResponseError("Cloudflare's list has no end")
        # An item may be on two pages, and another one on none, if the list changes meanwhile.
        distinct = {str(sorted(one.items())) for one in items}
        if total not in {None, len(distinct)}:
            raise CloudflareResponseError("Cloudflare's list is not complete")
        return items

    def _read_item(self, fields: JsonObject) -> ResourceItem | None:
        """Return an item, None for one of somebody else that cannot be read."""

        def read() -> tuple[str, str]:
            value = checked(fields.get("value"), str)
            # A value that is removed and added again is another item.
            return f"{value} {fields.get('created_at')}", value

        return read_item(fields.get("description"), self._client.ownership, read)

    @property
    def _path(self) -> str:
        return f"/accounts/{self._config.account_id}/gateway/lists/{self._config.resource_id}"


def _value(item: ResourceItem) -> str:
    """Return the value of an item exactly as the API shows it."""
    return item.id.partition(" ")[0]
