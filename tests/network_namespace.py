"""A network namespace with an address that is not loopback, for what loopback hides.

Home Assistant's guard against redirects to this host leaves out requests to loopback.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
import os
from pathlib import Path
import socket
import struct

_OWN_NAMESPACE = Path("/proc/thread-self/ns/net")
_ADDRESS = "198.51.100.7"
_ANY_HOST = ("192.0.2.1", 9)
_SET_FLAGS, _SET_ADDRESS, _UP = 0x8914, 0x8916, 0x1
"""SIOCSIFFLAGS, SIOCSIFADDR and IFF_UP, as in netdevice(7)."""


@contextmanager
def own_network() -> Iterator[str]:
    """Move this thread to a network namespace of its own, and return an address there.

    Everything that the thread starts meanwhile belongs to the namespace. Where
    the right to make one is missing, the address is one of this host instead.
    """
    before = os.open(_OWN_NAMESPACE, os.O_RDONLY)
    try:
        os.unshare(os.CLONE_NEWNET)
    except PermissionError:
        os.close(before)
        yield _host_address()
        return
    try:
        _configure_loopback()
        yield _ADDRESS
    finally:
        os.setns(before, os.CLONE_NEWNET)
        os.close(before)


def _configure_loopback() -> None:
    """Switch the loopback interface on, and give it a second address."""
    address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(_ADDRESS))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        ioctl(control, _SET_FLAGS, struct.pack("16sH22x", b"lo", _UP))
        ioctl(control, _SET_ADDRESS, struct.pack("16s16s8x", b"lo:1", address))


def _host_address() -> str:
    """Return the address of this host's default route; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ANY_HOST)
        address: str = probe.getsockname()[0]
        return address
