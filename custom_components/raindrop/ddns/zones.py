"""A zone as Cloudflare describes it: what decides whether the world can see its records.

https://developers.cloudflare.com/api/resources/zones/
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from .models import HostName, ZoneId

AccountId = NewType("AccountId", str)
"""32 lower-case hexadecimal characters."""

MAX_BATCH = 200
"""Operations in one batch on the Free plan; every plan allows as many."""
MAX_BATCH_PAID = 3500
"""Operations in one batch on the Pro, Business and Enterprise plans.

https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/
"""
_PAID_PLANS = ("pro", "business", "enterprise")


class ZoneStatus(StrEnum):
    """Whether the registrar points the zone's name to Cloudflare.

    https://developers.cloudflare.com/dns/zone-setups/reference/domain-status/
    """

    INITIALIZING = "initializing"
    """The zone was just added."""
    PENDING = "pending"
    """Its registrar does not name Cloudflare's name servers yet."""
    ACTIVE = "active"
    MOVED = "moved"
    """Its registrar names other name servers now; Cloudflare deletes the zone after a while."""


class ZoneType(StrEnum):
    """Where the zone's authoritative DNS is.

    https://developers.cloudflare.com/dns/zone-setups/
    """

    FULL = "full"
    """At Cloudflare, which is where the records are edited."""
    PARTIAL = "partial"
    """At another provider, which points single names to Cloudflare's proxy (CNAME setup)."""
    SECONDARY = "secondary"
    """At Cloudflare, with records that come by zone transfer."""
    INTERNAL = "internal"
    """In private networks only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A Cloudflare zone as the API describes it; what a response leaves out is not known."""

    id: ZoneId
    name: HostName | None
    """None if the credential may not read the zone itself."""
    status: ZoneStatus | None = None
    """None also for one that is not known here."""
    paused: bool = False
    """Whether the proxy is off for all names: proxied ones resolve to their real address."""
    type: ZoneType | None = None
    """None also for one that is not known here."""
    name_servers: tuple[HostName, ...] = ()
    """Those that the registrar has to name."""
    vanity_name_servers: tuple[HostName, ...] = ()
    """The zone's own names for them, if it has any."""
    account_id: AccountId | None = None
    plan: str | None = None
    """Such as ``free`` or ``pro``."""

    @property
    def is_paid(self) -> bool:
        """Whether its plan is known to allow large batches."""
        return self.plan in _PAID_PLANS

    @property
    def max_batch(self) -> int:
        """How many changes its plan allows in one batch."""
        return MAX_BATCH_PAID if self.is_paid else MAX_BATCH
