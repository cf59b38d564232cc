"""Datagrams that are no answer to a probe, over real sockets: none starts a detection."""

import asyncio
from collections.abc import Callable
from ipaddress import ip_address
from random import Random
import tracemalloc

import pytest

from custom_components.raindrop.ddns.detection import stun_probes
from custom_components.raindrop.ddns.detection.connection_watch import ConnectionWatch
from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.detection.stun_probes import ProbeStatus, StunServer
from custom_components.raindrop.ddns.sources import Family, Source
from simulator import Simulator, StunFault
from simulator.stun import binding_response
from tests.conftest import HOME, NEXT
from tests.waiting import until

AUTOMATIC = Source(Family.IPV4)
DATAGRAMS = 100_000
MAX_GROWTH = 2**20
"""Bytes by which the memory may grow."""
HEADER_BYTES = 20


class Flood:
    """Datagrams about another address, by what is wrong with each."""

    def __init__(self, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Note the transaction id of each request, and never answer it."""
        self._stun = simulator.stun
        self._random = Random(13)
        self.ids: list[bytes] = []
        received = self._stun.received

        def note(endpoint: asyncio.DatagramTransport, data: bytes, *rest: object) -> None:
            self.ids.append(data[8:])
            received(endpoint, data, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(self._stun, "received", note)
        self.kinds: tuple[Callable[[], None], ...] = (
            self.mutated,
            self.spoofed,
            self.late,
            self.truncated,
            self.foreign,
        )

    def send(self) -> None:
        """Send any of them."""
        self._random.choice(self.kinds)()

    def mutated(self) -> None:
        """A right response of which some bytes of the header are others."""
        datagram = bytearray(self._right())
        for place in self._random.sample(range(HEADER_BYTES), self._random.randint(1, 4)):
            datagram[place] ^= self._random.randint(1, 255)
        self._stun.send(bytes(datagram))

    def spoofed(self) -> None:
        """A right response from another port."""
        self._stun.send_from_other_port(self._right())

    def late(self) -> None:
        """The response to an earlier probe, or to none at all."""
        earlier = self._random.choice([self._random.randbytes(12), *self.ids[-9:-1]])
        self._stun.send(binding_response(earlier, ip_address(NEXT), None))

    def truncated(self) -> None:
        """A right response without its end."""
        right = self._right()
        self._stun.send(right[: self._random.randrange(len(right))])

    def foreign(self) -> None:
        """Anything else, of any length, or about the other family."""
        other = binding_response(self.ids[-1], ip_address(NEXT), StunFault.OTHER_FAMILY)
        anything = self._random.randbytes(self._random.randrange(1400))
        self._stun.send(self._random.choice([other, anything]))

    def _right(self) -> bytes:
        return binding_response(self.ids[-1], ip_address(NEXT), None)


@pytest.mark.timeout(240)
async def test_only_a_right_response_starts_a_detection(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred thousand others raise nothing and leave nothing; then one that is right does."""
    asyncio.get_running_loop().set_debug(False)
    monkeypatch.setattr(stun_probes, "PROBE_INTERVAL_S", 0.02)
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.4)
    flood = Flood(simulator, monkeypatch)
    detections: list[None] = []
    server = StunServer(*simulator.urls()["stun"][4])
    watch = ConnectionWatch({Family.IPV4: server}, lambda: detections.append(None), lambda: None)
    watch.watch([AUTOMATIC])
    watch.detected(Detection(source=AUTOMATIC, address=ip_address(HOME)))
    await until(lambda: watch.is_working(AUTOMATIC))
    simulator.stun.fault = StunFault.SILENT
    await until(lambda: watch.status()[Family.IPV4].probes is ProbeStatus.OUTAGE)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(DATAGRAMS):
        flood.send()
        # So that it is read before the next one.
        await asyncio.sleep(0)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < MAX_GROWTH
    assert not detections
    assert watch.status()[Family.IPV4].probes is ProbeStatus.OUTAGE

    simulator.ip.set_address(NEXT)
    simulator.stun.fault = None
    await until(lambda: bool(detections))
    watch.watch([])
