"""A simulated STUN server (RFC 8489), which reports from which address clients seem to come."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
import itertools
import socket
import struct
from typing import override

from .http_server import LOOPBACK
from .request_log import Family

type Address = IPv4Address | IPv6Address

FAMILIES: tuple[Family, ...] = (4, 6)
_SOCKET_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_HEADER = struct.Struct("!HHI12s")
_REQUEST, _SUCCESS, _COOKIE, _XOR_MAPPED_ADDRESS, _SOFTWARE = 1, 0x0101, 0x2112A442, 0x20, 0x8022
_ATTEMPTS = 20
_PORT = 40_000
"""The port from which clients seem to come."""


class StunFault(StrEnum):
    """What is wrong with every response."""

    SILENT = "silent"
    WRONG_ID = "wrong_id"
    OTHER_PORT = "other_port"
    """The response comes from another port than the request went to."""
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    OTHER_FAMILY = "other_family"
    TWO_ADDRESSES = "two_addresses"


class StunService:
    """The STUN server of both families, on one port."""

    def __init__(self, address: Callable[[Family], Address | None], port: int = 0) -> None:
        """Report ``address``; while it is None the server is silent, as in an outage."""
        self._address = address
        self._port = port
        self._mapped: dict[Family, Iterator[Address]] = {}
        self._endpoints: list[asyncio.DatagramTransport] = []
        self._late: list[asyncio.TimerHandle] = []
        self._clients: dict[Family, tuple[str, int]] = {}
        self._others: dict[Family, socket.socket] = {}
        self.fault: StunFault | None = None
        self.delay_s = 0.0
        self.probes: Counter[Family] = Counter()
        """How many requests arrived, by family."""
        self.responses: Counter[Family] = Counter()
        """How many responses were sent, by family."""
        self.bytes: Counter[Family] = Counter()
        """Of requests and responses, without the headers of IP and UDP."""
        self.client_ports: set[int] = set()
        """The ports from which they came."""

    @property
    def port(self) -> int:
        """The port of both families."""
        return self._port

    def clear(self) -> None:
        """Count from 0 again."""
        for counter in (self.probes, self.responses, self.bytes):
            counter.clear()

    def set_mapped(self, addresses: Sequence[str]) -> None:
        """Report these addresses in turn, whatever web services report; none of them for all again.

        A router may send datagrams by another way than connections. The
        addresses are of one family.
        """
        if not addresses:
            self._mapped.clear()
            return
        parsed = [ip_address(address) for address in addresses]
        self._mapped[parsed[0].version] = itertools.cycle(parsed)

    async def start(self) -> None:
        """Open the port in both families.

        Tries again if the port that the system chose in one family is taken in the other.
        """
        for family in FAMILIES:
            other = socket.socket(_SOCKET_FAMILIES[family], socket.SOCK_DGRAM)
            other.bind((LOOPBACK[family], 0))
            self._others[family] = other
        for _ in range(_ATTEMPTS):
            try:
                await self._open(self._port)
            except OSError:
                self.close()
                if self._port:
                    raise
            else:
                return
        raise OSError("no port is free in both families; does ::1 exist on this machine?")

    async def _open(self, port: int) -> None:
        for family in FAMILIES:
            endpoint, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                partial(_Protocol, self, family), local_addr=(LOOPBACK[family], port)
            )
            self._endpoints.append(endpoint)
            port = endpoint.get_extra_info("sockname")[1]
        self._port = port

    def close(self) -> None:
        """Close the port: the host of a client then refuses its datagrams."""
        while self._endpoints:
            self._endpoints.pop().close()

    async def stop(self) -> None:
        """Close the port."""
        self.close()
        for late in self._late:
            late.cancel()
        for other in self._others.values():
            other.close()

    def send(self, datagram: bytes, family: Family = 4) -> None:
        """Send any datagram to the client that asked last."""
        self._endpoints[FAMILIES.index(family)].sendto(datagram, self._clients[family])

    def send_from_other_port(self, datagram: bytes, family: Family = 4) -> None:
        """Send any datagram to the client that asked last, but not from the port that it asked."""
        self._others[family].sendto(datagram, self._clients[family])

    def received(
        self,
        endpoint: asyncio.DatagramTransport,
        data: bytes,
        client: tuple[str, int],
        family: Family,
    ) -> None:
        """Respond to a request."""
        if len(data) != _HEADER.size or data[:8] != struct.pack("!HHI", _REQUEST, 0, _COOKIE):
            return
        self.probes[family] += 1
        self.bytes[family] += len(data)
        self.client_ports.add(client[1])
        self._clients[family] = client
        mapped = next(self._mapped[family]) if family in self._mapped else self._address(family)
        if mapped is None or self.fault is StunFault.SILENT:
            return
        response = binding_response(data[8:], mapped, self.fault)
        self.responses[family] += 1
        self.bytes[family] += len(response)
        if self.fault is StunFault.OTHER_PORT:
            self._others[family].sendto(response, client)
        elif not self.delay_s:
            endpoint.sendto(response, client)
        else:
            loop = asyncio.get_running_loop()
            late = loop.call_later(self.delay_s, endpoint.sendto, response, client)
            self._late.append(late)


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, service: StunService, family: Family) -> None:
        self._service = service
        self._family = family
        self._endpoint: asyncio.DatagramTransport

    @override
    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._endpoint = transport

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._service.received(self._endpoint, data, addr, self._family)


def binding_response(transaction_id: bytes, mapped: Address, fault: StunFault | None) -> bytes:
    """Return the success response to a request, or what a fault makes of it."""
    if fault is StunFault.GARBAGE:
        return bytes(range(64))
    if fault is StunFault.OTHER_FAMILY:
        is_v4 = isinstance(mapped, IPv4Address)
        mapped = ip_address("2001:218:1:2::143" if is_v4 else "81.2.69.143")
    if fault is StunFault.WRONG_ID:
        transaction_id = transaction_id[::-1]
    attribute = _xor_mapped_address(mapped, transaction_id)
    software = struct.pack("!HH", _SOFTWARE, 9) + b"simulator".ljust(12, b"\0")
    body = software + attribute * (2 if fault is StunFault.TWO_ADDRESSES else 1)
    response = _HEADER.pack(_SUCCESS, len(body), _COOKIE, transaction_id) + body
    return response[:-3] if fault is StunFault.TRUNCATED else response


def _xor_mapped_address(address: Address, transaction_id: bytes) -> bytes:
    mask = _COOKIE.to_bytes(4) + transaction_id
    masked = bytes(a ^ b for a, b in zip(address.packed, mask, strict=False))
    port = _PORT ^ (_COOKIE >> 16)
    code = 1 if isinstance(address, IPv4Address) else 2
    value = struct.pack("!BBH", 0, code, port) + masked
    return struct.pack("!HH", _XOR_MAPPED_ADDRESS, len(value)) + value
