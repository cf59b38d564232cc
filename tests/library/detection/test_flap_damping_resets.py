"""Flap damping after a candidate in hold-down was not reported any more."""

from tests.library.builders import A1, A2
from tests.library.detection.test_flap_damping import Reports

A, B = A1, A2


def test_an_interrupted_flap_hold_down_renews_the_memory() -> None:
    """A source that flaps without end is not followed every ten minutes."""
    reports = Reports()
    reports.report_all([(0, A), (60, B), (60, A), (60, B), (60, A)])

    # The first withdrawal of B is more than ten minutes ago, the last one is not.
    assert reports.report(B, after_s=510) == A
    assert reports.remaining_s == 120
