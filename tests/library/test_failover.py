"""Fail-over: which connection is in use, and when it changes. Nothing here waits or asks."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from random import Random

import pytest

from custom_components.raindrop.ddns.failover import (
    ConnectionReport,
    ConnectionState,
    FailoverState,
    next_failover,
)
from custom_components.raindrop.ddns.sources import ConnectionId, FailoverTimes

START = datetime(2026, 11, 1, tzinfo=UTC)
FIBRE, LTE, SATELLITE = (ConnectionId(name) for name in ("fibre", "lte", "satellite"))
TIMES = FailoverTimes()
UP = {
    FIBRE: ConnectionReport(address=ip_address("81.2.69.142")),
    LTE: ConnectionReport(address=ip_address("89.160.20.112")),
    SATELLITE: ConnectionReport(address=ip_address("175.16.199.1")),
}
SILENT = ConnectionReport()
OFF = ConnectionReport(address=ip_address("81.2.69.142"), is_off=True)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Home:
    """A home whose connections report what a test says, and its clock."""

    def __init__(self, *order: ConnectionId, times: FailoverTimes = TIMES) -> None:
        """Begin with connections that all report an address."""
        self.order = order or (FIBRE, LTE)
        self.times = times
        self.now = START
        self.reports = {id_: UP[id_] for id_ in self.order}
        self.state: FailoverState | None = None

    def after(self, span: timedelta = timedelta(), **reports: ConnectionReport) -> ConnectionId:
        """Let time pass, then other reports arrive; return the connection in use."""
        self.now += span
        self.reports |= {ConnectionId(name): report for name, report in reports.items()}
        self.state = next_failover(self.order, self.times, self.reports, self.state, self.now)
        return self.state.in_use

    @property
    def known(self) -> FailoverState:
        """The state after the last update."""
        assert self.state
        return self.state


def test_the_first_connection_that_is_up_is_used_at_once() -> None:
    """At the very first update, what reports an address is up."""
    assert Home().after() == FIBRE
    assert Home().after(fibre=SILENT) == LTE
    assert Home().after(fibre=OFF) == LTE
    assert Home().after(fibre=SILENT, lte=SILENT) == FIBRE


def test_a_silent_connection_is_down_after_two_minutes() -> None:
    """Until then nothing changes, and an update is due when they have passed."""
    home = Home()
    home.after()
    assert home.after(fibre=SILENT) == FIBRE
    assert home.known.look_at == home.now + 2 * MINUTE
    assert home.after(2 * MINUTE - SECOND) == FIBRE
    assert home.after(SECOND) == LTE
    assert (home.known.since, home.known.switched_at) == (home.now, home.now)


def test_a_connection_that_is_silent_from_the_start_is_looked_at_in_time() -> None:
    """Also the very first update says when its two minutes have passed."""
    home = Home()
    home.after(fibre=SILENT, lte=SILENT)
    assert home.known.look_at == home.now + 2 * MINUTE


def test_a_short_silence_counts_for_nothing() -> None:
    """Each silence has to last the whole time."""
    home = Home()
    home.after()
    home.after(fibre=SILENT)
    home.after(MINUTE, fibre=UP[FIBRE])
    assert home.known.look_at is None
    home.after(MINUTE, fibre=SILENT)
    assert home.after(MINUTE) == FIBRE


def test_a_connection_is_down_at_once_if_its_binary_sensor_is_off() -> None:
    """Whatever its source reports."""
    home = Home()
    home.after()
    assert home.after(MINUTE, fibre=OFF) == LTE


def test_since_when_a_connection_is_down_does_not_change_while_it_is() -> None:
    """So nothing changes in these updates, and the diagnostics show how long it has been down."""
    home = Home()
    home.after()
    home.after(MINUTE, fibre=OFF)
    before, down_since = home.known, home.now
    assert before.connections[FIBRE].since == down_since
    home.after(MINUTE)
    assert home.known == before


def test_it_is_used_again_after_ten_minutes_without_a_break() -> None:
    """A break begins the ten minutes again."""
    home = Home()
    home.after()
    home.after(fibre=OFF)
    home.after(60 * MINUTE, fibre=UP[FIBRE])
    home.after(9 * MINUTE, fibre=SILENT)
    home.after(SECOND, fibre=UP[FIBRE])
    assert home.known.look_at == home.now + 10 * MINUTE
    assert home.after(10 * MINUTE - SECOND) == LTE
    assert home.after(SECOND) == FIBRE


def test_two_switches_are_ten_minutes_apart() -> None:
    """The second one waits, though the connection in use is down."""
    home = Home(FIBRE, LTE, SATELLITE)
    home.after()
    assert home.after(fibre=OFF) == LTE
    assert home.after(MINUTE, lte=OFF) == LTE
    assert home.known.look_at == home.now + 9 * MINUTE
    assert home.after(9 * MINUTE - SECOND) == LTE
    assert home.after(SECOND) == SATELLITE


def test_nothing_changes_while_none_is_up() -> None:
    """Also the connection in use stays, and that none is up is known."""
    home = Home()
    home.after()
    home.after(fibre=OFF)
    assert home.known.is_any_up
    home.after(60 * MINUTE, lte=SILENT)
    assert home.known.is_any_up
    assert home.after(2 * MINUTE) == LTE
    assert not home.known.is_any_up
    assert home.known.look_at is None


def test_a_connection_in_use_that_is_back_is_not_left_for_a_worse_one() -> None:
    """After an outage of all, the second choice does not win because it is back first."""
    home = Home()
    home.after()
    home.after(fibre=SILENT, lte=SILENT)
    home.after(2 * MINUTE)
    assert not home.known.is_any_up
    home.after(60 * MINUTE, lte=UP[LTE])
    home.after(MINUTE, fibre=UP[FIBRE])
    assert home.after(9 * MINUTE) == FIBRE
    assert home.after(SECOND, fibre=SILENT) == LTE


def test_after_a_restart_what_is_silent_is_not_down_at_once() -> None:
    """What was down has to be up for the whole time: nobody watched it."""
    home = Home()
    home.after()
    home.after(fibre=OFF)
    home.after(60 * MINUTE, fibre=UP[FIBRE], lte=SILENT)
    home.after(MINUTE)
    stored = {i: replace(s, opposed_since=None) for i, s in home.known.connections.items()}
    home.state = replace(home.known, connections=stored)
    assert home.after(9 * MINUTE, lte=SILENT) == LTE
    assert home.known.is_any_up
    assert home.after(MINUTE) == LTE
    assert home.after(9 * MINUTE) == FIBRE


def test_a_removed_connection_is_replaced_at_once() -> None:
    """And one that was added is judged as at the first update."""
    home = Home()
    home.after()
    home.after(fibre=OFF)
    home.order = (FIBRE, SATELLITE)
    home.reports[SATELLITE] = UP[SATELLITE]
    assert home.after(SECOND) == SATELLITE
    assert [*home.known.connections] == [FIBRE, SATELLITE]


def test_the_address_of_a_silent_connection_is_remembered() -> None:
    """It is its own, whatever the others report."""
    home = Home()
    home.after()
    home.after(fibre=SILENT)
    assert home.known.connections[FIBRE].address == UP[FIBRE].address


@dataclass
class Past:
    """What a connection reported so far, judged without knowing the state machine."""

    times: FailoverTimes
    run_is_up: bool | None = None
    run_since: datetime = START
    may_be_up: bool = True
    """Whether it was never off, nor silent for too long, since it was surely up."""
    was_up: bool = False

    def add(self, report: ConnectionReport, now: datetime) -> None:
        """Add a report."""
        self.was_up |= report.is_up
        if report.is_up is not self.run_is_up:
            self.run_is_up, self.run_since = report.is_up, now
        if report.is_off or (not report.is_up and now - self.run_since >= self.times.down_after):
            self.may_be_up = False
        if report.is_up and now - self.run_since >= self.times.back_after:
            self.may_be_up = True


@dataclass
class World:
    """Connections that go up and down, flap and fall silent at random."""

    random: Random
    order: tuple[ConnectionId, ...] = (FIBRE, LTE, SATELLITE)
    switches: int = 0
    pasts: dict[ConnectionId, Past] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Choose the number of connections and the times."""
        self.order = self.order[: self.random.randint(1, 3)]
        self.times = FailoverTimes(
            down_after=MINUTE * self.random.randint(1, 5),
            back_after=MINUTE * self.random.randint(1, 15),
        )
        self.home = Home(*self.order, times=self.times)
        self.pasts = {id_: Past(self.times) for id_ in self.order}
        self.restlessness = self.random.choice((0.02, 0.1, 0.5))

    def step(self) -> None:
        """Let a random time pass, with random reports, and check what is in use then."""
        for id_ in self.order:
            if self.random.random() < self.restlessness:
                self.home.reports[id_] = self.random.choice((UP[id_], UP[id_], SILENT, OFF))
        before = self.home.state
        self.home.after(SECOND * self.random.choice((1, 10, 60, self.random.randint(1, 600))))
        for id_, past in self.pasts.items():
            past.add(self.home.reports[id_], self.home.now)
        if before and before.in_use != self.home.known.in_use:
            self.switches += 1
            self.check_switch(before)

    def check_switch(self, before: FailoverState) -> None:
        """Fail if a switch was sooner than promised, or from a better connection that is up."""
        old, new = before.in_use, self.home.known.in_use
        if before.switched_at:
            assert self.home.now - before.switched_at >= self.times.back_after
        assert self.pasts[new].may_be_up
        if self.order.index(new) > self.order.index(old):
            assert not (self.pasts[old].may_be_up and self.pasts[old].was_up)

    def recover(self) -> None:
        """Let all time limits pass, with an update when one does and no other; then check."""
        looks = 0
        while look_at := self.home.known.look_at:
            assert look_at - self.home.now <= max(self.times.down_after, self.times.back_after)
            self.home.after(look_at - self.home.now)
            looks += 1
            assert looks <= 2 * len(self.order) + 2
        best = next((i for i in self.order if self.home.reports[i].is_up), None)
        assert self.home.known.in_use == (best or self.home.known.in_use)


@pytest.mark.parametrize("seed", range(10))
def test_a_switch_is_never_sooner_than_promised(seed: int) -> None:
    """In 10,000 steps of each seed; after a recovery, the first that is up is used in time."""
    random = Random(seed)
    switches = 0
    for _ in range(50):
        world = World(random)
        for _ in range(200):
            world.step()
        world.recover()
        switches += world.switches
    assert switches > 100


@pytest.mark.parametrize("seed", range(5))
def test_a_clock_that_was_set_back_freezes_nothing(seed: int) -> None:
    """Every time limit passes as if it began when the clock was set."""
    random = Random(seed)
    for _ in range(50):
        world = World(random)
        for _ in range(20):
            world.step()
        world.home.after(-timedelta(hours=random.randint(1, 1000)))
        for state in world.home.known.connections.values():
            assert state.since <= world.home.now
        world.recover()


@pytest.mark.parametrize("seed", range(5))
def test_updates_when_a_limit_passes_are_enough(seed: int) -> None:
    """Each switch is in the same second as with an update every second."""
    random = Random(seed)
    world = World(random)
    for _ in range(50):
        world.step()
        often = Home(*world.order, times=world.times)
        often.now, often.state, often.reports = world.home.now, world.home.state, world.home.reports
        for _ in range(1800):
            often.after(SECOND)
        end = often.now
        while (look_at := world.home.known.look_at) and look_at <= end:
            world.home.after(look_at - world.home.now)
        assert world.home.known.in_use == often.known.in_use
        assert world.home.known.since == often.known.since
        world.home.now = end


def test_a_state_is_equal_while_nothing_changes() -> None:
    """Then an update has no effect."""
    home = Home()
    home.after()
    before = home.known
    home.after(MINUTE)
    assert home.known == before
    assert home.known.connections[LTE] == ConnectionState(
        is_up=True, since=START, address=UP[LTE].address
    )
