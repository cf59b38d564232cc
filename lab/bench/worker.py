"""The process of one contestant: `python -m lab.bench.worker NAME`.

It reads a line of JSON for each thing to do and answers with one: the task
first, then "start", "round", "audit", "say", "stop" and "end".
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
import json
import os
import sys
from typing import Any, TextIO

from .contestant import Contestant
from .contestants import ENTRANTS
from .meter import Stalls, measure
from .world import Task


def main() -> None:
    """Serve until told to end."""
    # What others print must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asyncio.run(_serve(sys.argv[1], answers))


async def _serve(name: str, answers: TextIO) -> None:
    """Do what is asked for, one thing after another."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    task = json.loads(await orders.readline())
    maker = ENTRANTS[name].make()
    contestant = maker(Task(**{**task, "names": tuple(task["names"])}))
    stalls = Stalls(loop)
    try:
        await contestant.prepare()
        _tell(answers, {})
        while line := await orders.readline():
            order = json.loads(line)
            if order["do"] == "end":
                break
            if order["do"] == "stop":
                await contestant.stop()
                _tell(answers, {})
                continue
            cost = await measure(stalls, _work(contestant, order), contestant.settle)
            _tell(answers, {**asdict(cost), "has_loop": contestant.has_loop})
    finally:
        await contestant.end()


def _work(contestant: Contestant, order: dict[str, Any]) -> Callable[[], Awaitable[None]]:
    """Return what was ordered."""
    if order["do"] == "say":
        return partial(contestant.say, order["address"])
    works = {"start": contestant.start, "round": contestant.round, "audit": contestant.audit}
    return works[order["do"]]


def _tell(answers: TextIO, answer: dict[str, Any]) -> None:
    """Answer."""
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
