"""ddclient from Debian, unpacked by `scripts/setup --benchmark`."""

import asyncio
import contextlib
import os
from pathlib import Path
import shutil
from tempfile import TemporaryDirectory
from typing import override
from urllib.parse import urlsplit

from benchmark.task import Task
from devtools.checkout import ROOT

from .base import Program

CONFIGURATION = """\
ssl=no
use=web, web={web}
protocol=cloudflare
server={server}
login=token
password={token}
zone={zone}
min-interval=1
{names}
"""


class Ddclient(Program):
    """ddclient, started once for each update."""

    def __init__(self, task: Task) -> None:
        """Start without a folder."""
        super().__init__(task)
        self._stack = contextlib.ExitStack()
        self._folder = Path()

    @override
    async def prepare(self) -> None:
        """Write its configuration, and a copy of the program that uses plain HTTP.

        Raises RuntimeError if ddclient is not installed.
        """
        program = find()
        if program is None:
            raise RuntimeError("ddclient is not installed")
        folder = self._stack.enter_context(TemporaryDirectory(prefix="raindrop-"))
        self._folder = Path(folder)
        api = urlsplit(self.task.cloudflare)
        configuration = CONFIGURATION.format(
            web=self.task.ip_url("ipify"),
            server=api.netloc + api.path,
            token=self.task.token,
            zone=self.task.zone,
            names=",".join(self.task.names),
        )
        path = self._folder / "ddclient.conf"
        path.write_text(configuration)
        path.chmod(0o600)
        source = program.read_text()
        # It would use TLS, whose cost no other contestant has here.
        source = source.replace('"https://$config{$key}', '"http://$config{$key}')
        (self._folder / "ddclient").write_text(source)

    @override
    async def start(self) -> None:
        """Run once."""
        await self.update()

    @override
    async def update(self) -> None:
        """Run once."""
        cache = self._folder / "cache"
        process = await asyncio.create_subprocess_exec(
            *("perl", str(self._folder / "ddclient"), "-daemon=0", "-foreground", "-quiet"),
            *("-file", str(self._folder / "ddclient.conf"), "-cache", str(cache)),
            env={**os.environ, "LC_ALL": "C"},
        )
        await process.wait()

    @override
    async def stop(self) -> None:
        """Delete the cache."""
        (self._folder / "cache").unlink(missing_ok=True)

    @override
    async def close(self) -> None:
        """Delete its files."""
        self._stack.close()


def find() -> Path | None:
    """Return the path of ddclient, None if it is not installed."""
    if not shutil.which("perl"):
        return None
    unpacked = [*(ROOT / ".dev" / "ddclient").glob("usr/*bin/ddclient")]
    installed = shutil.which("ddclient")
    return next(iter(unpacked), Path(installed) if installed else None)
