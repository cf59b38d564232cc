"""Ten zones under one roof: they share what one of them found out."""

from collections import Counter
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.const import DOMAIN
from lab import Lab
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints
from .routers import Router, contents

ZONES = [f"zone{number}.example" for number in range(10)]
STEP = timedelta(seconds=29)
"""Thirty seconds, with the one that passes between two steps."""
STEPS_OF_A_CYCLE = 10


async def move_in(
    hass: HomeAssistant, lab: Lab, clock: Clock, options: dict[str, Any] | None = None
) -> None:
    """Set up ten zones, half a minute apart."""
    lab.cloudflare.add_token(TOKEN)
    for name in ZONES:
        zone = lab.cloudflare.add_zone(name)
        await set_up(hass, zone, [domain(name)], options=options)
        await clock.passes(STEP)
    assert held(lab) == {HOME: 10}
    lab.log.clear()


def held(lab: Lab) -> Counter[str]:
    """Return how many zones hold each address."""
    return Counter(contents(lab, name)[name] for name in ZONES)


async def cycles(clock: Clock, count: int) -> None:
    """Let cycles pass in which each zone has its own moment."""
    for _ in range(count * STEPS_OF_A_CYCLE):
        await clock.passes(STEP)


async def test_ten_zones_look_up_their_address_once_a_cycle(
    hass: HomeAssistant, lab: Lab, clock: Clock
) -> None:
    """The first whose turn it is asks for all; the readings of others are young enough."""
    await move_in(hass, lab, clock)
    await cycles(clock, 10)
    assert lab.log.count(service="ip") == 10
    assert lab.log.count(service="cloudflare") == 0


async def test_ten_zones_that_start_together_look_up_once(
    hass: HomeAssistant, lab: Lab, clock: Clock
) -> None:
    """Whoever asks at the same moment joins the look-up in flight."""
    await move_in(hass, lab, clock)
    await clock.passes(timedelta(minutes=9))
    lab.log.clear()
    await clock.cycles(3)
    assert lab.log.count(service="ip") == 3


async def test_ten_zones_with_a_router_look_up_nothing(
    hass: HomeAssistant, lab: Lab, clock: Clock
) -> None:
    """While the router is well no zone asks anybody."""
    router = Router(hass)
    await router.says(HOME)
    await move_in(hass, lab, clock, {"ipv4": router.source()})
    await cycles(clock, 10)
    assert not lab.log.entries


@pytest.mark.parametrize("told", ["by a page", "by the router"])
async def test_what_one_zone_finds_out_all_write_at_once(
    hass: HomeAssistant, lab: Lab, clock: Clock, told: str
) -> None:
    """Each zone costs one list and one batch; the look-ups are those of a single zone."""
    router = Router(hass)
    await router.says(HOME)
    is_router = told == "by the router"
    await move_in(hass, lab, clock, {"ipv4": router.source()} if is_router else None)
    lab.ip.set_address(NEXT)
    if is_router:
        await router.says(NEXT)
    else:
        while held(lab) == {HOME: 10}:
            await clock.passes(STEP)
    assert held(lab) == {NEXT: 10}
    assert Counter(endpoints(lab)) == {LIST: 10, BATCH: 10}
    targets = Counter(entry.target.partition("?")[0] for entry in lab.log.select(endpoint=LIST))
    assert set(targets.values()) == {1}
    assert lab.log.count(service="ip") == (1 if is_router else 2)

    lab.log.clear()
    await cycles(clock, 2)
    assert lab.log.count(service="ip") == (0 if is_router else 2)
    assert lab.log.count(service="cloudflare") == 0


async def test_a_zone_that_is_late_repeats_nothing(
    hass: HomeAssistant, lab: Lab, clock: Clock
) -> None:
    """While Cloudflare refuses one zone the others are written, and it follows by itself."""
    await move_in(hass, lab, clock)
    lab.ip.set_address(NEXT)
    lab.faults.add("cloudflare", BATCH, kind="html", times=1)
    while held(lab) == {HOME: 10}:
        await clock.passes(STEP)
    assert held(lab) == {NEXT: 9, HOME: 1}
    await cycles(clock, 1)
    assert held(lab) == {NEXT: 10}
    # Of two cycles, and one that confirms: Cloudflare's trouble costs none.
    assert lab.log.count(service="ip") == 3


async def test_a_zone_that_was_busy_writes_when_it_is_done(
    hass: HomeAssistant, lab: Lab, clock: Clock
) -> None:
    """What is found out while a zone waits for Cloudflare is written right after."""
    await move_in(hass, lab, clock)
    busy, other = hass.config_entries.async_entries(DOMAIN)[:2]
    held_back = lab.faults.add("cloudflare", LIST, kind="hold", times=1)
    press = hass.async_create_task(busy.runtime_data.async_update_now())
    await lab.log.arrived(1, endpoint=LIST)
    lab.ip.set_address(NEXT)
    await other.runtime_data.async_update_now()
    assert contents(lab, ZONES[0])[ZONES[0]] == HOME
    held_back.release()
    await press
    await hass.async_block_till_done(wait_background_tasks=True)
    assert held(lab) == {NEXT: 10}
