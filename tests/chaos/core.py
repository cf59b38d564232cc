"""A Home Assistant core of one's own, started and stopped at will."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from homeassistant.core import CoreState, HomeAssistant
from pytest_homeassistant_custom_component.common import async_test_home_assistant, mock_storage

from lab.core import furnish


@asynccontextmanager
async def core(
    storage: dict[str, Any], state: CoreState = CoreState.running
) -> AsyncIterator[HomeAssistant]:
    """Start a core with what is on disk; whoever asked for it stops it."""
    with mock_storage(storage):
        async with async_test_home_assistant(initial_state=state) as hass:
            await furnish(hass)
            yield hass
