"""Updates of a list: requests, failures, and what is known afterwards."""

from dataclasses import replace
import json

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.detection.detection import Response
from custom_components.raindrop.ddns.errors import (
    CloudflareBusyError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareResponseError,
    DetectionError,
    Permission,
)
from custom_components.raindrop.ddns.models import Reason, ResourceId
from custom_components.raindrop.ddns.resources.api import no_time
from custom_components.raindrop.ddns.resources.kinds import find_resources
from custom_components.raindrop.ddns.resources.resource_settings import IPV6_HOST, ResourceKind
from custom_components.raindrop.ddns.resources.resource_state import ResourceResult
from custom_components.raindrop.ddns.resources.sync import (
    check_resource_edit,
    delete_own_items,
    preview_resource,
    sync_resource,
)
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.update_result import EventType
from simulator import Simulator
from simulator.cloudflare.ip_lists import ItemList
from tests.secrets import TOKEN

from .conftest import OTHERS
from .home import ADD, DELETE, HERE, HERE_V6, LISTS, POLL, READ, THEIRS, ListHome, held, new_home

OLD, NEW, LATER = "81.2.69.142", "81.2.69.144", "81.2.69.146"
NEXT_PAGE = {"result_info": {"cursors": {"after": "x"}}}


def sent(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests since the last time, and forget them."""
    found = [entry.endpoint for entry in simulator.log.entries]
    simulator.log.clear()
    return found


def others(simulator: Simulator, of: ItemList) -> dict[str, str | None]:
    """Return the items of others, which nobody may change."""
    items = simulator.cloudflare.lists.items(of)
    return {i["ip"]: i.get("comment") for i in items if i["ip"] in OTHERS}


async def test_an_address_is_added_beside_those_of_others(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """The first update reads, adds, and waits until that is completed."""
    result = await home.update()
    assert held(simulator, trusted, home.comment) == [OLD]
    assert others(simulator, trusted) == OTHERS
    assert sent(simulator) == [READ, ADD, POLL]
    assert home.state.is_in_sync
    assert home.state.is_done
    assert [(event.type, str(event.to_ip)) for event in result.events] == [(EventType.CREATED, OLD)]
    assert {f: str(n) for f, n in home.state.networks.items()} == {Family.IPV4: f"{OLD}/32"}
    assert home.state.written_at == home.now


async def test_a_change_costs_five_requests_and_one_for_each_further_poll(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """The new address is certain before the old one is deleted."""
    await home.update()
    sent(simulator)
    home.moves(NEW)
    result = await home.update()
    assert sent(simulator) == [READ, ADD, POLL, DELETE, POLL]
    assert held(simulator, trusted, home.comment) == [NEW]
    event = result.events[0]
    assert (event.type, str(event.from_ip), str(event.to_ip)) == (EventType.UPDATED, OLD, NEW)
    assert (event.family, event.resource_id) == (Family.IPV4, home.config.resource_id)
    assert [str(item.network) for item in result.deleted] == [f"{OLD}/32"]

    simulator.cloudflare.lists.steps = 3
    home.moves(LATER)
    await home.update()
    assert sent(simulator) == [READ, ADD, POLL, POLL, POLL, DELETE, POLL, POLL, POLL]
    assert held(simulator, trusted, home.comment) == [LATER]
    assert others(simulator, trusted) == OTHERS


async def test_nothing_is_written_if_the_list_is_right(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """One request reads it."""
    await home.update()
    home.restarts()
    sent(simulator)
    result = await home.update()
    assert sent(simulator) == [READ]
    assert result == ResourceResult()
    assert home.state.is_in_sync


async def test_an_address_that_is_not_known_changes_nothing(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """For a quarter of an hour that is no problem either."""
    await home.update()
    home.moves(None)
    sent(simulator)
    await home.update()
    assert sent(simulator) == [READ]
    assert held(simulator, trusted, home.comment) == [OLD]
    assert home.state.reason is None
    assert not home.state.is_in_sync
    home.passes(15)
    result = await home.update()
    assert home.state.reason is Reason.NO_ADDRESS
    assert [(e.type, e.reason) for e in result.events] == [(EventType.FAILED, Reason.NO_ADDRESS)]
    home.moves(NEW)
    result = await home.update()
    assert [event.type for event in result.events] == [EventType.UPDATED, EventType.RECOVERED]


async def test_a_flapping_address_waits(home: ListHome) -> None:
    """That is a reason, but neither a failure nor a recovery."""
    await home.update()
    home.moves(None, is_flapping=True)
    home.assess()
    assert home.state.reason is Reason.FLAPPING
    assert not home.state.has_failed


async def test_a_shared_address_is_not_added(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """The neighbors would be let in."""
    by_router = Response(provider="sensor.router", error=DetectionError.CGNAT)
    home.moves(OLD, source_response=by_router)
    await home.update()
    assert home.state.reason is Reason.SHARED_ADDRESS
    assert held(simulator, trusted, home.comment) == []


async def test_both_families_are_kept(
    simulator: Simulator, session: ClientSession, trusted: ItemList
) -> None:
    """Two addresses are added and deleted together; of IPv6, the network or one machine."""
    sources = {Family.IPV4: HERE, Family.IPV6: HERE_V6}
    home = new_home(simulator, session, trusted, sources=sources)
    home.moves(OLD)
    home.moves("2001:218:1:2::142")
    await home.update()
    assert held(simulator, trusted, home.comment) == [OLD, "2001:218:1:2::/64"]
    home.moves(NEW)
    home.moves("2001:218:1:3::142")
    sent(simulator)
    await home.update()
    assert sent(simulator) == [READ, ADD, POLL, DELETE, POLL]
    assert held(simulator, trusted, home.comment) == [NEW, "2001:218:1:3::/64"]


async def test_what_is_refused_together_is_added_one_by_one(
    simulator: Simulator, session: ClientSession, trusted: ItemList
) -> None:
    """Each of them is known to be there then."""
    sources = {Family.IPV4: HERE, Family.IPV6: HERE_V6}
    home = new_home(simulator, session, trusted, sources=sources)
    simulator.faults.add("cloudflare", ADD, kind="error", status=400, code=10000, times=1)
    home.moves(OLD)
    home.moves("2001:218:1:2::142")
    result = await home.update()
    assert held(simulator, trusted, home.comment) == [OLD, "2001:218:1:2::/64"]
    assert [str(network) for network in result.added] == [f"{OLD}/32", "2001:218:1:2::/64"]
    assert home.state.is_in_sync


async def test_what_is_refused_of_one_family_does_not_stop_the_other(
    simulator: Simulator, session: ClientSession, trusted: ItemList
) -> None:
    """A single IPv6 address may be refused; its old network stays until there is a new item."""
    sources = {Family.IPV4: HERE, Family.IPV6: HERE_V6}
    home = new_home(simulator, session, trusted, sources=sources, ipv6_prefix_length=IPV6_HOST)
    simulator.cloudflare.lists.add_item(trusted, "2001:218:1:1::/64", home.comment)
    home.moves(OLD)
    home.moves("2001:218:1:2::142")
    await home.update()
    assert held(simulator, trusted, home.comment) == ["2001:218:1:1::/64", OLD]
    assert home.state.reason is Reason.REFUSED
    simulator.cloudflare.lists.accepts_ipv6_hosts = True
    await home.update()
    assert held(simulator, trusted, home.comment) == [OLD, "2001:218:1:2::142"]
    assert home.state.is_in_sync


async def test_an_adopted_item_is_replaced(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """It stays as it is while it holds the address; the next one has this home's comment."""
    item = simulator.cloudflare.lists.add_item(trusted, OLD)
    home.adopts(item)
    await home.update()
    assert held(simulator, trusted, None) == ["198.51.100.0/24", OLD]
    home.moves(NEW)
    await home.update()
    assert held(simulator, trusted, None) == ["198.51.100.0/24"]
    assert held(simulator, trusted, home.comment) == [NEW]


async def test_an_operation_that_is_not_completed_is_unconfirmed(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Nothing is deleted; the next update reads the list, and finds what came of it."""
    await home.update()
    written_at = home.now
    home.passes(1)
    simulator.cloudflare.lists.steps = None
    home.moves(NEW)
    result = await home.update()
    assert home.state.reason is Reason.UNCONFIRMED
    assert isinstance(result.errors[0], CloudflareResponseError)
    assert str(result.errors[0]) == "It is not known whether the list was changed"
    assert home.state.written_at == written_at
    assert held(simulator, trusted, home.comment) == [OLD]
    simulator.cloudflare.lists.finish()
    simulator.cloudflare.lists.steps = 1
    sent(simulator)
    result = await home.update()
    assert sent(simulator) == [READ, DELETE, POLL]
    assert held(simulator, trusted, home.comment) == [NEW]
    assert home.state.is_in_sync
    assert [event.type for event in result.events] == [EventType.RECOVERED]


async def test_while_another_operation_is_pending_the_list_is_read_again(
    simulator: Simulator, session: ClientSession, trusted: ItemList, home: ListHome
) -> None:
    """Another home changes a list of the account: this one waits its turn."""
    other = new_home(simulator, session, simulator.cloudflare.lists.add("other"), THEIRS)
    other.moves(LATER)
    other.waits = 0
    simulator.cloudflare.lists.steps = 4
    await other.update()
    simulator.cloudflare.lists.steps = 1
    sent(simulator)
    await home.update()
    assert sent(simulator) == [READ, ADD, READ, ADD, POLL]
    assert held(simulator, trusted, home.comment) == [OLD]
    assert home.state.is_in_sync


async def test_a_list_that_stays_busy_is_a_reason(
    simulator: Simulator, session: ClientSession, trusted: ItemList, home: ListHome
) -> None:
    """It ends when there is no time left, and is not the rate limit."""
    other = new_home(simulator, session, simulator.cloudflare.lists.add("other"), THEIRS)
    other.moves(LATER)
    simulator.cloudflare.lists.steps = None
    await other.update()
    result = await home.update()
    assert home.state.reason is Reason.BUSY
    assert isinstance(result.errors[0], CloudflareBusyError)
    simulator.cloudflare.lists.finish()
    simulator.cloudflare.lists.steps = 1
    await home.update()
    assert home.state.is_in_sync


async def test_the_rate_limit_has_the_same_status(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """The same status with the code of the limiter says how long to wait for everything."""
    simulator.faults.add("cloudflare", ADD, kind="rate_limit", retry_after=60, times=1)
    result = await home.update()
    assert isinstance(result.errors[0], CloudflareRateLimitError)
    assert home.state.reason is Reason.REFUSED
    await home.update()
    assert home.state.is_in_sync


async def test_an_operation_that_failed_is_refused(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """In Cloudflare's words; the old address stays."""
    await home.update()
    simulator.cloudflare.lists.failure = f"no more\nitems {TOKEN}"
    home.moves(NEW)
    await home.update()
    assert home.state.reason is Reason.REFUSED
    assert "no more items" in str(home.state.error)
    assert held(simulator, trusted, home.comment) == [OLD]


async def test_an_operation_that_is_not_found_is_unconfirmed(
    simulator: Simulator, home: ListHome
) -> None:
    """Cloudflare may have forgotten it: the list says what came of it."""
    simulator.faults.add("cloudflare", POLL, kind="error", status=404, code=10016, times=1)
    await home.update()
    assert home.state.reason is Reason.UNCONFIRMED
    await home.update()
    assert home.state.is_in_sync


async def test_an_old_address_that_cannot_be_deleted_becomes_a_problem(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Somebody else may have it by now; a restart does not begin the quarter of an hour again."""
    await home.update()
    home.moves(NEW)
    fault = simulator.faults.add("cloudflare", DELETE, kind="error", status=400, code=10000)
    await home.update()
    assert home.state.reason is None
    assert not home.state.is_done
    assert [str(item.network) for item in home.state.old_items] == [f"{OLD}/32"]
    home.restarts()
    home.passes(15)
    await home.update()
    assert home.state.reason is Reason.OLD_ADDRESS
    simulator.faults.remove(fault)
    result = await home.update()
    assert [event.type for event in result.events] == [EventType.RECOVERED]
    assert held(simulator, trusted, home.comment) == [NEW]


async def test_an_external_change_is_corrected_twice(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Then the list is contested until the user overrules it."""
    lists = simulator.cloudflare.lists
    await home.update()

    def delete_ours() -> None:
        (item,) = (i for i in lists.items(trusted) if i.get("comment") == home.comment)
        lists.delete_item(trusted, item["id"])

    for _ in range(2):
        delete_ours()
        result = await home.update()
        assert [event.type for event in result.events] == [EventType.DRIFT_CORRECTED]
    delete_ours()
    for hours in (0, 7):
        home.passes(hours * 60)
        await home.update()
        assert home.state.reason is Reason.CONTESTED
        assert home.state.is_done
    result = await home.update(overrule=True)
    assert home.state.is_in_sync
    assert held(simulator, trusted, home.comment) == [OLD]
    assert home.state.external_changes == ()


async def test_a_list_that_is_gone_is_a_reason(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Nothing is written, and no list is created."""
    simulator.cloudflare.lists.remove(trusted)
    result = await home.update()
    assert home.state.reason is Reason.NOT_FOUND
    (event,) = result.events
    assert (event.type, event.reason) == (EventType.FAILED, Reason.NOT_FOUND)
    assert (event.family, event.resource_id) == (Family.IPV4, home.config.resource_id)
    await delete_own_items(home.client, home.config, no_time)


async def test_a_list_that_is_refused_is_not_said_to_be_gone(
    simulator: Simulator, home: ListHome
) -> None:
    """Only what is not found is gone."""
    simulator.faults.add("cloudflare", READ, kind="error", status=400, code=10000)
    await home.update()
    assert home.state.reason is Reason.REFUSED


async def test_a_list_without_a_source_fails_and_recovers_as_one_of_ipv4(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Every event has a family."""
    home.config = replace(home.config, sources={})
    simulator.cloudflare.lists.remove(trusted)
    (event,) = (await home.update()).events
    assert (event.type, event.family) == (EventType.FAILED, Family.IPV4)


async def test_an_external_change_is_corrected_while_an_operation_is_pending(
    simulator: Simulator, session: ClientSession, trusted: ItemList
) -> None:
    """That the list is read again, with what was added, does not make it another event."""
    sources = {Family.IPV4: HERE, Family.IPV6: HERE_V6}
    home = new_home(simulator, session, trusted, sources=sources)
    home.moves(OLD)
    home.moves("2001:218:1:2::142")
    await home.update()
    (item,) = (i for i in simulator.cloudflare.lists.items(trusted) if i["ip"] == OLD)
    simulator.cloudflare.lists.delete_item(trusted, item["id"])
    home.moves("2001:218:1:3::142")
    simulator.faults.add("cloudflare", DELETE, kind="error", status=429, code=10040, times=1)
    result = await home.update()
    assert held(simulator, trusted, home.comment) == [OLD, "2001:218:1:3::/64"]
    types = {event.family: event.type for event in result.events}
    assert types[Family.IPV4] is EventType.DRIFT_CORRECTED


async def test_an_external_change_is_none_of_the_address_from_before(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Though an old item is still there, which could not be deleted."""
    await home.update()
    home.moves(NEW)
    simulator.faults.add("cloudflare", DELETE, kind="error", status=400, code=10000, times=1)
    await home.update()
    (item,) = (i for i in simulator.cloudflare.lists.items(trusted) if i["ip"] == NEW)
    simulator.cloudflare.lists.delete_item(trusted, item["id"])
    (event,) = (await home.update()).events
    assert (event.type, event.from_ip) == (EventType.DRIFT_CORRECTED, None)
    assert held(simulator, trusted, home.comment) == [NEW]


async def test_what_was_added_before_the_list_could_not_be_read_is_not_lost(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """While another operation of the account is pending, the list is read again."""
    await home.update()
    home.moves(NEW)
    simulator.faults.add("cloudflare", DELETE, kind="error", status=429, code=10040, times=1)
    waits = 0

    async def wait() -> bool:
        nonlocal waits
        waits += 1
        if waits == 2:
            simulator.faults.add("cloudflare", READ, kind="error")
        return True

    _, result = await sync_resource(
        home.client,
        home.config,
        home.detections,
        home.state,
        now=home.now,
        wait=wait,
        overrule=False,
    )
    assert [str(network) for network in result.added] == [f"{NEW}/32"]
    (event,) = (event for event in result.events if event.to_ip)
    assert (event.type, event.resource_id) == (EventType.UPDATED, home.config.resource_id)


async def test_a_failure_to_read_a_list_that_was_right_waits(
    simulator: Simulator, home: ListHome
) -> None:
    """A short interruption is no problem, a long one is; a new address is missed at once."""
    await home.update()
    simulator.faults.add("cloudflare", READ, kind="error")
    await home.update()
    assert home.state.reason is None
    assert not home.state.is_in_sync
    home.passes(15)
    await home.update()
    assert home.state.reason is Reason.UNREAD
    simulator.faults.clear()
    await home.update()
    simulator.faults.add("cloudflare", READ, kind="error")
    home.moves(NEW)
    await home.update()
    assert home.state.reason is Reason.UNREAD


@pytest.mark.parametrize("method", [READ, ADD, POLL])
async def test_a_missing_permission_is_named(
    simulator: Simulator, home: ListHome, method: str
) -> None:
    """Also with the status that the account's part of the API has for it."""
    for status, address in ((401, OLD), (403, NEW)):
        home.moves(address)
        fault = {"status": status, "code": 10000, "message": "Authentication error"}
        added = simulator.faults.add("cloudflare", method, kind="error", **fault)  # type: ignore[arg-type]
        result = await home.update()
        simulator.faults.remove(added)
        error = result.errors[0]
        assert isinstance(error, CloudflarePermissionError)
        assert error.missing is Permission.LISTS_EDIT
        assert home.state.reason is Reason.REFUSED


async def test_a_long_list_is_read_to_its_end(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Pages follow a cursor; one that never ends is an error."""
    await home.update()
    for number in range(1100):
        ip = f"203.0.{113 + number // 250}.{number % 250}"
        simulator.cloudflare.lists.add_item(trusted, ip)
    simulator.cloudflare.lists.add_item(trusted, LATER, home.comment)
    sent(simulator)
    await home.update()
    assert sent(simulator) == [READ] * 3 + [DELETE, POLL]
    body = '{"success": true, "result": [], "result_info": {"cursors": {"after": "x"}}}'
    simulator.faults.add("cloudflare", READ, kind="body", body=body)
    result = await home.update()
    assert isinstance(result.errors[0], CloudflareResponseError)


ODD = '{{"success": true, "result": [{{"id": "x", "ip": "{ip}", "comment": "{comment}"}}, {{}}]}}'


async def test_an_odd_external_item_stops_nothing(simulator: Simulator, home: ListHome) -> None:
    """One that cannot be read and has this home's comment is an error."""
    body = ODD.format(ip="x", comment="office")
    simulator.faults.add("cloudflare", READ, kind="body", body=body, times=1)
    result = await home.update()
    assert len(result.added) == 1
    body = ODD.format(ip=OLD, comment=home.comment)
    simulator.faults.add("cloudflare", READ, kind="body", body=body, times=1)
    result = await home.update()
    assert isinstance(result.errors[0], CloudflareResponseError)


async def test_a_preview_changes_nothing(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """It says what would be added and deleted, also of an address in hold-down."""
    await home.update()
    home.detections[HERE] = type(home.detections[HERE])(
        source=HERE, candidate=home.detections[HERE].address
    )
    sent(simulator)
    items, plan = await preview_resource(home.client, home.config, home.detections)
    assert (len(items), plan.add, plan.delete) == (4, [], [])
    home.moves(NEW)
    _, plan = await preview_resource(home.client, home.config, home.detections)
    assert [str(network) for network in plan.add] == [f"{NEW}/32"]
    assert [str(item.network) for item in plan.delete] == [f"{OLD}/32"]
    assert sent(simulator) == [READ, READ]


async def _one_moment() -> bool:
    return True


async def test_a_deletion_whose_end_is_not_seen_is_an_error(home: ListHome) -> None:
    """It is tried again later."""
    await home.update()
    with pytest.raises(CloudflareResponseError):
        await delete_own_items(home.client, home.config, no_time)


async def test_the_items_of_this_home_are_deleted(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Only those with its comment; an adopted one stays."""
    await home.update()
    item = simulator.cloudflare.lists.add_item(trusted, LATER)
    home.adopts(item)
    await delete_own_items(home.client, home.config, _one_moment)
    assert held(simulator, trusted, home.comment) == []
    assert held(simulator, trusted, None) == ["198.51.100.0/24", LATER]
    assert others(simulator, trusted) == OTHERS
    sent(simulator)
    await delete_own_items(home.client, home.config, _one_moment)
    assert sent(simulator) == [READ]
    simulator.cloudflare.reachable = False
    with pytest.raises(CloudflareConnectionError):
        await delete_own_items(home.client, home.config, _one_moment)


async def test_the_ip_lists_of_an_account_are_found(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """Lists of other kinds are left out, and whether the token may edit them is found out."""
    simulator.cloudflare.lists.add("redirects", kind="redirect")
    lists = await find_resources(home.client, ResourceKind.IP_LIST, home.config.account_id)
    assert [(found.id, found.name, found.item_count) for found in lists] == [
        (ResourceId(trusted.id), "trusted", 3)
    ]
    await check_resource_edit(home.client, home.config)
    assert sent(simulator) == [LISTS, ADD]
    simulator.faults.add("cloudflare", ADD, kind="error", status=400, code=1, times=1)
    await check_resource_edit(home.client, home.config)
    simulator.cloudflare.add_token(TOKEN, permissions={"lists:read"})
    with pytest.raises(CloudflareError):
        await check_resource_edit(home.client, home.config)


async def test_a_deletion_that_cannot_wait_is_not_certain(
    trusted: ItemList, home: ListHome
) -> None:
    """It may be carried out later."""
    await home.update()
    with pytest.raises(CloudflareResponseError):
        await delete_own_items(home.client, home.config, no_time)


async def test_an_item_that_two_pages_show_is_one_item(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """The order may change while pages are read: the only entry of this home is not deleted."""
    await home.update()
    (own,) = (i for i in simulator.cloudflare.lists.items(trusted) if i["ip"] == OLD)
    pages = (json.dumps({"success": True, "result": [own], **more}) for more in (NEXT_PAGE, {}))
    for page in pages:
        simulator.faults.add("cloudflare", READ, kind="body", body=page, times=1)
    sent(simulator)
    await home.update()
    assert sent(simulator) == [READ, READ]
    assert held(simulator, trusted, home.comment) == [OLD]


async def test_a_contested_address_does_not_stop_the_other_family(
    simulator: Simulator, trusted: ItemList, home: ListHome
) -> None:
    """What somebody keeps deleting stays deleted; the other address is followed."""
    lists = simulator.cloudflare.lists
    home.config = replace(home.config, sources={Family.IPV4: HERE, Family.IPV6: HERE_V6})
    home.moves("2001:db8:1:2::3")
    await home.update()
    for _ in range(3):
        (item,) = (i for i in lists.items(trusted) if i["ip"] == "2001:db8:1:2::/64")
        lists.delete_item(trusted, item["id"])
        await home.update()
    assert home.state.reason is Reason.CONTESTED
    home.moves(NEW)
    result = await home.update()
    assert held(simulator, trusted, home.comment) == [NEW]
    assert [event.type for event in result.events] == [EventType.UPDATED]
    assert home.state.reason is Reason.CONTESTED
    await home.update(overrule=True)
    assert held(simulator, trusted, home.comment) == [NEW, "2001:db8:1:2::/64"]
