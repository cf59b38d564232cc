"""Print the progress and the errors of the setup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sys
import time


class SetupError(Exception):
    """Something is missing that the user has to provide; the text says what."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title of a step, and then its duration or that it failed."""
    print(f"  {title} ... ", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed")
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def print_error(err: Exception, root: Path) -> None:
    """Print why the setup failed and what the user can do about it."""
    if isinstance(err, PermissionError):
        err = SetupError(
            f"You have no permission to write {err.filename}. Change the owner of {root}, or clone "
            "the repository again as this user, and try again."
        )
    print(f"\nThe development environment could not be set up.\n{err}", file=sys.stderr)
