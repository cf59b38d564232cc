"""Find or install Chromium, for the browser tests."""

from __future__ import annotations

import os
from pathlib import Path
import shutil

from commands import CommandError, run
from console import SetupError, step

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
INSTALL_LIMIT_S = 600
NOT_FOUND = (
    f"The browser tests need Chromium, and none of {', '.join(NAMES)} on the PATH starts. "
    "Install it (on Debian: apt-get install chromium) and try again."
)


def find_or_install_browser(link: Path) -> None:
    """Point a symbolic link to the machine's Chromium; on Debian, install it if it is missing."""
    browser = _find() or _install()
    if not (link.is_symlink() and link.readlink() == browser):
        link.unlink(missing_ok=True)
        link.symlink_to(browser)


def _find() -> Path | None:
    """Return the first browser on the PATH that starts."""
    for found in filter(None, map(shutil.which, NAMES)):
        try:
            run(found, "--version")
        except CommandError:
            continue
        return Path(found)
    return None


def _install() -> Path:
    """Install Debian's Chromium, system-wide: the only change that is made outside the clone."""
    if not shutil.which("apt-get"):
        raise SetupError(NOT_FOUND)
    as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    # Without this variable, a package may wait for an answer on the terminal.
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    try:
        with step("Installing Debian's Chromium"):
            run(*apt, "update", limit_s=INSTALL_LIMIT_S)
            run(*apt, "install", "--yes", PACKAGE, limit_s=INSTALL_LIMIT_S)
    except CommandError as err:
        raise SetupError(f"{NOT_FOUND} Error:\n\n{err}") from err
    if browser := _find():
        return browser
    raise SetupError(f"{NOT_FOUND} Debian's Chromium was installed but does not start.")
