"""What somebody else changed: it is told from our own news, and not fought for ever."""

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from custom_components.raindrop.ddns.model import (
    OWNER_COMMENT,
    Conflict,
    ConflictKind,
    Create,
    HostPart,
    Record,
    Update,
    Want,
)
from custom_components.raindrop.ddns.plan import make_plan

from .builders import A1, A2, A3, B1, B2, V4, V6, record, want

OURS = OWNER_COMMENT
CNAME = record("elsewhere.example.net", kind="CNAME")
KEPT = HostPart()
TYPED = HostPart(interface_id=5)
SELF = IPv6Address("2001:218:1:2::5")

DRIFTS = [
    pytest.param(want(A1, last=A1), [record(A2)], id="another address"),
    pytest.param(want(A1, last=A1, create=True), [], id="deleted"),
    pytest.param(
        replace(want(A1, last=A1, proxied=True), before=record(A1, proxied=True)),
        [record(A1)],
        id="no longer proxied",
    ),
    pytest.param(
        replace(want(A1, last=A1, proxied=False), before=record(A1)),
        [record(A1, proxied=True)],
        id="proxied",
    ),
    pytest.param(
        replace(want(A1, last=A1, ttl_s=300), before=record(A1, ttl_s=300)),
        [record(A1)],
        id="another TTL",
    ),
    pytest.param(
        want(A1, last=A1, ttl_s=300), [record(A2, ttl_s=60)], id="another address and TTL"
    ),
    pytest.param(want(A1, last=A1, pin=1), [record(A2)], id="pinned, another address"),
    pytest.param(
        want(A1, last=A1),
        [record(A2, number=1, comment=OURS), record(A3, number=2)],
        id="ours beside a stranger's",
    ),
    pytest.param(want(B1, slot=V6, last=B1), [record(B2, kind="AAAA")], id="IPv6"),
    pytest.param(
        want(B1, slot=V6, last=SELF, host=TYPED), [record(B2, kind="AAAA")], id="typed host part"
    ),
    pytest.param(
        want(B1, slot=V6, last=SELF, host=TYPED, create=True), [], id="typed host part, deleted"
    ),
    pytest.param(
        want(B1, slot=V6, last=SELF, host=KEPT),
        [record("2001:218:9:8::5", kind="AAAA")],
        id="kept host part, another prefix",
    ),
]
NEWS = [
    pytest.param(want(A1), [record(A2)], id="first time"),
    pytest.param(want(A1, create=True), [], id="first time, missing"),
    pytest.param(want(A1, proxied=True), [record(A1)], id="first time, attribute"),
    pytest.param(want(A1, last=A1, proxied=True), [record(A1)], id="attribute after a restart"),
    pytest.param(
        replace(want(A1, last=A1, proxied=True), before=record(A1)),
        [record(A1)],
        id="the user asks for the proxy",
    ),
    pytest.param(
        replace(want(A1, last=A1, ttl_s=300), before=record(A1, ttl_s=60)),
        [record(A1, ttl_s=60)],
        id="the user asks for a TTL",
    ),
    pytest.param(want(A1, last=A2), [record(A2)], id="moved"),
    pytest.param(want(A1, last=A2), [record(A3)], id="moved and changed"),
    pytest.param(want(A1, last=A2, create=True), [], id="moved and deleted"),
    pytest.param(want(A1, last=A2, ttl_s=300), [record(A1)], id="moved, and somebody wrote it"),
    pytest.param(
        want(B1, slot=V6, last=B1, host=TYPED), [record(B1, kind="AAAA")], id="host part chosen"
    ),
    pytest.param(
        want(B1, slot=V6, last=IPv6Address("2001:218:9:8::5"), host=KEPT),
        [record("2001:218:9:8::5", kind="AAAA")],
        id="prefix moved",
    ),
]


@pytest.mark.parametrize("wanted, records", DRIFTS)
@pytest.mark.parametrize("repairs", [0, 1])
def test_what_somebody_else_changed_is_put_right_twice(
    wanted: Want, records: list[Record], repairs: int
) -> None:
    """A record that held its address already, and is off now, was changed by somebody else."""
    plan = make_plan([replace(wanted, repairs=repairs)], records)

    (change,) = plan.changes
    assert change.is_drift
    assert plan.conflicts == ()


@pytest.mark.parametrize("wanted, records", DRIFTS)
@pytest.mark.parametrize("repairs", [2, 3, 100])
def test_a_stranger_who_insists_is_not_fought(
    wanted: Want, records: list[Record], repairs: int
) -> None:
    """After two repairs in a row the third is left to the user, with all that stands there."""
    plan = make_plan([replace(wanted, repairs=repairs)], records)

    assert plan.changes == ()
    assert plan.conflicts == (
        Conflict(slot=wanted.slot, kind=ConflictKind.CONTESTED, records=tuple(records)),
    )


@pytest.mark.parametrize("wanted, records", NEWS)
@pytest.mark.parametrize("repairs", [0, 2, 100])
def test_our_own_news_is_no_drift(wanted: Want, records: list[Record], repairs: int) -> None:
    """A new address, a first look or a new wish is written, whatever was repaired before."""
    plan = make_plan([replace(wanted, repairs=repairs)], records)

    (change,) = plan.changes
    assert not change.is_drift
    assert plan.conflicts == ()


@pytest.mark.parametrize("repairs", [0, 2, 100])
def test_a_record_that_is_right_ends_the_quarrel(repairs: int) -> None:
    """Where nothing needs changing, nothing is contested."""
    plan = make_plan([want(A1, last=A1, repairs=repairs)], [record(A1)])

    assert (plan.changes, plan.conflicts) == ((), ())


@pytest.mark.parametrize(
    "wanted, records, kind",
    [
        pytest.param(want(A1, last=A1), [], ConflictKind.MISSING, id="deleted, may not create"),
        pytest.param(want(A1, last=A1), [CNAME], ConflictKind.CNAME, id="an alias instead"),
        pytest.param(
            want(A1, last=A1),
            [record(A2, number=1), record(A3, number=2)],
            ConflictKind.AMBIGUOUS,
            id="two others",
        ),
        pytest.param(
            want(A1, last=A1),
            [record(A2, number=1, comment=OURS), record(A1, number=2)],
            ConflictKind.AMBIGUOUS,
            id="a twin holds it",
        ),
        pytest.param(
            want(A1, last=A1, create=True, pin=9),
            [record(A2)],
            ConflictKind.AMBIGUOUS,
            id="pinned is gone",
        ),
    ],
)
@pytest.mark.parametrize("repairs", [0, 2])
def test_a_conflict_of_its_own_comes_before_a_quarrel(
    wanted: Want, records: list[Record], kind: ConflictKind, repairs: int
) -> None:
    """What could not be written anyway is told as what it is."""
    plan = make_plan([replace(wanted, repairs=repairs)], records)

    assert [conflict.kind for conflict in plan.conflicts] == [kind]
    assert plan.changes == ()


def test_an_unknown_address_is_no_quarrel() -> None:
    """Lesson S9 once more: while the address is not known, nothing is contested."""
    plan = make_plan([want(None, last=A1, repairs=100, create=True)], [record(A2)])

    assert (plan.changes, plan.conflicts) == ((), ())


def test_a_quarrel_over_one_family_leaves_the_other() -> None:
    """What is contested for IPv4 is still kept for IPv6."""
    six = record(B2, number=2, kind="AAAA")

    plan = make_plan([want(A1, last=A1, repairs=2), want(B1, slot=V6, last=B1)], [record(A2), six])

    assert [(conflict.slot, conflict.kind) for conflict in plan.conflicts] == [
        (V4, ConflictKind.CONTESTED)
    ]
    assert plan.changes == (Update(slot=V6, record=six, address=B1, is_drift=True),)
    assert plan.records == {V4: record(A2), V6: six}


def test_what_is_created_again_is_as_the_policy_asks() -> None:
    """A record that somebody deleted comes back with its attributes."""
    plan = make_plan([want(A1, last=A1, create=True, proxied=True, ttl_s=300)], [])

    assert plan.changes == (Create(slot=V4, address=A1, proxied=True, is_drift=True),)
