"""Lists of an account: Cloudflare's SDK lists, appends, replaces and deletes items."""

from typing import Any

from aiohttp import ClientSession
from cloudflare import (
    APIStatusError,
    AsyncCloudflare,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from cloudflare.types.rules.lists.item_create_params import Body
import pytest

from simulator import Simulator
from simulator.cloudflare.auth import LIST_PERMISSIONS, Permission
from simulator.cloudflare.ip_lists import ItemList
from simulator.cloudflare.zone import Account

from .conftest import EMAIL, KEY, TOKEN

HOME = Account("Home").id
UNKNOWN_ID = "0" * 32
ITEMS = "GET /accounts/{account_id}/rules/lists/{list_id}/items"


@pytest.fixture
def trusted(simulator: Simulator) -> ItemList:
    """Return a list with one item of somebody, and let the token edit lists."""
    simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)
    added = simulator.cloudflare.lists.add("trusted")
    simulator.cloudflare.lists.add_item(added, "198.51.100.1", "office")
    return added


async def items(client: AsyncCloudflare, of: ItemList, **query: Any) -> list[tuple[Any, ...]]:
    """Return the addresses and comments of a list, of all its pages."""
    found = client.rules.lists.items.list(of.id, account_id=HOME, **query)
    return [(getattr(item, "ip", None), item.comment) async for item in found]


async def append(client: AsyncCloudflare, to: ItemList, *ips: str) -> str:
    """Append items; return the id of the operation."""
    body: list[Body] = [{"ip": ip, "comment": "mine"} for ip in ips]
    begun = await client.rules.lists.items.create(to.id, account_id=HOME, body=body)
    assert begun is not None
    return begun.operation_id


async def status(client: AsyncCloudflare, operation_id: str) -> str:
    """Return the status of an operation."""
    operation = await client.rules.lists.bulk_operations.get(operation_id, account_id=HOME)
    assert operation is not None
    return str(operation.status)


async def test_the_lists_of_an_account_are_listed(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """A list says how many items it has and whether a rule uses it."""
    simulator.cloudflare.lists.add("redirects", kind="redirect", is_used=False)
    simulator.cloudflare.lists.add("theirs", account="Other")

    found = [one async for one in client.rules.lists.list(account_id=HOME)]

    assert [(one.name, one.kind, one.num_items, one.num_referencing_filters) for one in found] == [
        ("trusted", "ip", 1, 1),
        ("redirects", "redirect", 0, 0),
    ]
    single = await client.rules.lists.get(trusted.id, account_id=HOME)
    assert single is not None
    assert (single.id, single.name) == (trusted.id, "trusted")


async def test_items_are_appended_and_deleted_later(
    client: AsyncCloudflare, trusted: ItemList
) -> None:
    """A write returns an operation; the list changes when it is completed."""
    operation_id = await append(client, trusted, "203.0.113.7", "2001:db8:1:2::/64")
    assert await status(client, operation_id) == "completed"
    assert await items(client, trusted) == [
        ("198.51.100.1", "office"),
        ("203.0.113.7", "mine"),
        ("2001:db8:1:2::/64", "mine"),
    ]
    office = next(iter(trusted.items))
    begun = await client.rules.lists.items.delete(
        trusted.id, account_id=HOME, items=[{"id": office}]
    )
    assert begun is not None
    assert await status(client, begun.operation_id) == "completed"
    assert ("198.51.100.1", "office") not in await items(client, trusted)


async def test_an_operation_takes_several_requests(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """It is pending, then running, and nothing is changed until it is completed."""
    simulator.cloudflare.lists.steps = 3
    operation_id = await append(client, trusted, "203.0.113.7")
    assert await status(client, operation_id) == "running"
    assert len(simulator.cloudflare.lists.items(trusted)) == 1
    assert await status(client, operation_id) == "running"
    assert await status(client, operation_id) == "completed"
    assert len(simulator.cloudflare.lists.items(trusted)) == 2


async def test_one_operation_at_a_time_is_pending_in_an_account(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """A second one is refused with 429, for any list, until the first one is finished."""
    simulator.cloudflare.lists.steps = None
    other = simulator.cloudflare.lists.add("other")
    operation_id = await append(client, trusted, "203.0.113.7")
    with pytest.raises(RateLimitError) as caught:
        await append(client, other, "203.0.113.8")
    assert "Retry-After" not in caught.value.response.headers
    assert await status(client, operation_id) == "pending"

    simulator.cloudflare.lists.finish()

    assert await status(client, operation_id) == "completed"
    await append(client, other, "203.0.113.8")


async def test_an_operation_can_fail(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """It says why, and nothing is changed."""
    simulator.cloudflare.lists.failure = "internal error"
    operation_id = await append(client, trusted, "203.0.113.7")
    operation = await client.rules.lists.bulk_operations.get(operation_id, account_id=HOME)
    assert operation is not None
    assert (operation.status, getattr(operation, "error", None)) == ("failed", "internal error")
    assert len(simulator.cloudflare.lists.items(trusted)) == 1


async def test_a_put_replaces_all_items(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """What others put into the list is gone, which is a surprise."""
    begun = await client.rules.lists.items.update(
        trusted.id, account_id=HOME, body=[{"ip": "203.0.113.7"}]
    )
    assert begun is not None
    assert await status(client, begun.operation_id) == "completed"
    assert await items(client, trusted) == [("203.0.113.7", None)]
    assert len(simulator.log.surprises) == 1


async def test_items_are_paged_by_a_cursor(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """The SDK follows the cursor to the end; a search finds items by the start of the address."""
    for number in range(6):
        simulator.cloudflare.lists.add_item(trusted, f"203.0.113.{number}")
    assert len(await items(client, trusted, per_page=3)) == 7
    assert simulator.log.count(endpoint=ITEMS) == 3
    assert await items(client, trusted, search="198.") == [("198.51.100.1", "office")]
    for query in ({"cursor": "x"}, {"cursor": "x" * 40}, {"per_page": 501}):
        with pytest.raises(BadRequestError):
            await items(client, trusted, **query)


async def test_an_item_with_the_address_of_another_replaces_it(
    client: AsyncCloudflare, trusted: ItemList
) -> None:
    """A client that appends an address that is there takes the item from its owner."""
    operation_id = await append(client, trusted, "198.51.100.1")
    assert await status(client, operation_id) == "completed"
    assert await items(client, trusted) == [("198.51.100.1", "mine")]


async def test_addresses_are_normalized(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """A prefix of one address is the address; long prefixes of IPv6 depend on a switch."""
    await append(client, trusted, "203.0.113.7/32")
    with pytest.raises(BadRequestError):
        await append(client, trusted, "2001:db8::1")
    assert (await items(client, trusted))[1:] == [("203.0.113.7", "mine")]
    simulator.cloudflare.lists.accepts_ipv6_hosts = True
    await append(client, trusted, "2001:db8::1")
    assert (await items(client, trusted))[2:] == [("2001:db8::1", "mine")]


@pytest.mark.parametrize(
    "body",
    [
        {"ip": "203.0.113.7"},
        [{"ip": "203.0.113.7/24"}],
        [{"ip": 7}],
        ["203.0.113.7"],
        [{"ip": "203.0.113.7", "comment": "x" * 501}],
    ],
)
async def test_malformed_items_are_refused(
    session: ClientSession, trusted: ItemList, body: object
) -> None:
    """Nothing begins for a body that is no list of addresses."""
    path = f"accounts/{HOME}/rules/lists/{trusted.id}/items"
    async with session.post(path, json=body) as response:
        assert response.status == 400


async def test_what_does_not_exist_is_not_found(client: AsyncCloudflare, trusted: ItemList) -> None:
    """Neither a list, nor an item to delete, nor an operation."""
    lists = client.rules.lists
    with pytest.raises(NotFoundError):
        await lists.get(UNKNOWN_ID, account_id=HOME)
    with pytest.raises(NotFoundError):
        await lists.items.delete(trusted.id, account_id=HOME, items=[{"id": UNKNOWN_ID}])
    with pytest.raises(NotFoundError):
        await lists.bulk_operations.get(UNKNOWN_ID, account_id=HOME)
    with pytest.raises(BadRequestError):
        await lists.items.delete(trusted.id, account_id=HOME, items=[])


async def test_the_lists_of_an_account_hold_a_number_of_items(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """All lists of an account together."""
    simulator.cloudflare.lists.max_items = 2
    other = simulator.cloudflare.lists.add("other")
    await append(client, other, "203.0.113.7")
    with pytest.raises((BadRequestError, RateLimitError)):
        await append(client, other, "203.0.113.8", "203.0.113.9")


async def test_external_changes_are_made_at_once(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """A test adds and deletes items, and removes a list."""
    lists = simulator.cloudflare.lists
    added = lists.add_item(trusted, "203.0.113.7")
    assert ("203.0.113.7", None) in await items(client, trusted)
    lists.delete_item(trusted, str(added["id"]))
    assert await items(client, trusted) == [("198.51.100.1", "office")]
    lists.remove(trusted)
    with pytest.raises(NotFoundError):
        await items(client, trusted)
    with pytest.raises(ValueError, match="name of a list"):
        lists.add("Trusted list")


@pytest.mark.parametrize(
    "permissions, reads, writes",
    [({"dns:edit", "zone:read"}, False, False), ({"lists:read"}, True, False)],
)
async def test_lists_need_a_permission_of_the_account(
    simulator: Simulator,
    client: AsyncCloudflare,
    trusted: ItemList,
    permissions: set[Permission],
    reads: bool,  # noqa: FBT001 - of a table
    writes: bool,  # noqa: FBT001 - of a table
) -> None:
    """A token for DNS has no access to lists, and one that reads them may not write."""
    simulator.cloudflare.add_token(TOKEN, permissions=permissions)
    for may, action in (
        (reads, items(client, trusted)),
        (writes, append(client, trusted, "8.8.8.8")),
    ):
        if may:
            await action
        else:
            with pytest.raises(PermissionDeniedError):
                await action


async def test_credentials_are_checked_as_for_an_account(
    simulator: Simulator, trusted: ItemList
) -> None:
    """An unknown token has another error than for a zone; a Global API Key has all permissions."""
    simulator.cloudflare.add_user(EMAIL, KEY)
    url = simulator.cloudflare.base_url
    async with AsyncCloudflare(api_email=EMAIL, api_key=KEY, base_url=url) as client:
        assert len(await items(client, trusted)) == 1
    async with AsyncCloudflare(api_token="u" * 40, base_url=url, max_retries=0) as client:
        with pytest.raises(AuthenticationError):
            await items(client, trusted)
    simulator.cloudflare.add_token(TOKEN, only_from=["192.0.2.0/24"])
    async with AsyncCloudflare(api_token=TOKEN, base_url=url, max_retries=0) as client:
        with pytest.raises(PermissionDeniedError):
            await items(client, trusted)


async def test_every_request_can_fail(
    simulator: Simulator, client: AsyncCloudflare, trusted: ItemList
) -> None:
    """Faults have the endpoints of lists as their targets."""
    simulator.faults.add("cloudflare", ITEMS, kind="error", times=1)
    with pytest.raises(APIStatusError):
        await items(client, trusted)
    assert len(await items(client, trusted)) == 1
