"""Many domains: the number of requests, and records that Cloudflare refuses."""

import math

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.const import UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.plans import PlanName
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, ZONE, Clock, endpoints

FREE_BATCH = 200


def large_zone(simulator: Simulator, count: int, plan: PlanName = "free") -> Zone:
    """Return a zone with this many records, all out of date."""
    zone = simulator.cloudflare.add_zone("example.com", plan=plan, record_quota=5000)
    simulator.cloudflare.add_token(TOKEN)
    for number in range(count):
        simulator.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD)
    return zone


async def set_up_all(
    hass: HomeAssistant, zone: Zone, count: int, *, is_paid: bool = False
) -> RaindropConfigEntry:
    """Set up all records of a large zone."""
    names = [f"n{number}.example.com" for number in range(count)]
    return await set_up(hass, zone, [domain(name) for name in names], is_paid=is_paid)


def contents(simulator: Simulator) -> set[str]:
    """Return the addresses of all records of the zone."""
    return {record["content"] for record in simulator.cloudflare.records("example.com")}


@pytest.mark.parametrize("count", [1, 10, 100, 200, 201, 1000])
async def test_the_number_of_requests_grows_by_batches_only(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, count: int
) -> None:
    """A start or a change costs one list and a batch for each 200 records; otherwise nothing.

    At a start, the zone itself is read as well: then its plan is known, which may allow more.
    """
    zone = large_zone(simulator, count)
    chunks = math.ceil(count / FREE_BATCH)
    await set_up_all(hass, zone, count)
    assert sorted(endpoints(simulator)) == sorted([LIST, ZONE] + [BATCH] * chunks)
    assert contents(simulator) == {HOME}

    simulator.log.clear()
    await clock.cycles()
    assert endpoints(simulator) == []

    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    await clock.cycles()
    assert endpoints(simulator) == [LIST] + [BATCH] * math.ceil(count / zone.plan.operations)
    assert contents(simulator) == {NEXT}


async def test_a_paid_plan_needs_one_batch(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """Where the plan of the zone allows it, 300 records are written in one batch."""
    zone = large_zone(simulator, 300, plan="pro")
    await set_up_all(hass, zone, 300, is_paid=True)
    assert sorted(endpoints(simulator)) == sorted([LIST, BATCH, ZONE])


async def test_a_plan_that_was_downgraded_takes_smaller_batches(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """If a large batch is refused, the records are written in smaller ones."""
    zone = large_zone(simulator, 300)
    await set_up_all(hass, zone, 300, is_paid=True)
    assert contents(simulator) == {HOME}


@pytest.mark.parametrize("count", [2, 10, 200])
@pytest.mark.parametrize("place", [0.0, 0.5, 0.99])
async def test_s17_a_refused_record_does_not_stop_the_others(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, count: int, place: float
) -> None:
    """It costs at most log2(N)+1 more requests, and all other records are written (S17)."""
    zone = large_zone(simulator, count)
    entry = await set_up_all(hass, zone, count)
    refused = f"n{int(place * count)}"
    simulator.ip.set_address(NEXT)
    held = simulator.faults.add("cloudflare", LIST, kind="hold")
    simulator.log.clear()
    clock.jumps(UPDATE_INTERVAL)
    update = hass.async_create_task(entry.runtime_data.async_refresh())
    await simulator.log.arrived(1, endpoint=LIST)
    # Between list and batch a record appears to which this one would become identical.
    simulator.cloudflare.add_record(zone, type="A", name=refused, content=NEXT)
    held.release()
    simulator.faults.clear()
    await update
    await hass.async_block_till_done(wait_background_tasks=True)
    further = simulator.log.count(service="cloudflare") - 2
    assert 1 <= further <= math.ceil(math.log2(count)) + 1
    wrong = [r["name"] for r in simulator.cloudflare.records(zone) if r["content"] == HOME]
    assert wrong == [f"{refused}.example.com"]


async def test_a_conflict_does_not_stop_the_other_domains(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Only the domain at whose name a CNAME exists has a problem."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="alias", content="example.org")
    names = ["one.example.com", "alias.example.com", "two.example.com"]
    await set_up(hass, zone, [domain(name) for name in names])
    states = {s.name: s.state for s in hass.states.async_all("binary_sensor")}
    assert states == {
        "one.example.com DNS problem": "off",
        "alias.example.com DNS problem": "on",
        "two.example.com DNS problem": "off",
    }
