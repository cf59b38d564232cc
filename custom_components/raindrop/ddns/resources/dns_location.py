"""DNS locations of Cloudflare Gateway, which find out by IPv4 networks whose queries to filter.

A location is replaced as a whole: one request reads it, one sends it back with one
network changed. Networks have no comment: which one is this home's is remembered.

https://developers.cloudflare.com/cloudflare-one/networks/resolvers-and-proxies/dns/locations/
"""

from ipaddress import IPv4Network
from typing import override

from ..cloudflare.client import CloudflareClient
from ..cloudflare.codec import checked
from ..errors import (
    ChangedSettingsError,
    CloudflareError,
    CloudflareResponseError,
    LastNetworkError,
    Permission,
    UnknownNetworkError,
    UnknownSettingsError,
)
from ..models import Owner, Reason
from ..zones import AccountId
from .api import Changes, ResourceApi
from .dns_location_codec import Location, read_location
from .resource_codec import network_text
from .resource_plan import ResourcePlan
from .resource_settings import AccountResource, ItemId, ResourceItem

_NEEDS = Permission.ZERO_TRUST_EDIT
_NO_LOCATION = "0" * 32


class DnsLocationApi(ResourceApi):
    """A DNS location: one of its networks is replaced, and all else is sent back as it was."""

    _location: Location

    @staticmethod
    @override
    async def find(client: CloudflareClient, account_id: AccountId) -> list[AccountResource]:
        """Return the DNS locations of an account. Raises CloudflareError."""
        envelope = await client.call("GET", f"/accounts/{account_id}/gateway/locations", _NEEDS)
        locations = map(read_location, checked(envelope.result or [], list))
        return [
            AccountResource(id=one.id, name=one.name, item_count=len(one.networks))
            for one in locations
        ]

    @override
    async def check_edit(self) -> None:
        """Send nothing to a location that cannot exist."""
        await self._client.call("PUT", self._path(_NO_LOCATION), _NEEDS, body={})

    @override
    async def read(self) -> list[ResourceItem]:
        """Return the networks. Raises UnknownSettingsError if a write would lose settings."""
        envelope = await self._client.call("GET", self._path(self._config.resource_id), _NEEDS)
        self._location = read_location(envelope.result)
        if self._location.unknown:
            raise UnknownSettingsError(self._location.unknown)
        self.obstacle = None if self._location.uses_networks else Reason.IPV4_OFF
        own = next((network for network in self._own or () if network in self._networks), None)
        return [
            ResourceItem(
                id=ItemId(network_text(network)),
                network=network,
                owner=Owner.THIS_HOME if network == own else Owner.NOBODY,
            )
            for network in self._networks
        ]

    @override
    async def change(self, plan: ResourcePlan, changes: Changes) -> None:
        """Replace the location, with one network changed."""
        if not plan:
            return
        try:
            after = self._after(plan)
            answer = await self._replace(after)
        except CloudflareError as err:
            changes.errors.append(err)
            return
        changes.added += [network for network in plan.add if network in answer.networks]
        changes.deleted += [item for item in plan.delete if item.network not in answer.networks]
        if len(changes.added) < len(plan.add):
            changes.errors.append(CloudflareResponseError("Cloudflare kept the networks"))
        touched = {*plan.add, *(item.network for item in plan.delete)}
        differences = self._location.differences(answer)
        if after.keys() - touched != answer.networks.keys() - touched:
            differences = (*differences, "networks")
        if differences:
            changes.errors.append(ChangedSettingsError(differences))

    def _after(self, plan: ResourcePlan) -> dict[IPv4Network, str]:
        """Return the networks after a change: all others as they were, in order.

        Raises UnknownNetworkError if it is not known what to replace, and
        LastNetworkError if a location is left that filters queries from anywhere.
        """
        if plan.add and self._own is None:
            raise UnknownNetworkError
        gone = {item.network for item in plan.delete}
        added = {IPv4Network(network): str(network) for network in plan.add}
        after: dict[IPv4Network, str] = {}
        for network, text in self._networks.items():
            after |= added if network in gone else {network: text}
        after |= added
        if not after and self._location.has_own_destination:
            raise LastNetworkError
        return after

    async def _replace(self, networks: dict[IPv4Network, str]) -> Location:
        """Send the location back with other networks; return what it is then.

        Raises CloudflareError.
        """
        path = self._path(self._config.resource_id)
        body = self._location.body(networks)
        return read_location((await self._client.call("PUT", path, _NEEDS, body=body)).result)

    @property
    def _networks(self) -> dict[IPv4Network, str]:
        return dict(self._location.networks)

    def _path(self, location_id: str) -> str:
        return f"/accounts/{self._config.account_id}/gateway/locations/{location_id}"
