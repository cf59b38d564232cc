"""The subentry flow of a Zero Trust list."""

from ..ddns import ResourceKind
from .resource_form import ResourceFlow


class ZeroTrustListFlow(ResourceFlow):
    """Add or change a Zero Trust list."""

    kind = ResourceKind.ZERO_TRUST_LIST
