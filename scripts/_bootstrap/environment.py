"""Create the virtual environments for development: `scripts/setup`."""

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

from browser import find_or_install_browser
from commands import CommandError, ensure_home, run
from console import SetupError, print_error, step
from ddclient import find_or_install_ddclient
from python import find_or_install_python
from uv import find_or_install_uv

ROOT = Path(__file__).resolve().parent.parent.parent
DEV = ROOT / ".dev"
PINS = ROOT / "requirements_setup.txt"
BROWSER = DEV / "chromium"
"""A symbolic link to the browser of the browser tests."""
DDCLIENT = DEV / "ddclient"


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its folder and its packages."""

    name: str
    content: str
    """What is in it, in words."""
    requirements: tuple[str, ...]
    override: str
    """The file whose pins take precedence over all others."""

    @property
    def path(self) -> Path:
        """Return the folder."""
        return ROOT / self.name

    @property
    def stamp(self) -> Path:
        """Return the file with the fingerprint of the finished environment."""
        return self.path / ".stamp"

    def fingerprint(self) -> str:
        """Return a hash of the folder, the requirements and the override."""
        digest = hashlib.sha256(str(self.path).encode())
        for name in (*self.requirements, self.override):
            digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes())
        return digest.hexdigest()

    def is_ready(self) -> bool:
        """Return whether the environment is complete and up to date, and its Python exists."""
        return (
            (self.path / "bin/python").exists()
            and self.stamp.exists()
            and self.stamp.read_text() == self.fingerprint()
        )

    def build(self, uv: Path, python: Path) -> None:
        """Build in a temporary folder and rename it, so that no incomplete environment is used."""
        new, old = (ROOT / f"{self.name}.{suffix}" for suffix in ("new", "old"))
        for stale in (new, old):
            shutil.rmtree(stale, ignore_errors=True)
        # The scripts of a relocatable environment still work after the folder is renamed.
        options = ["--relocatable", "--no-project", "--prompt=raindrop"]
        run(uv, "venv", *options, "--python", python, new)
        requirements = [f"--requirements={ROOT / name}" for name in self.requirements]
        override = f"--override={ROOT / self.override}"
        run(uv, "pip", "install", "--python", new, override, *requirements)
        (new / self.stamp.name).write_text(self.fingerprint())
        if self.path.exists():
            self.path.rename(old)
        new.rename(self.path)
        shutil.rmtree(old, ignore_errors=True)


NEWEST = Environment(
    name=".venv",
    content="Home Assistant and the tools for tests and style checks",
    requirements=(
        *("requirements_dev.txt", "requirements_test.txt"),
        *("requirements_lint.txt", "requirements_browser.txt"),
    ),
    override="requirements_dev.txt",
)
FLOOR = Environment(
    name=".venv-floor",
    content="the oldest supported Home Assistant",
    requirements=("requirements_test.txt",),
    override="requirements_floor.txt",
)
BENCHMARK = Environment(
    name=".venv-benchmark",
    content="Home Assistant and the other contestants of the benchmark",
    requirements=("requirements_dev.txt", "requirements_test.txt", "requirements_benchmark.txt"),
    override="requirements_dev.txt",
)
MUTATION = Environment(
    name=".venv-mutation",
    content="Home Assistant and the mutation testing tool",
    requirements=("requirements_dev.txt", "requirements_test.txt", "requirements_mutation.txt"),
    override="requirements_dev.txt",
)


def main() -> int:
    """Create what the command line selects; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/setup", description=__doc__)
    parser.add_argument("--floor", action="store_true", help=f"also {FLOOR.name}: {FLOOR.content}")
    parser.add_argument("--browser", action="store_true", help="also Chromium")
    parser.add_argument(
        "--benchmark", action="store_true", help=f"only {BENCHMARK.name}: {BENCHMARK.content}"
    )
    parser.add_argument(
        "--mutation", action="store_true", help=f"only {MUTATION.name}: {MUTATION.content}"
    )
    options = parser.parse_args()
    try:
        set_up(_selected(options))
        if options.benchmark:
            with exclusive_run():
                find_or_install_ddclient(DDCLIENT)
        if options.browser:
            with exclusive_run():
                find_or_install_browser(BROWSER)
    except KeyboardInterrupt:
        print("\nInterrupted. Run the command again to continue.", file=sys.stderr)
        return 130
    except (SetupError, OSError) as err:
        print_error(err, ROOT)
        return 1
    return 0


def _selected(options: argparse.Namespace) -> list[Environment]:
    """Return the environments that the options select."""
    if options.benchmark:
        return [BENCHMARK]
    if options.mutation:
        return [MUTATION]
    return [NEWEST, FLOOR] if options.floor else [NEWEST]


def set_up(environments: list[Environment]) -> None:
    """Build the environments that are missing or out of date."""
    if all(environment.is_ready() for environment in environments):
        return
    with exclusive_run():
        outdated = [environment for environment in environments if not environment.is_ready()]
        if not outdated:
            return
        print("Setting up the development environment (takes a minute or two the first time)")
        ensure_home(DEV / "home")
        uv = find_or_install_uv(DEV / "tools", PINS)
        python = find_or_install_python(uv, DEV / "python", PINS)
        for environment in outdated:
            build(environment, uv, python)


def build(environment: Environment, uv: Path, python: Path) -> None:
    """Build an environment and print the progress."""
    try:
        with step(f"Building {environment.name}: {environment.content}"):
            environment.build(uv, python)
    except CommandError as err:
        raise SetupError(
            f"{environment.name} could not be built. If a package could not be downloaded, check "
            f"the connection and try again. Output of uv:\n\n{err}"
        ) from err


@contextmanager
def exclusive_run() -> Iterator[None]:
    """Hold the lock of the setup; the system releases it even if the process is killed."""
    DEV.mkdir(exist_ok=True)
    with (DEV / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another run of scripts/setup to finish", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
