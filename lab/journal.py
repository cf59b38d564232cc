"""The request log: what arrived, when, over which connection, and how it was answered."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
import time
from typing import Any, Literal, TypedDict, Unpack

from .answers import Json

type Auth = Literal["token", "key", "none"]
type Family = Literal[4, 6]
type Service = Literal["cloudflare", "ip"]

KEPT = 20_000
"""How many requests are remembered, so that a lab left running for days stays small."""


def auth_of(headers: Mapping[str, str]) -> Auth:
    """Tell which kind of credentials a request carries, right or wrong."""
    if "Authorization" in headers:
        return "token"
    if "X-Auth-Key" in headers or "X-Auth-Email" in headers:
        return "key"
    return "none"


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One request; `end` and `status` stay empty until it is answered."""

    number: int
    service: Service
    operator: str | None
    """Whose IP service was asked; None for the Cloudflare API."""
    family: Family
    method: str
    template: str
    """The path with its identifiers replaced, as `/zones/{zone_id}`."""
    target: str
    """The path and query as they came over the wire."""
    connection: int
    """Which TCP connection carried the request; never used twice in one lab."""
    begin: float
    """Seconds on the monotonic clock."""
    end: float | None = None
    newest_at_end: int | None = None
    """Number of the newest request when this one ended."""
    auth: Auth = "none"
    body: Json = None
    status: int | None = None
    """None while unanswered, and for good if no answer was ever sent."""
    bytes_in: int = 0
    bytes_out: int = 0
    fault: str | None = None
    surprises: list[str] = field(default_factory=list)
    """What the request contained that Cloudflare would have ignored."""

    @property
    def endpoint(self) -> str:
        """Method and path template, the form in which faults name their target."""
        return f"{self.method} {self.template}"

    @property
    def asked(self) -> str:
        """Who was asked: the service, and the operator if it has several."""
        return f"{self.service}/{self.operator}" if self.operator else self.service

    def overlaps(self, other: Entry) -> bool:
        """Tell whether the two requests were under way at the same time.

        It counts requests instead of comparing clocks, so a frozen clock cannot fool it.
        """
        first, second = sorted((self, other), key=lambda entry: entry.number)
        return first.newest_at_end is None or second.number <= first.newest_at_end

    def shown(self) -> dict[str, Any]:
        """Return the entry as JSON values."""
        return {"endpoint": self.endpoint, **asdict(self)}


class Wanted(TypedDict, total=False):
    """Which entries are meant; a key that is absent matches all."""

    service: Service
    operator: str
    family: Family
    method: str
    template: str
    endpoint: str
    connection: int
    status: int | None
    auth: Auth


class Log:
    """All requests that reached the lab, in the order of their arrival."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._newest = 0
        self._news = asyncio.Event()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The requests, the oldest first."""
        return tuple(self._entries)

    @property
    def surprises(self) -> list[str]:
        """Everything odd that any request contained, with its endpoint."""
        return [
            f"{entry.endpoint}: {surprise}"
            for entry in self._entries
            for surprise in entry.surprises
        ]

    def select(self, **wanted: Unpack[Wanted]) -> list[Entry]:
        """Return the requests that match, the oldest first.

        Raises ValueError for a fact that entries do not have.
        """
        if unknown := wanted.keys() - Wanted.__annotations__:
            raise ValueError(f"entries have no {sorted(unknown)}")
        return [
            entry
            for entry in self._entries
            if all(getattr(entry, key) == value for key, value in wanted.items())
        ]

    def count(self, **wanted: Unpack[Wanted]) -> int:
        """Count the requests that match."""
        return len(self.select(**wanted))

    def connections(self, **wanted: Unpack[Wanted]) -> int:
        """Count the TCP connections over which the matching requests came."""
        return len({entry.connection for entry in self.select(**wanted)})

    def counters(self) -> dict[str, int]:
        """Count the requests by service and endpoint."""
        return dict(Counter(f"{entry.asked}: {entry.endpoint}" for entry in self._entries))

    async def arrived(self, count: int = 1, **wanted: Unpack[Wanted]) -> list[Entry]:
        """Wait until so many matching requests have arrived, answered or not, and return them."""
        while len(found := self.select(**wanted)) < count:
            await self._news.wait()
        return found

    async def settled(self) -> None:
        """Wait until no request is under way any more, answered or given up."""
        while any(entry.end is None for entry in self._entries):
            await self._news.wait()

    def clear(self) -> None:
        """Forget all requests; those still under way are not logged any more."""
        self._entries.clear()

    def begin(
        self,
        *,
        service: Service,
        operator: str | None,
        family: Family,
        method: str,
        template: str,
        target: str,
        connection: int,
    ) -> Entry:
        """Note that a request arrived."""
        self._newest += 1
        entry = Entry(
            number=self._newest,
            service=service,
            operator=operator,
            family=family,
            method=method,
            template=template,
            target=target,
            connection=connection,
            begin=time.monotonic(),
        )
        self._entries.append(entry)
        self._tell()
        return entry

    def finish(self, entry: Entry) -> None:
        """Note that a request is done with, answered or not."""
        entry.end = time.monotonic()
        entry.newest_at_end = self._newest
        self._tell()

    def _tell(self) -> None:
        """Wake everybody who waits for a change of the log."""
        self._news.set()
        self._news = asyncio.Event()
