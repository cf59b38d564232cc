"""Make an older test plugin compatible with a newer Home Assistant (`-p tests.ha_compat`)."""

# When imported, Home Assistant replaces httpx with httpx2; respx must not import httpx before.
import homeassistant  # noqa: F401

# The plugin must replace functions before other modules of Home Assistant import them by name.
from pytest_homeassistant_custom_component import (  # isort: skip
    patch_json,  # noqa: F401
    patch_recorder,  # noqa: F401
    patch_time,  # noqa: F401
)

from homeassistant.components import logger
from homeassistant.components.logger import helpers

MOVED_FUNCTION = "_clear_logger_overwrites"
"""The plugin expects this function where it was until 2026.10."""

if not hasattr(logger, MOVED_FUNCTION):
    setattr(logger, MOVED_FUNCTION, getattr(helpers, MOVED_FUNCTION))
