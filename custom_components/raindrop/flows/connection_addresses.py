"""The addresses of a domain's connections, before anything is stored."""

from collections.abc import Iterable, Mapping
from itertools import combinations

from ..ddns import (
    Connection,
    ConnectionId,
    Detection,
    Family,
    ManagedRecord,
    Preview,
)
from ..error_messages import BASE, ErrorMessage
from ..storage.connections import Connections
from .preview import escape_markdown

type Marks = Mapping[tuple[ConnectionId, Family], str]
"""A check mark for the connections that are used, a cross for those that cannot be."""


def address_rows(
    connections: Connections, managed_records: Iterable[ManagedRecord], preview: Preview
) -> str:
    """Return the Markdown rows of connections: name, IPv4 address, IPv6 address.

    The rows need no translation: a check mark follows the addresses that the
    records get, a cross those that cannot be used or whose connection is down. A
    question mark is an address that is not known, and a dash one that is not looked up.
    """
    marks = _marks(managed_records, preview)
    by_id: dict[ConnectionId, dict[Family, Connection]] = {}
    for connection in connections.listed:
        by_id.setdefault(connection.id, {})[connection.source.family] = connection
    rows: list[str] = []
    for by_family in by_id.values():
        name = next(iter(by_family.values())).name
        cells = (_cell(by_family.get(family), preview, marks) for family in Family)
        rows.append(f"| {escape_markdown(name)} | {' | '.join(cells)} |")
    return "\n".join(rows)


def address_message(connections: Connections, preview: Preview) -> ErrorMessage | None:
    """Return what a user should know about the addresses of connections, None if nothing."""
    looked_up = [
        (connection, preview.detections[connection.source])
        for connection in connections.listed
        if connection.source in preview.detections
    ]
    # Of two, the one whose source reports the way out of Home Assistant comes first.
    by_source = sorted(looked_up, key=lambda item: not item[0].source.uses_default_route)
    for (one, first), (other, second) in combinations(by_source, 2):
        if first.expected and first.expected == second.expected:
            return _message("connection_same_address", one, first, other=other.name)
        network = second.network if one.source.uses_default_route else None
        if first.expected and network and first.expected in network:
            return _message("connection_same_network", one, first, other=other.name)
    for connection, detection in looked_up:
        if detection.rejected:
            return _message("connection_unusable_address", connection, detection)
    for connection, detection in looked_up:
        if detection.expected is None:
            return _message("connection_without_address", connection, detection)
    return None


def _message(
    key: str, connection: Connection, detection: Detection, **placeholders: str
) -> ErrorMessage:
    address = detection.expected or detection.rejected
    placeholders |= {"family": detection.family.label, "address": str(address)}
    return ErrorMessage(BASE, key, {**placeholders, "connection": connection.name})


def _marks(managed_records: Iterable[ManagedRecord], preview: Preview) -> Marks:
    used, unused = set(), set()
    deleted = {deletion.record_key for deletion in preview.plan.deletions}
    held = preview.plan.records.keys() - deleted
    written = held | {change.record_key for change in preview.plan.changes}
    for managed in managed_records:
        key = managed.record_key
        if failover := preview.state.record(key).failover:
            down = {id_ for id_, known in failover.connections.items() if known.is_up is False}
            unused |= {(id_, key.family) for id_ in down}
            used |= {(id_, key.family) for id_ in {failover.in_use} - down}
        elif key in written:
            used.add((key.connection, key.family))
        else:
            unused.add((key.connection, key.family))
    return dict.fromkeys(unused, " ✗") | dict.fromkeys(used, " ✓")


def _cell(connection: Connection | None, preview: Preview, marks: Marks) -> str:
    if connection is None or connection.source not in preview.detections:
        return "—"
    detection = preview.detections[connection.source]
    if address := detection.expected:
        return f"{address}{marks.get((connection.id, connection.source.family), '')}"
    return f"{detection.rejected} ✗" if detection.rejected else "?"
