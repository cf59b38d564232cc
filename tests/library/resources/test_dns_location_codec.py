"""Reading a DNS location, and the body that replaces it."""

from collections.abc import Iterator
from copy import deepcopy
from ipaddress import IPv4Network
import json
from random import Random
from typing import Any

import pytest

from custom_components.raindrop.ddns.errors import CloudflareResponseError
from custom_components.raindrop.ddns.resources.dns_location_codec import read_location

ID = "ed35569b41ce4d1facfe683550f54086"
ENDPOINTS: dict[str, Any] = {
    "doh": {"enabled": True, "networks": [{"network": "2001:db8::/64"}], "require_token": True},
    "dot": {"enabled": False, "networks": None, "of_2027": [1, None]},
    "ipv4": {"enabled": True},
    "ipv6": {"enabled": True, "networks": []},
}
READ: dict[str, Any] = {
    "id": ID,
    "name": "Kids",
    "client_default": True,
    "created_at": "2014-01-01T05:20:00.12345Z",
    "dns_destination_ips_id": "0e4a32c6-6fb8-4858-9296-98f51631e8e6",
    "dns_destination_ipv6_block_id": None,
    "doh_subdomain": "oli3n9zkz5",
    "ecs_support": False,
    "endpoints": ENDPOINTS,
    "ip": "2001:db8:85a3::8a2e:370:7334",
    "ipv4_destination": "172.64.36.1",
    "ipv4_destination_backup": "172.64.36.2",
    "max_ttl": {"mode": "override", "ttl_secs": 3600},
    "networks": [{"network": "192.0.2.1"}, {"network": "198.51.100.0/24"}],
    "updated_at": "2014-01-01T05:20:00.12345Z",
}
"""As in Cloudflare's description of the API, with a field that it does not have yet."""
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, 0, 3600.5, "", "x", [], {}, [None]),
    {"mode": None, "ttl_secs": None},
    {"mode": "override", "ttl_secs": 60, "of_2027": None},
    {"network": "192.0.2.1/32"},
    {"network": "10.0.0.0/255.0.0.0", "id": "x"},
    {"network": "2001:db8::/64"},
    [{"network": "192.0.2.128/25"}, {"network": None}],
)
SENT = {
    "name",
    "client_default",
    "dns_destination_ips_id",
    "ecs_support",
    "endpoints",
    "max_ttl",
    "networks",
}


def test_all_that_can_be_written_is_sent_back_as_it_was_read() -> None:
    """Seven keys; networks keep their spelling and their order."""
    location = read_location(READ)
    assert location.body(location.networks) == {key: READ[key] for key in SENT}
    assert [*location.networks] == [IPv4Network("192.0.2.1"), IPv4Network("198.51.100.0/24")]
    assert location.unknown == ()


@pytest.mark.parametrize("key", sorted(SENT - {"name", "networks"}))
def test_what_is_null_or_absent_is_not_sent(key: str) -> None:
    """Some of these keys may not be null in a body; absent means the same."""
    null = read_location({**READ, key: None})
    absent = read_location({k: value for k, value in READ.items() if k != key})
    assert null.body({}).keys() == absent.body({}).keys() == SENT - {key}
    assert (null.unknown, absent.unknown) == ((), ())
    assert null.differences(absent) == ()


def test_seconds_that_are_null_are_not_sent() -> None:
    """They may only be there if the mode is to override."""
    location = read_location({**READ, "max_ttl": {"mode": "disabled", "ttl_secs": None}})
    assert location.body({})["max_ttl"] == {"mode": "disabled"}


@pytest.mark.parametrize("networks", [None, [], [{"network": "192.0.2.1", "id": "x"}]])
def test_networks_of_earlier_versions_are_read(networks: object) -> None:
    """There may be none, and they had identifiers, which could not be written."""
    location = read_location({**READ, "networks": networks})
    assert location.unknown == ()
    sent = [{"network": "192.0.2.1"}] if networks else []
    assert location.body(location.networks)["networks"] == sent


@pytest.mark.parametrize(
    "fields, unknown",
    [
        pytest.param({"filters_ads": False}, ("filters_ads",), id="a new key"),
        pytest.param({"b": None, "a": 1}, ("a", "b"), id="new keys, one of them null"),
        pytest.param(
            {"dns_destination_ipv6_block_id": "b08f7231-d458-495c-98ef-190604c9ee83"},
            ("dns_destination_ipv6_block_id",),
            id="an IPv6 block",
        ),
        pytest.param({"endpoints": {"doh": {}}}, ("endpoints",), id="an endpoint less"),
        pytest.param(
            {"endpoints": {**ENDPOINTS, "doq": {}}}, ("endpoints",), id="an endpoint more"
        ),
        pytest.param({"endpoints": []}, ("endpoints",), id="no endpoints"),
        pytest.param({"max_ttl": 3600}, ("max_ttl",), id="a TTL without mode"),
        pytest.param({"networks": ["192.0.2.1"]}, ("networks",), id="a network as text"),
        pytest.param({"networks": [{"network": "::1"}]}, ("networks",), id="an IPv6 network"),
        pytest.param(
            {"networks": [{"network": "192.0.2.1/24"}]}, ("networks",), id="an address in one"
        ),
        pytest.param(
            {"networks": [{"network": "192.0.2.1", "name": "x"}]}, ("networks",), id="a name"
        ),
        pytest.param({"networks": {"a": 1}}, ("networks",), id="no list"),
        pytest.param(
            {"networks": [{"network": "192.0.2.1"}, {"network": "192.0.2.1/32"}]},
            ("networks",),
            id="a network twice",
        ),
    ],
)
def test_what_a_write_would_lose_is_named(fields: dict[str, Any], unknown: tuple[str, ...]) -> None:
    """Such a location is read, but never written."""
    assert read_location({**READ, **fields}).unknown == unknown


@pytest.mark.parametrize("fields", [{"id": "../zones"}, {"id": None}, {"name": None}])
def test_a_location_without_identity_is_an_error(fields: dict[str, Any]) -> None:
    """Its identifier becomes part of a path."""
    with pytest.raises(CloudflareResponseError):
        read_location({**READ, **fields})


@pytest.mark.parametrize("key", sorted(READ.keys() - {"id", "networks", "updated_at"}))
def test_every_field_is_compared(key: str) -> None:
    """Also those that can only be read; networks are compared apart."""
    before = read_location(READ)
    changed = {**READ, "updated_at": "2026-11-26T12:00:00Z", "networks": []}
    assert before.differences(read_location(changed)) == ()
    assert before.differences(read_location({**changed, key: "x"})) == (key,)


@pytest.mark.parametrize("seed", range(4))
def test_any_location_is_sent_back_as_it_was_read(seed: int) -> None:
    """Whatever it contains, at any depth; or it is not written."""
    random = Random(seed)
    for _ in range(2000):
        fields = changed_at_random(random)
        try:
            location = read_location(fields)
        except CloudflareResponseError:
            continue
        assert location.has_own_destination in {True, False}
        if location.unknown:
            continue
        body = location.body(location.networks)
        sent = {key: fields[key] for key in SENT if fields.get(key) is not None}
        if isinstance(ttl := sent.get("max_ttl"), dict) and ttl.get("ttl_secs", 0) is None:
            sent["max_ttl"] = {key: value for key, value in ttl.items() if key != "ttl_secs"}
        networks = [{"network": one["network"]} for one in sent.get("networks", ())]
        assert json.dumps(body, sort_keys=True) == json.dumps(
            {**sent, "networks": networks}, sort_keys=True
        )


def changed_at_random(random: Random) -> dict[str, Any]:
    """Return a location with some values that are absent, new, or something else."""
    fields = deepcopy(READ)
    for _ in range(random.randrange(1, 4)):
        within, key = random.choice([*_places(fields)])
        value = deepcopy(random.choice(ODD_VALUES))
        if random.random() < 0.3:
            del within[key]
        elif random.random() < 0.5:
            within[key] = value
        elif isinstance(within, dict):
            within[f"of_{random.randrange(2027, 2030)}"] = value
        else:
            within.insert(key, value)
    return fields


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - any JSON
    """Yield all places within a value: the object or list, and the key there."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield value, key
            yield from _places(item)


def test_a_change_within_an_endpoint_is_a_difference() -> None:
    """A default that is shown, or a null for an empty list, is none."""
    before = read_location(READ)
    shown = {**ENDPOINTS, "ipv6": {"enabled": True, "networks": None}}
    assert before.differences(read_location({**READ, "endpoints": shown})) == ()
    changed = {**ENDPOINTS, "doh": {**ENDPOINTS["doh"], "require_token": False}}
    assert before.differences(read_location({**READ, "endpoints": changed})) == ("endpoints",)
    without = read_location({k: v for k, v in READ.items() if k != "endpoints"})
    assert before.differences(without) == without.differences(before) == ("endpoints",)
    unset = read_location({**READ, "max_ttl": None})
    assert unset.differences(read_location({**READ, "max_ttl": {"mode": "inherit"}})) == ()


@pytest.mark.parametrize(
    "fields, uses_networks, has_own_destination",
    [
        ({}, True, False),
        ({"endpoints": None, "dns_destination_ips_id": None}, True, False),
        ({"endpoints": {**ENDPOINTS, "ipv4": {"enabled": False}}}, False, False),
        ({"endpoints": {**ENDPOINTS, "ipv4": None}}, True, False),
        ({"dns_destination_ips_id": "b08f7231-d458-495c-98ef-190604c9ee83"}, True, True),
    ],
)
def test_what_the_networks_are_for(
    fields: dict[str, Any],
    uses_networks: bool,  # noqa: FBT001 - of a table
    has_own_destination: bool,  # noqa: FBT001 - of a table
) -> None:
    """They have an effect while the IPv4 endpoint is on, and none is needed with own addresses."""
    location = read_location({**READ, **fields})
    assert location.uses_networks is uses_networks
    assert location.has_own_destination is has_own_destination
