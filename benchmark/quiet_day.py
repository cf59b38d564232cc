"""A day in which nothing happens, with the connection watch and without: traffic and CPU time."""

import asyncio
from dataclasses import dataclass
import json
from statistics import mean
import sys

from devtools.checkout import ROOT
from simulator.traffic import Traffic

from .contestants import RAINDROP
from .simulator_process import SimulatorClient
from .workers import running_workers

UPDATES = 24
"""How many updates and full syncs are measured."""
_LIMIT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietDay:
    """What a day costs that has one record to keep."""

    title: str
    traffic: Traffic
    cpu_s: float


async def measure_quiet_days(simulator: SimulatorClient) -> list[QuietDay]:
    """Return a day with the watch, and one without."""
    days = json.loads(await _output("benchmark.simulated_day"))
    update_s, full_sync_s = await _update_costs(simulator)
    return [
        QuietDay(
            title=title,
            traffic=(traffic := Traffic(**days[name])),
            cpu_s=await _probes_s(simulator, traffic.probes)
            + full_sync_s * traffic.api_requests
            # A full sync asks for a second opinion.
            + update_s * (traffic.look_ups - 2 * traffic.api_requests),
        )
        for name, title in (("watched", "watched"), ("polled", "polled every five minutes"))
    ]


async def _update_costs(simulator: SimulatorClient) -> tuple[float, float]:
    """Return the mean CPU time of an update without a change, and of a full sync."""
    address = "81.2.69.142"
    await simulator.set_address(address)
    async with running_workers(simulator, [RAINDROP], 1, address) as workers:
        worker = workers[RAINDROP]
        updates = [await worker.run("update") for _ in range(UPDATES)]
        full_syncs = [await worker.run("full sync") for _ in range(UPDATES)]
    return mean(c["cpu_s"] for c in updates), mean(c["cpu_s"] for c in full_syncs)


async def _probes_s(simulator: SimulatorClient, count: int) -> float:
    """Return the CPU time of probes."""
    host, port = simulator.urls["stun"]["4"]
    return float(await _output("benchmark.probe_cost", host, str(port), str(count))) if count else 0


async def _output(module: str, *arguments: str) -> str:
    """Run a module in a process of its own; return what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(_LIMIT_S):
        output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{module} failed")
    return output.decode()
