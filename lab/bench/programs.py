"""Contestants that are programs of their own: the floor, Cloudflare's SDK, the script of old."""

import asyncio
from typing import Any, override

from aiohttp import ClientSession
import cloudflare
import requests

from .contestant import Contestant
from .world import Task


class Program(Contestant):
    """A program that does everything anew each time."""

    has_loop = False

    def __init__(self, task: Task) -> None:
        """Know what to keep."""
        self.task = task

    async def prepare(self) -> None:
        """Have nothing to prepare."""

    async def start(self) -> None:
        """Run once."""
        await self.round()

    async def round(self) -> None:
        """Look up the address and write it where it is not."""
        raise NotImplementedError

    async def audit(self) -> None:
        """Run once."""
        await self.round()

    async def say(self, address: str) -> None:
        """Listen to nobody."""
        raise NotImplementedError

    async def settle(self) -> None:
        """Leave nothing to do."""

    async def stop(self) -> None:
        """Forget nothing, for nothing is known."""

    async def end(self) -> None:
        """Forget everything."""
        await self.stop()


class Floor(Program):
    """The fewest requests that can be, in plain aiohttp: it checks nothing and tells nobody."""

    has_loop = True

    def __init__(self, task: Task) -> None:
        """Know no address yet."""
        super().__init__(task)
        self._session: ClientSession | None = None
        self._known = ""

    @override
    async def start(self) -> None:
        """Look up the address, list the zone and write what is wrong."""
        self._session = ClientSession()
        await self._write(await self._look_up())

    @override
    async def round(self) -> None:
        """Look up the address; the rest only if it is another one."""
        address = await self._look_up()
        if address != self._known:
            await self._write(address)

    @override
    async def audit(self) -> None:
        """Look up the address, list the zone and write what is wrong."""
        await self._write(await self._look_up())

    @override
    async def stop(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _look_up(self) -> str:
        """Return the address, as Cloudflare's trace tells it."""
        assert self._session  # noqa: S101
        async with self._session.get(self.task.ip_url("cloudflare")) as answer:
            lines = (await answer.text()).splitlines()
        return dict(line.split("=", 1) for line in lines)["ip"]

    async def _write(self, address: str) -> None:
        """Write the address wherever it is not, in one batch."""
        assert self._session  # noqa: S101
        url = f"{self.task.cloudflare}/zones/{self.task.zone_id}/dns_records"
        headers = {"Authorization": f"Bearer {self.task.token}"}
        query = {"per_page": "5000"}
        async with self._session.get(url, params=query, headers=headers) as answer:
            records = (await answer.json())["result"]
        names = set(self.task.names)
        patches = [
            {"id": record["id"], "content": address}
            for record in records
            if record["name"] in names and record["content"] != address
        ]
        body = {"patches": patches}
        async with self._session.post(f"{url}/batch", json=body, headers=headers) as answer:
            await answer.json()
        self._known = address


class Script(Program):
    """The script of old: asks ipify, lists the records, puts each."""

    @override
    async def round(self) -> None:
        """Run the script."""
        await asyncio.to_thread(self._run)

    def _run(self) -> None:
        """Do what ten lines do."""
        headers = {"Authorization": f"Bearer {self.task.token}"}
        url = f"{self.task.cloudflare}/zones/{self.task.zone_id}/dns_records"
        ip = requests.get(self.task.ip_url("ipify"), timeout=30).text
        query = {"type": "A", "per_page": "5000"}
        answer: dict[str, Any] = requests.get(url, params=query, headers=headers, timeout=30).json()
        for record in answer["result"]:
            if record["content"] != ip:
                body = {"type": "A", "name": record["name"], "content": ip}
                requests.put(f"{url}/{record['id']}", json=body, headers=headers, timeout=30)


class Sdk(Program):
    """Cloudflare's SDK as its users write it: find each name's record, update it if it differs."""

    def __init__(self, task: Task) -> None:
        """Have no client yet."""
        super().__init__(task)
        self._client: cloudflare.Cloudflare | None = None

    @override
    async def start(self) -> None:
        """Begin with a new client."""
        self._client = cloudflare.Cloudflare(
            api_token=self.task.token, base_url=self.task.cloudflare
        )
        await self.round()

    @override
    async def round(self) -> None:
        """Go through the names."""
        await asyncio.to_thread(self._run)

    @override
    async def stop(self) -> None:
        """Close the connections."""
        if self._client:
            self._client.close()

    def _run(self) -> None:
        """Go through the names."""
        assert self._client  # noqa: S101
        ip = requests.get(self.task.ip_url("ipify"), timeout=30).text
        dns, zone_id = self._client.dns.records, self.task.zone_id
        for name in self.task.names:
            for record in dns.list(zone_id=zone_id, name={"exact": name}, type="A"):
                if record.content != ip:
                    dns.update(
                        record.id,
                        zone_id=zone_id,
                        name=name,
                        type="A",
                        content=ip,
                        ttl=int(record.ttl),
                        proxied=bool(record.proxied),
                    )
