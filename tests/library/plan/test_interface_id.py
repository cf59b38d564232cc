"""The rows of `make_plan` with an interface identifier: only the prefix is detected."""

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
from custom_components.raindrop.ddns.records.interface_id import (
    KEEP as KEEP_WORD,
    parse_interface_id,
)
from custom_components.raindrop.ddns.records.make_plan import make_plan
from tests.library.builders import A1, A2, B1, V4, V6, desired, record

OWNED = OWNER_COMMENT
NEW_PREFIX = IPv6Address("2001:218:9:8::1")
"""The address of the home after its provider assigned another prefix."""
KEEP = InterfaceId()
GIVEN = InterfaceId(bits=0x5)
NOT_PUBLIC = InterfaceId(prefix_length=16, bits=0xDB8 << 96 | 1)
"""Combined with a prefix 2001::/16: an address for documentation, which is not public."""


def aaaa(content: str, number: int = 1, comment: str | None = None) -> Record:
    """Return an AAAA record."""
    return record(content, number=number, kind="AAAA", comment=comment)


@pytest.mark.parametrize(
    "interface_id, content, address",
    [
        pytest.param(KEEP, "2001:218:1:2::abcd", "2001:218:9:8::abcd", id="keep/prefix changes"),
        pytest.param(
            KEEP,
            "2001:218:1:2:211:22ff:fe33:4455",
            "2001:218:9:8:211:22ff:fe33:4455",
            id="keep EUI-64/prefix changes",
        ),
        pytest.param(
            KEEP, "fd00::7", "2001:218:9:8::7", id="keep, private address before/prefix changes"
        ),
        pytest.param(GIVEN, "2001:218:1:2::abcd", "2001:218:9:8::5", id="given/both change"),
        pytest.param(GIVEN, "2001:218:1:2::5", "2001:218:9:8::5", id="given and as before/prefix"),
        pytest.param(
            GIVEN, "2001:218:9:8::abcd", "2001:218:9:8::5", id="prefix as before/id changes"
        ),
        pytest.param(
            InterfaceId(prefix_length=56),
            "2001:218:1:2a::abcd",
            "2001:218:9:2a::abcd",
            id="keep, prefix of 56/subnet stays",
        ),
        pytest.param(
            InterfaceId(prefix_length=48),
            "2001:218:1:2a2b::abcd",
            "2001:218:9:2a2b::abcd",
            id="keep, prefix of 48/subnet stays",
        ),
        pytest.param(
            InterfaceId(prefix_length=56, bits=0x77 << 64 | 5),
            "2001:218:1:2::abcd",
            "2001:218:9:77::5",
            id="given, prefix of 56/subnet given",
        ),
        pytest.param(
            InterfaceId(prefix_length=56, bits=5),
            "2001:218:1:2a::abcd",
            "2001:218:9:8::5",
            id="given without a subnet/subnet of the detection",
        ),
    ],
)
def test_only_the_prefix_changes(interface_id: InterfaceId, content: str, address: str) -> None:
    """A record of another machine gets the new prefix and keeps its interface identifier."""
    existing = aaaa(content)

    plan = make_plan([desired(NEW_PREFIX, record_key=V6, interface_id=interface_id)], [existing])

    assert plan.changes == (Update(record_key=V6, record=existing, address=IPv6Address(address)),)
    assert plan.conflicts == ()


@pytest.mark.parametrize(
    "interface_id, content",
    [
        pytest.param(KEEP, "2001:218:1:2::abcd", id="keep"),
        pytest.param(GIVEN, "2001:218:1:2::5", id="given"),
        pytest.param(GIVEN, "2001:0218:1:2:0:0:0:5", id="given, another spelling"),
        pytest.param(InterfaceId(prefix_length=48), "2001:218:1:ff::abcd", id="keep, prefix of 48"),
        pytest.param(
            parse_interface_id("00:11:22:33:44:55", 64), "2001:218:1:2:211:22ff:fe33:4455", id="MAC"
        ),
        pytest.param(None, str(B1), id="none"),
    ],
)
def test_a_record_with_the_prefix_needs_no_change(
    interface_id: InterfaceId | None, content: str
) -> None:
    """A record with the detected prefix and its interface identifier is not changed."""
    plan = make_plan([desired(B1, record_key=V6, interface_id=interface_id)], [aaaa(content)])

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {V6: aaaa(content)}


@pytest.mark.parametrize("interface_id", [KEEP, GIVEN, NOT_PUBLIC])
def test_an_interface_id_does_not_affect_ipv4(interface_id: InterfaceId) -> None:
    """An A record gets the whole address, with any interface identifier in its policy."""
    plan = make_plan([desired(A2, interface_id=interface_id)], [record(A1)])

    assert plan.changes == (Update(record_key=V4, record=record(A1), address=A2),)


def test_a_given_interface_id_is_enough_to_create_a_record() -> None:
    """A missing record is created with the prefix and the given interface identifier."""
    plan = make_plan([desired(NEW_PREFIX, record_key=V6, interface_id=GIVEN, create=True)], [])

    assert plan.changes == (Create(record_key=V6, address=IPv6Address("2001:218:9:8::5")),)


@pytest.mark.parametrize(
    "interface_id, create",
    [
        pytest.param(KEEP, True, id="keep, may create"),
        pytest.param(KEEP, False, id="keep"),
        pytest.param(GIVEN, False, id="given, may not create"),
        pytest.param(NOT_PUBLIC, True, id="not public, may create"),
    ],
)
def test_a_missing_record_with_an_unknown_interface_id_is_a_conflict(
    *, interface_id: InterfaceId, create: bool
) -> None:
    """Without a usable interface identifier no record is created: it is missing."""
    plan = make_plan(
        [desired(NEW_PREFIX, record_key=V6, interface_id=interface_id, create=create)], []
    )

    assert plan.conflicts == (Conflict(record_key=V6, reason=Reason.MISSING),)
    assert plan.changes == ()


@pytest.mark.parametrize(
    "desired_record",
    [
        pytest.param(
            desired(None, record_key=V6, interface_id=KEEP, proxied=True), id="unknown, keep"
        ),
        pytest.param(
            desired(None, record_key=V6, interface_id=GIVEN, create=True), id="unknown, given"
        ),
    ],
)
def test_s9_an_unknown_prefix_changes_nothing(desired_record: DesiredRecord) -> None:
    """Lesson S9: without a detected address nothing is combined, and nothing is a conflict."""
    plan = make_plan([desired_record], [aaaa("2001:218:1:2::abcd")])

    assert (plan.changes, plan.conflicts) == ((), ())


@pytest.mark.parametrize(
    "interface_id, content",
    [
        pytest.param(KEEP, "100::", id="placeholder without an interface identifier"),
        pytest.param(KEEP, "2001:218:1:2::", id="subnet-router anycast address"),
        pytest.param(
            InterfaceId(prefix_length=56), "2001:218:1:2a::", id="only a subnet, prefix of 56"
        ),
        pytest.param(
            InterfaceId(prefix_length=48), "2001:218:1::", id="not even a subnet, prefix of 48"
        ),
        pytest.param(InterfaceId(prefix_length=56, bits=0x77 << 64), "::1", id="given, zero"),
        pytest.param(KEEP, str(A1), id="IPv4 address"),
        pytest.param(KEEP, "home.example.net", id="no address"),
        pytest.param(NOT_PUBLIC, "2001:218:1:2::abcd", id="not public"),
    ],
)
@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("proxied", [None, True])
def test_s5_a_record_without_a_usable_interface_id_is_left_alone_and_reported(
    *, interface_id: InterfaceId, content: str, create: bool, proxied: bool | None
) -> None:
    """Lesson S5: without an interface identifier no address is written, least of all an anycast.

    RFC 4291 section 2.6.1: an interface identifier of zero means the routers of
    the subnet.
    """
    desired_record = desired(
        NEW_PREFIX, record_key=V6, interface_id=interface_id, create=create, proxied=proxied
    )

    plan = make_plan([desired_record], [aaaa(content)])

    assert plan.changes == ()
    assert plan.conflicts == (
        Conflict(record_key=V6, reason=Reason.MISSING, records=(aaaa(content),)),
    )


@pytest.mark.parametrize(
    "desired_record, records, chosen, address",
    [
        pytest.param(
            desired(
                NEW_PREFIX, record_key=V6, interface_id=KEEP, last=IPv6Address("2001:218:1:2::b")
            ),
            [aaaa("2001:218:1:2::a", 1), aaaa("2001:218:1:2::b", 2)],
            2,
            "2001:218:9:8::b",
            id="last address/it",
        ),
        pytest.param(
            desired(NEW_PREFIX, record_key=V6, interface_id=KEEP),
            [aaaa("2001:218:1:2::a", 1), aaaa("2001:218:1:2::b", 2, OWNED)],
            2,
            "2001:218:9:8::b",
            id="one is owned/it",
        ),
        pytest.param(
            desired(NEW_PREFIX, record_key=V6, interface_id=KEEP, pin=1),
            [aaaa("2001:218:1:2::a", 1), aaaa("2001:218:1:2::b", 2, OWNED)],
            1,
            "2001:218:9:8::a",
            id="pinned/it",
        ),
    ],
)
def test_one_of_several_is_chosen_with_its_interface_id(
    desired_record: DesiredRecord, records: list[Record], chosen: int, address: str
) -> None:
    """The record that is chosen among several provides the interface identifier."""
    plan = make_plan([desired_record], records)

    (change,) = plan.changes
    assert isinstance(change, Update)
    assert (int(change.record.id, 16), change.address) == (chosen, IPv6Address(address))


@pytest.mark.parametrize(
    "interface_id, content",
    [
        pytest.param(GIVEN, "2001:218:9:8::5", id="given"),
        pytest.param(KEEP, "2001:218:9:8::b", id="keep"),
    ],
)
def test_the_record_with_the_combined_address_is_chosen(
    interface_id: InterfaceId, content: str
) -> None:
    """Of several records, the one that holds the combined address is managed as it is."""
    records = [aaaa("2001:218:1:2::a", 1), aaaa(content, 2)]

    plan = make_plan([desired(NEW_PREFIX, record_key=V6, interface_id=interface_id)], records)

    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.records == {V6: records[1]}


@pytest.mark.parametrize(
    "desired_record, contents",
    [
        pytest.param(
            desired(NEW_PREFIX, record_key=V6, interface_id=KEEP),
            ["2001:218:9:8::a", "2001:218:9:8::b"],
            id="both",
        ),
        pytest.param(
            desired(NEW_PREFIX, record_key=V6, interface_id=KEEP),
            ["2001:218:1:2::a", "2001:218:1:2::b"],
            id="none",
        ),
        pytest.param(
            desired(NEW_PREFIX, record_key=V6, interface_id=GIVEN),
            ["2001:218:9:8::a", "2001:218:9:8::b"],
            id="given",
        ),
        pytest.param(
            desired(NEW_PREFIX, record_key=V6, interface_id=KEEP, pin=1),
            ["2001:218:1:2::a", "2001:218:9:8::a"],
            id="pinned, another holds the address",
        ),
    ],
)
def test_several_records_of_other_machines_are_ambiguous(
    desired_record: DesiredRecord, contents: list[str]
) -> None:
    """A name may have records of several machines; only the user knows which is managed."""
    records = [aaaa(content, number) for number, content in enumerate(contents, start=1)]

    plan = make_plan([desired_record], records)

    assert plan.conflicts == (
        Conflict(record_key=V6, reason=Reason.AMBIGUOUS, records=tuple(records)),
    )
    assert plan.changes == ()


@pytest.mark.parametrize(
    "text, content, address",
    [
        pytest.param(
            KEEP_WORD, "2001:218:1:2::abcd", "2001:218:9:8::abcd", id="keep/id of the record"
        ),
        pytest.param("::7", "2001:218:1:2::abcd", "2001:218:9:8::7", id="id/given id"),
        pytest.param("", "2001:218:1:2::abcd", "2001:218:9:8::1", id="empty/detected address"),
    ],
)
def test_the_text_of_the_form_decides(text: str, content: str, address: str) -> None:
    """The field may be empty, the word "keep" or an interface identifier."""
    interface_id = parse_interface_id(text, 64)

    (change,) = make_plan(
        [desired(NEW_PREFIX, record_key=V6, interface_id=interface_id)], [aaaa(content)]
    ).changes

    assert change.address == IPv6Address(address)


@pytest.mark.parametrize("interface_id", [KEEP, GIVEN], ids=["kept", "given"])
@pytest.mark.parametrize(
    "existing",
    [
        [],
        [aaaa("2001:218:1:2::9")],
        [
            aaaa("2001:218:1:2::9", comment=OWNER_COMMENT),
            aaaa("2001:218:1:3::9", 2, comment=OWNER_COMMENT),
        ],
    ],
    ids=["none", "one", "two"],
)
def test_the_prefix_of_a_router_is_never_combined(
    interface_id: InterfaceId, existing: list[Record]
) -> None:
    """Its own address lies outside the prefix of the network: nothing is written."""
    wanted = desired(NEW_PREFIX, record_key=V6, create=True, interface_id=interface_id)
    plan = make_plan([replace(wanted, lacks_prefix=True)], existing)
    assert plan.conflicts == (
        Conflict(record_key=V6, reason=Reason.NO_PREFIX, records=tuple(existing)),
    )
    assert (plan.changes, plan.stale_records, plan.stale_hints) == ((), {}, {})


@pytest.mark.parametrize("existing", [[], [aaaa("2001:218:1:2::9")]], ids=["none", "one"])
def test_a_prefix_alone_is_not_written(existing: list[Record]) -> None:
    """It is the anycast address of the routers of a subnet (RFC 4291 section 2.6.1)."""
    wanted = desired(IPv6Address("2001:218:9:8::"), record_key=V6, create=True)
    plan = make_plan([wanted], existing)
    assert [conflict.reason for conflict in plan.conflicts] == [Reason.MISSING]
    assert plan.changes == ()
