"""Convert the stored connections of a domain to the library's values.

They are ``{"mode": "first" | "all", "list": [connection, ...], "down_after_min": 2,
"back_after_min": 10}``; a domain without a list follows its zone or has its own sources. A
connection is ``{"id", "name", "ipv4", "ipv6", "up_sensor"}``: its source of each family is
stored as in `storage.sources`, or as ``{"source": "zone"}``. A family that the connection
does not have is absent, and so is ``up_sensor`` if no entity tells that the connection is up.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
import re
from typing import Any, Final

from homeassistant.util import slugify

from ..ddns import (
    Connection,
    ConnectionId,
    FailoverTimes,
    Family,
    HostName,
    RecordId,
    RecordKey,
    Source,
    State,
)
from .sources import CONF_SOURCE, read_source
from .values import (
    StoredValueError,
    read_choice,
    read_entity,
    read_int,
    read_list,
    read_mapping,
    read_text,
)

CONF_BACK_AFTER_MIN: Final = "back_after_min"
CONF_CONNECTIONS: Final = "connections"
CONF_DOWN_AFTER_MIN: Final = "down_after_min"
CONF_ID: Final = "id"
CONF_LIST: Final = "list"
CONF_MODE: Final = "mode"
CONF_NAME: Final = "name"
CONF_UP_SENSOR: Final = "up_sensor"

FIRST, ALL = "first", "all"
"""Modes: the first connection that is up gives the address, or each has its own record."""
FROM_ZONE: Final = "zone"
"""The source of a connection that has the address of the home, as the zone detects it."""
MAX_MINUTES = 1440
CONNECTION_DEFAULTS: Mapping[str, Any] = {
    CONF_MODE: FIRST,
    CONF_LIST: [],
    CONF_DOWN_AFTER_MIN: 2,
    CONF_BACK_AFTER_MIN: 10,
}

_MAX_ID_LENGTH = 16
_ID = re.compile(f"[a-z0-9-]{{1,{_MAX_ID_LENGTH}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """The connections of a domain, in order; none where one source gives the address."""

    listed: tuple[Connection, ...]
    """Each once for each family of which it has a source."""
    failover: FailoverTimes

    @property
    def names(self) -> dict[ConnectionId, str]:
        """The name of each."""
        return {connection.id: connection.name for connection in self.listed}

    def of(self, record_key: RecordKey) -> tuple[Connection, ...]:
        """Return those whose addresses a record can hold."""
        return tuple(
            connection
            for connection in self.listed
            if connection.source.family is record_key.family
            and record_key.connection in ("", connection.id)
        )


def read_connections(stored: object, zone_sources: Mapping[Family, Source]) -> Connections:
    """Return the connections of a domain. Raises ValueError for malformed data."""
    data = {**CONNECTION_DEFAULTS, **read_mapping(stored)}
    listed = [
        Connection(
            id=connection_id,
            name=read_text(connection.get(CONF_NAME)),
            source=source,
            up_sensor=_read_up_sensor(connection),
        )
        for connection_id, connection in _read_list(data).items()
        for family in Family
        if (source := _read_source(connection, family, zone_sources))
    ]
    failover = FailoverTimes(
        down_after=_read_minutes(data[CONF_DOWN_AFTER_MIN]),
        back_after=_read_minutes(data[CONF_BACK_AFTER_MIN]),
    )
    return Connections(listed=tuple(listed), failover=failover)


def read_record_connections(stored: object, family: Family) -> list[ConnectionId]:
    """Return the connections that have their own records of a family; an empty one for no such.

    Raises ValueError for malformed data.
    """
    data = {**CONNECTION_DEFAULTS, **read_mapping(stored)}
    has_own_records = read_choice({FIRST: False, ALL: True}, data[CONF_MODE])
    found = [id_ for id_, connection in _read_list(data).items() if family.key in connection]
    return found if found and has_own_records else [ConnectionId("")]


def new_connection_id(name: str, taken: Collection[ConnectionId]) -> ConnectionId:
    """Return an id for a new connection, made from its name.

    >>> new_connection_id("LTE (Büro)", {"lte-buro"})
    'lte-buro-2'
    """
    slug = slugify(name, separator="-")[:_MAX_ID_LENGTH].strip("-")
    candidates = (slug, *(f"{slug[: _MAX_ID_LENGTH - 3]}-{n}" for n in range(2, 100)))
    return ConnectionId(next(candidate for candidate in candidates if candidate not in taken))


def with_own_records(
    connections: Mapping[str, Any], sources: Mapping[str, Any], name: str
) -> dict[str, Any]:
    """Return connections that each have a record of their own under the name.

    Those without any become one that is called ``name`` and has the domain's sources.
    """
    listed = [*connections.get(CONF_LIST, ())]
    if not listed:
        own = {f.key: [*sources.get(f.key, [{CONF_SOURCE: FROM_ZONE}])] for f in Family}
        only = {key: found[0] for key, found in own.items() if found}
        listed = [{CONF_ID: new_connection_id(name, ()), CONF_NAME: name, **only}]
    return {**connections, CONF_MODE: ALL, CONF_LIST: listed}


def adopted_records(state: State, name: HostName) -> dict[str, RecordId]:
    """Return the records of a name that Raindrop updates though it did not create them, by family.

    Where every connection has its own, such a record would stay as it is, unless it is
    chosen.
    """
    return {
        key.family.key: known.record.id
        for key, known in state.records.items()
        if key == RecordKey(name, key.family) and known.record and not known.record.is_owned
    }


def _read_list(data: Mapping[str, Any]) -> Mapping[ConnectionId, Mapping[str, Any]]:
    connections: dict[ConnectionId, Mapping[str, Any]] = {}
    for stored in read_list(data[CONF_LIST]):
        connection = read_mapping(stored)
        connection_id = read_text(connection.get(CONF_ID))
        if connection_id in connections or not _ID.fullmatch(connection_id):
            raise StoredValueError("not the id of another connection")
        connections[ConnectionId(connection_id)] = connection
    return connections


def _read_source(
    connection: Mapping[str, Any], family: Family, zone_sources: Mapping[Family, Source]
) -> Source | None:
    """Return the source of a family, None if the connection or the zone has none."""
    if family.key not in connection:
        return None
    stored = read_mapping(connection[family.key])
    if stored.get(CONF_SOURCE) == FROM_ZONE:
        return zone_sources.get(family)
    return read_source(stored, family)


def _read_up_sensor(connection: Mapping[str, Any]) -> str:
    return read_entity(connection[CONF_UP_SENSOR]) if connection.get(CONF_UP_SENSOR) else ""


def _read_minutes(value: object) -> timedelta:
    return timedelta(minutes=read_int(value, 1, MAX_MINUTES))
