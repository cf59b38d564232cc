"""Many domains: requests are counted, and one bad domain never stops the others."""

import math

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.const import UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.plans import PlanName
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints

FREE_BATCH = 200


def large_zone(lab: Lab, count: int, plan: PlanName = "free") -> Zone:
    """Return a zone with this many records, all out of date."""
    zone = lab.cloudflare.add_zone("example.com", plan=plan, record_quota=5000)
    lab.cloudflare.add_token(TOKEN)
    for number in range(count):
        lab.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD)
    return zone


async def keep(
    hass: HomeAssistant, zone: Zone, count: int, *, is_paid: bool = False
) -> RaindropConfigEntry:
    """Keep all records of a large zone."""
    names = [f"n{number}.example.com" for number in range(count)]
    return await set_up(hass, zone, [domain(name) for name in names], is_paid=is_paid)


def contents(lab: Lab) -> set[str]:
    """Return the addresses that stand in the zone."""
    return {record["content"] for record in lab.cloudflare.records("example.com")}


@pytest.mark.parametrize("count", [1, 10, 100, 200, 201, 1000])
async def test_requests_do_not_grow_with_the_domains(
    hass: HomeAssistant, lab: Lab, clock: Clock, count: int
) -> None:
    """Cold and changed cost one list and one batch for each 200; an unchanged cycle nothing."""
    zone = large_zone(lab, count)
    chunks = math.ceil(count / FREE_BATCH)
    await keep(hass, zone, count)
    assert endpoints(lab) == [LIST] + [BATCH] * chunks
    assert contents(lab) == {HOME}

    lab.log.clear()
    await clock.cycles()
    assert endpoints(lab) == []

    lab.ip.set_address(NEXT)
    lab.log.clear()
    await clock.cycles()
    assert endpoints(lab) == [LIST] + [BATCH] * chunks
    assert contents(lab) == {NEXT}


async def test_a_paid_plan_needs_one_batch(hass: HomeAssistant, lab: Lab, clock: Clock) -> None:
    """Where the zone's plan is known to allow it, 300 records are written at once."""
    zone = large_zone(lab, 300, plan="pro")
    await keep(hass, zone, 300, is_paid=True)
    assert endpoints(lab) == [LIST, BATCH]


async def test_a_plan_that_was_given_up_is_survived(hass: HomeAssistant, lab: Lab) -> None:
    """If the plan allows no large batch any more, the records are written all the same."""
    zone = large_zone(lab, 300)
    await keep(hass, zone, 300, is_paid=True)
    assert contents(lab) == {HOME}


@pytest.mark.parametrize("count", [2, 10, 200])
@pytest.mark.parametrize("place", [0.0, 0.5, 0.99])
async def test_s17_the_culprit_is_found_and_the_rest_is_written(
    hass: HomeAssistant, lab: Lab, clock: Clock, count: int, place: float
) -> None:
    """One record that Cloudflare refuses costs log2(N)+1 requests more, and only itself (S17)."""
    zone = large_zone(lab, count)
    entry = await keep(hass, zone, count)
    culprit = f"n{int(place * count)}"
    lab.ip.set_address(NEXT)
    held = lab.faults.add("cloudflare", LIST, kind="hold")
    lab.log.clear()
    clock.jumps(UPDATE_INTERVAL)
    round_ = hass.async_create_task(entry.runtime_data.async_refresh())
    await lab.log.arrived(1, endpoint=LIST)
    # Between list and write a twin appears, to which the record would become identical.
    lab.cloudflare.add_record(zone, type="A", name=culprit, content=NEXT)
    held.release()
    lab.faults.clear()
    await round_
    await hass.async_block_till_done(wait_background_tasks=True)
    further = lab.log.count(service="cloudflare") - 2
    assert 1 <= further <= math.ceil(math.log2(count)) + 1
    wrong = [r["name"] for r in lab.cloudflare.records(zone) if r["content"] == HOME]
    assert wrong == [f"{culprit}.example.com"]


async def test_one_bad_domain_does_not_hide_in_a_thousand(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """A CNAME in the way of one domain leaves the others kept, and only it has a problem."""
    lab.cloudflare.add_record(zone, type="CNAME", name="bad", content="example.org")
    names = ["good.example.com", "bad.example.com", "fine.example.com"]
    await set_up(hass, zone, [domain(name) for name in names])
    states = {s.name: s.state for s in hass.states.async_all("binary_sensor")}
    assert states == {
        "good.example.com DNS": "off",
        "bad.example.com DNS": "on",
        "fine.example.com DNS": "off",
    }
