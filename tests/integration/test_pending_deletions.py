"""Records that are deleted with their domain: until it is done, or named by a repair."""

from datetime import timedelta
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop import record_deletions
from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.library.zone_updater import BATCH, LIST
from tests.secrets import TOKEN

from .builders import domain, new_entry, set_up
from .conftest import Clock, endpoints, press_update_now
from .domain_forms import OWNER

KEPT, REMOVED = "kept.example.com", "removed.example.com"
DELETE = "DELETE *"
HOUR = timedelta(hours=1)


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> RaindropConfigEntry:
    """Set up two domains, whose records are deleted with them."""
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in (KEPT, REMOVED)])
    assert names(simulator) == {KEPT, REMOVED, "home.example.com"}
    return entry


def names(simulator: Simulator) -> set[str]:
    """Return the names that have a record."""
    return {record["name"] for record in simulator.cloudflare.records("example.com")}


def issue(hass: HomeAssistant, key: str) -> ir.IssueEntry | None:
    """Return the issue with a translation key."""
    found = [i for i in ir.async_get(hass).issues.values() if i.translation_key == key]
    assert len(found) <= 1
    return found[0] if found else None


def placeholders(hass: HomeAssistant, key: str) -> dict[str, str]:
    """Return the placeholders of the only issue with a translation key."""
    found = issue(hass, key)
    assert found
    assert found.translation_placeholders
    return found.translation_placeholders


async def remove_domain(
    hass: HomeAssistant, entry: RaindropConfigEntry, name: str = REMOVED
) -> None:
    """Remove a domain."""
    (removed,) = [s for s in entry.subentries.values() if s.data["domain"] == name]
    hass.config_entries.async_remove_subentry(entry, removed.subentry_id)
    await hass.async_block_till_done()


async def test_a_record_is_deleted_as_soon_as_cloudflare_is_reachable_again(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """An outage while a domain is removed only delays the deletion; no reload is needed."""
    simulator.cloudflare.reachable = False
    await remove_domain(hass, entry)
    await clock.cycles()
    assert REMOVED in names(simulator)

    simulator.cloudflare.reachable = True
    await clock.cycles(2)
    assert names(simulator) == {KEPT, "home.example.com"}


async def test_a_deletion_that_fails_is_repeated_by_the_full_sync_and_becomes_a_repair(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The repair names the record and the reason, and disappears with its cause."""
    refusal = simulator.faults.add(
        "cloudflare", DELETE, kind="error", status=400, code=81053, message="managed elsewhere"
    )
    await remove_domain(hass, entry)
    assert issue(hass, "deletion_failed") is None

    await clock.passes(HOUR)
    shown = placeholders(hass, "deletion_failed")
    assert shown["records"] == f"`A {REMOVED}`"
    assert "managed elsewhere" in shown["reason"]
    assert len(simulator.log.select(method="DELETE")) == 2

    simulator.faults.remove(refusal)
    await clock.passes(HOUR)
    assert names(simulator) == {KEPT, "home.example.com"}
    assert issue(hass, "deletion_failed") is None


async def test_a_domain_that_is_back_needs_no_deletion_and_no_repair(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Also while Cloudflare cannot be reached."""
    (removed,) = [s for s in entry.subentries.values() if s.data["domain"] == REMOVED]
    simulator.faults.add("cloudflare", DELETE, kind="error", status=400, code=81053)
    await remove_domain(hass, entry)
    await clock.passes(HOUR)
    assert issue(hass, "deletion_failed")

    simulator.cloudflare.reachable = False
    hass.config_entries.async_add_subentry(entry, removed)
    await hass.async_block_till_done()
    assert issue(hass, "deletion_failed") is None
    simulator.cloudflare.reachable = True
    await clock.passes(HOUR)
    assert REMOVED in names(simulator)


async def test_a_deletion_that_succeeds_ends_the_request_for_another_key(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Also in a zone without domains, which is read for its deletions alone."""
    entry = await set_up(hass, zone, [domain(REMOVED, delete=True)])
    simulator.cloudflare.credentials.revoke(TOKEN)
    await remove_domain(hass, entry)
    await clock.passes(HOUR)
    await clock.passes(HOUR)
    assert [*entry.async_get_active_flows(hass, {SOURCE_REAUTH})]

    simulator.cloudflare.add_token(TOKEN)
    await clock.passes(HOUR)
    assert REMOVED not in names(simulator)
    assert not [*entry.async_get_active_flows(hass, {SOURCE_REAUTH})]


async def test_the_record_of_the_last_domain_is_deleted_too(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A zone without domains deletes at its full syncs what is left, and then is quiet."""
    entry = await set_up(hass, zone, [domain(REMOVED, delete=True)])
    simulator.faults.add("cloudflare", DELETE, kind="html")
    await remove_domain(hass, entry)
    assert REMOVED in names(simulator)
    simulator.faults.clear()
    simulator.log.clear()
    await clock.cycles(2)
    assert endpoints(simulator) == []

    await clock.passes(HOUR)
    assert names(simulator) == {"home.example.com"}
    simulator.log.clear()
    await clock.passes(HOUR)
    assert endpoints(simulator) == []


@pytest.mark.parametrize("is_restarted", [False, True], ids=["running", "reloaded"])
async def test_a_record_that_a_late_write_creates_is_deleted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, *, is_restarted: bool
) -> None:
    """A create that was under way when its domain was removed leaves no orphan."""
    simulator.faults.add("cloudflare", BATCH, kind="reset", times=1)
    entry = await set_up(hass, zone, [domain(KEPT), domain(REMOVED, delete=True)])
    assert REMOVED not in names(simulator)
    comment = OWNER
    await remove_domain(hass, entry)

    simulator.cloudflare.add_record(zone, type="A", name=REMOVED, content=HOME, comment=comment)
    if is_restarted:
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    await clock.passes(HOUR)
    assert names(simulator) == {KEPT, "home.example.com"}

    simulator.cloudflare.add_record(zone, type="A", name=REMOVED, content=HOME, comment=comment)
    await clock.passes(HOUR)
    assert REMOVED in names(simulator), "the domain was removed two hours ago"


async def test_a_record_that_a_write_creates_minutes_later_is_deleted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A domain is not done with before no write can create its record any more."""
    simulator.faults.add("cloudflare", BATCH, kind="reset", times=1)
    entry = await set_up(hass, zone, [domain(KEPT), domain(REMOVED, delete=True)])
    await remove_domain(hass, entry)
    await clock.cycles()

    simulator.cloudflare.add_record(zone, type="A", name=REMOVED, content=HOME, comment=OWNER)
    await clock.passes(HOUR)
    assert names(simulator) == {KEPT, "home.example.com"}


async def test_a_late_write_is_deleted_although_the_clock_is_set_back(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A time of removal in the future counts as now, so that the record is looked for again."""
    simulator.faults.add("cloudflare", BATCH, kind="reset", times=1)
    entry = await set_up(hass, zone, [domain(KEPT), domain(REMOVED, delete=True)])
    await remove_domain(hass, entry)
    clock.jumps(-3 * HOUR)
    await press_update_now(hass)

    simulator.cloudflare.add_record(zone, type="A", name=REMOVED, content=HOME, comment=OWNER)
    await press_update_now(hass)

    assert names(simulator) == {KEPT, "home.example.com"}


async def test_the_repair_comes_in_time_although_the_clock_is_set_back(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A deletion that fails is a repair after 15 minutes, and not when the clock has caught up."""
    simulator.faults.add("cloudflare", DELETE, kind="error", status=400, code=81053)
    await remove_domain(hass, entry)
    clock.jumps(-3 * HOUR)
    await press_update_now(hass)
    assert issue(hass, "deletion_failed") is None

    clock.jumps(timedelta(minutes=15))
    await press_update_now(hass)

    assert issue(hass, "deletion_failed")


async def test_a_domain_that_is_added_again_keeps_its_record(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Only what is not configured any more is deleted."""
    simulator.faults.add("cloudflare", DELETE, kind="html")
    await remove_domain(hass, entry)
    (again,) = new_entry(zone, [domain(REMOVED)]).subentries.values()
    hass.config_entries.async_add_subentry(entry, again)
    await hass.async_block_till_done()
    simulator.faults.clear()
    await clock.passes(HOUR)
    assert names(simulator) == {KEPT, REMOVED, "home.example.com"}


async def test_many_domains_that_are_removed_with_their_zone_are_deleted_in_one_batch(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A hundred records cost one list and one batch."""
    host_names = [f"n{number}.example.com" for number in range(100)]
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in host_names])
    simulator.log.clear()
    await hass.config_entries.async_remove(entry.entry_id)
    assert names(simulator) == {"home.example.com"}
    assert endpoints(simulator) == [LIST, BATCH]
    assert issue(hass, "records_left") is None


async def test_records_that_are_left_when_a_zone_is_removed_are_a_persistent_repair(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Cloudflare is down: the repair names the records, and the user can dismiss it."""
    simulator.cloudflare.reachable = False
    await hass.config_entries.async_remove(entry.entry_id)

    expected = {"zone": "example.com", "records": f"`A {KEPT}`, `A {REMOVED}`"}
    assert expected.items() <= placeholders(hass, "records_left").items()
    left = issue(hass, "records_left")
    assert left
    assert left.is_persistent
    assert not left.is_fixable
    assert " yet" not in caplog.text
    ir.async_ignore_issue(hass, DOMAIN, left.issue_id, ignore=True)


async def test_only_the_records_that_are_left_are_named(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A record that Cloudflare refuses to delete is named, those that were deleted are not."""
    host_names = [f"n{number}.example.com" for number in range(4)]
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in host_names])
    for _ in range(2):
        simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=81053, times=1)
    simulator.faults.add("cloudflare", DELETE, kind="error", status=400, code=81053, times=1)
    await hass.config_entries.async_remove(entry.entry_id)
    assert placeholders(hass, "records_left")["records"] == "`A n0.example.com`"
    assert names(simulator) == {"n0.example.com", "home.example.com"}


async def test_a_long_list_of_records_is_shortened(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A repair names twenty records and counts the others."""
    host_names = [f"n{number}.example.com" for number in range(25)]
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in host_names])
    simulator.cloudflare.reachable = False
    await hass.config_entries.async_remove(entry.entry_id)
    shown = placeholders(hass, "records_left")["records"]
    assert shown.count("`A ") == 20
    assert shown.endswith(", … (+5)")


async def test_a_silent_cloudflare_holds_up_no_removal(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All deletions together have one limit; what was not deleted by then is named."""
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in (KEPT, REMOVED)])
    assert record_deletions._LIMIT_S <= 20
    monkeypatch.setattr(record_deletions, "_LIMIT_S", 0.05)
    simulator.faults.add("cloudflare", kind="hang")
    await hass.config_entries.async_remove(entry.entry_id)
    assert placeholders(hass, "records_left")["records"] == f"`A {KEPT}`, `A {REMOVED}`"
    simulator.faults.clear()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"key": "not a token"}, id="malformed key"),
        pytest.param({"key": None}, id="no key"),
    ],
)
async def test_records_are_named_if_no_request_is_possible(
    hass: HomeAssistant, entry: RaindropConfigEntry, data: dict[str, Any]
) -> None:
    """A zone whose credential is damaged can be removed, and its records are named."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, **data})
    await hass.async_block_till_done()
    await hass.config_entries.async_remove(entry.entry_id)
    assert placeholders(hass, "records_left")["records"] == f"`A {KEPT}`, `A {REMOVED}`"


async def test_a_deletion_survives_an_address_change(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The record of a removed domain is deleted by the next update that reads the zone."""
    simulator.faults.add("cloudflare", DELETE, kind="html", times=1)
    await remove_domain(hass, entry)
    assert REMOVED in names(simulator)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert names(simulator) == {KEPT, "home.example.com"}


async def test_the_repair_ends_if_the_second_try_deletes_what_was_left(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """After a write without a response the deletion is repeated, and nothing may be left."""
    simulator.faults.add("cloudflare", BATCH, kind="reset", times=1)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    simulator.cloudflare.reachable = False
    await hass.config_entries.async_remove(entry.entry_id)
    assert issue(hass, "records_left")

    simulator.cloudflare.reachable = True
    await clock.passes(timedelta(minutes=1))
    assert names(simulator) == {"home.example.com"}
    assert issue(hass, "records_left") is None


async def test_the_reason_is_quoted_without_markdown(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A repair is shown as Markdown, and what Cloudflare says is not."""
    message = "[here](https://example.org)"
    simulator.faults.add("cloudflare", DELETE, kind="error", status=400, code=1, message=message)
    await remove_domain(hass, entry)
    await clock.passes(HOUR)
    assert r"\[here\]" in placeholders(hass, "deletion_failed")["reason"]
