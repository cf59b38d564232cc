"""Which external changes of a record still count."""

from datetime import UTC, datetime, timedelta

from custom_components.raindrop.ddns.records.external_changes import is_contested, next_times

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_change_counts_for_six_hours() -> None:
    """The window includes its end."""
    times = (NOW - 6 * HOUR - timedelta(seconds=1), NOW - 6 * HOUR, NOW - HOUR)

    kept = next_times(times[1:], NOW, is_corrected=False, is_left=False)

    assert kept == times[1:]
    assert is_contested(kept, NOW)
    assert next_times(times, NOW, is_corrected=False, is_left=False) == kept
    assert not is_contested(kept[1:], NOW)


def test_a_contested_record_stays_contested() -> None:
    """The changes that made it so are kept however long it is left alone."""
    times = (NOW - 2 * HOUR, NOW - HOUR, NOW)

    for later in (NOW, NOW + HOUR, NOW + 48 * HOUR):
        assert next_times(times, later, is_corrected=False, is_left=True) == times
        assert is_contested(times, later)
