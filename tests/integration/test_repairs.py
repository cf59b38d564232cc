"""Repairs: each issue comes and goes with its cause, and its fix flow removes it."""

from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN, FULL_SYNC_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import READ_TOKEN, TOKEN

from .builders import domain, set_up
from .conftest import Clock, state
from .repair_flows import NAME, SECOND, A, Repair, contents, issues


async def test_a_missing_record_can_be_created(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The flow allows it to be created, and the update creates it."""
    await set_up(hass, zone, [domain(NAME, create=False)])
    assert issues(hass) == ["record_missing"]
    step = await repair.start()
    assert step["menu_options"] == ["create", "remove"]
    assert step["description_placeholders"]["domain"] == NAME
    done = await repair.send({"next_step_id": "create"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert contents(simulator) == [HOME]
    assert issues(hass) == []


async def test_the_domain_of_a_missing_record_can_be_removed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The flow removes the domain with its device and its issue."""
    entry = await set_up(hass, zone, [domain(NAME, create=False)])
    await repair.start()
    await repair.send({"next_step_id": "remove"})
    assert not entry.subentries
    assert issues(hass) == []
    assert hass.states.get("binary_sensor.www_example_com_dns_problem") is None


async def test_one_of_several_records_can_be_chosen(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """The list shows address, proxy and comment; the choice is pinned by its identifier."""
    for record in (A, SECOND):
        simulator.cloudflare.add_record(zone, **record)
    entry = await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_ambiguous"]
    step = await repair.start()
    (selector,) = step["data_schema"].schema.values()
    options = selector.config["options"]
    assert [option["label"] for option in options] == [OLD, "☁ 81.2.69.150 (flat)"]
    await repair.send({"record": options[1]["value"]})
    assert contents(simulator) == [OLD, HOME]
    assert issues(hass) == []
    (subentry,) = entry.subentries.values()
    assert subentry.data["records"] == {"ipv4": options[1]["value"]}

    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert contents(simulator) == [OLD, NEXT]


async def test_a_choice_that_is_no_longer_needed_ends_at_once(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """If the second record is deleted before the form is submitted, nothing is pinned."""
    simulator.cloudflare.add_record(zone, **A)
    second = simulator.cloudflare.add_record(zone, **SECOND)
    entry = await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    simulator.cloudflare.delete_record(zone, second["id"])
    await entry.runtime_data.async_update_now()
    done = await repair.send({"record": second["id"]})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = entry.subentries.values()
    assert subentry.data["records"] == {}


async def test_a_cname_is_named_and_the_update_can_be_repeated(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The issue has the target of the CNAME; while that exists, trying again is an error."""
    cname = simulator.cloudflare.add_record(zone, type="CNAME", name="www", content="example.org")
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_cname"]
    step = await repair.start()
    assert step["description_placeholders"]["existing"] == "`example.org`"
    again = await repair.choose("retry")
    assert again["menu_options"] == ["retry", "remove"]
    assert "The problem still exists" in again["description_placeholders"]["error"]

    simulator.cloudflare.delete_record(zone, cname["id"])
    done = await repair.choose("retry")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert contents(simulator) == [HOME]
    assert issues(hass) == []


@pytest.mark.parametrize(
    "records, policy",
    [
        pytest.param([A, SECOND], {}, id="ambiguous"),
        pytest.param([{**A, "type": "CNAME", "content": "example.org"}], {}, id="cname"),
    ],
)
async def test_an_issue_is_deleted_when_its_cause_is_gone(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    records: list[dict[str, Any]],
    policy: dict[str, Any],
) -> None:
    """A conflict that is solved at Cloudflare needs no fix flow."""
    made = [simulator.cloudflare.add_record(zone, **record) for record in records]
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert len(issues(hass)) == 1
    simulator.cloudflare.delete_record(zone, made[-1]["id"])
    await clock.cycles()
    assert issues(hass) == []
    assert contents(simulator) == [HOME]


async def test_a_missing_record_that_is_created_externally_is_managed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The next update deletes the issue."""
    await set_up(hass, zone, [domain(NAME, create=False)])
    simulator.cloudflare.add_record(zone, **A)
    await clock.cycles()
    assert (issues(hass), contents(simulator)) == ([], [HOME])


async def test_a_full_zone_is_one_issue(
    hass: HomeAssistant, simulator: Simulator, repair: Repair
) -> None:
    """However many records do not fit, there is one issue for the zone."""
    zone = simulator.cloudflare.add_zone("example.com", record_quota=1)
    simulator.cloudflare.add_token(TOKEN)
    other = simulator.cloudflare.add_record(zone, type="TXT", name="text", content="hello")
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_quota"]
    await repair.start()
    again = await repair.send({})
    assert again["errors"] == {"base": "failed"}
    simulator.cloudflare.delete_record(zone, other["id"])
    done = await repair.send({})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (issues(hass), contents(simulator)) == ([], [HOME])


async def test_a_missing_permission_is_an_issue_and_leads_to_a_reauth(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The issue names the permission; if it is still missing, a reauth starts."""
    simulator.cloudflare.add_token(READ_TOKEN, permissions={"dns:read", "zone:read"})
    simulator.cloudflare.add_record(zone, **A)
    await set_up(hass, zone, [domain(NAME)], token=READ_TOKEN)
    assert issues(hass) == ["dns_edit_missing"]
    assert contents(simulator) == [OLD]
    await repair.start()
    again = await repair.send({})
    assert again["errors"] == {"base": "failed"}
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == "reauth"

    simulator.cloudflare.add_token(READ_TOKEN)
    done = await repair.send({})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (issues(hass), contents(simulator)) == ([], [HOME])
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_a_deleted_zone_is_an_issue(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The address is still shown; the repair can remove the zone from Raindrop."""
    simulator.cloudflare.switches.foreign_zone = "404/1001"
    simulator.cloudflare.remove_zone(zone)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert issues(hass) == ["zone_gone"]
    assert state(hass, "sensor.example_com_public_ipv4_address") == HOME

    await repair.start()
    again = await repair.choose("retry")
    assert "Cloudflare" in again["description_placeholders"]["error"]
    await repair.choose("remove")
    assert hass.config_entries.async_entries(DOMAIN) == []
    assert issues(hass) == []


async def test_a_refused_record_is_an_issue_with_the_message_of_cloudflare(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """The reason is quoted, since only the user may understand it."""
    fault = simulator.faults.add(
        "cloudflare", "POST *", kind="error", status=400, code=9003, message="Not allowed here."
    )
    patches = simulator.faults.add(
        "cloudflare", "PATCH *", kind="error", status=400, code=9003, message="Not allowed here."
    )
    simulator.cloudflare.add_record(zone, **A)
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_refused"]
    step = await repair.start()
    assert r"Not allowed here\." in step["description_placeholders"]["reason"]
    simulator.faults.remove(fault)
    simulator.faults.remove(patches)
    await repair.send({})
    assert (issues(hass), contents(simulator)) == ([], [HOME])


async def test_a_flow_succeeds_despite_another_issue(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The update fails for another domain, but the issue of this flow is gone."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="other", content="example.org")
    await set_up(hass, zone, [domain(NAME), domain("other.example.com")])
    cname = simulator.cloudflare.add_record(zone, type="CNAME", name="third", content="example.org")
    entry = await set_up_third(hass, simulator)
    found = [i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN]
    assert len(found) == 2
    (third,) = (i for i in found if (i.data or {})["domain"] == "third.example.com")
    await repair.start(third.issue_id)
    simulator.cloudflare.delete_record(zone, cname["id"])
    done = await repair.choose("retry")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.state is ConfigEntryState.LOADED
    assert issues(hass) == ["record_cname"]


async def set_up_third(hass: HomeAssistant, simulator: Simulator) -> RaindropConfigEntry:
    """Add a third domain to the entry."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    name = "third.example.com"
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(domain(name)["data"])),
        subentry_type="domain",
        title=name,
        unique_id=f"domain:{name}",
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    return entry


async def test_an_interface_id_without_a_record_is_an_issue_of_its_own(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """There is no interface id to keep until the record is created externally."""
    await set_up(hass, zone, [domain(NAME, families=["ipv6"], interface_id="keep")])
    assert issues(hass) == ["interface_id_missing"]
    await repair.start()
    assert (await repair.send({}))["errors"] == {"base": "failed"}
    simulator.cloudflare.add_record(zone, type="AAAA", name="www", content="2001:218:9::7")
    assert (await repair.send({}))["type"] is FlowResultType.CREATE_ENTRY
    assert contents(simulator) == ["2001:218:1:2::7"]
