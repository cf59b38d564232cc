"""What a user sees of a zone: its device, its sensors, its button, its diagnostics."""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.button import DOMAIN as BUTTON, SERVICE_PRESS
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import (
    LAST_CHECK,
    LAST_UPDATE,
    PUBLIC_IPV4,
    READING_IPV4,
    SOURCE_IPV4,
    UPDATE_NOW,
    state,
)


async def press(hass: HomeAssistant) -> None:
    """Press the button "Update now"."""
    await hass.services.async_call(
        BUTTON, SERVICE_PRESS, {ATTR_ENTITY_ID: UPDATE_NOW}, blocking=True
    )


async def test_a_zone_is_a_device_with_its_entities(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The zone's device carries the current address, the last update and a button."""
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, zone.id), entry.entry_id)
    assert device is not None
    assert (device.name, device.manufacturer) == ("example.com", "Cloudflare")
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    entities = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    assert {e.entity_id: e.unique_id for e in entities} == {
        PUBLIC_IPV4: f"{zone.id}_public_ipv4",
        SOURCE_IPV4: f"{zone.id}_source_ipv4",
        READING_IPV4: f"{zone.id}_reading_ipv4",
        LAST_UPDATE: f"{zone.id}_last_update",
        LAST_CHECK: f"{zone.id}_last_check",
        UPDATE_NOW: f"{zone.id}_update_now",
        "event.example_com_public_ip_address": f"{zone.id}_public_ip",
    }
    assert [e.entity_id for e in entities if e.disabled] == [READING_IPV4, LAST_CHECK]


async def test_a_domain_is_a_device_of_its_zone(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The domain's device hangs on the zone's, and has what most people want switched on."""
    (subentry_id,) = entry.subentries
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, subentry_id), entry.entry_id)
    above = registry.async_get_device_by_identifier((DOMAIN, zone.id), entry.entry_id)
    assert device is not None
    assert above is not None
    assert (device.name, device.via_device_id) == ("home.example.com", above.id)
    assert device.config_subentry_id == subentry_id
    entities = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    assert {e.entity_id: e.disabled for e in entities} == {
        "binary_sensor.home_example_com_dns": False,
        "event.home_example_com_dns_record": False,
        "sensor.home_example_com_a_record": True,
        "sensor.home_example_com_last_update": False,
    }


async def test_the_sensors_show_the_address_and_the_last_write(
    hass: HomeAssistant, lab: Lab, entry: RaindropConfigEntry
) -> None:
    """The last update is when Cloudflare wrote, and survives a restart."""
    assert state(hass, PUBLIC_IPV4) == HOME
    written = state(hass, LAST_UPDATE)
    modified = str(lab.cloudflare.records("example.com")[0]["modified_on"])
    assert modified.startswith(written.removesuffix("+00:00"))
    await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass, LAST_UPDATE) == written


async def test_the_button_updates_now(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Pressing it looks up the address, reads the zone and writes what differs."""
    lab.ip.set_address(NEXT)
    await press(hass)
    assert lab.cloudflare.records(zone)[0]["content"] == NEXT
    assert state(hass, PUBLIC_IPV4) == NEXT


async def test_the_button_repairs_drift_at_once(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The zone is read even though the address is the one known."""
    lab.cloudflare.edit_record(zone, lab.cloudflare.records(zone)[0]["id"], content=NEXT)
    await press(hass)
    assert lab.cloudflare.records(zone)[0]["content"] == HOME


@pytest.mark.parametrize(
    "fails,key",
    [
        pytest.param(
            lambda lab: lab.faults.add("cloudflare", kind="reset"),
            "cannot_connect",
            id="cloudflare down",
        ),
        pytest.param(
            lambda lab: lab.faults.add("cloudflare", kind="rate_limit"),
            "rate_limited",
            id="too many requests",
        ),
        pytest.param(lambda lab: lab.faults.add("ip", kind="html"), "no_address", id="no operator"),
    ],
)
async def test_a_press_that_fails_says_why_and_the_next_succeeds(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    entry: RaindropConfigEntry,
    freezer: FrozenDateTimeFactory,
    fails: Callable[[Lab], object],
    key: str,
) -> None:
    """The user who pressed is told the reason; the button stays available."""
    fails(lab)
    lab.ip.set_address(NEXT)
    with pytest.raises(HomeAssistantError) as caught:
        await press(hass)
    assert (caught.value.translation_domain, caught.value.translation_key) == (DOMAIN, key)
    assert "Raindrop" in str(caught.value) or "found" in str(caught.value)

    lab.faults.clear()
    freezer.tick(600)
    await press(hass)
    assert lab.cloudflare.records(zone)[0]["content"] == NEXT


async def test_diagnostics_tell_what_happened_and_nobody_s_secrets(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Addresses and names are numbered: one sees which are the same, not which they are."""
    lab.ip.set_address(NEXT, operator="ipify")
    lab.ip.set_address(NEXT, operator="cloudflare")
    lab.cloudflare.add_record(zone, type="A", name="home", content="81.2.69.150")
    lab.cloudflare.edit_record(zone, lab.cloudflare.records(zone)[0]["id"], content="81.2.69.160")
    lab.faults.add("ip", "cloudflare", kind="status")
    await press_and_ignore(hass)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    text = str(diagnostics)
    for hidden in ("example.com", "81.2.69", zone.id, "front door"):
        assert hidden not in text
    assert diagnostics == {
        "state": "loaded",
        "reason": None,
        "credential": "ApiToken",
        "is_zone_given": True,
        "is_email_given": False,
        "is_settled": False,
        "failures": [],
        "rate_limit": diagnostics["rate_limit"],
        "readings": [
            {
                "family": "IPv4",
                "source": "automatic",
                "is_default_way": True,
                "age_s": diagnostics["readings"][0]["age_s"],
                "address": "address 1",
                "held": None,
                "is_flapping": False,
                "is_disputed": True,
                "disputes": 1,
                "answers": {
                    "cloudflare": "status",
                    "ipify": "address 2",
                    "ident.me": "address 1",
                    "amazon": "address 1",
                },
            }
        ],
        "slots": [
            {
                "name": "name 1",
                "family": "IPv4",
                "source": "automatic",
                "creates": True,
                "trouble": "ambiguous",
                "record": None,
            }
        ],
        "conflicts": [{"name": "name 1", "family": "IPv4", "kind": "ambiguous", "records": 2}],
        "outcomes": [],
    }
    assert diagnostics["rate_limit"]["remaining"] > 0
    assert 0 <= diagnostics["readings"][0]["age_s"] < 60


async def test_diagnostics_of_a_domain_tell_of_it_alone(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """The page of a domain gives what concerns it, the page of the zone everything."""
    names = ["one.example.com", "two.example.com"]
    entry = await set_up(hass, zone, [domain(name) for name in names])
    registry = dr.async_get(hass)
    told = {
        device.name: await async_get_device_diagnostics(hass, entry, device)
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
    }
    assert [len(told[name]["slots"]) for name in ("example.com", *names)] == [2, 1, 1]
    assert [len(told[name]["outcomes"]) for name in ("example.com", *names)] == [2, 1, 1]


async def press_and_ignore(hass: HomeAssistant) -> None:
    """Press the button, whatever it says."""
    try:
        await press(hass)
    except HomeAssistantError:
        return


async def test_diagnostics_show_a_write_and_a_failure(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """A record is told without its name; a failure with its status and codes."""
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["outcomes"] == [
        {"name": "name 1", "family": "IPv4", "change": "Update", "result": "done"}
    ]
    assert diagnostics["slots"][0]["record"] == {
        "address": "address 1",
        "is_owned": False,
        "proxied": False,
        "ttl_s": 3600,
    }

    lab.faults.add("cloudflare", kind="error", status=500, code=10001)
    await press_and_ignore(hass)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["failures"] == [
        {"reason": "cloudflare_trouble", "status": 500, "codes": (10001,)}
    ]


async def test_s12_removing_the_entry_leaves_dns_alone(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Without Raindrop the record stays as it is (S12)."""
    before = lab.cloudflare.records(zone)
    lab.log.clear()
    await hass.config_entries.async_remove(entry.entry_id)
    assert lab.cloudflare.records(zone) == before
    assert lab.log.count(service="cloudflare") == 0
    assert not hass.states.async_all()


async def test_a_failed_entry_has_diagnostics_too(
    hass: HomeAssistant, lab: Lab, entry: RaindropConfigEntry
) -> None:
    """They are wanted most when set-up fails."""
    lab.cloudflare.credentials.revoke(TOKEN)
    await hass.config_entries.async_reload(entry.entry_id)
    assert await async_get_config_entry_diagnostics(hass, entry) == {
        "state": "setup_error",
        "reason": "invalid_auth",
        "is_zone_given": True,
        "is_email_given": False,
    }


async def test_what_a_record_holds_can_be_shown(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The sensor of a record, once enabled, shows its content."""
    record = "sensor.home_example_com_a_record"
    er.async_get(hass).async_update_entity(record, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state(hass, record) == HOME
    lab.ip.set_address(NEXT)
    await press(hass)
    assert state(hass, record) == NEXT


async def test_an_entity_that_went_while_others_are_told_is_not_told(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Listeners are told some at a time; one that leaves meanwhile is left out."""
    told: list[int] = []
    coordinator = entry.runtime_data
    leave = [coordinator.async_add_listener(partial(told.append, number)) for number in range(250)]
    coordinator.async_update_listeners()
    leave[249]()
    for _ in range(3):
        await asyncio.sleep(0)  # a turn of the loop for each hundred
    assert told == list(range(249))


async def test_set_up_of_many_domains_lets_others_have_their_turn(
    hass: HomeAssistant, zone: Zone
) -> None:
    """Entities of some domains are added at a time, so that Home Assistant answers meanwhile."""
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
