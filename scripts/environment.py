"""Bring up the virtual environments that Raindrop is developed in; started by `scripts/setup`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
import hashlib
from pathlib import Path
import shutil
import sys

from bring import find_or_bring_python, find_or_bring_uv
from browser import find_or_install_browser
from ddclient import find_or_bring_ddclient
from tools import CommandError, SetupError, explain, have_a_home, run, step

ROOT = Path(__file__).resolve().parent.parent
PRIVATE = ROOT / ".dev"
PINS = ROOT / "requirements_setup.txt"
BROWSER = PRIVATE / "chromium"
"""Leads to the browser, for the tests that go through the user interface."""
DDCLIENT = PRIVATE / "ddclient"


@dataclass(frozen=True)
class Environment:
    """A virtual environment: where it is and what goes into it."""

    name: str
    holds: str
    requirements: tuple[str, ...]
    override: str
    """The file whose pins win over everybody else's."""

    @property
    def path(self) -> Path:
        """Return the folder of the environment."""
        return ROOT / self.name

    @property
    def stamp(self) -> Path:
        """Return the file that says what the environment was built from."""
        return self.path / ".stamp"

    def fingerprint(self) -> str:
        """Return a hash of all that the environment is built from."""
        digest = hashlib.sha256(str(self.path).encode())
        for name in (*self.requirements, self.override):
            digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes())
        return digest.hexdigest()

    def is_ready(self) -> bool:
        """Return whether the environment is complete, up to date and its Python still there."""
        return (
            (self.path / "bin/python").exists()
            and self.stamp.exists()
            and self.stamp.read_text() == self.fingerprint()
        )

    def build(self, uv: Path, python: Path) -> None:
        """Build aside and then put it in place, so that half an environment is never used."""
        aside, old = (ROOT / f"{self.name}.{suffix}" for suffix in ("new", "old"))
        for stale in (aside, old):
            shutil.rmtree(stale, ignore_errors=True)
        # Relocatable: its scripts look for Python beside them, wherever that is.
        new = ["venv", "--relocatable", "--no-project", "--prompt=raindrop"]
        run(uv, *new, "--python", python, aside)
        requirements = [f"--requirements={ROOT / name}" for name in self.requirements]
        override = f"--override={ROOT / self.override}"
        run(uv, "pip", "install", "--python", aside, override, *requirements)
        (aside / self.stamp.name).write_text(self.fingerprint())
        if self.path.exists():
            self.path.rename(old)
        aside.rename(self.path)
        shutil.rmtree(old, ignore_errors=True)


NEWEST = Environment(
    name=".venv",
    holds="Home Assistant and the tools to test and lint",
    requirements=(
        *("requirements_dev.txt", "requirements_test.txt"),
        *("requirements_lint.txt", "requirements_browser.txt"),
    ),
    override="requirements_dev.txt",
)
FLOOR = Environment(
    name=".venv-floor",
    holds="the oldest Home Assistant that is supported",
    requirements=("requirements_test.txt",),
    override="requirements_floor.txt",
)
BENCHMARK = Environment(
    name=".venv-benchmark",
    holds="Home Assistant and what Raindrop is compared with",
    requirements=("requirements_dev.txt", "requirements_test.txt", "requirements_benchmark.txt"),
    override="requirements_dev.txt",
)
MUTATION = Environment(
    name=".venv-mutation",
    holds="Home Assistant and what puts faults into the code",
    requirements=("requirements_dev.txt", "requirements_test.txt", "requirements_mutation.txt"),
    override="requirements_dev.txt",
)


def main() -> int:
    """Make sure that the environments asked for are there; returns the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/setup", description=__doc__)
    parser.add_argument("--floor", action="store_true", help=f"also {FLOOR.name}: {FLOOR.holds}")
    parser.add_argument("--browser", action="store_true", help="also a browser to test with")
    parser.add_argument(
        "--benchmark", action="store_true", help=f"only {BENCHMARK.name}: {BENCHMARK.holds}"
    )
    parser.add_argument(
        "--mutation", action="store_true", help=f"only {MUTATION.name}: {MUTATION.holds}"
    )
    options = parser.parse_args()
    try:
        set_up(_wanted(options))
        if options.benchmark:
            with one_run_at_a_time():
                find_or_bring_ddclient(DDCLIENT)
        if options.browser:
            with one_run_at_a_time():
                find_or_install_browser(BROWSER)
    except KeyboardInterrupt:
        print("\nStopped. The next run takes it from here.", file=sys.stderr)
        return 130
    except (SetupError, OSError) as err:
        explain(err, ROOT)
        return 1
    return 0


def _wanted(options: argparse.Namespace) -> list[Environment]:
    """Return the environments that were asked for."""
    if options.benchmark:
        return [BENCHMARK]
    if options.mutation:
        return [MUTATION]
    return [NEWEST, FLOOR] if options.floor else [NEWEST]


def set_up(wanted: list[Environment]) -> None:
    """Build those environments that are missing or out of date."""
    if all(environment.is_ready() for environment in wanted):
        return
    with one_run_at_a_time():
        missing = [environment for environment in wanted if not environment.is_ready()]
        if not missing:
            return
        print("Setting up the development environment (a minute or two the first time)")
        have_a_home(PRIVATE / "home")
        uv = find_or_bring_uv(PRIVATE / "tools", PINS)
        python = find_or_bring_python(uv, PRIVATE / "python", PINS)
        for environment in missing:
            build(environment, uv, python)


def build(environment: Environment, uv: Path, python: Path) -> None:
    """Build an environment, in words for people."""
    try:
        with step(f"Building {environment.name}: {environment.holds}"):
            environment.build(uv, python)
    except CommandError as err:
        raise SetupError(
            f"{environment.name} could not be built. If a package could not be downloaded, check "
            f"the connection and try again. uv said:\n\n{err}"
        ) from err


@contextmanager
def one_run_at_a_time() -> Iterator[None]:
    """Wait until no other run is under way; a run that was killed leaves no lock behind."""
    PRIVATE.mkdir(exist_ok=True)
    with (PRIVATE / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another run of scripts/setup to finish", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
