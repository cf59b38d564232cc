"""How often hints are followed that lead nowhere."""

from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection.hint_limiter import HintLimiter
from custom_components.raindrop.ddns.models import Address
from custom_components.raindrop.ddns.sources import Family

HOME, NEXT, POOL = map(ip_address, ("81.2.69.142", "81.2.69.144", "81.2.69.150"))
MINUTE_S = 60
PROBE_S = 15


@pytest.fixture
def limiter() -> HintLimiter:
    """Return a limiter that knows nothing yet."""
    return HintLimiter()


def followed(limiter: HintLimiter, mapped: Address, minutes: float) -> list[float]:
    """Return at which minutes a hint is followed that providers contradict each time."""
    at = []
    for second in range(0, int(minutes * MINUTE_S), PROBE_S):
        if limiter.may_follow((Family.IPV4, mapped), second):
            at.append(second / MINUTE_S)
            limiter.accepted(Family.IPV4, HOME, second, is_new=False)
    return at


def test_a_contradicted_hint_waits_longer_each_time(limiter: HintLimiter) -> None:
    """For 5, 10, 20, 40 and then 60 minutes."""
    assert followed(limiter, POOL, 300) == [0, 5, 15, 35, 75, 135, 195, 255]


def test_another_mapped_address_resets_the_count(limiter: HintLimiter) -> None:
    """It may be the home's next address."""
    assert limiter.may_follow((Family.IPV4, POOL), 0)
    limiter.accepted(Family.IPV4, HOME, 1, is_new=False)
    assert not limiter.may_follow((Family.IPV4, POOL), 2)
    assert limiter.may_follow((Family.IPV4, NEXT), 3)
    limiter.accepted(Family.IPV4, HOME, 4, is_new=False)
    assert not limiter.may_follow((Family.IPV4, NEXT), 4 + 4 * MINUTE_S)
    assert limiter.may_follow((Family.IPV4, NEXT), 4 + 5 * MINUTE_S)


def test_at_most_six_hints_an_hour_lead_nowhere(limiter: HintLimiter) -> None:
    """However many addresses a pool has."""
    followed_at = [
        second
        for second in range(0, 60 * MINUTE_S, PROBE_S)
        if limiter.may_follow((Family.IPV4, ip_address(0x08080000 + second)), second)
    ]
    assert len(followed_at) == 6
    assert limiter.may_follow((Family.IPV4, POOL), 60 * MINUTE_S + PROBE_S)


def test_hints_without_an_address_count_as_well(limiter: HintLimiter) -> None:
    """A link that goes up and down all day leads to six updates an hour."""
    assert [limiter.may_follow(None, second) for second in range(8)] == [True] * 6 + [False] * 2


def test_a_hint_that_was_right_does_not_count(limiter: HintLimiter) -> None:
    """A home that moves every minute is followed every minute."""
    for minute in range(60):
        mapped = ip_address(0x08080000 + minute)
        assert limiter.may_follow((Family.IPV4, mapped), minute * MINUTE_S)
        limiter.accepted(Family.IPV4, mapped, minute * MINUTE_S + 1, is_new=True)


def test_a_contradiction_ends_when_the_address_is_accepted(limiter: HintLimiter) -> None:
    """Providers may be later than the server."""
    assert limiter.may_follow((Family.IPV4, NEXT), 0)
    limiter.accepted(Family.IPV4, HOME, 1, is_new=False)
    limiter.accepted(Family.IPV4, NEXT, 60, is_new=True)
    assert limiter.may_follow((Family.IPV4, NEXT), 61)


def test_the_families_do_not_contradict_each_other(limiter: HintLimiter) -> None:
    """An accepted IPv6 address says nothing about a mapped IPv4 address."""
    assert limiter.may_follow((Family.IPV4, NEXT), 0)
    limiter.accepted(Family.IPV6, ip_address("2001:218:1:2::142"), 1, is_new=False)
    assert limiter.may_follow((Family.IPV4, NEXT), 2)


def test_a_contradiction_makes_hints_unreliable_for_an_hour(limiter: HintLimiter) -> None:
    """The same hint may be right later, and is ignored for a while."""
    assert limiter.may_follow((Family.IPV4, POOL), 0)
    assert not limiter.may_ignore(Family.IPV4, 0)
    limiter.accepted(Family.IPV4, HOME, 1, is_new=False)
    assert limiter.may_ignore(Family.IPV4, 60 * MINUTE_S)
    assert not limiter.may_ignore(Family.IPV4, 60 * MINUTE_S + 1)
    assert not limiter.may_ignore(Family.IPV6, 2)


def test_a_hint_that_was_right_after_all_ends_the_contradiction(limiter: HintLimiter) -> None:
    """As at the end of a hold-down."""
    assert limiter.may_follow((Family.IPV4, NEXT), 0)
    limiter.accepted(Family.IPV4, HOME, 1, is_new=False)
    limiter.accepted(Family.IPV4, NEXT, 2, is_new=True)
    assert not limiter.may_ignore(Family.IPV4, 3)


def test_six_hints_in_vain_make_the_others_unreliable(limiter: HintLimiter) -> None:
    """Of every family, until the first is an hour old."""
    for second in range(6):
        assert not limiter.may_ignore(Family.IPV4, second)
        assert limiter.may_follow(None, second)
    assert limiter.may_ignore(Family.IPV4, 60 * MINUTE_S - 1)
    assert not limiter.may_ignore(Family.IPV4, 60 * MINUTE_S)
