"""The processes of the contestants, seen from the benchmark."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from dataclasses import asdict
import json
import os
import sys
from tempfile import TemporaryFile
from typing import IO, Any

from devtools.checkout import ROOT

from .simulator_process import SimulatorClient
from .task import Task
from .zones import ContestantZone

TIMEOUT_S = 240


class ContestantError(Exception):
    """A contestant failed; the text says why."""


class Worker:
    """One contestant in its process, and its zone."""

    def __init__(self, name: str, zone: ContestantZone) -> None:
        """Create the worker; `begin` starts its process."""
        self.name = name
        self.zone = zone
        self._errors: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed in `close`
        self._process: asyncio.subprocess.Process | None = None

    async def begin(self, task: Task) -> None:
        """Start the process. Raises ContestantError."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmark.worker", self.name),
            cwd=ROOT,
            env=_environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._errors,
            limit=2**24,
        )
        await self._send(asdict(task))

    async def run(self, command: str, **details: str) -> dict[str, Any]:
        """Return the cost of a command. Raises ContestantError."""
        return await self._send({"do": command, **details})

    async def close(self) -> None:
        """End the process, by force if necessary."""
        await self._end()
        self._errors.close()

    async def _end(self) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(OSError):
                assert self._process.stdin  # noqa: S101
                self._process.stdin.write(b'{"do": "close"}\n')
            try:
                await asyncio.wait_for(self._process.wait(), 20)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _send(self, command: dict[str, Any]) -> dict[str, Any]:
        """Return the response to a command."""
        assert self._process  # noqa: S101
        assert self._process.stdin  # noqa: S101
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), TIMEOUT_S)
        except TimeoutError:
            self._process.kill()
            line = b""
        if not line:
            self._errors.seek(0)
            output = self._errors.read().decode(errors="replace").strip()
            raise ContestantError(f"{self.name} failed: {output[-2000:]}")
        response: dict[str, Any] = json.loads(line)
        return response


@contextlib.asynccontextmanager
async def running_workers(
    simulator: SimulatorClient, names: list[str], count: int, address: str
) -> AsyncIterator[dict[str, Worker]]:
    """Run contestants with a number of records each; those that fail to start are left out."""
    workers: dict[str, Worker] = {}
    async with contextlib.AsyncExitStack() as stack:
        for name in names:
            worker = Worker(name, ContestantZone(simulator, f"{name}-{count}.example"))
            stack.push_async_callback(worker.close)
            try:
                await worker.zone.create(count, address)
                await worker.begin(task_of(simulator, worker.zone, count))
                await worker.run("start")
            except ContestantError as err:
                print(f"Left out: {err}", file=sys.stderr)
            else:
                workers[name] = worker
        yield workers


def _environment() -> dict[str, str]:
    """Return the environment of a contestant, in which bytecode is cached."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}


def task_of(
    simulator: SimulatorClient,
    zone: ContestantZone,
    count: int,
    stun: dict[str, tuple[str, int]] | None = None,
) -> Task:
    """Return the task of a contestant with a number of records."""
    return Task(
        zone_id=zone.id,
        zone=zone.name,
        names=tuple(f"d{number}.{zone.name}" for number in range(count)),
        token=zone.token,
        cloudflare=simulator.urls["cloudflare"],
        ip=simulator.urls["ip"],
        stun=stun or {},
    )
