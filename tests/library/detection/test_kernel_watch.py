"""The kernel watch with a real kernel, in a network namespace."""

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
import threading

import pytest

from custom_components.raindrop.ddns.detection import kernel_watch as kernel
from custom_components.raindrop.ddns.detection.kernel_watch import KernelWatch, read_facts
from devtools.checkout import ROOT

LIMIT_S = 60


@pytest.fixture(scope="module")
def reported() -> dict[str, int]:
    """Return how often the watch called back in each step."""
    # Whoever is not root may have a namespace as root of its own.
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    module = "tests.library.detection.kernel_steps"
    finished = subprocess.run(  # noqa: S603
        ["unshare", *as_root, "--net", sys.executable, "-m", module],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    reported: dict[str, int] = json.loads(finished.stdout)
    return reported


@pytest.mark.parametrize(
    "step, times",
    [
        ("new prefix", 1),
        ("same prefix", 0),
        ("prefix again", 0),
        ("old prefix gone", 1),
        ("public IPv4 address", 1),
        ("private IPv4 address", 0),
        ("another gateway", 1),
        ("default IPv6 route", 1),
        ("other route", 0),
        ("link down and up", 2),
        ("containers", 0),
        ("stopped", 0),
    ],
)
def test_only_what_concerns_the_connection_is_reported(
    reported: dict[str, int], step: str, times: int
) -> None:
    """Addresses that the world can see, the way out and its link."""
    assert reported[step] == times


def test_a_link_that_is_gone_is_reported(reported: dict[str, int]) -> None:
    """Its routes and addresses go with it, at once or one after the other."""
    assert reported["link gone"] >= 1


async def test_a_host_without_such_a_kernel_is_not_watched(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silently; there are others than Linux."""
    monkeypatch.delattr(socket, "AF_NETLINK")
    watch = KernelWatch(lambda: None)
    watch.start()
    assert not watch.is_watching
    watch.stop()


async def test_a_kernel_that_refuses_is_not_watched(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sandbox may forbid such sockets."""

    class Forbidden(socket.socket):
        def bind(self, _address: object) -> None:
            raise PermissionError

    monkeypatch.setattr(socket, "socket", Forbidden)
    watch = KernelWatch(lambda: None)
    watch.start()
    assert not watch.is_watching
    watch.stop()
    await asyncio.sleep(0)


def netlink(kind: int, body: bytes = b"") -> bytes:
    """Return a message of the kernel."""
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(netlink(2), id="refused"),
        pytest.param(bytes(16), id="no length"),
        pytest.param(b"\1", id="half a header"),
        pytest.param(netlink(20, bytes(12)) + netlink(3), id="an attribute without a length"),
        pytest.param(netlink(20) + netlink(3), id="no body"),
        pytest.param(netlink(20, bytes(8)) + netlink(3), id="no address"),
    ],
)
def test_what_cannot_be_read_is_no_change(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch, response: bytes
) -> None:
    """The kernel may refuse, or speak another dialect."""

    class Odd(socket.socket):
        def recv(self, *_: object) -> bytes:
            return response

    monkeypatch.setattr(socket, "socket", Odd)
    assert read_facts() is None


async def test_a_change_while_the_host_is_read_leads_to_another_look(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that happens meanwhile is missed."""
    monkeypatch.setattr(kernel, "_DEBOUNCE_S", 0)
    facts = iter([frozenset({("address", 1)}), None, frozenset({("address", 2)})])
    begun, release = threading.Event(), threading.Event()

    def read() -> frozenset[kernel.Fact] | None:
        begun.set()
        release.wait()
        return next(facts)

    monkeypatch.setattr(kernel, "read_facts", read)
    changes: list[None] = []
    watch = KernelWatch(lambda: changes.append(None))
    watch.start()
    begun.wait()
    for _ in range(2):
        watch._look()
    release.set()
    async with asyncio.timeout(LIMIT_S):
        while not changes:
            watch._plan_look()
            await asyncio.sleep(0)
    watch.stop()
    assert len(changes) == 1


async def test_a_watch_that_is_stopped_while_it_reads_is_silent(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reading may end later, and neither it nor a planned look calls back."""
    release = threading.Event()

    def read() -> None:
        release.wait()

    monkeypatch.setattr(kernel, "read_facts", read)
    watch = KernelWatch(lambda: pytest.fail("called back"))
    watch.start()
    watch._plan_look()
    watch.stop()
    reading = watch._reading
    assert reading
    release.set()
    await reading
    assert watch.is_idle
