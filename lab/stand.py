"""The lab as a whole: one Cloudflare, five IP services, faults, a log and a control port."""

import asyncio
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from .cloudflare import Cloudflare
from .cloudflare.routes import TARGETS
from .control import Control
from .faults import Faults
from .ip import FAMILIES, OPERATORS, IpServices
from .journal import Log
from .ports import Ports


class Lab:
    """All stand-ins, ready to be used in a test's own event loop: `async with Lab() as lab`."""

    def __init__(self, ports: Ports | None = None) -> None:
        """Prepare the lab; without ports the system chooses free ones."""
        ports = ports or Ports()
        self._stopping = asyncio.Event()
        self.log = Log()
        self.faults = Faults(
            {"cloudflare": TARGETS, "ip": {"*", *(operator.name for operator in OPERATORS)}}
        )
        self.ip = IpServices(self.log, self.faults, self._stopping, ports)
        self.cloudflare = Cloudflare(
            self.log, self.faults, self._stopping, self._home, ports.cloudflare
        )
        self.control = Control(self, ports.control)

    @property
    def control_url(self) -> str:
        """Where the control port listens."""
        return self.control.url

    def urls(self) -> dict[str, Any]:
        """Return where everything listens."""
        return {
            "control": self.control_url,
            "cloudflare": self.cloudflare.base_url,
            "ip": [asdict(service) for service in self.ip.services],
        }

    async def start(self) -> None:
        """Open all ports."""
        try:
            self.cloudflare.start()
            self.ip.start()
            await self.control.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Let go of everything that is kept back, and close all ports."""
        self._stopping.set()
        self.faults.clear()
        await asyncio.gather(self.cloudflare.stop(), self.ip.stop(), self.control.stop())

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

    def _home(self) -> str:
        """Return the address from which the home seems to call Cloudflare."""
        addresses = (self.ip.address(family) for family in FAMILIES)
        return str(next((address for address in addresses if address), "127.0.0.1"))
