"""Runs mutmut in a copy of the code and its tests, and reads the result of each mutant."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys

from .suites import MODULES, ROOT, SUITES, Suite

_COPIED = (Path("simulator"), Path("devtools"), Path("tests"))
"""What the tests need besides the code that they test."""

_SURVIVED = {0, 5, 33}
"""Every test passed, or no test was run."""
_UNDECIDED = {None, 2, 4, 34}
"""Not run, interrupted, or pytest was called with wrong arguments."""
_TIMED_OUT = {-24, -9, 24, 36, 152, 255}
"""Stopped by the limit of time or of processor time."""


class MutationError(Exception):
    """mutmut failed, so there is no result."""


@dataclass(frozen=True, slots=True, order=True)
class Mutant:
    """One change of the code, identified by its line: mutmut's numbers change with the code."""

    function: str
    """With its module and class: ``ddns.records.apply._Writer.write``."""
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one module."""

    module: str
    mutants: int
    timed_out: int
    """How many were killed because a test took far too long."""
    survivors: Sequence[Mutant]

    @property
    def score(self) -> float:
        """Return the percentage of killed mutants."""
        return 100 * (self.mutants - len(self.survivors)) / self.mutants


def results(modules: Collection[str] = tuple(MODULES)) -> list[Result]:
    """Run the mutation check of some modules, and return the results.

    Raises MutationError if a mutant was neither killed nor survived.
    """
    found: list[Result] = []
    for suite in SUITES:
        if wanted := [module for module in suite.modules if module in modules]:
            found += _suite_results(suite, wanted)
    return found


def _suite_results(suite: Suite, modules: Collection[str]) -> list[Result]:
    _copy(suite)
    mutants = [_mutants_of(suite.modules[module]) for module in modules]
    _run(suite, "run", "--max-children", str(os.cpu_count() or 1), *mutants)
    _check_test_names(suite)
    return [_read(suite, module) for module in modules]


def _mutants_of(path: Path) -> str:
    """Return mutmut's pattern for all mutants of a module."""
    return ".".join((*path.with_suffix("").parts, "*"))


def _copy(suite: Suite) -> None:
    """Copy what a suite needs to its workspace: of the code only what its tests import."""
    shutil.rmtree(suite.workspace, ignore_errors=True)
    for folder in (suite.code, *_COPIED):
        shutil.copytree(
            ROOT / folder,
            suite.workspace / folder,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for package in suite.code.parents[:-1]:
        (suite.workspace / package / "__init__.py").touch()
    settings = (ROOT / "pyproject.toml").read_text() + suite.settings_text
    (suite.workspace / "pyproject.toml").write_text(settings)


def _run(suite: Suite, *command: str) -> None:
    """Run mutmut; it shows its progress on a terminal."""
    is_terminal = sys.stdout.isatty()
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *command],
        cwd=suite.workspace,
        stdout=None if is_terminal else subprocess.PIPE,
        stderr=None if is_terminal else subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MutationError(f"mutmut failed ({done.returncode}):\n{(done.stdout or '')[-4000:]}")


def _check_test_names(suite: Suite) -> None:
    """Check that pytest finds each test by name: a mutant counts as killed if it does not."""
    stats = json.loads((_mutants_folder(suite) / "mutmut-stats.json").read_text())
    names = {name for tests in stats["tests_by_mangled_function_name"].values() for name in tests}
    collect = ["pytest", "--rootdir=.", "--collect-only", "-qq", *suite.pytest_args]
    _output(_mutants_folder(suite), *collect, *sorted(names))


def _read(suite: Suite, module: str) -> Result:
    path = suite.modules[module]
    meta = json.loads((_mutants_folder(suite) / f"{path}.meta").read_text())
    codes: dict[str, int | None] = meta["exit_code_by_key"]
    if undecided := [name for name, code in codes.items() if code in _UNDECIDED]:
        raise MutationError(f"Neither killed nor survived: {', '.join(undecided)}")
    survivors = [name for name, code in codes.items() if code in _SURVIVED]
    return Result(
        module=module,
        mutants=len(codes),
        timed_out=sum(code in _TIMED_OUT for code in codes.values()),
        survivors=sorted(
            parse_mutant(module, name, _output(suite.workspace, "mutmut", "show", name))
            for name in survivors
        ),
    )


def _mutants_folder(suite: Suite) -> Path:
    """Return where mutmut puts the changed code, its tests and the results."""
    return suite.workspace / "mutants"


def parse_mutant(module: str, name: str, diff: str) -> Mutant:
    r"""Return a mutant from mutmut's name and diff.

    >>> diff = " def join():\n-    return 1\n+    return 2"
    >>> parse_mutant("ddns.records.plan", "x_join__mutmut_7", diff)
    Mutant(function='ddns.records.plan.join', was='return 1', now='return 2')
    """
    mangled = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    # x_function, or xǁClassǁmethod
    path = mangled[2:].replace("ǁ", ".")
    lines = [line for line in diff.splitlines() if not re.match(r"--- |\+\+\+ ", line)]
    was, now = (
        "\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return Mutant(f"{module}.{path}", was, now)


def _output(folder: Path, *command: str) -> str:
    """Run a Python module in a folder, and return its output."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MutationError(f"{command[0]} failed ({done.returncode}):\n{done.stdout[-2000:]}")
    return done.stdout
