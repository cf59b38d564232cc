"""The table of `make_plan`, row by row."""

import pytest

from custom_components.raindrop.ddns.models import (
    OWNER_COMMENT,
    TTL_AUTO,
    Address,
    Create,
    DesiredRecord,
    Policy,
    Reason,
    Record,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Conflict
from custom_components.raindrop.ddns.records.make_plan import make_plan
from tests.library.builders import A1, A2, B1, B2, V4, V6, desired, record

OWNED = OWNER_COMMENT
CNAME = record("elsewhere.example.net", kind="CNAME")


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([], id="no record/leave"),
        pytest.param([record(A1)], id="another address/leave"),
        pytest.param([record(A1, number=1), record(A2, number=2)], id="several/leave"),
        pytest.param([CNAME], id="CNAME/leave"),
    ],
)
@pytest.mark.parametrize("policy", [Policy(), Policy(create=True, proxied=True, ttl_s=300)])
def test_s9_unknown_means_leave(records: list[Record], policy: Policy) -> None:
    """Lesson S9: an unknown address causes no change and no conflict."""
    plan = make_plan([DesiredRecord(record_key=V4, address=None, policy=policy)], records)

    assert (plan.changes, plan.conflicts) == ((), ())


@pytest.mark.parametrize(
    "desired_record, existing",
    [
        pytest.param(desired(A1), record(A1), id="same address/nothing"),
        pytest.param(desired(A1), record(A1, proxied=True), id="proxied not enforced/nothing"),
        pytest.param(desired(A1), record(A1, ttl_s=3600), id="TTL not enforced/nothing"),
        pytest.param(desired(A1, create=True), record(A1), id="may create/nothing"),
        pytest.param(desired(A1, proxied=False), record(A1), id="unproxied as enforced/nothing"),
        pytest.param(
            desired(A1, proxied=True), record(A1, proxied=True), id="proxied as enforced/nothing"
        ),
        pytest.param(desired(A1, ttl_s=300), record(A1, ttl_s=300), id="TTL as enforced/nothing"),
        pytest.param(
            desired(A1, ttl_s=TTL_AUTO), record(A1), id="automatic TTL as enforced/nothing"
        ),
        pytest.param(
            desired(A1, ttl_s=300), record(A1, proxied=True), id="TTL of a proxied record/nothing"
        ),
        pytest.param(
            desired(A1, proxied=True, ttl_s=300),
            record(A1, proxied=True),
            id="proxied and TTL/nothing",
        ),
        pytest.param(desired(A1, last=A2), record(A1), id="another last address/nothing"),
        pytest.param(desired(A1, pin=1), record(A1, number=1), id="pinned/nothing"),
        pytest.param(
            desired(B1, record_key=V6),
            record("2001:0218:1:2:0::1", kind="AAAA"),
            id="another spelling/nothing",
        ),
    ],
)
def test_a_record_in_sync_needs_no_change(desired_record: DesiredRecord, existing: Record) -> None:
    """A record with the desired address and the enforced attributes is not changed."""
    plan = make_plan([desired_record], [existing])

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {desired_record.record_key: existing}


@pytest.mark.parametrize(
    "desired_record, existing, address, proxied, ttl_s",
    [
        pytest.param(desired(A2), record(A1), A2, None, None, id="address/address"),
        pytest.param(
            desired(A2),
            record(A1, proxied=True, ttl_s=1),
            A2,
            None,
            None,
            id="proxied not enforced/address",
        ),
        pytest.param(
            desired(A2), record("10.0.0.1"), A2, None, None, id="private address before/address"
        ),
        pytest.param(
            desired(A2), record(A1, comment="front door"), A2, None, None, id="not owned/address"
        ),
        pytest.param(
            desired(A1, proxied=True), record(A1), None, True, None, id="proxied enforced/proxied"
        ),
        pytest.param(
            desired(A1, proxied=False),
            record(A1, proxied=True),
            None,
            False,
            None,
            id="unproxied enforced/proxied",
        ),
        pytest.param(desired(A1, ttl_s=300), record(A1), None, None, 300, id="TTL/TTL"),
        pytest.param(
            desired(A1, ttl_s=TTL_AUTO),
            record(A1, ttl_s=300),
            None,
            None,
            1,
            id="automatic TTL/TTL",
        ),
        pytest.param(
            desired(A1, proxied=False, ttl_s=300),
            record(A1, proxied=True),
            None,
            False,
            300,
            id="unproxied with a TTL/both",
        ),
        pytest.param(
            desired(A1, proxied=True, ttl_s=300),
            record(A1, ttl_s=600),
            None,
            True,
            None,
            id="proxied with a TTL/proxied only",
        ),
        pytest.param(
            desired(A2, proxied=True, ttl_s=300), record(A1), A2, True, None, id="all/no TTL"
        ),
        pytest.param(
            desired(A2, proxied=False, ttl_s=300),
            record(A1, proxied=False, ttl_s=60),
            A2,
            None,
            300,
            id="address and TTL/both",
        ),
    ],
)
def test_an_update_contains_only_the_fields_that_differ(
    *,
    desired_record: DesiredRecord,
    existing: Record,
    address: Address | None,
    proxied: bool | None,
    ttl_s: int | None,
) -> None:
    """A record out of sync is changed in the fields that differ and in no other."""
    plan = make_plan([desired_record], [existing])

    assert plan.changes == (
        Update(record_key=V4, record=existing, address=address, proxied=proxied, ttl_s=ttl_s),
    )
    assert plan.conflicts == ()
    assert plan.records == {V4: existing}


@pytest.mark.parametrize(
    "proxied, ttl_s, created_proxied, created_ttl_s",
    [
        pytest.param(None, None, False, TTL_AUTO, id="nothing enforced/plain"),
        pytest.param(False, None, False, TTL_AUTO, id="unproxied/plain"),
        pytest.param(True, None, True, TTL_AUTO, id="proxied/proxied"),
        pytest.param(None, 300, False, 300, id="TTL/TTL"),
        pytest.param(False, TTL_AUTO, False, TTL_AUTO, id="automatic/plain"),
        pytest.param(True, 300, True, TTL_AUTO, id="proxied with a TTL/automatic"),
    ],
)
def test_a_missing_record_is_created_with_the_attributes_of_its_policy(
    *, proxied: bool | None, ttl_s: int | None, created_proxied: bool, created_ttl_s: int
) -> None:
    """If the policy allows it, a missing record is created."""
    plan = make_plan([desired(A1, create=True, proxied=proxied, ttl_s=ttl_s)], [])

    assert plan.changes == (
        Create(record_key=V4, address=A1, proxied=created_proxied, ttl_s=created_ttl_s),
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
def test_s23_a_missing_record_is_a_conflict(records: list[Record]) -> None:
    """Lesson S23: if the policy does not allow creating, a missing record is a conflict."""
    plan = make_plan([desired(A1)], records)

    assert plan.conflicts == (Conflict(record_key=V4, reason=Reason.MISSING),)
    assert (plan.changes, plan.records) == ((), {})


@pytest.mark.parametrize("policy", [Policy(), Policy(create=True), Policy(record_id=CNAME.id)])
def test_s2_a_cname_is_a_conflict(policy: Policy) -> None:
    """Lesson S2: a CNAME at the name is a conflict; it is never turned into an A record."""
    plan = make_plan(
        [
            DesiredRecord(record_key=V4, address=A1, policy=policy),
            DesiredRecord(record_key=V6, address=B1, policy=policy),
        ],
        [CNAME, record("hello", kind="TXT", number=2)],
    )

    assert plan.changes == ()
    assert plan.conflicts == tuple(
        Conflict(record_key=record_key, reason=Reason.CNAME, records=(CNAME,))
        for record_key in (V4, V6)
    )


def test_s2_each_family_has_its_own_record() -> None:
    """Lesson S2: a record is found by name and type; an AAAA record never becomes an A record."""
    ipv4, ipv6 = record(A1, number=1), record(B1, number=2, kind="AAAA")

    plan = make_plan([desired(A2), desired(B2, record_key=V6)], [ipv6, ipv4])

    assert plan.changes == (
        Update(record_key=V4, record=ipv4, address=A2),
        Update(record_key=V6, record=ipv6, address=B2),
    )


def test_s12_unmanaged_records_are_not_changed() -> None:
    """Lesson S12: a plan contains no records with other names or types."""
    unmanaged = [
        record(A1, name="away.example.com", number=2),
        record(A1, name="example.com", number=3, comment=OWNED),
        record(B1, kind="AAAA", number=4, comment=OWNED),
        record("10 mail.example.com", kind="MX", number=5),
    ]

    plan = make_plan([desired(A2)], [*unmanaged, record(A1)])

    assert plan.changes == (Update(record_key=V4, record=record(A1), address=A2),)
    assert plan.records == {V4: record(A1)}


def test_a_record_key_is_planned_once() -> None:
    """Of two desired records with the same record key, the last one counts."""
    plan = make_plan([desired(A1, create=True), desired(A2, create=True)], [])

    assert plan.changes == (Create(record_key=V4, address=A2),)


def test_a_plan_names_the_existing_record_of_an_unknown_address() -> None:
    """The existing record is part of the plan even if the address is not known."""
    assert make_plan([desired(None)], [record(A1)]).records == {V4: record(A1)}
