"""The process of one contestant: `python -m benchmark.worker NAME`.

It reads one line of JSON for each command and answers with one line: the task
first, then "start", "update", "full sync", "report address", "stop" and "close".
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
import json
import os
import sys
from typing import Any, TextIO

from .contestants import CONTESTANTS
from .contestants.base import Contestant
from .cost_meter import LoopStalls, measure
from .task import Task


def main() -> None:
    """Run commands until "close"."""
    # The output of the contestant itself must not mix with the responses.
    responses = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asyncio.run(_serve(sys.argv[1], responses))


async def _serve(name: str, responses: TextIO) -> None:
    """Run the commands from standard input in order."""
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    task = json.loads(await commands.readline())
    create = CONTESTANTS[name].load()
    contestant = create(Task(**{**task, "names": tuple(task["names"])}))
    stalls = LoopStalls(loop)
    try:
        await contestant.prepare()
        _respond(responses, {})
        while line := await commands.readline():
            command = json.loads(line)
            if command["do"] == "close":
                break
            if command["do"] == "stop":
                await contestant.stop()
                _respond(responses, {})
                continue
            cost = await measure(stalls, _action(contestant, command), contestant.settle)
            _respond(responses, {**asdict(cost), "has_loop": contestant.has_loop})
    finally:
        await contestant.close()


def _action(contestant: Contestant, command: dict[str, Any]) -> Callable[[], Awaitable[None]]:
    """Return the method of the contestant that a command calls."""
    if command["do"] == "report address":
        return partial(contestant.report_address, command["address"])
    actions = {
        "start": contestant.start,
        "update": contestant.update,
        "full sync": contestant.full_sync,
    }
    return actions[command["do"]]


def _respond(responses: TextIO, response: dict[str, Any]) -> None:
    responses.write(json.dumps(response) + "\n")
    responses.flush()


if __name__ == "__main__":
    main()
