"""Drift: external changes are distinguished from own changes and corrected unless contested."""

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from custom_components.raindrop.ddns.models import (
    OWNER_COMMENT,
    Create,
    DesiredRecord,
    InterfaceId,
    Reason,
    Record,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Conflict
from custom_components.raindrop.ddns.records.make_plan import make_plan
from tests.library.builders import A1, A2, A3, B1, B2, V4, V6, desired, record

OWNED = OWNER_COMMENT
CNAME = record("elsewhere.example.net", kind="CNAME")
KEEP = InterfaceId()
GIVEN = InterfaceId(bits=5)
COMBINED = IPv6Address("2001:218:1:2::5")

DRIFTS = [
    pytest.param(desired(A1, last=A1), [record(A2)], id="another address"),
    pytest.param(desired(A1, last=A1, create=True), [], id="deleted"),
    pytest.param(
        replace(desired(A1, last=A1, proxied=True), last_record=record(A1, proxied=True)),
        [record(A1)],
        id="no longer proxied",
    ),
    pytest.param(
        replace(desired(A1, last=A1, proxied=False), last_record=record(A1)),
        [record(A1, proxied=True)],
        id="proxied",
    ),
    pytest.param(
        replace(desired(A1, last=A1, ttl_s=300), last_record=record(A1, ttl_s=300)),
        [record(A1)],
        id="another TTL",
    ),
    pytest.param(
        desired(A1, last=A1, ttl_s=300), [record(A2, ttl_s=60)], id="another address and TTL"
    ),
    pytest.param(desired(A1, last=A1, pin=1), [record(A2)], id="pinned, another address"),
    pytest.param(
        desired(A1, last=A1),
        [record(A2, number=1, comment=OWNED), record(A3, number=2)],
        id="owned, beside another record",
    ),
    pytest.param(desired(B1, record_key=V6, last=B1), [record(B2, kind="AAAA")], id="IPv6"),
    pytest.param(
        desired(B1, record_key=V6, last=COMBINED, interface_id=GIVEN),
        [record(B2, kind="AAAA")],
        id="given interface identifier",
    ),
    pytest.param(
        desired(B1, record_key=V6, last=COMBINED, interface_id=GIVEN, create=True),
        [],
        id="given interface identifier, deleted",
    ),
    pytest.param(
        desired(B1, record_key=V6, last=COMBINED, interface_id=KEEP),
        [record("2001:218:9:8::5", kind="AAAA")],
        id="keep interface identifier, another prefix",
    ),
]
OWN_CHANGES = [
    pytest.param(desired(A1), [record(A2)], id="first update"),
    pytest.param(desired(A1, create=True), [], id="first update, missing"),
    pytest.param(desired(A1, proxied=True), [record(A1)], id="first update, attribute"),
    pytest.param(desired(A1, last=A1, proxied=True), [record(A1)], id="attribute after a restart"),
    pytest.param(
        replace(desired(A1, last=A1, proxied=True), last_record=record(A1)),
        [record(A1)],
        id="policy now enforces the proxy",
    ),
    pytest.param(
        replace(desired(A1, last=A1, ttl_s=300), last_record=record(A1, ttl_s=60)),
        [record(A1, ttl_s=60)],
        id="policy now enforces a TTL",
    ),
    pytest.param(desired(A1, last=A2), [record(A2)], id="address changed"),
    pytest.param(desired(A1, last=A2), [record(A3)], id="address changed, record too"),
    pytest.param(desired(A1, last=A2, create=True), [], id="address changed, record deleted"),
    pytest.param(
        desired(A1, last=A2, ttl_s=300), [record(A1)], id="address changed, external update to it"
    ),
    pytest.param(
        desired(B1, record_key=V6, last=B1, interface_id=GIVEN),
        [record(B1, kind="AAAA")],
        id="policy now has an interface identifier",
    ),
    pytest.param(
        desired(B1, record_key=V6, last=IPv6Address("2001:218:9:8::5"), interface_id=KEEP),
        [record("2001:218:9:8::5", kind="AAAA")],
        id="prefix changed",
    ),
]


@pytest.mark.parametrize("desired_record, records", DRIFTS)
def test_drift_is_corrected(desired_record: DesiredRecord, records: list[Record]) -> None:
    """A record that was in sync and is not any more has drifted; it is corrected."""
    plan = make_plan([desired_record], records)

    (change,) = plan.changes
    assert change.is_drift
    assert plan.conflicts == ()


@pytest.mark.parametrize("desired_record, records", DRIFTS)
def test_drift_that_keeps_coming_back_is_contested(
    desired_record: DesiredRecord, records: list[Record]
) -> None:
    """After two corrections within hours, further drift is a conflict with all existing records."""
    plan = make_plan([replace(desired_record, is_contested=True)], records)

    assert plan.changes == ()
    assert plan.conflicts == (
        Conflict(
            record_key=desired_record.record_key, reason=Reason.CONTESTED, records=tuple(records)
        ),
    )


@pytest.mark.parametrize("desired_record, records", OWN_CHANGES)
@pytest.mark.parametrize("is_contested", [False, True])
def test_own_changes_are_no_drift(
    desired_record: DesiredRecord, records: list[Record], *, is_contested: bool
) -> None:
    """A new address, a first update or a new policy is applied despite earlier corrections."""
    plan = make_plan([replace(desired_record, is_contested=is_contested)], records)

    (change,) = plan.changes
    assert not change.is_drift
    assert plan.conflicts == ()


def test_a_record_in_sync_is_not_contested() -> None:
    """Without a change to make, nothing is contested, despite earlier corrections."""
    plan = make_plan([desired(A1, last=A1, is_contested=True)], [record(A1)])

    assert (plan.changes, plan.conflicts) == ((), ())


@pytest.mark.parametrize(
    "desired_record, records, reason",
    [
        pytest.param(desired(A1, last=A1), [], Reason.MISSING, id="deleted, may not create"),
        pytest.param(desired(A1, last=A1), [CNAME], Reason.CNAME, id="replaced by a CNAME"),
        pytest.param(
            desired(A1, last=A1),
            [record(A2, number=1), record(A3, number=2)],
            Reason.AMBIGUOUS,
            id="two others",
        ),
        pytest.param(
            desired(A1, last=A1),
            [record(A2, number=1, comment=OWNED), record(A1, number=2)],
            Reason.AMBIGUOUS,
            id="another record holds the address",
        ),
        pytest.param(
            desired(A1, last=A1, create=True, pin=9),
            [record(A2, number=1), record(A3, number=2)],
            Reason.AMBIGUOUS,
            id="pinned is gone",
        ),
    ],
)
@pytest.mark.parametrize("is_contested", [False, True])
def test_other_conflicts_come_before_contested(
    desired_record: DesiredRecord, records: list[Record], reason: Reason, *, is_contested: bool
) -> None:
    """A change that another conflict prevents is reported with that reason."""
    plan = make_plan([replace(desired_record, is_contested=is_contested)], records)

    assert [conflict.reason for conflict in plan.conflicts] == [reason]
    assert plan.changes == ()


def test_an_unknown_address_is_not_contested() -> None:
    """Lesson S9: while the address is not known, nothing is contested."""
    plan = make_plan([desired(None, last=A1, is_contested=True, create=True)], [record(A2)])

    assert (plan.changes, plan.conflicts) == ((), ())


def test_a_contested_family_does_not_affect_the_other() -> None:
    """If the IPv4 record is contested, the IPv6 record is still corrected."""
    aaaa = record(B2, number=2, kind="AAAA")

    plan = make_plan(
        [desired(A1, last=A1, is_contested=True), desired(B1, record_key=V6, last=B1)],
        [record(A2), aaaa],
    )

    assert [(conflict.record_key, conflict.reason) for conflict in plan.conflicts] == [
        (V4, Reason.CONTESTED)
    ]
    assert plan.changes == (Update(record_key=V6, record=aaaa, address=B1, is_drift=True),)
    assert plan.records == {V4: record(A2), V6: aaaa}


def test_a_deleted_record_is_created_with_the_attributes_of_its_policy() -> None:
    """A record that was deleted externally is created with the enforced attributes."""
    plan = make_plan([desired(A1, last=A1, create=True, proxied=True, ttl_s=300)], [])

    assert plan.changes == (Create(record_key=V4, address=A1, proxied=True, is_drift=True),)
