"""What Cloudflare's trace said last about a tunnel."""

from collections.abc import Collection
from typing import cast

from simulator.request_log import Entry, Family, Log

from .clock import Clock

_REMEMBERED_S = 3600
"""How long Raindrop remembers a tunnel that no later trace denies."""
_REMEMBERED_OF_URL_S = 290
"""How long it remembers one that a URL reported, for sources that do not ask this URL."""
_FAMILIES: tuple[Family, ...] = (4, 6)
_NEVER = float("-inf")


class Traces:
    """Whether the latest trace of each family said that its answer came through WARP."""

    def __init__(self, log: Log, clock: Clock) -> None:
        """Read the requests in this log, which is cleared at each step."""
        self._log = log
        self._clock = clock
        self._said_at = dict.fromkeys(_FAMILIES, _NEVER)
        """When a trace said so, by `Clock.max_elapsed`."""
        self._said_at_wall_time = dict.fromkeys(_FAMILIES, _NEVER)
        self._remembered_s = dict.fromkeys(_FAMILIES, _REMEMBERED_S)
        self._said_before = dict.fromkeys(_FAMILIES, False)

    def begin_step(self, by_urls: Collection[int]) -> None:
        """Remember what traces said before the log is cleared.

        Those of the families in ``by_urls`` may be of a URL that a user chose.
        """
        for family in _FAMILIES:
            if said := self._that_say_so(family):
                wall_time = self._clock.wall_time()
                said_at = self._said_at_wall_time[family] = said[-1].end or wall_time
                self._said_at[family] = self._clock.max_elapsed() - max(wall_time - said_at, 0)
                is_of_url = family in by_urls
                self._remembered_s[family] = _REMEMBERED_OF_URL_S if is_of_url else _REMEMBERED_S
        self._said_before = {family: self.say_warp(family) for family in _FAMILIES}

    def core_started(self) -> None:
        """Forget everything, as a new Home Assistant does."""
        self._said_before = dict.fromkeys(_FAMILIES, False)

    def say_warp(self, family: int) -> bool:
        """Return whether the latest trace of a family was answered and said so."""
        of_family = cast("Family", family)
        traces = self._in_step(of_family)
        if not traces:
            age_s = self._clock.max_elapsed() - self._said_at[of_family]
            return self._said_before[of_family] and age_s < self._remembered_s[of_family]
        return _says_warp(traces[-1])

    def are_in_step(self, family: int) -> bool:
        """Return whether a trace of a family was requested in this step."""
        return bool(self._in_step(cast("Family", family)))

    def said_warp(self, family: int) -> bool:
        """Return whether any trace of a family said so in this step or within an hour before.

        Raindrop counts the hour by the wall clock, which may be set back.
        """
        of_family = cast("Family", family)
        age_s = self._clock.wall_time() - self._said_at_wall_time[of_family]
        return age_s < _REMEMBERED_S or bool(self._that_say_so(of_family))

    def _that_say_so(self, family: Family) -> list[Entry]:
        """Return the traces of this step that said so."""
        return [trace for trace in self._in_step(family) if _says_warp(trace)]

    def _in_step(self, family: Family) -> list[Entry]:
        return self._log.select(service="ip", provider="cloudflare", family=family)


def _says_warp(trace: Entry) -> bool:
    return trace.status == 200 and "warp_on" in str(trace.fault)
