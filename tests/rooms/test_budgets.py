"""What Raindrop may cost, as counts; ratios of times are `scripts/benchmark --check`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop import coordinator
from custom_components.raindrop.const import AUDIT_INTERVAL, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import cloudflare
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import NEXT, OLD
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints

MANY = 200
LATER = "81.2.69.146"
ATTRIBUTES = ("ttl", "proxied", "comment", "tags")
ONE_LOOK_UP = 512
"""Bytes of one look-up, request and answer with their headers."""

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "error": {},
    "rate_limit": {"retry_after": 60},
    "spurious_403": {},
    "html": {"status": 502},
    "status": {"status": 503},
    "body": {"body": "not what was asked for"},
    "redirect": {"url": "http://127.0.0.1:9/"},
    "garbled": {},
    "huge": {},
    "reset": {},
    "lost_answer": {},
    "cut": {},
    "truncated": {},
}
"""Every way in which one exchange can fail and end; silence needs a clock that goes on."""


def full_zone(lab: Lab, count: int) -> Zone:
    """Return a zone whose records have all that a record can have."""
    zone = lab.cloudflare.add_zone("example.com", plan="pro")
    lab.cloudflare.add_token(TOKEN)
    for number in range(count):
        fields = {"proxied": True} if number % 2 else {"ttl": 3600}
        lab.cloudflare.add_record(
            zone,
            type="A",
            name=f"n{number}",
            content=OLD,
            comment=f"door {number}",
            tags=["home:yes"],
            **fields,
        )
    return zone


async def keep(hass: HomeAssistant, zone: Zone, count: int) -> RaindropConfigEntry:
    """Keep all records of a zone."""
    return await set_up(hass, zone, [domain(f"n{number}.example.com") for number in range(count)])


def wrong(lab: Lab, address: str) -> list[str]:
    """Return the names whose record holds another address."""
    records = lab.cloudflare.records("example.com")
    return [record["name"] for record in records if record["content"] != address]


def attributes(lab: Lab) -> dict[str, list[Any]]:
    """Return what the records have beside their address."""
    records = lab.cloudflare.records("example.com")
    return {record["id"]: [record[key] for key in ATTRIBUTES] for record in records}


@pytest.mark.parametrize("count", [1, MANY])
async def test_hours_without_a_change_cost_an_audit_each(
    hass: HomeAssistant, lab: Lab, clock: Clock, count: int
) -> None:
    """Every cycle is one look-up, and every hour one list at Cloudflare."""
    await keep(hass, full_zone(lab, count), count)
    lab.log.clear()
    cycles = 2 * AUDIT_INTERVAL // UPDATE_INTERVAL
    await clock.cycles(cycles)
    assert lab.log.count(service="ip") == cycles
    assert endpoints(lab) == [LIST, LIST]


@pytest.mark.parametrize("count", [1, MANY])
async def test_an_unchanged_cycle_moves_one_look_up(
    hass: HomeAssistant, lab: Lab, clock: Clock, count: int
) -> None:
    """However many domains there are, nothing goes to Cloudflare and one look-up to the web."""
    await keep(hass, full_zone(lab, count), count)
    lab.log.clear()
    await clock.cycles()
    (look_up,) = lab.log.entries
    assert look_up.service == "ip"
    assert 0 < look_up.bytes_in + look_up.bytes_out <= ONE_LOOK_UP


@pytest.mark.parametrize("count", [1, MANY])
async def test_a_change_leaves_every_attribute_of_every_record(
    hass: HomeAssistant, lab: Lab, clock: Clock, count: int
) -> None:
    """TTL, proxying, comment and tags of all records outlive a first and a second address."""
    zone = full_zone(lab, count)
    before = attributes(lab)
    await keep(hass, zone, count)
    lab.ip.set_address(NEXT)
    await clock.cycles()
    assert wrong(lab, NEXT) == []
    assert attributes(lab) == before
    assert len(before) == count


@pytest.mark.parametrize("kind", FAULTS)
async def test_no_record_is_wrong_a_cycle_after_a_fault(
    hass: HomeAssistant, lab: Lab, clock: Clock, kind: str
) -> None:
    """Whatever goes wrong once, at the list or at the batch, the next cycle has mended."""
    await keep(hass, full_zone(lab, MANY), MANY)
    before = attributes(lab)
    for place, address in ((LIST, NEXT), (BATCH, LATER)):
        lab.ip.set_address(address)
        fault = lab.faults.add("cloudflare", place, kind=kind, times=1, **FAULTS[kind])
        await clock.cycles()
        assert fault not in lab.faults.active
        await clock.cycles()
        assert wrong(lab, address) == []
        assert attributes(lab) == before


@pytest.mark.parametrize("place", [LIST, BATCH])
async def test_no_record_is_wrong_a_cycle_after_a_silence(
    hass: HomeAssistant, lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """An answer that never comes is given up, and the next cycle has mended it."""
    entry = await keep(hass, full_zone(lab, MANY), MANY)
    monkeypatch.setattr(cloudflare, "_TIMEOUT_S", 2.0)
    monkeypatch.setattr(coordinator, "READING_AGE", timedelta())
    lab.ip.set_address(NEXT)
    lab.faults.add("cloudflare", place, kind="hang", times=1)
    await entry.runtime_data.async_refresh()
    assert len(wrong(lab, NEXT)) == MANY
    await entry.runtime_data.async_refresh()
    assert wrong(lab, NEXT) == []


@pytest.mark.parametrize("place", [LIST, BATCH])
async def test_an_answer_that_is_late_is_waited_for(
    hass: HomeAssistant, lab: Lab, clock: Clock, place: str
) -> None:
    """An answer that is only late costs no further cycle."""
    await keep(hass, full_zone(lab, MANY), MANY)
    lab.ip.set_address(NEXT)
    held = lab.faults.add("cloudflare", place, kind="hold", times=1)
    passing = hass.async_create_task(clock.cycles())
    await lab.log.arrived(1, endpoint=place, status=None)
    held.release()
    await passing
    assert wrong(lab, NEXT) == []
