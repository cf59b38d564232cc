"""Tunnels: which providers recently reported that requests of this host go through WARP."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..errors import DetectionError
from ..sources import Family
from .detection import Response
from .providers import Provider

_MEMORY = timedelta(hours=1)
"""How long a report counts if the provider does not deny it later: it may be down meanwhile."""
_SAME_UPDATE = timedelta(minutes=4, seconds=50)
"""How far apart two zones detect in one cycle."""


class Tunnels:
    """Remembers which providers reported a tunnel, by family."""

    def __init__(self) -> None:
        self._reported_at: dict[tuple[str, Family], datetime] = {}

    def copy(self) -> "Tunnels":
        """Return an independent copy."""
        copy = Tunnels()
        copy._reported_at.update(self._reported_at)
        return copy

    def add(self, responses: Iterable[Response], family: Family, now: datetime) -> None:
        """Remember the responses that report a tunnel, and those that deny it with an address."""
        for response in responses:
            key = response.provider, family
            if response.error is DetectionError.TUNNEL:
                self._reported_at[key] = now
            elif response.address:
                self._reported_at.pop(key, None)

    def witness(self, providers: Iterable[Provider], family: Family, now: datetime) -> str | None:
        """Return the provider that recently reported a tunnel, None if there is none.

        One that another source asks speaks for these providers as well, but
        only about the update in which it does: nobody here asks it again.
        """
        for key, time in self._reported_at.items():
            # A time in the future is that of a clock that was set back.
            self._reported_at[key] = min(time, now)
            provider, of_family = key
            is_own = any(own.name == provider for own in providers)
            memory = _MEMORY if is_own else _SAME_UPDATE
            if of_family == family and now - self._reported_at[key] < memory:
                return provider
        return None
