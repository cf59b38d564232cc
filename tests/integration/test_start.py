"""Setting up an entry while the network is down, broken, or silent."""

from collections.abc import Iterator
from contextlib import contextmanager
import errno
import socket
from typing import Any

from aiohttp import BaseConnector
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import aiohttp_client
import pytest

from custom_components.raindrop import coordinator, first_update
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import TOKEN

from .builders import domain, new_entry, set_up
from .conftest import (
    LIST,
    PUBLIC_IPV4,
    Clock,
    endpoints,
    entry_state,
    press_update_now,
    state,
    submit_user_form,
)
from .router_entities import NAME, PROBLEM, contents, lines

BROKEN = [
    pytest.param(OSError(errno.ENODEV, "No such device"), id="no interface"),
    pytest.param(RuntimeError("the resolver is not running"), id="resolver"),
]


@contextmanager
def broken_connections(error: Exception, family: int | None = None) -> Iterator[None]:
    """Let Home Assistant fail to open connections, of one family or all."""
    get_connector = aiohttp_client._async_get_connector

    def fail(hass: HomeAssistant, *key: Any) -> BaseConnector:
        if family in (None, key[1]):
            raise error
        return get_connector(hass, *key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiohttp_client, "_async_get_connector", fail)
        yield


@pytest.mark.parametrize("error", BROKEN)
async def test_a_start_without_a_network_is_tried_again(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    error: Exception,
) -> None:
    """With the cable out, or a broken resolver, Home Assistant cannot open a session."""
    with broken_connections(error):
        entry = await set_up(hass, zone, [domain(NAME)])
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cannot_connect"

    await clock.cycles()
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert contents(simulator)[NAME] == HOME


@pytest.mark.parametrize("error", BROKEN)
async def test_the_first_form_says_that_there_is_no_network(
    hass: HomeAssistant, zone: Zone, error: Exception
) -> None:
    """The form can be sent again once the network is there."""
    with broken_connections(error):
        form = await submit_user_form(hass, zone=zone.name, key=TOKEN, domain="home")
    assert form["errors"] == {"base": "cannot_connect"}
    result = await submit_user_form(hass, zone=zone.name, key=TOKEN, domain="home")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("error", BROKEN)
async def test_connections_of_a_family_that_cannot_be_opened_end_no_update(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    error: Exception,
) -> None:
    """Its address is not known; Cloudflare is read, and nothing unexpected is logged."""
    with broken_connections(error, socket.AF_INET):
        entry = await set_up(hass, zone, [domain(NAME)])
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert state(hass, PUBLIC_IPV4) == "unavailable"
    assert state(hass, PROBLEM) == "on"
    assert contents(simulator)[NAME] == OLD

    await clock.cycles()
    assert state(hass, PUBLIC_IPV4) == HOME
    assert contents(simulator)[NAME] == HOME


@pytest.mark.parametrize("service", ["cloudflare", "ip"])
async def test_a_silent_network_does_not_delay_the_start(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
) -> None:
    """After a limit setup succeeds without what is not known yet, and the update goes on."""
    monkeypatch.setattr(first_update, "_LIMIT_S", 0.05)
    simulator.faults.add(service, kind="hold")  # type: ignore[arg-type]
    entry = await set_up(hass, zone, [domain(NAME, delete=True)])
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert state(hass, PUBLIC_IPV4) == "unavailable"
    assert state(hass, PROBLEM) == "unavailable"
    assert contents(simulator)[NAME] == OLD

    simulator.faults.clear()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, PUBLIC_IPV4) == HOME
    assert state(hass, PROBLEM) == "off"
    assert contents(simulator)[NAME] == HOME


async def test_after_a_slow_start_entities_show_what_did_not_change(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an unchanged record nor a domain without a record stays unavailable."""
    without_record = domain("away.example.com", families=["ipv6"], sources={"ipv6": []})
    entry = await set_up(hass, zone, [domain(NAME), without_record])
    monkeypatch.setattr(first_update, "_LIMIT_S", 0.05)
    simulator.faults.add("cloudflare", kind="hold")
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass, PROBLEM) == "unavailable"

    simulator.faults.clear()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert contents(simulator)[NAME] == HOME
    assert state(hass, PROBLEM) == "off"
    assert state(hass, "binary_sensor.away_example_com_dns_problem") == "off"


async def test_a_press_during_a_slow_start_waits_for_an_update_of_its_own(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update that setup began runs first, and the press reads the zone again."""
    monkeypatch.setattr(first_update, "_LIMIT_S", 0.05)
    hold = simulator.faults.add("cloudflare", kind="hold")
    await set_up(hass, zone, [domain(NAME)])
    press = hass.async_create_task(press_update_now(hass))
    simulator.ip.set_address(NEXT)
    simulator.faults.remove(hold)
    await press
    assert endpoints(simulator).count(LIST) == 2
    assert contents(simulator)[NAME] == NEXT


async def test_records_of_a_removed_domain_do_not_delay_the_start(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are deleted by the first update, which may go on after setup."""
    entry = await set_up(hass, zone, [domain(NAME), domain("old.example.com", delete=True)])
    monkeypatch.setattr(first_update, "_LIMIT_S", 0.05)
    await hass.config_entries.async_unload(entry.entry_id)
    removed = next(s for s in entry.subentries.values() if s.title == "old.example.com")
    hass.config_entries.async_remove_subentry(entry, removed.subentry_id)
    simulator.faults.add("cloudflare", kind="hold")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert "old.example.com" in contents(simulator)

    simulator.faults.clear()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "old.example.com" not in contents(simulator)


async def test_a_denied_credential_ends_the_setup(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Only Cloudflare's own word that the key is wrong ends it; the user is asked for another."""
    entry = await set_up(hass, zone, [domain(NAME)], token=f"{TOKEN[:-1]}x")
    assert entry_state(entry) is ConfigEntryState.SETUP_ERROR
    assert list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def test_an_unexpected_error_of_the_first_update_is_tried_again(
    hass: HomeAssistant,
    zone: Zone,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug is logged once, with its traceback, and setup is not ready yet."""
    entry = new_entry(zone, [domain(NAME)])
    entry.add_to_hass(hass)

    async def fail(*_args: object) -> None:
        raise LookupError("a bug")

    with monkeypatch.context() as bug:
        bug.setattr(coordinator, "update_zone", fail)
        await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert sum("Unexpected error" in line for line in lines(caplog, 40)) == 1
    await clock.cycles()
    assert entry_state(entry) is ConfigEntryState.LOADED
