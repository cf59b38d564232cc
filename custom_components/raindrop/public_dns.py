"""Lookups of a zone's names at public resolvers: after changes, and one with each full sync.

Pending lookups are forgotten at a restart: every name gets its turn with a full sync.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from . import ddns
from .const import DOMAIN, FULL_SYNC_INTERVAL
from .ddns import (
    PublicAnswers,
    PublicQuestions,
    RecordKey,
    State,
    UpdateResult,
    ask_resolvers,
    is_visible,
    next_in_turn,
    questions_about,
)
from .storage.sources import RESOLVERS, resolver_choice
from .update_scheduler import UpdateScheduler

MAX_CHANGED: Final = 20
"""How many names are looked up after one change."""


class PublicDns:
    """The lookups of one zone."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        scheduler: UpdateScheduler,
        state: Callable[[], State],
        answered: Callable[[PublicAnswers], Awaitable[None]],
    ) -> None:
        """Look up the names in what ``state`` returns, and pass the answers to ``answered``."""
        self._hass = hass
        self._entry = entry
        self._scheduler = scheduler
        self._state = state
        self._answered = answered
        self._resolvers = ddns.RESOLVERS[: RESOLVERS[resolver_choice(entry.options)]]
        self._session = async_get_clientsession(hass)
        self._turn = int(dt_util.utcnow().timestamp() / FULL_SYNC_INTERVAL.total_seconds())
        self._waiting: dict[RecordKey, datetime] = {}
        """Changed records, and when they must be visible."""

    @property
    def is_off(self) -> bool:
        """Whether no resolver is asked."""
        return not self._resolvers

    @callback
    def async_updated(self, state: State, result: UpdateResult, *, is_full_sync: bool) -> None:
        """Plan lookups for the records that an update changed; look up one after a full sync.

        ``state`` is the state after the update.
        """
        if self.is_off:
            return
        changed = (key for key, outcome in sorted(result.outcomes.items()) if outcome.is_done)
        visible = [(k, at) for k in changed if (at := state.record(k).visible_from)]
        self._waiting.update(visible[:MAX_CHANGED])
        self._async_schedule()
        if is_full_sync and result.was_read:
            self._turn += 1
            key = next_in_turn(state, self._turn, dt_util.utcnow())
            questions = questions_about(state, [key] if key else [], with_zone=True)
            self._async_look_up(questions)

    @callback
    def _async_schedule(self) -> None:
        """Look up pending records when the first of them must be visible."""
        if self._waiting:
            delay = min(self._waiting.values()) - dt_util.utcnow()
            self._scheduler.async_schedule_call(self._async_due, max(delay.total_seconds(), 0))

    @callback
    def _async_due(self) -> None:
        now = dt_util.utcnow()
        due = sorted(key for key, visible_from in self._waiting.items() if visible_from <= now)
        for key in due:
            del self._waiting[key]
        state = self._state()
        # A record may have been changed since, or be in conflict.
        visible = [key for key in due if is_visible(state.record(key), now)]
        self._async_look_up(questions_about(state, visible))
        self._async_schedule()

    @callback
    def _async_look_up(self, questions: PublicQuestions) -> None:
        if questions.records or questions.zone:
            _ = self._entry.async_create_background_task(
                self._hass, self._async_ask(questions), f"{DOMAIN} {self._entry.title} public DNS"
            )

    async def _async_ask(self, questions: PublicQuestions) -> None:
        await self._answered(await ask_resolvers(self._session, self._resolvers, questions))
