"""Flap damping after a candidate in hold-down was not reported any more."""

from datetime import timedelta

from tests.library.builders import A1, A2
from tests.library.detection.test_flap_damping import DAY_S, Reports

A, B = A1, A2


def test_an_interrupted_flap_hold_down_renews_the_memory() -> None:
    """A source that flaps without end is not followed once a day."""
    reports = Reports()
    reports.report_all([(0, A), (60, B), (60, A), (60, B)])

    # The withdrawal of A is more than a day ago, its last return is not.
    assert reports.report(A, after_s=DAY_S - 60) == B
    assert reports.remaining_s == 240


def test_a_candidate_that_was_never_accepted_is_not_known() -> None:
    """Its return is no return: it does not count among the changes of a day."""
    reports = Reports()
    reports.report(A)
    for _ in range(20):
        reports.add(B, A)
        reports.report(B, 1)
        reports.report(A, 1)
    reports.now += timedelta(seconds=DAY_S)

    assert reports.report(B) == B
    assert reports.state.returned_at == ()
