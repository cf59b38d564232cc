"""What Raindrop costs Home Assistant: no blocking calls, and little memory."""

from homeassistant import block_async_io
from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from devtools import import_cost
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import NEXT
from tests.secrets import TOKEN

from .conftest import press_update_now, submit_user_form

MEBIBYTE = 2**20


async def test_nothing_blocks_the_event_loop(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    disable_block_async_io: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Home Assistant's own detector reports no blocking call in set-up, update and reload."""
    monkeypatch.setattr(block_async_io, "_IN_TESTS", False)
    block_async_io.enable()
    result = await submit_user_form(hass, zone="example.com", key=TOKEN, domain="home")
    entry: RaindropConfigEntry = result["result"]
    simulator.ip.set_address(NEXT)
    await press_update_now(hass)
    await hass.config_entries.async_reload(entry.entry_id)
    assert simulator.cloudflare.records(zone)[0]["content"] == NEXT
    assert "blocking call" not in caplog.text


def test_blocking_calls_would_be_detected(
    disable_block_async_io: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant's detector replaces blocking functions also in these tests."""
    monkeypatch.setattr(block_async_io, "_IN_TESTS", False)
    before = open
    block_async_io.enable()
    assert open is not before


def test_an_import_takes_little_memory() -> None:
    """Importing the whole integration adds less than 6 MiB to Home Assistant."""
    assert 0 < import_cost.measure("memory")["bytes"] < 6 * MEBIBYTE
