"""Scheduling of updates: requests that share one, and timers that start one."""

from asyncio import Task, wait
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .const import DETECTION_MAX_AGE, DOMAIN, FULL_SYNC_INTERVAL
from .ddns import CloudflareConnectionError, State, UpdateOptions, UpdateResult, ZoneConfig

ROUTINE = UpdateOptions(max_age=DETECTION_MAX_AGE)
"""An update that uses the recent detections of other zones."""
FRESH = UpdateOptions()
"""An update that asks every source."""
FULL_SYNC = UpdateOptions(full_sync=True)
"""An update that reads the zone as well."""
HOURLY = FULL_SYNC_INTERVAL - timedelta(minutes=1)
"""The interval of an hourly task, which is done by polls.

A poll comes some milliseconds early or late. Without a margin, a task would sometimes
wait for the next one, half an hour later.
"""
DAILY = timedelta(days=1) - timedelta(minutes=5)
"""The interval of a daily task, which is done by full syncs: they may be late too."""
LATE_WRITE = timedelta(minutes=10)
"""How long a write without a response may still be carried out."""
_LATE_WRITE_S = 60
"""When to look again after such a write."""
_SWITCH_RETRY = timedelta(seconds=15)
"""When to try again to write a switch between connections if Cloudflare cannot be reached.

The connection that went down may be the one to Cloudflare, until the router uses another one.
"""
_SWITCH_RETRIES_END = timedelta(minutes=10)
"""How long after a switch; from then on the polls do."""

type _Key = UpdateOptions | CALLBACK_TYPE
"""What is due at the end of a timer; each has one timer."""


def is_interval_over(done_at: datetime, interval: timedelta, now: datetime) -> bool:
    """Return whether a task is due again, including if the clock was set back since it was done."""
    return not now - interval < done_at <= now


@callback
def async_call_again(
    hass: HomeAssistant, action: Callable[[datetime], Coroutine[Any, Any, None]]
) -> None:
    """Call ``action`` after a write that may be carried out late, unless Home Assistant stops."""
    async_call_later(hass, _LATE_WRITE_S, HassJob(action, cancel_on_shutdown=True))


class UpdateScheduler:
    """Starts the updates of one config entry, other than the coordinator's polls."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        update: Callable[[UpdateOptions], Coroutine[Any, Any, UpdateResult | None]],
    ) -> None:
        """Start updates by ``update``, which waits for the one that is running."""
        self._hass = hass
        self._entry = entry
        self._update = update
        self._waiting: dict[UpdateOptions, Task[UpdateResult | None]] = {}
        """Updates that were requested and have not started."""
        self._timers: dict[_Key, CALLBACK_TYPE] = {}
        """How to cancel a scheduled update or call."""

    @callback
    def async_request(self, options: UpdateOptions) -> Task[UpdateResult | None]:
        """Return an update that begins soon; equal requests share it until it begins.

        It is a task of the entry, so it does not outlive the entry.
        """
        if options not in self._waiting:
            self._waiting[options] = self._entry.async_create_background_task(
                self._hass,
                self._update(options),
                f"{DOMAIN} {self._entry.title} update",
                eager_start=False,
            )
        return self._waiting[options]

    @callback
    def async_detect(self) -> None:
        """Ask every source soon: the connection may have changed."""
        _ = self.async_request(FRESH)

    async def async_run(self, options: UpdateOptions) -> UpdateResult | None:
        """Run an update; return None if it was interrupted.

        If the configuration changed meanwhile, another one follows.
        """
        while True:
            task = self.async_request(options)
            await wait([task])
            result = None if task.cancelled() else task.result()
            if result is None or not result.is_outdated:
                return result

    @callback
    def async_begins(self, options: UpdateOptions) -> None:
        """Let later requests wait for another update: one with these options is starting.

        It looks at the connections, and its end decides when to look again. A timer that
        ended meanwhile would start another update immediately, and so on.
        """
        self._waiting.pop(options, None)
        self._async_cancel(FRESH)

    @callback
    def async_schedule_next(self, config: ZoneConfig, state: State) -> None:
        """Request an update when the first hold-down ends, or a time of a connection."""
        self._async_cancel(ROUTINE)
        ends = [d.hold_down_s for d in state.detections.values() if d.candidate]
        if ends:
            self._async_schedule(ROUTINE, min(ends), partial(self.async_request, ROUTINE))
        if config.has_connections:
            self._async_schedule_look(state)

    @callback
    def _async_schedule_look(self, state: State) -> None:
        """Request an update when the reports of connections are needed again."""
        now = dt_util.utcnow()
        failovers = [record.failover for record in state.records.values() if record.failover]
        looks = [failover.look_at for failover in failovers if failover.look_at]
        if isinstance(state.list_error, CloudflareConnectionError) and any(
            failover.switched_at and now - failover.switched_at < _SWITCH_RETRIES_END
            for failover in failovers
        ):
            looks.append(now + _SWITCH_RETRY)
        if looks:
            delay_s = max((min(looks) - now).total_seconds(), 0)
            self._async_schedule(FRESH, delay_s, partial(self.async_request, FRESH))

    @callback
    def async_schedule_full_sync(self) -> None:
        """Request an update that reads the zone after a write that may be carried out late."""
        self._async_schedule(FULL_SYNC, _LATE_WRITE_S, partial(self.async_request, FULL_SYNC))

    @callback
    def async_schedule_call(self, action: CALLBACK_TYPE, delay_s: float) -> None:
        """Call ``action`` after a delay, instead of when it was scheduled before."""
        self._async_schedule(action, delay_s, action)

    @callback
    def async_cancel(self) -> None:
        """Cancel the timers."""
        for key in (*self._timers,):
            self._async_cancel(key)

    @callback
    def _async_schedule(self, key: _Key, delay_s: float, action: Callable[[], object]) -> None:
        self._async_cancel(key)
        due = partial(self._async_due, key, action)
        self._timers[key] = async_call_later(self._hass, delay_s, due)

    @callback
    def _async_cancel(self, key: _Key) -> None:
        if cancel := self._timers.pop(key, None):
            cancel()

    @callback
    def _async_due(self, key: _Key, action: Callable[[], object], _now: datetime) -> None:
        del self._timers[key]
        action()
