"""Which networks of a DNS location are known as this home's when writes fail or are left out."""

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.errors import CloudflarePermissionError
from custom_components.raindrop.ddns.models import Reason
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import ZERO_TRUST_PERMISSIONS
from simulator.cloudflare.dns_locations import Location
from tests.secrets import TOKEN

from .location_home import PUT, READ, LocationHome, new_home

OLD = "81.2.69.142"
ADDRESSES = [f"81.2.69.{number}" for number in range(144, 149)]
NEW, LATER = ADDRESSES[0], "81.2.69.160"
FRIENDS = "198.51.100.1"


@pytest.fixture
def location(simulator: Simulator, zone: Zone) -> Location:
    """Return a location with the networks of two homes, which the token may edit."""
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    return simulator.cloudflare.locations.add("Kids", [FRIENDS, OLD])


@pytest.fixture
async def home(simulator: Simulator, session: ClientSession, location: Location) -> LocationHome:
    """Return a home with its address in the location."""
    home = new_home(simulator, session, location, OLD)
    home.moves(OLD)
    await home.update()
    return home


def networks(simulator: Simulator, location: Location) -> list[str]:
    """Return the networks of a location without the prefixes of single addresses."""
    found = simulator.cloudflare.locations.networks(location)
    return [network.removesuffix("/32") for network in found]


async def test_many_refused_addresses_hide_none(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """The network in the location stays known, however often a new address was taken."""
    simulator.cloudflare.locations.taken |= {*ADDRESSES}
    for address in ADDRESSES:
        home.moves(address)
        await home.update()
        assert home.state.reason is Reason.ADDRESS_TAKEN
        assert [str(item.network) for item in home.state.old_items] == [f"{OLD}/32"]
        home.restarts()
    home.moves(LATER)
    await home.update()
    assert networks(simulator, location) == [FRIENDS, LATER]


async def test_many_writes_without_response_hide_none(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """The network in the location stays known, however many writes were lost."""
    simulator.faults.add("cloudflare", PUT, kind="reset")
    for address in ADDRESSES:
        home.moves(address)
        await home.update()
    simulator.faults.clear()
    home.moves(LATER)
    await home.update()
    assert networks(simulator, location) == [FRIENDS, LATER]


async def test_addresses_that_are_not_written_are_not_known(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """While nothing may be written, the home's network is the one that is there."""
    simulator.cloudflare.locations.edit(location, ecs_support=True)
    simulator.faults.add("cloudflare", PUT, kind="ignored_fields", fields=["ecs_support"], times=1)
    home.moves(NEW)
    await home.update()
    for address in ADDRESSES[1:]:
        home.moves(address)
        await home.update()
    assert home.own == [NEW, OLD]
    home.moves(LATER)
    await home.update(overrule=True)
    assert networks(simulator, location) == [FRIENDS, LATER]


@pytest.mark.parametrize("kind", ["error", "reset"])
async def test_an_old_network_is_removed_though_the_new_one_was_added_externally(
    simulator: Simulator, location: Location, home: LocationHome, kind: str
) -> None:
    """The user helps out while writes fail; the old network is still this home's."""
    simulator.faults.add("cloudflare", PUT, kind=kind)
    home.moves(NEW)
    await home.update()
    simulator.cloudflare.locations.set_networks(location, [FRIENDS, OLD, NEW])
    await home.update()
    home.restarts()
    simulator.faults.clear()
    await home.update()
    assert networks(simulator, location) == [FRIENDS, NEW]
    assert home.state.is_in_sync


async def test_the_first_known_network_is_the_one_that_is_there(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """It is named when the location is removed from Raindrop."""
    simulator.cloudflare.locations.taken.add(NEW)
    home.moves(NEW)
    await home.update()
    assert home.own is not None
    assert home.own[0] == OLD
    simulator.cloudflare.locations.taken.clear()
    await home.update()
    assert home.own[0] == NEW


async def test_another_repair_does_not_end_the_check_of_changed_settings(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """A user who adds a missing permission has not looked at the settings."""
    simulator.cloudflare.locations.edit(location, ecs_support=True)
    simulator.faults.add("cloudflare", PUT, kind="ignored_fields", fields=["ecs_support"], times=1)
    home.moves(NEW)
    await home.update()
    simulator.faults.add("cloudflare", READ, kind="spurious_403", times=1)
    await home.update()
    assert isinstance(home.state.error, CloudflarePermissionError)
    home.moves(LATER)
    await home.update(overrule=True)
    assert networks(simulator, location) == [FRIENDS, NEW]
    assert home.state.reason is Reason.SETTINGS_CHANGED
    await home.update(overrule=True)
    assert networks(simulator, location) == [FRIENDS, LATER]


@pytest.mark.parametrize("reason", [Reason.CONTESTED, Reason.IPV4_OFF, Reason.SETTINGS_CHANGED])
async def test_a_failed_read_is_no_recovery(
    simulator: Simulator, location: Location, home: LocationHome, reason: Reason
) -> None:
    """What was wrong is wrong until the location could be read."""
    locations = simulator.cloudflare.locations
    match reason:
        case Reason.CONTESTED:
            for _ in range(3):
                locations.set_networks(location, [FRIENDS])
                await home.update()
        case Reason.IPV4_OFF:
            endpoints = {**location.shown()["endpoints"], "ipv4": {"enabled": False}}
            locations.edit(location, endpoints=endpoints)
        case Reason.SETTINGS_CHANGED:
            fault = {"kind": "ignored_fields", "fields": ["endpoints"], "times": 1}
            endpoints = {**location.shown()["endpoints"]}
            endpoints["dot"] = {**endpoints["dot"], "enabled": False}
            locations.edit(location, endpoints=endpoints)
            simulator.faults.add("cloudflare", PUT, **fault)  # type: ignore[arg-type]
            home.moves(NEW)
    await home.update()
    assert home.state.reason is reason
    simulator.faults.add("cloudflare", READ, kind="status", status=503, times=1)
    result = await home.update()
    assert result.events == ()
    assert home.state.reason is reason
    await home.update()
    assert home.state.reason is reason


async def test_a_failed_read_hides_no_late_write(
    simulator: Simulator, location: Location, home: LocationHome
) -> None:
    """A write is carried out after the home has its old address again."""
    simulator.faults.add("cloudflare", PUT, kind="reset")
    home.moves(NEW)
    await home.update()
    simulator.faults.clear()
    simulator.faults.add("cloudflare", READ, kind="status", status=503, times=1)
    await home.update()
    home.moves(OLD)
    await home.update()
    simulator.cloudflare.locations.set_networks(location, [FRIENDS, NEW])
    await home.update()
    assert networks(simulator, location) == [FRIENDS, OLD]
