"""Rounds whose look-up fails while something is still to be done: nothing of it is forgotten."""

import pytest

from custom_components.raindrop.ddns.model import ConflictKind, Policy
from custom_components.raindrop.ddns.report import Trouble
from tests.conftest import HOME, NEXT

from .builders import V4, target
from .rounds import BATCH, Keeper
from .test_reconcile_memory import edit, refuse


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
    assert report.trouble(V4) is Trouble.REFUSED


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
