"""What is checked out, for reports that say what they measured."""

from pathlib import Path
import subprocess

ROOT = Path(__file__).parent.parent


def commit() -> str:
    """Return the commit, and whether files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607 - git is found on the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"
