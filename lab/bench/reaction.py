"""How long it takes from a changed address to the request that writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
import sys
from typing import Any

from .contestants import BY_ROUTER, RAINDROP
from .stand import Stand
from .team import Worker, team
from .world import addresses

BATCH = "POST /zones/{zone_id}/dns_records/batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """The time from a change, or the beginning of a poll, to the batch at Cloudflare."""

    path: str
    count: int
    times_s: Sequence[float]

    @property
    def median_s(self) -> float:
        """The one in the middle."""
        return median(self.times_s)


async def reactions(stand: Stand, counts: Sequence[int], times: int) -> list[Reaction]:
    """Return the reactions by event and by poll, each this many times."""
    found = []
    homes = addresses()
    for count in counts:
        print(f"reaction, {count} records", file=sys.stderr, flush=True)
        home = next(homes)
        await stand.move(home)
        async with team(stand, [BY_ROUTER, RAINDROP], count, home) as workers:
            event: list[float] = []
            poll: list[float] = []
            for _ in range(times):
                home = next(homes)
                # Others see it as soon as the router does: its word is confirmed before a write.
                await stand.move(home)
                event.append(await _react(stand, workers[BY_ROUTER], "say", address=home))
                poll.append(await _react(stand, workers[RAINDROP], "round"))
        found += [
            Reaction(path="event", count=count, times_s=event),
            Reaction(path="poll", count=count, times_s=poll),
        ]
    return found


async def _react(stand: Stand, worker: Worker, order: str, **detail: str) -> float:
    """Return how long it takes from an order to the batch."""
    await stand.forget()
    cost = await worker.do(order, **detail)
    log: list[dict[str, Any]] = await stand.log()
    batch = next(entry for entry in log if entry["endpoint"] == BATCH)
    began: float = batch["begin"] - cost["began"]
    return began
