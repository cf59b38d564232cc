"""The lab in a process of its own: prints its URLs and serves until it is told to stop."""

import argparse
import asyncio
from collections.abc import Sequence
import json
import signal
import sys

from .ip import OPERATORS
from .ports import Ports
from .stand import Lab


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve with the ports that the command line names."""
    asyncio.run(serve(ports(arguments)))


def ports(arguments: Sequence[str] | None = None) -> Ports:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("--control-port", type=int, default=0, metavar="N")
    parser.add_argument("--cloudflare-port", type=int, default=0, metavar="N")
    parser.add_argument(
        "--ip-port", type=int, default=0, metavar="N", help="the first of five in a row"
    )
    given = parser.parse_args(arguments)
    names = [operator.name for operator in OPERATORS]
    first = given.ip_port
    return Ports(
        control=given.control_port,
        cloudflare=given.cloudflare_port,
        ip={name: first + place for place, name in enumerate(names)} if first else {},
    )


async def serve(given: Ports) -> None:
    """Run the lab until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Lab(given) as lab:
        sys.stdout.write(json.dumps(lab.urls()) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    main()
