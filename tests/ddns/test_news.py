"""What a round brought: told once, in the order in which it happened."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.errors import CloudflareRefusedError
from custom_components.raindrop.ddns.model import (
    Address,
    Change,
    Family,
    HostName,
    News,
    NewsKind,
    Outcome,
    Result,
    Slot,
    Trouble,
)
from custom_components.raindrop.ddns.news import failed, news
from custom_components.raindrop.ddns.report import Report
from lab import Lab
from tests.conftest import HOME as THERE, NEXT, OLD

from .builders import A1, A2, A3, B1, B2, HOME, V4, V6, create, record, update
from .rounds import LIST, Keeper

IPV4, IPV6 = Family.IPV4, Family.IPV6
WEB = Slot(HostName("web.example.com"), IPV4)


def home(*addresses: Address) -> Report:
    """Return a report of nothing but the home's addresses."""
    return Report(public={Family(address.version): address for address in addresses})


def wrote(change: Change, result: Result = Result.DONE, *, was_read: bool = True) -> Report:
    """Return a report of one change, and what became of it."""
    is_done = result is Result.DONE
    outcome = Outcome(
        change=change,
        result=result,
        record=record(change.address or A1) if is_done else None,
        error=None if is_done else CloudflareRefusedError("refused"),
    )
    return Report(outcomes={change.slot: outcome}, was_read=was_read)


def failing(trouble: Trouble | None, slot: Slot = V4) -> Report:
    """Return a report of one slot that is in trouble, or in none, after one that was well."""
    troubles = {} if trouble is None else {slot: trouble}
    return Report(troubles=troubles, failed=failed(Report(), troubles), kept={slot: A1})


def after(before: Report, now: Report) -> tuple[News, ...]:
    """Return the news of a report that follows another."""
    return news(before, replace(now, failed=failed(before, now.troubles)))


def moved(family: Family, from_ip: Address, to_ip: Address) -> News:
    """Return the news of a changed address."""
    return News(kind=NewsKind.PUBLIC_CHANGED, family=family, from_ip=from_ip, to_ip=to_ip)


def written(kind: NewsKind, from_ip: Address | None, to_ip: Address) -> News:
    """Return the news of a write."""
    return News(kind=kind, family=IPV4, slot=V4, from_ip=from_ip, to_ip=to_ip)


@pytest.mark.parametrize(
    "before, now, expected",
    [
        pytest.param(home(), home(), [], id="nothing known/no news"),
        pytest.param(home(), home(A1), [], id="first address/no news"),
        pytest.param(home(A1), home(A1), [], id="same address/no news"),
        pytest.param(home(A1), home(A2), [moved(IPV4, A1, A2)], id="move/told"),
        pytest.param(home(A1), home(A1, B1), [], id="other family appears/no news"),
        pytest.param(home(A1, B1), home(A1, B2), [moved(IPV6, B1, B2)], id="move of IPv6/told"),
        pytest.param(
            home(B1, A1),
            home(B2, A2),
            [moved(IPV4, A1, A2), moved(IPV6, B1, B2)],
            id="both/IPv4 first",
        ),
    ],
)
def test_a_changed_address_is_news(before: Report, now: Report, expected: list[News]) -> None:
    """The home's address is news when it was another before: the first of all is none."""
    assert list(news(before, now)) == expected


@pytest.mark.parametrize(
    "change, expected",
    [
        pytest.param(create(HOME, A2), [written(NewsKind.CREATED, None, A2)], id="create/created"),
        pytest.param(
            update(record(A1), A2), [written(NewsKind.UPDATED, A1, A2)], id="update/updated"
        ),
        pytest.param(
            replace(create(HOME, A2), is_drift=True),
            [written(NewsKind.DRIFT_REPAIRED, None, A2)],
            id="deleted by another/repaired",
        ),
        pytest.param(
            replace(update(record(A3), A1), is_drift=True),
            [written(NewsKind.DRIFT_REPAIRED, A3, A1)],
            id="changed by another/repaired",
        ),
        pytest.param(
            replace(update(record(A1), A1), address=None, proxied=True),
            [written(NewsKind.UPDATED, A1, A1)],
            id="attribute alone/updated",
        ),
        pytest.param(
            update(record("not an address"), A2),
            [written(NewsKind.UPDATED, None, A2)],
            id="odd content before/updated",
        ),
    ],
)
def test_a_write_is_news(change: Change, expected: list[News]) -> None:
    """What was written is told with what stood there and what stands there now."""
    assert list(news(Report(), wrote(change))) == expected


def test_a_write_without_a_record_tells_no_address() -> None:
    """If the answer to a write showed no record, the news does not make one up."""
    report = wrote(create(HOME, A1))
    bare = replace(report, outcomes={V4: replace(report.outcomes[V4], record=None)})

    assert list(news(Report(), bare)) == [News(kind=NewsKind.CREATED, family=IPV4, slot=V4)]


@pytest.mark.parametrize("result", [Result.REFUSED, Result.UNCONFIRMED])
def test_what_was_not_written_is_no_write(result: Result) -> None:
    """A change that did not come about is not told as one."""
    assert news(Report(), wrote(update(record(A1), A2), result)) == ()


def test_a_write_is_told_in_its_own_round_alone() -> None:
    """The outcomes of an earlier round stay in the report, and are not told again."""
    report = wrote(update(record(A1), A2), was_read=False)

    assert news(Report(), report) == ()
    assert news(report, report) == ()


@pytest.mark.parametrize(
    "before, now, kinds",
    [
        pytest.param(None, None, [], id="well, well/no news"),
        pytest.param(None, Trouble.MISSING, [NewsKind.FAILED], id="well, failing/failed"),
        pytest.param(Trouble.MISSING, Trouble.MISSING, [], id="failing, failing/no news"),
        pytest.param(Trouble.MISSING, Trouble.CNAME, [], id="failing otherwise/no news"),
        pytest.param(Trouble.UNREAD, None, [NewsKind.RECOVERED], id="failing, well/recovered"),
        pytest.param(None, Trouble.FLAPPING, [], id="well, flapping/no news"),
        pytest.param(Trouble.FLAPPING, Trouble.FLAPPING, [], id="flapping, flapping/no news"),
        pytest.param(Trouble.FLAPPING, None, [], id="flapping, well/no news"),
        pytest.param(
            Trouble.FLAPPING, Trouble.REFUSED, [NewsKind.FAILED], id="flapping, failing/failed"
        ),
        pytest.param(Trouble.REFUSED, Trouble.FLAPPING, [], id="failing, flapping/no news"),
    ],
)
def test_a_failure_is_told_when_it_begins_and_when_it_ends(
    before: Trouble | None, now: Trouble | None, kinds: list[NewsKind]
) -> None:
    """A slot fails once and recovers once; waiting for a flapping address is no failure."""
    assert [item.kind for item in after(failing(before), failing(now))] == kinds


@pytest.mark.parametrize("trouble", sorted(set(Trouble) - {Trouble.FLAPPING}))
def test_a_failure_says_why(trouble: Trouble) -> None:
    """A failure tells what stands there, what should stand there, and the reason."""
    report = replace(failing(trouble), public={IPV4: A2})

    (item,) = after(replace(failing(None), public={IPV4: A2}), report)

    assert item == News(
        kind=NewsKind.FAILED, family=IPV4, slot=V4, from_ip=A1, to_ip=A2, reason=trouble
    )


def test_a_recovery_says_what_stands_there() -> None:
    """When a slot is well again, the news tells the address it holds."""
    (item,) = after(failing(Trouble.MISSING), failing(None))

    assert item == News(kind=NewsKind.RECOVERED, family=IPV4, slot=V4, to_ip=A1)


def test_news_come_in_the_order_of_what_happened() -> None:
    """First the address, then what was written, then what failed and what is well again.

    Among themselves, slots come in the order of their names.
    """
    before = Report(public={IPV4: A1}, troubles={V6: Trouble.MISSING}, failed=frozenset({V6}))
    now = replace(
        wrote(update(record(A1), A2)),
        public={IPV4: A2},
        troubles={WEB: Trouble.REFUSED, Slot(HostName("a.example.com"), IPV4): Trouble.CNAME},
    )

    told = [(item.kind, item.slot.name if item.slot else None) for item in after(before, now)]

    assert told == [
        (NewsKind.PUBLIC_CHANGED, None),
        (NewsKind.UPDATED, HOME),
        (NewsKind.FAILED, "a.example.com"),
        (NewsKind.FAILED, "web.example.com"),
        (NewsKind.RECOVERED, HOME),
    ]


def told(report: Report) -> list[NewsKind]:
    """Return what kind of news a round brought."""
    return [item.kind for item in report.news]


async def test_rounds_tell_nothing_twice(keeper: Keeper) -> None:
    """Round after round, what was told is not told again, however often the zone is read."""
    first = await keeper.round()
    assert [(n.kind, n.from_ip, n.to_ip) for n in first.news] == [
        (NewsKind.UPDATED, ip_address(OLD), ip_address(THERE))
    ]
    assert told(await keeper.round()) == []
    assert told(await keeper.round(audit=True)) == []
    keeper.lab.ip.set_address(NEXT)
    assert told(await keeper.round()) == [NewsKind.PUBLIC_CHANGED, NewsKind.UPDATED]

    assert told(await keeper.round(audit=True)) == []


async def test_a_failure_that_lasts_is_told_once(keeper: Keeper) -> None:
    """A zone that cannot be read for many rounds fails once, and recovers once."""
    await keeper.round()
    keeper.lab.ip.set_address(NEXT)
    keeper.lab.faults.add("cloudflare", LIST, kind="html")

    rounds = [told(await keeper.round()) for _ in range(4)]
    keeper.lab.faults.clear()

    assert rounds == [[NewsKind.PUBLIC_CHANGED, NewsKind.FAILED], [], [], []]
    assert told(await keeper.round()) == [NewsKind.UPDATED, NewsKind.RECOVERED]
    assert told(await keeper.round()) == []


async def test_a_move_during_a_restart_is_news(lab: Lab, keeper: Keeper) -> None:
    """What was known before a restart is remembered, so a move meanwhile is told after it."""
    keeper.report = Report(public={IPV4: ip_address(THERE)})
    lab.ip.set_address(NEXT)

    report = await keeper.round()

    assert report.news[0] == moved(IPV4, ip_address(THERE), ip_address(NEXT))
    keeper.report = Report(public=report.public)
    assert NewsKind.PUBLIC_CHANGED not in told(await keeper.round())


async def test_an_address_that_is_not_found_for_a_while_is_no_news(
    lab: Lab, keeper: Keeper
) -> None:
    """An address that is lost and found again is news only if it is another one then."""
    await keeper.round()
    lab.faults.add("ip", kind="status")
    assert told(await keeper.round()) == []
    lab.faults.clear()
    assert told(await keeper.round()) == []
    lab.faults.add("ip", kind="status")
    await keeper.round()
    lab.faults.clear()
    lab.ip.set_address(NEXT)

    assert told(await keeper.round()) == [NewsKind.PUBLIC_CHANGED, NewsKind.UPDATED]


async def test_flapping_is_no_failure(lab: Lab, keeper: Keeper) -> None:
    """An address that comes and goes is waited for, which is shown and is no news."""
    for address in (THERE, NEXT, THERE, NEXT):
        lab.ip.set_address(address)
        report = await keeper.round()

    assert report.troubles == {V4: Trouble.FLAPPING}
    assert report.news == ()
    assert keeper.contents == {"A home.example.com": THERE}
