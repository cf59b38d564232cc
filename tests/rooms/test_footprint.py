"""What Raindrop costs the Home Assistant that it lives in."""

from homeassistant import block_async_io
from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab, footprint
from lab.cloudflare import Zone
from tests.conftest import NEXT
from tests.secrets import TOKEN

from .conftest import submit_user_form
from .test_entities import press

MEBIBYTE = 2**20


async def test_nothing_blocks_the_event_loop(
    hass: HomeAssistant,
    lab: Lab,
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
    lab.ip.set_address(NEXT)
    await press(hass)
    await hass.config_entries.async_reload(entry.entry_id)
    assert lab.cloudflare.records(zone)[0]["content"] == NEXT
    assert "blocking call" not in caplog.text


def test_the_detector_of_blocking_calls_is_awake(
    disable_block_async_io: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above would see a blocked loop: the detector replaces the calls that block."""
    monkeypatch.setattr(block_async_io, "_IN_TESTS", False)
    before = open
    block_async_io.enable()
    assert open is not before


def test_an_import_takes_little_memory() -> None:
    """Importing all rooms and the core adds less than 3 MiB to a running Home Assistant."""
    assert 0 < footprint.measure("memory")["bytes"] < 3 * MEBIBYTE
