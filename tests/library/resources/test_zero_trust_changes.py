"""A thousand random changes of a Zero Trust list: nothing of others changes, and no gap."""

from contextlib import suppress
from random import Random
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.resources.resource_settings import ResourceKind
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import ZERO_TRUST_PERMISSIONS
from simulator.cloudflare.zero_trust_lists import Entry, ZeroTrustList
from tests.secrets import TOKEN

from .changes import CHANGES, FAULTS, addresses
from .home import THEIRS, ListHome, new_home

READ = "GET /accounts/{account_id}/gateway/lists/{gateway_list_id}/items"
PATCH = "PATCH /accounts/{account_id}/gateway/lists/{gateway_list_id}"
PAGES: dict[str, dict[str, Any]] = {
    "short_list": {"position": 2},
    "repeated_id": {"position": 2},
    "small_pages": {"size": 3, "shift": 1},
    "no_result_info": {"size": 2},
}
"""Faults of what is read alone."""


class World:
    """A list with items of everybody, which one home keeps while others change it."""

    def __init__(self, simulator: Simulator, of: ZeroTrustList, random: Random) -> None:
        """Remember what is there, and check every change."""
        self._simulator = simulator
        self._lists = simulator.cloudflare.zero_trust_lists
        self._of = of
        self._random = random
        self._patch = self._lists.patch
        self.valid: set[str] = set()
        """The addresses of which this home needs at least one at any moment."""

    def patched(self, patched: ZeroTrustList, body: object) -> None:
        """Carry out a change of a home; check that there is no gap after it."""
        self._patch(patched, body)
        if patched is self._of:
            assert self.held

    @property
    def held(self) -> set[str]:
        """The addresses in the list that are valid for this home."""
        return self.valid & {item.value for item in self._of.items}

    def foreign(self, home: ListHome) -> list[Entry]:
        """Return the items that are not a home's."""
        return [item for item in self._of.items if item.description != home.comment]

    def others_change(self, theirs: str, ours: str) -> None:
        """Let somebody add or delete an item, perhaps with the address of this home."""
        others = [item for item in self._of.items if item.description not in {theirs, ours}]
        if self._random.random() < 0.5 and len(others) > 3:
            self._of.items.remove(self._random.choice(others))
            return
        network = f"10.{self._random.randrange(250)}.{self._random.randrange(250)}.0/24"
        value = self._random.choice([network, network, *sorted(self.valid)])
        with suppress(StopIteration):
            same = next(item for item in others if item.value == value)
            self._of.items.remove(same)
        self._lists.add_item(self._of, value, self._random.choice([None, "office"]))

    def fails(self) -> None:
        """Let a request of the next update fail."""
        endpoint = self._random.choice([READ, PATCH])
        faults = {**FAULTS, **(PAGES if endpoint == READ else {})}
        kind = self._random.choice([*faults])
        self._simulator.faults.add("cloudflare", endpoint, kind=kind, times=1, **faults[kind])


@pytest.mark.parametrize("seed", range(1, 5))
async def test_a_thousand_random_changes(
    simulator: Simulator,
    zone: Zone,
    session: ClientSession,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Beside other homes, with faults at every request and restarts between any two steps.

    Two updates after each change the list is right. There is never a moment without this
    home's address. A value that somebody else added as well is never removed.
    """
    random, kind = Random(seed), ResourceKind.ZERO_TRUST_LIST
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    lists = simulator.cloudflare.zero_trust_lists
    homes = lists.add("Homes")
    lists.add_item(homes, "198.51.100.1", "office")
    world = World(simulator, homes, random)
    home = new_home(simulator, session, homes, kind=kind)
    other = new_home(simulator, session, homes, THEIRS, kind=kind)
    fresh, last = addresses(), "81.2.69.142"
    home.moves(last)
    await home.update()
    monkeypatch.setattr(lists, "patch", world.patched)
    for _ in range(CHANGES // 4):
        if random.random() < 0.3:
            world.valid = {last}
            other.moves(next(fresh))
            before = world.foreign(other)
            await other.update()
            assert world.foreign(other) == before
        address = next(fresh)
        home.moves(address)
        world.valid = {last, address}
        if random.random() < 0.3:
            world.others_change(other.comment, home.comment)
        before, was_held = world.foreign(home), world.held
        if random.random() < 0.6:
            world.fails()
        await home.update()
        if random.random() < 0.5:
            home.restarts()
        assert world.foreign(home) == before
        # Somebody else may have deleted the item that held it, and the update failed.
        assert world.held or not was_held
        simulator.faults.clear()
        world.others_change(other.comment, home.comment)
        before = world.foreign(home)
        home.passes(5)

        await home.update()

        shared = {item.value for item in before}
        own = {item.value for item in homes.items if item.description == home.comment}
        assert own - shared == {address} - shared
        assert address in own | shared
        assert home.state.is_in_sync
        assert world.foreign(home) == before
        last = address
