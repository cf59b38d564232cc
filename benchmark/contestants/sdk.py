"""Cloudflare's official Python SDK, used as its documentation suggests."""

import asyncio
from typing import override

import cloudflare
import requests

from benchmark.task import Task

from .base import Program


class Sdk(Program):
    """Lists the record of each name and updates it if it differs."""

    def __init__(self, task: Task) -> None:
        """Start without a client."""
        super().__init__(task)
        self._client: cloudflare.Cloudflare | None = None

    @override
    async def start(self) -> None:
        """Create a client and run once."""
        self._client = cloudflare.Cloudflare(
            api_token=self.task.token, base_url=self.task.cloudflare
        )
        await self.update()

    @override
    async def update(self) -> None:
        """Check every name."""
        await asyncio.to_thread(self._run)

    @override
    async def stop(self) -> None:
        """Close the connections."""
        if self._client:
            self._client.close()

    def _run(self) -> None:
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
