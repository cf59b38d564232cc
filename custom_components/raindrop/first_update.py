"""The first update of a zone, which setup waits for, but not for long."""

from asyncio import wait

from homeassistant.helpers.update_coordinator import UpdateFailed

from .ddns import State
from .error_messages import raise_setup_error
from .poll_coordinator import PollCoordinator
from .storage.zone_store import ZoneStore
from .update_scheduler import FRESH, UpdateScheduler

_LIMIT_S = 10
"""How long setup waits for the first update, which continues in the background."""


async def async_first_update(
    coordinator: PollCoordinator[State], scheduler: UpdateScheduler, store: ZoneStore
) -> State:
    """Begin the first update; return the stored state if it takes long.

    Fails if it yields nothing at all, except after that limit: then it continues in
    the background, and setup succeeds without it.
    """
    update = scheduler.async_request(FRESH)
    done, _ = await wait([update], timeout=_LIMIT_S)
    # Setup may still fail, and a domain be removed before it succeeds. A
    # delayed save would overwrite what the next attempt to set up saves.
    await store.async_save()
    if done and update.result() is None:
        raise UpdateFailed from coordinator.last_exception
    if done:
        raise_setup_error(coordinator.data)
    return coordinator.data
