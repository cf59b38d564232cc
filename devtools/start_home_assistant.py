"""Start Home Assistant with the simulated providers: `python -m devtools.start_home_assistant`.

The command line is that of Home Assistant: `--config FOLDER`.
"""

import os
import signal
import stat
import sys
import threading
from types import ModuleType

from homeassistant import bootstrap
from homeassistant.__main__ import main as start_home_assistant
from homeassistant.helpers import service

from .home_assistant_process import PROVIDERS_VARIABLE
from .simulated_providers import install_from_json

EXCLUDED_INTEGRATIONS = {
    *("ai_task", "assist_satellite", "camera", "conversation", "image_processing"),
    *("infrared", "radio_frequency", "stt", "tts", "wake_word"),
}
"""Default integrations that need a compiler, ffmpeg or large packages."""


def main() -> int:
    """Run Home Assistant until it stops; return its exit code."""
    exclude(EXCLUDED_INTEGRATIONS)
    if services := os.environ.get(PROVIDERS_VARIABLE):
        install_from_json(services)
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        threading.Thread(target=stop_with_parent, daemon=True).start()
    return start_home_assistant()


def exclude(names: set[str]) -> None:
    """Start without some default integrations, whose packages may be missing."""
    bootstrap.DEFAULT_INTEGRATIONS.difference_update(names)
    stand_ins = {f"homeassistant.components.{name}": ModuleType(name) for name in names}
    # Home Assistant imports every entity component once to describe its actions. Without a
    # stand-in, the import would fail and the browser would wait forever for the descriptions.
    sys.modules.update(stand_ins)
    service._base_components()  # noqa: SLF001
    for name in stand_ins:
        del sys.modules[name]


def stop_with_parent() -> None:
    """Stop Home Assistant when the parent closes the pipe or ends."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
