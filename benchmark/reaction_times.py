"""The time from a changed address to the request that writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
import sys
from typing import Any, Literal

from .contestants import RAINDROP, RAINDROP_ENTITY
from .simulator_process import SimulatorClient
from .workers import Worker, running_workers
from .zones import addresses

type Trigger = Literal["entity", "poll"]

BATCH = "POST /zones/{zone_id}/dns_records/batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionTimes:
    """The times from a changed entity or the start of a poll to the batch at Cloudflare."""

    trigger: Trigger
    count: int
    times_s: Sequence[float]

    @property
    def median_s(self) -> float:
        """The median."""
        return median(self.times_s)


async def measure_reactions(
    simulator: SimulatorClient, counts: Sequence[int], runs: int
) -> list[ReactionTimes]:
    """Return the reaction times by entity and by poll for each number of records."""
    found = []
    unused = addresses()
    for count in counts:
        print(f"reaction, {count} records", file=sys.stderr, flush=True)
        address = next(unused)
        await simulator.set_address(address)
        async with running_workers(
            simulator, [RAINDROP_ENTITY, RAINDROP], count, address
        ) as workers:
            entity: list[float] = []
            poll: list[float] = []
            for _ in range(runs):
                address = next(unused)
                # The web providers have to confirm the address of the entity.
                await simulator.set_address(address)
                entity.append(
                    await _time_to_batch(
                        simulator, workers[RAINDROP_ENTITY], "report address", address=address
                    )
                )
                poll.append(await _time_to_batch(simulator, workers[RAINDROP], "update"))
        found += [
            ReactionTimes(trigger="entity", count=count, times_s=entity),
            ReactionTimes(trigger="poll", count=count, times_s=poll),
        ]
    return found


async def _time_to_batch(
    simulator: SimulatorClient, worker: Worker, command: str, **details: str
) -> float:
    """Return the seconds from the start of a command to the arrival of the batch."""
    await simulator.clear_log()
    cost = await worker.run(command, **details)
    log: list[dict[str, Any]] = await simulator.log()
    batch = next(entry for entry in log if entry["endpoint"] == BATCH)
    elapsed_s: float = batch["begin"] - cost["began"]
    return elapsed_s
