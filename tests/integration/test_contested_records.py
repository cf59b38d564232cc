"""Contested records: external changes that keep coming back are not corrected for ever."""

from homeassistant.core import HomeAssistant

from custom_components.raindrop.const import FULL_SYNC_INTERVAL
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import Clock, endpoints
from .repair_flows import NAME, Repair, contents, issues


async def edit_externally(simulator: Simulator, zone: Zone, clock: Clock) -> None:
    """Change the record externally, and wait for the full sync."""
    record = next(r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
    simulator.cloudflare.edit_record(zone, record["id"], content=OLD)
    await clock.passes(FULL_SYNC_INTERVAL)


async def test_a_contested_record_is_left_alone(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """Two external changes in a row are corrected; the third is left, and an issue is created."""
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
    assert step["description_placeholders"]["existing"] == OLD
    await repair.send({})
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


async def test_external_changes_that_are_not_in_a_row_are_always_corrected(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A full sync without an external change resets the count."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(3):
        for _ in range(2):
            await edit_externally(simulator, zone, clock)
            assert contents(simulator) == [HOME]
        await clock.passes(FULL_SYNC_INTERVAL)
    assert issues(hass) == []


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
