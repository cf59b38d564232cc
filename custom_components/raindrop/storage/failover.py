"""Convert what is stored of the connections of a record to the library's values and back.

Since when reports contradict the state is not stored: while Home Assistant was not
running, nobody watched the connection.
"""

from collections.abc import Mapping
from typing import Any

from ..ddns import ConnectionId, ConnectionState, FailoverState
from .values import (
    read_bool,
    read_mapping,
    read_optional_address,
    read_optional_time,
    read_text,
    read_time,
)

_FAILOVER = "failover"


def failover_data(failover: FailoverState | None) -> dict[str, Any]:
    """Return what is stored of the connections of a record, empty if it has only one."""
    if failover is None:
        return {}
    switched_at = failover.switched_at
    stored = {
        "in_use": failover.in_use,
        "since": failover.since.isoformat(),
        "switched_at": switched_at.isoformat() if switched_at else None,
        "connections": {
            id_: _connection_data(connection)
            for id_, connection in failover.connections.items()
            if connection.is_up is not None
        },
    }
    return {_FAILOVER: stored}


def read_failover(data: Mapping[str, Any]) -> FailoverState | None:
    """Return what is stored of the connections of a record. Raises one of MALFORMED."""
    if _FAILOVER not in data:
        return None
    stored = read_mapping(data[_FAILOVER])
    return FailoverState(
        in_use=ConnectionId(read_text(stored["in_use"])),
        since=read_time(stored["since"]),
        switched_at=read_optional_time(stored["switched_at"]),
        connections={
            ConnectionId(id_): _connection(read_mapping(connection))
            for id_, connection in read_mapping(stored["connections"]).items()
        },
    )


def _connection_data(connection: ConnectionState) -> dict[str, Any]:
    address = connection.address
    return {
        "is_up": connection.is_up,
        "since": connection.since.isoformat(),
        "address": str(address) if address else None,
    }


def _connection(data: Mapping[str, Any]) -> ConnectionState:
    return ConnectionState(
        is_up=read_bool(data["is_up"]),
        since=read_time(data["since"]),
        address=read_optional_address(data["address"]),
    )
