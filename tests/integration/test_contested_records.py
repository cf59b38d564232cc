"""Contested records: external changes that keep coming back are not corrected for ever."""

from datetime import timedelta

from homeassistant.core import HomeAssistant

from custom_components.raindrop.const import FULL_SYNC_INTERVAL
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, Clock, endpoints
from .repair_flows import NAME, Repair, contents, issues


async def edit_externally(simulator: Simulator, zone: Zone, clock: Clock) -> None:
    """Change the record externally, and wait for the full sync."""
    record = next(r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
    simulator.cloudflare.edit_record(zone, record["id"], content=OLD)
    await clock.passes(FULL_SYNC_INTERVAL)


async def test_a_contested_record_is_left_alone(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """Two external changes within hours are corrected; the third is left, with an issue."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(2):
        await edit_externally(simulator, zone, clock)
        assert contents(simulator) == [HOME]
        assert issues(hass) == []
    await edit_externally(simulator, zone, clock)
    assert contents(simulator) == [OLD]
    assert issues(hass) == ["record_contested"]
    simulator.log.clear()
    await clock.cycles(5)
    assert endpoints(simulator) == []

    step = await repair.start()
    shown = step["description_placeholders"]
    assert shown["changed"].startswith(f"`{OLD}` (TTL auto, 20")
    assert len(set(shown["times"].split(", "))) == 3
    await repair.choose("retry")
    assert (contents(simulator), issues(hass)) == ([HOME], [])


async def test_a_new_address_is_written_to_a_contested_record(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A change of the address ends the conflict."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(3):
        await edit_externally(simulator, zone, clock)
    assert issues(hass) == ["record_contested"]
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert (contents(simulator), issues(hass)) == ([NEXT], [])


async def test_external_changes_that_are_hours_apart_are_always_corrected(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Three external changes count only if they were made within six hours."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(6):
        await edit_externally(simulator, zone, clock)
        assert contents(simulator) == [HOME]
        await clock.passes(timedelta(hours=2))
    assert issues(hass) == []


async def test_a_reload_does_not_reset_the_count(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """External changes are counted over reloads and restarts, and so is the conflict."""
    entry = await set_up(hass, zone, [domain(NAME)])
    for expected in (HOME, HOME, OLD):
        await edit_externally(simulator, zone, clock)
        assert contents(simulator) == [expected]
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        assert contents(simulator) == [expected]
    await clock.passes(timedelta(hours=7))
    assert (contents(simulator), issues(hass)) == ([OLD], ["record_contested"])


async def test_a_fight_of_a_whole_day_is_given_up(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Another updater writes every 15 minutes and Raindrop every hour: it stops after two."""
    entry = await set_up(hass, zone, [domain(NAME)])
    simulator.log.clear()
    for quarter in range(96):
        record = next(r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
        simulator.cloudflare.edit_record(zone, record["id"], content=OLD)
        await clock.passes(timedelta(minutes=15))
        if quarter % 7 == 0:
            assert await hass.config_entries.async_reload(entry.entry_id)
    writes = [endpoint for endpoint in endpoints(simulator) if endpoint == BATCH]
    assert len(writes) == 2
    assert issues(hass) == ["record_contested"]


async def test_a_record_that_is_deleted_again_and_again_is_contested_too(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A deletion is an external change: the record is created again twice."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(3):
        record = next(r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
        simulator.cloudflare.delete_record(zone, record["id"])
        await clock.passes(FULL_SYNC_INTERVAL)
    assert (contents(simulator), issues(hass)) == ([], ["record_contested"])
