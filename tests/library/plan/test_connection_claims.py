"""Which connection of a name an address and a record belong to, and what a new record is like."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest

from custom_components.raindrop.ddns.models import (
    Create,
    DesiredRecord,
    InterfaceId,
    Reason,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Conflict
from tests.library.builders import A1, A2, A3, B1, record
from tests.library.plan.test_connections import (
    CREATES,
    FIBRE,
    FIBRE_V6,
    LTE,
    LTE_V6,
    line,
    of,
    plan,
)

KEEPS = replace(CREATES, interface_id=InterfaceId())
PREFIX = IPv6Address("2001:218:9:8::1")
"""An address with the prefix that the connection has now."""
OLD_HOST, NEW_HOST = IPv6Address("2001:218:1:2::5"), IPv6Address("2001:218:9:8::5")
"""A machine behind it, with the prefix from before and with that of now."""


@pytest.mark.parametrize(
    "fibre, lte",
    [
        pytest.param(line(FIBRE, None), line(LTE, A1), id="reports nothing"),
        pytest.param(
            line(FIBRE, None, is_down=True), line(LTE, A1, uses_default_route=True), id="is down"
        ),
    ],
)
def test_an_address_belongs_to_the_connection_that_reports_it(
    fibre: DesiredRecord, lte: DesiredRecord
) -> None:
    """Rather than to one whose record has it."""
    held = of("fibre", A1, 1)

    made = plan([fibre, lte], held)

    assert made.conflicts == ()
    assert made.changes == (Update(record_key=LTE, record=held, is_takeover=True),)


def test_an_address_belongs_to_the_connection_with_a_source_of_its_own() -> None:
    """Rather than to the way out, also if nothing is known of its network."""
    way_out = line(LTE, A1, uses_default_route=True, network=IPv4Network(A1))

    made = plan([line(FIBRE, A1), way_out])

    assert made.changes == (Create(record_key=FIBRE, address=A1),)
    assert [(c.record_key, c.reason) for c in made.conflicts] == [(LTE, Reason.SAME_ADDRESS)]


def test_a_connection_of_which_nothing_is_known_claims_nothing() -> None:
    """The other one gets its record."""
    made = plan([line(FIBRE, None), line(LTE, A1, uses_default_route=True)])

    assert (made.changes, made.conflicts) == ((Create(record_key=LTE, address=A1),), ())


def test_a_record_that_is_right_has_no_conflict_with_a_copy() -> None:
    """There is nothing to write."""
    made = plan([line(FIBRE, A1)], of("fibre", A1, 1), record(A1, number=5))

    assert (made.changes, made.conflicts) == ((), ())


def test_only_one_record_from_before_becomes_that_of_a_connection() -> None:
    """Nothing says which connection a second one would belong to."""
    first, second = of("", A3, 1), of("", IPv4Address("81.2.69.4"), 2)

    made = plan([line(FIBRE, A1), line(LTE, A2, last=IPv4Address("81.2.69.4"))], first, second)

    assert made.records == {FIBRE: first}
    assert Create(record_key=LTE, address=A2) in made.changes


def test_of_two_machines_behind_a_connection_the_one_with_its_prefix_is_managed() -> None:
    """The other record is from before."""
    before, right = of("fibre", B1, 1), of("fibre", NEW_HOST, 2)

    made = plan([line(FIBRE_V6, PREFIX, policy=KEEPS)], before, right)

    assert (made.records, made.changes) == ({FIBRE_V6: right}, ())


def test_a_machine_behind_a_connection_is_as_right_as_its_router() -> None:
    """The record of the connection that is down is deleted."""
    down, right = of("fibre", B1, 1), of("lte", NEW_HOST, 2)

    made = plan(
        [line(FIBRE_V6, None, is_down=True), line(LTE_V6, PREFIX, policy=KEEPS)], down, right
    )

    assert [deletion.record for deletion in made.deletions] == [down]


def test_a_machine_gets_no_address_that_another_record_of_the_name_has() -> None:
    """Cloudflare keeps no two identical records."""
    theirs = record(NEW_HOST, number=5, kind="AAAA")

    made = plan([line(FIBRE_V6, PREFIX, policy=KEEPS)], of("fibre", OLD_HOST, 1), theirs)

    assert made.changes == ()
    assert made.conflicts == (
        Conflict(record_key=FIBRE_V6, reason=Reason.AMBIGUOUS, records=(theirs,)),
    )


def test_a_new_record_may_have_to_be_proxied_like_one_that_was_deleted() -> None:
    """If nothing is known of that one, none of the name is created."""
    deleted = replace(line(FIBRE, A1), last_address=A3)

    made = plan([deleted, line(LTE, A2)])

    assert made.changes == ()
    assert [c.reason for c in made.conflicts] == [Reason.PROXIED_UNKNOWN] * 2


def test_a_new_record_does_not_get_the_tags_of_another_connection() -> None:
    """Who set them meant that record."""
    fibre = replace(of("fibre", A1, 1), tags=("line:fibre",))

    made = plan([line(FIBRE, A1), line(LTE, A2)], fibre)

    assert made.changes == (Create(record_key=LTE, address=A2),)


def test_ipv6_records_of_others_count_for_being_proxied() -> None:
    """Cloudflare answers for the name as a whole."""
    theirs = record(B1, number=5, kind="AAAA", proxied=True)

    made = plan([line(FIBRE, A1)], theirs)

    assert made.conflicts == (
        Conflict(record_key=FIBRE, reason=Reason.MIXED_PROXIED, records=(theirs,)),
    )


def test_only_the_address_is_written_where_being_proxied_must_not_change() -> None:
    """A TTL is only for records that are not proxied."""
    fibre, theirs = of("fibre", A1, 1, proxied=True), record(A3, number=5, proxied=True)
    policy = replace(CREATES, proxied=False, ttl_s=300)

    made = plan([line(FIBRE, A2, policy=policy)], fibre, theirs)

    assert made.changes == (Update(record_key=FIBRE, record=fibre, address=A2),)
