"""The publisher: updates the entities of changed domains in batches, and delivers events once."""

import asyncio
from functools import partial
from ipaddress import ip_address
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
import pytest

from custom_components.raindrop import publisher
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import DdnsEvent, EventType, Family, HostName, RecordKey, State
from custom_components.raindrop.ddns.state import RecordState
from custom_components.raindrop.publisher import SIGNAL_DOMAIN, SIGNAL_EVENT, Publisher
from simulator.cloudflare import Zone
from tests.conftest import HOME

from .builders import domain, set_up


def state_of(count: int, *, has_failed: bool = False) -> State:
    """Return a state with this many domains."""
    keys = [
        RecordKey(HostName(f"n{number:03}.example.com"), Family.IPV4) for number in range(count)
    ]
    return State(records={key: RecordState(has_failed=has_failed) for key in keys})


def connect(
    hass: HomeAssistant, entry: RaindropConfigEntry, count: int, updated: list[int]
) -> list[CALLBACK_TYPE]:
    """Note the number of each domain that is updated; return what ends that."""

    @callback
    def note(number: int) -> None:
        updated.append(number)

    signals = [
        SIGNAL_DOMAIN.format(entry.entry_id, f"n{number:03}.example.com") for number in range(count)
    ]
    return [
        async_dispatcher_connect(hass, signal, partial(note, number))
        for number, signal in enumerate(signals)
    ]


async def test_entities_are_updated_in_batches(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """The event loop gets a turn at least every hundred domains; one removed then is skipped."""
    updated: list[int] = []
    disconnect = connect(hass, entry, 250, updated)
    Publisher(hass, entry, entry.runtime_data.store).async_publish(state_of(250), is_available=True)
    assert updated == []  # The turn in which a large update ends is long enough.
    await asyncio.sleep(0)
    assert updated == list(range(50))
    disconnect[249]()
    await asyncio.sleep(0)
    assert updated == list(range(150))
    await asyncio.sleep(0)
    assert updated == list(range(249))
    await hass.async_block_till_done()


async def test_a_newer_state_is_published_after_the_older_one(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Two states never mix: the second waits until the batches of the first are done."""
    updated: list[int] = []
    connect(hass, entry, 150, updated)
    sender = Publisher(hass, entry, entry.runtime_data.store)
    sender.async_publish(state_of(150), is_available=True)
    sender.async_publish(state_of(150, has_failed=True), is_available=True)
    await hass.async_block_till_done()
    assert updated == [*range(150), *range(150)]


async def test_an_entity_that_is_removed_meanwhile_is_not_updated(
    hass: HomeAssistant, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entity that goes between two batches writes no state any more."""
    monkeypatch.setattr(publisher, "_BATCH", 1)
    entry = await set_up(hass, zone, [domain(f"n{number}.example.com") for number in range(3)])
    problems = [f"binary_sensor.n{number}_example_com_dns_problem" for number in range(3)]
    entry.runtime_data.async_set_update_error(RuntimeError("a bug"))
    await asyncio.sleep(0)
    states = [hass.states.get(problem) for problem in problems]
    assert [state and state.state for state in states] == ["unavailable", "off", "off"]
    er.async_get(hass).async_remove(problems[2])
    await hass.async_block_till_done()
    states = [hass.states.get(problem) for problem in problems]
    assert [state and state.state for state in states] == ["unavailable", "unavailable", None]


async def test_events_that_are_not_delivered_before_unloading_are_delivered_after(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: RaindropConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An unload between two events loses none and repeats none."""
    monkeypatch.setattr(publisher, "_BATCH", 1)
    key = RecordKey(HostName("home.example.com"), Family.IPV4)
    failed, recovered = (
        DdnsEvent(type=type_, family=key.family, record_key=key, to_ip=ip_address(HOME))
        for type_ in (EventType.FAILED, EventType.RECOVERED)
    )
    received: list[DdnsEvent] = []
    is_first_received = asyncio.Event()

    @callback
    def receive(event: DdnsEvent) -> None:
        received.append(event)
        is_first_received.set()

    async_dispatcher_connect(hass, SIGNAL_EVENT.format(entry.entry_id, key.name), receive)
    entry.runtime_data.store.pending_events = [failed, recovered]
    entry.runtime_data.async_update_listeners()
    await is_first_received.wait()
    await hass.config_entries.async_unload(entry.entry_id)
    assert received == [failed]
    (stored,) = hass_storage[f"raindrop.{entry.entry_id}"]["data"]["events"]
    assert stored == {
        "type": "recovered",
        "family": "ipv4",
        "record": "A home.example.com",
        "resource": None,
        "from_connection": "",
        "to_connection": "",
        "from_ip": None,
        "to_ip": HOME,
        "reason": None,
    }

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert received == [failed, recovered]
