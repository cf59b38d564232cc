"""Says in the log what fails and what works again: once, however long it lasts."""

from collections.abc import Iterable

from .const import LOGGER
from .ddns.model import Family, Source, Target
from .ddns.report import Report


class Journal:
    """Remembers what the log knows already of a zone."""

    def __init__(self, title: str) -> None:
        """Begin with nothing logged."""
        self._title = title
        self._reason: str | None = None
        self._substituted: set[Source] = set()

    def note(self, report: Report, targets: Iterable[Target]) -> None:
        """Log what is new in a report."""
        reason = _reason(report, targets)
        if reason and reason != self._reason:
            LOGGER.warning("%s cannot be kept up to date: %s", self._title, reason)
        elif self._reason and not reason:
            LOGGER.info("%s is up to date again", self._title)
        self._reason = reason
        substituted = {s for s, reading in report.readings.items() if reading.is_substitute}
        for source in substituted - self._substituted:
            entity = report.readings[source].answers[0].operator
            LOGGER.warning("%s says no usable address; web pages are asked instead", entity)
        self._substituted = substituted
        for slot, outcome in report.outcomes.items():
            if report.was_read and outcome.change.is_drift:
                LOGGER.info("%s was changed by somebody else: %s", slot.name, outcome.result)


def _reason(report: Report, targets: Iterable[Target]) -> str | None:
    """Return why a round did not reach its end, None if it did."""
    for error in report.failures:
        return str(error)
    for target in targets:
        label, reading = target.slot.family.label, report.readings[target.source]
        is_absent = target.slot.family is Family.IPV6 and reading.is_absent
        if reading.is_flapping:
            return f"the {label} address keeps changing; it is written once it stands still"
        if reading.address is None and reading.held is None and not is_absent:
            return f"no usable, agreed {label} address"
    for slot, conflict in report.conflicts.items():
        return f"{slot.family.record_type} record of {slot.name}: {conflict.kind}"
    return None
