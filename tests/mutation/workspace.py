"""Run mutmut in a copy of the code and its tests, and read what became of each mutant."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tomllib

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = ROOT / ".dev" / "mutation"
CORE = Path("custom_components/raindrop/ddns")
MODULES = ("addresses", "apply", "detect", "inquiry", "plan")
_MUTANTS = WORKSPACE / "mutants"
"""Where mutmut puts the changed code, its tests and what it found."""
_COPIED = (CORE, Path("lab"), Path("tests"), Path("pyproject.toml"))

_SURVIVED = {0, 5, 33}
"""Every test passed, none was left, or none gets there."""
_UNJUDGED = {None, 2, 4, 34}
"""Not begun, interrupted, or called wrongly."""
_OUT_OF_TIME = {-24, -9, 24, 36, 152, 255}
"""Ended by the limit of time or of the processor's time."""


class MutationError(Exception):
    """The tool did not come to an end, so nothing can be said."""


@dataclass(frozen=True, slots=True, order=True)
class Mutant:
    """One fault: told by its line rather than by its number, which every change moves."""

    function: str
    """With its module and class: ``apply._Writer.write``."""
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a module's mutants."""

    module: str
    mutants: int
    out_of_time: int
    """Killed because a test took far too long."""
    survivors: Sequence[Mutant]

    @property
    def score(self) -> float:
        """Return how many of a hundred mutants died."""
        return 100 * (self.mutants - len(self.survivors)) / self.mutants


def results(modules: Collection[str]) -> list[Result]:
    """Return what becomes of the mutants of some modules, of all if none is named.

    Raises MutationError where a mutant could not be judged.
    """
    _copy()
    _run("run", "--max-children", str(os.cpu_count() or 1), *(_named(m, "*") for m in modules))
    _check_that_tests_are_found()
    return [_read(module) for module in modules or MODULES]


def _named(module: str, mutant: str) -> str:
    """Return the name of a mutant, or of many, as mutmut takes it."""
    return ".".join((*CORE.parts, module, mutant))


def _copy() -> None:
    """Copy what is needed to where mutmut may leave its files: the core, without the rooms."""
    shutil.rmtree(WORKSPACE, ignore_errors=True)
    for part in _COPIED:
        copy = WORKSPACE / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, copy)
    for package in CORE.parents[:2]:
        (WORKSPACE / package / "__init__.py").touch()


def _run(*command: str) -> None:
    """Run mutmut, which shows how far it is where somebody looks."""
    is_watched = sys.stdout.isatty()
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *command],
        cwd=WORKSPACE,
        stdout=None if is_watched else subprocess.PIPE,
        stderr=None if is_watched else subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MutationError(f"mutmut ended with {done.returncode}\n{(done.stdout or '')[-4000:]}")


def _check_that_tests_are_found() -> None:
    """Make sure that no mutant only seems dead because a test was asked for by a wrong name."""
    stats = json.loads((_MUTANTS / "mutmut-stats.json").read_text())
    names = {name for tests in stats["tests_by_mangled_function_name"].values() for name in tests}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    collect = ["pytest", "--rootdir=.", "--collect-only", "-qq", *settings["pytest_add_cli_args"]]
    _output(_MUTANTS, *collect, *sorted(names))


def _read(module: str) -> Result:
    """Return what became of the mutants of a module."""
    meta = json.loads((_MUTANTS / CORE / f"{module}.py.meta").read_text())
    codes: dict[str, int | None] = meta["exit_code_by_key"]
    if unjudged := [name for name, code in codes.items() if code in _UNJUDGED]:
        raise MutationError(f"Not judged: {', '.join(unjudged)}")
    survivors = [name for name, code in codes.items() if code in _SURVIVED]
    return Result(
        module=module,
        mutants=len(codes),
        out_of_time=sum(code in _OUT_OF_TIME for code in codes.values()),
        survivors=sorted(
            mutant(module, name, _output(WORKSPACE, "mutmut", "show", name)) for name in survivors
        ),
    )


def mutant(module: str, name: str, diff: str) -> Mutant:
    r"""Return a mutant by mutmut's name for it and what it shows of it.

    >>> mutant("plan", "x_join__mutmut_7", " def join():\n-    return 1\n+    return 2")
    Mutant(function='plan.join', was='return 1', now='return 2')
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
    """Return what a module of Python's prints that is run in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MutationError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout
