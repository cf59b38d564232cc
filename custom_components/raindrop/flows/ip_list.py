"""The subentry flow of an IP list."""

from ..ddns import ResourceKind
from .resource_form import ResourceFlow


class IpListFlow(ResourceFlow):
    """Add or change an IP list."""

    kind = ResourceKind.IP_LIST
