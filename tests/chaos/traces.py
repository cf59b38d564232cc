"""What Cloudflare's trace said last about a tunnel."""

from typing import cast

from simulator.request_log import Entry, Family, Log

from .clock import Clock

_REMEMBERED_S = 3600
"""How long Raindrop remembers a tunnel that no later trace denies."""
_FAMILIES: tuple[Family, ...] = (4, 6)


class Traces:
    """Whether the latest trace of each family said that its answer came through WARP."""

    def __init__(self, log: Log, clock: Clock) -> None:
        """Read the requests in this log, which is cleared at each step."""
        self._log = log
        self._clock = clock
        self._said_at = dict.fromkeys(_FAMILIES, float("-inf"))
        self._said_before = dict.fromkeys(_FAMILIES, False)

    def begin_step(self) -> None:
        """Remember what traces said before the log is cleared."""
        for family in _FAMILIES:
            if self._in_step(family):
                self._said_at[family] = self._clock.max_elapsed()
        self._said_before = {family: self.say_warp(family) for family in _FAMILIES}

    def core_started(self) -> None:
        """Forget everything, as a new Home Assistant does."""
        self._said_before = dict.fromkeys(_FAMILIES, False)

    def say_warp(self, family: int) -> bool:
        """Return whether the latest trace of a family was answered and said so."""
        of_family = cast("Family", family)
        traces = self._log.select(service="ip", provider="cloudflare", family=of_family)
        if not traces:
            return self._said_before[of_family] and self._is_remembered(of_family)
        return _says_warp(traces[-1])

    def said_warp(self, family: int) -> bool:
        """Return whether any trace of a family said so in this step or within an hour before."""
        of_family = cast("Family", family)
        return self._is_remembered(of_family) or self._in_step(of_family)

    def _is_remembered(self, family: Family) -> bool:
        return self._clock.max_elapsed() - self._said_at[family] < _REMEMBERED_S

    def _in_step(self, family: Family) -> bool:
        traces = self._log.select(service="ip", provider="cloudflare", family=family)
        return any(map(_says_warp, traces))


def _says_warp(trace: Entry) -> bool:
    return trace.status == 200 and "warp_on" in str(trace.fault)
