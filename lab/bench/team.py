"""The processes of the contestants, as the benchmark commands them."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from dataclasses import asdict
import json
import os
import sys
from tempfile import TemporaryFile
from typing import IO, Any

from lab.checkout import ROOT

from .stand import TOKEN, Stand
from .world import Task, World

LIMIT_S = 240


class ContestantError(Exception):
    """A contestant cannot go on; the text says why."""


class Worker:
    """One contestant in its process, and its zone."""

    def __init__(self, name: str, world: World) -> None:
        """Know a contestant that is started later."""
        self.name = name
        self.world = world
        self._errors: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed in `end`
        self._process: asyncio.subprocess.Process | None = None

    async def begin(self, task: Task) -> None:
        """Start the process. Raises ContestantError."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lab.bench.worker", self.name),
            cwd=ROOT,
            env=_environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._errors,
            limit=2**24,
        )
        await self._ask(asdict(task))

    async def do(self, order: str, **detail: str) -> dict[str, Any]:
        """Return what an order cost. Raises ContestantError."""
        return await self._ask({"do": order, **detail})

    async def end(self) -> None:
        """End the process, whatever it does."""
        await self._end()
        self._errors.close()

    async def _end(self) -> None:
        """Ask the process to end, and see to it."""
        if self._process and self._process.returncode is None:
            with contextlib.suppress(OSError):
                assert self._process.stdin  # noqa: S101
                self._process.stdin.write(b'{"do": "end"}\n')
            try:
                await asyncio.wait_for(self._process.wait(), 20)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to an order."""
        assert self._process  # noqa: S101
        assert self._process.stdin  # noqa: S101
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), LIMIT_S)
        except TimeoutError:
            self._process.kill()
            line = b""
        if not line:
            self._errors.seek(0)
            words = self._errors.read().decode(errors="replace").strip()
            raise ContestantError(f"{self.name} failed: {words[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.asynccontextmanager
async def team(
    stand: Stand, names: list[str], count: int, address: str
) -> AsyncIterator[dict[str, Worker]]:
    """Run contestants who keep so many names each; one who cannot be run is told of."""
    workers: dict[str, Worker] = {}
    async with contextlib.AsyncExitStack() as stack:
        for name in names:
            worker = Worker(name, World(stand, f"{name}-{count}.example"))
            stack.push_async_callback(worker.end)
            try:
                await worker.world.make(count, address)
                await worker.begin(_task(stand, worker.world, count))
                await worker.do("start")
            except ContestantError as err:
                print(f"Left out: {err}", file=sys.stderr)
            else:
                workers[name] = worker
        yield workers


def _environment() -> dict[str, str]:
    """Return a contestant's environment, in which bytecode is kept: a start is not the first."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _task(stand: Stand, world: World, count: int) -> Task:
    """Return what a contestant is to keep."""
    return Task(
        zone_id=world.zone_id,
        zone=world.zone,
        names=tuple(f"d{number}.{world.zone}" for number in range(count)),
        token=TOKEN,
        cloudflare=stand.urls["cloudflare"],
        ip=stand.urls["ip"],
    )
