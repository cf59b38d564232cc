"""Who is told of a round: nobody who shows nothing of what it brought."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop.const import AUDIT_INTERVAL, DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import NEXT, OLD

from .builders import domain, set_up
from .conftest import (
    LAST_CHECK,
    LAST_UPDATE,
    PUBLIC_IPV4,
    READING_IPV4,
    SOURCE_IPV4,
    UPDATE_NOW,
    Clock,
    state,
)

ZONE = {PUBLIC_IPV4, SOURCE_IPV4, LAST_UPDATE, UPDATE_NOW}
CLOCKS = {READING_IPV4, LAST_CHECK}

type Told = Callable[[], set[str]]
"""Returns the entities that wrote their state since it was asked last."""


def of_domain(number: int) -> set[str]:
    """Return the entities that show the records of a domain."""
    name = f"n{number}_example_com"
    return {f"sensor.{name}_last_update", f"sensor.{name}_a_record"}


def problem(number: int) -> str:
    """Return the entity that shows the trouble of a domain."""
    return f"binary_sensor.n{number}_example_com_dns"


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone, clock: Clock) -> RaindropConfigEntry:
    """Keep three domains, with every entity enabled."""
    entry = await set_up(hass, zone, [domain(f"n{number}.example.com") for number in range(3)])
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(entity.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await clock.cycles()
    return entry


@pytest.fixture
def told(hass: HomeAssistant, entry: RaindropConfigEntry) -> Told:
    """Watch which of the entities write their state, whether or not it is another."""
    ids = [e.entity_id for e in er.async_get(hass).entities.values() if e.platform == DOMAIN]

    def times() -> dict[str, float]:
        return {i: there.last_reported_timestamp for i in ids if (there := hass.states.get(i))}

    before = times()

    def told() -> set[str]:
        nonlocal before
        earlier, before = before, times()
        return {i for i, time in before.items() if time != earlier[i]}

    return told


async def test_a_round_that_brings_nothing_tells_only_the_clocks(clock: Clock, told: Told) -> None:
    """Those alone that show when the last round was."""
    await clock.cycles()
    assert told() == CLOCKS


async def test_another_operator_concerns_no_domain(lab: Lab, clock: Clock, told: Told) -> None:
    """Who told the address is shown by the zone."""
    lab.faults.add("ip", "cloudflare", kind="status", status=503, times=1)
    await clock.cycles()
    assert told() == ZONE | CLOCKS


async def test_drift_concerns_its_domain(lab: Lab, clock: Clock, told: Told) -> None:
    """The entities of the other domains show what they showed."""
    (record, *_) = [r for r in lab.cloudflare.records("example.com") if r["name"].startswith("n1.")]
    lab.cloudflare.edit_record("example.com", record["id"], content=OLD)
    await clock.passes(AUDIT_INTERVAL)
    events = {"event.n1_example_com_dns_record"}
    assert told() == ZONE | CLOCKS | of_domain(1) | events


async def test_a_trouble_concerns_its_domain(
    hass: HomeAssistant, lab: Lab, clock: Clock, told: Told
) -> None:
    """A problem sensor is told when there is a problem, and when there is none any more."""
    lab.ip.set_address(NEXT)
    lab.faults.add("cloudflare", "*", kind="status", status=503)
    await clock.cycles()
    assert {problem(0), problem(1), problem(2)} <= told()
    assert state(hass, problem(1)) == "on"
    lab.faults.clear()
    await clock.passes(AUDIT_INTERVAL)
    assert {problem(0), problem(1), problem(2)} <= told()
    assert state(hass, problem(1)) == "off"


async def test_a_round_that_failed_concerns_everybody(
    hass: HomeAssistant, entry: RaindropConfigEntry, told: Told, clock: Clock
) -> None:
    """Nobody shows what may not be true any more, and everybody shows it again afterwards."""
    clock.jumps(AUDIT_INTERVAL / 100)
    entry.runtime_data.async_set_update_error(RuntimeError("a bug"))
    shown = {PUBLIC_IPV4, *of_domain(2), problem(2)}
    assert shown <= told()
    assert {state(hass, entity) for entity in shown} == {"unavailable"}
    await clock.cycles()
    assert shown <= told()
    assert "unavailable" not in {state(hass, entity) for entity in shown}
