"""A domain where every connection has its own record: entities, events, repairs, storage."""

from datetime import timedelta
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.subentries import async_change_domain
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import Clock
from .repair_flows import NAME, Repair, issues
from .router_entities import Router

PORT = "binary_sensor.fibre_port"
FIBRE, LTE = (f"sensor.www_example_com_a_record_{name}" for name in ("fibre", "lte"))
EVENT = "event.www_example_com_dns_record"
STATUS = "sensor.www_example_com_status"
PROBLEM = "binary_sensor.www_example_com_dns_problem"
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - what a modem reports, not where to listen


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    found = hass.states.get(entity_id)
    assert found, hass.states.async_entity_ids()
    return found.state


def at_name(simulator: Simulator) -> dict[str, str]:
    """Return the addresses at the name, by the end of the comment."""
    records = simulator.cloudflare.records("example.com")
    named = (record for record in records if record["name"] == NAME)
    return {str(r["comment"]).rpartition(", ")[2].rstrip(")"): r["content"] for r in named}


@pytest.fixture
async def modem(hass: HomeAssistant) -> Router:
    """Return a modem that reports its address."""
    modem = Router(hass, "modem", platform="huawei_lte")
    await modem.reports(NEXT)
    return modem


def connections(modem: Router, **settings: Any) -> dict[str, Any]:
    """Return stored connections: the fibre line with its binary sensor, then the modem."""
    fibre = {"id": "fibre", "name": "Fibre", "ipv4": {"source": "zone"}, "up_sensor": PORT}
    lte = {"id": "lte", "name": "LTE", "ipv4": modem.source("other_connection")}
    return {"mode": "all", "list": [fibre, lte], **settings}


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, modem: Router
) -> RaindropConfigEntry:
    """Return the entry of a home where both lines have their records."""
    hass.states.async_set(PORT, STATE_ON)
    entry = await set_up(hass, zone, [domain(NAME, connections=connections(modem))])
    await clock.cycles(2)
    assert at_name(simulator) == {"fibre": HOME, "lte": NEXT}
    return entry


async def sync(hass: HomeAssistant, **data: Any) -> list[dict[str, Any]]:
    """Return what the action says of the records."""
    response = await hass.services.async_call(
        DOMAIN, "sync", data, blocking=True, return_response=True
    )
    zones: Any = response and response["zones"]
    return [*zones[0]["records"]]


async def test_each_line_has_its_sensor(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A line that is down loses its record, which is an event; nothing is wrong then."""
    assert (state(hass, FIBRE), state(hass, LTE)) == (HOME, NEXT)
    hass.states.async_set(PORT, STATE_OFF)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert at_name(simulator) == {"lte": NEXT}
    assert (state(hass, FIBRE), state(hass, PROBLEM)) == ("unknown", "off")
    assert state(hass, STATUS) == "connection_down"
    event = hass.states.get(EVENT)
    assert event
    shown = {key: event.attributes[key] for key in ("event_type", "connection", "from_ip")}
    assert shown == {"event_type": "deleted", "connection": "Fibre", "from_ip": HOME}
    assert issues(hass) == []
    assert [record["result"] for record in await sync(hass)] == ["connection_down", "unchanged"]

    hass.states.async_set(PORT, STATE_ON)
    await clock.cycles(2)
    assert at_name(simulator) == {"fibre": HOME, "lte": NEXT}
    assert (state(hass, FIBRE), state(hass, STATUS)) == (HOME, "in_sync")


async def test_a_line_goes_at_once(
    hass: HomeAssistant, simulator: Simulator, modem: Router, entry: RaindropConfigEntry
) -> None:
    """An entity that reports that there is no address starts an update."""
    await modem.reports(NO_ADDRESS)
    assert at_name(simulator) == {"fibre": HOME}


async def test_a_dry_run_shows_what_an_entity_without_an_address_means(
    hass: HomeAssistant, simulator: Simulator, modem: Router, entry: RaindropConfigEntry
) -> None:
    """The record is to be deleted, but not if the entity is only unavailable."""
    await modem.reports("unavailable")
    assert at_name(simulator) == {"fibre": HOME, "lte": NEXT}
    hass.states.async_set(PORT, "unavailable")
    (planned,) = [r for r in await sync(hass, dry_run=True) if r.get("connection") == "lte"]
    assert planned["result"] == "no_address"
    await modem.reports(NO_ADDRESS)
    dry = await sync(hass, dry_run=True)
    assert [(r["connection"], r["result"]) for r in dry] == [
        ("fibre", "unchanged"),
        ("lte", "planned"),
    ]
    assert dry[1]["change"] == "delete"
    done = await sync(hass)
    assert [r.get("change") for r in done] == [None, "delete"]
    assert at_name(simulator) == {"fibre": HOME}


async def test_a_restart_and_going_back(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    modem: Router,
    entry: RaindropConfigEntry,
) -> None:
    """A restart changes nothing; with one record again, the sensors of the lines go."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    await clock.cycles(2)
    assert at_name(simulator) == {"fibre": HOME, "lte": NEXT}

    # Only the records of a removed domain are deleted, not those of what became of it.
    (subentry,) = entry.subentries.values()
    async_change_domain(hass, entry, subentry, delete=True)
    await clock.cycles(1)
    (subentry,) = entry.subentries.values()
    async_change_domain(hass, entry, subentry, connections={})
    await clock.cycles(2)
    (comment,) = at_name(simulator)
    assert comment.startswith("Managed by Raindrop")
    registry = er.async_get(hass)
    assert registry.async_get(FIBRE) is registry.async_get(LTE) is None
    assert state(hass, "sensor.www_example_com_a_record") == HOME


async def test_a_line_that_is_no_longer_listed_loses_its_record_at_once(
    hass: HomeAssistant, simulator: Simulator, modem: Router, entry: RaindropConfigEntry
) -> None:
    """Visitors are not led to it until the next full sync."""
    listed = connections(modem)
    (subentry,) = entry.subentries.values()
    one = {**listed, "list": listed["list"][:1]}
    async_change_domain(hass, entry, subentry, connections=one)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert at_name(simulator) == {"fibre": HOME}


async def test_a_renamed_line_renames_its_sensor(
    hass: HomeAssistant, clock: Clock, modem: Router, entry: RaindropConfigEntry
) -> None:
    """At once, with its entity ID; one that the user deleted stays deleted."""
    registry = er.async_get(hass)
    registry.async_remove(LTE)
    renamed = connections(modem)
    for connection, name in zip(renamed["list"], ("Cable", "5G"), strict=True):
        connection["name"] = name
    (subentry,) = entry.subentries.values()
    async_change_domain(hass, entry, subentry, connections=renamed)
    await clock.cycles(1)

    shown, registered = hass.states.get(FIBRE), registry.async_get(FIBRE)
    assert shown
    assert registered
    assert shown.name == "www.example.com A record (Cable)"
    assert registered.original_name == "A record (Cable)"
    assert hass.states.get(LTE) is None


async def test_a_removed_domain_deletes_all_its_records(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """If the user wants its records to be deleted."""
    (subentry,) = entry.subentries.values()
    async_change_domain(hass, entry, subentry, delete=True)
    await clock.cycles(1)
    assert at_name(simulator) == {"fibre": HOME, "lte": NEXT}
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await clock.cycles(1)
    assert at_name(simulator) == {}


async def test_a_line_that_fails_often_is_no_repair(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """That this host then uses the other line is what the user said; each record is right."""
    for _ in range(4):
        hass.states.async_set(PORT, STATE_OFF)
        simulator.ip.set_address(NEXT)
        await clock.passes(timedelta(hours=1))
        assert (at_name(simulator), issues(hass)) == ({"lte": NEXT}, [])

        hass.states.async_set(PORT, STATE_ON)
        simulator.ip.set_address(HOME)
        await clock.cycles(1)
        assert at_name(simulator) == {"fibre": HOME, "lte": NEXT}
        assert (state(hass, PROBLEM), state(hass, STATUS)) == ("off", "in_sync")
        await clock.passes(timedelta(hours=1))
        assert issues(hass) == []


async def test_two_lines_with_one_address_are_a_repair(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    modem: Router,
    entry: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The repair says which line it is about, and ends with its cause."""
    await modem.reports(HOME)
    await clock.cycles(3)
    assert issues(hass) == ["record_same_address"]
    assert at_name(simulator).keys() >= {"lte"}
    step = await repair.start()
    assert step["description_placeholders"]["connection"] == "Fibre"
    await modem.reports(NEXT)
    await clock.cycles(3)
    assert issues(hass) == []
    assert at_name(simulator) == {"fibre": HOME, "lte": NEXT}


async def test_a_record_beside_that_of_another_home(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """By the repair, a domain gets its own record, and updates only that one."""
    theirs = "Managed by Raindrop for Home Assistant (home 00c0ffee)"
    fields = {"type": "A", "name": NAME, "content": OLD, "comment": theirs}
    simulator.cloudflare.add_record(zone, **fields)
    hass.config.location_name = "Cabin"
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_other_home"]

    await repair.start()
    await repair.choose("beside")
    await clock.cycles(2)

    assert at_name(simulator) == {theirs.rstrip(")"): OLD, "cabin": HOME}
    assert issues(hass) == []
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert at_name(simulator) == {theirs.rstrip(")"): OLD, "cabin": NEXT}


@pytest.mark.parametrize("is_removed", [False, True], ids=["it stays", "it is removed"])
async def test_the_connections_of_a_domain_each_get_their_own_beside_another_home(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    modem: Router,
    repair: Repair,
    *,
    is_removed: bool,
) -> None:
    """A domain that used the first of them then uses all; one that is removed needs nothing."""
    hass.states.async_set(PORT, STATE_ON)
    theirs = "Managed by Raindrop for Home Assistant (home 00c0ffee)"
    fields = {"type": "A", "name": NAME, "content": OLD, "comment": theirs}
    simulator.cloudflare.add_record(zone, **fields)
    entry = await set_up(hass, zone, [domain(NAME, connections=connections(modem, mode="first"))])
    await clock.cycles(1)
    await repair.start()
    (subentry,) = entry.subentries.values()
    if is_removed:
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
        await hass.async_block_till_done()

    done = await repair.choose("beside")
    await clock.cycles(2)

    assert done.get("reason") == ("not_loaded" if is_removed else None)
    own = {} if is_removed else {"fibre": HOME, "lte": NEXT}
    assert at_name(simulator) == {theirs.rstrip(")"): OLD, **own}
