"""Config entries with any number of domains, without the forms."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop.config import DEFAULT_OPTIONS, DOMAIN_DEFAULTS, domain_unique_id
from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns.models import HostName
from simulator.cloudflare import Zone
from tests.secrets import TOKEN

type StoredSources = Mapping[str, Sequence[Mapping[str, Any]]]
"""The stored sources of a zone or a domain by family."""


def domain(name: str, **data: Any) -> ConfigSubentryData:
    """Return the subentry of a host name."""
    return ConfigSubentryData(
        subentry_type="domain",
        data={"domain": name, **DOMAIN_DEFAULTS, **data},
        title=name,
        unique_id=domain_unique_id(HostName(name)),
    )


def new_entry(
    zone: Zone,
    domains: Iterable[ConfigSubentryData],
    *,
    is_paid: bool = False,
    token: str = TOKEN,
    sources: StoredSources | None = None,
) -> MockConfigEntry:
    """Return an entry that is not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=zone.name,
        unique_id=zone.id,
        data={
            "zone": zone.name,
            "email": None,
            "key": token,
            "zone_id": zone.id,
            "zone_name": zone.name,
            "is_paid": is_paid,
        },
        options={"sources": {**DEFAULT_OPTIONS["sources"], **(sources or {})}},
        subentries_data=[*domains],
    )


async def set_up(
    hass: HomeAssistant,
    zone: Zone,
    domains: Iterable[ConfigSubentryData],
    *,
    is_paid: bool = False,
    token: str = TOKEN,
    sources: StoredSources | None = None,
) -> RaindropConfigEntry:
    """Set up a zone with domains; the sources of a family replace the automatic one."""
    entry = new_entry(zone, domains, is_paid=is_paid, token=token, sources=sources)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
