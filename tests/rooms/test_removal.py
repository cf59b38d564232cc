"""Removing a domain or a zone leaves DNS alone, unless the user wanted otherwise."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, OLD
from tests.secrets import TOKEN

from .builders import domain, set_up

OURS, THEIRS = "ours.example.com", "theirs.example.com"


@pytest.fixture
async def kept(hass: HomeAssistant, lab: Lab, zone: Zone) -> RaindropConfigEntry:
    """Keep a record that Raindrop created and one that it did not, both to be deleted."""
    lab.cloudflare.add_record(zone, type="A", name="theirs", content=OLD)
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in (OURS, THEIRS)])
    assert set(names(lab)) == {OURS, THEIRS, "home.example.com"}
    return entry


def names(lab: Lab) -> list[str]:
    """Return the names that have a record."""
    return [record["name"] for record in lab.cloudflare.records("example.com")]


def take_back_ticks(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Let all domains of an entry leave their records, as a user does who thinks again."""
    for subentry in list(entry.subentries.values()):
        hass.config_entries.async_update_subentry(
            entry, subentry, data={**subentry.data, "delete": False}
        )


async def remove_domains(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Remove all domains of an entry, as a user does."""
    for subentry_id in list(entry.subentries):
        hass.config_entries.async_remove_subentry(entry, subentry_id)
        await hass.async_block_till_done()


async def test_s12_a_removed_domain_takes_only_records_of_our_own_with_it(
    hass: HomeAssistant, lab: Lab, kept: RaindropConfigEntry
) -> None:
    """What Raindrop did not create is never deleted, whatever was ticked (S12)."""
    await remove_domains(hass, kept)
    assert set(names(lab)) == {THEIRS, "home.example.com"}
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), kept.entry_id)) == 1
    entities = er.async_entries_for_config_entry(er.async_get(hass), kept.entry_id)
    assert not [entity for entity in entities if entity.config_subentry_id]


async def test_a_removed_zone_does_the_same(
    hass: HomeAssistant, lab: Lab, kept: RaindropConfigEntry
) -> None:
    """Deleting the entry deletes what was ticked, and nothing stays in Home Assistant."""
    await hass.config_entries.async_remove(kept.entry_id)
    await hass.async_block_till_done()
    assert set(names(lab)) == {THEIRS, "home.example.com"}
    assert not hass.states.async_all()
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), kept.entry_id)


async def test_without_the_tick_dns_stays(hass: HomeAssistant, lab: Lab, zone: Zone) -> None:
    """By default a removed domain keeps its record, and Cloudflare is asked nothing for it."""
    entry = await set_up(hass, zone, [domain(OURS)])
    lab.log.clear()
    await remove_domains(hass, entry)
    assert OURS in names(lab)
    assert lab.log.count(service="cloudflare") == 0


async def test_a_record_that_cannot_be_deleted_is_left_and_told(
    hass: HomeAssistant,
    lab: Lab,
    kept: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A failure does not hold up the removal; the log names what is left behind."""
    lab.cloudflare.reachable = False
    await remove_domains(hass, kept)
    assert OURS in names(lab)
    assert f"The records of {OURS} could not be deleted" in caplog.text
    assert not kept.subentries


@pytest.mark.parametrize("is_revoked", [True, False], ids=["revoked", "no network"])
async def test_a_tick_that_was_set_while_nothing_could_be_set_up_counts(
    hass: HomeAssistant, lab: Lab, zone: Zone, *, is_revoked: bool
) -> None:
    """A wish that an entry heard while it could not start is remembered until it can."""
    entry = await set_up(hass, zone, [domain(OURS), domain("home.example.com")])
    if is_revoked:
        lab.cloudflare.credentials.revoke(TOKEN)
    else:
        lab.cloudflare.reachable = False
        lab.faults.add("ip", kind="reset")
    await hass.config_entries.async_reload(entry.entry_id)
    (ours,) = [s for s in entry.subentries.values() if s.unique_id == OURS]
    hass.config_entries.async_update_subentry(entry, ours, data={**ours.data, "delete": True})
    await hass.config_entries.async_reload(entry.entry_id)
    hass.config_entries.async_remove_subentry(entry, ours.subentry_id)
    lab.cloudflare.add_token(TOKEN)
    lab.cloudflare.reachable = True
    lab.faults.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert names(lab) == ["home.example.com"]


async def test_what_an_entry_remembers_goes_with_it(
    hass: HomeAssistant, kept: RaindropConfigEntry, hass_storage: dict[str, object]
) -> None:
    """The addresses on disk are those of an entry that exists."""
    key = f"raindrop.{kept.entry_id}"
    stored = hass_storage[key]
    assert isinstance(stored, dict)
    slots = [f"A {OURS}", f"A {THEIRS}"]
    assert stored["data"] == {
        "failed": [],
        "kept": dict.fromkeys(slots, HOME),
        "public": {"A": HOME},
        "retiring": slots,
    }
    await hass.config_entries.async_remove(kept.entry_id)
    assert key not in hass_storage


async def test_two_zones_of_two_accounts_live_side_by_side(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Each entry has its own credential and zone; removing one leaves the other at work."""
    other_token = TOKEN[::-1].replace("_", "-")[:40]
    other = lab.cloudflare.add_zone("example.org", account="Neighbour")
    lab.cloudflare.add_token(other_token, account="Neighbour")
    first = await set_up(hass, zone, [domain("www.example.com")])
    second = await set_up(hass, other, [domain("www.example.org")], token=other_token)
    assert lab.cloudflare.records(other)[0]["content"] == HOME
    await hass.config_entries.async_remove(first.entry_id)
    lab.ip.set_address("81.2.69.177")
    await second.runtime_data.async_update_now()
    assert lab.cloudflare.records(other)[0]["content"] == "81.2.69.177"
    assert lab.cloudflare.records(zone)[-1]["content"] == HOME


async def test_a_domain_removed_while_the_zone_is_set_up_is_not_written_any_more(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """What the user changes during set-up is not missed."""
    entry = await set_up(hass, zone, [domain(OURS)])
    hold = lab.faults.add("cloudflare", "GET *", kind="hold")
    lab.log.clear()
    reload = hass.async_create_task(hass.config_entries.async_reload(entry.entry_id))
    await lab.log.arrived(1, service="cloudflare")
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    hold.release()
    lab.faults.clear()
    await reload
    await hass.async_block_till_done()
    assert entry.runtime_data.targets == ()


async def test_a_pressed_round_does_not_outlive_its_entry(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """What was under way when the entry was unloaded is not written afterwards."""
    entry = await set_up(hass, zone, [domain("home.example.com")])
    lab.ip.set_address("81.2.69.177")
    lab.log.clear()
    hold = lab.faults.add("cloudflare", "GET *", kind="hold")
    coordinator = entry.runtime_data
    press = hass.async_create_task(coordinator.async_update_now())
    await lab.log.arrived(1, service="cloudflare")
    await hass.config_entries.async_unload(entry.entry_id)
    hold.release()
    with pytest.raises(Exception, match="did not come to its end"):
        await press
    assert lab.cloudflare.records(zone)[0]["content"] == HOME


async def test_domains_removed_in_quick_succession_all_take_their_records_with_them(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """However a removal falls among the reloads of others, no record is made again."""
    ours = [f"n{number}.example.com" for number in range(12)]
    entry = await set_up(hass, zone, [domain(name, delete=True) for name in ours])
    for subentry_id in list(entry.subentries):
        hass.config_entries.async_remove_subentry(entry, subentry_id)
        await lab.log.settled()
    await hass.async_block_till_done()
    assert names(lab) == ["home.example.com"]


async def test_a_domain_removed_while_the_zone_does_not_run_takes_its_record_later(
    hass: HomeAssistant, lab: Lab, kept: RaindropConfigEntry
) -> None:
    """What was to go is remembered until the zone runs again."""
    await hass.config_entries.async_unload(kept.entry_id)
    await remove_domains(hass, kept)
    assert OURS in names(lab)
    await hass.config_entries.async_setup(kept.entry_id)
    await hass.async_block_till_done()
    assert set(names(lab)) == {THEIRS, "home.example.com"}


async def test_a_record_that_could_not_be_deleted_goes_with_the_next_start(
    hass: HomeAssistant, lab: Lab, kept: RaindropConfigEntry
) -> None:
    """An outage puts the deletion off, and no more."""
    lab.faults.add("cloudflare", "DELETE *", kind="html", times=1)
    await remove_domains(hass, kept)
    await hass.config_entries.async_reload(kept.entry_id)
    assert set(names(lab)) == {THEIRS, "home.example.com"}


async def test_a_tick_that_was_taken_back_deletes_nothing(
    hass: HomeAssistant, lab: Lab, kept: RaindropConfigEntry
) -> None:
    """Only what the user wants at last counts."""
    take_back_ticks(hass, kept)
    await hass.async_block_till_done()
    await remove_domains(hass, kept)
    assert OURS in names(lab)


async def test_a_domain_that_cannot_be_read_deletes_nothing(
    hass: HomeAssistant, lab: Lab, kept: RaindropConfigEntry
) -> None:
    """Data that nobody understands is no wish to be rid of the records."""
    ours = next(s for s in kept.subentries.values() if s.unique_id == OURS)
    before = lab.cloudflare.records("example.com")
    data = {**ours.data, "families": ["ipv9"]}
    hass.config_entries.async_update_subentry(kept, ours, data=data)
    await hass.config_entries.async_reload(kept.entry_id)
    assert [d.name for d in kept.runtime_data.domains] == [THEIRS]
    assert lab.cloudflare.records("example.com") == before


async def test_a_source_that_is_switched_off_deletes_nothing(
    hass: HomeAssistant, lab: Lab, kept: RaindropConfigEntry
) -> None:
    """Records go with their domain alone; one that is not kept for now stays as it is."""
    options = {**kept.options, "ipv4": {"source": "off"}}
    hass.config_entries.async_update_entry(kept, options=options)
    await hass.async_block_till_done()
    await hass.config_entries.async_reload(kept.entry_id)
    assert OURS in names(lab)

    await remove_domains(hass, kept)
    assert set(names(lab)) == {THEIRS, "home.example.com"}


async def test_a_tick_that_was_taken_back_while_a_source_is_off_deletes_nothing(
    hass: HomeAssistant, lab: Lab, kept: RaindropConfigEntry
) -> None:
    """What the user wants at last counts for records as well that are not kept for now."""
    options = {**kept.options, "ipv4": {"source": "off"}}
    hass.config_entries.async_update_entry(kept, options=options)
    take_back_ticks(hass, kept)
    await hass.async_block_till_done()
    await remove_domains(hass, kept)
    assert OURS in names(lab)


@pytest.mark.parametrize(
    "damage", [{"kept": {"A": "x"}, "retiring": []}, {"kept": []}, {"kept": {"A a.b": "no"}}]
)
async def test_a_damaged_memory_is_forgotten(
    hass: HomeAssistant,
    lab: Lab,
    kept: RaindropConfigEntry,
    hass_storage: dict[str, dict[str, object]],
    damage: dict[str, object],
) -> None:
    """A file that cannot be read stops nothing."""
    await hass.config_entries.async_unload(kept.entry_id)
    hass_storage[f"raindrop.{kept.entry_id}"]["data"] = damage
    await hass.config_entries.async_setup(kept.entry_id)
    assert kept.runtime_data.data.is_settled


async def test_a_damaged_domain_does_not_stop_the_others(
    hass: HomeAssistant, lab: Lab, zone: Zone, caplog: pytest.LogCaptureFixture
) -> None:
    """One that cannot be read is named in the log, and the rest is kept."""
    await set_up(hass, zone, [domain("bad.example.com", ttl="soon"), domain(OURS)])
    assert OURS in names(lab)
    assert "The domain bad.example.com cannot be read" in caplog.text
