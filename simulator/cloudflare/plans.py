"""The plans of zones and their limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type PlanName = Literal["free", "pro", "business", "enterprise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits of one plan."""

    name: str
    legacy_id: PlanName
    records: int = 3500
    operations: int = 3500
    """The maximum number of operations in a batch."""
    comment: int = 500
    tags: int = 20
    min_ttl_s: int = 60


PLANS: Mapping[PlanName, Plan] = {
    "free": Plan(
        name="Free Website", legacy_id="free", records=200, operations=200, comment=100, tags=0
    ),
    "pro": Plan(name="Pro Website", legacy_id="pro"),
    "business": Plan(name="Business Website", legacy_id="business"),
    "enterprise": Plan(name="Enterprise Website", legacy_id="enterprise", min_ttl_s=30),
}
