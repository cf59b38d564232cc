"""History of the addresses that providers and entities reported."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .clock import Clock
from .constants import ENTITIES, family_of

_MAX_AGE_S = 60
"""How old a report may be when its address is accepted: a look-up ends after 30 seconds."""
_KEEP_S = 900
"""How long the history is kept: longer than any waiting time of the integration."""


@dataclass(slots=True, kw_only=True)
class _Report:
    """One reporter reports the same text for some time."""

    reporter: str
    family: int
    text: str
    changed_in: int
    """The number of the step in which it began, or ended."""
    max_began: float
    """When it began, by `Clock.max_elapsed`."""
    ended: float | None = None
    """When it ended, by the monotonic clock."""
    max_ended: float = 0
    """When it ended, by `Clock.max_elapsed`."""
    is_fault: bool = False
    """Whether it comes from a fault, so that only some requests may see it."""


class ReportedAddresses:
    """What each provider and entity reported, and for how long."""

    def __init__(self, clock: Clock) -> None:
        """Start with an empty history."""
        self._clock = clock
        self._reports: list[_Report] = []
        self._step_began = clock.now()
        self._step = 0

    def begin_step(self) -> None:
        """Drop reports that are too old to matter in the next step."""
        self._step_began = self._clock.now()
        self._step += 1
        since = self._step_began - _KEEP_S
        self._reports = [r for r in self._reports if r.ended is None or r.ended >= since]

    def report(self, reporter: str, family: int, *texts: str) -> None:
        """Record what a reporter reports from now on: nothing, or one of these texts each time."""
        current = [
            report
            for report in self._reports
            if (report.reporter, report.family) == (reporter, family)
            and report.ended is None
            and not report.is_fault
        ]
        if {report.text for report in current} == {*texts}:
            return
        for report in current:
            self._end(report)
        for text in texts:
            self._begin(reporter, family, text)

    def report_by_fault(self, reporters: Iterable[str], text: str) -> None:
        """Record that a fault may replace the responses of reporters by a text."""
        for reporter in reporters:
            self._begin(reporter, family_of(text), text, is_fault=True)

    def end_faults(self) -> None:
        """Record that no fault replaces a response any more."""
        for report in self._reports:
            if report.is_fault and report.ended is None:
                self._end(report)

    def reporters_of(
        self, text: str, among: Collection[str], max_age_s: float = _MAX_AGE_S
    ) -> set[str]:
        """Return the reporters that reported a text in this step or within ``max_age_s``."""
        return {report.reporter for report in self._recent(text, among, max_age_s)}

    def reporters_of_sent(self, text: str, among: Collection[str], max_age_s: float) -> set[str]:
        """Return the reporters that reported a text not long before a request was sent.

        A whole interval may have passed since: it passes at once, and requests
        that are under way arrive after it.
        """
        return self.reporters_of(text, among, max_age_s + self._clock.interval_s)

    def has_changed(self, family: int, among: Collection[str]) -> bool:
        """Return whether what these reporters report changed in this step."""
        return any(
            report.family == family and report.reporter in among and report.changed_in == self._step
            for report in self._reports
        )

    def in_step(self, reporter: str) -> set[str]:
        """Return what a reporter reported at any time in this step."""
        return {report.text for report in self._recent_of([reporter], self._step_began)}

    def current(self, family: int, among: Collection[str]) -> list[str]:
        """Return what reporters report now, once for each of them; faults may replace it."""
        return [
            report.text
            for report in self._reports
            if report.ended is None and report.reporter in among and report.family == family
        ]

    def stable_s(self, text: str, reporter: str) -> float:
        """Return for how many seconds a reporter has reported a text without a change.

        The integration notices every change of an entity. It requests a URL
        only now and then, so for a URL the time counts from the first report.
        """
        now = self._clock.max_elapsed()
        recent = self._recent(text, [reporter], _MAX_AGE_S)
        stable = [(now if r.ended is None else r.max_ended) - r.max_began for r in recent]
        if reporter not in ENTITIES and recent:
            same = [r for r in self._reports if r.reporter == reporter and r.text == text]
            stable.append(now - min(report.max_began for report in same))
        return max(stable, default=0)

    def _recent(self, text: str, among: Collection[str], max_age_s: float) -> list[_Report]:
        """Return the reports of a text in this step or within ``max_age_s``."""
        since = min(self._step_began, self._clock.now() - max_age_s)
        return [report for report in self._recent_of(among, since) if report.text == text]

    def _recent_of(self, among: Collection[str], since: float) -> list[_Report]:
        return [
            report
            for report in self._reports
            if report.reporter in among and (report.ended is None or report.ended >= since)
        ]

    def _begin(self, reporter: str, family: int, text: str, *, is_fault: bool = False) -> None:
        report = _Report(
            reporter=reporter,
            family=family,
            text=text,
            changed_in=self._step,
            max_began=self._clock.max_elapsed(),
            is_fault=is_fault,
        )
        self._reports.append(report)

    def _end(self, report: _Report) -> None:
        report.changed_in = self._step
        report.ended, report.max_ended = self._clock.now(), self._clock.max_elapsed()
