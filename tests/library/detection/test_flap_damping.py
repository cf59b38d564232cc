"""Flap damping and hold-down: which address is accepted at once, and which one later."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.raindrop.ddns.detection.flap_damping import (
    FLAP_HOLD_DOWN,
    HOLD_DOWN,
    MAX_FLAP_HOLD_DOWN,
    MAX_RETURNS,
    DampingState,
)
from custom_components.raindrop.ddns.models import Address
from tests.library.builders import A1, A2, A3

DAY = timedelta(days=1)
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

    def add(self, *addresses: Address) -> None:
        """Let web providers report these addresses in turn."""
        self.state = self.state.add_reports(addresses, self.now)

    def report_all(self, reports: Iterable[Report]) -> list[Address | None]:
        """Report many addresses, and return the one accepted after each."""
        return [self.report(address, after_s) for after_s, address in reports]

    @property
    def remaining_s(self) -> float:
        """How many seconds of the hold-down are left."""
        return self.state.remaining_s(self.now)


MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


@pytest.mark.parametrize(
    "reports, accepted",
    [
        pytest.param([(0, A)], [A], id="first/at once"),
        pytest.param([(0, A), (5, A)], [A, A], id="the same/stays"),
        pytest.param([(0, A), (5, B)], [A, B], id="a change/at once"),
        pytest.param([(0, A), (5, B), (5, C)], [A, B, C], id="two changes/at once"),
        pytest.param([(0, A), (5, B), (5, A)], [A, B, B], id="a return/held"),
        pytest.param(
            [(0, A), (5, B), (5, A), (119, A)], [A, B, B, B], id="just under two minutes/held"
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (120, A)], [A, B, B, A], id="for two minutes/accepted"
        ),
        pytest.param([(0, A), (5, B), (DAY_S - 1, A)], [A, B, B], id="a return within a day/held"),
        pytest.param([(0, A), (5, B), (DAY_S, A)], [A, B, A], id="a return after a day/at once"),
        pytest.param(
            [(0, A), (5, B), (5, A), (100, B), (5, A), (239, A), (1, A)],
            [A, B, B, B, B, B, A],
            id="interrupted/held again, twice as long",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (120, A), (5, B), (239, B), (1, B)],
            [A, B, B, A, A, A, B],
            id="second return/held twice as long",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, C)], [A, B, B, C], id="a new one meanwhile/at once"
        ),
        pytest.param(
            [(0, A), (5, B), (5, C), (5, A)], [A, B, C, C], id="three in turn/the first is held"
        ),
    ],
)
def test_an_address_that_returns_is_held(
    reports: list[Report], accepted: list[Address | None]
) -> None:
    """A new address is accepted at once; one that was accepted within a day has to be stable."""
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
            [(0, A), (10, A), (5, B), (10, B), (5, A), (10, A), (110, A)],
            [None, A, A, B, B, B, A],
            id="return/two minutes",
        ),
    ],
)
def test_an_unverifiable_address_is_held(
    reports: list[Report], accepted: list[Address | None]
) -> None:
    """An unverifiable address is accepted when it has been reported for ten seconds."""
    assert Reports(is_unverifiable=True).report_all(reports) == accepted


@pytest.mark.parametrize(
    "reported, accepted",
    [
        pytest.param([[B], [B]], B, id="nothing else/at once"),
        pytest.param([[A, B], [B]], B, id="the old one before it/at once"),
        pytest.param([[B, A], [B]], A, id="the old one after it/held"),
        pytest.param([[B], [A], [B, B]], A, id="the old one in a later update/held"),
        pytest.param([[C, A], [B, B]], B, id="the old one after another/at once"),
    ],
)
def test_a_new_address_is_held_if_the_old_one_is_reported_again(
    reported: list[list[Address]], accepted: Address
) -> None:
    """A provider that reports the old one after the new one shows that both are in use."""
    reports = Reports()
    reports.report(A)
    for addresses_reported in reported:
        reports.add(*addresses_reported)

    assert reports.report(B, 1) == accepted
    assert reports.report(B, FLAP_HOLD_DOWN.total_seconds()) == B


def test_the_hold_down_doubles_with_each_flap() -> None:
    """From two minutes to an hour, and after a day without flaps it is short again."""
    reports = Reports()
    reports.report_all([(0, A), (5, B)])
    remaining = []
    for _ in range(8):
        reports.report(A, 1)
        remaining.append(reports.remaining_s)
        reports.report(B, 1)

    assert remaining == [60.0 * minutes for minutes in (2, 4, 8, 16, 32, 60, 60, 60)]
    assert reports.report(C, DAY_S) == C
    reports.report(B, 1)
    assert reports.remaining_s == 2 * MINUTE_S


def test_six_returns_in_a_day_are_accepted() -> None:
    """However stable an address is, it waits then; one that is new does not."""
    reports = Reports()
    reports.report_all([(0, A), (5, B)])
    first_return = 0.0
    for number in range(MAX_RETURNS):
        address = B if number % 2 else A
        reports.report(address, 1)
        assert reports.report(address, reports.remaining_s) == address
        first_return = first_return or reports.now.timestamp()

    reports.report(A, HOUR_S)

    until_s = first_return + DAY_S - reports.now.timestamp()
    assert reports.remaining_s == pytest.approx(until_s)
    assert reports.report(C, 1) == C
    reports.report(A, 1)
    assert reports.report(A, reports.remaining_s) == A


def test_both_ways_out_are_known_while_an_address_flaps() -> None:
    """They are known from the second flap on, and for a day after the last ones."""
    reports = Reports()
    known = []
    for address in (A, B, A, B, A, B, C):
        reports.report(address, 10)
        known.append(reports.state.ways_out(reports.now))

    assert known == [(), (), (), (), (), (A, B), (A, B)]
    reports.now += timedelta(seconds=DAY_S)
    assert reports.state.ways_out(reports.now) == ()


def test_an_address_that_was_never_stable_is_in_hold_down() -> None:
    """A third one that comes and goes as well does not make it count at once."""
    reports = Reports()
    reports.report(A)
    reports.add(B, A)
    reports.add(C, A)

    assert reports.report_all([(0, B), (0, C)]) == [A, A]


def test_an_address_that_was_interrupted_was_not_accepted() -> None:
    """Only one that was accepted before counts as returning."""
    reports = Reports()
    reports.report(A)
    reports.add(B, A)
    reports.report_all([(0, B), (5, A), (5, B)])

    assert reports.report(B, 2 * FLAP_HOLD_DOWN.total_seconds()) == B
    assert reports.state.returned_at == ()


def test_only_a_candidate_that_may_flap_is_a_flap_when_it_goes() -> None:
    """Most addresses that nobody confirms and that do not stay were never the home's."""
    reports = Reports(is_unverifiable=True)

    reports.report_all([(0, A), (10, A), (5, B), (5, C), (5, A)])

    assert reports.state.flaps == ()


def test_every_address_between_which_a_source_changes_is_a_way_out() -> None:
    """Also the one that a return ended with."""
    reports = Reports()
    stable_s = MAX_FLAP_HOLD_DOWN.total_seconds()

    reports.report_all([(0, A), (5, B), (5, A), (stable_s, A), (5, C), (5, B), (stable_s, B)])

    assert reports.state.ways_out(reports.now) == (A, B, C)


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


def test_a_candidate_that_nobody_confirms_any_longer_is_held_again() -> None:
    """What a provider agreed to says nothing of the time after it can be asked no longer."""
    reports = Reports()
    reports.report_all([(0, A), (5, B), (5, A)])
    reports.is_unverifiable = True

    assert reports.report_all([(120, A), (119, A), (1, A)]) == [B, B, A]


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
    reports.report_all([(0, A), (10, A), (5, B), (10, B), (5, A)])
    assert in_hold_down(reports) == (A, FLAP_HOLD_DOWN.total_seconds())

    reports.state = reports.state.reset_candidate()
    assert in_hold_down(reports) == (None, 0)

    reports.report(A, 60)
    assert in_hold_down(reports) == (A, FLAP_HOLD_DOWN.total_seconds())


def in_hold_down(reports: Reports) -> tuple[Address | None, float]:
    """Return the candidate and the seconds that are left of its hold-down."""
    return reports.state.candidate, reports.remaining_s


@pytest.mark.parametrize("back_s", [1, 20, 3600, 86_400 * 365])
def test_a_clock_that_is_set_back_does_not_prolong_the_hold_down(back_s: float) -> None:
    """After the clock was set back, the hold-down is no longer than it ever is."""
    reports = Reports()
    reports.report_all([(0, A), (5, B), (5, A)])

    reports.report(A, -back_s)
    assert reports.remaining_s <= FLAP_HOLD_DOWN.total_seconds()

    assert reports.report(A, FLAP_HOLD_DOWN.total_seconds()) == A


def test_a_withdrawal_in_the_future_does_not_count() -> None:
    """An address that was withdrawn later than now, by a clock set back, does not return."""
    reports = Reports()
    reports.report_all([(0, A), (5, B)])

    assert reports.report(A, -3600) == A


def test_old_reports_are_forgotten() -> None:
    """The memory of addresses is bounded, however many a home had and providers reported."""
    reports = Reports()
    for number in range(1000):
        reports.add(A + number, B - number)
        reports.report(A + number, 300)

    state = reports.state
    a_day = DAY_S / 300
    assert max(map(len, (state.withdrawn_at, state.pending, state.contradicted))) <= 2 * a_day
    assert len(state.flaps) + len(state.returned_at) <= 2 * MAX_RETURNS


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
    """Whatever happened before, an address that stays is accepted within an hour.

    Within a day, if others were accepted again six times before.
    """
    reports = Reports(is_unverifiable=is_unverifiable)
    reports.report_all(history)

    reports.report(last)
    remaining_s = reports.remaining_s
    limit = MAX_FLAP_HOLD_DOWN if len(reports.state.returned_at) < MAX_RETURNS else DAY
    assert 0 <= remaining_s <= limit.total_seconds()

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
@given(
    history=st.lists(
        st.tuples(st.floats(min_value=0, max_value=7200), addresses), min_size=20, max_size=80
    )
)
def test_six_changes_a_day_among_known_addresses(history: list[Report]) -> None:
    """In no day is an address accepted again more than six times."""
    reports = Reports()
    times = list(accumulate(after_s for after_s, _ in history))

    accepted = reports.report_all(history)

    returns = [
        times[index] for index in changes(accepted) if accepted[index] in accepted[: index - 1]
    ]
    pairs = zip(returns, returns[MAX_RETURNS:], strict=False)
    assert all(later - sooner >= DAY_S for sooner, later in pairs)


def changes(accepted: list[Address | None]) -> list[int]:
    """Return the indexes at which another address is accepted than before."""
    pairs = enumerate(pairwise(accepted), start=1)
    return [index for index, (before, now) in pairs if before != now]
