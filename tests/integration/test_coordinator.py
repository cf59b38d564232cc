"""The coordinator: when an update runs, which requests it sends, and what failures lead to."""

import logging

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop import coordinator
from custom_components.raindrop.const import DOMAIN, FULL_SYNC_INTERVAL, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Entry, Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import TOKEN

from .conftest import (
    BATCH,
    LIST,
    PUBLIC_IPV4,
    USER_TOKEN,
    ZONE,
    Clock,
    endpoints,
    entry_state,
    state,
    submit_user_form,
)

LATER = "81.2.69.146"


def ended(entry: Entry) -> float:
    """Return when a request was answered."""
    assert entry.end is not None
    return entry.end


def content(simulator: Simulator, zone: Zone) -> str:
    """Return the address that the record holds."""
    return str(simulator.cloudflare.records(zone)[0]["content"])


async def test_an_update_without_changes_sends_one_request(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """In steady state one provider is asked in each cycle, and Cloudflare never."""
    simulator.log.clear()
    await clock.cycles(10)
    assert simulator.log.count(service="cloudflare") == 0
    assert (
        simulator.log.count(service="ip")
        == simulator.log.count(service="ip", provider="cloudflare")
        == 10
    )


async def test_a_changed_address_costs_two_responses_a_list_and_a_batch(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A change is confirmed, the zone read and written once; the next cycle is ordinary again."""
    await clock.cycles()
    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert content(simulator, zone) == NEXT
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert endpoints(simulator) == [LIST, BATCH]
    assert [e.provider for e in simulator.log.select(service="ip")] == ["cloudflare", "ipify"]
    assert simulator.log.connections(service="cloudflare") == 1
    assert simulator.log.surprises == []

    simulator.log.clear()
    await clock.cycles()
    assert (simulator.log.count(service="cloudflare"), simulator.log.count(service="ip")) == (0, 1)


async def test_the_list_and_the_confirmation_are_requested_side_by_side(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A change costs three round trips: first provider, list beside confirmation, batch."""
    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    held = simulator.faults.add("ip", "ipify", kind="hold")
    beside = simulator.faults.add("cloudflare", LIST, kind="hold")
    clock_task = hass.async_create_task(clock.cycles())
    await simulator.log.arrived(1, service="ip", provider="ipify")
    await simulator.log.arrived(1, service="cloudflare")
    held.release()
    beside.release()
    await clock_task
    first, confirmation = simulator.log.select(service="ip")
    (listing,) = simulator.log.select(endpoint=LIST)
    (batch,) = simulator.log.select(endpoint=BATCH)
    assert confirmation.overlaps(listing)
    assert ended(first) <= min(confirmation.begin, listing.begin)
    assert max(ended(confirmation), ended(listing)) <= batch.begin
    assert listing.connection == batch.connection
    assert content(simulator, zone) == NEXT


async def test_a_cold_start_reads_once_and_writes_only_what_differs(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """After a restart the zone is read once, with its records; one in sync is not written."""
    simulator.log.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert endpoints(simulator) == [LIST, ZONE]

    simulator.cloudflare.edit_record(zone, simulator.cloudflare.records(zone)[0]["id"], content=OLD)
    simulator.log.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    # The last two are sent side by side.
    assert sorted(endpoints(simulator)) == sorted([LIST, BATCH, ZONE])
    assert content(simulator, zone) == HOME


async def test_drift_is_corrected_by_the_hourly_full_sync(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The zone is read once an hour, and not in between; an external change is corrected."""
    await clock.cycles()
    simulator.cloudflare.edit_record(zone, simulator.cloudflare.records(zone)[0]["id"], content=OLD)
    simulator.log.clear()
    await clock.cycles(int(FULL_SYNC_INTERVAL / UPDATE_INTERVAL))
    assert content(simulator, zone) == HOME
    assert endpoints(simulator) == [LIST, BATCH, USER_TOKEN]


async def test_s23_polling_goes_on_with_every_entity_disabled(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Records are kept in sync even if no entity shows them (S23)."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.config_entries.async_reload(entry.entry_id)
    assert not hass.states.async_all()
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert content(simulator, zone) == NEXT


async def test_a_failure_of_cloudflare_does_not_hide_the_address(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While Cloudflare is down the new address is shown; one line is logged, then the recovery."""
    simulator.faults.add("cloudflare", kind="html")
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert state(hass, PUBLIC_IPV4) == NEXT
    assert content(simulator, zone) == HOME
    lines = [r for r in caplog.records if r.name.startswith("custom_components.raindrop")]
    warnings = [r.getMessage() for r in lines if r.levelno >= logging.WARNING]
    assert warnings == [
        "example.com cannot be kept up to date: Cloudflare is having problems (HTTP 502)"
    ]

    simulator.faults.clear()
    await clock.cycles()
    assert content(simulator, zone) == NEXT
    assert "example.com is up to date again" in caplog.text


async def test_s9_an_address_that_is_not_known_changes_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a response of any provider the sensor is unavailable and the record stays (S9)."""
    simulator.faults.add("ip", kind="status")
    await clock.cycles(2)
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE
    assert content(simulator, zone) == HOME
    assert caplog.text.count("no usable, agreed IPv4 address") == 1

    simulator.faults.clear()
    await clock.cycles()
    assert state(hass, PUBLIC_IPV4) == HOME


async def test_s22_retry_after_is_honoured(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """After a 429 Cloudflare is not called before `Retry-After` has passed (S22)."""
    simulator.faults.add("cloudflare", kind="rate_limit", retry_after=900, times=1)
    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    await clock.cycles(3)
    assert endpoints(simulator) == [LIST]
    await clock.cycles(1)
    assert endpoints(simulator) == [LIST, LIST, BATCH]
    assert content(simulator, zone) == NEXT


async def test_a_second_denial_in_a_row_starts_a_reauth(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A single spurious 403 does not; after two in a row there is one list in each update."""
    simulator.faults.add("cloudflare", kind="spurious_403", times=1)
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert content(simulator, zone) == NEXT
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)

    simulator.faults.add("cloudflare", kind="spurious_403")
    simulator.ip.set_address(LATER)
    simulator.log.clear()
    await clock.cycles(5)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == "reauth"
    # One in each update, and one request of the form to find out the reason.
    assert endpoints(simulator) == [LIST] * 6
    assert state(hass, PUBLIC_IPV4) == LATER

    simulator.faults.clear()
    await clock.cycles()
    assert content(simulator, zone) == LATER
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_a_reauth_of_an_earlier_coordinator_ends_when_the_key_is_accepted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """An update that ends while its entry is unloaded may start one after the reload began."""
    await hass.config_entries.async_reload(entry.entry_id)
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN)

    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert content(simulator, zone) == NEXT
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_set_up_is_retried_when_nothing_can_be_read(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Without a network set-up fails and is tried again."""
    simulator.faults.add("ip", kind="reset")
    simulator.cloudflare.reachable = False
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert "Couldn't connect to Cloudflare" in (entry.reason or "")

    simulator.faults.clear()
    simulator.cloudflare.reachable = True
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.LOADED


async def test_set_up_succeeds_when_only_cloudflare_is_down(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The address is shown at once, and the record updated when Cloudflare is back."""
    simulator.cloudflare.reachable = False
    simulator.ip.set_address(NEXT)
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert state(hass, PUBLIC_IPV4) == NEXT
    simulator.cloudflare.reachable = True
    await clock.cycles()
    assert content(simulator, zone) == NEXT


async def test_a_conflict_is_logged_and_ends_with_its_cause(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While it is unknown which of two records is this home's, neither is changed."""
    second = simulator.cloudflare.add_record(zone, type="A", name="home", content=OLD)
    simulator.cloudflare.edit_record(
        zone, simulator.cloudflare.records(zone)[0]["id"], content="81.2.69.199"
    )
    await clock.passes(FULL_SYNC_INTERVAL)
    assert "A record of home.example.com: ambiguous" in caplog.text
    assert {r["content"] for r in simulator.cloudflare.records(zone)} == {OLD, "81.2.69.199"}

    simulator.cloudflare.delete_record(zone, second["id"])
    await clock.cycles()
    assert content(simulator, zone) == HOME


async def test_two_zones_share_one_detection(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """An address that one entry accepted is confirmed by one provider for the next."""
    simulator.cloudflare.add_zone("example.org")
    simulator.log.clear()
    await submit_user_form(hass, zone="example.org", key=TOKEN, domain="@")
    assert {e.provider for e in simulator.log.select(service="ip", family=4)} == {"cloudflare"}
    assert simulator.cloudflare.records("example.org")[0]["content"] == HOME


async def test_an_update_now_during_an_update_runs_after_it(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The zone is read after the request, whatever was running."""
    clock.jumps(UPDATE_INTERVAL)
    hold = simulator.faults.add("ip", "cloudflare", kind="hold")
    simulator.log.clear()
    polling = hass.async_create_task(entry.runtime_data.async_refresh())
    await simulator.log.arrived(1, service="ip")
    update_now = hass.async_create_task(entry.runtime_data.async_update_now())
    hold.release()
    simulator.faults.clear()
    await polling
    await update_now
    assert endpoints(simulator) == [LIST]


async def test_a_listener_that_fails_does_not_stop_the_others(
    hass: HomeAssistant, entry: RaindropConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener that raises is logged, and those after it are called."""
    called: list[int] = []

    def broken() -> None:
        raise RuntimeError("a bug")

    entry.runtime_data.async_add_listener(broken)
    entry.runtime_data.async_add_listener(lambda: called.append(1))
    entry.runtime_data.async_update_listeners()
    assert called == [1]
    assert "Unexpected error updating listener" in caplog.text


async def test_an_unexpected_error_is_logged_and_the_next_update_succeeds(
    hass: HomeAssistant,
    clock: Clock,
    entry: RaindropConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug makes the entities unavailable, and whoever requested the update gets an error."""

    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(coordinator, "update_zone", broken)
        with pytest.raises(HomeAssistantError) as caught:
            await entry.runtime_data.async_update_now()
    assert caught.value.translation_key == "interrupted"
    assert "Unexpected error updating raindrop example.com" in caplog.text
    assert state(hass, PUBLIC_IPV4) == STATE_UNAVAILABLE

    await clock.cycles()
    assert state(hass, PUBLIC_IPV4) == HOME
