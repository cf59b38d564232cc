"""Taking over from Home Assistant's own Cloudflare integration."""

from typing import Any

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryDisabler,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop import first_update
from custom_components.raindrop.config import DOMAIN_DEFAULTS
from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.subentries import add_subentry, async_change_domain
from custom_components.raindrop.takeover import async_begin_takeover
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, OLD
from tests.secrets import READ_TOKEN, TOKEN, UNKNOWN_TOKEN, found_in
from tests.simulated_time import settle

from . import cloudflare_integration
from .builders import domain, new_entry, set_up
from .conftest import BATCH, LIST, ZONE, Clock, endpoints, entry_state, submit_form

ZONES = "GET /zones"
HOST, WWW = "home.example.com", "www.example.com"


@pytest.fixture
async def replaced(
    hass: HomeAssistant, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> MockConfigEntry:
    """Set up the other integration for one record."""
    cloudflare_integration.stand_in(hass, monkeypatch)
    return await cloudflare_integration.add_entry(hass, [HOST])


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Start the flow."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def choose(hass: HomeAssistant, menu: ConfigFlowResult, step: str) -> ConfigFlowResult:
    """Choose an option of a menu."""
    return await submit_form(hass, menu, next_step_id=step)


async def take_over(hass: HomeAssistant) -> ConfigFlowResult:
    """Start the flow, choose to take over, and return what comes next."""
    menu = await start(hass)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "start")
    return await choose(hass, menu, "take_over")


def placeholders(result: ConfigFlowResult) -> dict[str, str]:
    """Return the placeholders of a step."""
    return dict(result["description_placeholders"] or {})


def rows(form: ConfigFlowResult) -> list[tuple[str, str]]:
    """Return name and address of each row of a preview."""
    lines = placeholders(form)["rows"].replace("\\", "").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines]
    return [(name, address) for name, address in cells]


def next_step(hass: HomeAssistant, result: ConfigFlowResult) -> dict[str, Any]:
    """Return the step of the flow that follows."""
    (flow,) = hass.config_entries.subentries.async_progress()
    assert result["next_flow"][1] == flow["flow_id"]
    return dict(flow)


async def test_twelve_records_are_taken_over_by_two_clicks(
    hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written, four requests are sent, and the other entry is disabled."""
    zone = simulator.cloudflare.add_zone("example.com")
    simulator.cloudflare.add_token(TOKEN)
    names = [f"n{number:02}.example.com" for number in range(12)]
    for name in names:
        simulator.cloudflare.add_record(zone, type="A", name=name, content=HOME, proxied=True)
    replaced = await cloudflare_integration.set_up(hass, monkeypatch, zone.name, names, HOME)
    assert (replaced.state, replaced.disabled_by) == (ConfigEntryState.LOADED, None)
    before = simulator.cloudflare.records(zone)
    menu = await start(hass)
    assert menu["menu_options"] == ["take_over", "user"]
    assert placeholders(menu) == {"zones": "example.com"}
    simulator.log.clear()

    form = await choose(hass, menu, "take_over")
    assert (form["step_id"], form["errors"]) == ("records", None)
    assert rows(form) == [(name, HOME) for name in names]
    assert not found_in(str(form["description_placeholders"]))
    assert endpoints(simulator) == [ZONES, LIST]
    result = await submit_form(hass, form)

    assert endpoints(simulator) == [ZONES, LIST, LIST, ZONE]
    assert {entry.method for entry in simulator.log.select(service="cloudflare")} == {"GET"}
    assert simulator.cloudflare.records(zone) == before
    entry = result["result"]
    assert (entry.title, entry.unique_id) == (zone.name, zone.id)
    assert entry.state is ConfigEntryState.LOADED
    assert [s.data for s in entry.subentries.values()] == [
        {"domain": name, **DOMAIN_DEFAULTS} for name in names
    ]
    assert entry.data == {
        "zone": "example.com",
        "email": None,
        "key": TOKEN,
        "zone_id": zone.id,
        "zone_name": "example.com",
        "is_paid": False,
    }
    assert replaced.state is ConfigEntryState.NOT_LOADED
    assert replaced.disabled_by is ConfigEntryDisabler.USER
    assert next_step(hass, result)["step_id"] == "taken_over"


async def test_the_first_form_is_the_same_without_the_other_integration(
    hass: HomeAssistant, zone: Zone
) -> None:
    """There is no menu, but the form with four fields."""
    form = await start(hass)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")


async def test_setting_up_by_hand_leaves_the_other_entry(
    hass: HomeAssistant, simulator: Simulator, replaced: ConfigEntry
) -> None:
    """The other choice of the menu is the form with four fields."""
    form = await choose(hass, await start(hass), "user")
    assert form["step_id"] == "user"
    form = await submit_form(hass, form, zone="example.com", key=TOKEN, domain="new")
    result = await submit_form(hass, form, families=["ipv4"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert next_step(hass, result)["step_id"] == "done"
    assert replaced.disabled_by is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"zone": 5}, id="zone"),
        pytest.param({"records": None}, id="records"),
        pytest.param({"records": ["not a name"]}, id="name"),
        pytest.param({"api_token": None}, id="token"),
    ],
)
async def test_an_entry_that_cannot_be_read_is_not_offered(
    hass: HomeAssistant, zone: Zone, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first form comes at once."""
    cloudflare_integration.stand_in(hass, monkeypatch)
    await cloudflare_integration.add_entry(hass, [HOST], **data)
    assert (await start(hass))["step_id"] == "user"


async def test_a_record_that_is_not_right_is_shown_and_changed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry
) -> None:
    """The preview says what it will be; nothing is written before the form is submitted."""
    form = await take_over(hass)
    assert rows(form) == [(HOST, f"{OLD} → {HOME}")]
    assert simulator.cloudflare.records(zone)[0]["content"] == OLD
    await submit_form(hass, form)
    (record,) = simulator.cloudflare.records(zone)
    assert (record["content"], record["ttl"], record["comment"]) == (HOME, 3600, "front door")
    assert replaced.disabled_by


async def test_a_name_with_several_records_is_asked_about(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry
) -> None:
    """One record has to be chosen; the others stay as they are."""
    other = simulator.cloudflare.add_record(zone, type="A", name="home", content="81.2.69.150")
    form = await take_over(hass)
    schema = form["data_schema"]
    assert schema is not None
    assert [str(field) for field in schema.schema] == [HOST]
    assert rows(form) == [(HOST, f"{OLD}, 81.2.69.150")]
    form = await submit_form(hass, form)
    assert form["errors"] == {HOST: "record_not_chosen"}
    assert not hass.config_entries.async_entries(DOMAIN)

    result = await submit_form(hass, form, **{HOST: other["id"]})
    (subentry,) = result["result"].subentries.values()
    assert subentry.data["records"] == {"ipv4": other["id"]}
    assert [r["content"] for r in simulator.cloudflare.records(zone)] == [OLD, HOME]
    assert replaced.disabled_by


async def test_names_without_a_record_to_keep_are_left(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are named with what is there, and stay as they are; the others are taken over."""
    add = simulator.cloudflare.add_record
    add(zone, type="CNAME", name="alias", content="example.org")
    add(zone, type="AAAA", name="six", content="2001:218::1")
    add(zone, type="NS", name="sub", content="ns.example.org")
    add(zone, type="A", name="host.sub", content=OLD)
    add(zone, type="A", name="both", content=HOME)
    add(zone, type="AAAA", name="both", content="2001:218::2")
    cloudflare_integration.stand_in(hass, monkeypatch)
    labels = ("gone", "alias", "six", "host.sub", "both", "home")
    names = [f"{label}.example.com" for label in labels]
    replaced = await cloudflare_integration.add_entry(hass, names)
    before = {r["id"]: r for r in simulator.cloudflare.records(zone)}

    form = await take_over(hass)
    assert form["errors"] == {"base": "names_left"}
    assert placeholders(form)["names"] == (
        "gone.example.com (—), alias.example.com (CNAME example.org), "
        "six.example.com (AAAA 2001:218::1), host.sub.example.com (NS ns.example.org)"
    )
    assert rows(form) == [("both.example.com", HOME), (HOST, f"{OLD} → {HOME}")]
    result = await submit_form(hass, form)
    kept = [s.title for s in result["result"].subentries.values()]
    assert kept == ["both.example.com", HOST]
    changed = [r for r in simulator.cloudflare.records(zone) if r != before[r["id"]]]
    assert [r["name"] for r in changed] == [HOST]
    assert replaced.disabled_by


async def test_nothing_is_taken_over_if_no_name_has_a_record(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flow ends with what is at each name; the other entry stays as it is."""
    cloudflare_integration.stand_in(hass, monkeypatch)
    replaced = await cloudflare_integration.add_entry(hass, ["gone.example.com"])
    result = await take_over(hass)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "nothing_left")
    assert placeholders(result) == {"names": "gone.example.com (—)"}
    assert replaced.disabled_by is None


@pytest.mark.parametrize(
    "token, error",
    [
        pytest.param(UNKNOWN_TOKEN, "invalid_auth", id="refused"),
        pytest.param(READ_TOKEN, "zone_not_found", id="without the zone"),
    ],
)
async def test_another_token_is_asked_for(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    token: str,
    error: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the stored token does not work any more, another one takes over the same records."""
    elsewhere = simulator.cloudflare.add_zone("example.org")
    simulator.cloudflare.add_token(READ_TOKEN, zones=[elsewhere])
    cloudflare_integration.stand_in(hass, monkeypatch)
    replaced = await cloudflare_integration.add_entry(hass, [HOST], api_token=token)
    form = await take_over(hass)
    assert form["step_id"] == "retry"
    assert {"zone", "token_url"} <= placeholders(form).keys()
    assert error in (form["errors"] or {}).values()
    form = await submit_form(hass, form, key=TOKEN)
    result = await submit_form(hass, form)
    assert result["result"].data["key"] == TOKEN
    assert replaced.data["api_token"] == token
    assert replaced.disabled_by


async def test_a_failure_that_passes_is_tried_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry
) -> None:
    """No other token is asked for."""
    simulator.faults.add("cloudflare", kind="html")
    form = await take_over(hass)
    assert form["errors"] == {"base": "cloudflare_unavailable"}
    assert form["data_schema"] is not None
    assert not form["data_schema"].schema
    simulator.faults.clear()
    form = await submit_form(hass, form)
    assert form["step_id"] == "records"


async def test_nothing_is_taken_over_without_an_address(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry
) -> None:
    """The form says what the services reported, and tries again."""
    simulator.faults.add("ip", kind="status")
    form = await take_over(hass)
    assert (form["step_id"], form["errors"]) == ("retry", {"base": "address_unknown"})
    assert "ipify" in placeholders(form)["responses"]
    simulator.faults.clear()
    assert (await submit_form(hass, form))["step_id"] == "records"


async def test_one_of_several_zones_of_the_name_is_chosen(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry
) -> None:
    """If none of them is active, the user says which one it is; its problem is shown."""
    simulator.cloudflare.edit_zone(zone, status="pending")
    simulator.cloudflare.add_token(TOKEN, other_accounts=["Other"])
    simulator.cloudflare.add_zone("example.com", account="Other", status="moved")
    form = await take_over(hass)
    assert "ambiguous_zone" in (form["errors"] or {}).values()
    form = await submit_form(hass, form, zone_id=zone.id)
    assert form["errors"] == {"base": "zone_pending"}
    result = await submit_form(hass, form)
    assert result["result"].unique_id == zone.id
    assert replaced.disabled_by, "the records are right, though nobody sees them"


async def test_one_of_several_entries_is_chosen(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry
) -> None:
    """Each is taken over by a flow of its own, until none is left."""
    other_zone = simulator.cloudflare.add_zone("example.org")
    simulator.cloudflare.add_record(other_zone, type="A", name="www", content=HOME)
    other = await cloudflare_integration.add_entry(hass, ["www.example.org"], zone="example.org")
    form = await take_over(hass)
    assert form["step_id"] == "take_over"
    form = await submit_form(hass, form, entry=other.entry_id)
    result = await submit_form(hass, form)
    assert result["title"] == "example.org"
    assert other.disabled_by
    assert replaced.disabled_by is None

    form = await take_over(hass)
    assert form["step_id"] == "records"
    await submit_form(hass, form)
    assert replaced.disabled_by
    assert (await start(hass))["step_id"] == "user"


async def test_an_entry_that_is_gone_is_not_taken_over(
    hass: HomeAssistant, replaced: ConfigEntry
) -> None:
    """If it was removed while the menu was open, the first form comes."""
    menu = await start(hass)
    await hass.config_entries.async_remove(replaced.entry_id)
    assert (await choose(hass, menu, "take_over"))["step_id"] == "user"


async def test_an_entry_that_is_disabled_already_can_be_taken_over(
    hass: HomeAssistant, simulator: Simulator, replaced: ConfigEntry
) -> None:
    """It stays disabled, and is not offered again."""
    await hass.config_entries.async_set_disabled_by(replaced.entry_id, ConfigEntryDisabler.USER)
    result = await submit_form(hass, await take_over(hass))
    assert next_step(hass, result)["step_id"] == "taken_over"
    assert "replaces" not in result["result"].data
    assert replaced.disabled_by
    assert (await start(hass))["step_id"] == "user"


async def test_names_are_added_to_a_zone_that_is_set_up(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names that it lacks are added, unless another form did; then the entry is disabled."""
    simulator.cloudflare.add_record(zone, type="A", name="www", content=OLD)
    simulator.cloudflare.add_record(zone, type="A", name="new", content=HOME)
    entry = await set_up(hass, zone, [domain(HOST)])
    cloudflare_integration.stand_in(hass, monkeypatch)
    replaced = await cloudflare_integration.add_entry(hass, [HOST, WWW, "new.example.com"])
    form = await take_over(hass)
    assert rows(form) == [(WWW, f"{OLD} → {HOME}"), ("new.example.com", HOME)]
    add_subentry(hass, entry, domain("new.example.com"))
    result = await submit_form(hass, form)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "taken_over")
    assert placeholders(result) == {"count": "1", "zone": "example.com"}
    assert [s.title for s in entry.subentries.values()] == [HOST, "new.example.com", WWW]
    assert {r["content"] for r in simulator.cloudflare.records(zone)} == {HOME}
    assert replaced.disabled_by
    assert "replaces" not in entry.data


async def test_a_zone_that_is_removed_while_the_names_are_shown_is_set_up_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is whether the zone is there when the names are confirmed."""
    simulator.cloudflare.add_record(zone, type="A", name="www", content=OLD)
    entry = await set_up(hass, zone, [domain(HOST)])
    cloudflare_integration.stand_in(hass, monkeypatch)
    await cloudflare_integration.add_entry(hass, [HOST, WWW])
    form = await take_over(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    result = await submit_form(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [s.title for s in result["result"].subentries.values()] == [WWW]


async def test_a_zone_that_keeps_all_names_only_replaces_the_other_entry(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is added."""
    entry = await set_up(hass, zone, [domain(HOST)])
    cloudflare_integration.stand_in(hass, monkeypatch)
    replaced = await cloudflare_integration.add_entry(hass, [HOST])
    form = await take_over(hass)
    assert form["errors"] == {"base": "names_kept"}
    await submit_form(hass, form)
    assert replaced.disabled_by
    assert len(entry.subentries) == 1


async def test_a_zone_without_ipv4_takes_nothing_over(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form says that the source is off."""
    await set_up(hass, zone, [], sources={"ipv4": []})
    cloudflare_integration.stand_in(hass, monkeypatch)
    await cloudflare_integration.add_entry(hass, [HOST])
    form = await take_over(hass)
    assert form["errors"] == {"base": "source_off"}


async def test_the_other_entry_stays_until_all_is_in_sync(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry, clock: Clock
) -> None:
    """A refused change leaves it enabled; the change that succeeds disables it."""
    form = await take_over(hass)
    simulator.faults.add("cloudflare", BATCH, kind="error")
    result = await submit_form(hass, form)
    assert next_step(hass, result)["step_id"] == "taking_over"
    await clock.cycles(2)
    assert replaced.disabled_by is None
    assert replaced.state is ConfigEntryState.LOADED

    simulator.faults.clear()
    await clock.full_syncs()
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME
    assert replaced.disabled_by
    assert replaced.state is ConfigEntryState.NOT_LOADED


async def test_the_other_entry_stays_while_the_first_update_runs_on(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry
) -> None:
    """A setup that must be retried leaves it enabled; the one that succeeds disables it."""
    form = await take_over(hass)
    simulator.faults.add("ip", kind="reset")
    simulator.faults.add("cloudflare", kind="html")
    result = await submit_form(hass, form)
    entry = result["result"]
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert replaced.disabled_by is None
    simulator.faults.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert replaced.disabled_by


async def test_a_restart_before_the_other_entry_is_disabled(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry
) -> None:
    """What was stored until then goes on after the restart, and the other entry is disabled."""
    entry = new_entry(zone, [domain(HOST)])
    entry.add_to_hass(hass)
    async_begin_takeover(hass, entry, replaced.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME
    assert replaced.disabled_by
    assert "replaces" not in entry.data


async def test_a_restart_while_the_other_entry_is_disabled(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both changes are stored together, when Raindrop is in sync."""
    stored: dict[str, dict[str, Any]] = {}

    async def unload(_: HomeAssistant, __: ConfigEntry) -> bool:
        stored.update(
            (entry.domain, entry.as_dict()) for entry in hass.config_entries.async_entries()
        )
        assert simulator.cloudflare.records(zone)[0]["content"] == HOME
        return True

    cloudflare_integration.stand_in(hass, monkeypatch, unload)
    await cloudflare_integration.add_entry(hass, [HOST])
    await submit_form(hass, await take_over(hass))
    assert stored["cloudflare"]["disabled_by"] == "user"
    assert "replaces" not in stored[DOMAIN]["data"]


async def test_the_other_entry_is_enabled_again_if_raindrop_fails_meanwhile(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is being disabled, Raindrop is unloaded; when it is back, it is disabled."""
    to_unload: list[ConfigEntry] = []

    async def unload(_: HomeAssistant, __: ConfigEntry) -> bool:
        for entry in to_unload:
            await hass.config_entries.async_unload(entry.entry_id)
        return True

    cloudflare_integration.stand_in(hass, monkeypatch, unload)
    replaced = await cloudflare_integration.add_entry(hass, [HOST])
    entry = new_entry(zone, [domain(HOST)])
    entry.add_to_hass(hass)
    async_begin_takeover(hass, entry, replaced.entry_id)
    to_unload.append(entry)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    assert (replaced.state, replaced.disabled_by) == (ConfigEntryState.LOADED, None)
    assert entry.data["replaces"] == replaced.entry_id

    to_unload.clear()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert replaced.disabled_by


async def test_the_other_entry_is_enabled_again_if_raindrop_is_removed_meanwhile(
    hass: HomeAssistant, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would keep its records."""
    entry = new_entry(zone, [domain(HOST)])

    async def unload(_: HomeAssistant, __: ConfigEntry) -> bool:
        await hass.config_entries.async_remove(entry.entry_id)
        return True

    cloudflare_integration.stand_in(hass, monkeypatch, unload)
    replaced = await cloudflare_integration.add_entry(hass, [HOST])
    entry.add_to_hass(hass)
    async_begin_takeover(hass, entry, replaced.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert not hass.config_entries.async_entries(DOMAIN)
    assert (replaced.state, replaced.disabled_by) == (ConfigEntryState.LOADED, None)


async def test_an_entry_that_cannot_be_unloaded_is_off_after_a_restart(
    hass: HomeAssistant, zone: Zone, replaced: MockConfigEntry
) -> None:
    """Home Assistant does not unload an entry that failed to unload before; it is disabled."""
    form = await take_over(hass)
    replaced.mock_state(hass, ConfigEntryState.FAILED_UNLOAD)
    await submit_form(hass, form)
    assert replaced.disabled_by is ConfigEntryDisabler.USER


async def test_a_takeover_ends_with_the_other_entry(
    hass: HomeAssistant, zone: Zone, replaced: ConfigEntry
) -> None:
    """If the user removes it first, there is nothing to disable any more."""
    form = await take_over(hass)
    await hass.config_entries.async_remove(replaced.entry_id)
    result = await submit_form(hass, form)
    assert "replaces" not in result["result"].data


@pytest.mark.parametrize(
    "change", [pytest.param({"records": []}, id="other names"), pytest.param({"zone": 5}, id="odd")]
)
async def test_an_entry_that_keeps_other_names_meanwhile_stays(
    hass: HomeAssistant, zone: Zone, replaced: ConfigEntry, change: dict[str, Any]
) -> None:
    """What Raindrop does not keep in its place is no reason to disable it."""
    form = await take_over(hass)
    hass.config_entries.async_update_entry(replaced, data={**replaced.data, **change})
    await submit_form(hass, form)
    assert replaced.disabled_by is None


async def test_a_paused_name_is_not_taken_over_yet(
    hass: HomeAssistant, zone: Zone, replaced: ConfigEntry
) -> None:
    """Nothing is written for it, so the other entry stays enabled."""
    entry = new_entry(zone, [domain(HOST, paused=True)])
    entry.add_to_hass(hass)
    async_begin_takeover(hass, entry, replaced.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert replaced.disabled_by is None
    (subentry,) = entry.subentries.values()
    async_change_domain(hass, entry, subentry, paused=False)
    await hass.async_block_till_done()
    assert replaced.disabled_by


async def test_what_was_stored_before_a_restart_is_no_reason_to_disable_the_other_entry(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    replaced: ConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It stays enabled until the first update after the restart has read the zone."""
    entry = await set_up(hass, zone, [domain(HOST)])
    await hass.config_entries.async_unload(entry.entry_id)
    async_begin_takeover(hass, entry, replaced.entry_id)
    held = simulator.faults.add("ip", kind="hold")
    monkeypatch.setattr(first_update, "_LIMIT_S", 0)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert replaced.disabled_by is None
    held.release()
    await settle(hass)
    assert replaced.disabled_by


async def test_the_other_entry_stays_while_the_address_is_unknown(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, replaced: ConfigEntry, clock: Clock
) -> None:
    """Without an address, it is not known whether the records are right."""
    entry = await set_up(hass, zone, [domain(HOST)])
    await hass.config_entries.async_unload(entry.entry_id)
    async_begin_takeover(hass, entry, replaced.entry_id)
    simulator.faults.add("ip", kind="status")
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert replaced.disabled_by is None
    simulator.faults.clear()
    await clock.cycles()
    assert replaced.disabled_by
