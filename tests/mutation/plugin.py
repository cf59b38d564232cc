"""Runs the tests of many mutants in forks of one pytest session (`-p tests.mutation.plugin`).

The session collects the tests once. All of them run once without a mutant, to see how long each
takes and which functions it calls. Then each mutant gets a fork, with the tests that call its
function until one fails: first the fast ones, and those that killed other mutants of the function.
If that takes long, the rest waits until all mutants had their turn, and is left out for a mutant
whose survival is explained. At the end, a fork without a mutant gets all tests, which must pass.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
import gc
from itertools import accumulate
import json
from math import inf
from multiprocessing.sharedctypes import RawArray
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
_LIMIT_FACTOR, _LIMIT_S = 4, 20
"""A mutant is killed if its tests take so many times longer than usual, and so much more."""
_FIRST_TESTS_S = 10
"""How long the tests of a mutant take that it gets at its first turn."""
_NO_MUTANT = "none"
_OUTCOMES = {True: Outcome.SURVIVED, False: Outcome.KILLED, None: Outcome.TIMED_OUT}


class _FunctionTests:
    """The tests that call a function."""

    def __init__(self, tests: int) -> None:
        self.times: dict[int, float] = {}
        """The seconds that each takes."""
        self.functions: dict[int, int] = {}
        """How many functions each calls: a test of few tells most about each of them."""
        self.kills = RawArray("i", tests)
        """How many mutants each killed; forks count in it together."""

    def in_order(self, limit_s: float) -> list[int]:
        """Return the tests that are most likely to kill a mutant in a short time first."""

        def cost(test: int) -> float:
            kills: int = self.kills[test]
            return self.times[test] * self.functions[test] / (kills + 0.01)

        tests = sorted(self.times, key=cost)
        sums = accumulate(self.times[test] for test in tests)
        return [test for test, sum_s in zip(tests, sums, strict=True) if sum_s <= limit_s]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    parser.addoption("--mutants", type=Path, help="the names of the mutants, one a line")
    parser.addoption("--explained", type=Path, help="the names of those that may survive")
    parser.addoption("--outcomes", type=Path, help="gets the outcome and name of each mutant")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the tests of each mutant, instead of all tests."""
    if session.testsfailed:
        raise session.Interrupted("errors during collection")
    gc.freeze()  # or each fork would copy the memory of what it looks at
    names, explained = (
        session.config.getoption(option).read_text().splitlines()
        for option in ("mutants", "explained")
    )
    functions = _tests_by_function(session)
    left: list[str] = []
    with session.config.getoption("outcomes").open("w", buffering=1) as outcomes:
        for name, is_passed in _forks(_jobs(session, names, functions, _FIRST_TESTS_S)):
            if is_passed and name not in explained:
                left.append(name)
            else:
                outcomes.write(f"{_OUTCOMES[is_passed]} {name}\n")
        for name, is_passed in _forks(_jobs(session, [*left, _NO_MUTANT], functions, inf)):
            if name == _NO_MUTANT and not is_passed:
                pytest.exit("a test fails without a mutant in a fork", returncode=1)
            outcomes.write(f"{_OUTCOMES[is_passed]} {name}\n")
    return True


def _forks(jobs: Iterable[Job]) -> Iterator[tuple[str, bool | None]]:
    return results(jobs, at_once=os.cpu_count() or 1)


def _jobs(
    session: pytest.Session,
    names: Iterable[str],
    functions: Mapping[str, _FunctionTests],
    limit_s: float,
) -> Iterator[Job]:
    for name in names:
        tests = functions[name.partition("__mutmut_")[0]]
        usual_s = min(sum(tests.times.values()), limit_s)
        do = partial(_survives, session, name, tests, limit_s)
        yield Job(name, do, usual_s * _LIMIT_FACTOR + _LIMIT_S)


def _tests_by_function(session: pytest.Session) -> Mapping[str, _FunctionTests]:
    """Run all tests once, without a mutant."""
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
        for name, is_passed in _forks(jobs):
            if not is_passed:
                test = Path(folder, name).read_text()
                pytest.exit(f"fails or takes too long without a mutant: {test}", returncode=1)
        measured = [run for file in files for run in json.loads(file.read_text())]
    tests: dict[str, _FunctionTests] = defaultdict(partial(_FunctionTests, len(session.items)))
    for index, duration, functions in measured:
        for function in [*functions, _NO_MUTANT]:
            tests[function].times[index] = duration
            tests[function].functions[index] = len(functions)
    return tests


def _measure(session: pytest.Session, tests: Sequence[int], file: Path) -> bool:
    """Run tests, and write the time and the functions of each to a file.

    Until then, it has the name of the test that is running.
    """
    set_mutant_under_test("stats")
    called = state()._stats
    runs = []
    for index in tests:
        file.write_text(session.items[index].nodeid)
        called.clear()
        started = time.perf_counter()
        if _first_failure(session, [index]) is not None:
            return False
        runs.append((index, time.perf_counter() - started, sorted(called)))
    file.write_text(json.dumps(runs))
    return True


def _survives(session: pytest.Session, mutant: str, tests: _FunctionTests, limit_s: float) -> bool:
    """Return whether tests pass with a mutant: those that usually take so long together."""
    set_mutant_under_test(mutant)
    for test, usual_s in tests.times.items():
        session.items[test].add_marker(pytest.mark.timeout(usual_s * 10 + 5), append=False)
    killer = _first_failure(session, tests.in_order(limit_s))
    if killer is not None:
        tests.kills[killer] += 1
    return killer is None


def _first_failure(session: pytest.Session, tests: Sequence[int]) -> int | None:
    """Run tests until one fails, and return that one."""
    items = [session.items[index] for index in tests]
    for index, item, following in zip(tests, items, [*items[1:], None], strict=True):
        session.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return index
    return None
