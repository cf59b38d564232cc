"""The kinds of resources, each with its requests."""

from collections.abc import Mapping

from ..cloudflare.client import CloudflareClient
from ..zones import AccountId
from .api import ResourceApi
from .dns_location import DnsLocationApi
from .ip_list import IpListApi
from .resource_settings import AccountResource, ResourceKind
from .zero_trust_list import ZeroTrustListApi

APIS: Mapping[ResourceKind, type[ResourceApi]] = {
    ResourceKind.IP_LIST: IpListApi,
    ResourceKind.ZERO_TRUST_LIST: ZeroTrustListApi,
    ResourceKind.DNS_LOCATION: DnsLocationApi,
}


async def find_resources(
    client: CloudflareClient, kind: ResourceKind, account_id: AccountId
) -> list[AccountResource]:
    """Return the resources of a kind that an account has. Raises CloudflareError."""
    return await APIS[kind].find(client, account_id)
