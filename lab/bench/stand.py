"""The lab in a process of its own, and the levers that the benchmark works."""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
import json
import sys
from typing import Any

from aiohttp import ClientSession

from lab.checkout import ROOT

TOKEN = "cfut_" + "benchmark" * 5


class Stand:
    """The running lab."""

    def __init__(self, session: ClientSession, urls: Mapping[str, Any]) -> None:
        """Work the levers of the lab at these URLs."""
        self._session = session
        self.urls = urls

    async def pull(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Return what a lever answers."""
        url = self.urls["control"] + path
        async with self._session.request(method, url, json=body) as answer:
            answer.raise_for_status()
            return await answer.json() if answer.content_length else None

    async def move(self, address: str) -> None:
        """Give the home another address."""
        await self.pull("PUT", "/addresses", {"address": address})

    async def be_slow(self, delay_s: float) -> None:
        """Let Cloudflare answer this much later from now on."""
        await self.pull("DELETE", "/faults")
        if delay_s:
            fault = {"service": "cloudflare", "target": "*", "kind": "slow", "delay": delay_s}
            await self.pull("POST", "/faults", fault)

    async def forget(self) -> None:
        """Clear the log."""
        await self.pull("DELETE", "/log")

    async def log(self) -> list[dict[str, Any]]:
        """Return all requests since the log was cleared."""
        entries: list[dict[str, Any]] = await self.pull("GET", "/log")
        return entries


@contextlib.asynccontextmanager
async def running_lab() -> AsyncIterator[Stand]:
    """Run the lab, whose work is then in nobody's figures."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lab"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None  # noqa: S101
        urls = json.loads(await process.stdout.readline())
        async with ClientSession() as session:
            stand = Stand(session, urls)
            await stand.pull("POST", "/credentials", {"token": TOKEN})
            yield stand
    finally:
        process.terminate()
        await process.wait()
