"""Changes a network of its own and prints which changes the kernel watch reported of.

`python -m tests.library.detection.kernel_steps` prints one line of JSON: for
each step, how often the watch called back.
"""

import asyncio
import json
import subprocess
import sys

from custom_components.raindrop.ddns.detection import kernel_watch as kernel
from custom_components.raindrop.ddns.detection.kernel_watch import KernelWatch, read_facts

LIMIT_S = 20
PREPARATION = (
    "link set lo up",
    "link add wan type veth peer name isp",
    "link set isp up",
    "link set wan up",
    "addr add 10.0.0.2/24 dev wan",
    "route add default via 10.0.0.1",
    "-6 addr add 2001:218:1:2::5/64 dev wan nodad",
)
STEPS = {
    "new prefix": ("-6 addr add 2001:218:1:3::5/64 dev wan nodad",),
    "same prefix": ("-6 addr add 2001:218:1:3::6/64 dev wan nodad",),
    "prefix again": (
        "-6 addr change 2001:218:1:3::5/64 dev wan valid_lft 3600 preferred_lft 1800 nodad",
    ),
    "old prefix gone": ("-6 addr del 2001:218:1:2::5/64 dev wan",),
    "public IPv4 address": ("addr add 81.2.69.142/32 dev wan",),
    "private IPv4 address": ("addr add 192.168.7.7/24 dev wan",),
    "another gateway": ("route replace default via 10.0.0.3",),
    "default IPv6 route": ("-6 route add default via fe80::1 dev wan",),
    "other route": ("route add 198.51.100.0/24 via 10.0.0.1",),
    "link down and up": ("link set isp down", "link set isp up"),
    "containers": (
        "link add docker0 type bridge",
        "link set docker0 up",
        "addr add 172.17.0.1/16 dev docker0",
        "link add veth1 type veth peer name veth2",
        "link set veth1 master docker0",
        "link set veth1 up",
        "link set veth2 up",
        "-6 addr add fd00::1/64 dev docker0",
        "link del veth1",
    ),
    "link gone": ("link del wan",),
}


async def main() -> None:
    """Run all steps in order."""
    kernel._DEBOUNCE_S = 0.02
    for command in PREPARATION:
        ip(command)
    changes = 0

    def changed() -> None:
        nonlocal changes
        changes += 1

    watch = KernelWatch(changed)
    watch.start()
    await idle(watch)
    reported = {}
    for step, commands in STEPS.items():
        changes = 0
        for command in commands:
            ip(command)
            await carrier(command)
            await idle(watch)
        reported[step] = changes
    watch.stop()
    ip("addr add 81.2.69.150/32 dev lo")
    await asyncio.sleep(0)
    reported["stopped"] = int(watch.is_watching)
    sys.stdout.write(json.dumps(reported))


def ip(command: str) -> str:
    """Run a command of iproute2; return what it prints."""
    run = subprocess.run(["ip", *command.split()], check=True, capture_output=True)  # noqa: S603
    return run.stdout.decode()


async def carrier(command: str) -> None:
    """Wait until the way out has noticed whether its peer is up, which the kernel may delay."""
    if state := {"link set isp down": "NO-CARRIER", "link set isp up": "state UP"}.get(command):
        async with asyncio.timeout(LIMIT_S):
            while state not in ip("-o link show wan"):  # noqa: ASYNC110
                await asyncio.sleep(0)


async def idle(watch: KernelWatch) -> None:
    """Wait until the watch has seen the host as it is now, and nothing is under way."""
    async with asyncio.timeout(LIMIT_S):
        # Duplicate address detection and carriers take a moment of the kernel's own.
        while not watch.is_idle or watch.facts != read_facts():  # noqa: ASYNC110
            await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main())
