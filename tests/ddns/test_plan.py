"""The table of `make_plan`, row by row."""

import pytest

from custom_components.raindrop.ddns.model import (
    OWNER_COMMENT,
    TTL_AUTO,
    Address,
    Conflict,
    ConflictKind,
    Create,
    Policy,
    Record,
    Update,
    Want,
)
from custom_components.raindrop.ddns.plan import make_plan

from .builders import A1, A2, B1, B2, V4, V6, record, want

OURS = OWNER_COMMENT
CNAME = record("elsewhere.example.net", kind="CNAME")


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([], id="nothing there/leave"),
        pytest.param([record(A1)], id="another address/leave"),
        pytest.param([record(A1, number=1), record(A2, number=2)], id="several/leave"),
        pytest.param([CNAME], id="an alias/leave"),
    ],
)
@pytest.mark.parametrize("policy", [Policy(), Policy(create=True, proxied=True, ttl_s=300)])
def test_s9_unknown_means_leave(records: list[Record], policy: Policy) -> None:
    """Lesson S9: while the address is not known, nothing is changed, created or complained of."""
    plan = make_plan([Want(slot=V4, address=None, policy=policy)], records)

    assert (plan.changes, plan.conflicts) == ((), ())


@pytest.mark.parametrize(
    "wanted, standing",
    [
        pytest.param(want(A1), record(A1), id="content alone/nothing"),
        pytest.param(want(A1), record(A1, proxied=True), id="proxied is kept/nothing"),
        pytest.param(want(A1), record(A1, ttl_s=3600), id="ttl is kept/nothing"),
        pytest.param(want(A1, create=True), record(A1), id="creating allowed/nothing"),
        pytest.param(want(A1, proxied=False), record(A1), id="unproxied as asked/nothing"),
        pytest.param(want(A1, proxied=True), record(A1, proxied=True), id="proxied too/nothing"),
        pytest.param(want(A1, ttl_s=300), record(A1, ttl_s=300), id="ttl as asked/nothing"),
        pytest.param(want(A1, ttl_s=TTL_AUTO), record(A1), id="automatic as asked/nothing"),
        pytest.param(
            want(A1, ttl_s=300), record(A1, proxied=True), id="ttl of a proxied one/nothing"
        ),
        pytest.param(
            want(A1, proxied=True, ttl_s=300),
            record(A1, proxied=True),
            id="ttl and proxied/nothing",
        ),
        pytest.param(want(A1, last=A2), record(A1), id="another before/nothing"),
        pytest.param(want(A1, pin=1), record(A1, number=1), id="pinned/nothing"),
        pytest.param(
            want(B1, slot=V6),
            record("2001:0218:1:2:0::1", kind="AAAA"),
            id="another spelling/nothing",
        ),
    ],
)
def test_a_record_that_is_right_is_left_alone(wanted: Want, standing: Record) -> None:
    """A record with the address, and with the attributes that are enforced, needs nothing."""
    plan = make_plan([wanted], [standing])

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {wanted.slot: standing}


@pytest.mark.parametrize(
    "wanted, standing, address, proxied, ttl_s",
    [
        pytest.param(want(A2), record(A1), A2, None, None, id="address/address"),
        pytest.param(
            want(A2), record(A1, proxied=True, ttl_s=1), A2, None, None, id="proxied kept/address"
        ),
        pytest.param(want(A2), record("10.0.0.1"), A2, None, None, id="private there/address"),
        pytest.param(
            want(A2), record(A1, comment="front door"), A2, None, None, id="foreign/adopted"
        ),
        pytest.param(
            want(A1, proxied=True), record(A1), None, True, None, id="to be proxied/proxied"
        ),
        pytest.param(
            want(A1, proxied=False),
            record(A1, proxied=True),
            None,
            False,
            None,
            id="not to be proxied/proxied",
        ),
        pytest.param(want(A1, ttl_s=300), record(A1), None, None, 300, id="ttl/ttl"),
        pytest.param(
            want(A1, ttl_s=TTL_AUTO), record(A1, ttl_s=300), None, None, 1, id="automatic/ttl"
        ),
        pytest.param(
            want(A1, proxied=False, ttl_s=300),
            record(A1, proxied=True),
            None,
            False,
            300,
            id="unproxied with a ttl/both",
        ),
        pytest.param(
            want(A1, proxied=True, ttl_s=300),
            record(A1, ttl_s=600),
            None,
            True,
            None,
            id="proxied with a ttl/proxied alone",
        ),
        pytest.param(
            want(A2, proxied=True, ttl_s=300), record(A1), A2, True, None, id="all/no ttl"
        ),
        pytest.param(
            want(A2, proxied=False, ttl_s=300),
            record(A1, proxied=False, ttl_s=60),
            A2,
            None,
            300,
            id="address and ttl/both",
        ),
    ],
)
def test_an_update_holds_what_differs(
    *,
    wanted: Want,
    standing: Record,
    address: Address | None,
    proxied: bool | None,
    ttl_s: int | None,
) -> None:
    """A record that is off is changed in the fields that differ, and in no other."""
    plan = make_plan([wanted], [standing])

    assert plan.changes == (
        Update(slot=V4, record=standing, address=address, proxied=proxied, ttl_s=ttl_s),
    )
    assert plan.conflicts == ()
    assert plan.records == {V4: standing}


@pytest.mark.parametrize(
    "proxied, ttl_s, created_proxied, created_ttl_s",
    [
        pytest.param(None, None, False, TTL_AUTO, id="no wishes/plain"),
        pytest.param(False, None, False, TTL_AUTO, id="unproxied/plain"),
        pytest.param(True, None, True, TTL_AUTO, id="proxied/proxied"),
        pytest.param(None, 300, False, 300, id="ttl/ttl"),
        pytest.param(False, TTL_AUTO, False, TTL_AUTO, id="automatic/plain"),
        pytest.param(True, 300, True, TTL_AUTO, id="proxied with a ttl/automatic"),
    ],
)
def test_a_missing_record_is_created_as_the_policy_asks(
    *, proxied: bool | None, ttl_s: int | None, created_proxied: bool, created_ttl_s: int
) -> None:
    """Where creating is allowed, a name without a record gets one."""
    plan = make_plan([want(A1, create=True, proxied=proxied, ttl_s=ttl_s)], [])

    assert plan.changes == (
        Create(slot=V4, address=A1, proxied=created_proxied, ttl_s=created_ttl_s),
    )
    assert (plan.conflicts, plan.records) == ((), {})


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([], id="empty zone/missing"),
        pytest.param([record(A1, name="away.example.com")], id="other name/missing"),
        pytest.param([record(B1, kind="AAAA")], id="other family/missing"),
        pytest.param([record("v=spf1", kind="TXT")], id="other type/missing"),
    ],
)
def test_s23_a_missing_record_is_reported(records: list[Record]) -> None:
    """Lesson S23: where creating is not allowed, a record that is missing is told."""
    plan = make_plan([want(A1)], records)

    assert plan.conflicts == (Conflict(slot=V4, kind=ConflictKind.MISSING),)
    assert (plan.changes, plan.records) == ((), {})


@pytest.mark.parametrize("policy", [Policy(), Policy(create=True), Policy(record_id=CNAME.id)])
def test_s2_an_alias_is_in_the_way(policy: Policy) -> None:
    """Lesson S2: a CNAME at the name is a conflict, and is never turned into an A record."""
    plan = make_plan(
        [Want(slot=V4, address=A1, policy=policy), Want(slot=V6, address=B1, policy=policy)],
        [CNAME, record("hello", kind="TXT", number=2)],
    )

    assert plan.changes == ()
    assert plan.conflicts == tuple(
        Conflict(slot=slot, kind=ConflictKind.CNAME, records=(CNAME,)) for slot in (V4, V6)
    )


def test_s2_each_family_has_its_own_record() -> None:
    """Lesson S2: a record is found by name and type, so that no AAAA becomes an A."""
    ipv4, ipv6 = record(A1, number=1), record(B1, number=2, kind="AAAA")

    plan = make_plan([want(A2), want(B2, slot=V6)], [ipv6, ipv4])

    assert plan.changes == (
        Update(slot=V4, record=ipv4, address=A2),
        Update(slot=V6, record=ipv6, address=B2),
    )


def test_s12_what_nobody_asked_for_is_not_touched() -> None:
    """Lesson S12: records of other names and types are no part of any plan."""
    strangers = [
        record(A1, name="away.example.com", number=2),
        record(A1, name="example.com", number=3, comment=OURS),
        record(B1, kind="AAAA", number=4, comment=OURS),
        record("10 mail.example.com", kind="MX", number=5),
    ]

    plan = make_plan([want(A2)], [*strangers, record(A1)])

    assert plan.changes == (Update(slot=V4, record=record(A1), address=A2),)
    assert plan.records == {V4: record(A1)}


def test_a_slot_is_planned_once() -> None:
    """Of two wants for the same slot the last one counts."""
    plan = make_plan([want(A1, create=True), want(A2, create=True)], [])

    assert plan.changes == (Create(slot=V4, address=A2),)


def test_a_record_is_shown_though_nothing_is_known() -> None:
    """The record of a slot is shown even while the address is not known."""
    assert make_plan([want(None)], [record(A1)]).records == {V4: record(A1)}
