"""Domains that are added, changed and removed while their zone is loaded: nothing is reloaded."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from types import MappingProxyType

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.const import ATTR_ENTITY_ID, EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD, operations
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, recorded_rows, requests, state, sync
from .domain_forms import start
from .router_entities import contents

PUBLIC_IPV6 = "sensor.example_com_public_ipv6_address"
NEW = "new.example.com"


@pytest.fixture
def changed(hass: HomeAssistant) -> list[str]:
    """Collect the entity of each state that is written and differs from the one before."""
    entity_ids: list[str] = []

    @callback
    def collect(event: Event[EventStateChangedData]) -> None:
        entity_ids.append(event.data[ATTR_ENTITY_ID])

    hass.bus.async_listen(EVENT_STATE_CHANGED, collect)
    return entity_ids


def add(hass: HomeAssistant, entry: RaindropConfigEntry, data: ConfigSubentryData) -> str:
    """Add a domain as its form does, and return the id of its subentry."""
    subentry = ConfigSubentry(
        data=MappingProxyType(data["data"]),
        subentry_type=data["subentry_type"],
        title=data["title"],
        unique_id=data["unique_id"],
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry.subentry_id


def subentry_of(entry: RaindropConfigEntry, name: str) -> ConfigSubentry:
    """Return the subentry of a host name."""
    return next(s for s in entry.subentries.values() if s.data["domain"] == name)


def update(hass: HomeAssistant, entry: RaindropConfigEntry, name: str, **data: object) -> None:
    """Change the data of a domain."""
    subentry = subentry_of(entry, name)
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **data})


def remove(hass: HomeAssistant, entry: RaindropConfigEntry, name: str) -> None:
    """Remove a domain."""
    hass.config_entries.async_remove_subentry(entry, subentry_of(entry, name).subentry_id)


async def settle(hass: HomeAssistant) -> None:
    """Wait until the update that a change requested has ended."""
    await hass.async_block_till_done(wait_background_tasks=True)


def entities_of(hass: HomeAssistant, entry: RaindropConfigEntry, subentry_id: str) -> set[str]:
    """Return the entities of a domain, also the disabled ones."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {e.entity_id for e in entities if e.config_subentry_id == subentry_id}


async def results(hass: HomeAssistant, entry: RaindropConfigEntry, **data: object) -> list[str]:
    """Call the action, and return the result of each record."""
    return [record["result"] for record in (await sync(hass, entry, **data))["records"]]


def full_zone(simulator: Simulator, count: int) -> Zone:
    """Return a zone with this many records."""
    zone = simulator.cloudflare.add_zone("example.com")
    simulator.cloudflare.add_token(TOKEN)
    for number in range(count):
        simulator.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD)
    return zone


async def rows(hass: HomeAssistant, prefixes: Iterable[str]) -> Counter[str]:
    """Return how many states are recorded of the entities whose object ids begin like this."""
    wanted = tuple(prefixes)
    found = await recorded_rows(hass)
    return Counter({i: n for i, n in found.items() if i.partition(".")[2].startswith(wanted)})


@pytest.mark.usefixtures("recorder_mock")
async def test_ten_domains_are_added_to_a_zone_of_a_hundred(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """No other entity changes, no row of one is recorded; it costs one list and one batch."""
    zone = full_zone(simulator, 100)
    entry = await set_up(hass, zone, [domain(f"n{number}.example.com") for number in range(100)])
    coordinator = entry.runtime_data
    others = [f"n{number}_" for number in range(100)] + ["example_com_"]
    before = await rows(hass, others)
    assert len(before) >= 3 * 100 + 4

    simulator.log.clear()
    for number in range(10):
        add(hass, entry, domain(f"more{number}.example.com"))
    await settle(hass)
    assert endpoints(simulator) == [LIST, BATCH]
    (batch,) = simulator.log.select(endpoint=BATCH)
    assert len(operations(batch, "posts")) == 10
    after = await rows(hass, others)
    # When the zone was last written is no state of a domain.
    assert after - before == {"sensor.example_com_last_update": 1}
    new = await rows(hass, ["more"])
    assert all(count <= 2 for count in new.values()), new
    assert entry.runtime_data is coordinator
    assert state(hass, "event.more9_example_com_dns_record") not in {"unavailable", "unknown"}


async def test_the_next_form_opens_at_once(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """A form does not wait for the update that a new domain started."""
    hold = simulator.faults.add("cloudflare", "POST *", kind="hold_request")
    simulator.log.clear()
    add(hass, entry, domain(NEW))
    await simulator.log.arrived(1, service="cloudflare", status=None)
    form = await start(hass, entry)
    assert form["step_id"] == "user"
    assert NEW not in contents(simulator)
    hold.release()
    simulator.faults.clear()
    await settle(hass)
    assert contents(simulator)[NEW] == HOME


async def test_an_event_entity_has_a_state_before_its_first_event(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Automations that know the new entity see its first event as a change."""
    states: list[str] = []

    @callback
    def collect(event: Event[EventStateChangedData]) -> None:
        if event.data[ATTR_ENTITY_ID] == "event.new_example_com_dns_record":
            new = event.data["new_state"]
            states.append(str(new.attributes["event_type"]) if new else "removed")

    hass.bus.async_listen(EVENT_STATE_CHANGED, collect)
    add(hass, entry, domain(NEW))
    await settle(hass)
    assert states == ["None", "created"]


async def test_a_removed_domain_that_comes_back_has_its_entities_again(
    hass: HomeAssistant, zone: Zone
) -> None:
    """Also if its subentry has the same id: nothing is left of those before."""
    entry = await set_up(hass, zone, [domain("home.example.com"), domain(NEW)])
    subentry = subentry_of(entry, NEW)
    before = entities_of(hass, entry, subentry.subentry_id)
    remove(hass, entry, NEW)
    await settle(hass)
    hass.config_entries.async_add_subentry(entry, subentry)
    await settle(hass)
    assert entities_of(hass, entry, subentry.subentry_id) == before
    assert state(hass, "binary_sensor.new_example_com_dns_problem") == "off"


async def test_a_removed_domain_takes_its_entities_and_repairs_along(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, changed: list[str]
) -> None:
    """The other domains stay as they are."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="alias", content="example.org")
    entry = await set_up(hass, zone, [domain("home.example.com"), domain("alias.example.com")])
    assert [i.translation_key for i in ir.async_get(hass).issues.values()] == ["record_cname"]
    gone = entities_of(hass, entry, subentry_of(entry, "alias.example.com").subentry_id)
    changed.clear()
    remove(hass, entry, "alias.example.com")
    await settle(hass)
    assert {*changed} <= gone
    assert not ir.async_get(hass).issues
    assert not {*hass.states.async_entity_ids()} & gone
    names = {d.name for d in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)}
    assert names == {"example.com", "home.example.com"}
    assert [d.name for d in entry.runtime_data.domains] == ["home.example.com"]


async def break_zone(simulator: Simulator, zone: Zone, problem: str) -> None:
    """Cause a repair or a form."""
    match problem:
        case "reauth":
            simulator.cloudflare.credentials.revoke(TOKEN)
        case "dns_edit_missing":
            other = simulator.cloudflare.add_zone("example.org")
            simulator.cloudflare.add_token(TOKEN, zones=[other])
        case "zone_gone":
            simulator.cloudflare.switches.foreign_zone = "404/1001"
            simulator.cloudflare.remove_zone(zone)
        case _:
            simulator.cloudflare.edit_zone(zone, paused=True)


def problems(hass: HomeAssistant) -> list[str]:
    """Return the repairs and the open forms."""
    flows = hass.config_entries.flow.async_progress()
    issues = ir.async_get(hass).issues.values()
    return [*(str(i.translation_key) for i in issues), *(f["context"]["source"] for f in flows)]


@pytest.mark.parametrize(
    "problem",
    ["reauth", "dns_edit_missing", "zone_gone", "zone_paused"],
)
async def test_the_last_domain_takes_what_is_shown_of_the_zone_along(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, problem: str
) -> None:
    """Without domains Cloudflare is asked nothing that could show the end of a problem."""
    entry = await set_up(hass, zone, [domain("home.example.com")])
    await break_zone(simulator, zone, problem)
    await clock.passes(timedelta(days=1))
    await clock.cycles()
    assert problem in problems(hass)
    remove(hass, entry, "home.example.com")
    await settle(hass)
    assert problems(hass) == []
    await entry.runtime_data.async_update_now()
    assert problems(hass) == []


async def test_a_removed_domain_takes_its_record_along_if_that_is_wanted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Deleting costs two lists and a deletion; a domain whose record stays costs nothing."""
    names = ("home.example.com", "stays.example.com")
    entry = await set_up(hass, zone, [*map(domain, names), domain(NEW, delete=True)])
    simulator.log.clear()
    remove(hass, entry, NEW)
    await settle(hass)
    assert {*contents(simulator)} == {*names}
    *lists, deletion = endpoints(simulator)
    assert lists == [LIST, LIST]
    assert deletion.startswith("DELETE ")
    simulator.log.clear()
    remove(hass, entry, "stays.example.com")
    await settle(hass)
    assert {*contents(simulator)} == {*names}
    assert endpoints(simulator) == []


async def test_a_domain_that_is_removed_and_added_again_in_one_go_is_the_new_one(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Its entities belong to the new subentry."""
    remove(hass, entry, "home.example.com")
    subentry_id = add(hass, entry, domain("home.example.com"))
    await settle(hass)
    entities = entities_of(hass, entry, subentry_id)
    assert "binary_sensor.home_example_com_dns_problem" in entities
    assert state(hass, "binary_sensor.home_example_com_dns_problem") == "off"


async def test_a_domain_gets_a_family_and_loses_it_again(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, changed: list[str]
) -> None:
    """The sensors of the family come and go, those of the zone too; the others keep their state."""
    simulator.ip.set_address(HOME_V6)
    (subentry_id,) = entry.subentries
    before = entities_of(hass, entry, subentry_id)
    update(hass, entry, "home.example.com", families=["ipv4", "ipv6"])
    await settle(hass)
    added = entities_of(hass, entry, subentry_id) - before
    assert "sensor.home_example_com_aaaa_record" in added
    assert all("ipv6" in entity_id or "aaaa" in entity_id for entity_id in added)
    assert state(hass, PUBLIC_IPV6) == HOME_V6
    records = simulator.cloudflare.records("example.com")
    assert {r["type"]: r["content"] for r in records} == {"A": HOME, "AAAA": HOME_V6}

    changed.clear()
    update(hass, entry, "home.example.com", families=["ipv4"])
    await settle(hass)
    assert entities_of(hass, entry, subentry_id) == before
    assert hass.states.get(PUBLIC_IPV6) is None
    assert {i for i in changed if "ipv6" not in i and "aaaa" not in i} <= {
        "sensor.example_com_last_update",
        "sensor.home_example_com_last_update",
    }

    update(hass, entry, "home.example.com", families=["ipv4", "ipv6"])
    await settle(hass)
    assert state(hass, PUBLIC_IPV6) == HOME_V6


async def test_a_policy_that_is_changed_is_applied(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, changed: list[str]
) -> None:
    """It is no drift, and costs one list and one write."""
    simulator.log.clear()
    update(hass, entry, "home.example.com", proxied="on")
    await settle(hass)
    assert simulator.cloudflare.records("example.com")[0]["proxied"] is True
    assert len(endpoints(simulator)) == 2
    event = hass.states.get("event.home_example_com_dns_record")
    assert event is not None
    assert event.attributes["event_type"] == "updated"


async def test_a_policy_that_repeats_what_the_record_once_had_is_no_drift(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """What was in sync under the policy before says nothing about the present one."""
    entry = await set_up(hass, zone, [domain("home.example.com")])
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, record["id"], ttl=600)
    update(hass, entry, "home.example.com", ttl="seconds", ttl_s=3600)
    await settle(hass)
    event = hass.states.get("event.home_example_com_dns_record")
    assert event is not None
    assert event.attributes["event_type"] == "updated"


async def test_a_renamed_domain_renames_its_device(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The title of a domain is the name of its device."""
    (subentry,) = entry.subentries.values()
    simulator.log.clear()
    hass.config_entries.async_update_subentry(entry, subentry, title="Front door")
    await settle(hass)
    names = {d.name for d in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)}
    assert names == {"example.com", "Front door"}
    assert endpoints(simulator) == []


async def test_a_domain_with_a_source_of_its_own_follows_it(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, clock: Clock
) -> None:
    """The entity of a new domain is watched from then on, and that of a removed one is not."""
    hass.states.async_set("sensor.dsl", "81.2.69.160")
    source = {"source": "entity", "entity": "sensor.dsl", "meaning": "other_connection"}
    add(hass, entry, domain(NEW, sources={"ipv4": [source]}))
    await settle(hass)
    for _ in range(2):
        await clock.cycles()
    assert contents(simulator)[NEW] == "81.2.69.160"
    hass.states.async_set("sensor.dsl", "81.2.69.170")
    for _ in range(3):
        await clock.passes(timedelta(seconds=10))
    assert contents(simulator)[NEW] == "81.2.69.170"

    remove(hass, entry, NEW)
    await settle(hass)
    simulator.log.clear()
    hass.states.async_set("sensor.dsl", "81.2.69.180")
    await settle(hass)
    assert not requests(simulator)


async def test_an_update_that_is_running_writes_nothing_for_a_removed_domain(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """It has decided by the configuration before; the next update writes what is left."""
    entry = await set_up(hass, zone, [domain("home.example.com"), domain(NEW)])
    hold = simulator.faults.add("cloudflare", LIST, kind="hold", times=1)
    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    running = hass.async_create_task(entry.runtime_data.async_update_now())
    await simulator.log.arrived(1, endpoint=LIST)
    remove(hass, entry, NEW)
    hold.release()
    result = await running
    assert contents(simulator) == {"home.example.com": NEXT, NEW: HOME}
    # Whoever asked for an update gets the result of one that was not overtaken.
    assert not result.is_outdated
    await settle(hass)
    assert state(hass, "binary_sensor.home_example_com_dns_problem") == "off"


async def test_an_overtaken_update_is_no_failure(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A record that was not written because the configuration changed has no problem."""
    entry = await set_up(hass, zone, [domain("home.example.com")])
    event_types: list[str] = []

    @callback
    def collect(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new and event.data[ATTR_ENTITY_ID] == "event.home_example_com_dns_record":
            event_types.append(new.attributes["event_type"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, collect)
    hold = simulator.faults.add("cloudflare", LIST, kind="hold", times=1)
    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    running = hass.async_create_task(entry.runtime_data.async_update_now())
    await simulator.log.arrived(1, endpoint=LIST)
    add(hass, entry, domain(NEW))
    hold.release()
    await running
    await settle(hass)
    assert event_types == ["updated"]
    assert contents(simulator) == {"home.example.com": NEXT, NEW: NEXT}


async def test_a_domain_can_be_synced_as_soon_as_it_is_added(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The action knows it before the first update does, also in a dry run."""
    add(hass, entry, domain("one.example.com"))
    assert await results(hass, entry, domains=["one.example.com"], dry_run=True) == ["planned"]
    await settle(hass)
    add(hass, entry, domain("two.example.com"))
    assert await results(hass, entry, domains=["two.example.com"]) == ["unchanged"]
    assert contents(simulator)["two.example.com"] == HOME


async def test_a_record_that_was_managed_before_is_created_as_it_was(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """What is stored of a source that was off counts when it is on again."""
    zone = "example.com"
    update(hass, entry, "home.example.com", proxied="on")
    await settle(hass)
    update(hass, entry, "home.example.com", proxied="keep", sources={"ipv4": []})
    await settle(hass)
    for record in simulator.cloudflare.records(zone):
        simulator.cloudflare.delete_record(zone, record["id"])
    update(hass, entry, "home.example.com", sources={})
    await settle(hass)
    (record,) = simulator.cloudflare.records(zone)
    assert (record["content"], record["proxied"]) == (HOME, True)


async def test_changes_that_need_a_reload_share_it(
    hass: HomeAssistant, entry: RaindropConfigEntry, changed: list[str]
) -> None:
    """Domains that are changed meanwhile are no reason for another one."""
    for number in range(5):
        add(hass, entry, domain(f"n{number}.example.com"))
    await settle(hass)
    changed.clear()
    hass.config_entries.async_update_entry(entry, title="Home")
    for number in range(5):
        update(hass, entry, f"n{number}.example.com", proxied="off")
    await settle(hass)
    # Unavailable, then as it was.
    assert changed.count("button.example_com_update_now") == 2


async def test_options_reload_the_zone(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """A change of all domains sets the zone up again, as does one that cannot be read any more."""
    for _ in range(2):
        coordinator = entry.runtime_data
        options = {**entry.options, "watch": not entry.options["watch"]}
        hass.config_entries.async_update_entry(entry, options=options)
        await settle(hass)
        assert entry.runtime_data is not coordinator
    coordinator = entry.runtime_data
    update(hass, entry, "home.example.com", families=["ipv9"])
    await settle(hass)
    assert entry.runtime_data is not coordinator
    assert state(hass, "binary_sensor.home_example_com_dns_problem") == "unavailable"
    assert [i.translation_key for i in ir.async_get(hass).issues.values()] == ["domain_unreadable"]
