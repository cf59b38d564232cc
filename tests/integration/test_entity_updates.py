"""Which entities write their state after an update: those of what changed."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop.const import DOMAIN, FULL_SYNC_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import NEXT, OLD

from .builders import domain, set_up
from .conftest import (
    LAST_UPDATE,
    PUBLIC_IPV4,
    SOURCE_IPV4,
    UPDATE_NOW,
    Clock,
    state,
)

HISTORY = {f"sensor.example_com_ipv4_address_{about}" for about in ("since", "changes")}
SENSORS = ("last_update", "a_record", "public_dns_ipv4", "status")
ZONE = {PUBLIC_IPV4, SOURCE_IPV4, LAST_UPDATE, UPDATE_NOW} | HISTORY

type Written = Callable[[], set[str]]
"""Returns the entities that wrote their state since the last call."""


def of_domain(number: int) -> set[str]:
    """Return the sensors of a domain."""
    name = f"n{number}_example_com"
    sensors = {f"sensor.{name}_{about}" for about in SENSORS}
    controls = {f"switch.{name}_keep_up_to_date", f"select.{name}_proxied_by_cloudflare"}
    return sensors | controls | {problem(number)}


def problem(number: int) -> str:
    """Return the problem sensor of a domain."""
    return f"binary_sensor.n{number}_example_com_dns_problem"


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone, clock: Clock) -> RaindropConfigEntry:
    """Set up three domains, with every entity enabled."""
    entry = await set_up(hass, zone, [domain(f"n{number}.example.com") for number in range(3)])
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(entity.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    # Each full sync asks public resolvers for another domain.
    await clock.full_syncs(3)
    # Without the second opinion of a full sync.
    await clock.cycles()
    return entry


@pytest.fixture
def written(hass: HomeAssistant, entry: RaindropConfigEntry) -> Written:
    """Watch which entities write their state, changed or not."""
    ids = [e.entity_id for e in er.async_get(hass).entities.values() if e.platform == DOMAIN]

    def times() -> dict[str, float]:
        return {i: state.last_reported_timestamp for i in ids if (state := hass.states.get(i))}

    before = times()

    def written() -> set[str]:
        nonlocal before
        earlier, before = before, times()
        return {i for i, time in before.items() if time != earlier[i]}

    return written


async def test_an_update_without_changes_writes_no_state(clock: Clock, written: Written) -> None:
    """Nothing that is shown changes with the time alone."""
    await clock.cycles()
    assert not written()


async def test_another_provider_concerns_no_domain(
    simulator: Simulator, clock: Clock, written: Written
) -> None:
    """The provider of the address is shown by the zone."""
    simulator.faults.add("ip", "cloudflare", kind="status", status=503, times=1)
    await clock.cycles()
    assert written() == ZONE


async def test_drift_concerns_its_domain(
    simulator: Simulator, clock: Clock, written: Written
) -> None:
    """The entities of the other domains do not write their state."""
    (record, *_) = [
        r for r in simulator.cloudflare.records("example.com") if r["name"].startswith("n1.")
    ]
    simulator.cloudflare.edit_record("example.com", record["id"], content=OLD)
    await clock.passes(FULL_SYNC_INTERVAL)
    events = {"event.n1_example_com_dns_record"}
    assert written() == ZONE | of_domain(1) | events


async def test_a_problem_concerns_its_domains(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, written: Written
) -> None:
    """The problem sensors change when the problem begins and when it ends."""
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", "*", kind="status", status=503)
    await clock.cycles()
    assert {problem(0), problem(1), problem(2)} <= written()
    assert state(hass, problem(1)) == "on"
    simulator.faults.clear()
    await clock.passes(FULL_SYNC_INTERVAL)
    assert {problem(0), problem(1), problem(2)} <= written()
    assert state(hass, problem(1)) == "off"


async def test_an_unexpected_error_concerns_all_entities(
    hass: HomeAssistant, entry: RaindropConfigEntry, written: Written, clock: Clock
) -> None:
    """All but the controls are unavailable until the next update that succeeds."""
    clock.jumps(FULL_SYNC_INTERVAL / 100)
    entry.runtime_data.async_set_update_error(RuntimeError("a bug"))
    domain_sensors = {entity for entity in of_domain(2) if "sensor." in entity}
    shown = {PUBLIC_IPV4} | domain_sensors
    assert shown <= written()
    assert {state(hass, entity) for entity in shown} == {"unavailable"}
    await clock.cycles()
    assert shown <= written()
    assert "unavailable" not in {state(hass, entity) for entity in shown}
