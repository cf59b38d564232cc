"""A thousand random changes of a DNS location: nothing of others changes, and there is no gap."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from aiohttp import ClientSession
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import ZERO_TRUST_PERMISSIONS
from simulator.cloudflare.dns_locations import Location
from tests.secrets import TOKEN

from .changes import CHANGES, FAULTS
from .location_home import PUT, READ, LocationHome, new_home

TTLS: tuple[object, ...] = (
    None,
    {"mode": "inherit"},
    {"mode": "disabled", "ttl_secs": None},
    {"mode": "override", "ttl_secs": 60},
)


def addresses() -> Iterator[str]:
    """Yield addresses that no home had before."""
    for number in range(4 * CHANGES):
        yield f"81.{2 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def foreign(settings: Mapping[str, Any], own: set[str]) -> dict[str, Any]:
    """Return the settings of a location without the networks of one home.

    What is null and what is absent is the same, and so are defaults.
    """
    networks = [one for one in settings["networks"] if one["network"].split("/")[0] not in own]
    ttl = {k: v for k, v in (settings["max_ttl"] or {"mode": "inherit"}).items() if v}
    return {**settings, "networks": networks, "max_ttl": ttl}


class World:
    """A location with the networks of everybody, which others change as well."""

    def __init__(self, simulator: Simulator, location: Location, random: Random) -> None:
        """Remember what is there."""
        self._simulator = simulator
        self._locations = simulator.cloudflare.locations
        self._location = location
        self._random = random
        self._put = self._locations.put
        self.own: set[str] = set()
        """All addresses that this home ever had."""
        self.valid: set[str] = set()
        """Those of which it needs at least one at any moment."""

    def put(self, replaced: Location, body: object, surprises: list[str]) -> Location:
        """Replace the location; check that only this home's network changes, without a gap."""
        before = foreign(replaced.settings, self.own)
        after = self._put(replaced, body, surprises)
        assert foreign(after.settings, self.own) == before
        assert self.valid & self.held
        assert not surprises
        return after

    @property
    def held(self) -> set[str]:
        """The addresses of this home in the location."""
        networks = self._locations.networks(self._location)
        return self.own & {network.split("/")[0] for network in networks}

    def others_change(self) -> None:
        """Let somebody change the networks or the settings that are not this home's."""
        networks = self._locations.networks(self._location)
        foreign = [one for one in networks if one.split("/")[0] not in self.own]
        match self._random.randrange(5):
            case 0 if len(foreign) > 3:
                networks.remove(self._random.choice(foreign))
            case 0 | 1:
                place = self._random.randrange(len(networks) + 1)
                networks.insert(place, f"10.{self._random.randrange(250)}.{len(networks)}.0/24")
            case 2:
                self._random.shuffle(networks)
            case 3:
                self._locations.edit(self._location, max_ttl=self._random.choice(TTLS))
            case _:
                endpoints = self._location.shown()["endpoints"]
                endpoints["doh"]["require_token"] ^= True
                name = f"Kids {self._random.randrange(9)}"
                self._locations.edit(self._location, endpoints=endpoints, name=name)
        self._locations.set_networks(self._location, dict.fromkeys(networks))

    def undoes(self, networks: list[str]) -> None:
        """Let somebody write the networks that they read before this home's last change."""
        self._locations.set_networks(self._location, networks)

    def fails(self) -> None:
        """Let a request of the next update fail, each time that it is sent."""
        kind = self._random.choice([*FAULTS])
        endpoint = self._random.choice([READ, PUT])
        self._simulator.faults.add("cloudflare", endpoint, kind=kind, **FAULTS[kind])


@pytest.mark.parametrize("seed", range(1, 5))
async def test_a_thousand_random_changes(
    simulator: Simulator,
    session: ClientSession,
    zone: Zone,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Beside others, with faults at every request and restarts between any two steps.

    Two updates after each change, the location has this home's address and no
    former one. No write touches anything else, or leaves a moment without an
    address that was valid when the update began. Sometimes somebody else writes
    what they had read before, which takes the change back.
    """
    random = Random(seed)
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    locations = simulator.cloudflare.locations
    location = locations.add("Kids", ["198.51.100.1", "198.51.100.128/25"])
    world = World(simulator, location, random)
    home = new_home(simulator, session, location)
    fresh, last = addresses(), "81.2.69.142"
    world.own, world.valid = {last}, {last}
    home.moves(last)
    await home.update()
    monkeypatch.setattr(locations, "put", world.put)
    for _ in range(CHANGES // 4):
        address = next(fresh)
        home.moves(address)
        world.own.add(address)
        world.valid = {last, address}
        read = locations.networks(location)
        if random.random() < 0.6:
            world.fails()
        await _update(home, random)
        assert world.held <= world.valid
        assert world.held
        simulator.faults.clear()
        if random.random() < 0.2:
            world.undoes(read)
        world.others_change()
        home.passes(60)
        if random.random() < 0.1:
            last, address = address, next(fresh)
            home.moves(address)
            world.own.add(address)
            world.valid = world.held | {address}

        await home.update()

        assert world.held == {address}
        assert home.state.is_in_sync
        if random.random() < 0.5:
            await home.update()
        last = address


async def _update(home: LocationHome, random: Random) -> None:
    """Run an update, which a restart or a crash may follow at once."""
    await home.update()
    match random.randrange(3):
        case 0:
            home.restarts()
        case 1:
            home.crashes()
