"""Start Home Assistant with what the lab puts in place before it begins.

`python -m lab.launch --config FOLDER`: the command line is Home Assistant's own.
"""

import json
import os
import signal
import stat
import sys
import threading
from types import ModuleType

from homeassistant import bootstrap
from homeassistant.__main__ import main as start_home_assistant
from homeassistant.helpers import service

from . import sources
from .home_assistant import SOURCES_VARIABLE
from .ip import IpService

LEFT_OUT = {
    *("ai_task", "assist_satellite", "camera", "conversation", "image_processing"),
    *("infrared", "radio_frequency", "stt", "tts", "wake_word"),
}
"""Of what loads by default, the parts that want a compiler, ffmpeg and large packages."""


def main() -> int:
    """Put everything in place and run Home Assistant until it ends."""
    leave_out(LEFT_OUT)
    if given := os.environ.get(SOURCES_VARIABLE):
        install_lab_sources(given)
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        threading.Thread(target=stop_with_the_parent, daemon=True).start()
    return start_home_assistant()


def leave_out(names: set[str]) -> None:
    """Start without some parts, whose packages may not even be here."""
    bootstrap.DEFAULT_INTEGRATIONS.difference_update(names)
    stand_ins = {f"homeassistant.components.{name}": ModuleType(name) for name in names}
    # To describe its actions, Home Assistant imports all kinds of entities, in use or not, and
    # remembers them. Were one missing, the browser would wait for the descriptions for ever.
    sys.modules.update(stand_ins)
    service._base_components()  # noqa: SLF001
    for name in stand_ins:
        del sys.modules[name]


def install_lab_sources(given: str) -> None:
    """Let Raindrop ask the lab for its address, and nobody else."""
    sources.install(
        IpService(
            name=service["name"],
            form=service["form"],
            # JSON knows only text as a key.
            urls={4 if family == "4" else 6: url for family, url in service["urls"].items()},
        )
        for service in json.loads(given)
    )


def stop_with_the_parent() -> None:
    """Stop Home Assistant when the pipe from the parent closes, however the parent ended."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
