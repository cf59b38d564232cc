"""The rows of `make_plan` in which several records stand at a name."""

from itertools import permutations

import pytest

from custom_components.raindrop.ddns.model import (
    OWNER_COMMENT,
    Conflict,
    ConflictKind,
    Record,
    Update,
    Want,
)
from custom_components.raindrop.ddns.plan import make_plan

from .builders import A1, A2, A3, V4, record, want

OURS = OWNER_COMMENT


@pytest.mark.parametrize(
    "wanted, records, chosen",
    [
        pytest.param(
            want(A3, pin=2), [record(A1, number=1), record(A2, number=2)], 2, id="pinned/it"
        ),
        pytest.param(
            want(A3, pin=2),
            [record(A1, number=1, comment=OURS), record(A2, number=2)],
            2,
            id="pinned against ours/pinned",
        ),
        pytest.param(
            want(A3),
            [record(A1, number=1), record(A2, number=2, comment=OURS)],
            2,
            id="one is ours/it",
        ),
        pytest.param(
            want(A3, last=A1),
            [record(A1, number=1), record(A2, number=2, comment=OURS)],
            2,
            id="ours against last/ours",
        ),
        pytest.param(
            want(A3, last=A2), [record(A1, number=1), record(A2, number=2)], 2, id="last/it"
        ),
        pytest.param(
            want(A3, last=A2),
            [record(A1, number=1, comment=OURS), record(A2, number=2, comment=OURS)],
            2,
            id="two are ours and one last/it",
        ),
        pytest.param(
            want(A3, pin=9),
            [record(A1, number=1), record(A2, number=2, comment=OURS)],
            2,
            id="pinned is gone and one is ours/ours",
        ),
        pytest.param(
            want(A3, pin=9, last=A2),
            [record(A1, number=1, comment=OURS), record(A2, number=2, comment=OURS)],
            2,
            id="pinned is gone and two are ours/last",
        ),
        pytest.param(
            want(A3, pin=9), [record(A1, comment=OURS)], 1, id="pinned is gone, ours alone/ours"
        ),
    ],
)
def test_one_of_several_is_known_by_pin_comment_or_address(
    wanted: Want, records: list[Record], chosen: int
) -> None:
    """Of several records, the pinned one stands for the slot, else ours, else our last address."""
    for order in permutations(records):
        plan = make_plan([wanted], order)

        (change,) = plan.changes
        assert isinstance(change, Update)
        assert (int(change.record.id, 16), change.address) == (chosen, A3)
        assert plan.conflicts == ()
        assert plan.records == {V4: change.record}


def test_the_record_that_holds_the_address_already_is_the_one() -> None:
    """Of several records, one that holds the wanted address needs nothing more."""
    records = [record(A1, number=1), record(A2, number=2)]

    plan = make_plan([want(A2)], records)

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {V4: records[1]}


@pytest.mark.parametrize(
    "wanted, records",
    [
        pytest.param(want(A3), [record(A1, number=1), record(A2, number=2)], id="strangers"),
        pytest.param(
            want(A3, create=True), [record(A1, number=1), record(A2, number=2)], id="may create"
        ),
        pytest.param(
            want(A3),
            [record(A1, number=1, comment=OURS), record(A2, number=2, comment=OURS)],
            id="all are ours",
        ),
        pytest.param(
            want(A2, last=A1),
            [record(A1, number=1), record(A2, number=2)],
            id="one is last and one is wanted",
        ),
        pytest.param(
            want(A3, pin=9), [record(A1, number=1), record(A2, number=2)], id="pinned is gone"
        ),
        pytest.param(
            want(A3, pin=9, create=True), [record(A1)], id="pinned is gone, a stranger is left"
        ),
        pytest.param(
            want(A3, pin=9), [record(A3)], id="pinned is gone, a stranger holds the address"
        ),
        pytest.param(
            want(A2, pin=1), [record(A1, number=1), record(A2, number=2)], id="pinned, twin holds"
        ),
        pytest.param(
            want(A2),
            [record(A1, number=1, comment=OURS), record(A2, number=2)],
            id="ours, twin holds",
        ),
        pytest.param(
            want(A2, proxied=True, ttl_s=300),
            [record(A1, number=1, comment=OURS), record(A2, number=2)],
            id="ours, twin holds, attributes off",
        ),
    ],
)
def test_several_that_cannot_be_told_apart_are_left(wanted: Want, records: list[Record]) -> None:
    """Where only the user can tell which record is meant, none is touched and all are shown.

    The last rows: Cloudflare keeps no two identical records, so the address of
    a twin cannot be given to the one that is ours.
    """
    plan = make_plan([wanted], records)

    assert plan.conflicts == (
        Conflict(slot=V4, kind=ConflictKind.AMBIGUOUS, records=tuple(records)),
    )
    assert plan.changes == ()


def test_beside_a_twin_the_attributes_of_ours_are_enforced() -> None:
    """A record that holds its address already may be changed in its attributes beside a twin."""
    records = [record(A1, number=1, comment=OURS), record(A2, number=2)]

    plan = make_plan([want(A1, proxied=True)], records)

    assert plan.changes == (Update(slot=V4, record=records[0], proxied=True),)
