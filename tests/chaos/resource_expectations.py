"""What resources must hold in a home without faults, and which ones are wrong meanwhile."""

from collections.abc import Iterator

from .constants import DNS_LOCATION, FAMILIES, LISTS
from .integration import loaded_zone
from .model import connection_of_source
from .resource_model import label_of
from .scenario import InvariantViolationError
from .world import World


class ResourceExpectations:
    """Checks what the lists and the location of the account hold for this home."""

    def __init__(self, world: World) -> None:
        """Check the account of a world."""
        self._world = world

    def check(self) -> None:
        """Check that each resource holds this home's address once, and no old one."""
        for kind in self._world.resources.configs:
            for label in FAMILIES:
                self._check_family(kind, label)

    def without_source(self) -> Iterator[tuple[str, str]]:
        """Yield the zones and kinds of resources without any source, which is a problem."""
        managed = {kind for kind, _ in self._world.resources.managed()}
        for kind, config in self._world.resources.configs.items():
            if kind not in managed:
                yield config.zone, kind

    def check_deleted(self) -> None:
        """Check that a list that had to be left empty of this home's items is."""
        for kind in self._world.resources.must_delete.intersection(LISTS):
            shared = {item.network for item in self._world.account.foreign(kind)}
            if left := {*self._world.account.own(kind)} - shared:
                raise InvariantViolationError(f"{kind}: {left} was not deleted with it")

    def _check_family(self, kind: str, label: str) -> None:
        managed = self._world.resources.managed().get((kind, label))
        account = self._world.account
        own = [network for network in account.own(kind) if label_of(network) == label]
        shared = {item.network for item in account.foreign(kind)}
        if kind == DNS_LOCATION:
            shared |= account.left_networks
        expected: list[str] = []
        if managed:
            source = managed.source
            address = self._world.network.addresses[connection_of_source(source), FAMILIES[label]]
            expected = [managed.network(address)]
        held = {*own} | shared
        is_held_once = held.issuperset(expected) and own.count(*expected or [""]) <= 1
        old = {*own} - {*expected} - shared
        if old or not is_held_once:
            zone = self._world.resources.configs[kind].zone
            loaded = loaded_zone(self._world.core.hass, zone)
            raise InvariantViolationError(
                f"{kind} holds {own}, not {expected}: {loaded and loaded.resource_problems}"
            )
