"""The global rate limit: 1,200 requests in five minutes, then blocked for five minutes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import math
import time


@dataclass(frozen=True, slots=True)
class Allowance:
    """The remaining requests of a caller."""

    remaining: int
    reset_s: int
    quota: int
    window_s: int
    blocked: bool = False

    def headers(self) -> Mapping[str, str]:
        """Return the headers of every response."""
        return {
            "Ratelimit": f'"default";r={self.remaining};t={self.reset_s}',
            "Ratelimit-Policy": f'"default";q={self.quota};w={self.window_s}',
        }


@dataclass(slots=True)
class _Window:
    """The requests of one caller in the current window."""

    ends: float
    used: int = 0
    is_blocking: bool = False


class Limiter:
    """The rate limiter, which always counts, but blocks only if it is enforced."""

    def __init__(self) -> None:
        """Use Cloudflare's limit, not enforced."""
        self.enforced = False
        self.quota = 1200
        self.window_s = 300
        self.clock: Callable[[], float] = time.monotonic
        self._windows: dict[str, _Window] = {}

    def spend(self, caller: str) -> Allowance:
        """Count one request of a caller and return the remaining ones."""
        now = self.clock()
        window = self._windows.get(caller)
        if window is None or now >= window.ends:
            window = self._windows[caller] = _Window(now + self.window_s)
        window.used += 1
        if self.enforced and window.used > self.quota and not window.is_blocking:
            window.is_blocking = True
            window.ends = now + self.window_s
        return Allowance(
            remaining=max(0, self.quota - window.used),
            reset_s=math.ceil(window.ends - now),
            quota=self.quota,
            window_s=self.window_s,
            blocked=self.enforced and window.is_blocking,
        )

    def clear(self) -> None:
        """Reset all counts."""
        self._windows.clear()
