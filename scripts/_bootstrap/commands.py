"""Run commands and capture their output."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess


class CommandError(Exception):
    """A command failed or took too long; the text is its output."""

    @property
    def last_line(self) -> str:
        """Return the last line of the output, where most programs state the cause."""
        return (str(self).splitlines() or ["no output"])[-1].strip()


def run(
    *command: str | Path,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    limit_s: float | None = None,
) -> str:
    """Run a command and return its output; raises CommandError with the output if it fails."""
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


def ensure_home(fallback: Path) -> None:
    """Set HOME to the fallback if the user has no writable home, for the caches of the tools."""
    if not os.access(os.environ.get("HOME", ""), os.W_OK):
        fallback.mkdir(exist_ok=True)
        os.environ["HOME"] = str(fallback)
