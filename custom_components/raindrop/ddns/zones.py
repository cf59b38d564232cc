"""A zone as Cloudflare describes it: what decides whether the world can see its records.

https://developers.cloudflare.com/api/resources/zones/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from .errors import AmbiguousZoneError
from .models import HostName, Reason, ZoneId

AccountId = NewType("AccountId", str)
"""32 lower-case hexadecimal characters."""

MAX_BATCH = 200
"""Operations in one batch on the Free plan; every plan allows as many."""
MAX_BATCH_PAID = 3500
"""Operations in one batch on the Pro, Business and Enterprise plans.

https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/
"""
_PAID_PLANS = ("pro", "business", "enterprise")


_BY_STATUS = {
    "initializing": Reason.ZONE_PENDING,
    "pending": Reason.ZONE_PENDING,
    "moved": Reason.ZONE_MOVED,
}
_BY_TYPE = {"secondary": Reason.ZONE_SECONDARY, "partial": Reason.ZONE_PARTIAL}


class ZoneStatus(StrEnum):
    """Whether the registrar points the zone's name to Cloudflare.

    https://developers.cloudflare.com/dns/zone-setups/reference/domain-status/
    """

    INITIALIZING = "initializing"
    """The zone was just added."""
    PENDING = "pending"
    """Its registrar does not have Cloudflare's nameservers yet."""
    ACTIVE = "active"
    MOVED = "moved"
    """Its registrar now has other nameservers; Cloudflare deletes the zone after a while."""


class ZoneType(StrEnum):
    """Where the zone's authoritative DNS is.

    https://developers.cloudflare.com/dns/zone-setups/
    """

    FULL = "full"
    """At Cloudflare, which is where the records are edited."""
    PARTIAL = "partial"
    """At another provider, which points individual names to Cloudflare's proxy (CNAME setup)."""
    SECONDARY = "secondary"
    """At Cloudflare, with records that come by zone transfer."""
    INTERNAL = "internal"
    """In private networks only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A Cloudflare zone as the API describes it; what a response omits is not known."""

    id: ZoneId
    name: HostName | None
    """None if the credential may not read the zone itself."""
    status: ZoneStatus | None = None
    """None also for an unknown one."""
    paused: bool = False
    """Whether the proxy is off for all names: proxied ones resolve to their real address."""
    type: ZoneType | None = None
    """None also for an unknown one."""
    name_servers: tuple[HostName, ...] = ()
    """Cloudflare's own."""
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
    def problem(self) -> Reason | None:
        """Why the world does not see the zone's records as it should, None if it does.

        If there are several reasons, the one that makes the others irrelevant.
        """
        if self.type is ZoneType.INTERNAL:
            return Reason.ZONE_INTERNAL
        return (
            _BY_STATUS.get(self.status or "")
            or _BY_TYPE.get(self.type or "")
            or (Reason.ZONE_PAUSED if self.paused else None)
        )

    def problem_of(self, *, proxied: bool) -> Reason | None:
        """Why the world does not see one of its records as it should, None if it does."""
        is_seen = proxied and self.problem is Reason.ZONE_PARTIAL
        return None if is_seen else self.problem

    @property
    def registrar_name_servers(self) -> tuple[HostName, ...]:
        """The nameservers that have to be entered at the registrar."""
        return self.vanity_name_servers or self.name_servers

    @property
    def label(self) -> str:
        """What distinguishes zones of one name: status, account and identifier.

        Not the name of the account, which contains an email address by default.
        """
        return f"{self.status or '?'}: {self.account_id or '?'} / {self.id}"

    @property
    def max_batch(self) -> int:
        """How many changes its plan allows in one batch."""
        return MAX_BATCH_PAID if self.is_paid else MAX_BATCH


def active_zone(zones: Sequence[Zone]) -> Zone | None:
    """Return the active one of several zones of one name, the only one, or None if there is none.

    While a name moves between accounts, both have a zone for it. Raises AmbiguousZoneError.
    """
    candidates = [zone for zone in zones if zone.status is ZoneStatus.ACTIVE] or zones
    if len(candidates) > 1:
        raise AmbiguousZoneError({zone.id: zone.label for zone in candidates})
    return next(iter(candidates), None)
