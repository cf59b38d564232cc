"""System health: what it shows, and that only Cloudflare is called for it."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone

from .builders import domain, set_up


async def test_the_state_of_all_zones_is_shown(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Whether Cloudflare can be reached, the providers, the rate limit, the domains in sync."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="alias", content="example.org")
    await set_up(hass, zone, [domain("home.example.com"), domain("alias.example.com")])
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    simulator.log.clear()
    info = await get_system_health_info(hass, DOMAIN)
    assert await info.pop("cloudflare_api") == "ok"
    assert info.pop("requests_left") > 0
    assert info == {"ipv4_source": "cloudflare", "domains_in_sync": "1 / 2"}
    assert simulator.log.count(service="ip") == 0


async def test_without_a_loaded_zone_there_are_no_details(
    hass: HomeAssistant, entry: RaindropConfigEntry, simulator: Simulator
) -> None:
    """System health works while no zone is loaded."""
    await hass.config_entries.async_unload(entry.entry_id)
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    assert await get_system_health_info(hass, DOMAIN) == {"domains_in_sync": "0 / 0"}
