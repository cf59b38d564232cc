"""The CPU time of probes: `python -m benchmark.probe_cost HOST PORT COUNT` prints its seconds.

The probes follow each other without a pause, and the server has a process of its own.
"""

import asyncio
import sys
import time
from typing import override

from custom_components.raindrop.ddns import ConnectionWatch, Detection, Family, Source, StunServer
from custom_components.raindrop.ddns.detection import stun_probes
from custom_components.raindrop.ddns.models import Address

SOURCE = Source(Family.IPV4)


class _CountedWatch(ConnectionWatch):
    """A watch that counts responses, of a home whose address never changes."""

    def __init__(self, server: StunServer, count: int) -> None:
        super().__init__({Family.IPV4: server}, lambda: None, lambda: None)
        self._left = count
        self.is_done = asyncio.Event()

    @override
    def _responded(self, family: Family, mapped: Address, ends_outage: bool) -> None:
        super()._responded(family, mapped, ends_outage)
        self.detected(Detection(source=SOURCE, address=mapped))
        self._left -= 1
        if not self._left:
            self.is_done.set()


async def _cpu_s(host: str, port: str, count: str) -> float:
    stun_probes.PROBE_INTERVAL_S = 0
    watch = _CountedWatch(StunServer(host, int(port)), int(count))
    began_s = time.process_time()
    watch.watch([SOURCE])
    await watch.is_done.wait()
    watch.watch([])
    return time.process_time() - began_s


if __name__ == "__main__":
    sys.stdout.write(str(asyncio.run(_cpu_s(*sys.argv[1:]))))
