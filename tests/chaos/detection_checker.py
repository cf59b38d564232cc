"""Check every accepted address: quorum, hold-down and flap damping."""

from collections import defaultdict
from collections.abc import Collection
from functools import partial
from itertools import pairwise

from homeassistant.core import HomeAssistant

from .clock import Clock
from .constants import UNUSABLE_ADDRESSES
from .integration import listen_for_accepted_addresses
from .model import Source, SourceCatalog, ZoneModel
from .reported_addresses import ReportedAddresses
from .traces import Traces

_QUORUM = 2
_HOLD_DOWN_S = 10
_FLAPPING_HOLD_S, _FLAPPING_WINDOW_S = 120, 86_400
_MAX_RETURNS = 6


class DetectionChecker:
    """Checks which addresses are accepted, source by source."""

    def __init__(
        self,
        clock: Clock,
        reported: ReportedAddresses,
        sources: SourceCatalog,
        traces: Traces,
        models: Collection[ZoneModel],
    ) -> None:
        """Start without accepted addresses."""
        self.violations: list[str] = []
        self._clock = clock
        self._reported = reported
        self._sources = sources
        self._traces = traces
        self._models = models
        self._trace_urls: set[int] = set()
        """The families of which a URL source may have requested a trace in this step."""
        self._hass: HomeAssistant
        self._current: dict[Source, str] = {}
        self._in_step: defaultdict[Source, set[str]] = defaultdict(set)
        self._ever: defaultdict[Source, set[str]] = defaultdict(set)
        self._changes: defaultdict[Source, list[tuple[float, str]]] = defaultdict(list)

    def core_started(self, hass: HomeAssistant) -> None:
        """Start again without accepted addresses, as a new Home Assistant does."""
        self._current.clear()
        self._changes.clear()
        self._traces.core_started()
        self._hass = hass
        listen_for_accepted_addresses(hass, partial(self._accepted, hass))

    def begin_step(self) -> None:
        """Keep only the current address of each source."""
        self._traces.begin_step(self._trace_urls)
        self._trace_urls.clear()
        self.sources_changed()
        self._in_step.clear()
        for source, address in self._current.items():
            self._in_step[source] = {address}

    def sources_changed(self) -> None:
        """Note the present sources: an update in progress may still ask those of before."""
        sources = {source for model in self._models for source in model.asked_sources()}
        self._trace_urls |= {
            source.family
            for source in sources
            if source.kind == "urls" and "cloudflare" in self._sources.reporters(source)
        }

    def wall_clock_shifted(self) -> None:
        """Drop the times of changes: flap damping uses the wall clock and may lose them too."""
        self._changes.clear()

    def accepted_in_step(self, source: Source, *, may_return: bool = False) -> set[str]:
        """Return the addresses of a source that were accepted at any time in this step.

        Also those of before if they ``may_return`` at once, as that of a connection may that
        another one was the way out for meanwhile.
        """
        return self._in_step[source] | (self._ever[source] if may_return else set())

    def accepted(self, source: Source) -> str | None:
        """Return the address of a source that was accepted last."""
        return self._current.get(source)

    def said_tunnel(self, source: Source) -> bool:
        """Return whether a trace said lately that what providers see is the exit of a tunnel."""
        return self._traces.said_warp(source.family)

    def _accepted(self, hass: HomeAssistant, source: Source, address: str) -> None:
        """Check an address that is accepted from now on."""
        if hass is not self._hass:
            # A core that was stopped can make no requests any more, so nothing can confirm this.
            return
        self._check(source, address)
        self._current[source] = address
        self._in_step[source].add(address)
        self._ever[source].add(address)
        self._changes[source].append((self._clock.now(), address))

    def _check(self, source: Source, address: str) -> None:
        """Check that an address is usable, and confirmed by a quorum or stable long enough."""
        reporters = self._sources.reporters(source)
        confirming = self._reported.reporters_of(address, reporters)
        if address in UNUSABLE_ADDRESSES[4] + UNUSABLE_ADDRESSES[6]:
            self._violation(source, address, "which must never be written")
        is_tunnel = source.kind != "urls" and self._is_tunnel_reported(source)
        if is_tunnel and source.entity not in confirming:
            self._violation(source, address, "although a trace reports a tunnel")
        elif source.is_unverifiable or is_tunnel:
            self._check_hold_down(source, address, source.entity or "".join(reporters))
        elif len(confirming) < _QUORUM:
            if source.entity in confirming and self._traces.said_warp(source.family):
                self._check_hold_down(source, address, source.entity)
            else:
                self._violation(source, address, f"reported only by {sorted(confirming)}")
        self._check_flap_damping(source, address)

    def _is_tunnel_reported(self, source: Source) -> bool:
        """Return whether a source with built-in providers knows that a trace says so.

        A source with the URL of a trace may be the one that requested it, at the same time.
        """
        may_be_of_url = source.family in self._trace_urls and self._traces.are_in_step(
            source.family
        )
        is_asked = "cloudflare" in self._sources.reporters(source)
        return is_asked and not may_be_of_url and self._traces.say_warp(source.family)

    def _check_hold_down(self, source: Source, address: str, reporter: str) -> None:
        stable_s = self._reported.stable_s(address, reporter)
        if stable_s < _HOLD_DOWN_S:
            self._violation(source, address, f"stable at {reporter} for only {stable_s} s")

    def _check_flap_damping(self, source: Source, address: str) -> None:
        """Check that an address that returned within a day was held, and the sixth was the last."""
        now = self._clock.now()
        changes = [c for c in self._changes[source] if now - c[0] < _FLAPPING_WINDOW_S]
        left_at = {before: then for (_, before), (then, _) in pairwise(changes)}
        if changes:
            left_at[changes[-1][1]] = now
        if address not in left_at:
            return
        absent_s = now - left_at[address]
        if absent_s < _FLAPPING_HOLD_S:
            self._violation(source, address, f"flapping, and last accepted {absent_s} s ago")
        known = [after for _, after in changes]
        returns = [after for number, after in enumerate(known) if after in known[:number]]
        if len(returns) >= _MAX_RETURNS:
            self._violation(source, address, "as the seventh that was accepted again in a day")

    def _violation(self, source: Source, address: str, reason: str) -> None:
        name = f"{source.kind} {source.entity or source.urls or ''}"
        self.violations.append(f"source {name}: {address} was accepted, {reason}")
