"""The stored state: written at once after a change of a record, otherwise a little later."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import DdnsEvent, EventType, Family
from custom_components.raindrop.storage.undelivered_events import event_data, read_events
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .conftest import Clock

SAVE_DELAY = timedelta(seconds=10)
ATTRIBUTES = {
    "attributes": {
        "proxied": False,
        "ttl_s": 3600,
        "comment": "front door",
        "tags": [],
        "is_owned": False,
    }
}


class StoredState:
    """The file of an entry."""

    def __init__(self, storage: dict[str, Any], entry: RaindropConfigEntry) -> None:
        """Take the mocked storage of Home Assistant."""
        self._storage = storage
        self.key = f"raindrop.{entry.entry_id}"

    def erase(self) -> None:
        """Empty the file, so that the next write can be seen."""
        self._storage[self.key]["data"] = {}

    @property
    def records(self) -> dict[str, dict[str, object]] | None:
        """The stored records, None if nothing was written since the file was emptied."""
        data: dict[str, dict[str, dict[str, object]]] = self._storage[self.key]["data"]
        return data.get("records")


@pytest.fixture
async def stored(
    hass_storage: dict[str, Any], clock: Clock, entry: RaindropConfigEntry
) -> StoredState:
    """Return the file of the entry, after everything was written."""
    await clock.cycles()
    await clock.passes(SAVE_DELAY)
    return StoredState(hass_storage, entry)


async def test_the_state_is_stored_at_once_after_a_change(
    simulator: Simulator, clock: Clock, stored: StoredState
) -> None:
    """A crash right after a change of a record does not lose the record's address."""
    stored.erase()
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert stored.records == {"A home.example.com": {"last_address": NEXT, **ATTRIBUTES}}


async def test_the_state_is_stored_later_after_other_updates(
    simulator: Simulator, clock: Clock, stored: StoredState
) -> None:
    """What is not a change of a record is collected for some seconds."""
    stored.erase()
    simulator.faults.add("ip", "cloudflare", kind="status")
    await clock.cycles()
    assert stored.records is None
    await clock.passes(SAVE_DELAY)
    assert stored.records == {"A home.example.com": {"last_address": HOME, **ATTRIBUTES}}


async def test_an_update_that_changes_nothing_stores_nothing(
    clock: Clock, stored: StoredState
) -> None:
    """In steady state the disk is left alone."""
    stored.erase()
    await clock.cycles(3)
    await clock.passes(SAVE_DELAY)
    assert stored.records is None


async def test_the_state_is_stored_at_unload(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    stored: StoredState,
) -> None:
    """A reload does not wait for the delay."""
    stored.erase()
    simulator.faults.add("ip", "cloudflare", kind="status")
    await clock.cycles()
    assert stored.records is None
    await hass.config_entries.async_unload(entry.entry_id)
    assert stored.records == {"A home.example.com": {"last_address": HOME, **ATTRIBUTES}}


async def test_the_file_is_deleted_with_the_entry(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    zone: Zone,
    entry: RaindropConfigEntry,
    stored: StoredState,
) -> None:
    """A removed entry leaves no addresses on disk."""
    assert stored.records == {"A home.example.com": {"last_address": HOME, **ATTRIBUTES}}
    await hass.config_entries.async_remove(entry.entry_id)
    assert stored.key not in hass_storage


@pytest.mark.parametrize("malformed", [None, [], "updated", {"type": "updated"}, {"type": 1}])
def test_an_event_that_cannot_be_read_takes_no_other_with_it(malformed: object) -> None:
    """The others are delivered."""
    event = DdnsEvent(type=EventType.PUBLIC_CHANGED, family=Family.IPV4)
    stored = event_data(event)
    assert read_events([stored, malformed, stored]) == ([event, event], False)
    assert read_events([stored]) == ([event], True)
    assert read_events(malformed) == ([], malformed == [])
