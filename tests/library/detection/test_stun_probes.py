"""STUN probes against the simulator, over real sockets: what they hear, and what they miss."""

import asyncio
from collections.abc import AsyncIterator
import logging
from random import Random
import socket

import pytest

from custom_components.raindrop.ddns.detection import stun_probes
from custom_components.raindrop.ddns.detection.stun_probes import (
    ProbeStatus,
    StunProbes,
    StunServer,
)
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator, StunFault
from tests.conftest import HOME, HOME_V6, NEXT
from tests.waiting import LIMIT_S, until

UNRESOLVABLE = StunServer("no-such-host.invalid")


@pytest.fixture(autouse=True)
def pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probe some hundred times as fast."""
    monkeypatch.setattr(stun_probes, "PROBE_INTERVAL_S", 0.03)
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.4)


class Probing:
    """Probes of one family, and what they responses."""

    def __init__(self, server: StunServer, family: Family = Family.IPV4) -> None:
        """Create the probes; they are not started."""
        self.responses: list[tuple[str, bool]] = []
        self.silences = 0
        self.probes = StunProbes(family, server, self._responded, self._went_silent)
        self._waits: list[asyncio.Future[None]] = []

    def _responded(self, address: object, ends_outage: bool) -> None:  # noqa: FBT001
        self.responses.append((str(address), ends_outage))
        self._wake()

    def _went_silent(self) -> None:
        self.silences += 1
        self._wake()

    def _wake(self) -> None:
        for wait in self._waits:
            if not wait.done():
                wait.set_result(None)
        self._waits.clear()

    async def next(self) -> None:
        """Wait until something is responses or missed."""
        wait = asyncio.get_running_loop().create_future()
        self._waits.append(wait)
        async with asyncio.timeout(LIMIT_S):
            await wait

    async def until_responses(self, *expected: tuple[str, bool]) -> None:
        """Wait until the last responses are these."""
        while self.responses[-len(expected) :] != [*expected]:
            await self.next()

    async def until_silent(self) -> None:
        """Wait for an outage."""
        while self.probes.status is not ProbeStatus.OUTAGE:
            await self.next()


def server_of(simulator: Simulator, family: Family = Family.IPV4) -> StunServer:
    """Return the simulator's server as the library configures it."""
    return StunServer(*simulator.urls()["stun"][family])


@pytest.fixture
async def probing(simulator: Simulator) -> AsyncIterator[Probing]:
    """Probe by IPv4."""
    probing = Probing(server_of(simulator))
    probing.probes.start()
    yield probing
    probing.probes.stop()


async def test_each_probe_shows_the_address(simulator: Simulator, probing: Probing) -> None:
    """A change is in the next response."""
    await probing.until_responses((HOME, False), (HOME, False))
    simulator.ip.set_address(NEXT)
    await probing.until_responses((NEXT, False))
    assert probing.probes.status is ProbeStatus.WORKING


async def test_ipv6_is_probed_by_ipv6(simulator: Simulator) -> None:
    """The server has both families."""
    probing = Probing(server_of(simulator, Family.IPV6), Family.IPV6)
    probing.probes.start()
    await probing.until_responses((HOME_V6, False))
    probing.probes.stop()
    assert simulator.stun.probes[6] >= 1
    assert simulator.stun.probes[4] == 0


async def test_every_probe_has_a_port_of_its_own(simulator: Simulator, probing: Probing) -> None:
    """Routers keep the old mapping of a flow that goes on."""
    while len(probing.responses) < 20:
        await probing.next()
    # The system may hand out a port twice, but does not do so all the time.
    assert len(simulator.stun.client_ports) > 10


async def test_an_outage_ends_with_the_first_response(
    simulator: Simulator, probing: Probing
) -> None:
    """Whatever the response says; an outage is reported once."""
    await probing.until_responses((HOME, False))
    simulator.stun.fault = StunFault.SILENT
    await probing.until_silent()
    simulator.stun.fault = None
    await probing.until_responses((HOME, True), (HOME, False))
    assert probing.silences == 1


async def test_a_single_loss_is_no_outage(simulator: Simulator, probing: Probing) -> None:
    """Datagrams get lost."""
    await probing.until_responses((HOME, False))
    before = simulator.stun.probes[4]
    simulator.stun.fault = StunFault.SILENT
    await until(lambda: simulator.stun.probes[4] != before)
    simulator.stun.fault = None
    responses = len(probing.responses)
    while len(probing.responses) < responses + 2:
        await probing.next()
    assert {ends_outage for _, ends_outage in probing.responses} == {False}
    assert probing.silences == 0


@pytest.mark.parametrize("fault", [fault for fault in StunFault if fault is not StunFault.SILENT])
async def test_a_wrong_response_is_a_lost_probe(
    simulator: Simulator, probing: Probing, fault: StunFault
) -> None:
    """It is neither responses nor an error."""
    await probing.until_responses((HOME, False))
    simulator.stun.fault = fault
    await probing.until_silent()
    assert {address for address, _ in probing.responses} == {HOME}
    simulator.stun.fault = None
    await probing.until_responses((HOME, True))


async def test_a_response_that_is_too_late_is_lost(simulator: Simulator, probing: Probing) -> None:
    """Its socket is closed, and the next probe has another transaction id."""
    await probing.until_responses((HOME, False))
    simulator.stun.delay_s = 0.6
    await probing.until_silent()
    responses = len(probing.responses)
    await until(lambda: probing.probes._losses >= 5)
    assert len(probing.responses) == responses


async def test_a_server_that_never_responds_is_blocked(
    simulator: Simulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once, at debug level, and tried again now and then."""
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.001)
    monkeypatch.setattr(stun_probes, "_BLOCKED_RETRY_S", 0.01)
    caplog.set_level(logging.DEBUG, stun_probes.__name__)
    simulator.stun.fault = StunFault.SILENT
    probing = Probing(server_of(simulator))
    assert probing.probes.status == "starting"
    probing.probes.start()
    await until(lambda: simulator.stun.probes[4] >= 30)
    assert probing.probes.status is ProbeStatus.BLOCKED
    assert [r.name for r in caplog.records].count(stun_probes.__name__) == 1
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.4)
    simulator.stun.fault = None
    await probing.until_responses((HOME, True))
    probing.probes.stop()


async def test_a_long_outage_is_probed_at_the_usual_pace(
    simulator: Simulator, probing: Probing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten minutes nothing is gained by hurrying."""
    await probing.until_responses((HOME, False))
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.001)
    monkeypatch.setattr(stun_probes, "_LONGEST_OUTAGE_S", 0.05)
    monkeypatch.setattr(stun_probes, "PROBE_INTERVAL_S", 3600)
    simulator.stun.fault = StunFault.SILENT
    now_s = asyncio.get_running_loop().time
    await until(lambda: probing.probes._timer.when() - now_s() > 3000)


async def test_a_probe_never_waits_for_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    """One look-up at a time, however many probes are due meanwhile."""
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.001)
    loop = asyncio.get_running_loop()
    look_ups, release = 0, asyncio.Event()

    async def getaddrinfo(*_: object, **__: object) -> list[object]:
        nonlocal look_ups
        look_ups += 1
        await release.wait()
        raise socket.gaierror

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    probing = Probing(UNRESOLVABLE)
    probing.probes.start()
    await until(lambda: probing.probes._losses >= 10)
    assert look_ups == 1
    release.set()
    await until(lambda: look_ups > 1)
    probing.probes.stop()


async def test_the_addresses_of_the_server_are_kept_in_an_outage(
    simulator: Simulator, probing: Probing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour later they are looked up again, and used if that fails."""
    await probing.until_responses((HOME, False))

    async def fail(*_: object, **__: object) -> list[object]:
        raise socket.gaierror

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fail)
    monkeypatch.setattr(stun_probes, "_RESOLVE_INTERVAL_S", 0)
    await probing.until_responses((HOME, False), (HOME, False), (HOME, False))


async def test_no_route_is_a_lost_probe(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most homes have no IPv6."""
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.001)

    class Unreachable(socket.socket):
        def connect(self, _address: object) -> None:
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "socket", Unreachable)
    probing = Probing(server_of(simulator, Family.IPV6), Family.IPV6)
    probing.probes.start()
    await until(lambda: probing.probes.status is ProbeStatus.BLOCKED)
    probing.probes.stop()


async def test_a_refused_port_is_a_lost_probe(probing: Probing, simulator: Simulator) -> None:
    """The host of the server says that nobody listens there."""
    await probing.until_responses((HOME, False))
    simulator.stun.close()
    await probing.until_silent()


async def test_nothing_is_left_after_a_stop(simulator: Simulator) -> None:
    """Neither sockets nor timers nor tasks, at whatever moment."""
    for turns in range(12):
        probing = Probing(server_of(simulator))
        probing.probes.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        probing.probes.stop()
        await asyncio.sleep(0)
        responses = len(probing.responses)
        assert probing.probes._socket is None
        assert probing.probes._timer.cancelled()
        assert len(probing.responses) == responses


async def test_a_flood_of_garbage_changes_nothing(simulator: Simulator, probing: Probing) -> None:
    """Only the response with the random transaction id is responses."""
    await probing.until_responses((HOME, False))
    random = Random(1)
    simulator.stun.fault = StunFault.SILENT
    flooded = 0
    while not probing.silences:
        simulator.stun.send(random.randbytes(60))
        flooded += 1
        await asyncio.sleep(0)
    assert flooded > 50
    await probing.until_silent()
    simulator.stun.fault = None
    await probing.until_responses((HOME, True))
    assert {address for address, _ in probing.responses} == {HOME}
