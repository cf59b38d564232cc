"""The rows of `make_plan` with records that carry the id of another home."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import (
    OWNER_COMMENT,
    Address,
    DesiredRecord,
    HomeId,
    Reason,
    Record,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Conflict
from custom_components.raindrop.ddns.records.make_plan import make_plan
from tests.library.builders import A1, A2, A3, V4, desired, record

HERE, THERE = HomeId("3f9a1c2b"), HomeId("00c0ffee")


def existing(content: object, number: int = 1, comment: str | None = None) -> Record:
    """Return a record as this home reads it."""
    return record(str(content), number=number, comment=comment, home_id=HERE)


OURS = existing(A1, 1, Ownership(HERE).comment())
THEIRS = existing(A2, 2, Ownership(THERE).comment())
THEIRS_TOO = existing(A3, 3, Ownership(HomeId("deadbeef")).comment())
UNNAMED = existing(A1, 4, OWNER_COMMENT)
NOBODYS = existing(A1, 5)


@pytest.mark.parametrize(
    "desired_record, records",
    [
        pytest.param(desired(A1), [THEIRS], id="one"),
        pytest.param(desired(A1, create=True), [THEIRS], id="one, may create"),
        pytest.param(desired(A2), [THEIRS], id="one that holds the address"),
        pytest.param(desired(A1, last=A2), [THEIRS], id="one that holds the last address"),
        pytest.param(desired(A1, last=A1), [THEIRS], id="ours was taken over"),
        pytest.param(desired(A1, create=True), [THEIRS, THEIRS_TOO], id="two"),
        pytest.param(desired(A1, pin=2), [THEIRS], id="pinned and taken over"),
        pytest.param(desired(A1, pin=9), [THEIRS], id="pinned is gone"),
        pytest.param(
            desired(A1, take_over=[replace(THEIRS, modified_on=datetime(2026, 1, 1, tzinfo=UTC))]),
            [THEIRS],
            id="given, but changed since",
        ),
        pytest.param(desired(A1, take_over=[THEIRS_TOO]), [THEIRS], id="another one was given"),
        pytest.param(desired(A1, last=A1, is_contested=True), [THEIRS], id="contested"),
    ],
)
def test_a_record_of_another_home_is_left_alone(
    desired_record: DesiredRecord, records: list[Record]
) -> None:
    """Lesson S12: what another home created is neither changed nor doubled."""
    plan = make_plan([desired_record], records)

    assert plan.changes == ()
    assert plan.conflicts == (
        Conflict(record_key=V4, reason=Reason.OTHER_HOME, records=tuple(records)),
    )


@pytest.mark.parametrize(
    "desired_record, records, chosen",
    [
        pytest.param(desired(A3), [OURS, THEIRS], OURS, id="ours and theirs/ours"),
        pytest.param(desired(A3), [UNNAMED, THEIRS], UNNAMED, id="unnamed and theirs/unnamed"),
        pytest.param(
            desired(A3, last=A1), [NOBODYS, THEIRS], NOBODYS, id="last address and theirs/it"
        ),
        pytest.param(desired(A3), [OURS, UNNAMED], OURS, id="ours and unnamed/ours"),
        pytest.param(desired(A3), [UNNAMED], UNNAMED, id="unnamed/adopted"),
        pytest.param(desired(A3), [NOBODYS], NOBODYS, id="nobody's/adopted"),
        pytest.param(
            desired(A3, take_over=[THEIRS]), [OURS, THEIRS], OURS, id="ours and given/ours"
        ),
    ],
)
def test_records_of_other_homes_do_not_hide_ours(
    desired_record: DesiredRecord, records: list[Record], chosen: Record
) -> None:
    """Beside records of other homes, that of this home is managed, and its comment stays."""
    for order in permutations(records):
        plan = make_plan([desired_record], order)

        assert plan.changes == (Update(record_key=V4, record=chosen, address=A3),)
        assert plan.conflicts == ()


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([NOBODYS, THEIRS], id="nobody's and theirs"),
        pytest.param([OURS, existing(A2, 6, Ownership(HERE).comment()), THEIRS], id="two of ours"),
    ],
)
def test_a_record_beside_those_of_other_homes_is_not_ours_by_itself(records: list[Record]) -> None:
    """A name that several homes share has records that nobody may guess at."""
    plan = make_plan([desired(A3)], records)

    assert [conflict.reason for conflict in plan.conflicts] == [Reason.AMBIGUOUS]
    assert plan.changes == ()


@pytest.mark.parametrize(
    "desired_record, records, address",
    [
        pytest.param(desired(A1, take_over=[THEIRS]), [THEIRS], A1, id="another address"),
        pytest.param(desired(A2, take_over=[THEIRS]), [THEIRS], None, id="the same address"),
        pytest.param(
            desired(A1, take_over=[THEIRS]), [THEIRS_TOO, THEIRS], A1, id="one of several"
        ),
        pytest.param(desired(A1, last=A1, take_over=[THEIRS]), [THEIRS], A1, id="it was ours"),
        pytest.param(
            desired(A1, last=A1, is_contested=True, take_over=[THEIRS]),
            [THEIRS],
            A1,
            id="contested",
        ),
        pytest.param(
            desired(A3, pin=2, take_over=[THEIRS]), [NOBODYS, THEIRS], A3, id="chosen by its id"
        ),
    ],
)
def test_a_record_that_the_user_gave_to_this_home_is_taken_over(
    desired_record: DesiredRecord, records: list[Record], address: Address | None
) -> None:
    """The record is marked as this home's in the change of its address, and that is no drift."""
    plan = make_plan([desired_record], records)

    assert plan.conflicts == ()
    assert plan.changes == (
        Update(record_key=V4, record=THEIRS, address=address, is_takeover=True),
    )
