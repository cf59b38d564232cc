"""STUN probes: regularly ask a server for this home's address, and notice outages."""

from asyncio import AbstractEventLoop, Task, TimerHandle, get_running_loop
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
import logging
import random
import secrets
import socket

from ..models import Address
from ..sources import Family
from .stun import TRANSACTION_ID_BYTES, binding_request, mapped_address

_LOGGER = logging.getLogger(__name__)

PROBE_INTERVAL_S = 15.0
"""The average time between two probes."""
_JITTER = 0.2
"""By what fraction the interval varies, so homes do not probe at the same time."""
LOSS_S = 3.0
"""After how long a probe counts as lost and the next one follows."""
_OUTAGE_LOSSES = 2
"""After how many losses in a row the connection counts as down."""
_BLOCKED_LOSSES = 20
"""After how many losses a server that never responded counts as blocked: a minute."""
_LONGEST_OUTAGE_S = 600.0
"""For how long probes are more frequent during an outage."""
_BLOCKED_RETRY_S = 600.0
"""How often a server that never responded is tried."""
_RESOLVE_INTERVAL_S = 3600.0
"""How long the server's addresses are used before they are looked up again."""
_MAX_DATAGRAM = 2048
"""More bytes than any response; the rest of a longer datagram is cut off."""

type SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
"""As `getaddrinfo` returns them, which knows a family without addresses, too."""


@dataclass(frozen=True, slots=True)
class StunServer:
    """A STUN server, by its host name or address."""

    host: str
    port: int = 3478


class ProbeStatus(StrEnum):
    """The state of the connection according to the probes of one family."""

    STARTING = "starting"
    """No response yet."""
    WORKING = "working"
    OUTAGE = "outage"
    """The last probes were lost."""
    BLOCKED = "blocked"
    """The server never responded."""


class StunProbes:
    """Probes a STUN server by one family until it is stopped.

    Each probe uses a fresh socket: routers keep the old mapping of a continuing flow.
    At most one is outstanding. Never raises: a network that is down is a lost probe.
    """

    def __init__(
        self,
        family: Family,
        server: StunServer,
        responded: Callable[[Address, bool], None],
        went_silent: Callable[[], None],
    ) -> None:
        """Probe ``server`` once `start` is called.

        ``responded`` gets the address in each response, and whether the
        response ends an outage. ``went_silent`` is called when an outage
        begins. Both run in the event loop.
        """
        self._family = family
        self._server = server
        self._responded = responded
        self._went_silent = went_silent
        self._loop: AbstractEventLoop
        self._addresses: Sequence[SocketAddress] = ()
        self._resolved_at_s = float("-inf")
        self._resolution: Task[None] | None = None
        self._socket: socket.socket | None = None
        self._timer: TimerHandle
        self._losses = 0
        self._silent_since_s: float | None = None
        self.responded_at_s: float | None = None
        """When the last response arrived, by the clock of the event loop."""
        self.working_since_s: float | None = None
        """Since when each outage has been shorter than two probes."""

    @property
    def status(self) -> ProbeStatus:
        """What the probes say about the connection."""
        if self.responded_at_s is None:
            is_blocked = self._losses >= _BLOCKED_LOSSES
            return ProbeStatus.BLOCKED if is_blocked else ProbeStatus.STARTING
        return ProbeStatus.OUTAGE if self._losses >= _OUTAGE_LOSSES else ProbeStatus.WORKING

    def start(self) -> None:
        """Begin to probe."""
        self._loop = get_running_loop()
        self._schedule(0)

    def stop(self) -> None:
        """Stop after `start`; no socket, timer or task is left."""
        self._close()
        self._timer.cancel()
        if self._resolution:
            self._resolution.cancel()

    def _schedule(self, delay_s: float) -> None:
        self._timer = self._loop.call_later(delay_s, self._probe)

    def _probe(self) -> None:
        """Send a probe, and count it as lost if there is no response in time."""
        self._resolve_if_due()
        if self._addresses:
            with suppress(OSError):
                self._send(self._addresses[self._losses % len(self._addresses)])
        self._timer = self._loop.call_later(LOSS_S, self._lose)

    def _send(self, address: SocketAddress) -> None:
        """Send a probe from a fresh socket. Raises OSError."""
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
        probe = self._socket = socket.socket(_SOCKET_FAMILIES[self._family], kind)
        # The kernel then passes on datagrams of this server alone.
        probe.connect(address)
        transaction_id = secrets.token_bytes(TRANSACTION_ID_BYTES)
        self._loop.add_reader(probe, self._read, probe, transaction_id)
        probe.send(binding_request(transaction_id))

    def _read(self, probe: socket.socket, transaction_id: bytes) -> None:
        """Read one datagram; whatever is not the response is ignored."""
        try:
            datagram = probe.recv(_MAX_DATAGRAM)
        except OSError:
            # The server's host may have refused the probe (RFC 1122 section 4.1.3.3).
            return
        if address := mapped_address(datagram, transaction_id, self._family):
            self._accept(address)

    def _accept(self, address: Address) -> None:
        self._close()
        self._timer.cancel()
        ends_outage = self._losses >= _OUTAGE_LOSSES
        now_s = self._loop.time()
        if self.working_since_s is None or ends_outage:
            self.working_since_s = now_s
        self.responded_at_s, self._silent_since_s, self._losses = now_s, None, 0
        self._schedule(PROBE_INTERVAL_S * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - no secret
        self._responded(address, ends_outage)

    def _lose(self) -> None:
        """Count a lost probe, and send the next one at once unless that is pointless."""
        self._close()
        self._losses += 1
        now_s = self._loop.time()
        if self._silent_since_s is None:
            self._silent_since_s = now_s
        if self.status is ProbeStatus.BLOCKED:
            if self._losses == _BLOCKED_LOSSES:
                _LOGGER.debug("%s does not respond by %s", self._server.host, self._family.label)
            self._schedule(_BLOCKED_RETRY_S)
        elif now_s - self._silent_since_s > _LONGEST_OUTAGE_S:
            self._schedule(PROBE_INTERVAL_S - LOSS_S)
        else:
            self._schedule(0)
        if self._losses == _OUTAGE_LOSSES:
            self._went_silent()

    def _close(self) -> None:
        if self._socket:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _resolve_if_due(self) -> None:
        """Look up the server's addresses beside the probe, which never waits for DNS.

        One lookup at a time, so that an outage does not fill the thread pool.
        """
        is_due = self._loop.time() - self._resolved_at_s >= _RESOLVE_INTERVAL_S
        if is_due and (self._resolution is None or self._resolution.done()):
            self._resolution = self._loop.create_task(self._resolve())

    async def _resolve(self) -> None:
        """Look up the addresses; keep those known if that fails."""
        with suppress(OSError, UnicodeError):
            found = await self._loop.getaddrinfo(
                self._server.host,
                self._server.port,
                family=_SOCKET_FAMILIES[self._family],
                type=socket.SOCK_DGRAM,
            )
            self._addresses = [address for *_, address in found]
            self._resolved_at_s = self._loop.time()


_SOCKET_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
