"""The history of the home's address: sensors, the action, and what survives a restart."""

from datetime import timedelta
from ipaddress import ip_address
from itertools import pairwise
from typing import Any
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
import pytest

from custom_components.raindrop.address_history import AddressHistory, async_get_history
from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import Family
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import Clock, state

CHANGES = "sensor.example_com_ipv4_address_changes"
SINCE = "sensor.example_com_ipv4_address_since"
KEY = "raindrop.history"
HOUR = timedelta(hours=1)


async def history(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the action responds."""
    response: Any = await hass.services.async_call(
        DOMAIN, "history", blocking=True, return_response=True
    )
    return dict(response)


async def test_a_change_of_the_address_is_counted_and_listed(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The sensors show the number and the time, and the action what changed."""
    began = dt_util.parse_datetime(state(hass, SINCE))
    assert began is not None
    assert state(hass, CHANGES) == "0"
    await clock.passes(HOUR)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert state(hass, CHANGES) == "1"
    response = await history(hass)
    assert response["counts"] == {"ipv4": 1, "ipv6": 0}
    (change,) = response["changes"]
    changed_at = dt_util.parse_datetime(change.pop("changed_at"))
    assert changed_at is not None
    assert change == {
        "family": "ipv4",
        "from_ip": HOME,
        "to_ip": NEXT,
        "lasted_s": pytest.approx((changed_at - began).total_seconds(), abs=1),
    }
    assert change["lasted_s"] >= HOUR.total_seconds()
    assert dt_util.parse_datetime(state(hass, SINCE)) == changed_at.replace(microsecond=0)


async def test_the_number_of_changes_has_no_unit(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """A word as unit would read "1 changes", and another language would break statistics."""
    shown = hass.states.get(CHANGES)
    assert shown is not None
    assert ATTR_UNIT_OF_MEASUREMENT not in shown.attributes


async def test_a_change_that_several_zones_find_is_counted_once(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The home has one history, however many zones there are, and also if it moves back."""
    second = simulator.cloudflare.add_zone("example.org")
    await set_up(hass, second, [domain("home.example.org")])
    for address in (NEXT, HOME):
        simulator.ip.set_address(address)
        await clock.cycles(12)
    moves = [(change["from_ip"], change["to_ip"]) for change in (await history(hass))["changes"]]
    assert moves == [(NEXT, HOME), (HOME, NEXT)]
    assert state(hass, CHANGES) == state(hass, "sensor.example_org_ipv4_address_changes") == "2"


async def test_the_history_survives_a_restart(
    hass: HomeAssistant, hass_storage: dict[str, Any], zone: Zone, clock: Clock
) -> None:
    """What is stored is shown, and a change while Home Assistant was down is added."""
    change = {
        "changed_at": "2026-11-01T10:00:00+00:00",
        "family": "ipv4",
        "from_ip": NEXT,
        "to_ip": OLD,
        "lasted_s": None,
    }
    switch = {
        "switched_at": "2026-11-01T10:00:00+00:00",
        "domain": "home.example.com",
        "family": "ipv4",
        "from_connection": "Fibre",
        "to_connection": "LTE",
    }
    since = {OLD: change["changed_at"]}
    stored = {"changes": [change], "counts": {"ipv4": 7}, "since": since, "switches": [switch]}
    hass_storage[KEY] = {"version": 1, "minor_version": 1, "key": KEY, "data": stored}
    await set_up(hass, zone, [])
    async_get_history(hass).async_add(
        {Family.IPV4: ip_address(OLD)}, {Family.IPV4: ip_address(NEXT)}
    )
    response = await history(hass)
    assert response["counts"]["ipv4"] == 8
    assert response["changes"][1] == change
    assert response["switches"] == [switch]
    assert (response["changes"][0]["from_ip"], response["changes"][0]["to_ip"]) == (OLD, NEXT)
    assert response["changes"][0]["lasted_s"] > 0
    await clock.passes(timedelta(seconds=2))
    assert hass_storage[KEY]["data"]["counts"] == {"ipv4": 8}


@pytest.mark.parametrize(
    "stored",
    [
        [],
        {"changes": {}, "counts": {}, "since": {}},
        {"changes": [], "counts": {"ipv5": 1}, "since": {}},
        {"changes": [], "counts": {"ipv4": -1}, "since": {}},
        {"changes": [], "counts": {}, "since": {HOME: "yesterday"}},
        {"changes": [], "counts": {}, "since": {HOME: "0001-01-01T00:00:00+14:00"}},
        {"changes": [{"family": "ipv4"}], "counts": {}, "since": {}},
        {"changes": [], "counts": {}, "since": {}, "switches": [{"domain": "no host name"}]},
    ],
)
async def test_a_damaged_history_starts_empty(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    stored: object,
) -> None:
    """It is logged without what it held; the zone works, and the next change is counted."""
    hass_storage[KEY] = {"version": 1, "minor_version": 1, "key": KEY, "data": stored}
    await set_up(hass, zone, [domain("home.example.com")])
    assert "The address history could not be read" in caplog.text or not stored
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert state(hass, CHANGES) == "1"


async def test_fifty_changes_are_kept(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """The count goes on, and each change knows how long the address before lasted."""
    history = AddressHistory(hass)
    addresses = [ip_address(f"81.2.69.{number}") for number in range(1, 62)]
    history.async_add({}, {Family.IPV4: addresses[0]})
    for before, after in pairwise(addresses):
        freezer.tick(60)
        history.async_add({Family.IPV4: before}, {Family.IPV4: after})
    assert history.counts == {Family.IPV4: 60}
    assert len(history.changes) == 50
    assert {change.lasted_s for change in history.changes} == {60}
    assert history.since(addresses[-1]) == dt_util.utcnow()
    assert history.since(addresses[0]) is None


async def test_the_history_goes_with_the_last_zone(
    hass: HomeAssistant, hass_storage: dict[str, Any], clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Nothing of it stays behind, and a new zone begins a new one."""
    await clock.passes(timedelta(seconds=2))
    assert KEY in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert KEY not in hass_storage
    assert await history(hass) == {
        "changes": [],
        "counts": {"ipv4": 0, "ipv6": 0},
        "switches": [],
    }


async def test_a_history_that_cannot_be_deleted_is_not_shown_again(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A disk that fails is logged, and the last zone is removed all the same."""
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert (await history(hass))["counts"]["ipv4"] == 1
    with monkeypatch.context() as patch:
        patch.setattr(Store, "async_remove", AsyncMock(side_effect=OSError("read-only")))
        await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert (await history(hass))["changes"] == []
    assert "The address history could not be deleted" in caplog.text
