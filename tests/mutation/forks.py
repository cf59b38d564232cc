"""Calls functions in forks of this process, with a limit of time for each."""

from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection, get_context
from multiprocessing.context import ForkProcess
import os
import signal
import time

_FORK = get_context("fork")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do in a fork."""

    name: str
    do: Callable[[], bool]
    limit_s: float


def results(jobs: Iterable[Job], *, at_once: int) -> Generator[tuple[str, bool | None]]:
    """Do jobs, some at once, and yield the name of each and what it returned.

    That is False if the job failed in any other way, and None if it took too long.
    """
    waiting = iter(jobs)
    running: dict[int, _Running] = {}
    try:
        while True:
            for job in islice(waiting, at_once - len(running)):
                started = _Running(job)
                running[started.sentinel] = started
            if not running:
                return
            connection.wait(running, timeout=min(r.remaining_s for r in running.values()))
            for sentinel, done in list(running.items()):
                if done.is_over:
                    del running[sentinel]
                    yield done.name, done.result()
    finally:
        for left in running.values():
            left.kill()


class _Running:
    """A job in its fork."""

    def __init__(self, job: Job) -> None:
        self.name = job.name
        self._process: ForkProcess = _FORK.Process(target=_do, args=(job.do,))
        self._process.start()
        self._end = time.monotonic() + job.limit_s
        self.sentinel = self._process.sentinel

    @property
    def remaining_s(self) -> float:
        return max(0.0, self._end - time.monotonic())

    @property
    def is_over(self) -> bool:
        return not self._process.is_alive() or not self.remaining_s

    def result(self) -> bool | None:
        """Return what the job returned; stop it if it has not ended."""
        is_late = self._process.is_alive()
        self.kill()
        return None if is_late else self._process.exitcode == 0

    def kill(self) -> None:
        """Stop the fork and what it started."""
        self._process.kill()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self._process.join()


def _do(do: Callable[[], bool]) -> None:
    """End the fork with the result, without what a process does at its end."""
    os.setpgid(0, 0)
    is_done = False
    try:
        is_done = do()
    finally:
        os._exit(not is_done)
