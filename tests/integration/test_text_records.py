"""Texts that follow the address of a domain: the option, the writes, the repairs."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints, press_update_now, state, sync
from .domain_forms import FORM, WWW, add, change, placeholders, rows, send, start
from .repair_flows import Repair, issues
from .router_entities import contents

NAME, MAIL = "home.example.com", "mail.example.com"
PROBLEM = "binary_sensor.home_example_com_dns_problem"
LATER = "81.2.69.146"
SECTION = "other_records"


def spf(address: str, rest: str = "-all") -> str:
    """Return the content of an SPF record with an address."""
    return f'"v=spf1 ip4:{address} {rest}"'


@pytest.fixture
def text(simulator: Simulator, zone: Zone) -> dict[str, Any]:
    """Add an SPF record with the address of the home."""
    return simulator.cloudflare.add_record(zone, type="TXT", name="mail", content=spf(HOME))


@pytest.fixture
async def follower(hass: HomeAssistant, zone: Zone, text: dict[str, Any]) -> RaindropConfigEntry:
    """Set up a domain that the text follows."""
    return await set_up(hass, zone, [domain(NAME, texts=[MAIL])])


def field(form: SubentryFlowResult) -> Mapping[str, Any] | None:
    """Return the configuration of the field for names, None if there is none."""
    schema = form["data_schema"]
    assert schema is not None
    part = schema.schema.get(SECTION)
    config: Mapping[str, Any] | None = part and part.schema.schema["texts"].config
    return config


def texts_of(entry: RaindropConfigEntry) -> list[str]:
    """Return the stored names of the last domain."""
    return [*[*entry.subentries.values()][-1].data["texts"]]


async def test_names_are_chosen_when_a_domain_is_added(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    text: dict[str, Any],
) -> None:
    """Only names with addresses in texts are listed; the preview shows the addresses."""
    simulator.cloudflare.add_record(zone, type="TXT", name="other", content='"v=spf1 mx -all"')
    simulator.cloudflare.add_record(
        zone, type="HTTPS", name="mail", content=f"1 . ipv4hint={HOME},{OLD}"
    )
    simulator.cloudflare.add_record(zone, type="A", name="www", content=HOME)
    form = await start(hass, entry)
    config = field(form)
    assert config is not None
    label = f"{MAIL} · HTTPS {OLD}, {HOME} · TXT {HOME}"
    assert config["options"] == [{"value": MAIL, "label": label}]

    preview = await send(hass, form, FORM | {"domain": WWW, "texts": [MAIL]})

    assert rows(preview)[1:] == [
        f"- **{MAIL}** HTTPS: {OLD}, {HOME}",
        f"- **{MAIL}** TXT: {HOME}",
    ]
    assert preview["errors"] is None
    await send(hass, preview, {})
    assert texts_of(entry) == [MAIL]
    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    await press_update_now(hass)
    assert endpoints(simulator) == [LIST, BATCH]
    texts = [r["content"] for r in simulator.cloudflare.records(zone) if r["name"] == MAIL]
    assert sorted(texts) == [spf(NEXT), f"1 . ipv4hint={NEXT},{OLD}"]


async def test_without_such_names_there_is_no_section(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """A form has nothing to choose where there is nothing."""
    assert field(await start(hass, entry)) is None
    assert field(await change(hass, entry)) is None
    await add(hass, entry, domain=WWW)
    assert texts_of(entry) == []


@pytest.mark.usefixtures("text")
async def test_names_are_chosen_for_a_domain_that_exists(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """And given up again."""
    preview = await send(hass, await change(hass, entry), FORM | {"texts": [MAIL]})
    await send(hass, preview, {})
    assert texts_of(entry) == [MAIL]

    form = await change(hass, entry)
    preview = await send(hass, form, FORM | {"texts": []})
    assert [row for row in rows(preview) if MAIL in row] == []
    await send(hass, preview, {})
    assert texts_of(entry) == []


async def test_a_text_without_the_address_is_reported_in_the_preview(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    text: dict[str, Any],
) -> None:
    """Raindrop would not know which address to replace."""
    simulator.cloudflare.edit_record(zone, text["id"], content=spf(OLD))

    preview = await send(hass, await change(hass, entry), FORM | {"texts": [MAIL]})

    assert preview["errors"] == {"base": "text_without_address"}
    assert placeholders(preview)["names"] == MAIL
    result = await send(hass, preview, {})
    assert result["type"] is FlowResultType.ABORT


async def test_a_chosen_name_whose_text_is_gone_stays_chosen(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, follower: RaindropConfigEntry
) -> None:
    """The text may come back; nothing is created."""
    record = simulator.cloudflare.records(zone)[-1]
    simulator.cloudflare.edit_record(zone, record["id"], name="renamed")
    form = await change(hass, follower)
    config = field(form)
    assert config is not None
    renamed = {"value": "renamed.example.com", "label": f"renamed.example.com · TXT {HOME}"}
    assert config["options"] == [{"value": MAIL, "label": MAIL}, renamed]
    simulator.ip.set_address(NEXT)
    await press_update_now(hass)
    assert contents(simulator) == {NAME: NEXT, "renamed.example.com": spf(HOME)}
    assert issues(hass) == []


async def test_names_stay_while_they_cannot_be_listed(
    hass: HomeAssistant, simulator: Simulator, follower: RaindropConfigEntry
) -> None:
    """The form works without them."""
    fault = simulator.faults.add("cloudflare", LIST, kind="html")
    form = await change(hass, follower)
    simulator.faults.remove(fault)
    config = field(form)
    assert config is not None
    assert config["options"] == [{"value": MAIL, "label": MAIL}]
    preview = await send(hass, form, FORM | {"texts": [MAIL], "create": False})
    await send(hass, preview, {})
    assert texts_of(follower) == [MAIL]


async def test_the_action_returns_what_it_replaces(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    follower: RaindropConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A dry run plans it and writes nothing; both name the addresses, and the log the record."""
    simulator.ip.set_address(NEXT)
    expected = {"name": MAIL, "type": "TXT", "replaced": {HOME: NEXT}}

    planned = await sync(hass, follower, dry_run=True)
    assert planned["texts"] == [expected | {"result": "planned"}]
    assert contents(simulator)[MAIL] == spf(HOME)
    done = await sync(hass, follower)
    assert (done["texts"], done["requests"]) == ([expected | {"result": "done"}], 2)
    assert contents(simulator)[MAIL] == spf(NEXT)
    assert f"Address in the TXT record of {MAIL}: replaced" in caplog.text
    assert "texts" not in await sync(hass, follower)


async def test_an_address_that_changed_while_home_assistant_was_off(
    hass: HomeAssistant, simulator: Simulator, follower: RaindropConfigEntry
) -> None:
    """The last one is stored."""
    await hass.config_entries.async_unload(follower.entry_id)
    simulator.ip.set_address(NEXT)
    await hass.config_entries.async_setup(follower.entry_id)
    await hass.async_block_till_done()

    assert contents(simulator) == {NAME: NEXT, MAIL: spf(NEXT)}


async def test_what_is_sent_is_stored_before(
    hass: HomeAssistant,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    follower: RaindropConfigEntry,
) -> None:
    """After a crash, it is known that the address in the text is this home's."""
    key = f"raindrop.{follower.entry_id}"
    simulator.ip.set_address(NEXT)
    held = simulator.faults.add("cloudflare", BATCH, kind="hold", times=1)
    simulator.log.clear()
    update = hass.async_create_task(follower.runtime_data.async_update_now())
    await simulator.log.arrived(1, endpoint=BATCH)
    crashed = dict(hass_storage[key])
    stored = crashed["data"]["records"][f"A {NAME}"]
    assert (stored["last_address"], stored["text_addresses"]) == (HOME, {HOME: None, NEXT: None})
    held.release()
    await update
    await hass.config_entries.async_unload(follower.entry_id)

    hass_storage[key] = crashed
    simulator.ip.set_address(LATER)
    await hass.config_entries.async_setup(follower.entry_id)
    await hass.async_block_till_done()
    assert contents(simulator) == {NAME: LATER, MAIL: spf(LATER)}


@pytest.mark.usefixtures("clock")
async def test_a_refused_text_has_a_repair(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    text: dict[str, Any],
    follower: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """It says what Cloudflare said; the record itself is written, and both recover together."""
    simulator.cloudflare.add_record(zone, type="TXT", name="mail", content=spf(NEXT))
    simulator.ip.set_address(NEXT)
    await press_update_now_in_vain(hass)

    assert contents(simulator)[NAME] == NEXT
    assert (state(hass, PROBLEM), issues(hass)) == ("on", ["text_refused"])
    assert hass.states.get(PROBLEM).attributes["reason"] == "text"  # type: ignore[union-attr]
    form = await repair.start()
    given = form["description_placeholders"]
    assert (given["name"], given["text_type"]) == (f"`{MAIL}`", "TXT")
    assert "identical" in given["reason"]
    failed = await repair.send({})
    assert failed["errors"] == {"base": "failed"}
    other = simulator.cloudflare.records(zone)[-1]
    simulator.cloudflare.delete_record(zone, other["id"])
    result = await repair.send({})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert contents(simulator)[MAIL] == spf(NEXT)
    assert (state(hass, PROBLEM), issues(hass)) == ("off", [])


async def press_update_now_in_vain(hass: HomeAssistant) -> None:
    """Press the button, which says that not all is in sync."""
    with pytest.raises(HomeAssistantError):
        await press_update_now(hass)


async def test_an_address_that_another_home_has_too_is_reported(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, follower: RaindropConfigEntry
) -> None:
    """Its token is left until the other home has moved."""
    theirs = simulator.cloudflare.add_record(
        zone,
        type="A",
        name="theirs",
        content=HOME,
        comment="Managed by Raindrop for Home Assistant (home 00c0ffee)",
    )
    simulator.ip.set_address(NEXT)
    planned = await sync(hass, follower, dry_run=True)
    assert planned["texts"] == [{"name": MAIL, "type": "TXT", "result": "left"}]
    await press_update_now_in_vain(hass)
    assert issues(hass) == ["text_left"]
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["names"] == f"`{MAIL}`"
    assert issue.domain == DOMAIN

    simulator.cloudflare.edit_record(zone, theirs["id"], content=NEXT)
    await press_update_now(hass)
    assert (contents(simulator)[MAIL], issues(hass)) == (spf(NEXT), [])


async def test_diagnostics_count_texts(hass: HomeAssistant, follower: RaindropConfigEntry) -> None:
    """Without names and addresses."""
    diagnostics = await async_get_config_entry_diagnostics(hass, follower)

    (record,) = diagnostics["records"]
    assert record["texts"] == {"names": 1, "addresses": 1, "failures": [], "left": 0}


async def test_a_text_costs_no_request(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, follower: RaindropConfigEntry
) -> None:
    """None in a quiet hour beside the full sync, and none for a new address."""
    simulator.log.clear()
    await clock.cycles(3)
    assert endpoints(simulator) == []
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert endpoints(simulator) == [LIST, BATCH]
    assert contents(simulator)[MAIL] == spf(NEXT)
