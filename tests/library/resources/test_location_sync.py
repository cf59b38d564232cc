"""Updates of a DNS location: requests, whose network is whose, failures, what is known then."""

from dataclasses import replace
import json
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.detection.detection import Response
from custom_components.raindrop.ddns.errors import (
    ChangedSettingsError,
    CloudflareAddressTakenError,
    CloudflareError,
    CloudflarePermissionError,
    DetectionError,
    LastNetworkError,
    Permission,
    UnknownSettingsError,
)
from custom_components.raindrop.ddns.models import Reason
from custom_components.raindrop.ddns.resources.api import no_time
from custom_components.raindrop.ddns.resources.kinds import find_resources
from custom_components.raindrop.ddns.resources.resource_settings import ResourceKind
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
from simulator.cloudflare.dns_locations import Location
from tests.secrets import TOKEN

from .location_home import FIND, PUT, READ, LocationHome, forgets, new_home

OLD, NEW, LATER = "81.2.69.142", "81.2.69.144", "81.2.69.146"
FRIENDS, OFFICE = "198.51.100.1", "198.51.100.128/25"
DEDICATED = "b08f7231-d458-495c-98ef-190604c9ee83"
ENDPOINTS: dict[str, Any] = {
    "doh": {"enabled": True, "networks": [{"network": "2001:db8::/64"}], "require_token": True},
    "dot": {"enabled": False, "networks": None},
    "ipv4": {"enabled": True},
    "ipv6": {"enabled": True, "networks": []},
}


@pytest.fixture
def location(simulator: Simulator, zone: Zone) -> Location:
    """Return a location with the networks of several homes, which the token may edit."""
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    return simulator.cloudflare.locations.add(
        "Kids",
        [FRIENDS, OLD, OFFICE],
        client_default=True,
        ecs_support=True,
        endpoints=ENDPOINTS,
        max_ttl={"mode": "override", "ttl_secs": 3600},
    )


@pytest.fixture
def home(simulator: Simulator, session: ClientSession, location: Location) -> LocationHome:
    """Return a home with its address in the location."""
    home = new_home(simulator, session, location, OLD)
    home.moves(OLD)
    return home


def sent(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests since the last time, and forget them."""
    found = [entry.endpoint for entry in simulator.log.entries]
    simulator.log.clear()
    return found


def networks(simulator: Simulator, location: Location) -> list[str]:
    """Return the networks of a location without the prefixes of single addresses."""
    found = simulator.cloudflare.locations.networks(location)
    return [network.removesuffix("/32") for network in found]


async def test_a_change_costs_two_requests(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """The network is replaced in its place; everything else stays, byte for byte."""
    await home.update()
    assert sent(simulator) == [READ]
    before = location.shown()
    home.moves(NEW)
    result = await home.update()
    assert sent(simulator) == [READ, PUT]
    assert networks(simulator, location) == [FRIENDS, NEW, OFFICE]
    after = location.shown()
    assert {key for key in before if before[key] != after[key]} == {"networks", "updated_at"}
    assert simulator.log.surprises == []
    (event,) = result.events
    assert (event.type, str(event.from_ip), str(event.to_ip)) == (EventType.UPDATED, OLD, NEW)
    assert home.state.is_in_sync
    assert home.state.is_done
    assert home.state.written_at == home.now
    assert {f: str(n) for f, n in home.state.networks.items()} == {Family.IPV4: f"{NEW}/32"}


async def test_the_body_is_what_was_read(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """Seven keys; a network of somebody else keeps its spelling."""
    home.moves(NEW)
    await home.update()
    (put,) = simulator.log.select(method="PUT")
    networks = [FRIENDS, f"{NEW}/32", OFFICE]
    assert put.body == {
        "name": "Kids",
        "client_default": True,
        "dns_destination_ips_id": location.shown()["dns_destination_ips_id"],
        "ecs_support": True,
        "endpoints": ENDPOINTS,
        "max_ttl": {"mode": "override", "ttl_secs": 3600},
        "networks": [{"network": network} for network in networks],
    }


async def test_an_address_that_is_there_is_ours(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """It costs one request, also if it was not known which network is this home's."""
    forgets(home)
    result = await home.update()
    assert sent(simulator) == [READ]
    assert result.events == ()
    assert home.own == [OLD]
    assert home.state.is_in_sync
    home.moves(NEW)
    await home.update()
    assert networks(simulator, location) == [FRIENDS, NEW, OFFICE]


async def test_without_a_known_network_nothing_is_replaced(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """The user has to say which one it is."""
    forgets(home)
    home.moves(NEW)
    result = await home.update()
    assert sent(simulator) == [READ]
    assert networks(simulator, location) == [FRIENDS, OLD, OFFICE]
    assert home.state.reason is Reason.AMBIGUOUS
    assert [(e.type, e.reason) for e in result.events] == [(EventType.FAILED, Reason.AMBIGUOUS)]
    assert home.own is None
    _, plan = await preview_resource(home.client, home.config, home.detections)
    assert not plan


async def test_the_first_network_of_a_home_is_added(
    simulator: Simulator, location: Location, home: LocationHome, session: ClientSession
) -> None:
    """The user said that none of those there is this home's."""
    home = new_home(simulator, session, location)
    home.moves(NEW)
    result = await home.update()
    assert networks(simulator, location) == [FRIENDS, OLD, OFFICE, NEW]
    assert [event.type for event in result.events] == [EventType.CREATED]


async def test_an_address_that_is_not_known_changes_nothing(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """For a quarter of an hour that is no problem either."""
    await home.update()
    home.moves(None)
    sent(simulator)
    await home.update()
    assert sent(simulator) == [READ]
    assert networks(simulator, location) == [FRIENDS, OLD, OFFICE]
    assert home.state.reason is None
    home.passes(15)
    await home.update()
    assert home.state.reason is Reason.NO_ADDRESS
    assert home.own == [OLD]


async def test_a_source_that_was_turned_off_is_a_problem(home: LocationHome) -> None:
    """The address is not known any more, which nothing else would show."""
    await home.update()
    home.config = replace(home.config, sources={})
    await home.update()
    assert home.state.reason is None
    home.passes(15)
    await home.update()
    assert home.state.reason is Reason.NO_ADDRESS


async def test_a_shared_address_is_not_written_without_consent(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """The queries of neighbors would be filtered."""
    by_router = Response(provider="sensor.router", error=DetectionError.CGNAT)
    home.moves(NEW, source_response=by_router)
    await home.update()
    assert home.state.reason is Reason.SHARED_ADDRESS
    assert networks(simulator, location) == [FRIENDS, OLD, OFFICE]
    home.config = replace(home.config, allows_shared=True)
    await home.update()
    assert networks(simulator, location) == [FRIENDS, NEW, OFFICE]


async def test_an_address_that_is_taken_is_a_reason(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """Somebody behind the same address has it; the old one stays, which is known."""
    await home.update()
    simulator.cloudflare.locations.taken.add(NEW)
    home.moves(NEW)
    result = await home.update()
    assert home.state.reason is Reason.ADDRESS_TAKEN
    (error,) = result.errors
    assert isinstance(error, CloudflareAddressTakenError)
    assert error.status == 400
    assert networks(simulator, location) == [FRIENDS, OLD, OFFICE]
    assert [str(item.network) for item in home.state.old_items] == [f"{OLD}/32"]
    simulator.cloudflare.locations.taken.clear()
    result = await home.update()
    assert [e.type for e in result.events] == [EventType.UPDATED, EventType.RECOVERED]
    assert networks(simulator, location) == [FRIENDS, NEW, OFFICE]


@pytest.mark.parametrize(
    "key, settings",
    [
        pytest.param("filters_ads", {}, id="a new key"),
        pytest.param(
            "dns_destination_ipv6_block_id",
            {"dns_destination_ipv6_block_id": DEDICATED},
            id="an IPv6 block",
        ),
        pytest.param("endpoints", {"endpoints": {"doh": {"enabled": True}}}, id="endpoints"),
    ],
)
async def test_a_location_with_unknown_settings_is_not_written(
    simulator: Simulator,
    location: Location,
    home: LocationHome,
    key: str,
    settings: dict[str, object],
) -> None:
    """A write would lose them. It is a reason before the address changes."""
    if settings:
        simulator.cloudflare.locations.edit(location, **settings)
    else:
        location.more = {key: True}
    before = location.shown()
    for address in (OLD, NEW):
        home.moves(address)
        await home.update()
        assert home.state.reason is Reason.SETTINGS_UNKNOWN
        assert isinstance(home.state.error, UnknownSettingsError)
        assert home.state.error.settings == (key,)
    assert sent(simulator) == [READ, READ]
    assert location.shown() == before
    with pytest.raises(UnknownSettingsError, match=key):
        await preview_resource(home.client, home.config, home.detections, ())


@pytest.mark.parametrize("fields", [["max_ttl"], ["endpoints", "ecs_support"]])
async def test_a_write_that_changes_other_settings_is_the_last_one(
    simulator: Simulator, location: Location, home: LocationHome, fields: list[str]
) -> None:
    """The response is compared with what was read; the user decides whether to go on."""
    simulator.faults.add("cloudflare", PUT, kind="ignored_fields", fields=fields, times=1)
    home.moves(NEW)
    result = await home.update()
    assert home.state.reason is Reason.SETTINGS_CHANGED
    assert isinstance(home.state.error, ChangedSettingsError)
    assert home.state.error.settings == tuple(sorted(fields))
    assert [event.type for event in result.events] == [EventType.UPDATED, EventType.FAILED]
    assert networks(simulator, location) == [FRIENDS, NEW, OFFICE]
    home.restarts()
    home.moves(LATER)
    sent(simulator)
    await home.update()
    assert sent(simulator) == [READ]
    assert home.state.reason is Reason.SETTINGS_CHANGED
    result = await home.update(overrule=True)
    assert networks(simulator, location) == [FRIENDS, LATER, OFFICE]
    assert [event.type for event in result.events] == [EventType.UPDATED, EventType.RECOVERED]
    assert home.state.changed_settings == ()


async def test_a_write_that_loses_a_network_is_noticed(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """That of somebody else is a setting; without this home's, it is not certain what happened."""
    home.moves(NEW)
    shown = {**location.shown(), "networks": [{"network": NEW}]}
    answer = _body(shown)
    simulator.faults.add("cloudflare", PUT, kind="body", body=answer, times=1)
    await home.update()
    assert isinstance(home.state.error, ChangedSettingsError)
    assert home.state.error.settings == ("networks",)
    answer = _body(location.shown())
    simulator.faults.add("cloudflare", PUT, kind="body", body=answer, times=1)
    await home.update(overrule=True)
    assert home.state.reason is Reason.UNCONFIRMED
    await home.update()
    assert networks(simulator, location) == [FRIENDS, NEW, OFFICE]
    assert home.state.is_in_sync


def _body(shown: object) -> str:
    return json.dumps({"success": True, "result": shown})


@pytest.mark.parametrize("is_written", [True, False])
async def test_a_write_without_response_is_read_again(
    simulator: Simulator,
    location: Location,
    home: LocationHome,
    is_written: bool,  # noqa: FBT001 - of a table
) -> None:
    """The old and the new network are both known as this home's until then."""
    # Over a connection that was used before, aiohttp repeats a PUT once.
    kind = "lost_response" if is_written else "reset"
    simulator.faults.add("cloudflare", PUT, kind=kind)
    home.moves(NEW)
    await home.update()
    simulator.faults.clear()
    assert home.state.reason is Reason.UNCONFIRMED
    assert home.own == [OLD, NEW]
    home.restarts()
    home.moves(LATER)
    await home.update()
    assert networks(simulator, location) == [FRIENDS, LATER, OFFICE]


async def test_a_crash_after_a_write_forgets_nothing(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """What is going to be written is stored before; another address follows meanwhile."""
    home.moves(NEW)
    await home.update()
    home.crashes()
    home.moves(LATER)
    await home.update()
    assert networks(simulator, location) == [FRIENDS, LATER, OFFICE]


async def test_a_late_write_is_corrected(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """A write without response that is carried out after the next one."""
    simulator.faults.add("cloudflare", PUT, kind="reset")
    home.moves(NEW)
    await home.update()
    simulator.faults.clear()
    home.moves(LATER)
    await home.update()
    simulator.cloudflare.locations.set_networks(location, [FRIENDS, NEW, OFFICE])
    await home.update()
    assert networks(simulator, location) == [FRIENDS, LATER, OFFICE]


async def test_an_outdated_external_write_is_corrected(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """They had read the location before this home changed it, and replaced it afterwards."""
    home.moves(NEW)
    await home.update()
    simulator.cloudflare.locations.set_networks(location, [LATER, OLD, OFFICE])
    result = await home.update()
    assert networks(simulator, location) == [LATER, NEW, OFFICE]
    assert [event.type for event in result.events] == [EventType.DRIFT_CORRECTED]
    home.restarts()
    await home.update()
    assert home.own == [NEW]


async def test_a_former_address_belongs_to_others_once_the_new_one_is_confirmed(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """Another home may get it from the same provider, and add it to the same location."""
    home.moves(NEW)
    await home.update()
    await home.update()
    simulator.cloudflare.locations.set_networks(location, [OLD, OFFICE])
    await home.update()
    assert networks(simulator, location) == [OLD, OFFICE, NEW]


async def test_a_former_address_belongs_to_others_while_that_of_the_home_is_not_known(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """The new one was found there, so that the old one is not this home's any longer."""
    home.moves(NEW)
    await home.update()
    simulator.cloudflare.locations.set_networks(location, [NEW, OLD, OFFICE])
    home.moves(None)
    await home.update()
    simulator.cloudflare.locations.set_networks(location, [OLD, OFFICE])
    home.moves(NEW)
    await home.update()
    assert networks(simulator, location) == [OLD, OFFICE, NEW]


async def test_the_new_address_is_added_externally(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """Then only the old one is removed."""
    await home.update()
    simulator.cloudflare.locations.set_networks(location, [FRIENDS, OLD, NEW])
    home.moves(NEW)
    await home.update()
    assert networks(simulator, location) == [FRIENDS, NEW]
    assert home.own == [NEW, OLD]


async def test_an_external_change_is_corrected_twice(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """Then the location is contested until the user overrules it."""
    await home.update()
    for _ in range(2):
        simulator.cloudflare.locations.set_networks(location, [FRIENDS, OFFICE])
        result = await home.update()
        assert [event.type for event in result.events] == [EventType.DRIFT_CORRECTED]
        assert networks(simulator, location) == [FRIENDS, OFFICE, OLD]
    simulator.cloudflare.locations.set_networks(location, [FRIENDS, OFFICE])
    for _ in range(2):
        await home.update()
        assert home.state.reason is Reason.CONTESTED
        assert networks(simulator, location) == [FRIENDS, OFFICE]
    await home.update(overrule=True)
    assert networks(simulator, location) == [FRIENDS, OFFICE, OLD]
    assert home.state.is_in_sync


async def test_networks_without_effect_are_a_reason(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """The address is followed, but the IPv4 endpoint is off."""
    off = {**ENDPOINTS, "ipv4": {"enabled": False}}
    simulator.cloudflare.locations.edit(location, endpoints=off)
    home.moves(NEW)
    await home.update()
    assert networks(simulator, location) == [FRIENDS, NEW, OFFICE]
    assert home.state.reason is Reason.IPV4_OFF
    assert location.shown()["endpoints"] == off
    simulator.cloudflare.locations.edit(location, endpoints=ENDPOINTS)
    await home.update()
    assert home.state.is_in_sync


async def test_a_location_that_is_gone_is_a_reason(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """Nothing is written, and no location is created."""
    simulator.cloudflare.locations.remove(location)
    await home.update()
    assert home.state.reason is Reason.NOT_FOUND
    await delete_own_items(home.client, home.config, no_time, home.state.own)


@pytest.mark.parametrize("method", [READ, PUT])
@pytest.mark.parametrize("status", [401, 403])
async def test_a_missing_permission_is_named(
    simulator: Simulator, location: Location, home: LocationHome, method: str, status: int
) -> None:
    """Also with the status that the account's part of the API has for it."""
    home.moves(NEW)
    fault = {"status": status, "code": 10000, "message": "Authentication error"}
    simulator.faults.add("cloudflare", method, kind="error", **fault)  # type: ignore[arg-type]
    result = await home.update()
    (error,) = result.errors
    assert isinstance(error, CloudflarePermissionError)
    assert error.missing is Permission.ZERO_TRUST_EDIT
    assert home.state.reason is Reason.REFUSED


async def test_the_locations_of_an_account_are_found(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """Whether the token may edit them is found out without changing one."""
    found = await find_resources(home.client, ResourceKind.DNS_LOCATION, home.config.account_id)
    assert [(one.id, one.name, one.item_count) for one in found] == [(location.id, "Kids", 3)]
    before = location.shown()
    await check_resource_edit(home.client, home.config)
    assert sent(simulator) == [FIND, PUT]
    assert location.shown() == before
    simulator.cloudflare.add_token(TOKEN, permissions={"zero_trust:read"})
    with pytest.raises(CloudflarePermissionError):
        await check_resource_edit(home.client, home.config)


async def test_a_preview_changes_nothing(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """It says what would be replaced."""
    home.moves(NEW)
    items, plan = await preview_resource(home.client, home.config, home.detections, home.state.own)
    assert [str(item.network) for item in items] == [f"{FRIENDS}/32", f"{OLD}/32", OFFICE]
    assert [str(network) for network in plan.add] == [f"{NEW}/32"]
    assert [str(item.network) for item in plan.delete] == [f"{OLD}/32"]
    assert sent(simulator) == [READ]


async def test_the_network_of_this_home_is_removed(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """Those of others stay; a second time nothing is to be done."""
    await home.update()
    await delete_own_items(home.client, home.config, no_time, home.state.own)
    assert networks(simulator, location) == [FRIENDS, OFFICE]
    sent(simulator)
    await delete_own_items(home.client, home.config, no_time, home.state.own)
    await delete_own_items(home.client, home.config, no_time)
    assert sent(simulator) == [READ, READ]
    simulator.faults.add("cloudflare", PUT, kind="error")
    simulator.cloudflare.locations.set_networks(location, [OLD])
    with pytest.raises(CloudflareError):
        await delete_own_items(home.client, home.config, no_time, home.state.own)


async def test_the_last_network_stays_where_it_keeps_others_out(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """With IPv4 addresses of its own and no networks, a location would filter everybody."""
    locations = simulator.cloudflare.locations
    locations.edit(location, dns_destination_ips_id=DEDICATED)
    locations.set_networks(location, [OLD])
    with pytest.raises(LastNetworkError):
        await delete_own_items(home.client, home.config, no_time, home.state.own)
    assert networks(simulator, location) == [OLD]
    locations.edit(location, dns_destination_ips_id=None)
    await delete_own_items(home.client, home.config, no_time, home.state.own)
    assert networks(simulator, location) == []
