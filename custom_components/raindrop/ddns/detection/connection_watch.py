"""The connection watch: hints that the public address changed, within seconds.

Two signals are cheap: the address a STUN server sees, and the kernel's reports about
addresses, default routes, and links. Both are hints that start a detection. Neither is
a provider: an address still needs its quorum.
"""

from asyncio import get_running_loop
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from ..addresses import why_unusable
from ..models import Address
from ..sources import Family, Meaning, Source, SourceKind
from .detection import Detection
from .hint_limiter import HintLimiter
from .kernel_watch import KernelWatch
from .stun_probes import ProbeStatus, StunProbes, StunServer

STUN_SERVERS: Mapping[Family, StunServer] = dict.fromkeys(Family, StunServer("stun.cloudflare.com"))
"""Cloudflare's: it hosts the zone, so no other party learns anything.

https://developers.cloudflare.com/realtime/turn/
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchStatus:
    """What a watch knows of one family, for display."""

    probes: ProbeStatus
    response_age_s: float | None
    """How long ago the server last responded."""
    working_s: float | None
    """For how long probes have been answered without an outage."""


def is_watchable(source: Source) -> bool:
    """Return whether the watch sees what a source reports: the address of the default route."""
    if source.kind is SourceKind.ENTITY:
        return source.meaning is Meaning.THIS_NETWORK
    return source.kind is SourceKind.AUTOMATIC


class ConnectionWatch:
    """Watches the connection while there are sources to watch for; one serves the whole home."""

    def __init__(
        self,
        servers: Mapping[Family, StunServer],
        changed: Callable[[], None],
        went_blind: Callable[[], None],
    ) -> None:
        """Probe ``servers``; an empty table watches nothing and opens no socket.

        ``changed`` is called when the addresses should be detected now, and
        ``went_blind`` when an outage begins. Both run in the event loop.
        """
        self._servers = servers
        self._changed = changed
        self._went_blind = went_blind
        self._limiter = HintLimiter()
        self._detections: dict[Source, Detection] = {}
        self._mapped: dict[Family, Address] = {}
        self._probes: dict[Family, StunProbes] = {}
        self._kernel: KernelWatch | None = None

    def watch(self, sources: Iterable[Source]) -> None:
        """Watch for these sources, those that can be watched, and for no others."""
        watchable = {source for source in sources if is_watchable(source)}
        self._detections = {
            source: self._detections.get(source, Detection(source=source)) for source in watchable
        }
        families = {s.family for s in watchable} & self._servers.keys()
        for family in self._probes.keys() - families:
            self._probes.pop(family).stop()
        for family in families - self._probes.keys():
            responded = partial(self._responded, family)
            probes = StunProbes(family, self._servers[family], responded, self._went_blind)
            self._probes[family] = probes
            probes.start()
        if families and self._kernel is None:
            self._kernel = KernelWatch(self._kernel_changed)
            self._kernel.start()
        elif not families and self._kernel:
            self._kernel.stop()
            self._kernel = None

    def detected(self, detection: Detection) -> None:
        """Remember what an update accepted for a source, if that is watched."""
        source, family, address = detection.source, detection.family, detection.last_accepted
        if source not in self._detections:
            return
        before, self._detections[source] = self._detections[source], detection
        if address:
            is_new = address != before.last_accepted
            mapped = self._mapped.get(family, address)
            # A temporary address of this host that was mapped is not contradicted.
            seen = mapped if detection.stands_for(mapped) == address else address
            self._limiter.accepted(family, seen, _now_s(), is_new=is_new)

    def is_working(self, source: Source) -> bool:
        """Return whether a change of the address of a source would be noticed."""
        is_watched = source in self._detections
        probes = self._probes.get(source.family) if is_watched else None
        is_answered = probes is not None and probes.status is ProbeStatus.WORKING
        return is_answered and not self._limiter.may_ignore(source.family, _now_s())

    def status(self) -> Mapping[Family, WatchStatus]:
        """Return what is known of each family that is watched."""
        return {family: _status(probes) for family, probes in sorted(self._probes.items())}

    @property
    def is_watching_kernel(self) -> bool:
        """Whether the kernel reports changes of this host."""
        return self._kernel is not None and self._kernel.is_watching

    def _responded(self, family: Family, mapped: Address, ends_outage: bool) -> None:  # noqa: FBT001 - a callback
        self._mapped[family] = mapped
        detections = [d for source, d in self._detections.items() if source.family == family]
        is_accepted = all(d.stands_for(mapped) == d.last_accepted for d in detections)
        is_other = not is_accepted and why_unusable(mapped, family) is None
        # The address at the end of an outage does not matter: a detection follows in any case.
        hint = None if ends_outage else (family, mapped)
        if (is_other or ends_outage) and self._limiter.may_follow(hint, _now_s()):
            self._changed()

    def _kernel_changed(self) -> None:
        if self._limiter.may_follow(None, _now_s()):
            self._changed()


def _status(probes: StunProbes) -> WatchStatus:
    return WatchStatus(
        probes=probes.status,
        response_age_s=_age_s(probes.responded_at_s),
        working_s=_age_s(probes.working_since_s),
    )


def _age_s(time_s: float | None) -> float | None:
    return None if time_s is None else _now_s() - time_s


def _now_s() -> float:
    return get_running_loop().time()
