"""A thousand random changes beside other homes: nothing of others changes, and there is no gap."""

from contextlib import suppress
from random import Random
from typing import Any

from aiohttp import ClientSession
import pytest

from simulator import Simulator
from simulator.cloudflare.ip_lists import ItemList, Operation

from .changes import CHANGES, FAULTS, addresses
from .home import ADD, DELETE, POLL, READ, THEIRS, WAITS, ListHome, held, new_home


class World:
    """A list with items of everybody, which one home keeps while others change it."""

    def __init__(self, simulator: Simulator, trusted: ItemList, random: Random) -> None:
        """Remember what is there."""
        self._simulator = simulator
        self._lists = simulator.cloudflare.lists
        self._trusted = trusted
        self._random = random
        self._foreign = {item["id"]: item for item in self._lists.items(trusted)}
        self.valid: set[str] = set()
        """The addresses of which this home needs at least one at any moment."""
        self._end = self._lists._end

    def ends(self, operation: Operation) -> None:
        """Let an operation end; check that there is no gap after it."""
        self._end(operation)
        assert self.valid & {item["ip"] for item in self._lists.items(self._trusted)}

    def others_change(self) -> None:
        """Let somebody add or delete an item that is not this home's."""
        if self._random.random() < 0.5 and len(self._foreign) > 3:
            gone = self._random.choice([*self._foreign])
            self._lists.delete_item(self._trusted, gone)
            del self._foreign[gone]
        else:
            ip = f"10.{self._random.randrange(250)}.{self._random.randrange(250)}.0/24"
            with suppress(StopIteration):
                same = next(key for key, item in self._foreign.items() if item["ip"] == ip)
                del self._foreign[same]
            item = self._lists.add_item(self._trusted, ip, self._random.choice([None, "office"]))
            self._foreign[item["id"]] = item

    def fails(self) -> None:
        """Let a request of the next update fail, or none."""
        endpoint = self._random.choice([READ, ADD, POLL, DELETE])
        kind = self._random.choice([*FAULTS])
        self._simulator.faults.add("cloudflare", endpoint, kind=kind, times=1, **FAULTS[kind])

    async def other_home_changes(self, other: ListHome, address: str) -> None:
        """Let another home change its item in the same list, which leaves this home's alone."""
        before = self._not_of(other)
        other.moves(address)
        await other.update()
        assert held(self._simulator, self._trusted, other.comment) == [address]
        assert self._not_of(other) == before
        theirs = {item["id"]: item for item in self._of(other)}
        rest = {key: i for key, i in self._foreign.items() if i.get("comment") != other.comment}
        self._foreign = {**rest, **theirs}

    def _of(self, home: ListHome) -> list[dict[str, Any]]:
        found = self._lists.items(self._trusted)
        return [item for item in found if item.get("comment") == home.comment]

    def _not_of(self, home: ListHome) -> list[dict[str, Any]]:
        found = self._lists.items(self._trusted)
        return [item for item in found if item.get("comment") != home.comment]

    def check_others(self, ours: str) -> None:
        """Check that the items of others are what they were, byte for byte."""
        found = self._lists.items(self._trusted)
        foreign = {item["id"]: item for item in found if item.get("comment") != ours}
        assert foreign == self._foreign


@pytest.mark.parametrize("seed", range(1, 5))
async def test_a_thousand_random_changes(
    simulator: Simulator,
    session: ClientSession,
    trusted: ItemList,
    home: ListHome,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Beside other homes, with faults at every request and restarts between any two steps.

    Two updates after each change the list is right. There is never a moment
    without an item of this home, nor one in which an item that was valid when
    an update began is gone before the new one is there.
    """
    random = Random(seed)
    world = World(simulator, trusted, random)
    neighbor = new_home(simulator, session, simulator.cloudflare.lists.add("other"), THEIRS)
    other = new_home(simulator, session, trusted, THEIRS)
    await home.update()
    monkeypatch.setattr(simulator.cloudflare.lists, "_end", world.ends)
    fresh, last = addresses(), "81.2.69.142"
    for _ in range(CHANGES // 4):
        simulator.cloudflare.lists.steps = random.choice([1, 1, 2, 3])
        if random.random() < 0.3:
            world.valid = {last}
            await world.other_home_changes(other, next(fresh))
        address = next(fresh)
        home.moves(address)
        world.valid = {last, address}
        if random.random() < 0.3:
            neighbor.moves(next(fresh))
            neighbor.waits = 0
            await neighbor.update()
        if random.random() < 0.6:
            world.fails()
        await _update(home, random)
        assert held(simulator, trusted, home.comment)
        world.check_others(home.comment)
        simulator.faults.clear()
        world.others_change()
        home.passes(5)

        await home.update()

        assert held(simulator, trusted, home.comment) == [address]
        assert home.state.is_in_sync
        last = address
        world.check_others(home.comment)


async def _update(home: ListHome, random: Random) -> None:
    """Run an update, which a restart may interrupt at any step."""
    if random.random() < 0.3:
        home.waits = random.randrange(3)
    await home.update()
    home.waits = WAITS
    if random.random() < 0.3:
        home.restarts()
