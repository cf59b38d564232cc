"""Runs the tests of mutants in a copy of the code and its tests, and returns the results."""

from collections.abc import Collection, Mapping
from itertools import chain
from pathlib import Path
import shutil
import subprocess
import sys

from .explained import SURVIVORS, parse_reasons
from .mutants import put_mutants
from .results import Mutant, MutationError, Outcome, Result
from .suites import MODULES, ROOT, SUITES, Suite

_COPIED = (Path("simulator"), Path("devtools"), Path("tests"), Path("pyproject.toml"))
"""What the tests need besides the code that they test."""


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
    mutants = {
        module: put_mutants(suite.workspace, module, suite.modules[module]) for module in modules
    }
    outcomes = _run(suite, dict(chain.from_iterable(m.items() for m in mutants.values())))
    return [_result(module, of_module, outcomes) for module, of_module in mutants.items()]


def _copy(suite: Suite) -> None:
    """Copy what a suite needs to its workspace: of the code only what its tests import."""
    shutil.rmtree(suite.workspace, ignore_errors=True)
    for path in (suite.code, *_COPIED):
        if (ROOT / path).is_file():
            shutil.copy(ROOT / path, suite.workspace / path)
        else:
            shutil.copytree(
                ROOT / path,
                suite.workspace / path,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
    for package in suite.code.parents[:-1]:
        (suite.workspace / package / "__init__.py").touch()


def _run(suite: Suite, mutants: Mapping[str, Mutant]) -> dict[str, Outcome]:
    """Run the tests of each mutant, and return the outcome by its name."""
    reasons = parse_reasons(SURVIVORS.read_text())
    explained = [name for name, mutant in mutants.items() if mutant in reasons]
    (suite.workspace / "mutants").write_text("\n".join(mutants))
    (suite.workspace / "explained").write_text("\n".join(explained))
    options = [
        f"--{name}={suite.workspace / name}" for name in ("mutants", "explained", "outcomes")
    ]
    plugin = ["-p", "tests.mutation.plugin", *options]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *suite.pytest_args, *suite.tests],
        cwd=suite.workspace,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MutationError(f"pytest failed ({done.returncode}):\n{done.stdout[-4000:]}")
    lines = [
        line.rpartition(" ") for line in (suite.workspace / "outcomes").read_text().splitlines()
    ]
    return {name: Outcome(outcome) for outcome, _, name in lines}


def _result(module: str, mutants: dict[str, Mutant], outcomes: dict[str, Outcome]) -> Result:
    of_mutants = [outcomes[name] for name in mutants]
    return Result(
        module=module,
        mutants=len(mutants),
        timed_out=of_mutants.count(Outcome.TIMED_OUT),
        survivors=sorted(
            mutant for name, mutant in mutants.items() if outcomes[name] is Outcome.SURVIVED
        ),
    )
