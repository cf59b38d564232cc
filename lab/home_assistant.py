"""A real Home Assistant in a process of its own, with this repository's Raindrop in it."""

import asyncio
from collections.abc import Mapping
import contextlib
import json
import os
from pathlib import Path
import shutil
import signal
import socket
import sys
import time
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientSession

from .rest import Rest, RestError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".dev/home-assistant"
HOST = "127.0.0.1"
"""Nobody has to log in here, so nobody else may knock."""

SOURCES_VARIABLE = "RAINDROP_LAB_SOURCES"
"""Holds the lab's IP services for the launcher, as JSON."""
RESTART_EXIT_CODE = 100
START_LIMIT_S = 120.0
STOP_LIMIT_S = 30.0
POLL_S = 0.05

CONFIGURATION = f"""\
homeassistant:
  name: Raindrop
  country: GB
  currency: EUR
  language: en
  time_zone: UTC
  unit_system: metric
  auth_mfa_modules: []
  # The first one is tried by itself, so the browser asks nobody to log in.
  auth_providers:
    - type: trusted_networks
      trusted_networks: {HOST}/32
      allow_bypass_login: true
    - type: homeassistant

# Not default_config: it wants much that is not needed to look at Raindrop.
history:
logbook:
automation: !include automations.yaml
script: !include scripts.yaml
"""


class StartError(Exception):
    """Home Assistant did not come up; the text says why, as far as its log knows."""


class HomeAssistant:
    """Home Assistant, from start to stop: `async with HomeAssistant() as home`."""

    def __init__(
        self,
        folder: Path = FOLDER,
        *,
        port: int = 8123,
        lab: Mapping[str, Any] | None = None,
        show_log: bool = False,
    ) -> None:
        """Prepare to run in a folder.

        Another port is chosen if this one is taken. `lab` are the lab's URLs, which then take the
        place of Cloudflare and of the web sources.
        """
        self.folder = folder
        self.port = port
        self.log = folder / "console.log"
        """What Home Assistant prints, unless it is shown."""
        self._lab = lab
        self._show_log = show_log
        self._process: asyncio.subprocess.Process | None = None
        self._leash: int | None = None
        self._session: ClientSession | None = None

    @property
    def url(self) -> str:
        """Where the user interface is."""
        return f"http://{HOST}:{self.port}"

    @property
    def rest(self) -> Rest:
        """The signed-in user; there is one while Home Assistant runs."""
        return self._rest

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    async def start(self) -> float:
        """Start, sign in, wait until everything is set up, and return how many seconds it took."""
        began = time.monotonic()
        self.port = free_port(self.port)
        prepare(self.folder, self.port)
        self._session = ClientSession()
        self._rest = Rest(self._session, self.url)
        try:
            await self._spawn()
            async with asyncio.timeout(START_LIMIT_S):
                await self._until_signed_in()
                await self._until_set_up()
        except TimeoutError as err:
            await self.stop()
            raise StartError(f"Home Assistant did not start in {START_LIMIT_S:.0f} s") from err
        except BaseException:
            await self.stop()
            raise
        return time.monotonic() - began

    async def _spawn(self) -> None:
        """Start the process, held by a pipe: it stops when this end is closed or dies."""
        held, self._leash = os.pipe()
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, held)
            output = None if self._show_log else opened.enter_context(self.log.open("wb"))
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "lab.launch", "--config", str(self.folder)),
                cwd=ROOT,
                env=os.environ | self._environment(),
                stdin=held,
                stdout=output,
                stderr=None if self._show_log else asyncio.subprocess.STDOUT,
                # Ctrl-C at a terminal reaches its whole process group: not this one.
                process_group=0,
            )

    def _environment(self) -> dict[str, str]:
        """Return what leads Raindrop into the lab."""
        if self._lab is None:
            return {}
        return {
            "CLOUDFLARE_BASE_URL": self._lab["cloudflare"],
            SOURCES_VARIABLE: json.dumps(self._lab["ip"]),
        }

    async def _until_signed_in(self) -> None:
        """Knock until the door opens."""
        while self._process and self._process.returncode is None:
            with contextlib.suppress(ClientError, RestError):
                await self._rest.sign_in()
                return
            await asyncio.sleep(POLL_S)
        raise StartError(f"Home Assistant ended before it answered.\n{self._last_words()}")

    async def _until_set_up(self) -> None:
        """Ask until everything is set up; Home Assistant tells nobody by itself."""
        while not await self._rest.is_running():  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)

    def _last_words(self) -> str:
        """Return the end of what Home Assistant printed."""
        if self._show_log:
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def errors(self) -> list[str]:
        """Return the lines of the log that report an error."""
        words = (self.folder / "home-assistant.log").read_text(errors="replace")
        return [line for line in words.splitlines() if " ERROR (" in line or " CRITICAL (" in line]

    async def wait(self) -> int:
        """Wait until Home Assistant ends by itself, through its restarts; return its exit code."""
        while self._process:
            code = await self._process.wait()
            if code != RESTART_EXIT_CODE:
                return code
            self._let_go()
            await self._spawn()
        return 0

    async def stop(self) -> None:
        """Stop as Ctrl-C does, and by force if that is not enough; nothing stays behind."""
        if self._process and self._process.returncode is None:
            group = self._process.pid
            os.killpg(group, signal.SIGINT)
            try:
                await asyncio.wait_for(self._process.wait(), STOP_LIMIT_S)
            except TimeoutError:
                os.killpg(group, signal.SIGKILL)
                await self._process.wait()
        self._process = None
        self._let_go()
        if self._session:
            await self._session.close()

    def _let_go(self) -> None:
        """Close the pipe."""
        if self._leash is not None:
            os.close(self._leash)
            self._leash = None


def free_port(wanted: int) -> int:
    """Return the port, or another one if it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            chosen: int = probe.getsockname()[1]
            return chosen
    raise StartError("there is no free port")


def prepare(folder: Path, port: int) -> None:
    """Make a configuration that needs no questions; what a person changed in it stays."""
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "configuration.yaml": CONFIGURATION,
        "automations.yaml": "[]\n",
        "scripts.yaml": "{}\n",
    }.items():
        if not (folder / name).exists():
            (folder / name).write_text(text)
    link = folder / "custom_components"
    if not link.is_symlink():
        link.symlink_to(ROOT / "custom_components", target_is_directory=True)
    if not (storage / "onboarding").exists():
        # All but the user, who is made over HTTP.
        store(storage, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]})
    store(storage, "http", 3, {"stable": http(port), "pending": None, "yaml_migration_done": True})


def http(port: int) -> dict[str, object]:
    """Return the settings of the web server, all of them, as Home Assistant stores them."""
    return {
        "server_host": [HOST],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "intermediate_v6",
        "use_x_frame_options": True,
        "created_at": "2026-11-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }


def store(storage: Path, key: str, version: int, data: object) -> None:
    """Write one of Home Assistant's own storage files."""
    document = {"version": version, "minor_version": 1, "key": key, "data": data}
    (storage / key).write_text(json.dumps(document, indent=2))


def forget(folder: Path = FOLDER) -> None:
    """Delete everything that Home Assistant knows, so that the next start is the first."""
    shutil.rmtree(folder, ignore_errors=True)
