"""A network namespace with an address that is not loopback, for what loopback hides.

Home Assistant's guard against redirects to this host leaves out requests to loopback.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import socket
import subprocess

_OWN_NAMESPACE = Path("/proc/thread-self/ns/net")
_ADDRESS = "198.51.100.7"
_ANY_HOST = ("192.0.2.1", 9)


@contextmanager
def own_network() -> Iterator[str]:
    """Move this thread to a network namespace of its own, and return an address there.

    Everything that the thread starts meanwhile belongs to the namespace. Only
    root may make one; anybody else gets an address of this host instead.
    """
    if os.geteuid() != 0:
        yield _host_address()
        return
    before = os.open(_OWN_NAMESPACE, os.O_RDONLY)
    try:
        os.unshare(os.CLONE_NEWNET)
        for command in ("link set lo up", f"addr add {_ADDRESS}/32 dev lo"):
            subprocess.run(["ip", *command.split()], check=True)  # noqa: S603
        yield _ADDRESS
    finally:
        os.setns(before, os.CLONE_NEWNET)
        os.close(before)


def _host_address() -> str:
    """Return the address of this host's default route; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ANY_HOST)
        address: str = probe.getsockname()[0]
        return address
