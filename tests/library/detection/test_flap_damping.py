"""Flap damping and hold-down: which address is accepted at once, and which one later."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.raindrop.ddns.detection.flap_damping import (
    FLAP_HOLD_DOWN,
    HOLD_DOWN,
    DampingState,
)
from custom_components.raindrop.ddns.models import Address
from tests.library.builders import A1, A2, A3

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
A, B, C = A1, A2, A3

type Report = tuple[float, Address]
"""The seconds since the report before, and the address."""


class Reports:
    """Reports one address after another to a damping state."""

    def __init__(self, *, is_unverifiable: bool = False) -> None:
        """Start at noon, with no accepted address."""
        self.now = NOON
        self.is_unverifiable = is_unverifiable
        self.state = DampingState()

    def report(self, address: Address, after_s: float = 0) -> Address | None:
        """Report an address after some seconds, and return the accepted one."""
        self.now += timedelta(seconds=after_s)
        self.state = self.state.report(address, self.now, is_unverifiable=self.is_unverifiable)
        return self.state.accepted

    def report_all(self, reports: Iterable[Report]) -> list[Address | None]:
        """Report many addresses, and return the one accepted after each."""
        return [self.report(address, after_s) for after_s, address in reports]

    @property
    def remaining_s(self) -> float:
        """How many seconds of the hold-down are left."""
        return self.state.remaining_s(self.now)


@pytest.mark.parametrize(
    "reports, accepted",
    [
        pytest.param([(0, A)], [A], id="first/at once"),
        pytest.param([(0, A), (5, A)], [A, A], id="the same/stays"),
        pytest.param([(0, A), (5, B)], [A, B], id="a change/at once"),
        pytest.param([(0, A), (5, B), (5, C)], [A, B, C], id="two changes/at once"),
        pytest.param([(0, A), (5, B), (5, A)], [A, B, A], id="first return/at once"),
        pytest.param([(0, A), (5, B), (5, A), (5, B)], [A, B, A, A], id="second return/held"),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (119, B)],
            [A, B, A, A, A],
            id="second return just under two minutes/held",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (120, B)],
            [A, B, A, A, B],
            id="second return for two minutes/accepted",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (100, A), (1, B), (100, B), (20, B)],
            [A, B, A, A, A, A, A, B],
            id="interrupted/held again",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (600, B)],
            [A, B, A, B],
            id="second return after ten minutes/at once",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (599, B)],
            [A, B, A, A],
            id="second return just within ten minutes/held",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (120, B), (5, A), (120, A)],
            [A, B, A, A, B, B, A],
            id="third return/held",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, C)], [A, B, A, C], id="a new one while flapping/at once"
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (5, C)],
            [A, B, A, A, C],
            id="a new one while another is held/at once",
        ),
        pytest.param(
            [(0, A), (5, B), (5, C), (5, A), (5, B)],
            [A, B, C, A, A],
            id="three in turn/second return held",
        ),
    ],
)
def test_an_address_that_returns_twice_is_held(
    reports: list[Report], accepted: list[Address | None]
) -> None:
    """An address that returns is accepted at once; its second return is held for two minutes."""
    assert Reports().report_all(reports) == accepted


@pytest.mark.parametrize(
    "reports, accepted",
    [
        pytest.param([(0, A)], [None], id="first/held"),
        pytest.param([(0, A), (9, A)], [None, None], id="nine seconds/held"),
        pytest.param([(0, A), (10, A)], [None, A], id="ten seconds/accepted"),
        pytest.param([(0, A), (10, A), (5, B)], [None, A, A], id="a change/held"),
        pytest.param(
            [(0, A), (10, A), (5, B), (10, B)],
            [None, A, A, B],
            id="a change for ten seconds/accepted",
        ),
        pytest.param(
            [(0, A), (10, A), (5, B), (5, C), (9, C), (1, C)],
            [None, A, A, A, A, C],
            id="another candidate/held again",
        ),
        pytest.param(
            [(0, A), (10, A), (5, B), (5, A), (9, B), (5, B), (5, B)],
            [None, A, A, A, A, A, B],
            id="the accepted one between/held again",
        ),
        pytest.param(
            [(0, A), (10, A), (5, B), (10, B), (5, A), (10, A), (5, B), (10, B), (110, B)],
            [None, A, A, B, B, A, A, A, B],
            id="second return/two minutes",
        ),
    ],
)
def test_an_unverifiable_address_is_held(
    reports: list[Report], accepted: list[Address | None]
) -> None:
    """An unverifiable address is accepted when it has been reported for ten seconds."""
    assert Reports(is_unverifiable=True).report_all(reports) == accepted


def test_flapping_makes_one_change_and_back_in_ten_minutes() -> None:
    """Two addresses that alternate every half minute are each accepted once in ten minutes."""
    reports = Reports()
    flaps = [(30.0, A if number % 2 == 0 else B) for number in range(120)]

    accepted = reports.report_all(flaps)

    assert accepted[:22] == [A, B, *([A] * 20)]
    assert len(changes(accepted)) <= 2 * 6


def test_the_hold_down_is_counted_down() -> None:
    """A candidate knows how much of its hold-down is left; an accepted address has none."""
    reports = Reports(is_unverifiable=True)
    assert in_hold_down(reports) == (None, 0)

    reports.report(A)
    assert in_hold_down(reports) == (A, HOLD_DOWN.total_seconds())
    reports.report(A, 4)
    assert in_hold_down(reports) == (A, 6)
    reports.report(A, 6)

    assert in_hold_down(reports) == (None, 0)


def test_the_accepted_address_ends_the_hold_down_of_another() -> None:
    """When the accepted address is reported again, there is no candidate any more."""
    reports = Reports(is_unverifiable=True)
    reports.report_all([(0, A), (10, A), (1, B)])
    assert in_hold_down(reports) == (B, HOLD_DOWN.total_seconds())

    reports.report(A, 1)

    assert in_hold_down(reports) == (None, 0)


def test_a_silence_does_not_shorten_the_flap_hold_down() -> None:
    """An address that flaps and is not reported in between is not accepted any sooner."""
    reports = Reports(is_unverifiable=True)
    reports.report_all([(0, A), (10, A), (5, B), (10, B), (5, A), (10, A), (5, B)])
    assert in_hold_down(reports) == (B, FLAP_HOLD_DOWN.total_seconds())

    reports.state = reports.state.reset_candidate(reports.now)
    assert in_hold_down(reports) == (None, 0)

    reports.report(B, 60)
    assert in_hold_down(reports) == (B, FLAP_HOLD_DOWN.total_seconds())


def in_hold_down(reports: Reports) -> tuple[Address | None, float]:
    """Return the candidate and the seconds that are left of its hold-down."""
    return reports.state.candidate, reports.remaining_s


@pytest.mark.parametrize("back_s", [1, 20, 3600, 86_400 * 365])
def test_a_clock_that_is_set_back_does_not_prolong_the_hold_down(back_s: float) -> None:
    """After the clock was set back, the hold-down is no longer than it ever is."""
    reports = Reports()
    reports.report_all([(0, A), (5, B), (5, A), (5, B)])

    reports.report(B, -back_s)
    assert reports.remaining_s <= FLAP_HOLD_DOWN.total_seconds()

    assert reports.report(B, FLAP_HOLD_DOWN.total_seconds()) == B


def test_a_withdrawal_in_the_future_does_not_count() -> None:
    """An address that was withdrawn later than now, by a clock set back, does not return."""
    reports = Reports()
    reports.report_all([(0, A), (5, B), (5, A)])

    assert reports.report(B, -3600) == B


def test_old_withdrawals_are_forgotten() -> None:
    """The memory of withdrawn addresses is bounded, however many addresses a home had."""
    reports = Reports()
    for number in range(200):
        reports.report(A + number, 300)

    assert len(reports.state.withdrawn_at) <= 3


steps = st.floats(min_value=-1000, max_value=1000)
addresses = st.sampled_from([A, B, C])
histories = st.lists(st.tuples(steps, addresses), max_size=12)
law = settings(max_examples=1000, deadline=None)


@law
@given(history=histories, last=addresses, is_unverifiable=st.booleans())
@example(history=[(0, A), (1, B), (1, A), (1, B), (-900, B)], last=B, is_unverifiable=False)
def test_a_stable_address_is_accepted(
    history: list[Report], last: Address, *, is_unverifiable: bool
) -> None:
    """Whatever happened before, an address that is stable for two minutes is accepted."""
    reports = Reports(is_unverifiable=is_unverifiable)
    reports.report_all(history)

    reports.report(last)
    remaining_s = reports.remaining_s
    assert 0 <= remaining_s <= FLAP_HOLD_DOWN.total_seconds()

    assert reports.report(last, remaining_s) == last
    assert reports.remaining_s == 0


@law
@given(history=histories, is_unverifiable=st.booleans())
def test_only_a_reported_address_is_accepted(
    history: list[Report], *, is_unverifiable: bool
) -> None:
    """The accepted address is the one reported now or the one accepted before."""
    reports = Reports(is_unverifiable=is_unverifiable)
    before: Address | None = None
    for after_s, address in history:
        accepted = reports.report(address, after_s)
        assert accepted in {before, address}
        is_held = accepted != address
        assert (reports.state.candidate == address, reports.remaining_s > 0) == (is_held, is_held)
        before = accepted


@law
@given(history=st.lists(st.tuples(st.floats(min_value=0, max_value=9.9), addresses), max_size=12))
def test_an_unverifiable_address_is_never_accepted_early(history: list[Report]) -> None:
    """An unverifiable source's address is accepted only after ten seconds without another."""
    reports = Reports(is_unverifiable=True)
    reported_since: dict[Address, datetime] = {}
    for after_s, address in history:
        before = reports.state.accepted
        accepted = reports.report(address, after_s)
        reported_since = {address: reported_since.get(address, reports.now)}
        if accepted != before:
            assert reports.now - reported_since[address] >= HOLD_DOWN


@law
@given(gaps=st.lists(st.floats(min_value=0, max_value=119.9), min_size=4, max_size=40))
@example(gaps=[60] * 40)
def test_flapping_makes_two_changes_in_ten_minutes(gaps: list[float]) -> None:
    """Alternating addresses, neither stable for two minutes, change DNS once and back at most."""
    reports = Reports()
    times = list(accumulate(gaps))
    flaps = [(gap, A if number % 2 == 0 else B) for number, gap in enumerate(gaps)]

    accepted = reports.report_all(flaps)

    times_of_changes = [times[index] for index in changes(accepted) if accepted[index - 1]]
    pairs = zip(times_of_changes, times_of_changes[2:], strict=False)
    assert all(later - sooner > 599.9 for sooner, later in pairs)


def changes(accepted: list[Address | None]) -> list[int]:
    """Return the indexes at which another address is accepted than before."""
    pairs = enumerate(pairwise(accepted), start=1)
    return [index for index, (before, now) in pairs if before != now]
