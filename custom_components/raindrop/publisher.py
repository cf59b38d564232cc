"""Publishes the result of an update: first the entities of the domains, then the events.

So automations that react to an event see the new states. Signals are sent in batches,
so a thousand domains do not block the event loop.
"""

from asyncio import Lock, sleep
from collections import deque
from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.start import async_at_started
from homeassistant.util.signal_type import SignalType, SignalTypeFormat

from .address_history import async_get_history
from .config import Domain
from .const import DOMAIN
from .ddns import Address, DdnsEvent, ResourceId, Source, State, UpdateResult, ZoneConfig
from .error_messages import StatusLog
from .issues.sync_issues import async_sync_issues
from .storage.zone_store import ZoneStore

SIGNAL_ADDRESS_ACCEPTED: SignalType[Source, Address] = SignalType(f"{DOMAIN}_address_accepted")
"""A zone accepted another address of a source."""
SIGNAL_DOMAIN: SignalTypeFormat[()] = SignalTypeFormat(f"{DOMAIN}_{{}}_domain_{{}}")
"""What is known of a domain or resource changed; by entry id, host name or `resource_place`."""
SIGNAL_EVENT: SignalTypeFormat[DdnsEvent] = SignalTypeFormat(f"{DOMAIN}_{{}}_event_{{}}")
"""Something happened; by entry id, and host name, `resource_place`, or empty for the home."""

_BATCH = 100
"""How many signals are sent before yielding to the event loop."""


class Publisher:
    """Sends the signals of one config entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, store: ZoneStore) -> None:
        self._hass = hass
        self._entry = entry
        self._store = store
        self._status_log = StatusLog(entry.title)
        self._published = State()
        self._is_available = False
        self._changed: deque[str] = deque()
        """Domains and resources whose entities do not show the published state yet."""
        self._is_started = False
        self._cancel_start: CALLBACK_TYPE
        self._lock = Lock()

    @callback
    def async_publish(
        self, state: State, places: Iterable[str] = (), *, is_available: bool
    ) -> None:
        """Publish a state; without being available, as if nothing were known of the records.

        ``places`` are all domains and resources, also those without a record, which
        become available too. Its events become pending in the same iteration of the event loop: any
        earlier, they could be delivered before the entities show the state.
        """
        before, after = self._published, state if is_available else State()
        self._published = after
        for source, detection in after.detections.items():
            old = before.detections.get(source)
            if detection.address and (old is None or old.address != detection.address):
                async_dispatcher_send(
                    self._hass, SIGNAL_ADDRESS_ACCEPTED, source, detection.address
                )
        keys = before.records.keys() | after.records.keys()
        changed: set[str] = {k.name for k in keys if before.records.get(k) != after.records.get(k)}
        if is_available != self._is_available:
            changed |= {*places}
        self._is_available = is_available
        self._changed.extend(sorted(changed))
        # The iteration in which a large update ends is long enough.
        self._async_send(eager_start=len(self._changed) < _BATCH)

    @callback
    def async_publish_resource(self, resource_id: ResourceId) -> None:
        """Publish that something changed of a resource, and its events, which are pending."""
        self._changed.append(resource_place(resource_id))
        self._async_send()

    @callback
    def async_store(
        self, domains: Iterable[Domain], config: ZoneConfig, state: State, result: UpdateResult
    ) -> None:
        """Log and store a new state, and create its issues; its events become pending."""
        self._status_log.log(state, result, config.managed_records)
        async_sync_issues(self._hass, self._entry, domains, state)
        history = async_get_history(self._hass)
        history.async_add(self._store.state.public_addresses, state.public_addresses)
        history.async_add_switches(result.events)
        self._store.state = state
        self._store.pending_events += result.events
        self._store.async_delay_save()

    @callback
    def async_start(self) -> None:
        """Deliver events once automations listen; the entities exist now."""
        self._cancel_start = async_at_started(self._hass, self._async_started)

    async def async_stop(self) -> None:
        """Stop delivering events; the remaining ones stay pending."""
        self._cancel_start()
        self._is_started = False
        async with self._lock:
            pass  # A delivery that was running has ended.

    @callback
    def _async_started(self, _hass: HomeAssistant) -> None:
        self._is_started = True
        # Not in this iteration: triggers may still be picking up entities that were just added.
        self._async_send(eager_start=False)

    @callback
    def _async_send(self, *, eager_start: bool = True) -> None:
        _ = self._entry.async_create_task(
            self._hass, self._async_send_all(), f"{DOMAIN} publish", eager_start=eager_start
        )

    async def _async_send_all(self) -> None:
        async with self._lock:
            while self._changed:
                signal = SIGNAL_DOMAIN.format(self._entry.entry_id, self._changed.popleft())
                async_dispatcher_send(self._hass, signal)
                if len(self._changed) % _BATCH == 0:
                    await sleep(0)
            if self._store.pending_events:
                await self._async_deliver()

    async def _async_deliver(self) -> None:
        """Save and fire the pending events.

        They are marked as delivered first: after a crash an event may be lost, but none
        is repeated. Those that are left at a stop become pending again.
        """
        events = deque(self._store.pending_events if self._is_started else ())
        if events:
            self._store.pending_events = []
        try:
            await self._store.async_save()
            while events and self._is_started:
                event = events.popleft()
                signal = SIGNAL_EVENT.format(self._entry.entry_id, _place(event))
                async_dispatcher_send(self._hass, signal, event)
                if len(events) % _BATCH == 0:
                    await sleep(0)
        finally:
            self._store.pending_events[:0] = events


def resource_place(resource_id: ResourceId) -> str:
    """Return what stands for a resource in place of a host name."""
    return f"resource:{resource_id}"


def _place(event: DdnsEvent) -> str:
    """Return where something happened: a host name, a resource, or empty for the home itself."""
    if event.resource_id:
        return resource_place(event.resource_id)
    return event.record_key.name if event.record_key else ""
