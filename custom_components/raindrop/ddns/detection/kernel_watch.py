"""Kernel watch: addresses, default routes, and links of this host (Linux, rtnetlink(7)).

The kernel reports every change to its listeners. The reports themselves are not read,
since they may be lost and are mostly noise of containers: they cause all addresses and
routes to be read and compared with the last time.
"""

from asyncio import AbstractEventLoop, Future, TimerHandle, get_running_loop
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from ipaddress import ip_address
import socket
import struct
import sys

from ..addresses import network_of, why_unusable
from ..sources import Family
from .local import UNSTABLE

_DEBOUNCE_S = 1.5
"""How long reports are collected before the addresses and routes are read."""
_READ_LIMIT_S = 5.0
_MAX_DATAGRAM = 65536

_NETLINK_ROUTE = 0
_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
"""Links, and addresses and routes of both families (linux/rtnetlink.h)."""
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")
_ALIGNMENT = 4
_DONE, _ERROR = 3, 2
_DUMP = 0x301
"""NLM_F_REQUEST and NLM_F_DUMP."""
_GET_LINK, _GET_ADDRESS, _GET_ROUTE = 18, 22, 26
_IFA_ADDRESS, _IFA_LOCAL, _RTA_OUTPUT_INTERFACE, _RTA_GATEWAY = 1, 2, 4, 5
_IS_RUNNING = 0x40
_MAIN_TABLE = 254
_UNICAST = 1

type Fact = tuple[object, ...]


class KernelWatch:
    """Calls back when a global address, a default route or its link changed."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` in the event loop, once `start` was called."""
        self._changed = changed
        self._loop: AbstractEventLoop
        self._socket: socket.socket | None = None
        self.facts: frozenset[Fact] | None = None
        """The addresses and routes as last read."""
        self._timer: TimerHandle | None = None
        self._reading: Future[frozenset[Fact] | None] | None = None

    @property
    def is_watching(self) -> bool:
        """Whether this host's kernel can be watched."""
        return self._socket is not None

    @property
    def is_idle(self) -> bool:
        """Whether no reading is under way or planned."""
        return self._timer is None and self._reading is None

    def start(self) -> None:
        """Begin to listen; do nothing on other kernels."""
        self._loop = get_running_loop()
        with suppress(OSError, AttributeError), ExitStack() as stack:
            listener = stack.enter_context(
                socket.socket(
                    socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETLINK_ROUTE
                )
            )
            listener.bind((0, _GROUPS))
            stack.pop_all()
            self._socket = listener
            self._loop.add_reader(listener, self._read, listener)
            self._look()

    def stop(self) -> None:
        """Stop; no socket, timer or reader is left."""
        if self._timer:
            self._timer.cancel()
        if self._socket:
            self._loop.remove_reader(self._socket)
            self._socket.close()
        self._timer = self._socket = None

    def _read(self, listener: socket.socket) -> None:
        """Discard a report, and read the addresses and routes a little later."""
        with suppress(OSError):
            listener.recv(_MAX_DATAGRAM)
        self._plan_look()

    def _plan_look(self) -> None:
        self._timer = self._timer or self._loop.call_later(_DEBOUNCE_S, self._look)

    def _look(self) -> None:
        """Read the facts in a thread, one at a time."""
        self._timer = None
        if self._reading:
            self._plan_look()
            return
        self._reading = self._loop.run_in_executor(None, read_facts)
        self._reading.add_done_callback(self._compare)

    def _compare(self, reading: Future[frozenset[Fact] | None]) -> None:
        self._reading = None
        facts = None if reading.cancelled() else reading.result()
        if facts is None or self._socket is None:
            return
        before, self.facts = self.facts, facts
        if before is not None and before != facts:
            self._changed()


def read_facts() -> frozenset[Fact] | None:
    """Return the global addresses, default routes and their links, None if they cannot be read.

    Takes less than a millisecond, but the kernel may be busy: not for the event loop.
    """
    try:
        with closing(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)) as request:
            request.settimeout(_READ_LIMIT_S)
            addresses = {*_addresses(_dump(request, _GET_ADDRESS))}
            routes = {*_default_routes(_dump(request, _GET_ROUTE))}
            ways_out = {route[2] for route in routes}
            links = {*_links(_dump(request, _GET_LINK), ways_out)}
    except (OSError, struct.error, ValueError):
        return None
    return frozenset(addresses | routes | links)


def _dump(request: socket.socket, kind: int) -> list[bytes]:
    """Return the bodies of all messages in response to a request. Raises OSError, ValueError."""
    body = bytes(_ROUTE.size)
    request.send(_HEADER.pack(_HEADER.size + len(body), kind, _DUMP, 1, 0) + body)
    bodies: list[bytes] = []
    while True:
        for message_kind, body in _messages(request.recv(_MAX_DATAGRAM)):
            if message_kind == _ERROR:
                raise OSError("the kernel refuses")
            if message_kind == _DONE:
                return bodies
            bodies.append(body)


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the body of each message. Raises ValueError, struct.error."""
    while data:
        length, kind, *_ = _HEADER.unpack_from(data)
        if length < _HEADER.size:
            raise ValueError("a netlink message without a length")
        yield kind, data[_HEADER.size : length]
        data = data[length + -length % _ALIGNMENT :]


def _attributes(data: bytes) -> Mapping[int, bytes]:
    """Return the attributes of a message by their type. Raises ValueError, struct.error."""
    attributes = {}
    while data:
        length, kind = _ATTRIBUTE.unpack_from(data)
        if length < _ATTRIBUTE.size:
            raise ValueError("a netlink attribute without a length")
        attributes[kind] = data[_ATTRIBUTE.size : length]
        data = data[length + -length % _ALIGNMENT :]
    return attributes


def _addresses(bodies: Iterable[bytes]) -> Iterator[Fact]:
    """Yield each stable global address; for IPv6 its prefix, which temporary ones share."""
    for body in bodies:
        _, _, flags, _, interface = _ADDRESS.unpack_from(body)
        attributes = _attributes(body[_ADDRESS.size :])
        address = ip_address(attributes.get(_IFA_LOCAL, attributes.get(_IFA_ADDRESS, b"")))
        if not flags & UNSTABLE and why_unusable(address, Family(address.version)) is None:
            yield "address", interface, network_of(address)


def _default_routes(bodies: Iterable[bytes]) -> Iterator[Fact]:
    for body in bodies:
        family, bits, _, _, table, _, _, route_type, _ = _ROUTE.unpack_from(body)
        if (bits, table, route_type) == (0, _MAIN_TABLE, _UNICAST):
            attributes = _attributes(body[_ROUTE.size :])
            interface = int.from_bytes(attributes.get(_RTA_OUTPUT_INTERFACE, b""), sys.byteorder)
            yield "route", family, interface, attributes.get(_RTA_GATEWAY)


def _links(bodies: Iterable[bytes], interfaces: Container[object]) -> Iterator[Fact]:
    """Yield whether each of some interfaces is up."""
    for body in bodies:
        _, _, interface, flags, _ = _LINK.unpack_from(body)
        if interface in interfaces:
            yield "link", interface, bool(flags & _IS_RUNNING)
