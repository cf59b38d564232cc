"""The clock: when a round runs, what it costs, and what failures lead to."""

import logging

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop.const import AUDIT_INTERVAL, DOMAIN, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Entry, Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import TOKEN

from .conftest import (
    BATCH,
    LIST,
    PUBLIC_IPV4,
    Clock,
    endpoints,
    entry_state,
    state,
    submit_user_form,
)


def ended(entry: Entry) -> float:
    """Return when a request was answered."""
    assert entry.end is not None
    return entry.end


def content(lab: Lab, zone: Zone) -> str:
    """Return the address that the record holds."""
    return str(lab.cloudflare.records(zone)[0]["content"])


async def test_while_nothing_changes_a_cycle_costs_one_look_up(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """In steady state Cloudflare's API is asked nothing, and one operator once a cycle."""
    lab.log.clear()
    await clock.cycles(10)
    assert lab.log.count(service="cloudflare") == 0
    assert lab.log.count(service="ip") == lab.log.count(service="ip", operator="cloudflare") == 10


async def test_a_changed_address_costs_two_look_ups_a_list_and_a_batch(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A change is confirmed, read and written once; the next cycle is silent again."""
    await clock.cycles()
    lab.log.clear()
    lab.ip.set_address(NEXT)
    await clock.cycles()
    assert content(lab, zone) == NEXT
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert endpoints(lab) == [LIST, BATCH]
    assert [e.operator for e in lab.log.select(service="ip")] == ["cloudflare", "ipify"]
    assert lab.log.connections(service="cloudflare") == 1
    assert lab.log.surprises == []

    lab.log.clear()
    await clock.cycles()
    assert (lab.log.count(service="cloudflare"), lab.log.count(service="ip")) == (0, 1)


async def test_the_list_and_the_confirming_look_up_go_out_side_by_side(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A change costs three round trips: look-up, list beside confirmation, batch."""
    lab.log.clear()
    lab.ip.set_address(NEXT)
    held = lab.faults.add("ip", "ipify", kind="hold")
    beside = lab.faults.add("cloudflare", LIST, kind="hold")
    clock_task = hass.async_create_task(clock.cycles())
    await lab.log.arrived(1, service="ip", operator="ipify")
    await lab.log.arrived(1, service="cloudflare")
    held.release()
    beside.release()
    await clock_task
    look_up, confirmation = lab.log.select(service="ip")
    (listing,) = lab.log.select(endpoint=LIST)
    (batch,) = lab.log.select(endpoint=BATCH)
    assert confirmation.overlaps(listing)
    assert ended(look_up) <= min(confirmation.begin, listing.begin)
    assert max(ended(confirmation), ended(listing)) <= batch.begin
    assert listing.connection == batch.connection
    assert content(lab, zone) == NEXT


async def test_a_cold_start_reads_once_and_writes_only_what_differs(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """After a restart the zone is read once; a record that is right is not written."""
    lab.log.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert endpoints(lab) == [LIST]

    lab.cloudflare.edit_record(zone, lab.cloudflare.records(zone)[0]["id"], content=OLD)
    lab.log.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert endpoints(lab) == [LIST, BATCH]
    assert content(lab, zone) == HOME


async def test_drift_is_repaired_within_the_hour_and_costs_nothing_between(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The zone is read once an hour, so that an edit by somebody else is put right."""
    await clock.cycles()
    lab.cloudflare.edit_record(zone, lab.cloudflare.records(zone)[0]["id"], content=OLD)
    lab.log.clear()
    await clock.cycles(int(AUDIT_INTERVAL / UPDATE_INTERVAL))
    assert content(lab, zone) == HOME
    assert endpoints(lab) == [LIST, BATCH]


async def test_s23_polling_goes_on_with_every_entity_disabled(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """DNS is kept for its own sake, not for somebody who looks (S23)."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.config_entries.async_reload(entry.entry_id)
    assert not hass.states.async_all()
    lab.ip.set_address(NEXT)
    await clock.cycles()
    assert content(lab, zone) == NEXT


async def test_a_failure_of_cloudflare_does_not_hide_the_address(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While Cloudflare is down the new address shows; one line is logged, then the recovery."""
    lab.faults.add("cloudflare", kind="html")
    lab.ip.set_address(NEXT)
    await clock.cycles(3)
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert content(lab, zone) == HOME
    lines = [r for r in caplog.records if r.name.startswith("custom_components.raindrop")]
    warnings = [r.getMessage() for r in lines if r.levelno >= logging.WARNING]
    assert warnings == [
        "example.com cannot be kept up to date: Cloudflare has a problem of its own (HTTP 502)"
    ]

    lab.faults.clear()
    await clock.cycles()
    assert content(lab, zone) == NEXT
    assert "example.com is up to date again" in caplog.text


async def test_s9_an_address_that_is_not_known_changes_nothing(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With all operators silent the sensor is unavailable and the record stays (S9)."""
    lab.faults.add("ip", kind="status")
    await clock.cycles(2)
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE
    assert content(lab, zone) == HOME
    assert caplog.text.count("no usable, agreed IPv4 address") == 1

    lab.faults.clear()
    await clock.cycles()
    assert state(hass, PUBLIC_IPV4) == HOME


async def test_s22_retry_after_is_honoured(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """After a 429 Cloudflare is left alone as long as it asks, then the change is written (S22)."""
    lab.faults.add("cloudflare", kind="rate_limit", retry_after=900, times=1)
    lab.ip.set_address(NEXT)
    lab.log.clear()
    await clock.cycles(3)
    assert endpoints(lab) == [LIST]
    await clock.cycles(1)
    assert endpoints(lab) == [LIST, LIST, BATCH]
    assert content(lab, zone) == NEXT


async def test_a_single_denial_is_forgiven_and_the_second_asks_for_a_key(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A spurious 403 does not start a reauth; two in a row do; then Cloudflare is left alone."""
    lab.faults.add("cloudflare", kind="spurious_403", times=1)
    lab.ip.set_address(NEXT)
    await clock.cycles(2)
    assert content(lab, zone) == NEXT
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)

    lab.faults.add("cloudflare", kind="spurious_403")
    lab.ip.set_address(HOME)
    lab.log.clear()
    await clock.cycles(5)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == "reauth"
    # Two that are believed, and one with which the form found out the reason.
    assert endpoints(lab) == [LIST, LIST, LIST]
    assert state(hass, PUBLIC_IPV4) == HOME

    lab.faults.clear()
    await clock.passes(AUDIT_INTERVAL)
    assert content(lab, zone) == HOME
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_set_up_waits_when_nothing_can_be_read(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Without a network set-up is tried again, and comes up by itself."""
    lab.faults.add("ip", kind="reset")
    lab.cloudflare.reachable = False
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert "Cloudflare could not be reached" in (entry.reason or "")

    lab.faults.clear()
    lab.cloudflare.reachable = True
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.LOADED


async def test_set_up_succeeds_when_only_cloudflare_is_down(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The address shows at once, and the record follows when Cloudflare is back."""
    lab.cloudflare.reachable = False
    lab.ip.set_address(NEXT)
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert state(hass, PUBLIC_IPV4) == NEXT
    lab.cloudflare.reachable = True
    await clock.cycles()
    assert content(lab, zone) == NEXT


async def test_a_conflict_is_told_and_ends_with_its_cause(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A twin that cannot be told apart stops the slot; the other records are never touched."""
    twin = lab.cloudflare.add_record(zone, type="A", name="home", content=OLD)
    lab.cloudflare.edit_record(zone, lab.cloudflare.records(zone)[0]["id"], content="81.2.69.199")
    await clock.passes(AUDIT_INTERVAL)
    assert "A record of home.example.com: ambiguous" in caplog.text
    assert {r["content"] for r in lab.cloudflare.records(zone)} == {OLD, "81.2.69.199"}

    lab.cloudflare.delete_record(zone, twin["id"])
    await clock.cycles()
    assert content(lab, zone) == HOME


async def test_an_unloaded_entry_asks_nobody(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A disabled entry leaves no timer behind."""
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    lab.log.clear()
    await clock.cycles(2)
    assert not lab.log.entries


async def test_two_zones_share_one_detection(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """What one entry found out, the next need not ask two operators for."""
    lab.cloudflare.add_zone("example.org")
    lab.log.clear()
    await submit_user_form(hass, zone="example.org", key=TOKEN, domain="@")
    assert {e.operator for e in lab.log.select(service="ip")} == {"cloudflare"}
    assert lab.cloudflare.records("example.org")[0]["content"] == HOME


async def test_a_press_during_a_round_runs_a_round_of_its_own(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The zone is read after the press, whatever was under way."""
    clock.jumps(UPDATE_INTERVAL)
    hold = lab.faults.add("ip", "cloudflare", kind="hold")
    lab.log.clear()
    polling = hass.async_create_task(entry.runtime_data.async_refresh())
    await lab.log.arrived(1, service="ip")
    press = hass.async_create_task(entry.runtime_data.async_update_now())
    hold.release()
    lab.faults.clear()
    await polling
    await press
    assert endpoints(lab) == [LIST]


async def test_an_entity_that_fails_does_not_silence_the_others(
    hass: HomeAssistant, entry: RaindropConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener that raises is logged, and those after it are told."""
    told: list[int] = []

    def broken() -> None:
        raise RuntimeError("a bug")

    entry.runtime_data.async_add_listener(broken)
    entry.runtime_data.async_add_listener(lambda: told.append(1))
    entry.runtime_data.async_update_listeners()
    assert told == [1]
    assert "could not be told" in caplog.text
