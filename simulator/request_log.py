"""The request log: each request, its time, its connection and its response."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
import time
from typing import Any, Literal, TypedDict, Unpack

from .responses import Json

type Auth = Literal["token", "key", "none"]
type Family = Literal[4, 6]
type Service = Literal["cloudflare", "ip", "doh"]

MAX_ENTRIES = 20_000
"""Limits the memory of a simulator that runs for days."""


def auth_of(headers: Mapping[str, str]) -> Auth:
    """Return the kind of credentials in a request, valid or not."""
    if "Authorization" in headers:
        return "token"
    if "X-Auth-Key" in headers or "X-Auth-Email" in headers:
        return "key"
    return "none"


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One request; `end` and `status` are None until the response is sent."""

    number: int
    service: Service
    provider: str | None
    """The provider of the IP service; None for the other services."""
    family: Family
    method: str
    template: str
    """The path with placeholders for identifiers, such as `/zones/{zone_id}`."""
    target: str
    """The path and query as sent by the client."""
    connection: int
    """The number of the TCP connection, unique within one simulator."""
    begin: float
    """Seconds on the monotonic clock."""
    end: float | None = None
    newest_at_end: int | None = None
    """The number of the newest request at the time when this one ended."""
    auth: Auth = "none"
    body: Json = None
    status: int | None = None
    """None until a response is sent, and forever if none is."""
    bytes_in: int = 0
    bytes_out: int = 0
    fault: str | None = None
    surprises: list[str] = field(default_factory=list)
    """What in the request Cloudflare would have ignored."""

    @property
    def endpoint(self) -> str:
        """Method and path template, as used for the target of a fault."""
        return f"{self.method} {self.template}"

    @property
    def server(self) -> str:
        """The service, with the provider if it is an IP service."""
        return f"{self.service}/{self.provider}" if self.provider else self.service

    def overlaps(self, other: Entry) -> bool:
        """Return whether two requests were in progress at the same time.

        Compares request numbers instead of times, so it also works with a frozen clock.
        """
        first, second = sorted((self, other), key=lambda entry: entry.number)
        return first.newest_at_end is None or second.number <= first.newest_at_end

    def shown(self) -> dict[str, Any]:
        """Return the entry as JSON values."""
        return {"endpoint": self.endpoint, **asdict(self)}


class Filters(TypedDict, total=False):
    """Filters for entries; a missing key matches all."""

    service: Service
    provider: str
    family: Family
    method: str
    template: str
    endpoint: str
    connection: int
    status: int | None
    auth: Auth


class Log:
    """All requests to the simulator, in the order of their arrival."""

    def __init__(self) -> None:
        """Create an empty log."""
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._newest = 0
        self._changed = asyncio.Event()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The requests, the oldest first."""
        return tuple(self._entries)

    @property
    def surprises(self) -> list[str]:
        """The surprises of all requests, each with its endpoint."""
        return [
            f"{entry.endpoint}: {surprise}"
            for entry in self._entries
            for surprise in entry.surprises
        ]

    def select(self, **filters: Unpack[Filters]) -> list[Entry]:
        """Return the requests that match, the oldest first.

        Raises ValueError for an unknown filter.
        """
        if unknown := filters.keys() - Filters.__annotations__:
            raise ValueError(f"entries have no {sorted(unknown)}")
        return [
            entry
            for entry in self._entries
            if all(getattr(entry, key) == value for key, value in filters.items())
        ]

    def count(self, **filters: Unpack[Filters]) -> int:
        """Count the requests that match."""
        return len(self.select(**filters))

    def connections(self, **filters: Unpack[Filters]) -> int:
        """Count the TCP connections of the requests that match."""
        return len({entry.connection for entry in self.select(**filters)})

    def counters(self) -> dict[str, int]:
        """Return the number of requests by server and endpoint."""
        return dict(Counter(f"{entry.server}: {entry.endpoint}" for entry in self._entries))

    async def arrived(self, count: int = 1, **filters: Unpack[Filters]) -> list[Entry]:
        """Wait until this many matching requests have arrived, and return them."""
        while len(found := self.select(**filters)) < count:
            await self._changed.wait()
        return found

    async def idle(self) -> None:
        """Wait until no request is in progress."""
        while any(entry.end is None for entry in self._entries):
            await self._changed.wait()

    def clear(self) -> None:
        """Remove all requests, including those in progress."""
        self._entries.clear()

    def begin(
        self,
        *,
        service: Service,
        provider: str | None,
        family: Family,
        method: str,
        template: str,
        target: str,
        connection: int,
    ) -> Entry:
        """Add an entry for a request that arrived."""
        self._newest += 1
        entry = Entry(
            number=self._newest,
            service=service,
            provider=provider,
            family=family,
            method=method,
            template=template,
            target=target,
            connection=connection,
            begin=time.monotonic(),
        )
        self._entries.append(entry)
        self._notify()
        return entry

    def finish(self, entry: Entry) -> None:
        """Mark a request as ended, with or without a response."""
        entry.end = time.monotonic()
        entry.newest_at_end = self._newest
        self._notify()

    def _notify(self) -> None:
        """Wake all coroutines that wait for a change of the log."""
        self._changed.set()
        self._changed = asyncio.Event()
