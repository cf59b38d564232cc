"""System health: whether Cloudflare's API can be reached, and how the zones are doing."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import RaindropConfigEntry
from .ddns import Family
from .internet_watch import async_watch

_SOURCE_KEYS = {Family.IPV4: "ipv4_source", Family.IPV6: "ipv6_source"}


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the system health page."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the information; only Cloudflare is called for it."""
    entries: list[RaindropConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    coordinators = [entry.runtime_data for entry in entries]
    info: dict[str, Any] = {}
    if coordinators:
        url = coordinators[0].client.base_url
        info["cloudflare_api"] = system_health.async_check_can_reach_url(hass, url)
    for family in Family:
        sources = [(c, s) for c in coordinators if (s := c.config.home_source.get(family))]
        if sources:
            providers = {c.data.detections[source].provider for c, source in sources}
            info[_SOURCE_KEYS[family]] = ", ".join(sorted(p for p in providers if p))
    if watch := async_watch(hass):
        info["connection_watch"] = ", ".join(
            f"{family.label}: {status.probes}" for family, status in watch.status().items()
        )
    limits = [c.client.rate_limit.remaining for c in coordinators if c.client.rate_limit]
    if limits:
        info["requests_left"] = min(limits)
    records = [item for c in coordinators for item in c.data.records.items()]
    names = {key.name for key, _ in records}
    others = {key.name for key, record in records if not record.is_in_sync}
    info["domains_in_sync"] = f"{len(names - others)} / {len(names)}"
    return info
