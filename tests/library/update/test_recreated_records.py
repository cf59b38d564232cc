"""A record that was deleted externally comes back as it was: proxied, TTL, comment and tags."""

from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from typing import Any

import pytest

from custom_components.raindrop.ddns.models import OWNER_COMMENT, Policy, Reason, RecordVersion
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.state import RecordState, State
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.library.builders import V4, managed
from tests.library.update.external_changes import delete
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

CREATE = Policy(create=True)
THEIRS = f"{OWNER_COMMENT} (home 00c0ffee)"
"""The comment of another home."""


def edit(updater: ZoneUpdater, **fields: Any) -> None:
    """Change fields of the record externally."""
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(updater.zone, record["id"], **fields)


def fields(updater: ZoneUpdater) -> dict[str, Any]:
    """Return the fields of the record that a client can set."""
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    names = ("type", "name", "content", "proxied", "ttl", "comment", "tags")
    return {name: record[name] for name in names}


@pytest.fixture
def pro_updater(updater: ZoneUpdater, simulator: Simulator) -> ZoneUpdater:
    """Return what keeps a record with a comment of its own in a zone whose plan has tags."""
    updater.zone = simulator.cloudflare.add_zone("home.example", plan="pro")
    simulator.cloudflare.add_record(updater.zone, type="A", name="home.example", content=HOME)
    updater.managed_records = [managed("home.example", policy=CREATE)]
    return updater


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({"proxied": True}, id="proxied"),
        pytest.param({"ttl": 120}, id="TTL"),
        pytest.param({"comment": "front door"}, id="comment"),
        pytest.param({"tags": ["room:attic", "owner:me"]}, id="tags"),
        pytest.param({"comment": None}, id="no comment"),
        pytest.param({"proxied": True, "comment": OWNER_COMMENT, "tags": ["a:b"]}, id="owned"),
    ],
)
async def test_a_deleted_record_comes_back_as_it_was(
    pro_updater: ZoneUpdater, attributes: dict[str, Any]
) -> None:
    """With policies that keep, a record is created with the attributes it had."""
    edit(pro_updater, **attributes)
    await pro_updater.update()
    before = fields(pro_updater)
    delete(pro_updater)

    await pro_updater.update(full_sync=True)

    assert fields(pro_updater) == before
    assert pro_updater.state.record(pro_updater.managed_records[0].record_key).reason is None


@pytest.mark.parametrize(
    "comment",
    [pytest.param("front door", id="own comment"), pytest.param(OWNER_COMMENT, id="owned")],
)
async def test_a_record_that_came_back_incomplete_and_is_deleted_again_comes_back_as_it_was(
    pro_updater: ZoneUpdater, comment: str
) -> None:
    """With what it had before, and not with what it came back with."""
    edit(pro_updater, ttl=120, comment=comment, tags=["room:attic"])
    await pro_updater.update()
    before = fields(pro_updater)
    ignored = ("ttl", "comment", "tags")
    pro_updater.simulator.faults.add("cloudflare", BATCH, kind="ignored_fields", fields=ignored)
    delete(pro_updater)
    await pro_updater.update(full_sync=True)
    assert fields(pro_updater) != before
    pro_updater.simulator.faults.clear()
    delete(pro_updater)

    await pro_updater.update(full_sync=True)

    assert fields(pro_updater) == before


async def test_a_record_comes_back_as_it_was_with_a_new_address(updater: ZoneUpdater) -> None:
    """If the address changed meanwhile, everything but the address is as it was."""
    edit(updater, proxied=True)
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    await updater.update()
    before = fields(updater)
    delete(updater)
    updater.simulator.ip.set_address(NEXT)

    await updater.update()

    assert fields(updater) == before | {"content": NEXT}


async def test_a_name_that_a_cname_took_and_gave_back_is_as_it_was(updater: ZoneUpdater) -> None:
    """After a CNAME at the name is gone, the record is proxied as before."""
    edit(updater, proxied=True)
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    await updater.update()
    before = fields(updater)
    delete(updater)
    cname = updater.simulator.cloudflare.add_record(
        updater.zone, type="CNAME", name="home", content="tunnel.example.net"
    )
    for _ in range(2):
        await updater.update(full_sync=True)
        assert updater.state.record(V4).reason is Reason.CNAME
    updater.simulator.cloudflare.delete_record(updater.zone, cname["id"])

    await updater.update(full_sync=True)

    assert fields(updater) == before


async def test_a_record_that_was_read_but_never_written_comes_back_as_it_was(
    updater: ZoneUpdater,
) -> None:
    """A record that disappears before the home's address is known is created as it was read."""
    edit(updater, proxied=True)
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    updater.simulator.ip.set_address(None, family=4)
    await updater.update()
    before = fields(updater)
    delete(updater)
    await updater.update(full_sync=True)
    updater.simulator.ip.set_address(HOME)

    await updater.update()

    assert fields(updater) == before | {"content": HOME}


async def test_the_attributes_of_the_moment_of_deletion_count(updater: ZoneUpdater) -> None:
    """What the user changed after the first update is part of what comes back."""
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    await updater.update()
    edit(updater, proxied=True, comment="orange")
    await updater.update(full_sync=True)
    before = fields(updater)
    delete(updater)

    await updater.update(full_sync=True)

    assert fields(updater) == before


@pytest.mark.parametrize(
    "policy, proxied, ttl_s",
    [
        pytest.param(Policy(create=True, proxied=False), False, 1, id="not proxied"),
        pytest.param(Policy(create=True, proxied=False, ttl_s=300), False, 300, id="TTL"),
        pytest.param(Policy(create=True, ttl_s=300), True, 1, id="TTL of a proxied record"),
    ],
)
async def test_an_enforced_policy_wins(
    updater: ZoneUpdater, policy: Policy, *, proxied: bool, ttl_s: int
) -> None:
    """What the policy enforces is not taken from the record that was deleted."""
    edit(updater, proxied=True)
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    await updater.update()
    delete(updater)
    updater.managed_records = [managed("home.example.com", policy=policy)]

    await updater.update(full_sync=True)

    assert (fields(updater)["proxied"], fields(updater)["ttl"]) == (proxied, ttl_s)
    assert fields(updater)["comment"] == "front door"


async def test_a_record_whose_attributes_are_not_known_is_not_created(
    updater: ZoneUpdater,
) -> None:
    """If a record existed and nobody knows whether it was proxied, the user is asked."""
    delete(updater)
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    updater.state = State(records={V4: RecordState(last_address=ip_address(HOME))})

    for _ in range(2):
        await updater.update()

        assert updater.requests == [LIST]
        assert updater.contents == {}
        known = updater.state.record(V4)
        assert known.conflict is not None
        assert known.conflict.reason is known.reason is Reason.PROXIED_UNKNOWN


@pytest.mark.parametrize("proxied", [True, False])
async def test_an_enforced_proxied_status_needs_no_memory(
    updater: ZoneUpdater, *, proxied: bool
) -> None:
    """If the policy says whether the record is proxied, nobody has to be asked."""
    delete(updater)
    updater.managed_records = [
        managed("home.example.com", policy=Policy(create=True, proxied=proxied))
    ]
    updater.state = State(records={V4: RecordState(last_address=ip_address(HOME))})

    await updater.update()

    assert fields(updater)["proxied"] is proxied


async def test_a_record_that_never_existed_is_created_not_proxied_and_owned(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """Without a record before, a new one is owned, and it has the default attributes."""
    delete(updater)
    updater.managed_records = [managed("home.example.com", Family.IPV4, CREATE)]

    await updater.update()

    new = fields(updater)
    assert (new["proxied"], new["ttl"], new["tags"]) == (False, 1, [])
    known = updater.state.record(V4).record
    assert known is not None
    assert known.is_owned


def give(updater: ZoneUpdater) -> None:
    """Let the user give the record of another home to this one."""
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    version = RecordVersion(f"{record['id']} {datetime.fromisoformat(record['modified_on'])}")
    policy = replace(CREATE, take_over=frozenset({version}))
    updater.managed_records = [managed("home.example.com", policy=policy)]


@pytest.fixture
def their_updater(updater: ZoneUpdater) -> ZoneUpdater:
    """Return what was given the proxied record of another home."""
    edit(updater, proxied=True, comment=THEIRS)
    give(updater)
    return updater


async def assert_ours(updater: ZoneUpdater, address: str) -> None:
    """Check that the record is this home's, proxied as it was, and kept up to date."""
    await updater.update(full_sync=True)
    new = fields(updater)
    assert (new["content"], new["proxied"], new["comment"]) == (address, True, OWNER_COMMENT)
    assert updater.state.record(V4).reason is None


async def test_a_given_record_that_is_deleted_before_its_takeover_comes_back_as_ours(
    their_updater: ZoneUpdater,
) -> None:
    """What was read while the address was not known has the comment of another home."""
    their_updater.simulator.ip.set_address(None, family=4)
    await their_updater.update()
    delete(their_updater)
    their_updater.simulator.ip.set_address(HOME)
    await their_updater.update(full_sync=True)

    await assert_ours(their_updater, HOME)


async def test_a_given_record_whose_comment_does_not_take_comes_back_as_ours(
    their_updater: ZoneUpdater,
) -> None:
    """A record whose takeover was not applied is created with the comment of this home."""
    fault = their_updater.simulator.faults.add(
        "cloudflare", "*", kind="ignored_fields", fields=("comment",)
    )
    await their_updater.update()
    their_updater.simulator.faults.remove(fault)
    delete(their_updater)
    await their_updater.update(full_sync=True)

    await assert_ours(their_updater, HOME)


async def test_a_record_that_another_home_takes_before_a_write_comes_back_as_ours(
    updater: ZoneUpdater,
) -> None:
    """The response to the write shows another home's comment; then that home deletes it."""
    edit(updater, proxied=True, comment=OWNER_COMMENT)
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    hold = updater.simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    update = updater.start()
    await updater.simulator.log.arrived(1, endpoint=BATCH)
    edit(updater, comment=THEIRS)
    hold.release()
    await update
    delete(updater)
    await updater.update(full_sync=True)

    await assert_ours(updater, HOME)
