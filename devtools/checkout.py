"""The root folder and the git commit of this checkout."""

from pathlib import Path
import subprocess

ROOT = Path(__file__).resolve().parent.parent


def commit() -> str:
    """Return the short commit, with `-dirty` if files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607 - git is found on the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"
