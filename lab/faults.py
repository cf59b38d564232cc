"""What can go wrong on purpose: which requests are hit, how, and how often."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypedDict, Unpack

from .journal import Entry, Family, Service


class Kind(StrEnum):
    """The ways in which an exchange can fail."""

    ERROR = "error"
    RATE_LIMIT = "rate_limit"
    SPURIOUS_403 = "spurious_403"
    HTML = "html"
    STATUS = "status"
    BODY = "body"
    REDIRECT = "redirect"
    GARBLED = "garbled"
    HUGE = "huge"
    HANG = "hang"
    RESET = "reset"
    SLOW = "slow"
    HOLD = "hold"
    LOST_ANSWER = "lost_answer"
    CUT = "cut"
    TRUNCATED = "truncated"
    DRIP = "drip"
    WRONG_FAMILY = "wrong_family"
    WARP_ON = "warp_on"
    FOREIGN_H = "foreign_h"


DELAYS = frozenset({Kind.SLOW, Kind.HOLD})
"""These only delay an answer, so they add up with another fault."""

API_ONLY = frozenset({Kind.ERROR, Kind.RATE_LIMIT, Kind.SPURIOUS_403})
IP_ONLY = frozenset({Kind.WRONG_FAMILY, Kind.WARP_ON, Kind.FOREIGN_H})


class Detail(TypedDict, total=False):
    """How exactly it fails; each kind reads the keys it has a use for."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fault:
    """One fault; it keeps hitting until it is used up or cleared."""

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
    """Seconds: before the answer for `slow`, between two bytes for `drip`."""
    size: int = 10_000_000
    url: str = ""
    body: str | bytes = b""
    content_type: str = "text/plain"
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let go of every answer that `hold` keeps back, and of all later ones."""
        self.released.set()

    def hits(self, entry: Entry) -> bool:
        """Tell whether a request is the fault's target."""
        if entry.service != self.service or self.family not in (None, entry.family):
            return False
        known_as = {entry.endpoint, f"{entry.method} *", entry.operator, "*"}
        return self.target in known_as

    def shown(self) -> dict[str, Any]:
        """Return the fault as JSON values."""
        return {
            key: value
            for key, value in asdict(self, dict_factory=_without_event).items()
            if not isinstance(value, bytes)
        }


def _without_event(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Leave out the event, which JSON has no form for."""
    return {key: value for key, value in items if key != "released"}


class Faults:
    """All faults that are set, in the order in which they were added."""

    def __init__(self, targets: Mapping[Service, Collection[str]]) -> None:
        """Know the targets, so that a misspelt one is refused instead of never hit."""
        self._targets = targets
        self._left: dict[Fault, int | None] = {}
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
        """Set a fault; without `times` it lasts until it is cleared.

        Raises ValueError for a target or a kind that the service does not have.
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
        self._left[fault] = times
        if fault.kind is Kind.HOLD:
            self._holds.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults and let go of every answer that is kept back."""
        for fault in self._holds:
            fault.release()
        self._holds.clear()
        self._left.clear()

    def remove(self, fault: Fault) -> None:
        """Remove one fault, if it is still set."""
        fault.release()
        self._left.pop(fault, None)

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults that can still hit."""
        return tuple(self._left)

    def take(self, entry: Entry) -> tuple[list[Fault], Fault | None]:
        """Return the delays and the fault that hit a request, and count them as used."""
        matching = [fault for fault in self._left if fault.hits(entry)]
        delays = [fault for fault in matching if fault.kind in DELAYS]
        fault = next((fault for fault in matching if fault.kind not in DELAYS), None)
        for used in [*delays, *([fault] if fault else [])]:
            self._use(used)
        return delays, fault

    def _use(self, fault: Fault) -> None:
        """Count one use down."""
        left = self._left[fault]
        if left is None:
            return
        if left > 1:
            self._left[fault] = left - 1
        else:
            del self._left[fault]

    def _check(self, fault: Fault) -> None:
        """Refuse what could never happen."""
        targets = self._targets.get(fault.service)
        if targets is None or fault.target not in targets:
            raise ValueError(
                f"{fault.service} has no {fault.target!r}; it has {sorted(targets or ())}"
            )
        foreign = IP_ONLY if fault.service == "cloudflare" else API_ONLY
        if fault.kind in foreign:
            raise ValueError(f"{fault.kind} cannot happen at {fault.service}")
        if fault.kind is Kind.REDIRECT and not fault.url:
            raise ValueError("a redirect needs its url")
