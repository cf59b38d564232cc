"""The rows of `make_plan` with several existing records of one name and type."""

from itertools import permutations

import pytest

from custom_components.raindrop.ddns.models import (
    OWNER_COMMENT,
    DesiredRecord,
    Reason,
    Record,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Conflict
from custom_components.raindrop.ddns.records.make_plan import make_plan
from tests.library.builders import A1, A2, A3, V4, desired, record

OWNED = OWNER_COMMENT


@pytest.mark.parametrize(
    "desired_record, records, chosen",
    [
        pytest.param(
            desired(A3, pin=2), [record(A1, number=1), record(A2, number=2)], 2, id="pinned/it"
        ),
        pytest.param(
            desired(A3, pin=2),
            [record(A1, number=1, comment=OWNED), record(A2, number=2)],
            2,
            id="pinned and another is owned/pinned",
        ),
        pytest.param(
            desired(A3, pin=2),
            [record(A1, number=1, comment=OWNED), record(A2, number=2, comment=OWNED)],
            2,
            id="pinned, and both are owned/pinned",
        ),
        pytest.param(
            desired(A3),
            [record(A1, number=1), record(A2, number=2, comment=OWNED)],
            2,
            id="one is owned/it",
        ),
        pytest.param(
            desired(A3, last=A1),
            [record(A1, number=1), record(A2, number=2, comment=OWNED)],
            2,
            id="owned and another has the last address/owned",
        ),
        pytest.param(
            desired(A3, last=A2),
            [record(A1, number=1), record(A2, number=2)],
            2,
            id="last address/it",
        ),
        pytest.param(
            desired(A3, last=A2),
            [record(A1, number=1, comment=OWNED), record(A2, number=2, comment=OWNED)],
            2,
            id="two are owned, one has the last address/it",
        ),
        pytest.param(
            desired(A3, pin=9),
            [record(A1, number=1), record(A2, number=2, comment=OWNED)],
            2,
            id="pinned is gone, one is owned/owned",
        ),
        pytest.param(
            desired(A3, pin=9, last=A2),
            [record(A1, number=1, comment=OWNED), record(A2, number=2, comment=OWNED)],
            2,
            id="pinned is gone, two are owned/last address",
        ),
        pytest.param(
            desired(A3, pin=9),
            [record(A1, comment=OWNED)],
            1,
            id="pinned is gone, the only one is owned/owned",
        ),
        pytest.param(
            desired(A3, pin=9, create=True), [record(A1)], 1, id="pinned is gone, one is left/it"
        ),
        pytest.param(
            desired(A3, pin=9, last=A2),
            [record(A1, comment="another home")],
            1,
            id="pinned is gone, one is left with another comment/it",
        ),
    ],
)
def test_one_of_several_is_chosen_by_pin_comment_or_last_address(
    desired_record: DesiredRecord, records: list[Record], chosen: int
) -> None:
    """Of several records, the pinned one is managed, else the owned one, else by last address."""
    for order in permutations(records):
        plan = make_plan([desired_record], order)

        (change,) = plan.changes
        assert isinstance(change, Update)
        assert (int(change.record.id, 16), change.address) == (chosen, A3)
        assert plan.conflicts == ()
        assert plan.records == {V4: change.record}


def test_the_only_record_is_in_sync_although_the_pinned_one_is_gone() -> None:
    """The only record is adopted as it is if it holds the address already."""
    plan = make_plan([desired(A3, pin=9)], [record(A3)])

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {V4: record(A3)}


@pytest.mark.parametrize("create", [False, True])
def test_without_any_record_the_pinned_one_is_missing(*, create: bool) -> None:
    """If the pinned record is gone and none is left, the policy decides, as without a pin."""
    plan = make_plan([desired(A3, pin=9, create=create)], [])

    assert plan == make_plan([desired(A3, create=create)], [])
    assert bool(plan.changes) is create


def test_the_record_with_the_desired_address_is_chosen() -> None:
    """Of several records, the one that holds the desired address is managed as it is."""
    records = [record(A1, number=1), record(A2, number=2)]

    plan = make_plan([desired(A2)], records)

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {V4: records[1]}


@pytest.mark.parametrize(
    "desired_record, records",
    [
        pytest.param(desired(A3), [record(A1, number=1), record(A2, number=2)], id="none is owned"),
        pytest.param(
            desired(A3, create=True), [record(A1, number=1), record(A2, number=2)], id="may create"
        ),
        pytest.param(
            desired(A3),
            [record(A1, number=1, comment=OWNED), record(A2, number=2, comment=OWNED)],
            id="all are owned",
        ),
        pytest.param(
            desired(A2, last=A1),
            [record(A1, number=1), record(A2, number=2)],
            id="one has the last address, one the desired",
        ),
        pytest.param(
            desired(A3, pin=9), [record(A1, number=1), record(A2, number=2)], id="pinned is gone"
        ),
        pytest.param(
            desired(A3, pin=9, last=A1),
            [record(A1, number=1), record(A2, number=2)],
            id="pinned is gone, one of two has the last address",
        ),
        pytest.param(
            desired(A2, pin=9),
            [record(A1, number=1), record(A2, number=2)],
            id="pinned is gone, one of two holds the address",
        ),
        pytest.param(
            desired(A2, pin=1),
            [record(A1, number=1), record(A2, number=2)],
            id="pinned, another holds the address",
        ),
        pytest.param(
            desired(A2),
            [record(A1, number=1, comment=OWNED), record(A2, number=2)],
            id="owned, another holds the address",
        ),
        pytest.param(
            desired(A2, proxied=True, ttl_s=300),
            [record(A1, number=1, comment=OWNED), record(A2, number=2)],
            id="owned, another holds the address, attributes differ",
        ),
    ],
)
def test_several_records_are_ambiguous(
    desired_record: DesiredRecord, records: list[Record]
) -> None:
    """If only the user knows which record is managed, none is changed and all are listed.

    The last rows: Cloudflare keeps no two identical records, so a record cannot
    get the address that another one holds.
    """
    plan = make_plan([desired_record], records)

    assert plan.conflicts == (
        Conflict(record_key=V4, reason=Reason.AMBIGUOUS, records=tuple(records)),
    )
    assert plan.changes == ()


def test_attributes_are_enforced_on_one_of_several_records() -> None:
    """The attributes of the chosen record are enforced even if others exist."""
    records = [record(A1, number=1, comment=OWNED), record(A2, number=2)]

    plan = make_plan([desired(A1, proxied=True)], records)

    assert plan.changes == (Update(record_key=V4, record=records[0], proxied=True),)
