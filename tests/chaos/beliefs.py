"""The watch over what the house believes: what two said, or what stood still."""

from collections import defaultdict
from functools import partial
from itertools import pairwise

from custom_components.raindrop.ddns.detect import Detector
from custom_components.raindrop.ddns.model import Source

from .clock import Clock
from .said import Said
from .wishes import Sources
from .words import BAD

_ALONE_S, _FLAPPING_S, _MEMORY_S = 10, 120, 600
_ENOUGH = 2


class Beliefs:
    """Which address is believed of each source, and whether it may be."""

    def __init__(self, clock: Clock, said: Said, sources: Sources) -> None:
        """Begin with nothing believed."""
        self.broken: list[str] = []
        self._clock = clock
        self._said = said
        self._sources = sources
        self._detector: Detector
        self._now: dict[Source, str] = {}
        self._lately: defaultdict[Source, set[str]] = defaultdict(set)
        self._changes: defaultdict[Source, list[tuple[float, str]]] = defaultdict(list)

    def core_starts(self, detector: Detector) -> None:
        """Know that a new Home Assistant believes nothing yet."""
        self._now.clear()
        self._changes.clear()
        self._detector = detector
        detector.listen(partial(self._told, detector))

    def begin_step(self) -> None:
        """Forget what was believed before."""
        self._lately.clear()
        for source, address in self._now.items():
            self._lately[source] = {address}

    def clock_is_put(self) -> None:
        """Forget when addresses changed, as the house may, which knows the wall clock alone."""
        self._changes.clear()

    def of(self, source: Source) -> set[str]:
        """Return what was believed of a source in this step."""
        return self._lately[source]

    def _told(self, detector: Detector, source: Source) -> None:
        """See what is believed of a source from now on."""
        if detector is not self._detector:
            # Of a core that was stopped: whatever it believes, it can ask nobody any more.
            return
        address = str(detector.known(source))
        self._check(source, address)
        self._now[source] = address
        self._lately[source].add(address)
        self._changes[source].append((self._clock.now(), address))

    def _check(self, source: Source, address: str) -> None:
        """See that it was said by two, or stood still, and long enough if it comes and goes."""
        sayers = self._sources.sayers(source)
        who = self._said.who_says(address, sayers)
        if address in BAD[4] + BAD[6]:
            self._break(source, address, "which may never be written")
        if source.is_alone:
            (sayer,) = sayers
            stood_s = self._said.stood_s(address, sayer)
            if stood_s < _ALONE_S:
                self._break(source, address, f"which {sayer} has said for {stood_s} s only")
        elif len(who) < _ENOUGH:
            self._break(source, address, f"which only {sorted(who)} said")
        self._check_flapping(source, address)

    def _check_flapping(self, source: Source, address: str) -> None:
        """See that the second return within ten minutes was waited out."""
        now, returned_at = self._clock.now(), None
        changes = self._changes[source]
        left_at: dict[str, float] = {}
        for (_, before), (then, after) in pairwise(changes):
            left_at[before] = then
            if after in left_at and then - left_at[after] < _MEMORY_S:
                returned_at = then
        if changes:
            left_at[changes[-1][1]] = now
        gone_s = now - left_at.get(address, float("-inf"))
        is_second = returned_at is not None and now - returned_at < _MEMORY_S
        if address in left_at and is_second and gone_s < _FLAPPING_S:
            self._break(source, address, f"which comes and goes, and was left {gone_s} s ago")

    def _break(self, source: Source, address: str, why: str) -> None:
        """Note a broken promise."""
        name = f"{source.kind} {source.entity or source.urls or ''}"
        self.broken.append(f"of {name} {address} is believed, {why}")
