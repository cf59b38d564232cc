"""Entries with many domains, set up without the forms."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.domains import DEFAULTS
from custom_components.raindrop.source_options import DEFAULT_OPTIONS
from lab.cloudflare import Zone
from tests.secrets import TOKEN


def domain(name: str, **data: Any) -> ConfigSubentryData:
    """Return a subentry for a full name."""
    return ConfigSubentryData(
        subentry_type="domain",
        data={"domain": name, **DEFAULTS, **data},
        title=name,
        unique_id=name,
    )


def new_entry(
    zone: Zone,
    domains: Iterable[ConfigSubentryData],
    *,
    is_paid: bool = False,
    token: str = TOKEN,
    options: Mapping[str, Any] | None = None,
) -> MockConfigEntry:
    """Return an entry of a zone that is not set up yet."""
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
        minor_version=2,
        options={**DEFAULT_OPTIONS, **(options or {})},
        subentries_data=[*domains],
    )


async def set_up(
    hass: HomeAssistant,
    zone: Zone,
    domains: Iterable[ConfigSubentryData],
    *,
    is_paid: bool = False,
    token: str = TOKEN,
    options: Mapping[str, Any] | None = None,
) -> RaindropConfigEntry:
    """Set up a zone with these domains, and these sources in the place of the usual ones."""
    entry = new_entry(zone, domains, is_paid=is_paid, token=token, options=options)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
