"""Plan which items a resource needs for this home, and which of its own it no longer needs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..models import Network, Owner
from ..sources import Family
from .resource_settings import ResourceConfig, ResourceItem


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePlan:
    """The changes of a resource; nothing is deleted before what is added is certain."""

    add: Sequence[Network] = ()
    delete: Sequence[ResourceItem] = ()

    def __bool__(self) -> bool:
        """Return whether it changes anything."""
        return bool(self.add or self.delete)


def plan_resource(
    config: ResourceConfig, desired: Mapping[Family, Network | None], items: Iterable[ResourceItem]
) -> ResourcePlan:
    """Return the changes that a resource needs.

    An address that any item holds is not added: Cloudflare might replace the
    item of somebody else. Of the items of this home, one for each address is
    kept, and those of a family whose address is not known.
    """
    items = [*items]
    held = {item.network for item in items}
    kept: set[Network] = set()
    delete: list[ResourceItem] = []
    for item in filter(config.is_own, items):
        if desired.get(Family(item.network.version), item) is None:
            continue
        if item.network in desired.values() and item.network not in kept:
            kept.add(item.network)
        else:
            delete.append(item)
    add = [network for network in desired.values() if network and network not in held]
    return ResourcePlan(add=add, delete=delete)


def adoptable_items(
    items: Iterable[ResourceItem], networks: Collection[Network]
) -> list[ResourceItem]:
    """Return the items without a comment that hold an address of this home."""
    unclaimed = (item for item in items if item.owner is Owner.NOBODY and not item.comment)
    return [item for item in unclaimed if item.network in networks]
