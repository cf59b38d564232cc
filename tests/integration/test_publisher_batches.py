"""The batches of the publisher: how often the event loop gets a turn."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop import publisher as publisher_module
from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.ddns import (
    DdnsEvent,
    EventType,
    Family,
    HostName,
    RecordKey,
    RecordState,
    State,
)
from custom_components.raindrop.publisher import SIGNAL_DOMAIN, SIGNAL_EVENT, Publisher
from custom_components.raindrop.storage.zone_store import ZoneStore

KEYS = [RecordKey(HostName(f"n{number:03}.example.com"), Family.IPV4) for number in range(250)]


class Turns:
    """The number of signals before each turn of the event loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of `asyncio.sleep` in the publisher."""
        self.signals = 0
        self.counts: list[int] = []
        monkeypatch.setattr(publisher_module, "sleep", self._sleep)

    @callback
    def count(self, *_: object) -> None:
        """Count a signal."""
        self.signals += 1

    async def _sleep(self, delay_s: float) -> None:
        assert delay_s == 0
        self.counts.append(self.signals)


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return an entry that is not set up."""
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    return entry


async def test_the_event_loop_gets_a_turn_after_a_hundred_domains(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update of many domains does not block Home Assistant."""
    turns = Turns(monkeypatch)
    for key in KEYS:
        async_dispatcher_connect(hass, SIGNAL_DOMAIN.format(entry.entry_id, key.name), turns.count)
    state = State(records=dict.fromkeys(KEYS, RecordState()))

    publisher = Publisher(hass, entry, ZoneStore(hass, entry.entry_id))
    publisher.async_publish(state, is_available=True)
    await hass.async_block_till_done()

    assert turns.counts == [50, 150, 250]


async def test_the_event_loop_gets_a_turn_after_a_hundred_events(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Automations for many domains do not block Home Assistant."""
    turns = Turns(monkeypatch)
    for key in KEYS:
        async_dispatcher_connect(hass, SIGNAL_EVENT.format(entry.entry_id, key.name), turns.count)
    store = ZoneStore(hass, entry.entry_id)
    store.pending_events += [
        DdnsEvent(type=EventType.UPDATED, family=key.family, record_key=key) for key in KEYS
    ]

    Publisher(hass, entry, store).async_start()
    await hass.async_block_till_done()

    assert turns.counts == [50, 150, 250]
    assert store.pending_events == []
