"""A quiet day: what it costs to notice a change, with the connection watch and without.

Time is simulated and advances from timer to timer. What is sent is real, and
counted by the simulator.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
import logging
import sys

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.const import (
    FULL_SYNC_INTERVAL,
    UPDATE_INTERVAL,
    WATCHED_UPDATE_INTERVAL,
)
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.traffic import TLS_HANDSHAKE_BYTES, traffic_of
from tests.simulated_time import advance, watch_by_simulator

from .builders import domain, set_up
from .conftest import LIST, PUBLIC_IPV4, record_endpoints

DAY = timedelta(days=1)
HOURS = DAY // FULL_SYNC_INTERVAL
POLLS = DAY // UPDATE_INTERVAL
WATCHED_POLLS = DAY // WATCHED_UPDATE_INTERVAL
PROBES = DAY // timedelta(seconds=15)


@pytest.fixture(autouse=True)
def quick(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Log and debug little: a day has thousands of timers."""
    caplog.set_level(logging.INFO)
    hass.loop.set_debug(False)


async def a_day(hass: HomeAssistant, simulator: Simulator, freezer: FrozenDateTimeFactory) -> None:
    """Let a day pass in which nothing happens, an hour of which is over already."""
    await advance(hass, freezer, FULL_SYNC_INTERVAL)
    simulator.log.clear()
    simulator.stun.clear()
    await advance(hass, freezer, DAY)


@pytest.mark.parametrize("families", [["ipv4"], ["ipv4", "ipv6"]], ids=["ipv4", "both"])
async def test_a_watched_day_costs_less_than_the_look_ups_of_a_polled_one(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    families: list[str],
) -> None:
    """All of it together: probes, requests, TLS handshakes and DNS queries."""
    entry = await set_up(hass, zone, [domain("home.example.com", families=families)])
    await a_day(hass, simulator, freezer)
    polled = traffic_of(simulator)

    resolver = watch_by_simulator(simulator, monkeypatch)
    await hass.config_entries.async_reload(entry.entry_id)
    await a_day(hass, simulator, freezer)
    watched = traffic_of(simulator, stun_queries=resolver.queries)
    await hass.config_entries.async_unload(entry.entry_id)
    totals = {"polled": polled, "watched": watched}
    for name, traffic in totals.items():
        record_property(name, str(traffic))
        sys.stdout.write(f"\n{name}: {traffic}, {traffic.bytes / 1e6:.2f} MB")

    count = len(families)
    assert watched.bytes < POLLS * count * TLS_HANDSHAKE_BYTES < polled.bytes
    assert polled.probes == 0
    assert polled.look_ups == pytest.approx((POLLS + HOURS) * count, abs=2 * count)
    assert watched.probes == pytest.approx(PROBES * count, rel=0.02)
    assert watched.look_ups == pytest.approx((WATCHED_POLLS + HOURS) * count, abs=2 * count)
    # With a look at the token once a day.
    assert watched.api_requests == pytest.approx(HOURS, abs=2)
    assert watched.dns_queries - watched.connections == pytest.approx(HOURS * count, abs=2 * count)


async def test_a_watched_zone_is_read_every_hour(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A poll that comes some milliseconds early does not wait for the next one."""
    watch_by_simulator(simulator, monkeypatch)
    entry = await set_up(hass, zone, [domain("home.example.com")])
    await a_day(hass, simulator, freezer)
    await hass.config_entries.async_unload(entry.entry_id)
    read_at_s = [request.begin for request in simulator.log.select(service="cloudflare")]
    waits_s = [after - before for before, after in pairwise(read_at_s)]
    assert max(waits_s) == pytest.approx(FULL_SYNC_INTERVAL.total_seconds(), abs=1)


async def test_an_update_between_polls_does_not_delay_the_next_reading(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A home that somebody refreshes just before the hour is not read half an hour late."""
    watch_by_simulator(simulator, monkeypatch)
    await async_setup_component(hass, "homeassistant", {})
    entry = await set_up(hass, zone, [domain("home.example.com")])
    await advance(hass, freezer, timedelta(minutes=55))
    simulator.log.clear()
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": PUBLIC_IPV4}, blocking=True
    )
    await advance(hass, freezer, timedelta(minutes=6))
    await hass.config_entries.async_unload(entry.entry_id)
    assert record_endpoints(simulator) == [LIST]
