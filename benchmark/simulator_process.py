"""The simulator in a process of its own, and a client of its control API."""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
import json
import sys
from typing import Any

from aiohttp import ClientSession

from devtools.checkout import ROOT


class SimulatorClient:
    """A client of the simulator's control API."""

    def __init__(self, session: ClientSession, urls: Mapping[str, Any]) -> None:
        """Use the simulator at these URLs."""
        self._session = session
        self.urls = urls

    async def request(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Return the JSON response of a control endpoint, None if it has no body."""
        url = self.urls["control"] + path
        async with self._session.request(method, url, json=body) as response:
            response.raise_for_status()
            return await response.json() if response.content_length else None

    async def set_address(self, address: str) -> None:
        """Set the public address."""
        await self.request("PUT", "/addresses", {"address": address})

    async def set_delay(self, delay_s: float) -> None:
        """Delay every response of the Cloudflare API."""
        await self.request("DELETE", "/faults")
        if delay_s:
            fault = {"service": "cloudflare", "target": "*", "kind": "slow", "delay": delay_s}
            await self.request("POST", "/faults", fault)

    async def clear_log(self) -> None:
        """Clear the request log."""
        await self.request("DELETE", "/log")

    async def log(self) -> list[dict[str, Any]]:
        """Return all requests since the log was cleared."""
        entries: list[dict[str, Any]] = await self.request("GET", "/log")
        return entries


@contextlib.asynccontextmanager
async def running_simulator() -> AsyncIterator[SimulatorClient]:
    """Run the simulator in its own process, so that its work is not measured."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None  # noqa: S101
        urls = json.loads(await process.stdout.readline())
        async with ClientSession() as session:
            yield SimulatorClient(session, urls)
    finally:
        process.terminate()
        await process.wait()
