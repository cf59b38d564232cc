"""Find uv, or install it into the clone."""

from __future__ import annotations

from pathlib import Path
import re
import shutil
import sys

from commands import CommandError, run
from console import SetupError, step
import debian

MINIMUM_VERSION = (0, 9)


def find_or_install_uv(folder: Path, pins: Path) -> Path:
    """Return a recent uv: from the PATH, or the pinned version, installed into the folder."""
    installed = folder / "bin/uv"
    for candidate in (shutil.which("uv"), installed):
        if candidate and _is_recent(Path(candidate)):
            return Path(candidate)
    with step("Installing uv"):
        _install(folder, pins)
    return installed


def _is_recent(uv: Path) -> bool:
    """Return whether this uv runs and supports the options used here."""
    try:
        found = re.match(r"uv (\d+)\.(\d+)", run(uv, "--version"))
    except CommandError:
        return False
    return found is not None and (int(found[1]), int(found[2])) >= MINIMUM_VERSION


def _install(folder: Path, pins: Path) -> None:
    """Install uv with the first pip that works."""
    failures = []
    for install in (_install_in_venv, _install_with_pip, _install_with_debian_pip):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            install(folder, ["--quiet", "--constraint", str(pins), "uv"])
        except CommandError as err:
            failures.append(str(err))
        else:
            return
    raise SetupError(
        "uv is not on the PATH and could not be installed. Check the connection; or install uv, or "
        "Python's venv or pip (on Debian: apt-get install python3-venv), and try again. Errors:"
        "\n\n" + "\n\n".join(failures)
    )


def _install_in_venv(folder: Path, arguments: list[str]) -> None:
    """Install into a virtual environment; requires venv and ensurepip."""
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin/python", "-m", "pip", "install", *arguments)


def _install_with_pip(folder: Path, arguments: list[str]) -> None:
    """Install with the pip of this Python; programs go to bin/, as in a virtual environment."""
    run(sys.executable, "-m", "pip", "install", "--target", folder, *arguments)


def _install_with_debian_pip(folder: Path, arguments: list[str]) -> None:
    """Install with the pip in the wheel that Debian packages for its venv module."""
    unpacked = folder.with_name("debian-pip")
    debian.unpack(["python3-pip-whl"], unpacked)
    wheel = next(unpacked.glob("usr/share/python-wheels/pip-*.whl"))
    run(sys.executable, wheel / "pip", "install", "--target", folder, *arguments)
    shutil.rmtree(unpacked)
