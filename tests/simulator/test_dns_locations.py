"""DNS locations of Gateway: Cloudflare's SDK lists, reads and replaces them."""

from typing import Any

from aiohttp import ClientSession
from cloudflare import (
    APIStatusError,
    AsyncCloudflare,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from cloudflare.types.zero_trust.gateway import Location as Read
import pytest

from simulator import Simulator
from simulator.cloudflare.auth import ZERO_TRUST_PERMISSIONS, Permission
from simulator.cloudflare.dns_locations import SHARED_DESTINATION, Location
from simulator.cloudflare.zone import Account

from .conftest import EMAIL, KEY, TOKEN

HOME = Account("Home").id
UNKNOWN_ID = "0" * 32
LOCATION = "PUT /accounts/{account_id}/gateway/locations/{location_id}"
ENDPOINTS: dict[str, Any] = {
    "doh": {"enabled": True, "networks": [{"network": "2001:db8::/64"}], "require_token": True},
    "dot": {"enabled": False, "networks": [{"network": "198.51.100.0/24"}]},
    "ipv4": {"enabled": True},
    "ipv6": {"enabled": False, "networks": None},
}
OVERRIDE: dict[str, Any] = {"mode": "override", "ttl_secs": 3600}


@pytest.fixture
def location(simulator: Simulator) -> Location:
    """Return a location with settings of its own, and let the token edit locations."""
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    return simulator.cloudflare.locations.add(
        "Kids",
        ["203.0.113.7/32"],
        client_default=True,
        dns_destination_ips_id="b08f7231-d458-495c-98ef-190604c9ee83",
        ecs_support=True,
        endpoints=ENDPOINTS,
        max_ttl=OVERRIDE,
    )


async def read(client: AsyncCloudflare, location: Location) -> Read:
    """Return a location."""
    found = await client.zero_trust.gateway.locations.get(location.id, account_id=HOME)
    assert found is not None
    return found


async def put(client: AsyncCloudflare, location: Location, **body: Any) -> Read:
    """Replace a location; return what the API says it is now."""
    body = {"name": "Kids", **body}
    found = await client.zero_trust.gateway.locations.update(location.id, account_id=HOME, **body)
    assert found is not None
    return found


def networks(found: Read) -> list[str]:
    """Return the networks of a location."""
    return [one.network for one in found.networks or ()]


async def test_the_locations_of_an_account_are_listed(
    simulator: Simulator, client: AsyncCloudflare, location: Location
) -> None:
    """Everything the SDK knows of a location is there."""
    simulator.cloudflare.locations.add("theirs", account="Other")
    found = [one async for one in client.zero_trust.gateway.locations.list(account_id=HOME)]
    assert found == [await read(client, location)]
    (one,) = found
    assert (one.name, one.client_default, networks(one)) == ("Kids", True, ["203.0.113.7/32"])
    assert set(Read.model_fields) == set(location.shown())


async def test_a_put_with_all_keys_changes_one_network_only(
    simulator: Simulator, client: AsyncCloudflare, location: Location
) -> None:
    """The keys that can be written are sent as they were read."""
    before = location.shown()
    body = {key: before[key] for key in before if key in ("client_default", "ecs_support")}
    body |= {key: before[key] for key in ("endpoints", "max_ttl", "dns_destination_ips_id")}
    found = await put(client, location, **body, networks=[{"network": "203.0.113.8"}])
    assert networks(found) == ["203.0.113.8/32"]
    after = location.shown()
    differing = {key for key in before if before[key] != after[key]}
    assert differing == {"networks", "updated_at"}
    assert simulator.log.surprises == []


async def test_what_a_put_lacks_is_reset(client: AsyncCloudflare, location: Location) -> None:
    """Only the pair of addresses stays."""
    location.more = {"filters_ads": True}
    location.settings["dns_destination_ipv6_block_id"] = "b08f7231-d458-495c-98ef-190604c9ee83"
    found = await put(client, location)
    assert networks(found) == []
    assert (found.client_default, found.ecs_support) == (False, False)
    assert found.dns_destination_ips_id == "b08f7231-d458-495c-98ef-190604c9ee83"
    assert found.dns_destination_ipv6_block_id is None
    shown = location.shown()
    assert shown["max_ttl"] == {"mode": "inherit"}
    assert shown["endpoints"]["doh"]["require_token"] is False
    assert "filters_ads" not in shown


async def test_null_counts_as_absent(session: ClientSession, location: Location) -> None:
    """Also for the keys whose type has no null in the SDK."""
    keys = ("endpoints", "max_ttl", "networks", "dns_destination_ips_id")
    body = {"name": "Kids", **dict.fromkeys(keys)}
    async with session.put(path(location), json=body) as response:
        result = (await response.json())["result"]
    assert result["max_ttl"] == {"mode": "inherit"}
    assert result["networks"] == []


def path(location: Location) -> str:
    """Return the path of a location."""
    return f"accounts/{HOME}/gateway/locations/{location.id}"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": 7},
        {"client_default": 1},
        {"dns_destination_ips_id": 7},
        {"networks": "203.0.113.7"},
        {"networks": ["203.0.113.7"]},
        {"networks": [{"network": "203.0.113.7/24"}]},
        {"networks": [{"network": "203.0.112.0/23"}]},
        {"networks": [{"network": "2001:db8::1"}]},
        {"networks": [{"network": "203.0.113.7", "id": "x"}]},
        {"networks": [{"network": "203.0.113.7"}, {"network": "203.0.113.7/32"}]},
        {"endpoints": {"doh": {"enabled": True}}},
        {"endpoints": {**ENDPOINTS, "ipv4": {"enabled": True, "networks": []}}},
        {"max_ttl": {}},
        {"max_ttl": {"mode": "override"}},
        {"max_ttl": {"mode": "override", "ttl_secs": None}},
        {"max_ttl": {"mode": "inherit", "ttl_secs": None}},
        [],
    ],
)
async def test_malformed_locations_are_refused(
    session: ClientSession, location: Location, body: object
) -> None:
    """Nothing is changed then."""
    before = location.shown()
    if isinstance(body, dict) and body:
        body = {"name": "Kids", **body}
    async with session.put(path(location), json=body) as response:
        assert response.status == 400
    assert location.shown() == before


async def test_an_unknown_key_is_ignored_and_a_surprise(
    simulator: Simulator, session: ClientSession, location: Location
) -> None:
    """Also one that can only be read."""
    async with session.put(path(location), json={"name": "Kids", "ip": "::1"}) as response:
        assert response.status == 200
    assert simulator.log.surprises == [f"{LOCATION}: a location has no writable ip"]
    assert location.shown()["ip"] != "::1"


async def test_an_address_belongs_to_one_location(
    simulator: Simulator, client: AsyncCloudflare, location: Location
) -> None:
    """One that another account has cannot be added, and it is not said who has it."""
    simulator.cloudflare.locations.taken.add("203.0.113.8")
    simulator.cloudflare.locations.add("Office", ["198.51.100.0/24"], account="Other")
    for address in ("203.0.113.8", "198.51.100.4"):
        with pytest.raises(BadRequestError, match="Your source IPv4 address is taken"):
            await put(client, location, networks=[{"network": address}])
    assert networks(await read(client, location)) == ["203.0.113.7/32"]


async def test_external_changes_are_made_at_once(
    simulator: Simulator, client: AsyncCloudflare, location: Location
) -> None:
    """A test changes settings and networks, and removes a location."""
    locations = simulator.cloudflare.locations
    locations.edit(location, name="Children", max_ttl=None)
    locations.set_networks(location, ["198.51.100.1"])
    found = await read(client, location)
    assert (found.name, found.max_ttl, networks(found)) == ("Children", None, ["198.51.100.1"])
    locations.remove(location)
    with pytest.raises(NotFoundError):
        await read(client, location)
    plain = locations.add("Plain")
    assert plain.shown()["dns_destination_ips_id"] == SHARED_DESTINATION
    assert locations.networks(plain) == []


@pytest.mark.parametrize(
    "permissions, reads, writes",
    [({"dns:edit", "lists:edit"}, False, False), ({"zero_trust:read"}, True, False)],
)
async def test_locations_need_a_permission_of_the_account(
    simulator: Simulator,
    client: AsyncCloudflare,
    location: Location,
    permissions: set[Permission],
    reads: bool,  # noqa: FBT001 - of a table
    writes: bool,  # noqa: FBT001 - of a table
) -> None:
    """A token for DNS or lists has no access, and one that reads them may not write."""
    simulator.cloudflare.add_token(TOKEN, permissions=permissions)
    for may, action in (
        (reads, read(client, location)),
        (writes, put(client, location)),
    ):
        if may:
            await action
        else:
            with pytest.raises(PermissionDeniedError):
                await action


async def test_a_global_api_key_has_all_permissions(
    simulator: Simulator, location: Location
) -> None:
    """It belongs to a user."""
    simulator.cloudflare.add_user(EMAIL, KEY)
    url = simulator.cloudflare.base_url
    async with AsyncCloudflare(api_email=EMAIL, api_key=KEY, base_url=url) as client:
        assert (await put(client, location)).name == "Kids"


async def test_every_request_can_fail(
    simulator: Simulator, client: AsyncCloudflare, location: Location
) -> None:
    """A write can also ignore what was sent, as if it had been absent."""
    simulator.faults.add("cloudflare", LOCATION, kind="error", times=1)
    with pytest.raises(APIStatusError):
        await put(client, location)
    simulator.faults.add("cloudflare", LOCATION, kind="ignored_fields", fields=["max_ttl"], times=1)
    await put(client, location, max_ttl=OVERRIDE)
    assert location.shown()["max_ttl"] == {"mode": "inherit"}
