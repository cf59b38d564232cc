"""What is managed in a zone: records with their sources and policies, as the user configured it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .models import HostName, Policy, RecordKey, ZoneId
from .sources import Connection, ConnectionId, FailoverTimes, Family, Meaning, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRecord:
    """A record key with its source and policy: what the user configured."""

    record_key: RecordKey
    source: Source
    """The source in use; configured, that of the first connection."""
    policy: Policy = field(default_factory=Policy)
    is_paused: bool = False
    """Whether nothing is written, whatever the address and the record are."""
    text_names: frozenset[HostName] = frozenset()
    """The names whose texts follow the address of this record."""
    connections: tuple[Connection, ...] = ()
    """The connections of which the first that is up gives the address, in order.

    None if the source alone does.
    """
    failover: FailoverTimes = field(default_factory=FailoverTimes)
    up_sensor: str = ""
    """The binary sensor of the connection of the record key, if it has one."""
    is_down: bool = False
    """Whether the connection of the record key is known to be down, as an update found out."""

    @property
    def sources(self) -> frozenset[Source]:
        """The source, and those of the connections."""
        return frozenset({self.source, *(c.source for c in self.connections)})

    def connection(self, connection_id: ConnectionId) -> Connection | None:
        """Return the connection with an id, None if there is none."""
        return next((c for c in self.connections if c.id == connection_id), None)

    @property
    def lacks_prefix(self) -> bool:
        """Whether it needs the prefix of the network, and its source is the router itself."""
        return self.policy.interface_id is not None and self.source.meaning is Meaning.ROUTER


@dataclass(frozen=True, kw_only=True)
class ZoneConfig:
    """What is managed in a zone."""

    zone_id: ZoneId
    zone_name: HostName | None = None
    """None if the credential may not read the zone itself."""
    home_sources: Sequence[Source]
    """The sources of the home's own address, one for each family, used by a record or not."""
    managed_records: Sequence[ManagedRecord]
    """The records of the zone; each may have a source of its own."""

    @cached_property
    def home_source(self) -> Mapping[Family, Source]:
        """The source of the home's own address, by family."""
        return {source.family: source for source in self.home_sources}

    @cached_property
    def sources(self) -> frozenset[Source]:
        """All sources that an update asks."""
        sources = {*self.home_sources, *(m.source for m in self.managed_records)}
        return frozenset(sources | self.connection_sources)

    @cached_property
    def connection_sources(self) -> frozenset[Source]:
        """The sources of connections, of which a silent one matters as well."""
        of_records = {m.source for m in self.managed_records if m.record_key.connection}
        return frozenset(
            of_records | {c.source for m in self.managed_records for c in m.connections}
        )

    @cached_property
    def has_connections(self) -> bool:
        """Whether a record uses the first of several connections."""
        return any(managed.connections for managed in self.managed_records)

    @cached_property
    def up_sensors(self) -> frozenset[str]:
        """The binary sensors of connections."""
        of_records = {m.up_sensor for m in self.managed_records}
        of_connections = {c.up_sensor for m in self.managed_records for c in m.connections}
        return frozenset(of_records | of_connections) - {""}

    @cached_property
    def names(self) -> frozenset[HostName]:
        """The host names of all managed records."""
        return frozenset(managed.record_key.name for managed in self.managed_records)

    @cached_property
    def has_connection_records(self) -> bool:
        """Whether there is a name with a record for every connection."""
        return any(managed.record_key.connection for managed in self.managed_records)

    @cached_property
    def has_texts(self) -> bool:
        """Whether texts follow the address of a record."""
        return any(managed.text_names for managed in self.managed_records)

    def siblings(self, record_key: RecordKey) -> list[ManagedRecord]:
        """Return the records of a name and type, one for each connection if there are several."""
        return [m for m in self.managed_records if m.record_key.rrset == record_key.rrset]
