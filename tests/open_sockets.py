"""The sockets that the connection watch may leave behind."""

from collections.abc import Iterator
from contextlib import closing, suppress
import os
from pathlib import Path
import socket
import stat

_MULTICAST_DNS_PORT = 5353
"""Of Home Assistant's own sockets, which its client sessions resolve local names with."""


def watching_sockets() -> int:
    """Return how many open sockets of this process are for UDP, or listen to the kernel."""
    return sum(map(_is_watching, _sockets()))


def _is_watching(open_socket: socket.socket) -> bool:
    # A look at the host, which a thread may be taking, belongs to no group of listeners.
    is_listening = open_socket.family == socket.AF_NETLINK and open_socket.getsockname()[1] != 0
    is_internet = open_socket.family in {socket.AF_INET, socket.AF_INET6}
    if is_internet and open_socket.getsockname()[1] == _MULTICAST_DNS_PORT:
        return False
    return open_socket.type == socket.SOCK_DGRAM or is_listening


def _sockets() -> Iterator[socket.socket]:
    """Yield a copy of each open socket."""
    for path in Path("/proc/self/fd").iterdir():
        # The descriptor by which the folder is read is gone by then.
        with suppress(OSError):
            if stat.S_ISSOCK(path.stat().st_mode):
                with closing(socket.socket(fileno=os.dup(int(path.name)))) as copy:
                    yield copy
