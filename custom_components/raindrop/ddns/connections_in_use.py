"""Which connection each record uses, and the address that is this connection's own."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from .addresses import network_of
from .detection.detection import Detection, Detections
from .failover import ConnectionReport, FailoverState, next_failover
from .models import Address, Network
from .sources import ConnectionId
from .state import State
from .update_result import DdnsEvent, EventType
from .zone_config import ManagedRecord, ZoneConfig


class InUse(NamedTuple):
    """What an update works with once it is known which connections are used."""

    config: ZoneConfig
    """The configuration, where each record has the source of the connection in use."""
    detections: Detections
    """With those of sources whose address is kept apart for a host name."""
    state: State
    """The state with what is known of the connections."""


def with_connections(
    config: ZoneConfig,
    detections: Detections,
    off_sensors: Collection[str],
    state: State,
    now: datetime,
) -> InUse:
    """Return what an update works with; without connections, that is what was given."""
    if not (config.has_connections or config.has_connection_records):
        return InUse(config, detections, state)
    detections, records = {**detections}, {**state.records}
    for managed in config.managed_records:
        if managed.connections:
            known = state.record(managed.record_key)
            own = _own_detections(managed, detections, known.failover)
            failover = next_failover(
                [*own],
                managed.failover,
                {
                    c.id: ConnectionReport(
                        address=own[c.id].address,
                        is_off=c.up_sensor in off_sensors,
                        is_elsewhere=own[c.id].expected != detections[c.source].expected,
                    )
                    for c in managed.connections
                },
                known.failover,
                now,
            )
            records[managed.record_key] = replace(known, failover=failover)
            detections |= {d.source: d for d in own.values() if d.source.host_name}
        elif _is_back(managed, config, detections, state):
            detection = detections[managed.source]
            back = _kept_apart(managed, detection, detection.candidate)
            detections[back.source] = back
    state = replace(state, records=records)
    looked = replace(state, detections=detections)
    in_use = [replace(m, source=looked.source(m)) for m in config.managed_records]
    return InUse(replace(config, managed_records=in_use), detections, state)


def switch_events(config: ZoneConfig, before: State, after: State) -> Iterator[DdnsEvent]:
    """Yield the switches between connections in an update; a paused record has none."""
    for managed in config.managed_records:
        key = managed.record_key
        old, new = before.record(key).failover, after.record(key).failover
        if old is None or new is None or old.in_use == new.in_use or managed.is_paused:
            continue
        from_, to = managed.connection(old.in_use), managed.connection(new.in_use)
        if from_ and to:
            is_back = managed.connections.index(to) < managed.connections.index(from_)
            yield DdnsEvent(
                type=EventType.FAILED_BACK if is_back else EventType.FAILED_OVER,
                family=key.family,
                record_key=key,
                from_ip=new.connections[from_.id].address,
                to_ip=new.connections[to.id].address,
                from_connection=from_.name,
                to_connection=to.name,
            )


def _own_detections(
    managed: ManagedRecord, detections: Detections, known: FailoverState | None
) -> dict[ConnectionId, Detection]:
    """Return what the sources detected, with the addresses of their own connections only.

    If this host uses another connection, a source that follows the default route
    reports an address of that one, of which nothing is written here. When it reports one
    of its own connection again, the last one or an earlier one, that is no flapping.
    """
    before = known.connections if known else {}
    others = [c for c in managed.connections if not c.source.uses_default_route]
    lasts = (before[c.id].address if c.id in before else None for c in others)
    found_networks = map(_network, (detections[c.source] for c in others), lasts)
    networks = [network for network in found_networks if network]
    own: dict[ConnectionId, Detection] = {}
    for connection in managed.connections:
        detection, last = detections[connection.source], before.get(connection.id)
        found = detection.expected
        is_foreign = (
            found
            and connection.source.uses_default_route
            and any(found in network for network in networks)
        )
        is_back = last and (found == last.address or (last.was_elsewhere and detection.is_flapping))
        if found and (is_foreign or is_back):
            detection = _kept_apart(managed, detection, None if is_foreign else found)
        own[connection.id] = detection
    return own


def _is_back(
    managed: ManagedRecord, config: ZoneConfig, detections: Detections, state: State
) -> bool:
    """Return whether this host uses a connection with a record of its own again.

    If the address that it had until then is that of another connection of the name, the
    source does not flap.
    """
    detection, key = detections[managed.source], managed.record_key
    before, uses_default_route = detection.previous, managed.source.uses_default_route
    if not (key.connection and detection.is_flapping and before and uses_default_route):
        return False
    others = [m for m in config.siblings(key) if not m.source.uses_default_route]
    lasts = (state.record(m.record_key).last_address for m in others)
    networks = map(_network, (detections[m.source] for m in others), lasts)
    return any(before in network for network in networks if network)


def _network(detection: Detection, last: Address | None) -> Network | None:
    """Return the network of what a source reports, or else of its last address."""
    return detection.network or (network_of(last) if last else None)


def _kept_apart(managed: ManagedRecord, detection: Detection, address: Address | None) -> Detection:
    """Return a detection with the address of a connection, if it differs from the source's."""
    if detection.candidate is None and address == detection.address:
        return detection
    source = replace(detection.source, host_name=managed.record_key.name)
    return replace(detection, source=source, address=address, candidate=None, is_flapping=False)
