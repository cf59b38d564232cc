"""Lists that are not complete, and records that cannot be read: no second record is created."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Detail
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import LIST, PUBLIC_IPV4, Clock, state


def contents(simulator: Simulator) -> list[object]:
    """Return the addresses at the two names."""
    return [r["content"] for r in simulator.cloudflare.records("example.com")]


@pytest.mark.parametrize("names", [["home"], ["home", "away"]], ids=["one name", "two names"])
@pytest.mark.parametrize(
    "kind, detail",
    [
        pytest.param("short_list", {}, id="short"),
        pytest.param("small_pages", {"size": 1, "shift": 1}, id="shifting pages"),
        pytest.param("body", {"body": '{"success":true,"result":[]}'}, id="no information"),
    ],
)
async def test_no_second_record_is_created_from_a_part_of_the_list(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    names: list[str],
    kind: str,
    detail: Detail,
) -> None:
    """While the list is short the records stay as they are; afterwards they follow."""
    await set_up(hass, zone, [domain(f"{name}.example.com") for name in names])
    simulator.cloudflare.add_record(zone, type="TXT", name="home", content="text")
    assert contents(simulator) == [*[HOME] * len(names), "text"]
    simulator.faults.add("cloudflare", LIST, kind=kind, **detail)
    simulator.ip.set_address(NEXT)

    await clock.cycles(2)

    assert contents(simulator) == [*[HOME] * len(names), "text"]
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert state(hass, "binary_sensor.home_example_com_dns_problem") == "on"

    simulator.faults.clear()
    await clock.cycles(2)
    assert contents(simulator) == [*[NEXT] * len(names), "text"]
    assert state(hass, "binary_sensor.home_example_com_dns_problem") == "off"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"type": "TXT", "name": "home.example.com", "content": None}, id="text"),
        pytest.param({"type": "A", "name": "away.example.com", "proxied": None}, id="address"),
        pytest.param({"type": "CNAME", "name": "w.example.com", "ttl": 300.0}, id="alias"),
    ],
)
async def test_an_odd_foreign_record_does_not_stop_the_zone(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    fields: dict[str, Any],
) -> None:
    """A record of somebody else that cannot be read is no reason to leave ours alone."""
    entry = await set_up(hass, zone, [domain("home.example.com"), domain("nas.example.com")])
    simulator.cloudflare.add_odd_record(zone, **fields)
    simulator.ip.set_address(NEXT)

    await clock.cycles()

    assert contents(simulator) == [NEXT, NEXT]
    assert entry.runtime_data.data.list_error is None
