"""Entries that another version of Raindrop stored."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.source_options import DEFAULT_OPTIONS
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME
from tests.secrets import TOKEN

from .builders import domain
from .routers import NAME, contents


def of_version(zone: Zone, version: int, minor: int, **options: Any) -> MockConfigEntry:
    """Return an entry as another version of Raindrop stored it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=zone.name,
        unique_id=zone.id,
        version=version,
        minor_version=minor,
        data={
            "zone": zone.name,
            "email": None,
            "key": TOKEN,
            "zone_id": zone.id,
            "zone_name": zone.name,
        },
        options=options,
        subentries_data=[domain(NAME)],
    )


async def test_an_entry_from_before_there_were_sources_is_automatic(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Version 1.1 had no options: its domains go on as they did."""
    entry = of_version(zone, 1, 1)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert (entry.state, entry.minor_version) == (ConfigEntryState.LOADED, 2)
    assert entry.options == DEFAULT_OPTIONS
    assert contents(lab) == {NAME: HOME}


async def test_an_entry_of_a_later_minor_version_is_taken_as_it_is(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """What a later 1.x added is left for it to find again."""
    entry = of_version(zone, 1, 7, **DEFAULT_OPTIONS, later="kept")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert (entry.minor_version, entry.options["later"]) == (7, "kept")
    assert contents(lab) == {NAME: HOME}


async def test_an_entry_of_a_later_version_is_refused(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """After a downgrade nothing is guessed, nobody is asked and nothing is written."""
    entry = of_version(zone, 2, 1)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert not lab.log.entries
