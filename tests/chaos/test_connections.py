"""A home with several connections at random: what was promised of switches must hold."""

from datetime import timedelta
import logging
from random import Random
import sys

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from tests.integration.builders import domain, set_up
from tests.integration.conftest import BATCH
from tests.integration.router_entities import contents, written
from tests.simulated_time import advance

from .connection_checker import ConnectionChecker
from .connections import BACK_AFTER, DOWN_AFTER, MINUTE, POLL, Connections

NAME = "home.example.com"
SENSOR = "sensor.home_example_com_ipv4_connection"
STEPS = 100


@pytest.fixture(autouse=True)
def custom_integration(enable_custom_integrations: None) -> None:
    """Load the integration from this repository."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(12))
async def test_switches_are_as_promised(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    seed: int,
) -> None:
    """Never sooner, never without a record; in the end the first that is up is used in time."""
    caplog.set_level(logging.INFO)
    hass.loop.set_debug(False)
    random = Random(seed)
    checker = ConnectionChecker(("FIBRE", "LTE", "DSL"), DOWN_AFTER, BACK_AFTER)
    home = Connections(hass, simulator, random, checker)
    stored = {"list": [line.stored() for line in home.lines]}
    entry = await set_up(hass, zone, [domain(NAME, connections=stored)])
    names: list[str] = []

    def sensor_changed(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        name = state.state if state and event.data["entity_id"] == SENSOR else ""
        if name.isupper() and name not in names[-1:]:
            if names:
                checker.switched(names[-1], name)
            names.append(name)

    hass.bus.async_listen("state_changed", sensor_changed)
    for number in range(STEPS):
        span = home.step()
        await advance(hass, freezer, span + timedelta(seconds=random.randint(0, 30)))
        if number % 20 == 19:
            await hass.config_entries.async_reload(entry.entry_id)
            await advance(hass, freezer, POLL + MINUTE)
        assert checker.violations == []
        assert [r["name"] for r in simulator.cloudflare.records(zone)] == [NAME]
    expected = home.end()
    await advance(hass, freezer, POLL + BACK_AFTER + POLL + MINUTE)
    assert contents(simulator) == {NAME: expected}
    assert checker.violations == []
    assert {address.rpartition(".")[0] for address in written(simulator)} <= home.networks
    assert simulator.log.surprises == []
    sys.stdout.write(
        f"\n{checker.switches} switches, {simulator.log.count(endpoint=BATCH)} batches\n"
    )
