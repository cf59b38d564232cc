"""The time from a move of the home, or from the end of an outage, to the request that writes it.

Nothing reports the move to Raindrop: its connection watch has to notice it.
`python -m benchmark.watch_times` measures what the kernel reports; it changes
the network, and so has to run in a network namespace of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
import contextlib
from dataclasses import dataclass
from functools import partial
import json
import os
import random
from statistics import median
import subprocess
import sys
import time

from devtools.checkout import ROOT

from .contestants import RAINDROP
from .reaction_times import BATCH
from .simulator_process import SimulatorClient, running_simulator
from .workers import Worker, task_of
from .zones import ContestantZone, addresses

HOMES = 8
"""Homes that move together; each sends its probes at times of its own."""
LIMIT_S = 90
POLL_S = 0.25
NO_SERVER = {"4": ("127.0.0.1", 9)}
"""Nobody responds there, so that only the kernel reports a change."""
NETWORK = (
    "link set lo up",
    "link add wan type veth peer name isp",
    "link set isp up",
    "link set wan up",
    "addr add 10.0.0.2/24 dev wan",
    "route add default via 10.0.0.1",
)
SETTLE_S = 4.0
"""Until every home has had a response to a probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTimes:
    """The times to the batch at Cloudflare, in seconds."""

    event: str
    times_s: Sequence[float]

    @property
    def median_s(self) -> float:
        """The median."""
        return median(self.times_s)


async def measure_watching(simulator: SimulatorClient, runs: int) -> list[WatchTimes]:
    """Return the times after moves at random moments, after outages, and by the kernel."""
    unused = addresses()
    await simulator.set_address(next(unused))
    async with _homes(simulator, simulator.urls["stun"]) as zones:
        await asyncio.sleep(SETTLE_S)
        moves: list[float] = []
        outages: list[float] = []
        for number in range(runs):
            print(f"watching, run {number + 1} of {runs}", file=sys.stderr, flush=True)
            await asyncio.sleep(random.uniform(0, 15))  # noqa: S311 - no secret
            move = partial(simulator.set_address, next(unused))
            moves += await _times_to_batch(simulator, zones, move)
            await _set_outage(simulator)
            await asyncio.sleep(random.uniform(10, 60))  # noqa: S311 - no secret
            end = partial(_end_outage, simulator, next(unused))
            outages += await _times_to_batch(simulator, zones, end)
    return [
        WatchTimes(event="the home moves", times_s=moves),
        WatchTimes(event="an outage of 10 to 60 s ends with another address", times_s=outages),
        WatchTimes(event="the kernel reports a new prefix", times_s=_kernel_times(runs)),
    ]


@contextlib.asynccontextmanager
async def _homes(
    simulator: SimulatorClient, stun: dict[str, tuple[str, int]]
) -> AsyncIterator[list[ContestantZone]]:
    """Run homes whose connection is watched; yield their zones."""
    async with contextlib.AsyncExitStack() as stack:
        zones = []
        for number in range(HOMES):
            zone = ContestantZone(simulator, f"home{number}.example")
            worker = Worker(RAINDROP, zone)
            stack.push_async_callback(worker.close)
            await zone.create(1, "81.2.69.1")
            await worker.begin(task_of(simulator, zone, 1, stun))
            await worker.run("start")
            zones.append(zone)
        yield zones


async def _times_to_batch(
    simulator: SimulatorClient,
    zones: Sequence[ContestantZone],
    event: Callable[[], Awaitable[None]],
) -> list[float]:
    """Return for each zone the seconds from an event to the arrival of the batch."""
    await simulator.clear_log()
    began = time.monotonic()
    await event()
    arrived: dict[str, float] = {}
    async with asyncio.timeout(LIMIT_S):
        while len(arrived) < len(zones):
            await asyncio.sleep(POLL_S)
            for entry in await simulator.log():
                if entry["endpoint"] == BATCH:
                    zone_id = entry["target"].split("/zones/")[1].partition("/")[0]
                    arrived.setdefault(zone_id, entry["begin"] - began)
    return [*arrived.values()]


async def _set_outage(simulator: SimulatorClient) -> None:
    """Let nothing on the internet respond."""
    await simulator.request("PUT", "/switches", {"reachable": False})
    await simulator.request("PUT", "/addresses", {"address": None})


async def _end_outage(simulator: SimulatorClient, address: str) -> None:
    await simulator.request("PUT", "/switches", {"reachable": True})
    await simulator.set_address(address)


def _kernel_times(runs: int) -> list[float]:
    """Run this module in a network namespace of its own; return the times that it prints."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *as_root, "--net", sys.executable, "-m", "benchmark.watch_times"]
    finished = subprocess.run(
        [*command, str(runs)], cwd=ROOT, check=True, capture_output=True, timeout=600
    )
    times_s: list[float] = json.loads(finished.stdout)
    return times_s


async def _measure_kernel(runs: int) -> list[float]:
    """Return the times from a new prefix on an interface to the batch."""
    for command in NETWORK:
        _ip(command)
    unused = addresses()
    times_s: list[float] = []
    async with running_simulator() as simulator:
        await simulator.set_address(next(unused))
        async with _homes(simulator, NO_SERVER) as zones:
            for number in range(runs):
                await asyncio.sleep(SETTLE_S)
                await simulator.set_address(next(unused))

                prefix = f"-6 addr add 2001:218:{number + 1}::5/64 dev wan nodad"
                add_prefix = partial(asyncio.to_thread, _ip, prefix)
                times_s += await _times_to_batch(simulator, zones, add_prefix)
    return times_s


def _ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True)  # noqa: S607


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_measure_kernel(int(sys.argv[1])))))
