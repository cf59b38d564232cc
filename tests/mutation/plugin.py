"""Runs the tests of many mutants in forks of one pytest session (`-p tests.mutation.plugin`).

The session collects the tests once. All of them run once without a mutant, to see how long each
takes and which functions it calls. Then each mutant gets a fork, with the tests that call its
function, the fastest first, until one fails.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
import gc
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
import time

from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
import pytest

from .forks import Job, results
from .results import Outcome

_LONGEST_CLEAN_RUN_S = 1800
_LIMIT_FACTOR, _LIMIT_S = 3, 10
"""A mutant is killed if its tests take so many times longer than usual, and so much more."""
_OUTCOMES = {True: Outcome.SURVIVED, False: Outcome.KILLED, None: Outcome.TIMED_OUT}

type Times = dict[int, float]
"""The seconds that each test takes, by its index, the fastest first."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    parser.addoption("--mutants", type=Path, help="the names of the mutants, one a line")
    parser.addoption("--outcomes", type=Path, help="gets the outcome and name of each mutant")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the tests of each mutant, instead of all tests."""
    gc.freeze()  # or each fork would copy the memory of what it looks at
    names: list[str] = session.config.getoption("mutants").read_text().splitlines()
    times = _times_by_function(session)
    with session.config.getoption("outcomes").open("w", buffering=1) as outcomes:
        for name, is_passed in _forks(_mutant_jobs(session, names, times)):
            outcomes.write(f"{_OUTCOMES[is_passed]} {name}\n")
    return True


def _forks(jobs: Iterable[Job]) -> Iterator[tuple[str, bool | None]]:
    return results(jobs, at_once=os.cpu_count() or 1)


def _mutant_jobs(
    session: pytest.Session, names: Iterable[str], times: dict[str, Times]
) -> Iterator[Job]:
    for name in names:
        tests = times[name.partition("__mutmut_")[0]]
        limit_s = sum(tests.values()) * _LIMIT_FACTOR + _LIMIT_S
        yield Job(name, partial(_pass, session, name, tests), limit_s)


def _times_by_function(session: pytest.Session) -> dict[str, Times]:
    """Run all tests once, and return those that call each function."""
    shares = os.cpu_count() or 1
    with TemporaryDirectory() as folder:
        files = [Path(folder, f"{share}.json") for share in range(shares)]
        jobs = (
            Job(
                file.name,
                partial(_measure, session, range(share, len(session.items), shares), file),
                _LONGEST_CLEAN_RUN_S,
            )
            for share, file in enumerate(files)
        )
        if not all(is_passed for _, is_passed in _forks(jobs)):
            pytest.exit("a test fails without a mutant, or takes too long", returncode=1)
        measured = [run for file in files for run in json.loads(file.read_text())]
    times: dict[str, Times] = defaultdict(dict)
    for index, duration, functions in sorted(measured, key=lambda run: run[1]):
        for function in functions:
            times[function][index] = duration
    return times


def _measure(session: pytest.Session, tests: Sequence[int], file: Path) -> bool:
    """Run tests, and write the time and the functions of each to a file."""
    set_mutant_under_test("stats")
    called = state()._stats
    runs = []
    for index in tests:
        called.clear()
        started = time.perf_counter()
        if not _run(session, [index]):
            return False
        runs.append((index, time.perf_counter() - started, sorted(called)))
    file.write_text(json.dumps(runs))
    return True


def _pass(session: pytest.Session, mutant: str, tests: Iterable[int]) -> bool:
    """Return whether all tests pass with a mutant."""
    set_mutant_under_test(mutant)
    return _run(session, tests)


def _run(session: pytest.Session, tests: Iterable[int]) -> bool:
    """Run tests until one fails; return whether all passed."""
    items = [session.items[index] for index in tests]
    for item, following in zip(items, [*items[1:], None], strict=True):
        session.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return False
    return True
