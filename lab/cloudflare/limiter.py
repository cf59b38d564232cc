"""Cloudflare's global limit: 1,200 requests in five minutes, then nothing for five minutes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import math
import time


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left."""

    remaining: int
    reset_s: int
    quota: int
    window_s: int
    blocked: bool = False

    def headers(self) -> Mapping[str, str]:
        """Return the headers that every answer carries."""
        return {
            "Ratelimit": f'"default";r={self.remaining};t={self.reset_s}',
            "Ratelimit-Policy": f'"default";q={self.quota};w={self.window_s}',
        }


@dataclass(slots=True)
class _Window:
    """What one caller has used in the current window."""

    ends: float
    used: int = 0
    is_blocking: bool = False


class Limiter:
    """Counts always, and refuses only while it is enforced."""

    def __init__(self) -> None:
        """Start with Cloudflare's limit, not enforced."""
        self.enforced = False
        self.quota = 1200
        self.window_s = 300
        self.clock: Callable[[], float] = time.monotonic
        self._windows: dict[str, _Window] = {}

    def spend(self, caller: str) -> Allowance:
        """Count one request of a caller and say what is left."""
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
        """Forget what was spent."""
        self._windows.clear()
