"""Run the simulator as a process, which prints its URLs and serves until SIGTERM."""

import argparse
import asyncio
from collections.abc import Sequence
import json
import signal
import sys

from .ip_services import PROVIDERS
from .ports import Ports
from .simulator import Simulator


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on the ports of the command line."""
    asyncio.run(serve(ports(arguments)))


def ports(arguments: Sequence[str] | None = None) -> Ports:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--control-port", type=int, default=0, metavar="N")
    parser.add_argument("--cloudflare-port", type=int, default=0, metavar="N")
    parser.add_argument("--doh-port", type=int, default=0, metavar="N")
    parser.add_argument("--stun-port", type=int, default=0, metavar="N", help="a UDP port")
    parser.add_argument(
        "--ip-port", type=int, default=0, metavar="N", help="the first of five in a row"
    )
    options = parser.parse_args(arguments)
    names = [provider.name for provider in PROVIDERS]
    first = options.ip_port
    return Ports(
        control=options.control_port,
        cloudflare=options.cloudflare_port,
        stun=options.stun_port,
        doh=options.doh_port,
        ip={name: first + index for index, name in enumerate(names)} if first else {},
    )


async def serve(given: Ports) -> None:
    """Run the simulator until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Simulator(given) as simulator:
        sys.stdout.write(json.dumps(simulator.urls()) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    main()
