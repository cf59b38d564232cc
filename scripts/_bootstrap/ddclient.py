"""Install ddclient into the clone, for the benchmark."""

from __future__ import annotations

from pathlib import Path
import shutil

from commands import CommandError
from console import step
from debian import unpack


def find_or_install_ddclient(folder: Path) -> None:
    """Unpack Debian's ddclient; if that fails, print that the benchmark runs without it."""
    if shutil.which("ddclient") or [*folder.glob("usr/*bin/ddclient")]:
        return
    try:
        with step("Unpacking Debian's ddclient"):
            unpack(["ddclient"], folder)
    except CommandError as err:
        print(f"  The benchmark will run without ddclient: {err.last_line}")
