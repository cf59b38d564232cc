"""How long an address has to stand: what is believed at once, and what is waited for."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.raindrop.ddns.model import Address
from custom_components.raindrop.ddns.steady import ALONE, FLAPPING, Standing

from .builders import A1, A2, A3

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
A, B, C = A1, A2, A3

type Heard = tuple[float, Address]
"""So many seconds after the one before, this address."""


class Listener:
    """Hears one address after the other, and knows what is believed by then."""

    def __init__(self, *, is_alone: bool = False) -> None:
        """Begin at noon, with nothing known."""
        self.now = NOON
        self.is_alone = is_alone
        self.standing = Standing()

    def hear(self, address: Address, after_s: float = 0) -> Address | None:
        """Hear an address after a while, and return the one that is believed then."""
        self.now += timedelta(seconds=after_s)
        self.standing = self.standing.hear(address, self.now, is_alone=self.is_alone)
        return self.standing.known

    def hear_all(self, story: Iterable[Heard]) -> list[Address | None]:
        """Hear many, and return what was believed after each."""
        return [self.hear(address, after_s) for after_s, address in story]

    @property
    def wait_s(self) -> float:
        """For how long the candidate still has to stand."""
        return self.standing.wait_s(self.now)


@pytest.mark.parametrize(
    "story, believed",
    [
        pytest.param([(0, A)], [A], id="first/at once"),
        pytest.param([(0, A), (5, A)], [A, A], id="the same/stays"),
        pytest.param([(0, A), (5, B)], [A, B], id="a move/at once"),
        pytest.param([(0, A), (5, B), (5, C)], [A, B, C], id="two moves/at once"),
        pytest.param([(0, A), (5, B), (5, A)], [A, B, A], id="first return/at once"),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B)], [A, B, A, A], id="second return/has to stand"
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (119, B)],
            [A, B, A, A, A],
            id="second return just under two minutes/has to stand",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (120, B)],
            [A, B, A, A, B],
            id="second return for two minutes/believed",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (100, A), (1, B), (100, B), (20, B)],
            [A, B, A, A, A, A, A, B],
            id="interrupted/stands anew",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (600, B)],
            [A, B, A, B],
            id="second return after ten minutes/at once",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (599, B)],
            [A, B, A, A],
            id="second return just within ten minutes/has to stand",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (120, B), (5, A), (120, A)],
            [A, B, A, A, B, B, A],
            id="third return/has to stand",
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, C)], [A, B, A, C], id="a new one while it flaps/at once"
        ),
        pytest.param(
            [(0, A), (5, B), (5, A), (5, B), (5, C)],
            [A, B, A, A, C],
            id="a new one while another waits/at once",
        ),
        pytest.param(
            [(0, A), (5, B), (5, C), (5, A), (5, B)],
            [A, B, C, A, A],
            id="three in turn/second return has to stand",
        ),
    ],
)
def test_what_returns_twice_has_to_stand(
    story: list[Heard], believed: list[Address | None]
) -> None:
    """An address that comes back is believed at once; the second return has to stand still."""
    assert Listener().hear_all(story) == believed


@pytest.mark.parametrize(
    "story, believed",
    [
        pytest.param([(0, A)], [None], id="first/has to stand"),
        pytest.param([(0, A), (9, A)], [None, None], id="nine seconds/has to stand"),
        pytest.param([(0, A), (10, A)], [None, A], id="ten seconds/believed"),
        pytest.param([(0, A), (10, A), (5, B)], [None, A, A], id="a move/has to stand"),
        pytest.param(
            [(0, A), (10, A), (5, B), (10, B)],
            [None, A, A, B],
            id="a move for ten seconds/believed",
        ),
        pytest.param(
            [(0, A), (10, A), (5, B), (5, C), (9, C), (1, C)],
            [None, A, A, A, A, C],
            id="another while one waits/stands anew",
        ),
        pytest.param(
            [(0, A), (10, A), (5, B), (5, A), (9, B), (5, B), (5, B)],
            [None, A, A, A, A, A, B],
            id="the known one between/stands anew",
        ),
        pytest.param(
            [(0, A), (10, A), (5, B), (10, B), (5, A), (10, A), (5, B), (10, B), (110, B)],
            [None, A, A, B, B, A, A, A, B],
            id="second return/two minutes",
        ),
    ],
)
def test_what_nobody_can_confirm_has_to_stand(
    story: list[Heard], believed: list[Address | None]
) -> None:
    """A source that is alone is believed when it said the same for ten seconds."""
    assert Listener(is_alone=True).hear_all(story) == believed


def test_a_flip_flop_is_followed_once_in_ten_minutes() -> None:
    """A source that flips every half minute is followed there and back once in ten minutes."""
    listener = Listener()
    flips = [(30.0, A if number % 2 == 0 else B) for number in range(120)]

    believed = listener.hear_all(flips)

    assert believed[:22] == [A, B, *([A] * 20)]
    assert len(changes(believed)) <= 2 * 6


def test_a_wait_is_counted_down() -> None:
    """What has to stand says for how long, and what is believed does not wait."""
    listener = Listener(is_alone=True)
    assert waiting(listener) == (None, 0)

    listener.hear(A)
    assert waiting(listener) == (A, ALONE.total_seconds())
    listener.hear(A, 4)
    assert waiting(listener) == (A, 6)
    listener.hear(A, 6)

    assert waiting(listener) == (None, 0)


def test_what_is_known_ends_the_wait_of_another() -> None:
    """When the known address is heard again, nothing waits any more."""
    listener = Listener(is_alone=True)
    listener.hear_all([(0, A), (10, A), (1, B)])
    assert waiting(listener) == (B, ALONE.total_seconds())

    listener.hear(A, 1)

    assert waiting(listener) == (None, 0)


def test_silence_ends_a_wait_but_does_not_make_it_shorter() -> None:
    """Who flaps and falls silent in between is not believed any sooner."""
    listener = Listener(is_alone=True)
    listener.hear_all([(0, A), (10, A), (5, B), (10, B), (5, A), (10, A), (5, B)])
    assert waiting(listener) == (B, FLAPPING.total_seconds())

    listener.standing = listener.standing.lapse(listener.now)
    assert waiting(listener) == (None, 0)

    listener.hear(B, 60)
    assert waiting(listener) == (B, FLAPPING.total_seconds())


def waiting(listener: Listener) -> tuple[Address | None, float]:
    """Return what waits, and for how many seconds it still has to."""
    return listener.standing.candidate, listener.wait_s


@pytest.mark.parametrize("back_s", [1, 20, 3600, 86_400 * 365])
def test_a_clock_that_is_put_back_does_not_lengthen_a_wait(back_s: float) -> None:
    """After the clock was put back, an address has to stand no longer than ever."""
    listener = Listener()
    listener.hear_all([(0, A), (5, B), (5, A), (5, B)])

    listener.hear(B, -back_s)
    assert listener.wait_s <= FLAPPING.total_seconds()

    assert listener.hear(B, FLAPPING.total_seconds()) == B


def test_a_change_in_the_future_is_no_return() -> None:
    """What was left at a time that is yet to come does not make a return of it."""
    listener = Listener()
    listener.hear_all([(0, A), (5, B), (5, A)])

    assert listener.hear(B, -3600) == B


def test_changes_are_forgotten() -> None:
    """What was left long ago is not kept, however many addresses a home had."""
    listener = Listener()
    for number in range(200):
        listener.hear(A + number, 300)

    assert len(listener.standing.left_at) <= 3


steps = st.floats(min_value=-1000, max_value=1000)
addresses = st.sampled_from([A, B, C])
stories = st.lists(st.tuples(steps, addresses), max_size=12)
law = settings(max_examples=1000, deadline=None)


@law
@given(story=stories, last=addresses, is_alone=st.booleans())
@example(story=[(0, A), (1, B), (1, A), (1, B), (-900, B)], last=B, is_alone=False)
def test_what_stands_undisturbed_is_believed(
    story: list[Heard], last: Address, *, is_alone: bool
) -> None:
    """Whatever happened, an address that stands for two minutes is believed."""
    listener = Listener(is_alone=is_alone)
    listener.hear_all(story)

    listener.hear(last)
    wait_s = listener.wait_s
    assert 0 <= wait_s <= FLAPPING.total_seconds()

    assert listener.hear(last, wait_s) == last
    assert listener.wait_s == 0


@law
@given(story=stories, is_alone=st.booleans())
def test_nothing_is_believed_that_was_not_heard(story: list[Heard], *, is_alone: bool) -> None:
    """What is believed is what is heard now, or what was believed before."""
    listener = Listener(is_alone=is_alone)
    before: Address | None = None
    for after_s, address in story:
        believed = listener.hear(address, after_s)
        assert believed in {before, address}
        waits = believed != address
        assert (listener.standing.candidate == address, listener.wait_s > 0) == (waits, waits)
        before = believed


@law
@given(story=st.lists(st.tuples(st.floats(min_value=0, max_value=9.9), addresses), max_size=12))
def test_nobody_alone_is_believed_before_its_time(story: list[Heard]) -> None:
    """Of a source that is alone, only what it said at least ten seconds ago is believed."""
    listener = Listener(is_alone=True)
    said_since: dict[Address, datetime] = {}
    for after_s, address in story:
        before = listener.standing.known
        believed = listener.hear(address, after_s)
        said_since = {address: said_since.get(address, listener.now)}
        if believed != before:
            assert listener.now - said_since[address] >= ALONE


@law
@given(gaps=st.lists(st.floats(min_value=0, max_value=119.9), min_size=4, max_size=40))
@example(gaps=[60] * 40)
def test_flipping_makes_two_changes_in_ten_minutes(gaps: list[float]) -> None:
    """Two addresses in turn, neither ever for two minutes, change DNS there and back at most."""
    listener = Listener()
    times = list(accumulate(gaps))
    flips = [(gap, A if number % 2 == 0 else B) for number, gap in enumerate(gaps)]

    believed = listener.hear_all(flips)

    moves = [times[place] for place in changes(believed) if believed[place - 1]]
    assert all(later - sooner > 599.9 for sooner, later in zip(moves, moves[2:], strict=False))


def changes(believed: list[Address | None]) -> list[int]:
    """Return where another address is believed than before."""
    places = enumerate(pairwise(believed), start=1)
    return [place for place, (before, now) in places if before != now]
