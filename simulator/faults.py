"""Faults: which requests fail, how, and how often."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypedDict, Unpack

from .request_log import Entry, Family, Service


class Kind(StrEnum):
    """The kinds of faults."""

    ERROR = "error"
    RATE_LIMIT = "rate_limit"
    SPURIOUS_403 = "spurious_403"
    HTML = "html"
    PORTAL = "portal"
    STATUS = "status"
    BODY = "body"
    REDIRECT = "redirect"
    GARBLED = "garbled"
    HUGE = "huge"
    HANG = "hang"
    RESET = "reset"
    SLOW = "slow"
    HOLD = "hold"
    SLOW_REQUEST = "slow_request"
    HOLD_REQUEST = "hold_request"
    LOST_RESPONSE = "lost_response"
    CUT = "cut"
    TRUNCATED = "truncated"
    DRIP = "drip"
    WRONG_FAMILY = "wrong_family"
    WARP_ON = "warp_on"
    GATEWAY_ON = "gateway_on"
    FOREIGN_H = "foreign_h"
    SHORT_LIST = "short_list"
    REPEATED_ID = "repeated_id"
    SMALL_PAGES = "small_pages"
    NO_RESULT_INFO = "no_result_info"
    IGNORED_FIELDS = "ignored_fields"
    WRONG_ANSWER = "wrong_answer"
    STALE_ANSWER = "stale_answer"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"


DELAYS = frozenset({Kind.SLOW, Kind.HOLD, Kind.SLOW_REQUEST, Kind.HOLD_REQUEST})
"""Kinds that only delay a request or its response, and can be combined with another fault."""
HOLDS = frozenset({Kind.HOLD, Kind.HOLD_REQUEST})
"""Delays that last until the fault is released."""
REQUEST_DELAYS = frozenset({Kind.SLOW_REQUEST, Kind.HOLD_REQUEST})
"""Delays before the request is handled, which it is even if the client disconnects."""

LIST_FAULTS = frozenset({Kind.SHORT_LIST, Kind.REPEATED_ID, Kind.SMALL_PAGES, Kind.NO_RESULT_INFO})
"""Kinds that apply only to what is read by the number of a page."""
API_ONLY = frozenset(
    {Kind.ERROR, Kind.RATE_LIMIT, Kind.SPURIOUS_403, Kind.IGNORED_FIELDS, *LIST_FAULTS}
)
IP_ONLY = frozenset({Kind.WRONG_FAMILY, Kind.WARP_ON, Kind.GATEWAY_ON, Kind.FOREIGN_H})
DOH_ONLY = frozenset({Kind.WRONG_ANSWER, Kind.STALE_ANSWER, Kind.NXDOMAIN, Kind.SERVFAIL})
KINDS_OF: Mapping[Service, frozenset[Kind]] = {
    "cloudflare": API_ONLY,
    "ip": IP_ONLY,
    "doh": DOH_ONLY,
}
"""The kinds that can happen at one service alone."""
PAGED = frozenset(
    {
        "GET /zones/{zone_id}/dns_records",
        "GET /accounts/{account_id}/gateway/lists/{gateway_list_id}/items",
    }
)
WRITE_METHODS = ("POST", "PATCH", "PUT")


class Detail(TypedDict, total=False):
    """The details of a fault; each kind uses some of the keys."""

    status: int
    code: int
    message: str
    chain: Sequence[tuple[int, str]]
    retry_after: int
    delay: float
    size: int
    url: str
    body: str | bytes
    content_type: str
    position: int
    shift: int
    fields: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fault:
    """One fault, which is active until it is used up, removed or cleared."""

    service: Service
    target: str
    kind: Kind
    family: Family | None = None
    times: int | None = None
    status: int | None = None
    code: int = 10001
    message: str = "internal error"
    chain: Sequence[tuple[int, str]] = ()
    retry_after: int = 300
    """Seconds."""
    delay: float = 0.05
    """Seconds: before the response for `slow`, before the request is handled for
    `slow_request`, between two bytes for `drip`."""
    size: int = 10_000_000
    """Bytes for `huge`, records in a page for `small_pages` and `no_result_info`."""
    url: str = ""
    body: str | bytes = b""
    content_type: str = "text/plain"
    position: int = 0
    """The place in a page of the record that is missing or replaced."""
    shift: int = 0
    """By how many records later the pages after the first begin, or earlier if negative."""
    fields: Collection[str] = ()
    """The fields of a write that `ignored_fields` ignores."""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Release every request or response that the fault holds, and all later ones."""
        self.released.set()

    def matches(self, entry: Entry) -> bool:
        """Return whether the fault applies to a request."""
        if entry.service != self.service or self.family not in (None, entry.family):
            return False
        if self.kind in LIST_FAULTS and entry.endpoint not in PAGED:
            return False
        if self.kind is Kind.IGNORED_FIELDS and entry.method not in WRITE_METHODS:
            return False
        targets = {entry.endpoint, f"{entry.method} *", entry.provider, "*"}
        return self.target in targets

    def shown(self) -> dict[str, Any]:
        """Return the fault as JSON values."""
        return {
            key: value
            for key, value in asdict(self, dict_factory=_without_event).items()
            if not isinstance(value, bytes)
        }


def _without_event(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Leave out the event, which cannot be converted to JSON."""
    return {key: value for key, value in items if key != "released"}


class Faults:
    """All active faults, in the order in which they were added."""

    def __init__(self, targets: Mapping[Service, Collection[str]]) -> None:
        """Store the valid targets, so that a misspelled one is an error."""
        self._targets = targets
        self._remaining: dict[Fault, int | None] = {}
        self._holds: list[Fault] = []

    def add(
        self,
        service: Service,
        target: str = "*",
        *,
        kind: Kind | str,
        family: Family | None = None,
        times: int | None = None,
        **detail: Unpack[Detail],
    ) -> Fault:
        """Add a fault; without `times` it is active until it is removed or cleared.

        Raises ValueError for a target or a kind that the service does not support.
        """
        fault = Fault(
            service=service,
            target=target,
            kind=Kind(kind),
            family=family,
            times=times,
            **detail,
        )
        self._check(fault)
        self._remaining[fault] = times
        if fault.kind in HOLDS:
            self._holds.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults and release every delayed response."""
        for fault in self._holds:
            fault.release()
        self._holds.clear()
        self._remaining.clear()

    def remove(self, fault: Fault) -> None:
        """Remove one fault, if it is still active."""
        fault.release()
        self._remaining.pop(fault, None)

    def let_pass(self, fault: Fault) -> None:
        """Apply a fault to no further request; what it holds stays held until it is removed."""
        self._remaining.pop(fault, None)

    @property
    def active(self) -> tuple[Fault, ...]:
        """The active faults."""
        return tuple(self._remaining)

    def take(self, entry: Entry) -> tuple[list[Fault], Fault | None]:
        """Return the delays and the fault for a request, and count them as used."""
        matching = [fault for fault in self._remaining if fault.matches(entry)]
        delays = [fault for fault in matching if fault.kind in DELAYS]
        fault = next((fault for fault in matching if fault.kind not in DELAYS), None)
        for used in [*delays, *([fault] if fault else [])]:
            self._use(used)
        return delays, fault

    def _use(self, fault: Fault) -> None:
        remaining = self._remaining[fault]
        if remaining is None:
            return
        if remaining > 1:
            self._remaining[fault] = remaining - 1
        else:
            del self._remaining[fault]

    def _check(self, fault: Fault) -> None:
        """Raise ValueError for a fault that could never apply."""
        targets = self._targets.get(fault.service)
        if targets is None or fault.target not in targets:
            raise ValueError(
                f"{fault.service} has no {fault.target!r}; it has {sorted(targets or ())}"
            )
        unsupported = (kinds for key, kinds in KINDS_OF.items() if key != fault.service)
        if any(fault.kind in kinds for kinds in unsupported):
            raise ValueError(f"{fault.kind} cannot happen at {fault.service}")
        if fault.kind is Kind.REDIRECT and not fault.url:
            raise ValueError("a redirect needs its url")
        if fault.kind is Kind.IGNORED_FIELDS and not fault.fields:
            raise ValueError("ignored_fields needs its fields")
