"""Diagnostics: what happened, without names, addresses or secrets."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import Clock, press_update_now
from .host_addresses import Host
from .router_entities import NAME, Router


async def test_names_and_addresses_are_replaced_by_numbers(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Equal addresses have the same label, so that one can compare them without knowing them."""
    simulator.ip.set_address(NEXT, provider="ipify")
    simulator.ip.set_address(NEXT, provider="cloudflare")
    simulator.cloudflare.add_record(zone, type="A", name="home", content="81.2.69.150")
    simulator.cloudflare.edit_record(
        zone, simulator.cloudflare.records(zone)[0]["id"], content="81.2.69.160"
    )
    simulator.faults.add("ip", "cloudflare", kind="status")
    with pytest.raises(HomeAssistantError):
        await press_update_now(hass)
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
        "is_converged": False,
        "is_delegated_elsewhere": False,
        "errors": [],
        "rate_limit": diagnostics["rate_limit"],
        "resources": [],
        "watch": None,
        "detections": [
            {
                "family": "IPv4",
                "source": "automatic",
                "meaning": "this_network",
                "age_s": diagnostics["detections"][0]["age_s"],
                "address": "address 2",
                "candidate": None,
                "host_address": None,
                "is_flapping": False,
                "is_conflicting": True,
                "conflicting_updates": 1,
                "responses": {
                    "cloudflare": "status",
                    "ipify": "address 1",
                    "ident.me": "address 2",
                    "amazon": "address 2",
                },
            }
        ],
        "records": [
            {
                "name": "name 1",
                "family": "IPv4",
                "source": "automatic",
                "creates": True,
                "reason": "ambiguous",
                "is_in_sync": False,
                "unknown_s": None,
                "record": None,
                "conflict": {"reason": "ambiguous", "records": 2},
                "failure": None,
                "external_changes": 0,
                "texts": None,
                "connection": None,
                "connections": None,
                "public_dns": None,
            }
        ],
    }
    assert diagnostics["rate_limit"]["remaining"] > 0
    assert 0 <= diagnostics["detections"][0]["age_s"] < 60


async def test_the_diagnostics_of_a_domain_contain_its_records_only(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A domain's device has the records of the domain, the zone's device all of them."""
    names = ["one.example.com", "two.example.com"]
    entry = await set_up(hass, zone, [domain(name) for name in names])
    registry = dr.async_get(hass)
    diagnostics = {
        device.name: await async_get_device_diagnostics(hass, entry, device)
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
    }
    assert [len(diagnostics[name]["records"]) for name in ("example.com", *names)] == [2, 1, 1]


async def test_a_record_and_an_error_are_described_without_text(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """A record has no name and no comment, an error only its status and codes."""
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["records"] == [
        {
            "name": "name 1",
            "family": "IPv4",
            "source": "automatic",
            "creates": True,
            "reason": None,
            "is_in_sync": True,
            "unknown_s": None,
            "record": {
                "address": "address 1",
                "owner": "nobody",
                "proxied": False,
                "ttl_s": 3600,
            },
            "conflict": None,
            "failure": None,
            "external_changes": 0,
            "texts": None,
            "connection": None,
            "connections": None,
            "public_dns": None,
        }
    ]
    assert (diagnostics["is_converged"], diagnostics["errors"]) == (True, [])

    simulator.faults.add("cloudflare", kind="error", status=500, code=10001)
    with pytest.raises(HomeAssistantError):
        await press_update_now(hass)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["errors"] == [
        {"reason": "cloudflare_unavailable", "status": 500, "codes": (10001,)}
    ]


async def test_a_refused_change_is_described_without_text(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The failure of a record has the kind of the change and the reason."""
    simulator.faults.add("cloudflare", "POST *", kind="error", status=400, code=9003)
    simulator.faults.add("cloudflare", "PATCH *", kind="error", status=400, code=9003)
    simulator.ip.set_address(NEXT)
    with pytest.raises(HomeAssistantError):
        await press_update_now(hass)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["records"][0]["failure"] == {"change": "Update", "reason": "refused"}


async def test_an_entry_that_failed_to_set_up_has_diagnostics(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """They contain the reason, and which fields of the form were filled in."""
    simulator.cloudflare.credentials.revoke(TOKEN)
    await hass.config_entries.async_reload(entry.entry_id)
    assert await async_get_config_entry_diagnostics(hass, entry) == {
        "state": "setup_error",
        "reason": "invalid_auth",
        "is_zone_given": True,
        "is_email_given": False,
    }


async def test_entities_hosts_and_urls_are_hidden(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the entity of a source, nor this host, nor a custom URL can be recognized."""
    monkeypatch.setattr("socket.gethostname", lambda: "alices-server")
    router = Router(hass, "alices_router")
    await router.reports(HOME, friendly_name="Alice's router")
    url = simulator.ip.services[1].urls[4]
    entry = await set_up(
        hass,
        zone,
        [
            domain(NAME, families=["ipv4", "ipv6"]),
            domain("b.example.com", sources={"ipv4": [{"source": "urls", "urls": [url]}]}),
        ],
        sources={"ipv4": [router.source()], "ipv6": [{"source": "local"}]},
    )
    await clock.cycles()
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    text = str(await async_get_config_entry_diagnostics(hass, entry))
    for hidden in ("81.2.69", "2001:218", "example.com", router.id, router.entity_id):
        assert hidden not in text
    for hidden in ("Alice", "alice", url.split("/")[2]):
        assert hidden not in text
