"""Removing a domain or a zone: records stay, unless the user enabled their deletion."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, OLD
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import Clock

OWNED, FOREIGN = "owned.example.com", "foreign.example.com"


@pytest.fixture
async def entry(hass: HomeAssistant, simulator: Simulator, zone: Zone) -> RaindropConfigEntry:
    """Set up an owned record and one that existed before, both to be deleted."""
    simulator.cloudflare.add_record(zone, type="A", name="foreign", content=OLD)
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in (OWNED, FOREIGN)])
    assert set(names(simulator)) == {OWNED, FOREIGN, "home.example.com"}
    return entry


def names(simulator: Simulator) -> list[str]:
    """Return the names that have a record."""
    return [record["name"] for record in simulator.cloudflare.records("example.com")]


def disable_deletion(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Let all domains of an entry leave their records after all."""
    for subentry in list(entry.subentries.values()):
        hass.config_entries.async_update_subentry(
            entry, subentry, data={**subentry.data, "delete": False}
        )


async def remove_domains(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Remove all domains of an entry, as a user does."""
    for subentry_id in list(entry.subentries):
        hass.config_entries.async_remove_subentry(entry, subentry_id)
        await hass.async_block_till_done()


async def test_s12_only_owned_records_are_deleted_with_their_domain(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """A record that Raindrop did not create is never deleted (S12)."""
    await remove_domains(hass, entry)
    assert set(names(simulator)) == {FOREIGN, "home.example.com"}
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)) == 1
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not [entity for entity in entities if entity.config_subentry_id]


async def test_a_paused_domain_is_deleted_like_any_other(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """A pause is about updates: what was ticked counts when the domain is removed."""
    switch = {"entity_id": "switch.owned_example_com_keep_up_to_date"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await hass.async_block_till_done()
    await remove_domains(hass, entry)
    assert set(names(simulator)) == {FOREIGN, "home.example.com"}


async def test_only_owned_records_are_deleted_with_their_zone(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Removing the entry deletes them, and leaves nothing in Home Assistant."""
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert set(names(simulator)) == {FOREIGN, "home.example.com"}
    assert not hass.states.async_all()
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)


async def test_a_record_type_that_is_cleared_is_deleted_with_the_domain(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Until the domain is removed, its record stays."""
    simulator.ip.set_address(HOME_V6)
    both = domain(OWNED, delete=True, families=["ipv4", "ipv6"])
    entry = await set_up(hass, zone, [both])
    assert names(simulator).count(OWNED) == 2
    (subentry,) = entry.subentries.values()
    data = {**subentry.data, "families": ["ipv4"]}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.async_block_till_done()
    await clock.full_syncs()
    assert names(simulator).count(OWNED) == 2
    await hass.config_entries.async_reload(entry.entry_id)
    await remove_domains(hass, entry)
    assert names(simulator) == ["home.example.com"]


async def test_by_default_records_are_not_deleted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A removed domain leaves its record, and Cloudflare is not called."""
    entry = await set_up(hass, zone, [domain(OWNED)])
    simulator.log.clear()
    await remove_domains(hass, entry)
    assert OWNED in names(simulator)
    assert simulator.log.count(service="cloudflare") == 0


async def test_a_record_that_cannot_be_deleted_is_logged(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A failure does not prevent the removal; the log names the record that is left."""
    simulator.faults.add("cloudflare", "DELETE *", kind="html")
    await remove_domains(hass, entry)
    assert OWNED in names(simulator)
    assert f"The records of removed domains could not be deleted yet: `A {OWNED}`" in caplog.text
    assert not entry.subentries


@pytest.mark.parametrize("is_revoked", [True, False], ids=["revoked", "no network"])
async def test_a_deletion_that_is_enabled_while_set_up_fails_is_remembered(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, *, is_revoked: bool
) -> None:
    """The domain is removed while the entry cannot be set up; its record is deleted later."""
    entry = await set_up(hass, zone, [domain(OWNED), domain("home.example.com")])
    if is_revoked:
        simulator.cloudflare.credentials.revoke(TOKEN)
    else:
        simulator.cloudflare.reachable = False
        simulator.faults.add("ip", kind="reset")
    await hass.config_entries.async_reload(entry.entry_id)
    (owned,) = [s for s in entry.subentries.values() if s.data["domain"] == OWNED]
    hass.config_entries.async_update_subentry(entry, owned, data={**owned.data, "delete": True})
    await hass.config_entries.async_reload(entry.entry_id)
    hass.config_entries.async_remove_subentry(entry, owned.subentry_id)
    simulator.cloudflare.add_token(TOKEN)
    simulator.cloudflare.reachable = True
    simulator.faults.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert names(simulator) == ["home.example.com"]


async def test_the_stored_state_is_removed_with_its_entry(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry, hass_storage: dict[str, object]
) -> None:
    """No addresses are left on disk."""
    key = f"raindrop.{entry.entry_id}"
    stored = hass_storage[key]
    assert isinstance(stored, dict)
    records = stored["data"].pop("records")
    record_keys = [f"A {FOREIGN}", f"A {OWNED}"]
    assert {key: record["last_address"] for key, record in records.items()} == dict.fromkeys(
        record_keys, HOME
    )
    assert stored["data"].pop("zone")["id"] == zone.id
    assert stored["data"] == {
        "events": [],
        "pending_deletions": dict.fromkeys(record_keys),
        "public_addresses": {"ipv4": HOME},
    }
    await hass.config_entries.async_remove(entry.entry_id)
    assert key not in hass_storage


async def test_two_zones_of_two_accounts_are_independent(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Each entry has its own credential; removing one does not stop the other."""
    other_token = TOKEN[::-1].replace("_", "-")[:40]
    other = simulator.cloudflare.add_zone("example.org", account="Other")
    simulator.cloudflare.add_token(other_token, account="Other")
    first = await set_up(hass, zone, [domain("www.example.com")])
    second = await set_up(hass, other, [domain("www.example.org")], token=other_token)
    assert simulator.cloudflare.records(other)[0]["content"] == HOME
    await hass.config_entries.async_remove(first.entry_id)
    simulator.ip.set_address("81.2.69.177")
    await second.runtime_data.async_update_now()
    assert simulator.cloudflare.records(other)[0]["content"] == "81.2.69.177"
    assert simulator.cloudflare.records(zone)[-1]["content"] == HOME


async def test_a_domain_that_is_removed_during_set_up_is_not_managed_any_more(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A change of the configuration during set-up is not missed."""
    entry = await set_up(hass, zone, [domain(OWNED)])
    hold = simulator.faults.add("cloudflare", "GET *", kind="hold")
    simulator.log.clear()
    reload = hass.async_create_task(hass.config_entries.async_reload(entry.entry_id))
    await simulator.log.arrived(1, service="cloudflare")
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    hold.release()
    simulator.faults.clear()
    await reload
    await hass.async_block_till_done()
    assert entry.runtime_data.config.managed_records == ()


async def test_domains_that_are_removed_in_quick_succession_are_all_deleted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A removal during the reload for another one leaves no record, and creates none again."""
    host_names = [f"n{number}.example.com" for number in range(12)]
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in host_names])
    for subentry_id in list(entry.subentries):
        hass.config_entries.async_remove_subentry(entry, subentry_id)
        await simulator.log.idle()
    await hass.async_block_till_done()
    assert names(simulator) == ["home.example.com"]


async def test_the_record_of_a_domain_that_is_removed_while_unloaded_is_deleted_later(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The deletion is pending until the entry is loaded again."""
    await hass.config_entries.async_unload(entry.entry_id)
    await remove_domains(hass, entry)
    assert OWNED in names(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert set(names(simulator)) == {FOREIGN, "home.example.com"}


async def test_a_failed_deletion_is_repeated_at_the_next_set_up(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """An outage only delays the deletion."""
    simulator.faults.add("cloudflare", "DELETE *", kind="html", times=1)
    await remove_domains(hass, entry)
    await hass.config_entries.async_reload(entry.entry_id)
    assert set(names(simulator)) == {FOREIGN, "home.example.com"}


async def test_a_deletion_that_was_disabled_again_deletes_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Only the last setting counts."""
    disable_deletion(hass, entry)
    await hass.async_block_till_done()
    await remove_domains(hass, entry)
    assert OWNED in names(simulator)


async def test_a_domain_that_cannot_be_read_deletes_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Malformed data do not count as a removed domain."""
    owned = next(s for s in entry.subentries.values() if s.data["domain"] == OWNED)
    before = simulator.cloudflare.records("example.com")
    data = {**owned.data, "families": ["ipv9"]}
    hass.config_entries.async_update_subentry(entry, owned, data=data)
    await hass.config_entries.async_reload(entry.entry_id)
    assert [d.name for d in entry.runtime_data.domains] == [FOREIGN]
    assert simulator.cloudflare.records("example.com") == before


async def test_a_source_that_is_off_deletes_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Records are deleted with their domain, not while their family is off."""
    options = {"sources": {**entry.options["sources"], "ipv4": []}}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done()
    await hass.config_entries.async_reload(entry.entry_id)
    assert OWNED in names(simulator)

    await remove_domains(hass, entry)
    assert set(names(simulator)) == {FOREIGN, "home.example.com"}


async def test_a_deletion_that_was_disabled_while_a_source_is_off_deletes_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The last setting counts also for records that are not managed at the moment."""
    options = {"sources": {**entry.options["sources"], "ipv4": []}}
    hass.config_entries.async_update_entry(entry, options=options)
    disable_deletion(hass, entry)
    await hass.async_block_till_done()
    await remove_domains(hass, entry)
    assert OWNED in names(simulator)


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param({"records": {"A": {"last_address": "81.2.69.142"}}}, id="no name"),
        pytest.param({"records": []}, id="list"),
        pytest.param({"records": {"A a.example": {"last_address": "no"}}}, id="no address"),
        pytest.param(
            {"records": {"TXT a.example": {"last_address": "81.2.69.142"}}}, id="other type"
        ),
        pytest.param({"events": [{"type": "unknown"}]}, id="unknown event"),
        pytest.param({"pending_deletions": [1]}, id="list of numbers"),
        pytest.param({"pending_deletions": {"A a.example": 1}}, id="number"),
        pytest.param({"public_addresses": {"ipv4": 5}}, id="number as an address"),
        pytest.param({"wait_until": 5}, id="number as a time"),
        pytest.param({"wait_until": "9999-12-31T23:00:00+00:00"}, id="far future"),
        pytest.param({"unconfirmed_at": "yesterday"}, id="no time"),
    ],
)
async def test_a_malformed_stored_state_is_ignored(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: RaindropConfigEntry,
    hass_storage: dict[str, dict[str, object]],
    malformed: dict[str, object],
) -> None:
    """A file that cannot be read does not prevent set-up."""
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"raindrop.{entry.entry_id}"]["data"] = malformed
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.runtime_data.data.is_converged
