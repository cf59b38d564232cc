"""Updates of a Zero Trust list: one request reads it, and one changes it."""

from dataclasses import replace
from ipaddress import ip_network
import json
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.errors import (
    CloudflareError,
    CloudflarePermissionError,
    CloudflareResponseError,
    Permission,
)
from custom_components.raindrop.ddns.models import Reason, ResourceId
from custom_components.raindrop.ddns.resources.kinds import find_resources
from custom_components.raindrop.ddns.resources.resource_plan import adoptable_items
from custom_components.raindrop.ddns.resources.resource_settings import IPV6_HOST, ResourceKind
from custom_components.raindrop.ddns.resources.resource_state import ResourceResult
from custom_components.raindrop.ddns.resources.sync import (
    check_resource_edit,
    delete_own_items,
    preview_resource,
)
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.update_result import EventType
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import ZERO_TRUST_PERMISSIONS
from simulator.cloudflare.zero_trust_lists import ZeroTrustList, ZeroTrustLists
from tests.secrets import TOKEN

from .conftest import OTHERS
from .home import HERE, HERE_V6, THEIRS, ListHome, new_home

OLD, NEW, LATER = "81.2.69.142", "81.2.69.144", "81.2.69.146"
NETWORK, NEXT_NETWORK = "2001:218:1:2::/64", "2001:218:1:3::/64"
LISTS = "GET /accounts/{account_id}/gateway/lists"
READ = "GET /accounts/{account_id}/gateway/lists/{gateway_list_id}/items"
PATCH = "PATCH /accounts/{account_id}/gateway/lists/{gateway_list_id}"
BOTH = {Family.IPV4: HERE, Family.IPV6: HERE_V6}


@pytest.fixture
def lists(simulator: Simulator, zone: Zone) -> ZeroTrustLists:
    """Return the lists of the simulator, and let the token edit them."""
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    return simulator.cloudflare.zero_trust_lists


@pytest.fixture
def homes(lists: ZeroTrustLists) -> ZeroTrustList:
    """Return a list with items of others."""
    added = lists.add("Homes")
    for value, description in OTHERS.items():
        lists.add_item(added, value, description)
    return added


@pytest.fixture
def home(simulator: Simulator, session: ClientSession, homes: ZeroTrustList) -> ListHome:
    """Return a home with an address, before its first update."""
    home = new_home(simulator, session, homes, kind=ResourceKind.ZERO_TRUST_LIST)
    home.moves(OLD)
    return home


def sent(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests since the last time, and forget them."""
    found = [entry.endpoint for entry in simulator.log.entries]
    simulator.log.clear()
    return found


def held(of: ZeroTrustList, description: str | None) -> list[str]:
    """Return the values with a description in a list."""
    return [item.value for item in of.items if item.description == description]


def others(of: ZeroTrustList) -> dict[str, str | None]:
    """Return the items of others, which nobody may change."""
    return {item.value: item.description for item in of.items if item.value in OTHERS}


async def test_an_address_is_added_beside_those_of_others(
    simulator: Simulator, homes: ZeroTrustList, home: ListHome
) -> None:
    """The first update reads the list and appends the address."""
    result = await home.update()
    assert held(homes, home.comment) == [OLD]
    assert others(homes) == OTHERS
    assert "per_page=1000" in simulator.log.entries[0].target
    assert sent(simulator) == [READ, PATCH]
    assert home.state.is_in_sync
    assert home.state.is_done
    assert [(event.type, str(event.to_ip)) for event in result.events] == [(EventType.CREATED, OLD)]


async def test_a_change_costs_two_requests(
    simulator: Simulator, homes: ZeroTrustList, home: ListHome
) -> None:
    """The new address is appended and the old one removed at once; a right list costs one."""
    home.config = replace(home.config, sources=BOTH)
    home.moves("2001:218:1:2::142")
    await home.update()
    assert sent(simulator) == [READ, PATCH]
    home.moves(NEW)
    home.moves("2001:218:1:3::142")
    result = await home.update()
    (_, patch) = simulator.log.entries
    assert patch.body == {
        "append": [
            {"value": NEW, "description": home.comment},
            {"value": NEXT_NETWORK, "description": home.comment},
        ],
        "remove": [OLD, NETWORK],
    }
    assert sent(simulator) == [READ, PATCH]
    assert held(homes, home.comment) == [NEW, NEXT_NETWORK]
    assert others(homes) == OTHERS
    event = result.events[0]
    assert (event.type, str(event.from_ip), str(event.to_ip)) == (EventType.UPDATED, OLD, NEW)
    home.restarts()
    assert await home.update() == ResourceResult()
    assert sent(simulator) == [READ]
    assert home.state.is_in_sync


async def test_an_external_value_is_never_removed(
    simulator: Simulator, lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """Removing it would remove both, so it stays until it is this home's alone."""
    await home.update()
    office = lists.add_item(homes, f"{OLD}/32", "office, too")
    home.moves(NEW)
    sent(simulator)
    await home.update()
    (_, patch) = simulator.log.entries
    assert patch.body == {"append": [{"value": NEW, "description": home.comment}], "remove": []}
    assert held(homes, home.comment) == [OLD, NEW]
    assert home.state.is_in_sync
    await delete_own_items(home.client, home.config, _never)
    assert held(homes, home.comment) == [OLD]
    lists.delete_item(homes, office)
    await home.update()
    assert held(homes, home.comment) == [NEW]
    assert others(homes) == OTHERS


async def test_an_item_that_is_there_twice_is_not_removed(
    lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """Removing one of two equal values would remove both, and leave a gap."""
    await home.update()
    lists.add_item(homes, OLD, home.comment)
    await home.update()
    assert held(homes, home.comment) == [OLD, OLD]
    home.moves(NEW)
    await home.update()
    assert held(homes, home.comment) == [NEW]


async def test_an_adopted_item_is_replaced(
    simulator: Simulator, lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """One that is added later with the same value is somebody else's."""
    lists.add_item(homes, OLD)
    items, _ = await preview_resource(home.client, home.config, home.detections)
    (item,) = adoptable_items(items, [ip_network(OLD)])
    home.config = replace(home.config, adopted=frozenset({item.id}))
    home.moves(NEW)
    await home.update()
    assert held(homes, None) == ["198.51.100.0/24"]
    assert held(homes, home.comment) == [NEW]
    home.moves(LATER)
    await home.update()
    await _later(simulator)
    lists.add_item(homes, OLD)
    home.moves(NEW)
    await home.update()
    assert held(homes, None) == ["198.51.100.0/24", OLD]


async def _later(simulator: Simulator) -> None:
    """Let the clock of the simulator go on."""
    before = simulator.cloudflare.now
    simulator.cloudflare.now = lambda: before().replace(year=2030)


async def test_what_is_refused_of_one_family_does_not_stop_the_other(
    simulator: Simulator, lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """An old network stays until there is a new item."""
    home.config = replace(home.config, sources=BOTH, ipv6_prefix_length=IPV6_HOST)
    lists.accepts_ipv6_hosts = False
    lists.add_item(homes, "2001:218:1:1::/64", home.comment)
    home.moves("2001:218:1:2::142")
    await home.update()
    assert sent(simulator) == [READ, PATCH, PATCH, PATCH]
    assert held(homes, home.comment) == ["2001:218:1:1::/64", OLD]
    assert home.state.reason is Reason.REFUSED
    lists.accepts_ipv6_hosts = True
    await home.update()
    assert held(homes, home.comment) == [OLD, "2001:218:1:2::142"]
    assert home.state.is_in_sync


async def test_a_change_without_a_response_is_read_again(
    simulator: Simulator, homes: ZeroTrustList, home: ListHome
) -> None:
    """It may have been made, and is not made twice."""
    simulator.faults.add("cloudflare", PATCH, kind="lost_response", times=1)
    await home.update()
    assert home.state.reason is Reason.UNCONFIRMED
    sent(simulator)
    await home.update()
    assert sent(simulator) == [READ]
    assert home.state.is_in_sync


async def test_a_full_list_is_a_reason(
    lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """A change of address still fits, because the old one is removed."""
    lists.max_items = 3
    await home.update()
    assert home.state.reason is Reason.REFUSED
    lists.max_items = 4
    await home.update()
    home.moves(NEW)
    await home.update()
    assert held(homes, home.comment) == [NEW]


async def test_an_external_change_is_corrected_twice(
    lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """The third time it is left alone, until the user says otherwise."""
    await home.update()
    for _ in range(3):
        (item,) = (i for i in lists.items(homes) if i["value"] == OLD)
        lists.delete_item(homes, item)
        result = await home.update()
    assert result.events[-1].reason is Reason.CONTESTED
    assert held(homes, home.comment) == []
    result = await home.update(overrule=True)
    assert [e.type for e in result.events] == [EventType.DRIFT_CORRECTED, EventType.RECOVERED]
    assert held(homes, home.comment) == [OLD]


async def test_a_list_that_is_gone_is_a_reason(
    lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """Nothing of this home is left in it."""
    lists.remove(homes)
    await home.update()
    assert home.state.reason is Reason.NOT_FOUND
    await delete_own_items(home.client, home.config, _never)


async def test_a_missing_permission_is_named(simulator: Simulator, home: ListHome) -> None:
    """Also that of a token which may only read."""
    await home.update()
    home.moves(NEW)
    simulator.cloudflare.add_token(TOKEN, permissions={"zero_trust:read"})
    result = await home.update()
    (error,) = result.errors
    assert isinstance(error, CloudflarePermissionError)
    assert error.missing is Permission.ZERO_TRUST_EDIT
    simulator.cloudflare.add_token(TOKEN, permissions=set())
    (error,) = (await home.update()).errors
    assert isinstance(error, CloudflarePermissionError)
    assert error.missing is Permission.ZERO_TRUST_EDIT
    simulator.cloudflare.add_token(TOKEN, permissions={"zero_trust:read"})
    with pytest.raises(CloudflarePermissionError):
        await check_resource_edit(home.client, home.config)
    with pytest.raises(CloudflarePermissionError):
        await delete_own_items(home.client, home.config, _never)


async def test_the_items_of_this_home_are_deleted(
    simulator: Simulator, homes: ZeroTrustList, home: ListHome
) -> None:
    """With one request, or with none if there is nothing."""
    await home.update()
    sent(simulator)
    await delete_own_items(home.client, home.config, _never)
    assert sent(simulator) == [READ, PATCH]
    assert held(homes, home.comment) == []
    assert others(homes) == OTHERS
    await delete_own_items(home.client, home.config, _never)
    assert sent(simulator) == [READ]


async def test_several_homes_share_a_list(
    simulator: Simulator, session: ClientSession, homes: ZeroTrustList, home: ListHome
) -> None:
    """Each only changes its own item, also while both have the same address."""
    kind = ResourceKind.ZERO_TRUST_LIST
    other = new_home(simulator, session, homes, THEIRS, kind=kind)
    await home.update()
    other.moves(OLD)
    await other.update()
    assert (held(homes, home.comment), held(homes, other.comment)) == ([OLD], [])
    other.moves(NEW)
    await other.update()
    home.moves(LATER)
    await home.update()
    assert (held(homes, home.comment), held(homes, other.comment)) == ([LATER], [NEW])


async def test_a_long_list_is_read_to_its_end(
    simulator: Simulator, lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """However many items a page has; a list that is not complete is an error."""
    await home.update()
    add = simulator.faults.add
    for kind, size in (("small_pages", 3), ("no_result_info", 500)):
        add("cloudflare", READ, kind=kind, size=size, times=2)
        sent(simulator)
        await home.update()
        assert sent(simulator) == [READ, READ]
        assert home.state.is_in_sync
        simulator.faults.clear()
    shifts: list[dict[str, Any]] = [
        {"kind": "repeated_id", "position": 3},
        {"kind": "short_list", "position": 3},
        {"kind": "small_pages", "size": 3, "shift": 1},
    ]
    for fault in shifts:
        add("cloudflare", READ, **fault)
        result = await home.update()
        assert isinstance(result.errors[0], CloudflareResponseError)
        assert str(result.errors[0]) == "Cloudflare's list is not complete"
        simulator.faults.clear()
    assert held(homes, home.comment) == [OLD]


async def test_an_endless_list_is_an_error(simulator: Simulator, home: ListHome) -> None:
    """Every page has another item, and nothing says how many there are."""
    body = json.dumps({"success": True, "result": [{"value": "198.51.100.9"}]})
    simulator.faults.add("cloudflare", READ, kind="body", body=body)
    result = await home.update()
    assert isinstance(result.errors[0], CloudflareResponseError)
    assert str(result.errors[0]) == "Cloudflare's list has no end"
    assert len(sent(simulator)) == 100


async def test_an_odd_external_item_stops_nothing(
    simulator: Simulator, homes: ZeroTrustList, home: ListHome
) -> None:
    """One that cannot be read and has this home's comment is an error."""
    odd = {"value": "x", "description": "office"}
    shown = {"success": True, "result": [odd, {}], "result_info": {"total_count": 2}}
    simulator.faults.add("cloudflare", READ, kind="body", body=json.dumps(shown), times=1)
    result = await home.update()
    assert len(result.added) == 1
    odd["description"] = home.comment
    simulator.faults.add("cloudflare", READ, kind="body", body=json.dumps(shown), times=1)
    result = await home.update()
    assert isinstance(result.errors[0], CloudflareResponseError)


async def test_the_lists_of_addresses_are_found(
    simulator: Simulator, lists: ZeroTrustLists, homes: ZeroTrustList, home: ListHome
) -> None:
    """Lists of other types are left out, and whether the token may edit is found out."""
    lists.add("Blocked", list_type="DOMAIN")
    found = await find_resources(home.client, ResourceKind.ZERO_TRUST_LIST, home.config.account_id)
    assert [(one.id, one.name, one.item_count) for one in found] == [
        (ResourceId(homes.id), "Homes", 3)
    ]
    await check_resource_edit(home.client, home.config)
    assert sent(simulator) == [LISTS, PATCH]
    assert others(homes) == OTHERS
    simulator.faults.add("cloudflare", PATCH, kind="error", status=400, code=1, times=1)
    await check_resource_edit(home.client, home.config)
    simulator.cloudflare.reachable = False
    with pytest.raises(CloudflareError):
        await check_resource_edit(home.client, home.config)


async def _never() -> bool:
    """Fail: nothing of a Zero Trust list takes time."""
    raise AssertionError
