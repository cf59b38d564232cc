"""Faults of successful responses: lists that are not complete, and fields that do not take."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..faults import Fault, Kind
from .query_parameters import Page, paged

SMALL = frozenset({Kind.SMALL_PAGES, Kind.NO_RESULT_INFO})
"""Kinds whose pages have the size of the fault at most."""


def faulty_page[T](items: list[T], page: int, per_page: int, fault: Fault | None) -> Page[T]:
    """Return one page of a list as the fault changes it."""
    if fault is None:
        return paged(items, page, per_page)
    size = min(per_page, fault.size) if fault.kind in SMALL else per_page
    complete = paged(items, page, size)
    match fault.kind:
        case Kind.SMALL_PAGES if page > 1:
            start = (page - 1) * size + fault.shift
            return replace(complete, items=items[start : start + size])
        case Kind.NO_RESULT_INFO:
            return replace(complete, has_info=False)
        case Kind.SHORT_LIST if complete.items:
            return replace(complete, items=_without(complete.items, fault.position))
        case Kind.REPEATED_ID if complete.items:
            return replace(complete, items=_with_repeated(complete.items, fault.position))
        case _:
            return complete


def _without[T](items: list[T], position: int) -> list[T]:
    """Return the items without the one at a position, counted from the start in a cycle."""
    place = position % len(items)
    return items[:place] + items[place + 1 :]


def _with_repeated[T](items: list[T], position: int) -> list[T]:
    """Return the items with a copy of the one before in place of the one at a position."""
    place = position % len(items)
    return [*items[:place], items[place - 1], *items[place + 1 :]]


def without_ignored_fields(body: Mapping[str, Any], fault: Fault | None) -> dict[str, Any]:
    """Return a body, or the operations of a batch, without the fields that a fault ignores."""
    if fault is None or fault.kind is not Kind.IGNORED_FIELDS:
        return dict(body)
    return {
        key: [_without_fields(item, fault) for item in value] if isinstance(value, list) else value
        for key, value in body.items()
        if key not in fault.fields
    }


def _without_fields[T](value: T, fault: Fault) -> T | dict[str, Any]:
    if not isinstance(value, Mapping):
        return value
    return {key: field for key, field in value.items() if key not in fault.fields}
