"""Creating, editing and deleting records, one at a time and in batches."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from . import errors
from .errors import RefusedError
from .record import Record
from .record_validation import check_same_type, full_fields, ignored_fields, patched_fields
from .zone import Zone

type Body = Mapping[str, Any]
type AbsentLists = Literal["null", "empty"]

LISTS = ("deletes", "patches", "puts", "posts")
"""The lists of a batch in the order in which Cloudflare applies them."""


EMPTY_PATCH = "an empty PATCH changes nothing"


def create(zone: Zone, body: Body, surprises: list[str], *, is_read_only: bool = False) -> Record:
    """Add a record."""
    surprises += ignored_fields(body, body.get("type"))
    return zone.create(full_fields(body, zone.name, zone.plan), is_read_only=is_read_only)


def patch(zone: Zone, record_id: str, body: Body, surprises: list[str]) -> Record:
    """Edit a record; fields that are not given are kept."""
    old = zone.writable(record_id)
    surprises += ignored_fields(body, old.fields.type) if body else [EMPTY_PATCH]
    return zone.change(old, patched_fields(body, old.fields, zone.name, zone.plan))


def put(zone: Zone, record_id: str, body: Body, surprises: list[str]) -> Record:
    """Replace a record; fields that are not given are reset to their defaults."""
    old = zone.writable(record_id)
    surprises += ignored_fields(body, old.fields.type)
    check_same_type(body, old.fields)
    return zone.change(old, full_fields(body, zone.name, zone.plan))


def delete(zone: Zone, record_id: str) -> Record:
    """Delete a record and return it."""
    return zone.delete(zone.writable(record_id).id)


def batch(
    zone: Zone, body: Body, surprises: list[str], absent: AbsentLists
) -> dict[str, list[dict[str, Any]] | None]:
    """Apply all operations in one transaction. Raises the first RefusedError."""
    surprises += [f"body field {key!r} is ignored" for key in body if key not in LISTS]
    surprises += [f"list {key!r} is null" for key in LISTS if key in body and body[key] is None]
    lists = {name: _operations(body, name) for name in LISTS}
    count = sum(len(operations) for operations in lists.values())
    if not count:
        raise RefusedError(errors.EMPTY_BATCH)
    if count > zone.plan.operations:
        raise RefusedError(errors.large_batch(zone.plan.operations))
    results: dict[str, list[dict[str, Any]] | None] = {}
    with zone.transaction():
        for name, operations in lists.items():
            apply = _OPERATIONS[name]
            records = [apply(zone, operation, surprises).shown() for operation in operations]
            results[name] = records if name in body or absent == "empty" else None
    return results


def _operations(body: Body, name: str) -> list[Body]:
    """Return one list of a batch; null is the same as missing."""
    given = body.get(name)
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise RefusedError(errors.bad_field(name))
    return given


def _split(operation: Body) -> tuple[str, Body]:
    """Return the record id of an operation and the rest. Raises RefusedError without an id."""
    record_id = operation.get("id")
    if not isinstance(record_id, str):
        raise RefusedError(errors.NO_RECORD)
    return record_id, {key: value for key, value in operation.items() if key != "id"}


def _delete(zone: Zone, operation: Body, surprises: list[str]) -> Record:
    record_id, rest = _split(operation)
    surprises += [f"{key!r} is ignored in a delete" for key in rest]
    return delete(zone, record_id)


def _patch(zone: Zone, operation: Body, surprises: list[str]) -> Record:
    return patch(zone, *_split(operation), surprises)


def _put(zone: Zone, operation: Body, surprises: list[str]) -> Record:
    return put(zone, *_split(operation), surprises)


_OPERATIONS: Mapping[str, Callable[[Zone, Body, list[str]], Record]] = {
    "deletes": _delete,
    "patches": _patch,
    "puts": _put,
    "posts": create,
}
