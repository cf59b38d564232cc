"""What one round leaves for the next: what was compared, what was kept, what was repaired."""

from collections.abc import Callable
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.errors import CloudflareRefusedError
from custom_components.raindrop.ddns.model import (
    ConflictKind,
    Create,
    Family,
    HostName,
    HostPart,
    Policy,
    Result,
    Slot,
    Trouble,
)
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD

from .builders import V4, V6, target
from .rounds import BATCH, LIST, Keeper

AWAY = Slot(HostName("away.example.com"), Family.IPV4)
CREATE = Policy(create=True)
EXISTS = [81057, 81058]
SINGLES = ("PATCH *", "POST *")

type Stranger = Callable[[Keeper], None]


def edit(keeper: Keeper, content: str = OLD) -> None:
    """Change the address of the home's record by a stranger's hand."""
    (record,) = (r for r in keeper.lab.cloudflare.records(keeper.zone) if r["type"] == "A")
    keeper.lab.cloudflare.edit_record(keeper.zone, record["id"], content=content)


def delete(keeper: Keeper) -> None:
    """Delete the home's record by a stranger's hand."""
    (record,) = keeper.lab.cloudflare.records(keeper.zone)
    keeper.lab.cloudflare.delete_record(keeper.zone, record["id"])


def unproxy(keeper: Keeper) -> None:
    """Take the proxy off the home's record by a stranger's hand."""
    (record,) = keeper.lab.cloudflare.records(keeper.zone)
    keeper.lab.cloudflare.edit_record(keeper.zone, record["id"], proxied=False)


def refuse(keeper: Keeper, code: int) -> None:
    """Let Cloudflare refuse every write for what it says."""
    for endpoint in SINGLES:
        keeper.lab.faults.add("cloudflare", endpoint, kind="error", status=400, code=code)


async def test_what_is_kept_is_what_the_record_holds(keeper: Keeper) -> None:
    """The address that was seen or put right is remembered, by slot."""
    first = await keeper.round()
    assert first.kept == {V4: ip_address(HOME)}
    assert first.compared == {V4: ip_address(HOME)}
    assert first.repairs == {}

    keeper.lab.ip.set_address(NEXT)
    second = await keeper.round()
    assert second.kept == second.compared == {V4: ip_address(NEXT)}


async def test_a_record_that_was_right_all_along_is_kept_too(
    lab: Lab, zone: Zone, keeper: Keeper
) -> None:
    """Nothing need be written for an address to be remembered."""
    lab.ip.set_address(OLD)

    report = await keeper.round()

    assert (keeper.asked, report.outcomes) == ([LIST], {})
    assert report.kept == report.compared == {V4: ip_address(OLD)}


async def test_with_a_host_part_the_record_differs_from_what_it_was_compared_with(
    lab: Lab, zone: Zone, keeper: Keeper
) -> None:
    """Compared is the public address, kept is what the record of the other machine holds."""
    lab.cloudflare.add_record(zone, type="AAAA", name="home", content="2001:218:9:8::7")
    keeper.families = (Family.IPV6,)
    keeper.targets = [target("home.example.com", Family.IPV6, Policy(host_part=HostPart()))]

    report = await keeper.round()

    assert keeper.contents["AAAA home.example.com"] == "2001:218:1:2::7"
    assert report.compared == {V6: ip_address(HOME_V6)}
    assert report.kept == {V6: ip_address("2001:218:1:2::7")}
    assert report.troubles.get(V6) is None
    await keeper.round()
    assert keeper.asked == []
    assert (await keeper.round(audit=True)).outcomes == {}


async def test_each_slot_is_compared_by_itself(keeper: Keeper) -> None:
    """A slot in conflict does not keep another from being done with."""
    keeper.targets = [target("home.example.com"), target("away.example.com")]

    report = await keeper.round()

    assert report.compared == report.kept == {V4: ip_address(HOME)}
    assert report.troubles.get(V4) is None
    assert report.troubles.get(AWAY) is Trouble.MISSING
    assert not report.is_settled


async def test_a_change_that_failed_leaves_its_slot_uncompared(keeper: Keeper) -> None:
    """What may not have been written is not counted as compared, whatever it was before."""
    await keeper.round()
    keeper.lab.ip.set_address(NEXT)
    keeper.lab.faults.add("cloudflare", BATCH, kind="reset", times=1)

    report = await keeper.round()

    assert (report.compared, report.kept) == ({}, {V4: ip_address(HOME)})
    assert report.troubles.get(V4) is Trouble.UNCONFIRMED
    report = await keeper.round()
    assert report.compared == report.kept == {V4: ip_address(NEXT)}
    assert report.troubles.get(V4) is None


async def test_a_change_that_is_refused_is_compared_and_not_kept(keeper: Keeper) -> None:
    """There is no use in trying it again at once, and the slot is in trouble all the same."""
    await keeper.round()
    keeper.lab.ip.set_address(NEXT)
    keeper.lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9003)
    refuse(keeper, 9003)

    report = await keeper.round()

    assert report.is_settled
    assert report.compared == {V4: ip_address(NEXT)}
    assert report.kept == {V4: ip_address(HOME)}
    assert report.troubles.get(V4) is Trouble.REFUSED


async def test_what_was_known_of_a_family_outlives_a_failed_look_up(
    lab: Lab, zone: Zone, keeper: Keeper
) -> None:
    """A round without an address takes nothing from what was compared and kept."""
    keeper.families = (Family.IPV4, Family.IPV6)
    keeper.targets = [target("home.example.com", family, CREATE) for family in keeper.families]
    before = await keeper.round()
    lab.ip.set_address(None, family=6)
    lab.ip.set_address(NEXT)

    report = await keeper.round()

    both = {V4: ip_address(NEXT), V6: ip_address(HOME_V6)}
    assert before.compared[V6] == both[V6]
    assert (report.compared, report.kept) == (both, both)
    assert report.troubles.get(V6) is None


@pytest.mark.parametrize("code", EXISTS)
@pytest.mark.parametrize(
    "name, policy", [("new", CREATE), ("home", Policy())], ids=["create", "update"]
)
async def test_s21_a_record_that_exists_already_is_adopted_in_the_next_round(
    lab: Lab, zone: Zone, keeper: Keeper, code: int, name: str, policy: Policy
) -> None:
    """Lesson S21: "exists already" is not the last word: the next list shows what is there."""
    keeper.targets = [target(f"{name}.example.com", policy=policy)]
    lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=code)
    refuse(keeper, code)

    report = await keeper.round()

    (outcome,) = report.outcomes.values()
    assert isinstance(outcome.error, CloudflareRefusedError)
    assert outcome.result is Result.REFUSED
    assert (report.is_settled, report.compared, report.kept) == (False, {}, {})
    lab.faults.clear()
    for record in lab.cloudflare.records(zone):
        lab.cloudflare.delete_record(zone, record["id"])
    lab.cloudflare.add_record(zone, type="A", name=name, content=HOME)

    report = await keeper.round()

    assert keeper.asked == [LIST]
    assert (report.outcomes, report.conflicts, report.is_settled) == ({}, {}, True)
    assert list(report.kept.values()) == [ip_address(HOME)]
    assert len(keeper.contents) == 1


async def test_a_record_that_somebody_makes_meanwhile_is_adopted(
    lab: Lab, zone: Zone, keeper: Keeper
) -> None:
    """Between the list and the write another hand may be faster, and no twin comes of it."""
    keeper.targets = [target("new.example.com", policy=CREATE)]
    held = lab.faults.add("cloudflare", LIST, kind="hold")
    task = keeper.start()
    await lab.log.arrived(1, endpoint=LIST)
    lab.cloudflare.add_record(zone, type="A", name="new", content=HOME)
    held.release()

    report = await task

    assert [outcome.result for outcome in report.outcomes.values()] == [Result.REFUSED]
    report = await keeper.round()
    assert keeper.asked == [LIST]
    assert (report.outcomes, report.is_settled) == ({}, True)


@pytest.mark.parametrize(
    "policy, stranger",
    [
        pytest.param(Policy(), edit, id="another address"),
        pytest.param(CREATE, delete, id="deleted"),
        pytest.param(Policy(proxied=True), unproxy, id="no longer proxied"),
    ],
)
async def test_repairs_in_a_row_are_counted_until_a_stranger_insists(
    keeper: Keeper, policy: Policy, stranger: Stranger
) -> None:
    """Two repairs are made, the third time the slot is contested, and left as it is."""
    keeper.targets = [target("home.example.com", policy=policy)]
    assert (await keeper.round()).repairs == {}
    for count in (1, 2):
        stranger(keeper)
        report = await keeper.round(audit=True)
        assert report.repairs == {V4: count}
        assert all(outcome.change.is_drift for outcome in report.outcomes.values())
        assert report.troubles.get(V4) is None
        assert (await keeper.round()).repairs == {V4: count}
    stranger(keeper)
    before = keeper.contents

    for _ in range(2):
        report = await keeper.round(audit=True)
        assert keeper.asked == [LIST]
        assert [c.kind for c in report.conflicts.values()] == [ConflictKind.CONTESTED]
        assert (report.repairs, report.is_settled) == ({V4: 2}, True)
        assert report.kept == {V4: ip_address(HOME)}
        assert report.troubles.get(V4) is Trouble.CONTESTED
    assert keeper.contents == before
    await keeper.round()
    assert keeper.asked == []


async def test_an_hour_without_a_stranger_starts_anew(keeper: Keeper) -> None:
    """Repairs count only in a row: a record that was right forgives those before it."""
    await keeper.round()
    for _ in range(3):
        for _ in range(2):
            edit(keeper)
            await keeper.round(audit=True)
            assert keeper.contents == {"A home.example.com": HOME}
        assert (await keeper.round(audit=True)).repairs == {}


async def test_a_stranger_who_gives_up_ends_the_quarrel(keeper: Keeper) -> None:
    """A contested record that is right again is kept as before, and its count forgotten."""
    await keeper.round()
    for _ in range(3):
        edit(keeper)
        await keeper.round(audit=True)
    edit(keeper, HOME)

    report = await keeper.round(audit=True)

    assert (report.conflicts, report.repairs) == ({}, {})
    assert report.troubles.get(V4) is None


async def test_a_move_ends_the_quarrel(keeper: Keeper) -> None:
    """A new address is written though a stranger insists, and nothing of it is drift."""
    await keeper.round()
    for _ in range(3):
        edit(keeper)
        await keeper.round(audit=True)
    keeper.lab.ip.set_address(NEXT)

    report = await keeper.round()

    assert keeper.contents == {"A home.example.com": NEXT}
    assert (report.conflicts, report.repairs) == ({}, {})
    assert not any(outcome.change.is_drift for outcome in report.outcomes.values())


async def test_a_repair_that_failed_does_not_count(keeper: Keeper) -> None:
    """Only what was put right counts: a failure takes no chance away."""
    await keeper.round()
    edit(keeper)
    await keeper.round(audit=True)
    edit(keeper)
    keeper.lab.faults.add("cloudflare", BATCH, kind="rate_limit", times=2)
    for _ in range(2):
        assert (await keeper.round(audit=True)).repairs == {V4: 1}

    assert (await keeper.round(audit=True)).repairs == {V4: 2}
    assert keeper.contents == {"A home.example.com": HOME}


async def test_a_deleted_record_comes_back_as_ours(keeper: Keeper) -> None:
    """What somebody deleted is created again where that is allowed."""
    keeper.targets = [target("home.example.com", policy=CREATE)]
    await keeper.round()
    delete(keeper)

    report = await keeper.round(audit=True)

    (outcome,) = report.outcomes.values()
    assert isinstance(outcome.change, Create)
    assert outcome.change.is_drift
    assert report.records[V4].is_owned
