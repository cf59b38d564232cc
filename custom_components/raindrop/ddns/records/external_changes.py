"""External changes of a record: which of them still count, and when the record is contested.

A record is contested if somebody changes it back three times within six hours.
The first two changes are corrected. What counts is the time of each change,
not whether the record was right in between: another updater, which writes
every few minutes, loses some turns and wins others.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

_LIMIT = 3
_WINDOW = timedelta(hours=6)


def is_contested(times: Sequence[datetime], now: datetime) -> bool:
    """Return whether one more external change is left alone.

    ``times`` are those that `next_times` returned. The last one that it adds
    is the one that made the record contested: the record stays so, however
    long, until it is found as it should be.
    """
    return len(times) >= _LIMIT or len(_recent(times, now)) >= _LIMIT - 1


def next_times(
    times: Sequence[datetime], now: datetime, *, is_corrected: bool, is_left: bool
) -> tuple[datetime, ...]:
    """Return the times of the external changes that count after an update.

    In the update, an external change was corrected, or it was left alone
    because the record is contested, or there was none.
    """
    if is_left and len(times) >= _LIMIT:
        return tuple(times)
    recent = _recent(times, now)
    if is_left:
        return (*recent, now)
    return ((*recent, now) if is_corrected else recent)[1 - _LIMIT :]


def _recent(times: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """Return the times within the window, where later ones than ``now`` become ``now``.

    After the clock was set back, an external change neither stops counting at once nor
    counts for longer than if it were made now.
    """
    return tuple(min(time, now) for time in times if now - time <= _WINDOW)
