"""The devices and entities of a zone and its domains."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import (
    LAST_UPDATE,
    PUBLIC_IPV4,
    SOURCE_IPV4,
    UPDATE_NOW,
    press_update_now,
    state,
)

ZONE_KEY = "zone:example.com"
DOMAIN_KEY = "domain:home.example.com"


async def test_a_zone_is_a_device_with_its_entities(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The zone's device has the current address, the last update and a button."""
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, ZONE_KEY), entry.entry_id)
    assert device is not None
    assert (device.name, device.manufacturer) == ("example.com", "Cloudflare")
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    entities = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    assert {e.entity_id: e.unique_id for e in entities} == {
        PUBLIC_IPV4: f"{ZONE_KEY}:public_ipv4",
        SOURCE_IPV4: f"{ZONE_KEY}:source_ipv4",
        "sensor.example_com_ipv4_address_since": f"{ZONE_KEY}:since_ipv4",
        "sensor.example_com_ipv4_address_changes": f"{ZONE_KEY}:changes_ipv4",
        LAST_UPDATE: f"{ZONE_KEY}:last_update",
        UPDATE_NOW: f"{ZONE_KEY}:update_now",
        "event.example_com_address_change": f"{ZONE_KEY}:public_ip",
    }
    assert not [entity for entity in entities if entity.disabled]


async def test_a_domain_is_a_device_of_its_zone(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The domain's device belongs to the zone's; only the sensor of the record is disabled."""
    (subentry_id,) = entry.subentries
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, DOMAIN_KEY), entry.entry_id)
    zone_device = registry.async_get_device_by_identifier((DOMAIN, ZONE_KEY), entry.entry_id)
    assert device is not None
    assert zone_device is not None
    assert (device.name, device.via_device_id) == ("home.example.com", zone_device.id)
    assert device.config_subentry_id == subentry_id
    entities = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    assert {e.entity_id: e.unique_id for e in entities} == {
        "binary_sensor.home_example_com_dns_problem": f"{DOMAIN_KEY}:problem",
        "event.home_example_com_dns_record": f"{DOMAIN_KEY}:dns_record",
        "sensor.home_example_com_a_record": f"{DOMAIN_KEY}:record_ipv4",
        "sensor.home_example_com_public_dns_ipv4": f"{DOMAIN_KEY}:public_dns_ipv4",
        "sensor.home_example_com_last_update": f"{DOMAIN_KEY}:last_update",
        "sensor.home_example_com_status": f"{DOMAIN_KEY}:status",
        "select.home_example_com_proxied_by_cloudflare": f"{DOMAIN_KEY}:proxied",
        "switch.home_example_com_keep_up_to_date": f"{DOMAIN_KEY}:keep_up_to_date",
    }
    disabled = [e.entity_id for e in entities if e.disabled]
    assert disabled == ["sensor.home_example_com_public_dns_ipv4"]


async def test_the_sensors_show_the_address_and_the_last_write(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The last update is the time of Cloudflare, also after a restart."""
    assert state(hass, PUBLIC_IPV4) == HOME
    written = state(hass, LAST_UPDATE)
    modified = str(simulator.cloudflare.records("example.com")[0]["modified_on"])
    assert modified.startswith(written.removesuffix("+00:00"))
    await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass, LAST_UPDATE) == written


async def test_the_button_updates_now(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """It detects the address, reads the zone and writes what differs."""
    simulator.ip.set_address(NEXT)
    await press_update_now(hass)
    assert simulator.cloudflare.records(zone)[0]["content"] == NEXT
    assert state(hass, PUBLIC_IPV4) == NEXT


async def test_the_button_corrects_drift_at_once(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The zone is read though the address has not changed."""
    simulator.cloudflare.edit_record(
        zone, simulator.cloudflare.records(zone)[0]["id"], content=NEXT
    )
    await press_update_now(hass)
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME


@pytest.mark.parametrize(
    "fails, key",
    [
        pytest.param(
            lambda simulator: simulator.faults.add("cloudflare", kind="reset"),
            "cannot_connect",
            id="cloudflare down",
        ),
        pytest.param(
            lambda simulator: simulator.faults.add("cloudflare", kind="rate_limit"),
            "rate_limited",
            id="too many requests",
        ),
        pytest.param(
            lambda simulator: simulator.faults.add("ip", kind="html"),
            "address_unknown",
            id="no provider",
        ),
    ],
)
async def test_a_failed_press_raises_the_reason_and_the_next_succeeds(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    freezer: FrozenDateTimeFactory,
    fails: Callable[[Simulator], object],
    key: str,
) -> None:
    """The user sees the reason; the button stays available."""
    fails(simulator)
    simulator.ip.set_address(NEXT)
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert (caught.value.translation_domain, caught.value.translation_key) == (DOMAIN, key)
    assert "Raindrop" in str(caught.value) or "IPv4 address" in str(caught.value)

    simulator.faults.clear()
    freezer.tick(600)
    await press_update_now(hass)
    assert simulator.cloudflare.records(zone)[0]["content"] == NEXT


async def test_s12_removing_the_entry_changes_no_record(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """By default the record stays as it is (S12)."""
    before = simulator.cloudflare.records(zone)
    simulator.log.clear()
    await hass.config_entries.async_remove(entry.entry_id)
    assert simulator.cloudflare.records(zone) == before
    assert simulator.log.count(service="cloudflare") == 0
    assert not hass.states.async_all()


async def test_the_content_of_a_record_can_be_shown(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The sensor of a record, once enabled, shows its content."""
    record = "sensor.home_example_com_a_record"
    er.async_get(hass).async_update_entity(record, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state(hass, record) == HOME
    simulator.ip.set_address(NEXT)
    await press_update_now(hass)
    assert state(hass, record) == NEXT


async def test_the_entities_of_many_domains_are_added_in_batches(
    hass: HomeAssistant, zone: Zone
) -> None:
    """Between the batches the event loop gets a turn, so that Home Assistant responds."""
    counts: list[int] = []

    async def watch() -> None:
        while True:
            counts.append(hass.states.async_entity_ids_count())
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    await set_up(hass, zone, [domain(f"n{number}.example.com") for number in range(60)])
    watching.cancel()
    entities = hass.states.async_entity_ids_count()
    assert entities > 180
    assert max(after - before for before, after in pairwise(counts)) < entities / 4
