"""The records that the API refuses, and the order of its errors."""

from typing import Any

import pytest

from simulator import Simulator
from simulator.cloudflare import RefusedError, Zone

GOOD = {"type": "A", "name": "home", "content": "192.0.2.1"}
LONG = "x" * 64


@pytest.mark.parametrize(
    "change, code",
    [
        ({"type": "B"}, 9002),
        ({"type": None}, 9002),
        ({"name": None}, 9000),
        ({"name": ""}, 9000),
        ({"name": "two..dots"}, 9000),
        ({"name": "sp ace"}, 9000),
        ({"name": "a.*"}, 9000),
        ({"name": "-a"}, 9000),
        ({"name": LONG}, 9000),
        ({"name": ".".join(["x" * 60] * 5)}, 9000),
        ({"name": "☃\u200d"}, 9000),
        ({"content": None}, 9005),
        ({"content": "<html>"}, 9005),
        ({"content": "2001:db8::1"}, 9005),
        ({"content": "192.0.2.01"}, 9005),
        ({"type": "AAAA", "content": "192.0.2.1"}, 9006),
        ({"type": "AAAA", "content": "fe80::1%eth0"}, 9006),
        ({"type": "CNAME", "content": "not a host"}, 9007),
        ({"type": "CNAME", "content": "home.example.com"}, 9039),
        ({"type": "TXT", "content": ""}, 9007),
        ({"type": "TXT", "content": "x" * 4097}, 9015),
        ({"ttl": 0}, 9021),
        ({"ttl": 59}, 9021),
        ({"ttl": 86401}, 9021),
        ({"ttl": "3600"}, 9207),
        ({"ttl": True}, 9207),
        ({"ttl": None}, 9207),
        ({"proxied": "yes"}, 9207),
        ({"proxied": True, "content": "192.168.1.1"}, 9003),
        ({"proxied": True, "content": "100.64.0.1"}, 9003),
        ({"proxied": True, "type": "TXT", "content": "x"}, 9041),
        ({"comment": "x" * 101}, 9313),
        ({"comment": "two\nlines"}, 9314),
        ({"comment": 5}, 9207),
        ({"tags": ["a:b"]}, 9300),
        ({"tags": "a:b"}, 9207),
        ({"settings": {"flatten_cname": True}}, 9207),
        ({"settings": {"ipv4_only": "yes"}}, 9207),
        ({"settings": []}, 9207),
        ({"priority": 65536}, 9207),
    ],
)
def test_an_invalid_field_is_refused(
    simulator: Simulator, zone: Zone, change: dict[str, Any], code: int
) -> None:
    """Each field has its own code, and nothing is written."""
    with pytest.raises(RefusedError) as caught:
        simulator.cloudflare.add_record(zone, **(GOOD | change))

    assert (caught.value.status, caught.value.code) == (400, code)
    assert simulator.cloudflare.records(zone) == []


def test_the_first_error_is_about_the_type(simulator: Simulator, zone: Zone) -> None:
    """The first of several invalid fields is reported: type, name, content, TTL, and so on."""
    bad: dict[str, Any] = {
        "type": "B",
        "name": "",
        "content": "?",
        "ttl": 2,
        "proxied": 1,
        "comment": "x" * 101,
        "tags": ["a"],
    }
    codes = []
    for field, good in [
        *GOOD.items(),
        ("ttl", 1),
        ("proxied", False),
        ("comment", ""),
        ("tags", []),
    ]:
        with pytest.raises(RefusedError) as caught:
            simulator.cloudflare.add_record(zone, **bad)
        codes.append(caught.value.code)
        bad[field] = good

    assert codes == [9002, 9000, 9005, 9021, 9207, 9313, 9300]
    assert simulator.cloudflare.add_record(zone, **bad)


def test_a_paid_plan_has_higher_limits(simulator: Simulator) -> None:
    """Paid plans have long comments and 20 tags; Enterprise has a TTL of 30 seconds."""
    zone = simulator.cloudflare.add_zone("paid.example", plan="enterprise")
    tags = [f"tag{number}:value" for number in range(20)]

    record = simulator.cloudflare.add_record(zone, **GOOD, comment="x" * 500, tags=tags, ttl=30)

    assert (record["ttl"], record["tags"]) == (30, tags)
    for change, code in (
        ({"comment": "x" * 501}, 9313),
        ({"tags": [*tags, "more"]}, 9300),
        ({"tags": ["no spaces"]}, 9301),
        ({"ttl": 29}, 9021),
    ):
        with pytest.raises(RefusedError) as caught:
            simulator.cloudflare.edit_record(zone, record["id"], **change)
        assert caught.value.code == code


@pytest.mark.parametrize(
    "existing, new, code",
    [
        ("A 192.0.2.1", "A 192.0.2.1", 81058),
        ("A 192.0.2.1", "CNAME example.net", 81053),
        ("AAAA 2001:db8::1", "CNAME example.net", 81053),
        ("CNAME example.net", "CNAME example.org", 81053),
        ("CNAME example.net", "A 192.0.2.1", 81054),
        ("CNAME example.net", "AAAA 2001:db8::1", 81054),
        ("NS ns.example.net", "A 192.0.2.1", 81056),
        ("A 192.0.2.1", "NS ns.example.net", 81055),
    ],
)
def test_conflicting_records_are_refused(
    simulator: Simulator, zone: Zone, existing: str, new: str, code: int
) -> None:
    """CNAMEs and addresses, NS and other records, and identical records conflict."""
    type_, content = existing.split()
    simulator.cloudflare.add_record(zone, type=type_, name="home", content=content)

    type_, content = new.split()
    with pytest.raises(RefusedError) as caught:
        simulator.cloudflare.add_record(zone, type=type_, name="home", content=content)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert simulator.cloudflare.add_record(zone, type=type_, name="elsewhere", content=content)


@pytest.mark.parametrize(
    "existing, new",
    [
        ("A 192.0.2.1", "A 192.0.2.2"),
        ("A 192.0.2.1", "AAAA 2001:db8::1"),
        ("CNAME example.net", "TXT hello"),
        ("NS ns1.example.net", "NS ns2.example.net"),
    ],
)
def test_records_without_a_conflict_share_a_name(
    simulator: Simulator, zone: Zone, existing: str, new: str
) -> None:
    """Several addresses at one name are allowed if their contents differ."""
    for record in (existing, new):
        type_, content = record.split()
        simulator.cloudflare.add_record(zone, type=type_, name="home", content=content)

    assert len(simulator.cloudflare.records(zone)) == 2


def test_a_change_cannot_create_identical_records(simulator: Simulator, zone: Zone) -> None:
    """PATCH to the content of another record is refused; PATCH to a record's own content is not."""
    first = simulator.cloudflare.add_record(zone, **GOOD)
    simulator.cloudflare.add_record(zone, **(GOOD | {"content": "192.0.2.2"}))

    with pytest.raises(RefusedError, match="identical"):
        simulator.cloudflare.edit_record(zone, first["id"], content="192.0.2.2")
    assert simulator.cloudflare.edit_record(zone, first["id"], content="192.0.2.1")


def test_a_full_zone_refuses_new_records(simulator: Simulator) -> None:
    """The quota is checked last, and a deleted record frees one place."""
    zone = simulator.cloudflare.add_zone("small.example", record_quota=1)
    record = simulator.cloudflare.add_record(zone, **GOOD)

    with pytest.raises(RefusedError) as caught:
        simulator.cloudflare.add_record(zone, **GOOD)
    assert caught.value.code == 81058
    with pytest.raises(RefusedError) as caught:
        simulator.cloudflare.add_record(zone, **(GOOD | {"name": "other"}))
    assert caught.value.code == 81045
    simulator.cloudflare.delete_record(zone, record["id"])
    assert simulator.cloudflare.add_record(zone, **(GOOD | {"name": "other"}))
