"""A domain with a fibre line and LTE: the first of them that is up gives the address."""

from datetime import timedelta
import logging
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.raindrop.const import DOMAIN, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from custom_components.raindrop.subentries import async_change_domain
from simulator import Simulator, StunFault
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.simulated_time import settle, watch_by_simulator

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, record_endpoints, typed
from .domain_forms import FORM, change, rows, send
from .router_entities import NAME, PROBLEM, Router, contents, issues, lines, written

PORT = "binary_sensor.fibre_port"
SENSOR = "sensor.home_example_com_ipv4_connection"
EVENT = "event.home_example_com_dns_record"
PAUSE = timedelta(seconds=10)
DOWN_AFTER, BACK_AFTER = timedelta(minutes=2), timedelta(minutes=10)


class Home:
    """A home whose Home Assistant uses the fibre line, with a modem that reports its own."""

    def __init__(
        self, hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
    ) -> None:
        """Begin while both are up."""
        self.hass = hass
        self.simulator = simulator
        self.clock = clock
        self.entry = entry

    async def port(self, state: str) -> None:
        """Change the state of the binary sensor of the fibre line."""
        self.hass.states.async_set(PORT, state)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    @property
    def address(self) -> str:
        """The content of the record."""
        return contents(self.simulator)[NAME]

    @property
    def shown(self) -> str:
        """The state of the sensor."""
        found = self.hass.states.get(SENSOR)
        assert found
        return found.state

    @property
    def event(self) -> tuple[object, ...]:
        """What the event entity shows."""
        found = self.hass.states.get(EVENT)
        assert found
        names = ("event_type", "from_ip", "to_ip", "from_connection", "to_connection")
        return tuple(found.attributes.get(name) for name in names)


def connections(modem: Router, **settings: Any) -> dict[str, Any]:
    """Return stored connections: the fibre line with its binary sensor, then the modem."""
    fibre = {"id": "fibre", "name": "Fibre", "ipv4": {"source": "zone"}, "up_sensor": PORT}
    lte = {"id": "lte", "name": "LTE", "ipv4": modem.source("other_connection")}
    return {"list": [fibre, lte], **settings}


@pytest.fixture
async def modem(hass: HomeAssistant) -> Router:
    """Return a modem that reports its address."""
    modem = Router(hass, "modem", platform="huawei_lte")
    await modem.reports(NEXT)
    return modem


@pytest.fixture
async def home(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, modem: Router
) -> Home:
    """Return a home whose record has the address of the fibre line."""
    hass.states.async_set(PORT, STATE_ON)
    entry = await set_up(hass, zone, [domain(NAME, connections=connections(modem))])
    home = Home(hass, simulator, clock, entry)
    await clock.passes(PAUSE)
    assert (home.address, home.shown) == (HOME, "Fibre")
    simulator.log.clear()
    return home


async def test_a_binary_sensor_moves_the_name_at_once(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """One list and one change; the sensor, the event and the log say which line is used."""
    caplog.set_level(logging.INFO)
    await home.port(STATE_OFF)

    assert (home.address, home.shown) == (NEXT, "LTE")
    assert record_endpoints(home.simulator) == [LIST, BATCH]
    shown = home.hass.states.get(SENSOR)
    assert shown
    assert shown.attributes["since"] == dt_util.utcnow().isoformat()
    assert f"{NAME} uses LTE instead of Fibre" in lines(caplog, logging.INFO)
    assert home.hass.states.is_state(PROBLEM, STATE_OFF)
    assert issues(home.hass) == {}


@pytest.mark.parametrize("unique_id", ["fibre", "other"], ids=["the same", "a new one"])
async def test_a_status_entity_that_is_created_again_is_followed(
    home: Home, modem: Router, unique_id: str
) -> None:
    """While it is gone it says nothing; the new one has the entity ID, perhaps no more of it."""

    def create(unique_id: str) -> er.RegistryEntry:
        return registry.async_get_or_create(
            "binary_sensor", "ping", unique_id, suggested_object_id="fibre_port"
        )

    registry = er.async_get(home.hass)
    home.hass.states.async_remove(PORT)
    before = create("fibre")
    stored = connections(modem)
    stored["list"][0]["up_sensor"] = before.id
    (subentry,) = home.entry.subentries.values()
    async_change_domain(home.hass, home.entry, subentry, connections=stored)
    await home.port(STATE_ON)

    registry.async_remove(PORT)
    home.hass.states.async_remove(PORT)
    await home.clock.advances(timedelta(hours=1))
    assert home.shown == "Fibre"
    after = create(unique_id)
    assert (after.entity_id, after.id == before.id) == (PORT, unique_id == "fibre")
    await home.port(STATE_OFF)
    assert (home.address, home.shown) == (NEXT, "LTE")


async def test_the_name_moves_back_after_ten_minutes(home: Home) -> None:
    """Nothing else has to happen in between: an update is due then."""
    await home.port(STATE_OFF)
    await home.clock.passes(timedelta(hours=1))
    home.simulator.log.clear()
    await home.port(STATE_ON)
    assert home.shown == "LTE"
    await home.clock.advances(BACK_AFTER - PAUSE)
    assert (home.shown, home.address) == ("LTE", NEXT)
    await home.clock.advances(2 * PAUSE)
    assert (home.shown, home.address) == ("Fibre", HOME)
    assert record_endpoints(home.simulator).count(BATCH) == 1


async def test_a_short_outage_is_no_switch(home: Home) -> None:
    """The binary sensor of an integration that restarts says nothing."""
    await home.port(STATE_UNAVAILABLE)
    home.simulator.ip.set_address(None)
    await home.clock.passes(timedelta(minutes=5))
    home.simulator.ip.set_address(HOME)
    await home.clock.advances(DOWN_AFTER - PAUSE)
    await home.clock.cycles()
    await home.clock.advances(2 * BACK_AFTER)
    assert written(home.simulator) == []


async def test_silence_moves_the_name_after_two_minutes(home: Home) -> None:
    """From the first update that finds it."""
    home.simulator.ip.set_address(None)
    await home.clock.cycles()
    await home.clock.advances(DOWN_AFTER - PAUSE)
    assert (home.address, home.shown) == (HOME, "Fibre")
    await home.clock.advances(2 * PAUSE)
    assert (home.address, home.shown) == (NEXT, "LTE")


async def test_a_watched_outage_is_noticed_long_before_a_poll(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    modem: Router,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The watch misses its responses, then every source is asked: two minutes are left."""
    watch_by_simulator(simulator, monkeypatch)
    hass.states.async_set(PORT, STATE_ON)
    await set_up(hass, zone, [domain(NAME, connections=connections(modem))])
    await clock.advances(timedelta(minutes=2))
    simulator.stun.fault = StunFault.SILENT
    simulator.ip.set_address(None)
    await clock.advances(DOWN_AFTER + timedelta(minutes=1))
    assert contents(simulator)[NAME] == NEXT


async def test_a_modem_that_falls_silent_starts_an_update(home: Home, modem: Router) -> None:
    """So its time begins at once; and when it is over too, there is a problem."""
    await home.port(STATE_OFF)
    await home.clock.passes(timedelta(hours=1))
    await modem.reports(STATE_UNAVAILABLE)
    await home.clock.advances(DOWN_AFTER + PAUSE)
    await home.clock.cycles(4)
    assert home.address == NEXT
    assert home.hass.states.is_state(PROBLEM, STATE_ON)
    assert issues(home.hass).keys() == {"no_address"}

    await modem.reports(NEXT)
    await home.clock.passes(BACK_AFTER)
    assert home.hass.states.is_state(PROBLEM, STATE_OFF)
    assert issues(home.hass) == {}


async def test_events_have_both_connections_and_addresses(home: Home) -> None:
    """The change of the record follows as an event of its own."""
    seen: list[tuple[object, ...]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        """Note the state at once: in a thread, it could be the next one already."""
        if event.data["entity_id"] == EVENT:
            seen.append(home.event)

    home.hass.bus.async_listen("state_changed", note)
    await home.port(STATE_OFF)
    await home.clock.passes(timedelta(hours=1))
    await home.port(STATE_ON)
    await home.clock.passes(BACK_AFTER)
    assert [event for event in seen if event[3]] == [
        ("failed_over", HOME, NEXT, "Fibre", "LTE"),
        ("failed_back", NEXT, HOME, "LTE", "Fibre"),
    ]
    assert [event[0] for event in seen] == ["failed_over", "updated", "failed_back", "updated"]


async def test_each_switch_triggers_automations(home: Home) -> None:
    """By a trigger for each direction, whose target is the event entity."""
    seen: list[str] = []
    actions = [{"event": "seen", "event_data": {"by": "{{ trigger.id }}"}}]
    triggers = [
        {"trigger": f"raindrop.{key}", "id": key, "target": {"entity_id": EVENT}}
        for key in ("failed_over", "failed_back")
    ]
    config = {"automation": {"triggers": triggers, "actions": actions}}
    assert await async_setup_component(home.hass, "automation", config)
    home.hass.bus.async_listen("seen", lambda event: seen.append(event.data["by"]))
    await home.port(STATE_OFF)
    assert seen == ["failed_over"]
    await home.clock.passes(timedelta(hours=1))
    await home.port(STATE_ON)
    await home.clock.passes(BACK_AFTER)
    assert seen == ["failed_over", "failed_back"]


async def test_the_history_has_the_switches(home: Home, hass_storage: dict[str, Any]) -> None:
    """The newest first, and they are stored."""
    await home.port(STATE_OFF)
    await home.clock.passes(timedelta(hours=1))
    await home.port(STATE_ON)
    await home.clock.passes(BACK_AFTER)
    response: Any = await home.hass.services.async_call(
        DOMAIN, "history", blocking=True, return_response=True
    )
    back, over = response["switches"]
    assert (over["domain"], over["family"]) == (NAME, "ipv4")
    assert (over["from_connection"], over["to_connection"]) == ("Fibre", "LTE")
    assert (back["from_connection"], back["to_connection"]) == ("LTE", "Fibre")
    assert over["switched_at"] < back["switched_at"]
    await home.clock.passes(PAUSE)
    assert hass_storage["raindrop.history"]["data"]["switches"] == [over, back]


async def test_a_restart_keeps_the_connection(home: Home) -> None:
    """Which is used, since when, and that the other one has to be up for its time."""
    await home.port(STATE_OFF)
    since = home.hass.states.get(SENSOR)
    await home.port(STATE_ON)
    await home.clock.passes(timedelta(minutes=9))
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    found = home.hass.states.get(SENSOR)
    assert since
    assert found
    assert (found.state, found.attributes) == ("LTE", since.attributes)
    await home.clock.passes(timedelta(minutes=9))
    assert home.shown == "LTE"
    await home.clock.passes(timedelta(minutes=1))
    assert (home.shown, home.address) == ("Fibre", HOME)


async def test_a_way_out_that_keeps_moving_is_no_repair(home: Home) -> None:
    """Its addresses are those of connections that the user named."""
    for _ in range(6):
        home.simulator.ip.set_address(NEXT)
        await home.clock.passes(timedelta(hours=1))
        await home.clock.passes(DOWN_AFTER)
        assert home.shown == "LTE"
        home.simulator.ip.set_address(HOME)
        await home.clock.passes(timedelta(hours=1))
        await home.clock.passes(BACK_AFTER)
        assert home.shown == "Fibre"
        assert issues(home.hass) == {}
        assert home.hass.states.is_state(PROBLEM, STATE_OFF)


async def test_diagnostics_have_the_connections_without_their_names(home: Home) -> None:
    """Their order, what is known of each, and how long ago the last switch was."""
    await home.port(STATE_OFF)
    found = await async_get_config_entry_diagnostics(home.hass, home.entry)
    assert "Fibre" not in str(found)
    (record,) = found["records"]
    assert record["source"] == "entity"
    assert record["connections"]["switched_s"] == 0
    fibre, lte = record["connections"]["listed"]
    assert (fibre["is_used"], fibre["is_up"], fibre["has_up_sensor"]) == (False, False, True)
    assert (lte["is_used"], lte["is_up"], lte["has_up_sensor"]) == (True, True, False)
    assert lte["address"] == record["record"]["address"] != fibre["address"]


async def test_the_form_shows_the_connection_in_use(home: Home) -> None:
    """Not the first one, which counts as down until it has been up for its time."""
    await home.port(STATE_OFF)
    await home.port(STATE_ON)
    form = await change(home.hass, home.entry)
    form = await send(home.hass, form, FORM | {"several_connections": True})
    form = await send(home.hass, form, typed(form))
    assert rows(form) == [f"| Fibre | {HOME} ✗ | — |", f"| LTE | {NEXT} ✓ | — |"]
    preview = await send(home.hass, form, {})
    assert rows(preview) == [f"- **{NAME}** A: {NEXT}"]


async def test_the_sensor_follows_a_renamed_connection(home: Home, modem: Router) -> None:
    """At once, and the name moves no record."""
    renamed = connections(modem)
    renamed["list"][0]["name"] = "Cable"
    (subentry,) = home.entry.subentries.values()
    async_change_domain(home.hass, home.entry, subentry, connections=renamed)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert home.shown == "Cable"
    assert written(home.simulator) == []


async def test_without_connections_there_is_no_such_sensor(home: Home) -> None:
    """It goes with them, and the record follows the only source."""
    await home.port(STATE_OFF)
    subentry = next(iter(home.entry.subentries.values()))
    async_change_domain(home.hass, home.entry, subentry, connections={})
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert home.hass.states.get(SENSOR) is None
    assert home.address == HOME


async def test_without_connections_no_time_limit_is_left(home: Home) -> None:
    """The one of a connection that was coming back starts no updates, one after the other."""
    await home.port(STATE_OFF)
    await home.clock.passes(PAUSE)
    await home.port(STATE_ON)
    subentry = next(iter(home.entry.subentries.values()))
    async_change_domain(home.hass, home.entry, subentry, connections={})
    await home.clock.passes(PAUSE)
    home.simulator.log.clear()
    await home.clock.advances(BACK_AFTER + DOWN_AFTER)
    polls = (BACK_AFTER + DOWN_AFTER) // UPDATE_INTERVAL
    assert len(home.simulator.log.select(service="ip")) <= polls + 1
    assert home.address == HOME


async def test_a_switch_is_written_as_soon_as_cloudflare_is_reachable(home: Home) -> None:
    """The line that went down may be the one to Cloudflare: no poll is waited for."""
    home.simulator.faults.add("cloudflare", "*", kind="reset")
    await home.port(STATE_OFF)
    await home.clock.advances(6 * PAUSE)
    assert (home.address, home.shown) == (HOME, "LTE")
    home.simulator.faults.clear()
    await home.clock.advances(2 * PAUSE)
    assert home.address == NEXT


async def test_an_update_that_is_slower_than_the_pause_is_not_followed_by_another(
    home: Home,
) -> None:
    """Else slow responses made one update follow the other for ten minutes."""
    home.simulator.faults.add("cloudflare", "*", kind="reset")
    await home.port(STATE_OFF)
    home.simulator.faults.clear()
    hold = home.simulator.faults.add("cloudflare", LIST, kind="hold", times=1)
    home.simulator.log.clear()
    home.entry.runtime_data.async_request_update()
    await home.simulator.log.arrived(1, service="cloudflare", status=None)
    home.clock.jumps(timedelta(seconds=16))
    async_fire_time_changed(home.hass)
    hold.release()
    await settle(home.hass)
    assert home.address == NEXT
    assert len(home.simulator.log.select(service="ip")) == 1


async def test_an_outage_of_cloudflare_after_a_switch_is_not_asked_about_for_long(
    home: Home,
) -> None:
    """After ten minutes, the polls are enough; the client repeats a request once."""
    home.simulator.faults.add("cloudflare", "*", kind="reset")
    await home.port(STATE_OFF)
    await home.clock.advances(BACK_AFTER + PAUSE)
    home.simulator.log.clear()
    await home.clock.advances(timedelta(hours=1))
    polls = timedelta(hours=1) // UPDATE_INTERVAL
    assert record_endpoints(home.simulator).count(LIST) <= 2 * polls


async def test_a_home_without_connections_has_no_such_sensor(
    hass: HomeAssistant, zone: Zone
) -> None:
    """And its diagnostics have none."""
    entry = await set_up(hass, zone, [domain(NAME)])
    assert hass.states.get(SENSOR) is None
    found = await async_get_config_entry_diagnostics(hass, entry)
    assert found["records"][0]["connections"] is None
