"""Bring ddclient, one of those that the benchmark compares Raindrop with."""

from __future__ import annotations

from pathlib import Path
import shutil

from debian import unpack
from tools import CommandError, step


def find_or_bring_ddclient(folder: Path) -> None:
    """Unpack Debian's ddclient; where that cannot be, the benchmark goes without and says so."""
    if shutil.which("ddclient") or [*folder.glob("usr/*bin/ddclient")]:
        return
    try:
        with step("Unpacking Debian's ddclient"):
            unpack(["ddclient"], folder)
    except CommandError as err:
        print(f"  The benchmark goes without ddclient: {err.cause}")
