"""Rounds in which something fails: nothing hides anything else, and nothing is done twice."""

from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns import cloudflare
from custom_components.raindrop.ddns.errors import (
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
)
from custom_components.raindrop.ddns.model import Family, Policy, Result
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import HERE, HERE_V6, V4, target
from .rounds import BATCH, LIST, Keeper
from .test_cloudflare_failures import FAULTS

IPV4, IPV6 = Family.IPV4, Family.IPV6


@pytest.mark.parametrize("fault", FAULTS)
async def test_s10_a_failed_list_is_not_an_empty_one(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Lesson S10: after a failed list nothing is created, and the public address is known.

    The records of before are still shown, and the next round makes up for it.
    """
    kind, detail, error, _ = FAULTS[fault]
    monkeypatch.setattr(cloudflare, "_MAX_ANSWER", 50_000)
    keeper.targets = [target("home.example.com", policy=Policy(create=True))]
    first = await keeper.round()
    keeper.lab.ip.set_address(NEXT)
    keeper.lab.faults.add("cloudflare", kind=kind, **detail)
    with monkeypatch.context() as patch:
        patch.setattr(cloudflare, "_TIMEOUT_S", 0.1 if kind == "hang" else 20.0)
        report = await keeper.round()

    assert type(report.error) is error
    assert report.failures[0] is report.error
    assert report.address(HERE) == ip_address(NEXT)
    assert report.records == first.records
    assert report.compared == first.compared
    assert (report.is_settled, report.was_read) == (False, False)
    assert keeper.contents == {"A home.example.com": HOME}
    assert set(keeper.asked) == {LIST}

    keeper.lab.faults.clear()
    report = await keeper.round()
    assert (keeper.looked, keeper.asked) == (["cloudflare"], [LIST, BATCH])
    assert (report.error, report.is_settled) == (None, True)
    assert keeper.contents == {"A home.example.com": NEXT}


@pytest.mark.parametrize("kind", ["reset", "html", "garbled", "warp_on"])
async def test_s9_a_failed_look_up_does_not_hide_the_records(keeper: Keeper, kind: str) -> None:
    """Lesson S9: without an address nothing is written, and the zone is read all the same."""
    await keeper.round()
    keeper.lab.ip.set_address(None) if kind == "warp_on" else keeper.lab.faults.add("ip", kind=kind)
    (record,) = keeper.lab.cloudflare.records(keeper.zone)
    keeper.lab.cloudflare.edit_record(keeper.zone, record["id"], content=OLD)

    report = await keeper.round(audit=True)

    assert keeper.asked == [LIST]
    assert report.address(HERE) is None
    assert report.records[V4].content == OLD
    assert (report.error, report.outcomes, report.conflicts) == (None, {}, {})
    quiet = await keeper.round()
    assert keeper.asked == []
    assert quiet.records == report.records


async def test_both_may_fail_at_once(keeper: Keeper) -> None:
    """If neither the address nor the zone can be read, what was known stays in the report."""
    first = await keeper.round()
    keeper.lab.faults.add("ip", kind="reset")
    keeper.lab.faults.add("cloudflare", kind="reset")

    report = await keeper.round(audit=True)

    assert report.address(HERE) is None
    assert isinstance(report.error, CloudflareConnectionError)
    assert report.records == first.records


async def test_one_family_may_fail_alone(keeper: Keeper) -> None:
    """A home without IPv6 keeps its IPv4 records, and the other ones as they are."""
    keeper.lab.cloudflare.add_record(keeper.zone, type="AAAA", name="home", content="2001:218::1")
    keeper.families = (IPV4, IPV6)
    keeper.targets = [target("home.example.com", family) for family in (IPV4, IPV6)]
    keeper.lab.ip.set_address(None, family=6)

    report = await keeper.round()

    assert keeper.contents == {"A home.example.com": HOME, "AAAA home.example.com": "2001:218::1"}
    assert (report.address(HERE), report.address(HERE_V6)) == (ip_address(HOME), None)
    assert report.is_settled
    keeper.lab.ip.set_address("2001:218:1:2::5")
    await keeper.round()
    assert keeper.contents["AAAA home.example.com"] == "2001:218:1:2::5"


@pytest.mark.parametrize("kind", ["lost_answer", "truncated", "cut", "reset", "html", "error"])
async def test_s16_an_unconfirmed_write_is_read_before_it_is_written_again(
    keeper: Keeper, kind: str
) -> None:
    """Lesson S16: after a write of unknown fate the zone is read, and written only if needed."""
    keeper.targets = [target("new.example.com", policy=Policy(create=True))]
    keeper.lab.faults.add("cloudflare", BATCH, kind=kind, times=1)

    report = await keeper.round()

    assert [outcome.result for outcome in report.outcomes.values()] == [Result.UNCONFIRMED]
    assert (report.is_settled, report.error) == (False, None)
    was_written = "A new.example.com" in keeper.contents
    assert was_written is (kind in {"lost_answer", "truncated", "cut"})

    report = await keeper.round()

    assert keeper.asked == ([LIST] if was_written else [LIST, BATCH])
    assert report.is_settled
    assert report.failures == ()
    assert keeper.contents["A new.example.com"] == HOME
    assert len(keeper.contents) == 2


async def test_a_change_that_is_refused_waits_for_the_audit(
    lab: Lab, zone: Zone, keeper: Keeper
) -> None:
    """What Cloudflare refuses for what it says is not tried again until the zone is audited."""
    lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9003, message="no")
    lab.faults.add("cloudflare", "PATCH *", kind="error", status=400, code=9003, message="no")

    report = await keeper.round()

    assert isinstance(next(iter(report.outcomes.values())).error, CloudflareRefusedError)
    assert report.is_settled
    quiet = await keeper.round()
    assert keeper.asked == []
    assert quiet.outcomes == report.outcomes
    lab.faults.clear()
    report = await keeper.round(audit=True)
    assert keeper.asked == [LIST, BATCH]
    assert report.failures == ()


@pytest.mark.parametrize(
    "code, status, error",
    [
        pytest.param(81044, 404, CloudflareNotFoundError, id="record is gone"),
        pytest.param(971, 429, CloudflareRateLimitError, id="limit"),
    ],
)
async def test_a_change_that_only_failed_is_tried_again(
    keeper: Keeper, code: int, status: int, error: type[CloudflareError]
) -> None:
    """What was refused for reasons that pass is read and written in the next round."""
    for endpoint in (BATCH, "PATCH *"):
        keeper.lab.faults.add("cloudflare", endpoint, kind="error", status=status, code=code)

    report = await keeper.round()

    assert [type(outcome.error) for outcome in report.outcomes.values()] == [error]
    assert not report.is_settled
    keeper.lab.faults.clear()
    await keeper.round()
    assert keeper.asked == [LIST, BATCH]
    assert keeper.contents == {"A home.example.com": HOME}


async def test_s22_while_the_limit_is_sat_out_cloudflare_is_asked_nothing(keeper: Keeper) -> None:
    """Lesson S22: a round that may not ask still looks up the address, and forgets nothing."""
    await keeper.round()
    keeper.lab.ip.set_address(NEXT)

    for _ in range(2):
        report = await keeper.round(may_ask=False)
        assert keeper.asked == []
        assert report.address(HERE) == ip_address(NEXT)
        assert report.records[V4].content == HOME
        assert not report.is_settled

    report = await keeper.round()
    assert keeper.asked == [LIST, BATCH]
    assert keeper.contents == {"A home.example.com": NEXT}
    assert report.is_settled


async def test_a_round_that_may_not_ask_and_need_not_stays_settled(keeper: Keeper) -> None:
    """Sitting out a limit while nothing moved leaves nothing to make up for."""
    await keeper.round()

    assert (await keeper.round(may_ask=False, audit=True)).is_settled
    await keeper.round()
    assert keeper.asked == []


async def test_nothing_is_asked_before_it_may_be(keeper: Keeper) -> None:
    """A first round that may not ask is made up for as soon as it may."""
    report = await keeper.round(may_ask=False)
    assert (keeper.asked, report.is_settled) == ([], False)
    assert report.address(HERE) == ip_address(HOME)

    await keeper.round()
    assert keeper.asked == [LIST, BATCH]


@pytest.mark.parametrize("failure", ["rate_limit", "reset", "spurious_403"])
async def test_a_failed_look_up_does_not_settle_a_change_that_failed(
    keeper: Keeper, failure: str
) -> None:
    """A change that could not be written is made up for, though a look-up fails in between."""
    await keeper.round()
    keeper.lab.ip.set_address(NEXT)
    keeper.lab.faults.add("cloudflare", BATCH, kind=failure, times=1)
    await keeper.round()
    keeper.lab.faults.add("ip", kind="html")
    await keeper.round()
    keeper.lab.faults.clear()

    await keeper.round()

    assert keeper.contents == {"A home.example.com": NEXT}


async def test_a_failed_look_up_does_not_solve_a_conflict(keeper: Keeper) -> None:
    """A conflict is reported again as soon as the address is, though a look-up failed meanwhile."""
    keeper.targets = [target("none.example.com")]
    before = await keeper.round()
    keeper.lab.faults.add("ip", kind="html")
    await keeper.round()
    keeper.lab.faults.clear()

    report = await keeper.round()

    assert report.conflicts == before.conflicts != {}


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_failure_of_cloudflares_leaves_a_round(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Whatever a write meets, the round ends with a report that says so."""
    kind, detail, error, _ = FAULTS[fault]
    monkeypatch.setattr(cloudflare, "_MAX_ANSWER", 50_000)
    if kind == "hang":
        monkeypatch.setattr(cloudflare, "_TIMEOUT_S", 0.1)
    keeper.lab.faults.add("cloudflare", BATCH, kind=kind, **detail)

    report = await keeper.round()

    (outcome,) = report.outcomes.values()
    assert type(outcome.error) is error
    assert report.failures == (outcome.error,)
    assert (report.error, report.is_settled, report.was_read) == (None, False, True)
    assert report.records[V4].content == OLD
