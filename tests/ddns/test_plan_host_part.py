"""The rows of `make_plan` in which only the prefix of an IPv6 address is taken."""

from ipaddress import IPv6Address

import pytest

from custom_components.raindrop.ddns.host_part import KEEP, read_host_part
from custom_components.raindrop.ddns.model import (
    OWNER_COMMENT,
    Address,
    Conflict,
    ConflictKind,
    Create,
    HostPart,
    Record,
    Update,
    Want,
)
from custom_components.raindrop.ddns.plan import make_plan

from .builders import A1, A2, B1, V4, V6, record, want

OURS = OWNER_COMMENT
MOVED = IPv6Address("2001:218:9:8::1")
"""The home after its provider handed out another prefix."""
KEPT = HostPart()
TYPED = HostPart(interface_id=0x5)
SPOILED = HostPart(prefix_length=16, interface_id=0xDB8 << 96 | 1)
"""Joined with any prefix of 16 bits that begins with 2001: an address for documentation."""


def aaaa(content: str, number: int = 1, comment: str | None = None) -> Record:
    """Return an AAAA record."""
    return record(content, number=number, kind="AAAA", comment=comment)


@pytest.mark.parametrize(
    "host, there, address",
    [
        pytest.param(KEPT, "2001:218:1:2::abcd", "2001:218:9:8::abcd", id="kept/prefix changes"),
        pytest.param(
            KEPT,
            "2001:218:1:2:211:22ff:fe33:4455",
            "2001:218:9:8:211:22ff:fe33:4455",
            id="kept EUI-64/prefix changes",
        ),
        pytest.param(KEPT, "fd00::7", "2001:218:9:8::7", id="kept of a private one/prefix changes"),
        pytest.param(TYPED, "2001:218:1:2::abcd", "2001:218:9:8::5", id="typed/both change"),
        pytest.param(TYPED, "2001:218:1:2::5", "2001:218:9:8::5", id="typed and there/prefix"),
        pytest.param(TYPED, "2001:218:9:8::abcd", "2001:218:9:8::5", id="typed anew/id changes"),
        pytest.param(
            HostPart(prefix_length=56),
            "2001:218:1:2a::abcd",
            "2001:218:9:2a::abcd",
            id="kept beside 56/subnet stays",
        ),
        pytest.param(
            HostPart(prefix_length=48),
            "2001:218:1:2a2b::abcd",
            "2001:218:9:2a2b::abcd",
            id="kept beside 48/subnet stays",
        ),
        pytest.param(
            HostPart(prefix_length=56, interface_id=0x77 << 64 | 5),
            "2001:218:1:2::abcd",
            "2001:218:9:77::5",
            id="typed beside 56/subnet typed",
        ),
        pytest.param(
            HostPart(prefix_length=56, interface_id=5),
            "2001:218:1:2a::abcd",
            "2001:218:9:8::5",
            id="typed without a subnet/that of the reading",
        ),
    ],
)
def test_only_the_prefix_follows_the_home(host: HostPart, there: str, address: str) -> None:
    """A record of another machine takes the new prefix and keeps its own host part."""
    standing = aaaa(there)

    plan = make_plan([want(MOVED, slot=V6, host=host)], [standing])

    assert plan.changes == (Update(slot=V6, record=standing, address=IPv6Address(address)),)
    assert plan.conflicts == ()


@pytest.mark.parametrize(
    "host, there",
    [
        pytest.param(KEPT, "2001:218:1:2::abcd", id="kept"),
        pytest.param(TYPED, "2001:218:1:2::5", id="typed"),
        pytest.param(TYPED, "2001:0218:1:2:0:0:0:5", id="typed, another spelling"),
        pytest.param(HostPart(prefix_length=48), "2001:218:1:ff::abcd", id="kept beside 48"),
        pytest.param(
            read_host_part("00:11:22:33:44:55", 64), "2001:218:1:2:211:22ff:fe33:4455", id="MAC"
        ),
        pytest.param(None, str(B1), id="none"),
    ],
)
def test_a_record_that_follows_already_is_left_alone(host: HostPart | None, there: str) -> None:
    """While the prefix is the same, a record with its own host part needs nothing."""
    plan = make_plan([want(B1, slot=V6, host=host)], [aaaa(there)])

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {V6: aaaa(there)}


@pytest.mark.parametrize("host", [KEPT, TYPED, SPOILED])
def test_ipv4_has_no_host_part(host: HostPart) -> None:
    """For an A record the whole address counts, whatever the policy says."""
    plan = make_plan([want(A2, host=host)], [record(A1)])

    assert plan.changes == (Update(slot=V4, record=record(A1), address=A2),)


def test_a_typed_host_part_is_enough_to_create_a_record() -> None:
    """A record that is missing is created with the machine's own address."""
    plan = make_plan([want(MOVED, slot=V6, host=TYPED, create=True)], [])

    assert plan.changes == (Create(slot=V6, address=IPv6Address("2001:218:9:8::5")),)


@pytest.mark.parametrize(
    "host, create",
    [
        pytest.param(KEPT, True, id="kept, may create"),
        pytest.param(KEPT, False, id="kept"),
        pytest.param(TYPED, False, id="typed, may not create"),
        pytest.param(SPOILED, True, id="not public, may create"),
    ],
)
def test_without_a_record_there_is_no_host_part_to_keep(*, host: HostPart, create: bool) -> None:
    """A host part that is not known makes no record: it is missing, and the user is told."""
    plan = make_plan([want(MOVED, slot=V6, host=host, create=create)], [])

    assert plan.conflicts == (Conflict(slot=V6, kind=ConflictKind.MISSING),)
    assert plan.changes == ()


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(want(MOVED, slot=V6, host=SPOILED), id="address"),
        pytest.param(want(MOVED, slot=V6, host=SPOILED, proxied=True, ttl_s=300), id="attributes"),
        pytest.param(want(MOVED, slot=V6, host=SPOILED, create=True), id="may create"),
        pytest.param(want(None, slot=V6, host=KEPT, proxied=True), id="unknown, kept"),
        pytest.param(want(None, slot=V6, host=TYPED, create=True), id="unknown, typed"),
    ],
)
def test_s5_s9_an_address_that_may_not_be_written_changes_nothing(wanted: Want) -> None:
    """Lessons S5 and S9: a sum that is not public, or not known, leaves the record as it is."""
    plan = make_plan([wanted], [aaaa("2001:218:1:2::abcd")])

    assert (plan.changes, plan.conflicts) == ((), ())


def test_what_is_no_ipv6_address_has_no_host_part_to_keep() -> None:
    """Whatever an AAAA record holds, nothing but the host part of an IPv6 address is kept."""
    for content in (str(A1), "home.example.net"):
        plan = make_plan([want(MOVED, slot=V6, host=KEPT)], [aaaa(content)])

        assert (plan.changes, plan.conflicts) == ((), ())


@pytest.mark.parametrize(
    "wanted, records, chosen, address",
    [
        pytest.param(
            want(MOVED, slot=V6, host=KEPT, last=IPv6Address("2001:218:1:2::b")),
            [aaaa("2001:218:1:2::a", 1), aaaa("2001:218:1:2::b", 2)],
            2,
            "2001:218:9:8::b",
            id="last/it",
        ),
        pytest.param(
            want(MOVED, slot=V6, host=KEPT),
            [aaaa("2001:218:1:2::a", 1), aaaa("2001:218:1:2::b", 2, OURS)],
            2,
            "2001:218:9:8::b",
            id="one is ours/it",
        ),
        pytest.param(
            want(MOVED, slot=V6, host=KEPT, pin=1),
            [aaaa("2001:218:1:2::a", 1), aaaa("2001:218:1:2::b", 2, OURS)],
            1,
            "2001:218:9:8::a",
            id="pinned/it",
        ),
    ],
)
def test_of_several_one_is_told_by_its_host_part_too(
    wanted: Want, records: list[Record], chosen: int, address: str
) -> None:
    """The record that is chosen among several gives the host part."""
    plan = make_plan([wanted], records)

    (change,) = plan.changes
    assert isinstance(change, Update)
    assert (int(change.record.id, 16), change.address) == (chosen, IPv6Address(address))


@pytest.mark.parametrize(
    "host, right",
    [
        pytest.param(TYPED, "2001:218:9:8::5", id="typed"),
        pytest.param(KEPT, "2001:218:9:8::b", id="kept"),
    ],
)
def test_of_several_the_one_that_follows_already_is_the_one(host: HostPart, right: str) -> None:
    """Of several records, the one that holds what it should hold needs nothing more."""
    records = [aaaa("2001:218:1:2::a", 1), aaaa(right, 2)]

    plan = make_plan([want(MOVED, slot=V6, host=host)], records)

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {V6: records[1]}


@pytest.mark.parametrize(
    "wanted, contents",
    [
        pytest.param(
            want(MOVED, slot=V6, host=KEPT),
            ["2001:218:9:8::a", "2001:218:9:8::b"],
            id="both",
        ),
        pytest.param(
            want(MOVED, slot=V6, host=KEPT),
            ["2001:218:1:2::a", "2001:218:1:2::b"],
            id="none",
        ),
        pytest.param(
            want(MOVED, slot=V6, host=TYPED), ["2001:218:9:8::a", "2001:218:9:8::b"], id="typed"
        ),
        pytest.param(
            want(MOVED, slot=V6, host=KEPT, pin=1),
            ["2001:218:1:2::a", "2001:218:9:8::a"],
            id="pinned, twin holds",
        ),
    ],
)
def test_several_with_host_parts_of_their_own_are_left(wanted: Want, contents: list[str]) -> None:
    """A name may stand for several machines; which of them is ours only the user can tell."""
    records = [aaaa(content, number) for number, content in enumerate(contents, start=1)]

    plan = make_plan([wanted], records)

    assert plan.conflicts == (
        Conflict(slot=V6, kind=ConflictKind.AMBIGUOUS, records=tuple(records)),
    )
    assert plan.changes == ()


@pytest.mark.parametrize(
    "text, there, moved",
    [
        pytest.param(KEEP, "2001:218:1:2::abcd", "2001:218:9:8::abcd", id="record/its own id"),
        pytest.param("::7", "2001:218:1:2::abcd", "2001:218:9:8::7", id="id/the id"),
        pytest.param("", "2001:218:1:2::abcd", "2001:218:9:8::1", id="nothing/the reading"),
    ],
)
def test_what_the_user_typed_decides(text: str, there: str, moved: str) -> None:
    """From the field of the form to the plan: nothing, "record", or an interface id."""
    host = read_host_part(text, 64)

    (change,) = make_plan([want(MOVED, slot=V6, host=host)], [aaaa(there)]).changes

    address: Address | None = change.address
    assert address == IPv6Address(moved)
