"""One round after the other: what is asked, what is written, what is reported."""

from asyncio import create_task
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.model import (
    ConflictKind,
    Family,
    HostName,
    Policy,
    Result,
    Slot,
    Update,
)
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD

from .builders import HERE, HERE_V6, V4, V6, record_id, target
from .rounds import BATCH, LIST, Keeper

BOTH = (Family.IPV4, Family.IPV6)
CREATE = Policy(create=True)


async def test_the_first_round_brings_dns_to_the_home(keeper: Keeper) -> None:
    """The first round finds the address, reads the zone and writes what differs."""
    report = await keeper.round()

    assert keeper.contents == {"A home.example.com": HOME}
    assert keeper.looked == ["cloudflare", "ipify"]
    assert keeper.asked == [LIST, BATCH]
    assert report.address(HERE) == ip_address(HOME)
    assert list(report.compared.values()) == [ip_address(HOME)]
    assert report.records[V4].content == HOME
    assert (report.is_settled, report.was_read, report.error) == (True, True, None)
    (outcome,) = report.outcomes.values()
    assert isinstance(outcome.change, Update)
    assert (outcome.result, outcome.change.record.content) == (Result.DONE, OLD)
    assert report.written_at([V4]) == report.records[V4].modified_on is not None
    assert keeper.lab.log.surprises == []


async def test_s22_an_unchanged_round_asks_cloudflare_nothing(keeper: Keeper) -> None:
    """Lesson S22: while the address is the one known, a round is one look-up and no request."""
    first = await keeper.round()

    for _ in range(3):
        report = await keeper.round()

        assert (keeper.looked, keeper.asked) == (["cloudflare"], [])
        assert report.was_read is False
        assert (report.records, report.outcomes) == (first.records, first.outcomes)
        assert report.is_settled


async def test_rounds_without_news_are_equal(keeper: Keeper) -> None:
    """A report that says nothing new is equal to the one before, also after an audit."""
    await keeper.round()
    second = await keeper.round()

    assert await keeper.round() == second
    await keeper.round(audit=True)
    audited = keeper.report
    assert audited.outcomes == {}
    assert await keeper.round(audit=True) == audited


async def test_a_move_is_two_lookups_one_list_and_one_batch(keeper: Keeper) -> None:
    """A changed address costs two look-ups and two requests, however long it stood."""
    await keeper.round()
    keeper.lab.ip.set_address(NEXT)

    report = await keeper.round()

    assert keeper.contents == {"A home.example.com": NEXT}
    assert (keeper.looked, keeper.asked) == (["cloudflare", "ipify"], [LIST, BATCH])
    assert list(report.compared.values()) == [ip_address(NEXT)]
    assert (await keeper.round()).is_settled
    assert keeper.asked == []


async def test_a_move_is_confirmed_and_listed_side_by_side(keeper: Keeper) -> None:
    """The look-up that confirms a change and the list of the zone do not wait for each other."""
    lab = keeper.lab
    await keeper.round()
    lab.ip.set_address(NEXT)
    holds = [
        lab.faults.add("ip", "ipify", kind="hold"),
        lab.faults.add("cloudflare", LIST, kind="hold"),
    ]
    lab.log.clear()
    moving = create_task(keeper.round())
    (confirming,) = await lab.log.arrived(1, operator="ipify")
    (listing,) = await lab.log.arrived(1, endpoint=LIST)
    assert (confirming.status, listing.status) == (None, None)
    for hold in holds:
        hold.release()

    await moving

    (look,) = lab.log.select(operator="cloudflare")
    (batch,) = lab.log.select(endpoint=BATCH)
    assert confirming.overlaps(listing)
    assert not look.overlaps(confirming)
    assert not look.overlaps(listing)
    assert not batch.overlaps(listing)
    assert not batch.overlaps(confirming)


async def test_nothing_is_written_before_a_move_is_confirmed(keeper: Keeper) -> None:
    """The list of the zone may be there first: what is written waits for the second operator."""
    lab = keeper.lab
    await keeper.round()
    lab.ip.set_address(NEXT, operator="cloudflare")

    report = await keeper.round()

    assert keeper.looked == ["cloudflare", "ipify", "ident.me"]
    assert keeper.asked == [LIST]
    assert keeper.contents == {"A home.example.com": HOME}
    assert (report.address(HERE), report.outcomes) == (ip_address(HOME), {})


async def test_s7_a_source_that_keeps_lying_costs_no_requests(keeper: Keeper) -> None:
    """Lesson S7: after a dispute the list waits for agreement, so that a liar costs one list."""
    await keeper.round()
    keeper.lab.ip.set_address(NEXT, operator="cloudflare")
    await keeper.round()
    assert keeper.asked == [LIST]

    for _ in range(3):
        report = await keeper.round()
        assert keeper.asked == []
        assert keeper.looked == ["cloudflare", "ipify", "ident.me"]
        assert report.readings[HERE].is_disputed
        assert report.is_settled


async def test_a_move_during_a_dispute_is_still_written(keeper: Keeper) -> None:
    """A source that lies does not keep a true change from DNS: it takes one round trip more."""
    await keeper.round()
    keeper.lab.ip.set_address("81.2.69.150", operator="cloudflare")
    await keeper.round()
    keeper.lab.ip.set_address(NEXT)
    keeper.lab.ip.set_address("81.2.69.150", operator="cloudflare")

    await keeper.round()

    assert keeper.contents == {"A home.example.com": NEXT}
    assert keeper.asked == [LIST, BATCH]
    keeper.lab.ip.set_address(NEXT)
    await keeper.round()
    assert keeper.asked == []


async def test_an_audit_reads_and_repairs_what_drifted(keeper: Keeper) -> None:
    """An audit lists the zone though nothing moved, and mends what a stranger's hand changed."""
    await keeper.round()
    await keeper.round(audit=True)
    assert (keeper.looked, keeper.asked) == (["cloudflare"], [LIST])
    (record,) = keeper.lab.cloudflare.records(keeper.zone)
    keeper.lab.cloudflare.edit_record(keeper.zone, record["id"], content="192.0.2.7")

    report = await keeper.round(audit=True)

    assert keeper.asked == [LIST, BATCH]
    assert keeper.contents == {"A home.example.com": HOME}
    assert [outcome.result for outcome in report.outcomes.values()] == [Result.DONE]


async def test_an_audit_enforces_only_what_was_asked_for(keeper: Keeper) -> None:
    """An attribute is put back if the user enforces it, and else left as it is."""
    keeper.targets = [target("home.example.com", policy=Policy(proxied=True))]
    await keeper.round()
    (record,) = keeper.lab.cloudflare.records(keeper.zone)
    keeper.lab.cloudflare.edit_record(keeper.zone, record["id"], proxied=False, comment="gate")

    await keeper.round(audit=True)

    (batch,) = keeper.lab.log.select(endpoint=BATCH)
    assert batch.body == {"patches": [{"id": record["id"], "proxied": True}]}
    (after,) = keeper.lab.cloudflare.records(keeper.zone)
    assert (after["proxied"], after["comment"]) == (True, "gate")


async def test_one_name_is_listed_by_itself_and_several_as_a_zone(keeper: Keeper) -> None:
    """For a single name only that name is listed; several come with one list of the zone."""
    await keeper.round()
    assert "name.exact=home.example.com" in keeper.lab.log.select(endpoint=LIST)[0].target

    keeper.targets = [target("home.example.com"), target("away.example.com", policy=CREATE)]
    await keeper.round(audit=True)

    assert keeper.asked == [LIST, BATCH]
    assert "name.exact" not in keeper.lab.log.select(endpoint=LIST)[0].target


async def test_two_domains_of_both_families_are_two_requests(keeper: Keeper) -> None:
    """However many domains and families a zone has, a move is one list and one batch."""
    names = ("home.example.com", "away.example.com")
    keeper.families = BOTH
    keeper.targets = [target(name, family, CREATE) for name in names for family in BOTH]

    first = await keeper.round()

    assert keeper.asked == [LIST, BATCH]
    assert sorted(map(str, keeper.looked)) == ["cloudflare", "cloudflare", "ipify", "ipify"]
    assert keeper.contents == {
        f"{family.record_type} {name}": HOME if family is Family.IPV4 else HOME_V6
        for name in names
        for family in BOTH
    }
    assert set(first.records) == {Slot(HostName(name), family) for name in names for family in BOTH}
    keeper.lab.ip.set_address("2001:218:1:2::777")

    report = await keeper.round()

    assert keeper.asked == [LIST, BATCH]
    assert {outcome.change.slot.family for outcome in report.outcomes.values()} == {Family.IPV6}
    assert keeper.contents["AAAA away.example.com"] == "2001:218:1:2::777"
    assert keeper.contents["A away.example.com"] == HOME


async def test_a_family_without_a_target_is_still_looked_up(keeper: Keeper) -> None:
    """The public address of a family is reported though no record holds it."""
    keeper.families = BOTH

    report = await keeper.round()

    assert report.address(HERE_V6) == ip_address(HOME_V6)
    assert keeper.contents == {"A home.example.com": HOME}


async def test_s12_strangers_are_left_in_peace(lab: Lab, zone: Zone, keeper: Keeper) -> None:
    """Lesson S12: nothing is ever deleted or replaced, and records of others stay untouched."""
    lab.cloudflare.add_record(zone, type="AAAA", name="home", content="2001:218::1", ttl=300)
    lab.cloudflare.add_record(zone, type="A", name="away", content=OLD, proxied=True)
    lab.cloudflare.add_record(zone, type="TXT", name="home", content="hello")
    before = {record["id"]: record for record in lab.cloudflare.records(zone)}
    ours = next(id_ for id_, record in before.items() if record["comment"] == "front door")

    for address in (NEXT, HOME, NEXT):
        lab.ip.set_address(address)
        await keeper.round()
        assert {entry.method for entry in lab.log.select(service="cloudflare")} == {"GET", "POST"}
        (batch,) = lab.log.select(endpoint=BATCH)
        assert isinstance(batch.body, dict)
        assert list(batch.body) == ["patches"]

    after = {record["id"]: record for record in lab.cloudflare.records(zone)}
    assert after.pop(ours)["content"] == NEXT
    del before[ours]
    assert after == before


@pytest.mark.parametrize("is_proxied", [True, False], ids=["proxied", "unproxied"])
async def test_s13_a_move_leaves_the_proxy_as_it_is(keeper: Keeper, *, is_proxied: bool) -> None:
    """Lesson S13: no move exposes an address that the proxy hides, or hides one."""
    (record,) = keeper.lab.cloudflare.records(keeper.zone)
    keeper.lab.cloudflare.edit_record(keeper.zone, record["id"], proxied=is_proxied)

    for address in (HOME, NEXT, HOME):
        keeper.lab.ip.set_address(address)
        await keeper.round()
        (record,) = keeper.lab.cloudflare.records(keeper.zone)
        assert (record["content"], record["proxied"]) == (address, is_proxied)


async def test_s14_a_move_changes_the_address_alone(keeper: Keeper) -> None:
    """Lesson S14: TTL, comment and all else outlive any number of moves."""
    (before,) = keeper.lab.cloudflare.records(keeper.zone)

    for address in (HOME, NEXT, HOME):
        keeper.lab.ip.set_address(address)
        await keeper.round()

    (after,) = keeper.lab.cloudflare.records(keeper.zone)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"content", "modified_on"}


@pytest.mark.parametrize(
    "name, policy, kind",
    [
        pytest.param("none.example.com", Policy(), ConflictKind.MISSING, id="no record"),
        pytest.param("alias.example.com", CREATE, ConflictKind.CNAME, id="alias"),
        pytest.param("twin.example.com", Policy(), ConflictKind.AMBIGUOUS, id="twins"),
        pytest.param(
            "home.example.com",
            Policy(create=True, record_id=record_id(1)),
            ConflictKind.AMBIGUOUS,
            id="pinned is gone",
        ),
    ],
)
async def test_a_conflict_is_reported_and_looked_at_again(
    lab: Lab, zone: Zone, keeper: Keeper, name: str, policy: Policy, kind: ConflictKind
) -> None:
    """What only the user can solve is reported every round, until it is solved."""
    lab.cloudflare.add_record(zone, type="CNAME", name="alias", content="a.example.net")
    lab.cloudflare.add_record(zone, type="A", name="twin", content="192.0.2.1")
    lab.cloudflare.add_record(zone, type="A", name="twin", content="192.0.2.2")
    keeper.targets = [target(name, policy=policy)]
    before = keeper.contents

    for _ in range(3):
        report = await keeper.round()
        assert [conflict.kind for conflict in report.conflicts.values()] == [kind]
        assert (report.is_settled, report.outcomes, report.failures) == (False, {}, ())
        assert keeper.asked == [LIST]
    assert keeper.contents == before

    for record in lab.cloudflare.records(zone):
        lab.cloudflare.delete_record(zone, record["id"])
    keeper.targets = [target(name, policy=CREATE)]
    report = await keeper.round()
    assert (report.conflicts, report.is_settled) == ({}, True)
    assert keeper.contents == {f"A {name}": HOME}


async def test_an_ambiguity_does_not_vanish_by_itself(lab: Lab, zone: Zone, keeper: Keeper) -> None:
    """Two records of which one holds our last address and one the new one stay a conflict.

    Else the record with the last address would be left behind for good, and
    the user would never hear of it.
    """
    await keeper.round()
    lab.cloudflare.add_record(zone, type="A", name="home", content=NEXT)
    lab.ip.set_address(NEXT)

    first = await keeper.round()
    assert [conflict.kind for conflict in first.conflicts.values()] == [ConflictKind.AMBIGUOUS]

    second = await keeper.round()
    assert second.conflicts == first.conflicts


async def test_a_round_without_targets_is_a_look_up(keeper: Keeper) -> None:
    """A zone without domains has a public address all the same."""
    keeper.targets = []

    report = await keeper.round(may_ask=False)

    assert report.address(HERE) == ip_address(HOME)
    assert keeper.asked == []
    assert V6 not in report.records
