"""Records that this home created late, beside the one that it manages."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from custom_components.raindrop.ddns.models import OWNER_COMMENT, DesiredRecord, HomeId, Reason
from custom_components.raindrop.ddns.records.make_plan import make_plan
from tests.library.builders import A1, A2, A3, V4, desired, record

OURS = OWNER_COMMENT


def wanted(
    address: IPv4Address | None, *sent: IPv4Address, pin: int | None = None
) -> DesiredRecord:
    """Return a desired record that held A2, and was sent with other addresses before."""
    return replace(desired(address, last=A2, pin=pin), sent_addresses=sent)


LATE = record(A1, number=1, comment=OURS)
CURRENT = record(A2, number=2, comment=OURS)


def test_a_record_that_was_created_late_is_stale() -> None:
    """Both are this home's: the one with the address of the past is deleted."""
    plan = make_plan([wanted(A2, A1)], [LATE, CURRENT])

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {V4: CURRENT}
    assert plan.stale_records == {V4: [LATE]}


def test_it_is_stale_also_when_the_address_changes() -> None:
    """The record that holds the last address is updated."""
    plan = make_plan([wanted(A3, A1)], [LATE, CURRENT])

    assert [(change.record_key, change.address) for change in plan.changes] == [(V4, A3)]
    assert (plan.records, plan.stale_records) == ({V4: CURRENT}, {V4: [LATE]})


def test_the_one_with_the_current_address_stays() -> None:
    """The home has the address again with which the late one was created."""
    plan = make_plan([wanted(A1, A1)], [LATE, CURRENT])

    assert (plan.changes, plan.conflicts) == ((), ())
    assert (plan.records, plan.stale_records) == ({V4: LATE}, {V4: [CURRENT]})


@pytest.mark.parametrize(
    "desired_record, other",
    [
        pytest.param(wanted(A2), LATE, id="never sent"),
        pytest.param(wanted(A2, A3), LATE, id="sent with another address"),
        pytest.param(wanted(A2, A1), record(A1), id="no comment"),
        pytest.param(wanted(A2, A1), record(A1, comment="Kept by me"), id="another comment"),
        pytest.param(
            wanted(A2, A1),
            record(A1, comment=f"{OURS} (home 00c0ffee)", home_id=HomeId("3f9a1c2b")),
            id="another home's",
        ),
        pytest.param(wanted(A2, A1, pin=2), LATE, id="the user chose one"),
        pytest.param(wanted(None, A1), LATE, id="unknown address"),
    ],
)
def test_any_other_record_stays(desired_record: DesiredRecord, other: object) -> None:
    """Without proof that this home created it, and unless the user decided, it is left alone."""
    assert isinstance(other, type(LATE))
    plan = make_plan([desired_record], [other, CURRENT])

    assert (plan.changes, plan.conflicts, plan.stale_records) == ((), (), {})


def test_beside_an_external_record_nothing_is_stale() -> None:
    """What is managed has to be this home's as well."""
    plan = make_plan([wanted(A2, A1, pin=2)], [LATE, record(A2, number=2)])
    assert plan.stale_records == {}


def test_two_of_which_none_is_known_are_ambiguous() -> None:
    """Neither holds an address of which it is known that it is right."""
    plan = make_plan([desired(A3)], [LATE, CURRENT])
    assert [conflict.reason for conflict in plan.conflicts] == [Reason.AMBIGUOUS]
    assert plan.stale_records == {}
