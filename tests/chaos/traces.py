"""What Cloudflare's trace said last about a tunnel."""

from typing import cast

from simulator.request_log import Family, Log

_FAMILIES: tuple[Family, ...] = (4, 6)


class Traces:
    """Whether the latest trace of each family said that its answer came through WARP."""

    def __init__(self, log: Log) -> None:
        """Read the requests in this log, which is cleared at each step."""
        self._log = log
        self._said_before = dict.fromkeys(_FAMILIES, False)

    def begin_step(self) -> None:
        """Remember what traces said before the log is cleared."""
        self._said_before = {family: self.say_warp(family) for family in _FAMILIES}

    def core_started(self) -> None:
        """Forget everything, as a new Home Assistant does."""
        self._said_before = dict.fromkeys(_FAMILIES, False)

    def say_warp(self, family: int) -> bool:
        """Return whether the latest trace of a family was answered and said so."""
        of_family = cast("Family", family)
        traces = self._log.select(service="ip", provider="cloudflare", family=of_family)
        if not traces:
            return self._said_before[of_family]
        return traces[-1].status == 200 and "warp_on" in str(traces[-1].fault)
