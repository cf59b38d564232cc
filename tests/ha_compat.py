"""Let an older test plugin run on a newer Home Assistant (`-p tests.ha_compat`)."""

# Home Assistant puts httpx2 in httpx's place when it is imported: too late once respx has it.
import homeassistant  # noqa: F401

# The plugin replaces functions before other parts of Home Assistant copy them.
from pytest_homeassistant_custom_component import (  # isort: skip
    patch_json,  # noqa: F401
    patch_recorder,  # noqa: F401
    patch_time,  # noqa: F401
)

from homeassistant.components import logger
from homeassistant.components.logger import helpers

MOVED = "_clear_logger_overwrites"
"""The plugin looks for this function where it was until 2026.10."""

if not hasattr(logger, MOVED):
    setattr(logger, MOVED, getattr(helpers, MOVED))
