"""Codec: request bodies hold the fields that differ, and nothing else."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from custom_components.raindrop.ddns.cloudflare import codec
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.errors import DetectionError, UnusableAddressError
from custom_components.raindrop.ddns.models import (
    OWNER_COMMENT,
    Address,
    Change,
    Create,
    HomeId,
    RecordKey,
    Update,
)
from tests.library.builders import A1, A2, B1, V4, V6, record, record_id

HOME_ID = HomeId("3f9a1c2b")
OLD = record(A1, proxied=True, ttl_s=1, comment="front door")


def test_a_record_is_created_with_all_its_fields() -> None:
    """A new record has all its fields, and the comment that marks it as ours."""
    assert codec.create_body(Create(record_key=V4, address=A1)) == {
        "type": "A",
        "name": "home.example.com",
        "content": "81.2.69.1",
        "ttl": 1,
        "proxied": False,
        "comment": OWNER_COMMENT,
    }
    body = codec.create_body(Create(record_key=V6, address=B1, proxied=True, ttl_s=300))
    assert (body["type"], body["content"]) == ("AAAA", "2001:218:1:2::1")
    assert (body["proxied"], body["ttl"]) == (True, 300)


def test_the_home_is_a_parameter() -> None:
    """A home marks the records that it creates or takes over with its id."""
    new, taken = (
        Create(record_key=V4, address=A1),
        Update(record_key=V4, record=OLD, is_takeover=True),
    )
    mark = {"comment": "Managed by Raindrop for Home Assistant (home 3f9a1c2b)"}

    assert codec.create_body(new, Ownership(HOME_ID)).items() > mark.items()
    assert codec.update_body(taken, Ownership(HOME_ID)) == mark
    assert codec.batch_body([new, taken], Ownership(HOME_ID)) == {
        "patches": [{"id": OLD.id, **mark}],
        "posts": [codec.create_body(new, Ownership(HOME_ID))],
    }


@pytest.mark.parametrize(
    "change, body",
    [
        pytest.param(
            Update(record_key=V4, record=OLD, address=A2), {"content": "81.2.69.2"}, id="address"
        ),
        pytest.param(
            Update(record_key=V4, record=OLD, proxied=False), {"proxied": False}, id="proxied"
        ),
        pytest.param(Update(record_key=V4, record=OLD, ttl_s=300), {"ttl": 300}, id="ttl"),
        pytest.param(
            Update(record_key=V4, record=OLD, address=A2, proxied=False, ttl_s=1),
            {"content": "81.2.69.2", "proxied": False, "ttl": 1},
            id="all",
        ),
        pytest.param(Update(record_key=V4, record=OLD), {}, id="nothing"),
    ],
)
def test_s13_s14_an_update_holds_only_what_differs(change: Update, body: dict[str, object]) -> None:
    """Lessons S13 and S14: proxied, TTL, comment and tags are not sent unless they change.

    Nor is the type, ever (lesson S2).
    """
    assert codec.update_body(change) == body
    assert codec.batch_body([change]) == {"patches": [{"id": record_id(1), **body}]}


@pytest.mark.parametrize(
    "changes, keys",
    [
        pytest.param([Update(record_key=V4, record=OLD, address=A2)], ["patches"], id="update"),
        pytest.param([Create(record_key=V4, address=A1)], ["posts"], id="create"),
        pytest.param(
            [Create(record_key=V6, address=B1), Update(record_key=V4, record=OLD, address=A2)],
            ["patches", "posts"],
            id="both",
        ),
        pytest.param([], [], id="none"),
    ],
)
def test_a_batch_has_only_the_lists_that_it_needs(changes: list[Change], keys: list[str]) -> None:
    """A batch body has only the lists it needs, and never ``deletes`` or ``puts``."""
    body = codec.batch_body(changes)

    assert list(body) == keys
    sent = [item for key in keys if isinstance(found := body[key], list) for item in found]
    assert len(sent) == len(changes)


@pytest.mark.parametrize(
    "record_key, address, error",
    [
        pytest.param(V4, B1, DetectionError.WRONG_FAMILY, id="IPv6 into A"),
        pytest.param(V6, A1, DetectionError.WRONG_FAMILY, id="IPv4 into AAAA"),
        pytest.param(V4, ip_address("10.0.0.1"), DetectionError.NOT_PUBLIC, id="private"),
        pytest.param(V4, ip_address("104.18.0.0"), DetectionError.CLOUDFLARE, id="Cloudflare's"),
        pytest.param(V6, ip_address("::ffff:8.8.8.8"), DetectionError.NOT_PUBLIC, id="mapped"),
    ],
)
def test_s1_an_unusable_address_is_never_encoded(
    record_key: RecordKey, address: IPv4Address | IPv6Address, error: DetectionError
) -> None:
    """Lesson S1: family and address are checked again just before a write."""
    old = replace(OLD, type=record_key.family.record_type)
    changes: list[Change] = [
        Create(record_key=record_key, address=address),
        Update(record_key=record_key, record=old, address=address),
    ]

    for change in changes:
        with pytest.raises(UnusableAddressError) as caught:
            codec.batch_body([change])
        assert (caught.value.error, caught.value.address) == (error, address)


@pytest.mark.parametrize(
    "absent",
    [
        pytest.param({"deletes": None, "puts": None}, id="null lists"),
        pytest.param({"deletes": [], "puts": []}, id="empty lists"),
        pytest.param({}, id="absent lists"),
    ],
)
@pytest.mark.parametrize("address", [A1, A2])
def test_a_batch_response_has_the_patched_and_posted_records(
    absent: dict[str, None], address: Address
) -> None:
    """The patched records come first, then the posted ones."""

    def shown(number: int) -> dict[str, object]:
        return {
            "id": record_id(number),
            "name": "home.example.com",
            "type": "A",
            "content": str(address),
            "ttl": 1,
        }

    patched, posted = shown(1), shown(2)

    both = codec.read_batch({**absent, "posts": [posted], "patches": [patched]})
    assert [record.id for record in both] == [record_id(1), record_id(2)]
    assert [record.content for record in both] == [str(address)] * 2
    for key, value in (("posts", posted), ("patches", patched)):
        (alone,) = codec.read_batch({**dict.fromkeys(("posts", "patches")), **absent, key: [value]})
        assert alone.id == value["id"]
    assert codec.read_batch({**absent}) == []
