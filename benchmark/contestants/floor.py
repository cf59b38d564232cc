"""The floor: the fewest requests with which records can be kept up to date."""

from typing import override

from aiohttp import ClientSession

# With the packages of the other programs in its process, as all have: without them the same
# request takes little more than half the CPU time.
import cloudflare  # noqa: F401
import requests  # noqa: F401

from benchmark.task import Task

from .base import Program


class Floor(Program):
    """One lookup, one list and one batch in plain aiohttp, without checks or notifications."""

    has_loop = True

    def __init__(self, task: Task) -> None:
        """Start without a session and without a known address."""
        super().__init__(task)
        self._session: ClientSession | None = None
        self._known = ""

    @override
    async def start(self) -> None:
        """Look up the address, list the zone and write the records that differ."""
        self._session = ClientSession()
        await self._write(await self._look_up())

    @override
    async def update(self) -> None:
        """Look up the address, and list and write only if it changed."""
        address = await self._look_up()
        if address != self._known:
            await self._write(address)

    @override
    async def full_sync(self) -> None:
        """Look up the address, list the zone and write the records that differ."""
        await self._write(await self._look_up())

    @override
    async def stop(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _look_up(self) -> str:
        """Return the address from Cloudflare's trace."""
        assert self._session  # noqa: S101
        async with self._session.get(self.task.ip_url("cloudflare")) as response:
            lines = (await response.text()).splitlines()
        return dict(line.split("=", 1) for line in lines)["ip"]

    async def _write(self, address: str) -> None:
        """Write the address to every record that differs, in one batch."""
        assert self._session  # noqa: S101
        url = f"{self.task.cloudflare}/zones/{self.task.zone_id}/dns_records"
        headers = {"Authorization": f"Bearer {self.task.token}"}
        query = {"per_page": "5000"}
        async with self._session.get(url, params=query, headers=headers) as response:
            records = (await response.json())["result"]
        names = set(self.task.names)
        patches = [
            {"id": record["id"], "content": address}
            for record in records
            if record["name"] in names and record["content"] != address
        ]
        body = {"patches": patches}
        async with self._session.post(f"{url}/batch", json=body, headers=headers) as response:
            await response.json()
        self._known = address
