"""Run a real Home Assistant with Raindrop in a process of its own."""

import asyncio
from collections.abc import Mapping
import contextlib
import json
import os
from pathlib import Path
import signal
import socket
import sys
import time
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientSession

from .checkout import ROOT
from .ha_rest import RestClient, RestError

FOLDER = ROOT / ".dev/home-assistant"
HOST = "127.0.0.1"
"""There is no login, so other hosts must not be able to connect."""

PROVIDERS_VARIABLE = "RAINDROP_SIMULATED_PROVIDERS"
"""The environment variable with the simulator's IP services as JSON."""
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
  # The first provider is tried without asking, so the browser shows no login.
  auth_providers:
    - type: trusted_networks
      trusted_networks: {HOST}/32
      allow_bypass_login: true
    - type: homeassistant

# Not default_config, which loads much that Raindrop does not need.
history:
logbook:
automation: !include automations.yaml
script: !include scripts.yaml
"""


class StartError(Exception):
    """Home Assistant did not start; the text includes the end of its output."""


class HomeAssistant:
    """A Home Assistant process: `async with HomeAssistant() as home`."""

    def __init__(
        self,
        folder: Path = FOLDER,
        *,
        port: int = 8123,
        simulator: Mapping[str, Any] | None = None,
        show_log: bool = False,
    ) -> None:
        """Use a configuration folder.

        Another port is chosen if this one is taken. `simulator` contains the URLs of the
        simulator, which replace Cloudflare and the web providers.
        """
        self.folder = folder
        self.port = port
        self.log = folder / "console.log"
        """The output of Home Assistant, unless it is shown."""
        self._simulator = simulator
        self._show_log = show_log
        self._process: asyncio.subprocess.Process | None = None
        self._pipe: int | None = None
        self._session: ClientSession | None = None

    @property
    def url(self) -> str:
        """The URL of the user interface."""
        return f"http://{HOST}:{self.port}"

    @property
    def rest(self) -> RestClient:
        """The signed-in REST client; it exists while Home Assistant runs."""
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
        """Start, sign in and wait until everything is set up; return the seconds it took."""
        started = time.monotonic()
        self.port = free_port(self.port)
        prepare(self.folder, self.port)
        self._session = ClientSession()
        self._rest = RestClient(self._session, self.url)
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
        return time.monotonic() - started

    async def _spawn(self) -> None:
        """Start the process with a pipe as input: it stops when the pipe is closed."""
        child_end, self._pipe = os.pipe()
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, child_end)
            output = None if self._show_log else opened.enter_context(self.log.open("wb"))
            self._process = await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-m",
                    "devtools.start_home_assistant",
                    "--config",
                    str(self.folder),
                ),
                cwd=ROOT,
                env=os.environ | self._environment(),
                stdin=child_end,
                stdout=output,
                stderr=None if self._show_log else asyncio.subprocess.STDOUT,
                # Ctrl-C in a terminal reaches the whole process group, and must not reach this one.
                process_group=0,
            )

    def _environment(self) -> dict[str, str]:
        """Return the variables that point Raindrop at the simulator."""
        if self._simulator is None:
            return {}
        return {
            "CLOUDFLARE_BASE_URL": self._simulator["cloudflare"],
            PROVIDERS_VARIABLE: json.dumps(
                {key: self._simulator[key] for key in ("ip", "stun", "doh")}
            ),
        }

    async def _until_signed_in(self) -> None:
        """Retry to sign in until Home Assistant accepts it."""
        while self._process and self._process.returncode is None:
            with contextlib.suppress(ClientError, RestError):
                await self._rest.sign_in()
                return
            await asyncio.sleep(POLL_S)
        raise StartError(f"Home Assistant ended during its start.\n{self._last_output()}")

    async def _until_set_up(self) -> None:
        """Poll until everything is set up."""
        while not await self._rest.is_running():  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)

    def _last_output(self) -> str:
        if self._show_log:
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def errors(self) -> list[str]:
        """Return the error lines of the log."""
        log = (self.folder / "home-assistant.log").read_text(errors="replace")
        return [line for line in log.splitlines() if " ERROR (" in line or " CRITICAL (" in line]

    async def wait(self) -> int:
        """Wait until Home Assistant stops, across restarts; return its exit code."""
        while self._process:
            code = await self._process.wait()
            if code != RESTART_EXIT_CODE:
                return code
            self._close_pipe()
            await self._spawn()
        return 0

    async def stop(self) -> None:
        """Stop as Ctrl-C does, and by force after a timeout, including all child processes."""
        if self._process and self._process.returncode is None:
            group = self._process.pid
            os.killpg(group, signal.SIGINT)
            try:
                await asyncio.wait_for(self._process.wait(), STOP_LIMIT_S)
            except TimeoutError:
                os.killpg(group, signal.SIGKILL)
                await self._process.wait()
        self._process = None
        self._close_pipe()
        if self._session:
            await self._session.close()

    def _close_pipe(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


def free_port(preferred: int) -> int:
    """Return the preferred port, or another one if it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            chosen: int = probe.getsockname()[1]
            return chosen
    raise StartError("there is no free port")


def prepare(folder: Path, port: int) -> None:
    """Create a configuration that needs no onboarding; existing files are kept."""
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
        # Everything except the user, which is created over HTTP.
        store(storage, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]})
    store(
        storage,
        "http",
        3,
        {"stable": http_settings(port), "pending": None, "yaml_migration_done": True},
    )


def http_settings(port: int) -> dict[str, object]:
    """Return the complete settings of the web server, as Home Assistant stores them."""
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
    """Write a storage file of Home Assistant."""
    document = {"version": version, "minor_version": 1, "key": key, "data": data}
    (storage / key).write_text(json.dumps(document, indent=2))
