"""Rounds that fall short while something is still to be done: nothing of it is forgotten."""

import pytest

from custom_components.raindrop.ddns.errors import CloudflareRateLimitError
from custom_components.raindrop.ddns.model import ConflictKind, Policy, Trouble
from tests.conftest import HOME, NEXT, OLD

from .builders import V4, target
from .rounds import BATCH, Keeper
from .test_reconcile_memory import delete, edit, refuse


async def lapse(keeper: Keeper, *, audit: bool = False) -> None:
    """Run a round in which no operator answers."""
    keeper.lab.faults.add("ip", kind="html")
    await keeper.round(audit=audit)
    keeper.lab.faults.clear()


@pytest.mark.parametrize("failure", ["rate_limit", "reset", "spurious_403"])
async def test_a_failed_look_up_does_not_settle_a_repair_that_failed(
    keeper: Keeper, failure: str
) -> None:
    """Drift that could not be mended is mended as soon as the address is known again."""
    await keeper.round()
    edit(keeper)
    keeper.lab.faults.add("cloudflare", BATCH, kind=failure, times=1)
    await keeper.round(audit=True)
    await lapse(keeper)

    await keeper.round()

    assert keeper.contents == {"A home.example.com": HOME}


async def test_a_failed_look_up_does_not_hide_a_refusal(keeper: Keeper) -> None:
    """What Cloudflare refused stays in trouble, though an audit met silent operators."""
    await keeper.round()
    keeper.lab.ip.set_address(NEXT)
    keeper.lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9003)
    refuse(keeper, 9003)
    await keeper.round()
    await lapse(keeper, audit=True)

    report = await keeper.round()

    assert keeper.contents == {"A home.example.com": HOME}
    assert report.troubles.get(V4) is Trouble.REFUSED


async def test_a_failed_look_up_does_not_forget_a_stranger_who_insists(keeper: Keeper) -> None:
    """A contested record stays contested, though an audit met silent operators."""
    await keeper.round()
    for _ in range(3):
        edit(keeper)
        await keeper.round(audit=True)
    await lapse(keeper, audit=True)

    report = await keeper.round(audit=True)

    assert [c.kind for c in report.conflicts.values()] == [ConflictKind.CONTESTED]


async def test_a_failed_look_up_does_not_break_a_row_of_repairs(keeper: Keeper) -> None:
    """A record is right only if it was compared: silence forgives no stranger."""
    await keeper.round()
    edit(keeper)
    await keeper.round(audit=True)
    await lapse(keeper, audit=True)

    assert keeper.report.repairs == {V4: 1}


async def test_a_new_wish_of_the_users_is_no_drift(keeper: Keeper) -> None:
    """Who asks for the proxy changed nothing behind Raindrop's back."""
    await keeper.round()
    keeper.targets = [target("home.example.com", policy=Policy(proxied=True))]

    report = await keeper.round(audit=True)

    assert not any(outcome.change.is_drift for outcome in report.outcomes.values())
    assert report.repairs == {}


async def test_a_conflict_is_shown_while_the_address_is_not_known(keeper: Keeper) -> None:
    """What the user is to mend does not vanish from the report with the address."""
    keeper.targets = [target("none.example.com")]
    before = await keeper.round()

    await lapse(keeper)

    assert keeper.report.conflicts == before.conflicts != {}
    assert keeper.report.is_settled is False


async def test_what_a_stranger_writes_meanwhile_is_not_taken_for_right(keeper: Keeper) -> None:
    """While the address is not known, nothing that stands in the zone is remembered as kept."""
    first = await keeper.round()
    edit(keeper)

    await lapse(keeper, audit=True)

    assert keeper.report.records[V4].content == OLD
    assert (keeper.report.kept, keeper.report.right) == (first.kept, first.right)
    report = await keeper.round(audit=True)
    assert [outcome.change.is_drift for outcome in report.outcomes.values()] == [True]


async def test_a_repair_that_is_refused_is_not_taken_for_right(keeper: Keeper) -> None:
    """What stands there against our will is no drift forgiven: the next audit tries again."""
    first = await keeper.round()
    edit(keeper)
    keeper.lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9003)
    refuse(keeper, 9003)

    report = await keeper.round(audit=True)

    assert report.records[V4].content == OLD
    assert (report.kept, report.right) == (first.kept, first.right)
    keeper.lab.faults.clear()
    report = await keeper.round(audit=True)
    assert [outcome.change.is_drift for outcome in report.outcomes.values()] == [True]
    assert keeper.contents == {"A home.example.com": HOME}


async def test_a_record_that_is_gone_is_not_shown(keeper: Keeper) -> None:
    """The records of a round that read the zone are those that stand there, and no others."""
    await keeper.round()
    delete(keeper)

    report = await keeper.round(audit=True)

    assert report.records == {}
    assert report.troubles.get(V4) is Trouble.MISSING


async def test_a_failure_is_fresh_once(keeper: Keeper) -> None:
    """Consequences are drawn of what failed in this very round, not of what is still told."""
    assert (await keeper.round()).fresh == ()
    keeper.lab.ip.set_address(NEXT)
    keeper.lab.faults.add("cloudflare", BATCH, kind="rate_limit", times=1)

    report = await keeper.round()

    assert [type(error) for error in report.fresh] == [CloudflareRateLimitError]
    assert report.fresh == report.failures
    quiet = await keeper.round(may_ask=False)
    assert (quiet.fresh, quiet.failures) == ((), report.failures)
    await lapse(keeper)
    assert (keeper.report.fresh, keeper.report.failures) == ((), report.failures)
    assert (await keeper.round()).fresh == ()


async def test_a_list_that_fails_again_is_fresh_again(keeper: Keeper) -> None:
    """Each list that fails is a failure of its own; while none is asked for, there is none."""
    await keeper.round()
    keeper.lab.faults.add("cloudflare", kind="html")
    for _ in range(2):
        report = await keeper.round(audit=True)
        assert report.fresh == (report.error,)

    quiet = await keeper.round(may_ask=False)

    assert quiet.fresh == ()
    assert quiet.failures == (report.error,)
