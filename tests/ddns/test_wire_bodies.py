"""What is sent to Cloudflare: the fields that differ, and nothing else."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from custom_components.raindrop.ddns import wire
from custom_components.raindrop.ddns.addresses import UnusableAddressError
from custom_components.raindrop.ddns.model import (
    OWNER_COMMENT,
    Address,
    Change,
    Create,
    Slot,
    Update,
)
from custom_components.raindrop.ddns.reading import Problem

from .builders import A1, A2, B1, V4, V6, record, record_id

OLD = record(A1, proxied=True, ttl_s=1, comment="front door")


def test_a_record_is_created_whole() -> None:
    """A new record names all it has, with the comment by which Raindrop knows it again."""
    assert wire.create_body(Create(slot=V4, address=A1)) == {
        "type": "A",
        "name": "home.example.com",
        "content": "81.2.69.1",
        "ttl": 1,
        "proxied": False,
        "comment": OWNER_COMMENT,
    }
    body = wire.create_body(Create(slot=V6, address=B1, proxied=True, ttl_s=300))
    assert (body["type"], body["content"]) == ("AAAA", "2001:218:1:2::1")
    assert (body["proxied"], body["ttl"]) == (True, 300)


@pytest.mark.parametrize(
    "change, body",
    [
        pytest.param(
            Update(slot=V4, record=OLD, address=A2), {"content": "81.2.69.2"}, id="address"
        ),
        pytest.param(Update(slot=V4, record=OLD, proxied=False), {"proxied": False}, id="proxied"),
        pytest.param(Update(slot=V4, record=OLD, ttl_s=300), {"ttl": 300}, id="ttl"),
        pytest.param(
            Update(slot=V4, record=OLD, address=A2, proxied=False, ttl_s=1),
            {"content": "81.2.69.2", "proxied": False, "ttl": 1},
            id="all",
        ),
        pytest.param(Update(slot=V4, record=OLD), {}, id="nothing"),
    ],
)
def test_s13_s14_an_update_holds_only_what_differs(change: Update, body: dict[str, object]) -> None:
    """Lessons S13 and S14: proxied, TTL, comment and tags are not sent unless they are to change.

    Nor is the type, ever (lesson S2).
    """
    assert wire.update_body(change) == body
    assert wire.batch_body([change]) == {"patches": [{"id": record_id(1), **body}]}


@pytest.mark.parametrize(
    "changes, keys",
    [
        pytest.param([Update(slot=V4, record=OLD, address=A2)], ["patches"], id="update"),
        pytest.param([Create(slot=V4, address=A1)], ["posts"], id="create"),
        pytest.param(
            [Create(slot=V6, address=B1), Update(slot=V4, record=OLD, address=A2)],
            ["patches", "posts"],
            id="both",
        ),
        pytest.param([], [], id="none"),
    ],
)
def test_a_batch_names_only_the_lists_that_it_needs(changes: list[Change], keys: list[str]) -> None:
    """Several changes go out in one body, and nothing is ever deleted or put with them."""
    body = wire.batch_body(changes)

    assert list(body) == keys
    sent = [item for key in keys if isinstance(found := body[key], list) for item in found]
    assert len(sent) == len(changes)


@pytest.mark.parametrize(
    "slot, address, problem",
    [
        pytest.param(V4, B1, Problem.WRONG_FAMILY, id="IPv6 into A"),
        pytest.param(V6, A1, Problem.WRONG_FAMILY, id="IPv4 into AAAA"),
        pytest.param(V4, ip_address("10.0.0.1"), Problem.NOT_PUBLIC, id="private"),
        pytest.param(V4, ip_address("104.18.0.0"), Problem.CLOUDFLARE, id="Cloudflare's"),
        pytest.param(V6, ip_address("::ffff:8.8.8.8"), Problem.NOT_PUBLIC, id="mapped"),
    ],
)
def test_s1_no_body_holds_an_address_that_may_not_be_written(
    slot: Slot, address: IPv4Address | IPv6Address, problem: Problem
) -> None:
    """Lesson S1: family and address are checked once more just before the write."""
    old = replace(OLD, type=slot.family.record_type)
    changes: list[Change] = [
        Create(slot=slot, address=address),
        Update(slot=slot, record=old, address=address),
    ]

    for change in changes:
        with pytest.raises(UnusableAddressError) as caught:
            wire.batch_body([change])
        assert caught.value.problem is problem


@pytest.mark.parametrize(
    "absent",
    [
        pytest.param({"deletes": None, "puts": None}, id="null lists"),
        pytest.param({"deletes": [], "puts": []}, id="empty lists"),
        pytest.param({}, id="absent lists"),
    ],
)
@pytest.mark.parametrize("address", [A1, A2])
def test_a_batch_answers_with_the_records_after_it(
    absent: dict[str, None], address: Address
) -> None:
    """The records that were patched come first, then those that were posted."""

    def shown(number: int) -> dict[str, object]:
        return {
            "id": record_id(number),
            "name": "home.example.com",
            "type": "A",
            "content": str(address),
            "ttl": 1,
        }

    patched, posted = shown(1), shown(2)

    both = wire.read_batch({**absent, "posts": [posted], "patches": [patched]})
    assert [record.id for record in both] == [record_id(1), record_id(2)]
    assert [record.content for record in both] == [str(address)] * 2
    for key, value in (("posts", posted), ("patches", patched)):
        (alone,) = wire.read_batch({**dict.fromkeys(("posts", "patches")), **absent, key: [value]})
        assert alone.id == value["id"]
    assert wire.read_batch({**absent}) == []
