"""The zone itself: read at start and once a day, remembered over a restart, or not at all."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import MAX_BATCH, MAX_BATCH_PAID, ZoneStatus
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import NEXT
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import LIST, ZONE, Clock, endpoints

NAME = "home.example.com"


def status(entry: RaindropConfigEntry) -> ZoneStatus | None:
    """Return the status of the zone that is remembered, None if no zone is."""
    zone = entry.runtime_data.data.zone
    return zone.status if zone else None


def requests(simulator: Simulator) -> list[str]:
    """Return the requests for the zone and for its records."""
    return [endpoint for endpoint in endpoints(simulator) if endpoint in {ZONE, LIST}]


async def test_the_zone_is_read_at_start_and_once_a_day(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """It is one request a day, together with one of the lists."""
    entry = await set_up(hass, zone, [domain(NAME)])
    assert endpoints(simulator).count(ZONE) == 1
    simulator.log.clear()
    simulator.cloudflare.edit_zone(zone, status="moved")

    await clock.full_syncs(23)
    assert requests(simulator) == [LIST] * 23
    assert status(entry) is ZoneStatus.ACTIVE
    await clock.full_syncs(1)
    assert requests(simulator) == [LIST] * 24 + [ZONE]
    assert status(entry) is ZoneStatus.MOVED
    await clock.full_syncs(48)
    assert endpoints(simulator).count(ZONE) == 3


async def test_a_failed_attempt_is_repeated_with_the_next_full_sync(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """What passes by itself does not leave the zone unknown for a day."""
    simulator.faults.add("cloudflare", ZONE, kind="html", status=502, times=2)
    entry = await set_up(hass, zone, [domain(NAME)])
    await clock.full_syncs(3)
    assert endpoints(simulator).count(ZONE) == 3
    assert status(entry) is ZoneStatus.ACTIVE


async def test_a_limit_that_the_zone_meets_is_kept(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """If Cloudflare asks to wait, no request of any kind is sent before."""
    simulator.faults.add("cloudflare", ZONE, kind="rate_limit", retry_after=900, times=1)
    await set_up(hass, zone, [domain(NAME)])
    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert endpoints(simulator) == []
    await clock.cycles(2)
    assert endpoints(simulator)[0] == LIST


async def test_a_token_without_zone_read_asks_once(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The denial is neither an error nor a repair, and no further request follows."""
    simulator.cloudflare.add_token(TOKEN, permissions=["dns:edit"])
    entry = await set_up(hass, zone, [domain(NAME)])
    await clock.full_syncs(49)
    assert endpoints(simulator).count(ZONE) == 1
    assert endpoints(simulator).count(LIST) == 50
    assert status(entry) is None
    assert not [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]
    ours = [record for record in caplog.records if "raindrop" in record.name]
    assert not [record for record in ours if record.levelname in {"WARNING", "ERROR"}]
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_a_single_denial_is_not_believed_forever(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Denials happen in Cloudflare's incidents: what was allowed before is tried the next day."""
    entry = await set_up(hass, zone, [domain(NAME)])
    simulator.faults.add("cloudflare", ZONE, kind="error", status=403, code=10000, times=1)
    await clock.full_syncs(24)
    assert status(entry) is None
    await clock.full_syncs(24)
    assert status(entry) is ZoneStatus.ACTIVE
    simulator.cloudflare.add_token(TOKEN, permissions=["dns:edit"])
    simulator.log.clear()
    await clock.full_syncs(96)
    assert endpoints(simulator).count(ZONE) == 2


async def test_the_zone_is_remembered_over_a_restart(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """What was read last holds until it can be read again."""
    simulator.cloudflare.edit_zone(
        zone,
        status="pending",
        type_="partial",
        paused=True,
        plan="pro",
        vanity_name_servers=["ns1.example.com"],
    )
    entry = await set_up(hass, zone, [domain(NAME)])
    before = entry.runtime_data.data.zone
    simulator.faults.add("cloudflare", ZONE, kind="html", status=502)
    await hass.config_entries.async_reload(entry.entry_id)
    assert status(entry) is ZoneStatus.PENDING
    assert entry.runtime_data.data.zone == before


@pytest.mark.parametrize(
    "stored",
    [
        [],
        {},
        {"status": "new"},
        {"type": 7},
        {"id": "../7"},
        {"account_id": "../7"},
        {"paused": None},
        {"name_servers": "ada"},
        {"plan": 7},
        {"name": 7},
    ],
)
async def test_a_stored_zone_that_cannot_be_read_is_not_known(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    zone: Zone,
    stored: object,
) -> None:
    """It is read again, and loses nothing else that is stored."""
    entry = await set_up(hass, zone, [domain(NAME)])
    await hass.config_entries.async_unload(entry.entry_id)
    data = hass_storage[f"raindrop.{entry.entry_id}"]["data"]
    data["zone"] = {**data["zone"], **stored} if isinstance(stored, dict) and stored else stored
    simulator.faults.add("cloudflare", ZONE, kind="html", status=502)
    await hass.config_entries.async_setup(entry.entry_id)
    assert status(entry) is None
    assert entry.runtime_data.data.public_addresses


async def test_a_plan_that_changed_changes_the_size_of_batches(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The plan that was read last decides, in both directions, and over a restart."""
    entry = await set_up(hass, zone, [domain(NAME)], is_paid=True)
    assert entry.runtime_data.client.max_batch == MAX_BATCH
    simulator.cloudflare.edit_zone(zone, plan="pro")
    await clock.full_syncs(24)
    assert entry.runtime_data.client.max_batch == MAX_BATCH_PAID
    simulator.faults.add("cloudflare", ZONE, kind="html", status=502)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "is_paid": False})
    await hass.async_block_till_done()
    assert entry.runtime_data.client.max_batch == MAX_BATCH_PAID


async def test_a_plan_that_is_not_known_is_the_one_of_the_setup(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Without Zone Read, the size of batches stays what it was."""
    simulator.cloudflare.add_token(TOKEN, permissions=["dns:edit"])
    entry = await set_up(hass, zone, [domain(NAME)], is_paid=True)
    assert entry.runtime_data.client.max_batch == MAX_BATCH_PAID
