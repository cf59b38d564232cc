"""Delivery: each event is fired exactly once, after the entities, whatever interrupts it."""

from asyncio import Event as Gate, Task, create_task, shield, sleep
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from copy import deepcopy
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_STATE_CHANGED
from homeassistant.core import CoreState, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import create_eager_task
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry, RaindropCoordinator
from custom_components.raindrop.publisher import SIGNAL_EVENT
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.chaos.home_assistant_core import run_core
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN

from .builders import domain, new_entry
from .conftest import BATCH, LIST, PUBLIC_IPV4, state

PUBLIC_IP = "event.example_com_address_change"
THIRD = "81.2.69.160"
MANY = 300

type Fired = tuple[str, str, str | None]
"""The entity, the type of the event and the new address."""


class Home:
    """A Home Assistant core with one zone; its storage survives a restart."""

    def __init__(self, zone: Zone) -> None:
        """Stay stopped."""
        self.hass: HomeAssistant
        self.entry: RaindropConfigEntry
        self.storage: dict[str, Any] = {}
        self.names = ["home.example.com"]
        self.events: list[Fired] = []
        self.on_event: Callable[[], object] = bool
        self.gate: Gate | None = None
        """Holds back the next write to the storage, as a slow disk does."""
        self.is_writing = Gate()
        self._zone = zone
        self._running = AsyncExitStack()

    @property
    def coordinator(self) -> RaindropCoordinator:
        """The coordinator of the zone."""
        return self.entry.runtime_data

    @property
    def stored(self) -> dict[str, Any]:
        """What is stored of the zone."""
        data: dict[str, Any] = self.storage[f"{DOMAIN}.{self.entry.entry_id}"]["data"]
        return data

    async def start(self, core_state: CoreState = CoreState.running) -> None:
        """Start Home Assistant and set up the zone."""
        self.hass = await self._running.enter_async_context(run_core(self.storage, core_state))
        self._slow_down_storage()
        self.hass.bus.async_listen(EVENT_STATE_CHANGED, self._state_changed)
        self.entry = new_entry(self._zone, [domain(name) for name in self.names])
        object.__setattr__(self.entry, "entry_id", "example")
        self.entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup("example")
        await self.hass.async_block_till_done()

    def finish_start(self) -> None:
        """Let automations listen, and announce it."""
        self.hass.set_state(CoreState.running)
        self.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)

    async def update(self) -> None:
        """Run an update; a restart may interrupt it."""
        with suppress(HomeAssistantError):
            await self.coordinator.async_update_now()
        await self.hass.async_block_till_done()

    async def stop(self) -> None:
        """Stop Home Assistant in an orderly way."""
        await self.hass.async_stop(force=True)
        await self._running.aclose()
        self._running = AsyncExitStack()

    async def crash(self, storage: dict[str, Any]) -> None:
        """Start again with what was stored at some moment."""
        await self.stop()
        self.events.clear()
        self.storage = storage
        await self.start()

    def hold_write(self) -> Gate:
        """Hold back the next write until the gate is opened."""
        self.is_writing.clear()
        self.gate = Gate()
        return self.gate

    def _slow_down_storage(self) -> None:
        write_data = Store._async_write_data

        async def write(store: Store[Any], data: dict[str, Any]) -> None:
            gate, self.gate = (self.gate, None) if store.key == "raindrop.example" else (None, None)
            if gate:
                self.is_writing.set()
                await gate.wait()
            await write_data(store, data)

        async def write_in_executor(store: Store[Any], data: dict[str, Any]) -> None:
            # An executor finishes a write even if the task that waits for it is cancelled.
            await shield(create_task(write(store, data)))

        patch = pytest.MonkeyPatch()
        patch.setattr(Store, "_async_write_data", write_in_executor)
        self._running.callback(patch.undo)

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        new, old = event.data["new_state"], event.data["old_state"]
        if new and old and new.domain == "event" and "unavailable" not in {new.state, old.state}:
            fired = new.entity_id, new.attributes["event_type"], new.attributes["to_ip"]
            self.events.append(fired)
            self.on_event()


@pytest.fixture(autouse=True)
def custom_integration() -> None:
    """Prepare each core here instead of the one that tests share."""


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow a stopped core to leave timers behind, as the oldest supported one does."""
    return True


@pytest.fixture
async def home(zone: Zone) -> AsyncIterator[Home]:
    """Prepare a core that is stopped at the end."""
    zone.record_quota = 2 * MANY
    home = Home(zone)
    yield home
    await home.stop()


async def reload(home: Home) -> None:
    """Reload the zone."""
    await home.hass.config_entries.async_reload(home.entry.entry_id)


async def unload(home: Home) -> None:
    """Unload the zone, and set it up later."""
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.NOT_LOADED
    await home.hass.async_block_till_done()
    await home.hass.config_entries.async_setup(home.entry.entry_id)


async def restart(home: Home) -> None:
    """Restart Home Assistant."""
    core_state = home.hass.state
    await home.stop()
    await home.start(core_state)


interrupted = pytest.mark.parametrize("interrupt", [reload, unload, restart])
"""What may come between an update and the delivery of its events."""

type Interrupt = Callable[[Home], Coroutine[Any, Any, None]]


def record_event(name: str) -> str:
    """Return the event entity of a domain."""
    return f"event.{name.replace('.', '_')}_dns_record"


def moved(home: Home, address: str = NEXT) -> Counter[Fired]:
    """Return the events of a move of the home, each once."""
    updated = ((record_event(name), "updated", address) for name in home.names)
    return Counter([(PUBLIC_IP, "ipv4_changed", address), *updated])


async def begin(home: Home, names: list[str] | None = None) -> None:
    """Start with all records in sync."""
    home.names = names or home.names
    await home.start()
    home.events.clear()


@interrupted
async def test_events_survive_an_interruption_in_the_middle_of_a_batch(
    home: Home, simulator: Simulator, interrupt: Interrupt
) -> None:
    """Some hundred events are fired once each, though the first half of them is interrupted."""
    await begin(home, [f"n{number}.example.com" for number in range(MANY)])
    interruption: Task[None] | None = None

    def interrupt_once() -> None:
        nonlocal interruption
        if len(home.events) == MANY // 2 and not interruption:
            interruption = create_eager_task(interrupt(home))

    home.on_event = interrupt_once
    simulator.ip.set_address(NEXT)
    await home.update()
    assert interruption
    await interruption
    await home.hass.async_block_till_done()
    assert Counter(home.events) == moved(home)


@interrupted
async def test_events_survive_an_interruption_between_two_of_one_entity(
    home: Home, simulator: Simulator, interrupt: Interrupt
) -> None:
    """The second event of an entity follows in spite of an interruption by the first."""
    await begin(home)
    interruption: Task[None] | None = None

    def interrupt_once() -> None:
        nonlocal interruption
        interruption = interruption or create_eager_task(interrupt(home))

    simulator.cloudflare.reachable = False
    simulator.ip.set_address(NEXT)
    await home.update()
    home.events.clear()
    home.on_event = interrupt_once
    simulator.cloudflare.reachable = True
    await home.update()
    assert interruption
    await interruption
    await home.hass.async_block_till_done()
    entity = record_event("home.example.com")
    assert home.events == [(entity, "updated", NEXT), (entity, "recovered", NEXT)]


@interrupted
async def test_events_survive_an_interruption_while_they_are_saved(
    home: Home, simulator: Simulator, interrupt: Interrupt
) -> None:
    """A slow disk does not overwrite events that were kept meanwhile."""
    await begin(home)
    gate = home.hold_write()
    simulator.ip.set_address(NEXT)
    update = create_task(home.update())
    await home.is_writing.wait()
    interruption = create_eager_task(interrupt(home))
    for _ in range(10):
        await sleep(0)
    gate.set()
    await interruption
    await update
    await home.hass.async_block_till_done()
    assert Counter(home.events) == moved(home)


@interrupted
async def test_events_of_a_running_update_survive_an_interruption(
    home: Home, simulator: Simulator, interrupt: Interrupt
) -> None:
    """An update that writes to Cloudflare finishes before the zone is unloaded."""
    await begin(home)
    simulator.log.clear()
    held_back = simulator.faults.add("cloudflare", BATCH, kind="hold", times=1)
    simulator.ip.set_address(NEXT)
    update = create_task(home.update())
    await simulator.log.arrived(1, endpoint=BATCH)
    interruption = create_eager_task(interrupt(home))
    await sleep(0.05)
    assert not interruption.done()
    held_back.release()
    await interruption
    await update
    await home.hass.async_block_till_done()
    assert Counter(home.events) == moved(home)


@interrupted
@pytest.mark.parametrize("is_started", [False, True], ids=["before start", "at start"])
async def test_events_survive_an_interruption_of_the_start(
    home: Home, interrupt: Interrupt, *, is_started: bool
) -> None:
    """Events wait for automations to listen, however often the zone is set up meanwhile."""
    await home.start(CoreState.starting)
    await home.hass.async_block_till_done()
    assert home.events == []
    if is_started:
        home.finish_start()
    await interrupt(home)
    await home.hass.async_block_till_done()
    if not is_started:
        assert home.events == []
        home.finish_start()
        await home.hass.async_block_till_done()
    assert home.events == [(record_event("home.example.com"), "updated", HOME)]


async def test_events_survive_a_start_that_ends_during_a_reload(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event is fired while the entities are being removed."""
    await home.start(CoreState.starting)
    unload_platforms = home.hass.config_entries.async_unload_platforms

    async def unload_and_start(*args: Any) -> bool:
        is_unloaded = await unload_platforms(*args)
        home.finish_start()
        for _ in range(5):
            await sleep(0)
        return is_unloaded

    monkeypatch.setattr(home.hass.config_entries, "async_unload_platforms", unload_and_start)
    await reload(home)
    await home.hass.async_block_till_done()
    assert home.events == [(record_event("home.example.com"), "updated", HOME)]


async def test_events_survive_a_shutdown_that_does_not_wait(
    home: Home, simulator: Simulator
) -> None:
    """Events are kept if Home Assistant stops while Cloudflare never responds."""
    await begin(home)
    gate = home.hold_write()
    simulator.ip.set_address(NEXT)
    update = create_task(home.update())
    await home.is_writing.wait()
    simulator.log.clear()
    held_back = simulator.faults.add("cloudflare", LIST, kind="hold", times=1)
    second = create_task(home.update())
    await simulator.log.arrived(1, endpoint=LIST)
    stopping = create_task(home.coordinator.async_stop())
    await sleep(0)
    gate.set()
    await sleep(0.05)
    stopping.cancel()
    with suppress(BaseException):
        await stopping
    assert home.events == []
    assert len(home.stored["events"]) == 2
    held_back.release()
    await update
    await second


async def test_nothing_is_repeated_by_reloads_and_restarts(
    home: Home, simulator: Simulator
) -> None:
    """An event that was fired is not fired again."""
    await begin(home)
    simulator.ip.set_address(NEXT)
    await home.update()
    assert Counter(home.events) == moved(home)
    for interrupt in (reload, restart, unload, restart):
        await interrupt(home)
        await home.update()
    assert Counter(home.events) == moved(home)


@pytest.mark.parametrize("is_first", [False, True], ids=["in an update", "after the start"])
async def test_a_crash_repeats_nothing(home: Home, simulator: Simulator, *, is_first: bool) -> None:
    """Whatever is stored when the first event is fired is enough to not fire any again."""
    await home.start(CoreState.starting if is_first else CoreState.running)
    stored: list[dict[str, Any]] = []
    home.on_event = lambda: stored.append(deepcopy(home.storage))
    simulator.ip.set_address(NEXT)
    await home.update()
    if is_first:
        assert stored == []
        home.finish_start()
        await home.hass.async_block_till_done()
    assert len(home.events) >= 2
    await home.crash(stored[0])
    assert home.stored["events"] == []
    assert home.stored["public_addresses"] == {"ipv4": NEXT}
    await home.update()
    assert home.events == []


async def test_a_crash_before_the_start_has_ended_loses_no_write(
    home: Home, simulator: Simulator
) -> None:
    """Events of a write are stored at once, though nothing is fired yet."""
    await home.start(CoreState.starting)
    simulator.ip.set_address(NEXT)
    await home.update()
    await home.crash(deepcopy(home.storage))
    await home.hass.async_block_till_done()
    first = (record_event("home.example.com"), "updated", HOME)
    assert Counter(home.events) == moved(home) + Counter([first])


async def test_a_failed_setup_repeats_nothing_after_a_crash(
    home: Home, simulator: Simulator
) -> None:
    """What a failed setup has left to save does not overwrite what the next one saves."""
    await begin(home)
    entries = home.hass.config_entries
    await entries.async_unload("example")
    simulator.cloudflare.credentials.revoke(TOKEN)
    simulator.ip.set_address(NEXT)
    assert not await entries.async_setup("example")
    simulator.cloudflare.add_token(TOKEN)
    await entries.async_reload("example")
    await home.hass.async_block_till_done()
    assert Counter(home.events) >= moved(home)
    assert len(home.events) == len(set(home.events))
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=15))
    await home.hass.async_block_till_done()
    await home.crash(deepcopy(home.storage))
    await home.hass.async_block_till_done()
    assert home.events == []


@pytest.mark.parametrize("count", [1, MANY])
async def test_entities_show_the_new_state_before_any_event(
    home: Home, simulator: Simulator, count: int
) -> None:
    """All problem sensors and the public address have changed by the first event."""
    await begin(home, [f"n{number}.example.com" for number in range(count)])
    problems = [f"binary_sensor.n{number}_example_com_dns_problem" for number in range(count)]
    shown: Counter[str] = Counter()

    def look() -> None:
        shown[state(home.hass, PUBLIC_IPV4)] += 1
        shown.update(state(home.hass, problem) for problem in problems)

    home.on_event = look
    simulator.cloudflare.reachable = False
    simulator.ip.set_address(NEXT)
    await home.update()
    assert len(home.events) == count + 1
    assert shown == {NEXT: count + 1, "on": count * (count + 1)}


async def test_an_update_during_a_slow_save_keeps_the_order(
    home: Home, simulator: Simulator
) -> None:
    """Events of two updates in quick succession arrive in their order, at increasing times."""
    await begin(home)
    gate = home.hold_write()
    simulator.ip.set_address(NEXT)
    first = create_task(home.update())
    await home.is_writing.wait()
    simulator.ip.set_address(THIRD)
    second = create_task(home.update())
    await sleep(0.1)
    assert home.events == []
    gate.set()
    await first
    await second
    home_events = [fired for fired in home.events if fired[0] == PUBLIC_IP]
    record_events = [fired for fired in home.events if fired[0] != PUBLIC_IP]
    for events in (home_events, record_events):
        assert [address for _, _, address in events] == [NEXT, THIRD]
    assert Counter(home.events) == moved(home) + moved(home, THIRD)


async def test_what_a_stop_leaves_is_fired_before_what_follows(
    home: Home, simulator: Simulator
) -> None:
    """Events of the update that ends last do not overtake those that a reload left."""
    await begin(home)
    gate = home.hold_write()
    simulator.ip.set_address(NEXT)
    first = create_task(home.update())
    await home.is_writing.wait()
    simulator.ip.set_address(THIRD)
    simulator.log.clear()
    held_back = simulator.faults.add("cloudflare", BATCH, kind="hold", times=1)
    second = create_task(home.update())
    await simulator.log.arrived(1, endpoint=BATCH)
    interruption = create_eager_task(reload(home))
    held_back.release()
    await sleep(0.05)
    gate.set()
    await interruption
    await first
    await second
    await home.hass.async_block_till_done()
    assert Counter(home.events) == moved(home) + moved(home, THIRD)
    addresses = [address for entity, _, address in home.events if entity == PUBLIC_IP]
    assert addresses == [NEXT, THIRD]


@pytest.mark.parametrize("is_started", [False, True], ids=["before start", "after start"])
async def test_a_full_disk_loses_no_event(
    home: Home, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, *, is_started: bool
) -> None:
    """Events are fired though they cannot be saved, once each, and the zone stays in sync."""
    await home.start(CoreState.running if is_started else CoreState.starting)
    home.events.clear()
    with monkeypatch.context() as patch:

        async def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(Store, "_async_write_data", fail)
        simulator.ip.set_address(NEXT)
        await home.update()
        await home.update()
        assert home.entry.state is ConfigEntryState.LOADED
        assert state(home.hass, PUBLIC_IPV4) == NEXT
        assert Counter(home.events) == (moved(home) if is_started else Counter())
    await reload(home)
    if not is_started:
        home.finish_start()
    await home.hass.async_block_till_done()
    expected = moved(home)
    if not is_started:
        expected[record_event("home.example.com"), "updated", HOME] += 1
    assert Counter(home.events) == expected


async def test_a_listener_that_fails_does_not_stop_the_others(
    home: Home, simulator: Simulator
) -> None:
    """An error of one listener is logged, and all events are fired."""
    await begin(home)

    @callback
    def fail(_event: object) -> None:
        raise RuntimeError("a bug")

    signal = SIGNAL_EVENT.format("example", "")
    end = async_dispatcher_connect(home.hass, signal, fail)
    simulator.ip.set_address(NEXT)
    await home.update()
    assert Counter(home.events) == moved(home)
    end()


async def test_a_disabled_event_entity_does_not_stop_the_others(
    home: Home, simulator: Simulator
) -> None:
    """Only the events of a disabled entity are missing."""
    await begin(home, ["a.example.com", "b.example.com", "c.example.com"])
    er.async_get(home.hass).async_update_entity(
        record_event("b.example.com"), disabled_by=er.RegistryEntryDisabler.USER
    )
    await home.hass.async_block_till_done()
    simulator.ip.set_address(NEXT)
    await home.update()
    expected = moved(home)
    del expected[record_event("b.example.com"), "updated", NEXT]
    assert Counter(home.events) == expected


async def test_a_removed_domain_does_not_stop_the_others(home: Home, simulator: Simulator) -> None:
    """A domain that is removed before its event is delivered loses only its own."""
    await begin(home, ["a.example.com", "b.example.com", "c.example.com"])
    gate = home.hold_write()
    simulator.ip.set_address(NEXT)
    update = create_task(home.update())
    await home.is_writing.wait()
    (subentry_id,) = (s.subentry_id for s in home.entry.subentries.values() if s.title[0] == "b")
    home.hass.config_entries.async_remove_subentry(home.entry, subentry_id)
    gate.set()
    await update
    await home.hass.async_block_till_done()
    expected = moved(home)
    del expected[record_event("b.example.com"), "updated", NEXT]
    assert Counter(home.events) == expected


async def test_no_listener_is_left_after_an_unload(home: Home) -> None:
    """The dispatcher forgets a zone that is unloaded."""

    def signals() -> list[str]:
        return [str(signal) for signal in home.hass.data["dispatcher"] if DOMAIN in str(signal)]

    await begin(home)
    jobs = len(home.hass._shutdown_jobs)
    assert len(signals()) == 4
    await home.hass.config_entries.async_unload("example")
    assert signals() == []
    assert len(home.hass._shutdown_jobs) == jobs - 1
    await home.hass.config_entries.async_setup("example")
