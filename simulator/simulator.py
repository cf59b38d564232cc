"""The simulator: a Cloudflare API, IP services, a STUN server, faults, a log and a control port."""

import asyncio
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from .cloudflare import Cloudflare
from .cloudflare.routes import TARGETS
from .control_api import Control
from .faults import Faults
from .http_server import LOOPBACK
from .ip_services import FAMILIES, PROVIDERS, IpServices
from .ports import Ports
from .request_log import Log
from .resolvers import TARGETS as RESOLVER_TARGETS, Resolvers
from .stun import StunService


class Simulator:
    """All simulated servers in one event loop: `async with Simulator() as simulator`."""

    def __init__(self, ports: Ports | None = None) -> None:
        """Create the simulator; without ports the system chooses free ones."""
        ports = ports or Ports()
        self._stopping = asyncio.Event()
        self.log = Log()
        self.faults = Faults(
            {
                "cloudflare": TARGETS,
                "ip": {"*", *(provider.name for provider in PROVIDERS)},
                "doh": RESOLVER_TARGETS,
            }
        )
        self.ip = IpServices(self.log, self.faults, self._stopping, ports)
        self.stun = StunService(self.ip.address, ports.stun)
        self.cloudflare = Cloudflare(
            self.log, self.faults, self._stopping, self._client_address, ports.cloudflare
        )
        self.doh = Resolvers(
            lambda: self.cloudflare.zones,
            lambda: self.cloudflare.now(),  # noqa: PLW0108 - the clock may be replaced later
            self.log,
            self.faults,
            self._stopping,
            ports.doh,
        )
        self.control = Control(
            self.urls,
            ip=self.ip,
            stun=self.stun,
            doh=self.doh,
            cloudflare=self.cloudflare,
            faults=self.faults,
            log=self.log,
            port=ports.control,
        )

    @property
    def control_url(self) -> str:
        """The URL of the control API."""
        return self.control.url

    def urls(self) -> dict[str, Any]:
        """Return the URLs of all servers."""
        return {
            "control": self.control_url,
            "cloudflare": self.cloudflare.base_url,
            "stun": {family: [LOOPBACK[family], self.stun.port] for family in FAMILIES},
            "doh": {**self.doh.urls},
            "ip": [asdict(service) for service in self.ip.services],
        }

    async def start(self) -> None:
        """Open all ports."""
        try:
            self.cloudflare.start()
            self.ip.start()
            self.doh.start()
            await self.stun.start()
            await self.control.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Release all delayed responses and close all ports."""
        self._stopping.set()
        self.faults.clear()
        parts = (self.cloudflare, self.ip, self.stun, self.doh, self.control)
        await asyncio.gather(*(part.stop() for part in parts))

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    def _client_address(self) -> str:
        """Return the public address from which clients seem to call Cloudflare."""
        addresses = (self.ip.address(family) for family in FAMILIES)
        return str(next((address for address in addresses if address), "127.0.0.1"))
