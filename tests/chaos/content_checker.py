"""Check that what is written to a record comes from an address that was accepted."""

from collections.abc import Collection

from simulator.cloudflare.record import Fields

from .detection_checker import DetectionChecker
from .integration import CONNECTION_COMMENTS
from .model import ManagedRecord, Source, SourceCatalog
from .reported_addresses import ReportedAddresses

_MAX_DETECTION_AGE_S = 300
"""How old a detection may be that an update of another zone made."""


class ContentChecker:
    """Knows which contents a record may get."""

    def __init__(
        self, reported: ReportedAddresses, sources: SourceCatalog, detection: DetectionChecker
    ) -> None:
        """Judge by what was reported and accepted."""
        self._reported = reported
        self._sources = sources
        self._detection = detection

    def is_confirmed(self, managed: ManagedRecord, fields: Fields, before: str | None) -> bool:
        """Return whether an accepted, recently reported address leads to this content.

        ``before`` is the content of the existing record.
        """
        return any(
            managed.content(address, before) == fields.content
            and self._reported.reporters_of_sent(
                address, self._sources.reporters(source), _MAX_DETECTION_AGE_S
            )
            for source in _sources_of(managed, fields)
            for address in self._detection.accepted_in_step(
                source, may_return=bool(managed.connections)
            )
        )


def _sources_of(managed: ManagedRecord, fields: Fields) -> Collection[Source]:
    """Return the sources whose addresses a record may have: of one connection only its own."""
    own = [c for c in managed.connections if CONNECTION_COMMENTS[c.name] == fields.comment]
    return [c.source for c in own] if managed.has_own_records and own else managed.sources
