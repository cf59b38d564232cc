"""Zero Trust lists: Cloudflare's SDK lists them, and appends and removes items."""

from typing import Any

from aiohttp import ClientSession
from cloudflare import (
    APIStatusError,
    AsyncCloudflare,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from cloudflare.types.zero_trust.gateway import GatewayItem, GatewayList
import pytest

from simulator import Simulator
from simulator.cloudflare.auth import ZERO_TRUST_PERMISSIONS, Permission
from simulator.cloudflare.zero_trust_lists import ZeroTrustList
from simulator.cloudflare.zone import Account

from .conftest import EMAIL, KEY, TOKEN

HOME = Account("Home").id
UNKNOWN_ID = "00000000-0000-0000-0000-000000000000"
ITEMS = "GET /accounts/{account_id}/gateway/lists/{gateway_list_id}/items"
PATCH = "PATCH /accounts/{account_id}/gateway/lists/{gateway_list_id}"


@pytest.fixture
def homes(simulator: Simulator) -> ZeroTrustList:
    """Return a list with one item of somebody, and let the token edit Zero Trust settings."""
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    added = simulator.cloudflare.zero_trust_lists.add("Homes")
    simulator.cloudflare.zero_trust_lists.add_item(added, "198.51.100.1", "office")
    return added


async def items(client: AsyncCloudflare, of: ZeroTrustList, **query: Any) -> list[tuple[Any, ...]]:
    """Return the values and descriptions of a list, of all its pages."""
    found = client.zero_trust.gateway.lists.items.list(of.id, account_id=HOME, **query)
    return [(item.value, item.description) async for item in found]


async def edit(client: AsyncCloudflare, of: ZeroTrustList, **body: Any) -> GatewayList:
    """Append and remove items; return what the API says of the list."""
    found = await client.zero_trust.gateway.lists.edit(of.id, account_id=HOME, **body)
    assert found is not None
    return found


async def test_the_lists_of_an_account_are_listed(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """The type of a list is a filter."""
    lists = client.zero_trust.gateway.lists
    simulator.cloudflare.zero_trust_lists.add("Blocked", list_type="DOMAIN")
    simulator.cloudflare.zero_trust_lists.add("Theirs", account="Other")

    found = [one async for one in lists.list(account_id=HOME)]

    shown = [(one.name, one.type, one.count) for one in found]
    assert shown == [("Homes", "IP", 1), ("Blocked", "DOMAIN", 0)]
    assert [one.name async for one in lists.list(account_id=HOME, type="IP")] == ["Homes"]
    single = await lists.get(homes.id, account_id=HOME)
    assert single == found[0]
    assert set(GatewayList.model_fields) == {*homes.shown(), "items"}


async def test_items_are_appended_and_removed_in_one_request(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """Nothing else changes."""
    mine = [{"value": "203.0.113.7", "description": "mine"}, {"value": "2001:db8:1:2::/64"}]
    await edit(client, homes, append=mine)
    found = await edit(
        client,
        homes,
        append=[{"value": "203.0.113.8", "description": "mine"}],
        remove=["203.0.113.7"],
    )
    assert found.count == 3
    assert await items(client, homes) == [
        ("198.51.100.1", "office"),
        ("2001:db8:1:2::/64", None),
        ("203.0.113.8", "mine"),
    ]
    (office, *_) = simulator.cloudflare.zero_trust_lists.items(homes)
    assert office.keys() == set(GatewayItem.model_fields)


async def test_a_value_is_removed_whoever_it_is_of(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """Two items may have one value, and the API removes both."""
    simulator.cloudflare.zero_trust_lists.add_item(homes, "198.51.100.1", "mine")
    await edit(client, homes, remove=["198.51.100.1"])
    assert await items(client, homes) == []


async def test_a_list_has_no_value_twice(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """However it is written; whether that is so is a setting."""
    with pytest.raises(BadRequestError):
        await edit(client, homes, append=[{"value": "198.51.100.1/32"}])
    simulator.cloudflare.zero_trust_lists.accepts_duplicates = True
    await edit(client, homes, append=[{"value": "198.51.100.1/32"}])
    assert len(await items(client, homes)) == 2


async def test_what_is_refused_changes_nothing(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """Also if only a part of it is wrong."""
    lists = simulator.cloudflare.zero_trust_lists
    lists.accepts_ipv6_hosts = False
    for body in (
        {"append": [{"value": "203.0.113.7"}, {"value": "203.0.113.7/24"}]},
        {"append": [{"value": "2001:db8::1"}]},
        {"append": [{"value": "203.0.113.7"}], "remove": ["203.0.113.9"]},
        {"append": [{"description": "mine"}]},
        {"append": [{"value": "203.0.113.7", "description": "x" * 501}]},
    ):
        with pytest.raises(BadRequestError):
            await edit(client, homes, **body)
    lists.max_items = 1
    with pytest.raises(BadRequestError):
        await edit(client, homes, append=[{"value": "203.0.113.7"}])
    assert await items(client, homes) == [("198.51.100.1", "office")]


@pytest.mark.parametrize("body", [{"append": "203.0.113.7"}, {"remove": "203.0.113.7"}])
async def test_malformed_changes_are_refused(
    session: ClientSession, homes: ZeroTrustList, body: object
) -> None:
    """Nothing is changed then."""
    path = f"accounts/{HOME}/gateway/lists/{homes.id}"
    async with session.patch(path, json=body) as response:
        assert response.status == 400


async def test_a_list_of_another_type_takes_any_value(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """Only a list of addresses checks them."""
    blocked = simulator.cloudflare.zero_trust_lists.add("Blocked", list_type="DOMAIN")
    await edit(client, blocked, append=[{"value": "example.com"}])
    assert await items(client, blocked) == [("example.com", None)]


async def test_items_are_paged(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """The SDK goes on until a page is empty."""
    for number in range(6):
        simulator.cloudflare.zero_trust_lists.add_item(homes, f"203.0.113.{number}")
    assert len(await items(client, homes, per_page=3)) == 7
    assert simulator.log.count(endpoint=ITEMS) == 4
    with pytest.raises(BadRequestError):
        await items(client, homes, per_page=1001)


async def test_external_changes_are_made_at_once(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """A test adds and deletes items, and removes a list."""
    lists = simulator.cloudflare.zero_trust_lists
    added = lists.add_item(homes, "203.0.113.7")
    assert ("203.0.113.7", None) in await items(client, homes)
    lists.delete_item(homes, added)
    assert await items(client, homes) == [("198.51.100.1", "office")]
    lists.remove(homes)
    with pytest.raises(NotFoundError):
        await items(client, homes)
    for number in range(100):
        lists.add(str(number))
    with pytest.raises(ValueError, match="100"):
        lists.add("100")


async def test_what_does_not_exist_is_not_found(
    client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """A list has a UUID with hyphens."""
    with pytest.raises(NotFoundError):
        await client.zero_trust.gateway.lists.get(UNKNOWN_ID, account_id=HOME)
    with pytest.raises(BadRequestError):
        await client.zero_trust.gateway.lists.get("0" * 32, account_id=HOME)


@pytest.mark.parametrize(
    "permissions, reads, writes",
    [({"dns:edit", "lists:edit"}, False, False), ({"zero_trust:read"}, True, False)],
)
async def test_lists_need_a_permission_of_the_account(
    simulator: Simulator,
    client: AsyncCloudflare,
    homes: ZeroTrustList,
    permissions: set[Permission],
    reads: bool,  # noqa: FBT001 - of a table
    writes: bool,  # noqa: FBT001 - of a table
) -> None:
    """A token for DNS or IP lists has no access, and one that reads them may not write."""
    simulator.cloudflare.add_token(TOKEN, permissions=permissions)
    for may, action in (
        (reads, items(client, homes)),
        (writes, edit(client, homes, append=[{"value": "203.0.113.7"}])),
    ):
        if may:
            await action
        else:
            with pytest.raises(PermissionDeniedError):
                await action


async def test_a_global_api_key_has_all_permissions(
    simulator: Simulator, homes: ZeroTrustList
) -> None:
    """It belongs to a user."""
    simulator.cloudflare.add_user(EMAIL, KEY)
    url = simulator.cloudflare.base_url
    async with AsyncCloudflare(api_email=EMAIL, api_key=KEY, base_url=url) as client:
        assert len(await items(client, homes)) == 1


async def test_every_request_can_fail(
    simulator: Simulator, client: AsyncCloudflare, homes: ZeroTrustList
) -> None:
    """Pages can lack items, and a write can ignore what was sent."""
    add = simulator.faults.add
    add("cloudflare", ITEMS, kind="error", times=1)
    with pytest.raises(APIStatusError):
        await items(client, homes)
    add("cloudflare", ITEMS, kind="short_list", times=1)
    assert await items(client, homes) == []
    add("cloudflare", PATCH, kind="ignored_fields", fields=["append"], times=1)
    await edit(client, homes, append=[{"value": "203.0.113.7"}])
    assert await items(client, homes) == [("198.51.100.1", "office")]
