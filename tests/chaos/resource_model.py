"""The model of what the home keeps in the lists and in the DNS location of its account."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from .constants import FAMILIES
from .model import Source, ZoneModel

type ResourceKey = tuple[str, str]
"""The kind of a resource, and the family of an address that it holds."""

_PREFIX_LENGTHS = {"network": 64, "host": 128}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceConfig:
    """The configuration of one resource, with the defaults of the form."""

    kind: str
    zone: str
    """The zone whose entry has it."""
    families: tuple[str, ...] = ("ipv4",)
    ipv6_entry: str = "network"
    delete_items: bool = False
    """Whether this home's items are deleted when it is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedAddress:
    """One address that a resource has to hold."""

    source: Source
    prefix_length: int

    def network(self, address: str) -> str:
        """Return what the resource holds for an address of the home."""
        return network_of(address, self.prefix_length)


class ResourceModel:
    """The configured resources of all zones, each of which one zone has at most."""

    def __init__(self, zones: Mapping[str, ZoneModel]) -> None:
        """Start without any."""
        self.configs: dict[str, ResourceConfig] = {}
        """By kind."""
        self.deletable: set[str] = set()
        """The kinds of those whose items may be deleted."""
        self.must_delete: set[str] = set()
        """The kinds of those whose items have to be deleted."""
        self._zones = zones
        self._loaded_deletions: set[str] = set()

    def of_zone(self, zone: str) -> list[ResourceConfig]:
        """Return the resources of a zone."""
        return [config for config in self.configs.values() if config.zone == zone]

    def managed(self) -> dict[ResourceKey, ManagedAddress]:
        """Return what each resource has to hold, as far as there is a source for it."""
        return {
            (kind, label): ManagedAddress(
                source=source, prefix_length=_prefix_length(config, label)
            )
            for kind, config in self.configs.items()
            for label in config.families
            if (source := self._source(config.zone, label))
        }

    def save(self, config: ResourceConfig) -> None:
        """Add or replace a resource."""
        self.configs[config.kind] = config
        self.deletable.discard(config.kind)
        self.must_delete.discard(config.kind)

    def remove(self, kind: str) -> None:
        """Remove a resource."""
        if self.configs.pop(kind).delete_items:
            self.deletable.add(kind)
            self.must_delete |= {kind} & self._loaded_deletions

    def entry_loaded(self, zone: str) -> None:
        """Note that the entry of a zone was set up with the current configuration."""
        for config in self.of_zone(zone):
            self._loaded_deletions.discard(config.kind)
            if config.delete_items:
                self._loaded_deletions.add(config.kind)

    def _source(self, zone: str, label: str) -> Source | None:
        model = self._zones[zone]
        return model.sources.source(model.choices[label], label)


def network_of(address: str, prefix_length: int = 128) -> str:
    """Return the network of an address, which is that address alone for IPv4."""
    length = prefix_length if ":" in address else 32
    return str(ip_network((address, length), strict=False))


def label_of(network: str) -> str:
    """Return the label of the family of a network."""
    version = ip_network(network).version
    return next(label for label, family in FAMILIES.items() if family == version)


def _prefix_length(config: ResourceConfig, label: str) -> int:
    return 32 if label == "ipv4" else _PREFIX_LENGTHS[config.ipv6_entry]
