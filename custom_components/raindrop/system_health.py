"""What the page of system health shows: nobody is asked for it but Cloudflare."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import RaindropConfigEntry
from .ddns.model import Family


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register what is shown."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return whether Cloudflare can be reached, and how all zones are doing."""
    entries: list[RaindropConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    coordinators = [entry.runtime_data for entry in entries]
    info: dict[str, Any] = {}
    if coordinators:
        url = coordinators[0].client.base_url
        info["cloudflare_api"] = system_health.async_check_can_reach_url(hass, url)
    for family in Family:
        readings = [c.data.readings[c.sources[family]] for c in coordinators if family in c.sources]
        operators = sorted({reading.operator for reading in readings if reading.operator})
        if readings:
            info[f"{family.label.lower()}_source"] = ", ".join(operators)
    limits = [c.client.rate_limit.remaining for c in coordinators if c.client.rate_limit]
    if limits:
        info["requests_left"] = min(limits)
    kept = [target.slot for c in coordinators for target in c.targets]
    troubled = [slot for c in coordinators for slot in c.data.troubles]
    names = {slot.name for slot in kept}
    info["domains_in_sync"] = f"{len(names - {slot.name for slot in troubled})} / {len(names)}"
    return info
