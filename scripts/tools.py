"""What the parts of the set-up share: running commands, and telling people about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import subprocess
import sys
import time


class SetupError(Exception):
    """Something is missing that a person has to provide; the text says what."""


class CommandError(Exception):
    """A command failed or took too long; the text is what it printed."""

    @property
    def cause(self) -> str:
        """Return the last line, which is where programs name the cause."""
        return (str(self).splitlines() or ["no reason given"])[-1].strip()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, and afterwards how long it took."""
    print(f"  {title} ... ", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print("no")
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def run(
    *command: str | Path,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    limit_s: float | None = None,
) -> str:
    """Return what a command prints; raises CommandError with its words when it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except OSError as err:
        raise CommandError(str(err)) from err
    except subprocess.TimeoutExpired as err:
        raise CommandError(f"{command[0]} took longer than {limit_s:.0f} s") from err
    if done.returncode:
        raise CommandError(f"{done.stdout}{done.stderr}".strip())
    return done.stdout.strip()


def have_a_home(substitute: Path) -> None:
    """Keep the tools' caches in the clone for a user who has no folder of his own."""
    if not os.access(os.environ.get("HOME", ""), os.W_OK):
        substitute.mkdir(exist_ok=True)
        os.environ["HOME"] = str(substitute)


def explain(err: Exception, root: Path) -> None:
    """Tell a person what stopped the set-up, and what to do about it."""
    if isinstance(err, PermissionError):
        err = SetupError(
            f"{err.filename} may not be written by this user. Make {root} your own, or clone again "
            "as this user, and try again."
        )
    print(f"\nThe development environment could not be set up.\n{err}", file=sys.stderr)
