"""A record that the user chose among several, and that is gone later."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.const import FULL_SYNC_INTERVAL
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, OLD

from .builders import domain, set_up
from .conftest import Clock, state
from .repair_flows import NAME, SECOND, A, Repair, contents, issues

DNS = "binary_sensor.www_example_com_dns_problem"


@pytest.fixture
async def pair(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> tuple[str, str]:
    """Return the ids of two records of one name, of which the user chose the second."""
    first, second = (simulator.cloudflare.add_record(zone, **fields) for fields in (A, SECOND))
    await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    await repair.send({"record": second["id"]})
    assert (contents(simulator), issues(hass)) == ([OLD, HOME], [])
    return first["id"], second["id"]


async def test_the_only_record_is_adopted_if_the_chosen_one_is_gone(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, pair: tuple[str, str]
) -> None:
    """A user who deletes both records and makes one is not asked which of several it is."""
    for record_id in pair:
        simulator.cloudflare.delete_record(zone, record_id)
    simulator.cloudflare.add_record(zone, **A)

    await clock.passes(FULL_SYNC_INTERVAL)

    assert contents(simulator) == [HOME]
    assert (issues(hass), state(hass, DNS)) == ([], "off")


async def test_a_chosen_record_is_created_again_if_none_is_left(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, pair: tuple[str, str]
) -> None:
    """If both are deleted, the chosen one comes back as it was."""
    for record_id in pair:
        simulator.cloudflare.delete_record(zone, record_id)

    await clock.passes(FULL_SYNC_INTERVAL)

    (record,) = (r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
    assert (record["content"], record["proxied"], record["comment"]) == (HOME, True, "flat")
    assert (issues(hass), state(hass, DNS)) == ([], "off")


async def test_the_user_is_asked_again_if_several_others_are_left(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, pair: tuple[str, str]
) -> None:
    """If the chosen record is gone and two others exist, only the user can know which it is."""
    simulator.cloudflare.delete_record(zone, pair[1])
    simulator.cloudflare.add_record(zone, **A | {"content": "81.2.69.151"})

    await clock.passes(FULL_SYNC_INTERVAL)

    assert contents(simulator) == [OLD, "81.2.69.151"]
    assert issues(hass) == ["record_ambiguous"]
