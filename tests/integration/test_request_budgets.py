"""Budgets for requests and bytes; ratios of times are in `scripts/benchmark --check`."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop import coordinator
from custom_components.raindrop.const import FULL_SYNC_INTERVAL, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import UpdateOptions
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import NEXT, OLD
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, USER_TOKEN, Clock, endpoints

MANY = 200
LATER = "81.2.69.146"
ATTRIBUTES = ("ttl", "proxied", "comment", "tags")
MAX_BYTES = 512
"""Of one request to a provider and its response, with headers."""

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "error": {},
    "rate_limit": {"retry_after": 60},
    "spurious_403": {},
    "html": {"status": 502},
    "status": {"status": 503},
    "body": {"body": "not an address"},
    "redirect": {"url": "http://127.0.0.1:9/"},
    "garbled": {},
    "huge": {},
    "reset": {},
    "lost_response": {},
    "cut": {},
    "truncated": {},
}
"""Every way in which a request can fail at once; a timeout has a test of its own."""


def full_zone(simulator: Simulator, count: int) -> Zone:
    """Return a zone whose records have all attributes."""
    zone = simulator.cloudflare.add_zone("example.com", plan="pro")
    simulator.cloudflare.add_token(TOKEN)
    for number in range(count):
        fields = {"proxied": True} if number % 2 else {"ttl": 3600}
        simulator.cloudflare.add_record(
            zone,
            type="A",
            name=f"n{number}",
            content=OLD,
            comment=f"comment {number}",
            tags=["home:yes"],
            **fields,
        )
    return zone


async def set_up_all(hass: HomeAssistant, zone: Zone, count: int) -> RaindropConfigEntry:
    """Set up all records of a zone."""
    return await set_up(hass, zone, [domain(f"n{number}.example.com") for number in range(count)])


def outdated(simulator: Simulator, address: str) -> list[str]:
    """Return the names whose record has another address."""
    records = simulator.cloudflare.records("example.com")
    return [record["name"] for record in records if record["content"] != address]


def attributes(simulator: Simulator) -> dict[str, list[Any]]:
    """Return the other attributes of all records."""
    records = simulator.cloudflare.records("example.com")
    return {record["id"]: [record[key] for key in ATTRIBUTES] for record in records}


@pytest.mark.parametrize("count", [1, MANY])
async def test_an_hour_without_changes_costs_one_full_sync(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, count: int
) -> None:
    """There is one request to a provider in each cycle, one more and one list in each hour.

    Once a day, one more asks about the token.
    """
    await set_up_all(hass, full_zone(simulator, count), count)
    simulator.log.clear()
    cycles = 2 * FULL_SYNC_INTERVAL // UPDATE_INTERVAL
    await clock.cycles(cycles)
    assert simulator.log.count(service="ip") == cycles + 2
    assert endpoints(simulator) == [LIST, USER_TOKEN, LIST]


@pytest.mark.parametrize("count", [1, MANY])
async def test_an_update_without_changes_costs_one_request(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, count: int
) -> None:
    """However many domains there are, one provider is asked and Cloudflare is not called."""
    await set_up_all(hass, full_zone(simulator, count), count)
    simulator.log.clear()
    await clock.cycles()
    (request,) = simulator.log.entries
    assert request.service == "ip"
    assert 0 < request.bytes_in + request.bytes_out <= MAX_BYTES


@pytest.mark.parametrize("count", [1, MANY])
async def test_a_change_keeps_all_attributes_of_all_records(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, count: int
) -> None:
    """TTL, proxy, comment and tags stay over two changes of the address."""
    zone = full_zone(simulator, count)
    before = attributes(simulator)
    await set_up_all(hass, zone, count)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert outdated(simulator, NEXT) == []
    assert attributes(simulator) == before
    assert len(before) == count


@pytest.mark.parametrize("kind", FAULTS)
async def test_all_records_are_in_sync_one_cycle_after_a_fault(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, kind: str
) -> None:
    """After any single failure of the list or of the batch the next update succeeds."""
    await set_up_all(hass, full_zone(simulator, MANY), MANY)
    before = attributes(simulator)
    for place, address in ((LIST, NEXT), (BATCH, LATER)):
        simulator.ip.set_address(address)
        fault = simulator.faults.add("cloudflare", place, kind=kind, times=1, **FAULTS[kind])
        await clock.cycles()
        assert fault not in simulator.faults.active
        await clock.cycles()
        assert outdated(simulator, address) == []
        assert attributes(simulator) == before


@pytest.mark.parametrize("place", [LIST, BATCH])
async def test_all_records_are_in_sync_one_update_after_a_timeout(
    hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A request without a response times out, and the next update succeeds."""
    entry = await set_up_all(hass, full_zone(simulator, MANY), MANY)
    entry.runtime_data.client.timeout_s = 2.0
    monkeypatch.setattr(coordinator, "ROUTINE", UpdateOptions())
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", place, kind="hang", times=1)
    await entry.runtime_data.async_refresh()
    assert len(outdated(simulator, NEXT)) == MANY
    # A busy machine may take longer for so many records.
    entry.runtime_data.client.timeout_s = 30.0
    await entry.runtime_data.async_refresh()
    assert outdated(simulator, NEXT) == []


@pytest.mark.parametrize("place", [LIST, BATCH])
async def test_a_late_response_is_used(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, place: str
) -> None:
    """A response that is only late costs no further update."""
    await set_up_all(hass, full_zone(simulator, MANY), MANY)
    simulator.ip.set_address(NEXT)
    held = simulator.faults.add("cloudflare", place, kind="hold", times=1)
    passing = hass.async_create_task(clock.cycles())
    await simulator.log.arrived(1, endpoint=place, status=None)
    held.release()
    await passing
    assert outdated(simulator, NEXT) == []
