"""Lists of records: reading their pages, and telling a complete list from a part of one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..errors import CloudflareResponseError
from ..host_names import is_within
from ..models import HostName, Record
from . import codec
from .ownership import Ownership

_DELEGATION = "NS"
_OUR_TYPES = frozenset({"A", "AAAA", "CNAME", _DELEGATION})
"""The types that decide what may be written at a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """One page of a list of records."""

    records: Sequence[Record]
    """Those that could be read."""
    ids: Sequence[str]
    """The identifiers of all, also of records that could not be read."""
    count: int
    """How many records the page has."""
    total_count: int | None
    """How many the whole list has, None if the response does not say.

    The documentation calls it the count without filters, but responses to
    requests with a filter have the count of what matches.
    """
    total_pages: int | None
    """How many pages it has, None if the response does not say."""
    per_page: int | None

    @property
    def last_page(self) -> int:
        """The number of the last page, as far as the response says it."""
        if self.total_pages is not None:
            return self.total_pages
        return -(-self.total_count // self.per_page) if self.total_count and self.per_page else 1


def read_page(
    envelope: codec.Envelope,
    limit: int,
    ownership: Ownership,
    names: Collection[HostName] | None,
) -> RecordPage:
    """Read one page of a list of records.

    A record that cannot be read is ignored if it is not ours: of a type that does not
    matter for addresses, or with a name other than ``names`` (None means every name).
    Raises CloudflareResponseError for one of ours, and for more than ``limit`` records,
    which nobody asked for.
    """
    items = codec.checked(envelope.result, list)
    if len(items) > limit:
        raise CloudflareResponseError("Cloudflare's response has more records than requested")
    info = envelope.result_info if isinstance(envelope.result_info, dict) else {}
    records = (_read_record(item, ownership, names) for item in items)
    ids = (item.get("id") for item in items if isinstance(item, dict))
    return RecordPage(
        records=[record for record in records if record],
        ids=[id_ for id_ in ids if isinstance(id_, str)],
        count=len(items),
        total_count=_count(info, "total_count"),
        total_pages=_count(info, "total_pages"),
        per_page=_count(info, "per_page"),
    )


def is_complete(pages: Sequence[RecordPage]) -> bool:
    """Return whether the pages of a list are known to be complete.

    If the zone changes between two requests, records move from one page to
    another: then the totals differ, or a record is missing or there twice.
    """
    ids = [id_ for page in pages for id_ in page.ids]
    totals = {(page.total_count, page.total_pages) for page in pages}
    if len(totals) > 1 or len(set(ids)) < len(ids):
        return False
    total_count, total_pages = totals.pop()
    if total_count is not None:
        return total_count == sum(page.count for page in pages)
    return bool(total_pages)


def _read_record(
    value: object, ownership: Ownership, names: Collection[HostName] | None
) -> Record | None:
    """Read a record; None for one that cannot be read and is not ours."""
    try:
        return codec.read_record(value, ownership)
    except CloudflareResponseError:
        if not isinstance(value, dict) or _may_be_ours(value, names):
            raise
        return None


def _may_be_ours(fields: codec.JsonObject, names: Collection[HostName] | None) -> bool:
    """Return whether a record has one of our types at one of our names, or may have."""
    kind, text = fields.get("type"), fields.get("name")
    kind = kind.upper() if isinstance(kind, str) else None
    if kind is not None and kind not in _OUR_TYPES:
        return False
    if names is None or not isinstance(text, str):
        return True
    name = codec.normalized(text)
    if kind == _DELEGATION:
        return any(is_within(ours, name) for ours in names)
    return name in names


def _count(info: Mapping[str, object], key: str) -> int | None:
    value = info.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
