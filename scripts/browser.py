"""Find, or install, the browser that goes through the user interface."""

from __future__ import annotations

import os
from pathlib import Path
import shutil

from tools import CommandError, SetupError, run, step

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
INSTALL_LIMIT_S = 600
WANTED = (
    f"The user interface is tried out in a browser, and none of {', '.join(NAMES)} on the PATH "
    "starts. Install Chromium (on Debian: apt-get install chromium) and try again."
)


def find_or_install_browser(link: Path) -> None:
    """Let a link lead to the machine's Chromium; on Debian it is installed if there is none."""
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
    """Install Debian's Chromium: the one thing that does not stay within the clone."""
    if not shutil.which("apt-get"):
        raise SetupError(WANTED)
    as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    # Whatever a package would ask about is answered as Debian suggests.
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    try:
        with step("Installing Debian's Chromium"):
            run(*apt, "update", limit_s=INSTALL_LIMIT_S)
            run(*apt, "install", "--yes", PACKAGE, limit_s=INSTALL_LIMIT_S)
    except CommandError as err:
        raise SetupError(f"{WANTED} What was tried:\n\n{err}") from err
    if browser := _find():
        return browser
    raise SetupError(f"{WANTED} Debian's was installed, but does not start.")
