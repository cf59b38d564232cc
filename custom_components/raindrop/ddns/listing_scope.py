"""How much of a zone an update lists: the records of one name, or all of them."""

from .models import HostName
from .state import State
from .zone_config import ZoneConfig


def only_name(config: ZoneConfig, state: State, *, whole_zone: bool) -> HostName | None:
    """Return the name whose records are enough for an update; None if it needs the whole zone.

    A single name whose records exist is listed by itself when its address changes, so a
    large zone is not transferred. But only existing records show that something hides
    them: before one is created, the whole zone has to be searched for NS records.
    """
    records = [state.record(managed.record_key) for managed in config.managed_records]
    are_found = all(record.exists and not record.conflict for record in records)
    is_single = len(config.names) == 1 and are_found and not (whole_zone or config.has_texts)
    return next(iter(config.names)) if is_single else None
