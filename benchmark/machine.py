"""The machine and the versions on which the benchmark ran."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
import os
from pathlib import Path
import platform
import re

from homeassistant.const import __version__ as home_assistant_version

from devtools.checkout import commit

from .contestants.ddclient import find

PACKAGES = ("aiohttp", "cloudflare", "pycfdns", "requests")


def facts() -> Iterator[tuple[str, str]]:
    """Yield the date, the machine, its load and the versions."""
    yield "Date", datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield "Raindrop", f"commit {commit()}"
    yield "Machine", f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB"
    yield "Load at the start", f"{os.getloadavg()[0]:.1f}"
    yield "System", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    yield "Home Assistant", home_assistant_version
    yield "Packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield "ddclient", _ddclient()


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"model name\s*: (.+)", text)
    return found[1] if found else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _ddclient() -> str:
    program = find()
    if program is None:
        return "not installed, so left out"
    found = re.search(r"declare\('v?([^']+)'\)", program.read_text())
    return f"{found[1] if found else 'unknown version'}, with plain HTTP instead of TLS"
