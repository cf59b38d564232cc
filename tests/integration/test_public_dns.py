"""Look-ups at public resolvers: when they happen, what they show, and that nothing is written."""

from collections import Counter
from datetime import timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.const import FULL_SYNC_INTERVAL, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import RecordKey
from custom_components.raindrop.public_dns import MAX_CHANGED
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.resolvers import WRONG_ADDRESSES
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import TOKEN

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, press_update_now, state
from .router_entities import issues
from .test_events import DNS_RECORD, PROBLEM, Fired, fired

__all__ = ["fired"]

HOME_NAME = "home.example.com"
PUBLIC_DNS = "sensor.home_example_com_public_dns_ipv4"
TTL = timedelta(hours=1)
"""The TTL of the record in the fixture `zone`."""
SLACK = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def frozen(clock: Clock) -> None:
    """Freeze the time before anything is set up."""


def questions(simulator: Simulator, path: str = "/dns-query") -> Counter[str]:
    """Return what a resolver was asked for."""
    entries = simulator.log.select(service="doh", template=path)
    return Counter(entry.target.partition("?")[2] for entry in entries)


def asked(name: str, type_: str = "A") -> str:
    """Return the query for a name."""
    return f"name={name}&type={type_}"


def reason(hass: HomeAssistant) -> str | None:
    """Return the reason of the problem sensor, None while it is off."""
    shown = hass.states.get(PROBLEM)
    assert shown is not None
    assert (shown.state == "on") == (shown.attributes["reason"] is not None)
    found: str | None = shown.attributes["reason"]
    return found


async def choose_resolvers(hass: HomeAssistant, entry: RaindropConfigEntry, choice: str) -> None:
    """Choose the resolvers in the options."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    sources = {"ipv4_source": "automatic", "ipv6_source": "automatic", "resolvers": choice}
    await hass.config_entries.options.async_configure(form["flow_id"], sources)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.options["resolvers"] == choice


async def test_a_changed_name_is_looked_up_once(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """It is when its TTL and ten minutes have passed; full syncs before that ask for no name."""
    await clock.passes(TTL + SLACK - 3 * SECOND)
    assert questions(simulator)[asked(HOME_NAME)] == 0
    await clock.passes(3 * SECOND)
    assert questions(simulator)[asked(HOME_NAME)] == 1
    await clock.passes(UPDATE_INTERVAL)
    assert questions(simulator)[asked(HOME_NAME)] == 1
    assert questions(simulator, "/resolve") == {}
    assert reason(hass) is None


async def test_a_created_name_is_looked_up_when_its_absence_is_forgotten(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone
) -> None:
    """That there was no record is remembered for half an hour."""
    simulator.cloudflare.add_token(TOKEN)
    await set_up(hass, zone, [domain("new.example.com")])
    await clock.passes(timedelta(minutes=40) - 3 * SECOND)
    assert questions(simulator)[asked("new.example.com")] == 0
    await clock.passes(3 * SECOND)
    assert questions(simulator)[asked("new.example.com")] == 1


async def test_a_name_that_changes_again_waits_again(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Only the last change counts."""
    await clock.passes(TTL)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    await clock.passes(TTL)
    assert questions(simulator)[asked(HOME_NAME)] == 0
    await clock.passes(SLACK)
    assert questions(simulator)[asked(HOME_NAME)] == 1
    assert reason(hass) is None


@pytest.mark.parametrize("change", ["edited", "proxied", "in conflict"])
async def test_a_name_that_is_not_as_it_was_written_is_not_looked_up(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    entry: RaindropConfigEntry,
    change: str,
) -> None:
    """Another time counts for it, or it says nothing about the home."""
    await clock.passes(TTL - UPDATE_INTERVAL)
    (record,) = simulator.cloudflare.records(zone)
    if change == "edited":
        simulator.cloudflare.edit_record(zone, record["id"], ttl=7200)
    elif change == "proxied":
        simulator.cloudflare.edit_record(zone, record["id"], proxied=True, ttl=1)
    else:
        simulator.cloudflare.delete_record(zone, record["id"])
        simulator.cloudflare.add_record(zone, type="CNAME", name="home", content="example.net")
    await clock.cycles(4)
    assert questions(simulator)[asked(HOME_NAME)] == 0


@pytest.mark.parametrize("wrong", ["wrong_answer", "nxdomain"])
async def test_a_name_that_resolvers_do_not_see_is_a_problem(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: Fired,
    wrong: str,
) -> None:
    """The sensor is on, one event fires, a repair says what is answered; all end by themselves."""
    await clock.cycles()
    fired.clear()
    simulator.faults.add("doh", "GET /dns-query", kind=wrong)
    await clock.passes(TTL + SLACK)
    assert reason(hass) == "not_seen"
    answer = WRONG_ADDRESSES["A"] if wrong == "wrong_answer" else "—"
    expected = {"domain": HOME_NAME, "type": "A", "address": HOME, "answer": answer}
    assert expected.items() <= issues(hass)["record_not_seen"].items()

    # It is nothing that an update could change, or that has to be looked at more often.
    await press_update_now(hass)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) == "not_seen"

    simulator.faults.clear()
    simulator.doh.clear_caches()
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) is None
    assert issues(hass) == {}
    assert fired == [("failed", HOME, HOME, "not_seen"), ("recovered", None, HOME, None)]
    assert simulator.log.count(endpoint=BATCH) == 1
    assert state(hass, DNS_RECORD) != "unknown"


async def test_another_address_ends_the_problem(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """What was answered for the old record says nothing about the new one."""
    simulator.faults.add("doh", kind="wrong_answer")
    await clock.passes(TTL + SLACK)
    assert reason(hass) == "not_seen"
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert reason(hass) is None


@pytest.mark.parametrize(
    "fault", ["servfail", "garbled", "huge", "reset", "status", "truncated", "html"]
)
async def test_a_resolver_that_does_not_answer_is_no_problem(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    fault: str,
) -> None:
    """What the world sees is not known then, and a problem that was known stays."""
    broken = simulator.faults.add("doh", kind=fault)
    await clock.passes(TTL + SLACK)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) is None

    simulator.faults.remove(broken)
    simulator.faults.add("doh", kind="wrong_answer", times=4)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) == "not_seen"
    simulator.faults.clear()
    simulator.faults.add("doh", kind=fault)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) == "not_seen"
    assert simulator.log.count(endpoint=BATCH) == 1


async def test_no_resolver_that_is_slow_delays_an_update(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Updates go on while an answer is awaited, and one for an older record is ignored."""
    await clock.passes(TTL - SECOND)
    simulator.faults.add("doh", kind="wrong_answer", times=1)
    held = simulator.faults.add("doh", kind="hold", times=1)
    passing = hass.async_create_task(clock.passes(SLACK))
    await simulator.log.arrived(1, service="doh")
    simulator.ip.set_address(NEXT)
    await entry.runtime_data.async_update_now()
    assert simulator.cloudflare.records("example.com")[0]["content"] == NEXT
    held.release()
    await passing
    assert reason(hass) is None
    assert entry.runtime_data.data.record(key(HOME_NAME)).public_addresses is None


async def test_an_answer_after_the_end_is_not_used(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A zone that was stopped stores nothing any more: another one may have begun."""
    coordinator = entry.runtime_data
    simulator.faults.add("doh", kind="wrong_answer")
    held = simulator.faults.add("doh", kind="hold")
    passing = hass.async_create_task(clock.passes(TTL + SLACK))
    await simulator.log.arrived(1, service="doh")
    await coordinator.async_stop()
    before = coordinator.data
    held.release()
    await passing
    assert coordinator.data is before


def key(name: str) -> RecordKey:
    """Return the record key of an A record."""
    return RecordKey(ddns.to_ascii(name), ddns.Family.IPV4)


async def set_up_many(hass: HomeAssistant, simulator: Simulator, count: int) -> RaindropConfigEntry:
    """Set up a zone with many names, whose records have been right for long."""
    zone = simulator.cloudflare.add_zone("example.com", plan="pro")
    simulator.cloudflare.add_token(TOKEN)
    for number in range(count):
        simulator.cloudflare.add_record(zone, type="A", name=f"n{number}", content=HOME, ttl=60)
    return await set_up(hass, zone, [domain(f"n{number}.example.com") for number in range(count)])


async def test_names_take_turns_with_the_full_syncs(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """Each full sync asks for one name, and between them nobody is asked."""
    entry = await set_up_many(hass, simulator, 3)
    await clock.passes(timedelta(minutes=45))
    simulator.log.clear()
    for count in range(1, 4):
        await entry.runtime_data.async_update_now()
        await hass.async_block_till_done(wait_background_tasks=True)
        names = [query for query in questions(simulator) if query.endswith("type=A")]
        assert len(names) == count
        assert simulator.log.count(service="doh") <= 2 * count
        asked_so_far = simulator.log.count(service="doh")
        await entry.runtime_data.async_refresh()
        await hass.async_block_till_done(wait_background_tasks=True)
        assert simulator.log.count(service="doh") == asked_so_far


async def test_after_a_change_twenty_names_are_looked_up(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    """However many names changed; the others have their turn with the full syncs."""
    await set_up_many(hass, simulator, 50)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    simulator.log.clear()
    await clock.passes(timedelta(minutes=11))
    assert simulator.log.count(service="doh") == len(questions(simulator)) == MAX_CHANGED == 20


async def test_the_second_resolver_is_asked_only_if_it_is_chosen(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Then a name is seen if one of them sees it; off asks nobody and forgets the problem."""
    await choose_resolvers(hass, entry, "cloudflare_and_google")
    simulator.log.clear()
    await clock.passes(TTL + SLACK)
    await press_update_now(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert questions(simulator) == questions(simulator, "/resolve")
    assert questions(simulator)[asked(HOME_NAME)] > 0

    only_one = simulator.faults.add("doh", "GET /dns-query", kind="wrong_answer")
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) is None
    simulator.faults.add("doh", "GET /resolve", kind="nxdomain")
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) == "not_seen"
    simulator.faults.remove(only_one)

    await choose_resolvers(hass, entry, "off")
    assert reason(hass) is None
    simulator.log.clear()
    await clock.passes(FULL_SYNC_INTERVAL)
    assert LIST in endpoints(simulator)
    assert simulator.log.count(service="doh") == 0


@pytest.mark.parametrize("stored", [None, 5, "quad9", []], ids=repr)
async def test_a_damaged_choice_is_the_default(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, stored: object
) -> None:
    """Cloudflare's resolver is asked, and the form can be opened."""
    options = {**entry.options, "resolvers": stored}
    hass.config_entries.async_update_entry(entry, options=options)
    form = await hass.config_entries.options.async_init(entry.entry_id)
    schema = form["data_schema"]
    assert schema is not None
    suggested = {str(k): (k.description or {}).get("suggested_value") for k in schema.schema}
    assert suggested["resolvers"] == "cloudflare"


async def test_a_restart_forgets_no_problem(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    fired: Fired,
) -> None:
    """A name that was not seen stays a problem without another event, until an answer has it."""
    simulator.faults.add("doh", kind="wrong_answer")
    await clock.passes(TTL + SLACK)
    assert reason(hass) == "not_seen"
    fired.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert reason(hass) == "not_seen"
    assert issues(hass)["record_not_seen"]
    assert fired == []


@pytest.mark.parametrize(
    "fault, shown",
    [(None, HOME), ("wrong_answer", WRONG_ADDRESSES["A"]), ("nxdomain", "none"), ("html", None)],
)
async def test_the_sensor_shows_what_resolvers_answer(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    fault: str | None,
    shown: str | None,
) -> None:
    """It is disabled at first; without an answer its state is unknown."""
    registry = er.async_get(hass)
    registered = registry.async_get(PUBLIC_DNS)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    registry.async_update_entity(PUBLIC_DNS, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, PUBLIC_DNS) == "unknown"
    if fault:
        simulator.faults.add("doh", kind=fault)
    await clock.passes(TTL + SLACK)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert state(hass, PUBLIC_DNS) == (shown or "unknown")


async def test_the_sensor_of_a_proxied_name_is_unknown(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone
) -> None:
    """Resolvers answer with Cloudflare's addresses then, so they are not asked."""
    simulator.cloudflare.add_record(zone, type="A", name="hidden", content=OLD, proxied=True)
    await set_up(hass, zone, [domain("hidden.example.com")])
    await clock.passes(2 * FULL_SYNC_INTERVAL)
    assert questions(simulator)[asked("hidden.example.com")] == 0


NS = asked("example.com", "NS")
REGISTRAR = "ns1.registrar.example"


def delegate(simulator: Simulator, *name_servers: str) -> None:
    """Delegate the zone to other name servers."""
    simulator.doh.delegations["example.com"] = name_servers
    simulator.doh.clear_caches()


async def test_the_name_servers_are_looked_up_with_each_full_sync(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Together with one name that makes two questions at most, and none between full syncs."""
    assert questions(simulator) == {NS: 1}
    await clock.passes(2 * FULL_SYNC_INTERVAL)
    simulator.log.clear()
    await clock.cycles(12)
    assert questions(simulator) == {NS: 1, asked(HOME_NAME): 1}


@pytest.mark.parametrize("name_servers", [(REGISTRAR,), ()], ids=["elsewhere", "nowhere"])
@pytest.mark.parametrize("proxied", [False, True], ids=["DNS only", "proxied"])
async def test_a_zone_that_is_delegated_elsewhere_is_one_problem_of_all_its_names(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    entry: RaindropConfigEntry,
    fired: Fired,
    name_servers: tuple[str, ...],
    proxied: bool,  # noqa: FBT001
) -> None:
    """One repair names what resolvers answer, also after a restart; it ends by itself."""
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, record["id"], proxied=proxied, ttl=1)
    await clock.passes(FULL_SYNC_INTERVAL)
    fired.clear()
    delegate(simulator, *name_servers)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) == "not_seen"
    answer = r"ns1\.registrar\.example" if name_servers else "—"
    expected = {"zone": "example.com", "answer": answer}
    assert issues(hass).keys() == {"zone_not_seen"}
    assert expected.items() <= issues(hass)["zone_not_seen"].items()

    simulator.faults.add("doh", kind="servfail")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert reason(hass) == "not_seen"
    assert issues(hass).keys() == {"zone_not_seen"}
    simulator.faults.clear()

    del simulator.doh.delegations["example.com"]
    simulator.doh.clear_caches()
    await clock.passes(FULL_SYNC_INTERVAL)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert reason(hass) is None
    assert issues(hass) == {}
    assert [type_ for type_, *_ in fired] == ["failed", "recovered"]
    assert simulator.log.count(endpoint=BATCH) == 1


async def test_one_name_server_of_the_zone_is_enough(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Also one of its own names for them, in whatever case."""
    vanity = ["ns1.example.com"]
    simulator.cloudflare.edit_zone(zone, vanity_name_servers=vanity)
    await hass.config_entries.async_reload(entry.entry_id)
    delegate(simulator, REGISTRAR, "NS1.Example.com.")
    await entry.runtime_data.async_update_now()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert reason(hass) is None


async def test_without_the_permission_to_read_the_zone_nothing_is_judged(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone
) -> None:
    """Then Cloudflare's name servers are not known, and nobody is asked for them."""
    simulator.cloudflare.add_token(TOKEN, permissions={"dns:edit", "dns:read"})
    await set_up(hass, zone, [domain(HOME_NAME)])
    delegate(simulator, REGISTRAR)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert questions(simulator)[NS] == 0


@pytest.mark.parametrize("change", [{"status": "moved"}, {"type_": "partial"}], ids=str)
async def test_a_zone_that_is_not_active_has_a_problem_of_its_own(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    entry: RaindropConfigEntry,
    change: dict[str, Any],
) -> None:
    """Cloudflare says itself that nobody asks it, so no resolver is asked; what was said ends."""
    delegate(simulator, REGISTRAR)
    await clock.passes(2 * FULL_SYNC_INTERVAL)
    assert "zone_not_seen" in issues(hass)
    simulator.cloudflare.edit_zone(zone, **change)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.log.clear()
    await clock.passes(2 * FULL_SYNC_INTERVAL)
    assert simulator.log.count(service="doh") == 0
    assert "zone_not_seen" not in issues(hass)


def messages() -> st.SearchStrategy[bytes]:
    """Return answers of any kind: right, wrong, half right, and no answers at all."""
    values: st.SearchStrategy[Any] = st.sampled_from(
        [None, True, 0, 1, 3, -1, 0.5, "", "A", HOME, OLD, HOME_NAME, [], {}]
    )
    records = st.lists(st.fixed_dictionaries({"type": values, "data": values}), max_size=3)
    names = st.sampled_from([HOME_NAME, "example.com"])
    types = st.sampled_from([1, 2, 28])
    question = st.lists(st.fixed_dictionaries({"name": names | values, "type": types}), max_size=2)
    fields: dict[str, st.SearchStrategy[Any]] = {
        "Status": st.sampled_from([0, 3]) | values,
        "Question": question | values,
    }
    optional = {"Answer": records | values, "TC": values}
    message = st.fixed_dictionaries(fields, optional=optional)
    return message.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)


@pytest.fixture
async def both_resolvers(hass: HomeAssistant, clock: Clock, entry: RaindropConfigEntry) -> None:
    """Ask both resolvers, and let the look-up after the first change be over."""
    await choose_resolvers(hass, entry, "cloudflare_and_google")
    await clock.passes(TTL + SLACK)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=messages(), status=st.sampled_from([200, 200, 200, 204, 302, 404, 500]))
def test_whatever_resolvers_answer_nothing_is_written(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    both_resolvers: None,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    status: int,
) -> None:
    """A full sync asks each resolver two questions at most, raises nothing, writes nothing."""

    async def full_sync() -> None:
        simulator.faults.clear()
        simulator.faults.add("doh", kind="body", body=body, status=status)
        simulator.log.clear()
        await clock.passes(2 * FULL_SYNC_INTERVAL)

    hass.loop.run_until_complete(full_sync())
    assert endpoints(simulator).count(LIST) == 1
    assert {entry.method for entry in simulator.log.entries} == {"GET"}
    assert questions(simulator) == questions(simulator, "/resolve") == {NS: 1, asked(HOME_NAME): 1}
    assert reason(hass) in {None, "not_seen"}
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []
