"""A zone whose records the world does not see as it should: form, repair, sensor, gone again."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import DNS_TOKEN, TOKEN

from .builders import domain, set_up
from .conftest import Clock, press_update_now, submit, submit_user_form
from .domain_forms import FORM, send
from .repair_flows import Repair, issue_id, issues

NAME = "home.example.com"
PROBLEM = "binary_sensor.home_example_com_dns_problem"
EVENT = "event.home_example_com_dns_record"
PROBLEMS: Mapping[str, Mapping[str, Any]] = {
    "zone_moved": {"status": "moved"},
    "zone_pending": {"status": "pending"},
    "zone_paused": {"paused": True},
    "zone_partial": {"type_": "partial"},
    "zone_secondary": {"type_": "secondary"},
    "zone_internal": {"type_": "internal"},
}
SOLVED: Mapping[str, Any] = {"status": "active", "paused": False, "type_": "full"}
SERVERS = "ada.ns.cloudflare.com, bob.ns.cloudflare.com"

each_problem = pytest.mark.parametrize("problem", PROBLEMS)


def address(simulator: Simulator, zone: Zone) -> str:
    """Return the address of the record."""
    record = next(r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
    return str(record["content"])


def shown(hass: HomeAssistant) -> tuple[str, str | None]:
    """Return the state of the problem sensor of the domain, and its reason."""
    state = hass.states.get(PROBLEM)
    assert state is not None
    return state.state, state.attributes["reason"]


def texts(hass: HomeAssistant) -> Mapping[str, str]:
    """Return the placeholders of the only issue."""
    (issue,) = (i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN)
    return issue.translation_placeholders or {}


@each_problem
async def test_a_problem_of_the_zone_is_shown_and_gone_again_by_itself(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, problem: str
) -> None:
    """The records are still updated, but not said to be in sync; the recovery is an event."""
    await set_up(hass, zone, [domain(NAME)])
    assert (shown(hass), issues(hass)) == (("off", None), [])
    simulator.cloudflare.edit_zone(zone, **PROBLEMS[problem])
    simulator.ip.set_address(NEXT)
    await clock.full_syncs(24)

    assert address(simulator, zone) == NEXT
    assert (shown(hass), issues(hass)) == (("on", problem), [problem])
    event = hass.states.get(EVENT)
    assert event is not None
    assert (event.attributes["event_type"], event.attributes["reason"]) == ("failed", problem)
    found = texts(hass)
    assert found["zone"] == "example.com"
    assert found["name_servers"].replace("\\", "") == SERVERS
    assert found["dns_url"] == (
        f"https://dash.cloudflare.com/{zone.account.id}/example.com/dns/records"
    )
    simulator.cloudflare.edit_zone(zone, **SOLVED)
    await clock.full_syncs(24)
    assert (shown(hass), issues(hass)) == (("off", None), [])
    event = hass.states.get(EVENT)
    assert event is not None
    assert event.attributes["event_type"] == "recovered"


async def test_a_new_zone_is_pending_as_well(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The status "initializing" means the same; a zone with its own name servers needs those."""
    simulator.cloudflare.edit_zone(
        zone, status="initializing", vanity_name_servers=["ns1.example.com"]
    )
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["zone_pending"]
    assert texts(hass)["name_servers"].replace("\\", "") == "ns1.example.com"


async def test_proxied_records_of_a_partial_zone_are_seen(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """With the DNS at another provider, the names that go through the proxy work."""
    simulator.cloudflare.edit_zone(zone, type_="partial")
    simulator.cloudflare.add_record(zone, type="A", name="www", content=OLD, proxied=True)
    await set_up(hass, zone, [domain("www.example.com")])
    state = hass.states.get("binary_sensor.www_example_com_dns_problem")
    assert state is not None
    assert (state.state, issues(hass)) == ("off", [])


async def test_a_problem_of_the_record_comes_first(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Both are repairs; the sensor has the reason that needs to be solved for the record."""
    simulator.cloudflare.edit_zone(zone, status="pending")
    simulator.cloudflare.add_record(zone, type="CNAME", name="www", content="example.org")
    await set_up(hass, zone, [domain("www.example.com")])
    state = hass.states.get("binary_sensor.www_example_com_dns_problem")
    assert state is not None
    assert state.attributes["reason"] == "cname"
    assert issues(hass) == ["record_cname", "zone_pending"]


async def test_a_zone_that_may_not_be_read_has_no_problem(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A token without Zone Read says nothing about the zone."""
    simulator.cloudflare.edit_zone(zone, status="moved", paused=True)
    simulator.cloudflare.add_token(TOKEN, permissions=["dns:edit"])
    await set_up(hass, zone, [domain(NAME)])
    assert (shown(hass), issues(hass)) == (("off", None), [])


@each_problem
async def test_the_repair_reads_the_zone_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair, problem: str
) -> None:
    """Submitting it too early says so; after the cause is gone, so is the repair."""
    simulator.cloudflare.edit_zone(zone, **PROBLEMS[problem])
    await set_up(hass, zone, [domain(NAME)])
    step = await repair.start()
    # An internal zone can be removed instead.
    again = {"next_step_id": "retry"} if problem == "zone_internal" else {}
    assert step["step_id"] == ("init" if again else "confirm")
    step = await repair.send(again)
    error = step["description_placeholders"]["error"].replace("\\", "")
    assert "still reports the same problem for example.com" in error
    simulator.cloudflare.edit_zone(zone, **SOLVED)
    assert (await repair.send(again))["type"] is FlowResultType.CREATE_ENTRY
    assert (shown(hass), issues(hass)) == (("off", None), [])


async def test_update_now_reads_a_zone_with_a_problem_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Whoever solved the problem need not wait for a day; the button is no error before that."""
    simulator.cloudflare.edit_zone(zone, paused=True)
    await set_up(hass, zone, [domain(NAME)])
    await press_update_now(hass)
    assert issues(hass) == ["zone_paused"]
    simulator.cloudflare.edit_zone(zone, paused=False)
    await press_update_now(hass)
    assert issues(hass) == []


@each_problem
async def test_the_first_form_warns_and_goes_on(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, problem: str
) -> None:
    """Nothing is set up before the warning was shown; the preview of a domain has it as well."""
    simulator.cloudflare.edit_zone(zone, **PROBLEMS[problem])
    warning = await submit_user_form(hass, zone=zone.id, key=TOKEN, domain=NAME)
    assert (warning["step_id"], warning["errors"]) == ("unseen_zone", {"base": problem})
    placeholders = warning["description_placeholders"]
    assert placeholders is not None
    assert (placeholders["zone"], placeholders["name_servers"]) == ("example.com", SERVERS)
    assert hass.config_entries.async_entries(DOMAIN) == []

    result = await submit(hass, warning)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (shown(hass), issues(hass)) == (("on", problem), [problem])
    assert address(simulator, zone) == HOME
    menu = hass.config_entries.subentries.async_get(result["next_flow"][1])
    form = await send(hass, menu, {"next_step_id": "add"})
    preview = await send(hass, form, FORM | {"domain": "www"})
    assert (preview["step_id"], preview["errors"]) == ("preview", {"base": problem})


@pytest.mark.parametrize("first", ["active", "pending", "moved"])
async def test_the_active_one_of_two_zones_of_a_name_is_set_up(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, first: str
) -> None:
    """Whatever the order in which Cloudflare lists them, and whatever the other is."""
    simulator.cloudflare.add_token(TOKEN, other_accounts=["Other"])
    other = simulator.cloudflare.add_zone("example.com", account="Other", status="pending")
    active = zone
    if first != "active":
        simulator.cloudflare.edit_zone(zone, status=first)  # type: ignore[arg-type]
        active = simulator.cloudflare.edit_zone(other, status="active")
    result = await submit_user_form(hass, zone="example.com", key=TOKEN, domain=NAME)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == active.id


async def test_a_zone_that_was_added_again_gets_its_entities_when_the_old_one_is_removed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """They have the same names, so they could not be there twice."""
    old = await set_up(hass, zone, [domain(NAME)])
    before = {state.entity_id for state in hass.states.async_all()}
    simulator.cloudflare.edit_zone(zone, status="moved")
    simulator.cloudflare.add_token(DNS_TOKEN, account="Other")
    simulator.cloudflare.add_zone("example.com", account="Other")
    result = await submit_user_form(hass, zone="example.com", key=DNS_TOKEN, domain=NAME)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.config_entries.async_remove(old.entry_id)
    await hass.async_block_till_done()
    assert {state.entity_id for state in hass.states.async_all()} == before
    entities = er.async_entries_for_config_entry(er.async_get(hass), result["result"].entry_id)
    assert before <= {entity.entity_id for entity in entities}


async def test_of_several_zones_that_are_not_active_the_user_chooses_one(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The form asks, also where the zone is found from the domain; then it warns."""
    simulator.cloudflare.edit_zone(zone, status="moved")
    simulator.cloudflare.add_token(TOKEN, other_accounts=["Other"])
    other = simulator.cloudflare.add_zone("example.com", account="Other", status="pending")
    for typed in ("example.com", ""):
        form = await submit_user_form(hass, zone=typed, key=TOKEN, domain=NAME)
        assert (form["step_id"], form["errors"]) == ("user", {"zone": "ambiguous_zone"})
    schema = form["data_schema"]
    assert schema is not None
    options = schema.schema["zone_id"].config["options"]
    assert [(option["value"], option["label"]) for option in options] == [
        (zone.id, f"moved: {zone.account.id} / {zone.id}"),
        (other.id, f"pending: {other.account.id} / {other.id}"),
    ]
    warning = await submit(hass, form, zone="", key=TOKEN, domain=NAME, zone_id=other.id)
    assert warning["errors"] == {"base": "zone_pending"}
    result = await submit(hass, warning)
    assert result["result"].unique_id == other.id


async def moved(hass: HomeAssistant, simulator: Simulator, zone: Zone) -> Zone:
    """Let a zone that is set up move to another account, which the token sees; return it."""
    simulator.cloudflare.add_token(TOKEN, other_accounts=["Other"])
    await set_up(hass, zone, [domain(NAME, records={"ipv4": "0" * 32}, delete=True)])
    simulator.cloudflare.edit_zone(zone, status="moved")
    other = simulator.cloudflare.add_zone("example.com", account="Other", plan="pro")
    simulator.cloudflare.add_record(other, type="A", name="home", content=OLD)
    return other


def registered(hass: HomeAssistant) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the entities with their unique ids, and the ids of the devices."""
    entities = er.async_get(hass).entities.values()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {(entity.entity_id, entity.unique_id) for entity in entities}, {
        device.id for device in devices
    }


@pytest.mark.parametrize("is_gone", [False, True], ids=["moved", "deleted"])
async def test_the_repair_offers_the_zone_in_the_other_account(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    repair: Repair,
    is_gone: bool,  # noqa: FBT001
) -> None:
    """The entry takes the new zone id; domains, entities and history stay."""
    other = await moved(hass, simulator, zone)
    before = registered(hass)
    if is_gone:
        simulator.cloudflare.switches.foreign_zone = "404/1001"
        simulator.cloudflare.remove_zone(zone)
    await clock.full_syncs(24)
    assert issues(hass) == ["zone_gone" if is_gone else "zone_moved"]
    step = await repair.start()
    assert step["step_id"] == "use_zone"
    assert other.account.id in step["description_placeholders"]["dns_url"]

    assert (await repair.send({}))["type"] is FlowResultType.CREATE_ENTRY

    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    assert (entry.unique_id, entry.data["zone_id"], entry.data["is_paid"]) == (
        other.id,
        other.id,
        True,
    )
    assert address(simulator, other) == HOME
    assert registered(hass) == before
    assert (shown(hass), issues(hass)) == (("off", None), [])
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    url = f"https://dash.cloudflare.com/{other.account.id}/example.com/dns/records"
    assert [device.configuration_url for device in devices] == [url, url]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": "pending"}, id="not active"),
        pytest.param({"is_denied": True}, id="not editable"),
        pytest.param({"is_set_up": True}, id="set up already"),
        pytest.param({"is_broken": True}, id="not answered"),
        pytest.param({"is_unnamed": True}, id="name not known"),
    ],
)
async def test_no_other_zone_is_offered_that_cannot_be_used(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    repair: Repair,
    change: Mapping[str, Any],
) -> None:
    """The repair then asks to solve the problem of the zone that is set up."""
    other = await moved(hass, simulator, zone)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    if status := change.get("status"):
        simulator.cloudflare.edit_zone(other, status=status)
    if "is_unnamed" in change:
        hass.config_entries.async_update_entry(entry, data={**entry.data, "zone_name": None})
        await hass.async_block_till_done()
    await clock.full_syncs(24)
    if "is_set_up" in change:
        await set_up(hass, other, [])
    if "is_denied" in change:
        simulator.cloudflare.add_token(
            TOKEN, other_accounts=["Other"], permissions=["dns:read", "zone:read"]
        )
    if "is_broken" in change:
        simulator.faults.add("cloudflare", "GET /zones", kind="html", status=502)
    found = next(
        issue
        for issue in ir.async_get(hass).issues.values()
        if issue.translation_key == "zone_moved"
    )
    assert (await repair.start(found.issue_id))["step_id"] == "confirm"


async def test_nothing_is_looked_for_while_the_zone_is_not_loaded(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The repair of an entry that was unloaded meanwhile says so."""
    simulator.cloudflare.edit_zone(zone, status="moved")
    entry = await set_up(hass, zone, [domain(NAME)])
    found = issue_id(hass)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, found)
    await hass.config_entries.async_unload(entry.entry_id)
    ir.async_get(hass).issues[DOMAIN, found] = issue  # type: ignore[assignment]
    assert (await repair.start(found))["reason"] == "not_loaded"


@pytest.mark.parametrize("choice", ["use_zone", "keep_zone"])
async def test_reconfigure_offers_the_zone_in_the_other_account(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, choice: str
) -> None:
    """With a token of that account, the entry may take the zone there, or stay."""
    other = await moved(hass, simulator, zone)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    before = registered(hass)
    token = "another-token-that-sees-both-accounts-xx"
    simulator.cloudflare.add_token(token, other_accounts=["Other"])
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )
    menu = await submit(hass, form, key=token)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "moved_zone")

    done = await submit(hass, menu, next_step_id=choice)

    is_used = choice == "use_zone"
    reason = "zone_changed" if is_used else "reconfigure_successful"
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, reason)
    assert entry.data["key"] == token
    assert entry.unique_id == entry.data["zone_id"] == (other.id if is_used else zone.id)
    assert registered(hass) == before
    assert address(simulator, other) == (HOME if is_used else OLD)
    assert hass.states.get(PROBLEM) is not None


async def test_both_devices_link_to_the_dns_page(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """To that of the zone if its account is known, else to one that asks for the zone."""
    entry = await set_up(hass, zone, [domain(NAME)])
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    url = f"https://dash.cloudflare.com/{zone.account.id}/example.com/dns/records"
    assert [device.configuration_url for device in devices] == [url, url]
    simulator.cloudflare.add_token(TOKEN, permissions=["dns:edit"])
    await hass.config_entries.async_reload(entry.entry_id)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    url = "https://dash.cloudflare.com/?to=/:account/:zone/dns/records"
    assert [device.configuration_url for device in devices] == [url, url]
