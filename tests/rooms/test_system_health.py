"""System health: what the page shows, and that it asks nobody but Cloudflare."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab
from lab.cloudflare import Zone

from .builders import domain, set_up


async def test_the_page_tells_how_all_zones_are_doing(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Whether Cloudflare is there, who told the address, what may be asked, what is in sync."""
    lab.cloudflare.add_record(zone, type="CNAME", name="alias", content="example.org")
    await set_up(hass, zone, [domain("home.example.com"), domain("alias.example.com")])
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    lab.log.clear()
    info = await get_system_health_info(hass, DOMAIN)
    assert await info.pop("cloudflare_api") == "ok"
    assert info.pop("requests_left") > 0
    assert info == {"ipv4_source": "cloudflare", "domains_in_sync": "1 / 2"}
    assert lab.log.count(service="ip") == 0


async def test_without_a_zone_there_is_nothing_to_tell(
    hass: HomeAssistant, entry: RaindropConfigEntry, lab: Lab
) -> None:
    """The page works while no zone is running."""
    await hass.config_entries.async_unload(entry.entry_id)
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    assert await get_system_health_info(hass, DOMAIN) == {"domains_in_sync": "0 / 0"}
