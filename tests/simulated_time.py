"""Simulated time that advances from timer to timer, and what the connection watch needs in it.

Timers are those of the event loop. Datagrams and connections are real: the
simulator runs in the same event loop, so that a response is there after a few turns.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
import socket
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.raindrop import ddns
from devtools.simulated_providers import stun_servers_of
from simulator import Simulator

_RESPONSE_TURNS = 8
"""Event loop turns after which a datagram was received, answered and read."""
_LATE_S = 0.005
"""By how much timers are late at most, as on any machine."""
_RESOLUTION_S = 0.001
"""A frozen clock does not move by less than a microsecond."""


class Resolver:
    """Resolves the address of the STUN server without a thread, and counts how often."""

    def __init__(self) -> None:
        """Count from 0."""
        self.queries = 0

    async def getaddrinfo(
        self,
        host: str,
        port: int,
        *,
        family: int,
        type: int,  # noqa: A002
    ) -> Sequence[tuple[Any, ...]]:
        """Return a numeric host as its only address."""
        self.queries += 1
        return [(family, type, socket.IPPROTO_UDP, "", (host, port))]


def watch_by_simulator(simulator: Simulator, patch: pytest.MonkeyPatch) -> Resolver:
    """Watch the connections of homes that are set up from now on, by the simulator's server."""
    resolver = Resolver()
    patch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolver.getaddrinfo)
    patch.setattr(ddns, "STUN_SERVERS", stun_servers_of(simulator.urls()["stun"]))
    return resolver


async def settle(hass: HomeAssistant) -> None:
    """Wait until responses to probes were read, and Home Assistant is idle."""
    for _ in range(_RESPONSE_TURNS):
        await asyncio.sleep(0)
    await hass.async_block_till_done(wait_background_tasks=True)


async def advance(hass: HomeAssistant, freezer: FrozenDateTimeFactory, span: timedelta) -> None:
    """Let time pass; each timer fires when it is due, or a few milliseconds later."""
    loop, random = hass.loop, Random(0)
    end_s = loop.time() + span.total_seconds()
    while (left_s := end_s - loop.time()) > _RESOLUTION_S:
        timers = (t.when() for t in get_scheduled_timer_handles(loop) if not t.cancelled())
        due_s = max(min(timers, default=end_s) - loop.time(), 0) + random.uniform(0.001, _LATE_S)
        freezer.tick(min(due_s, left_s))
        async_fire_time_changed(hass)
        await settle(hass)
