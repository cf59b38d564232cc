"""Fix flows whose entry was unloaded, or whose domain was removed, while they were open."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.issues.fix_flow_menus import RetryFlow
from custom_components.raindrop.issues.record_fix_flows import MissingFlow
from custom_components.raindrop.repairs import async_create_fix_flow
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.secrets import READ_TOKEN, TOKEN

from .builders import domain, set_up
from .repair_flows import NAME, SECOND, A, Repair, issue_id, issues


async def test_the_flow_of_an_entry_that_is_not_loaded_aborts(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """A flow that was open when the entry was unloaded aborts with a reason."""
    for record in (A, SECOND):
        simulator.cloudflare.add_record(zone, **record)
    entry = await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    option = simulator.cloudflare.records(zone)[-1]["id"]
    await hass.config_entries.async_unload(entry.entry_id)
    done = await repair.send({"record": option})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert issues(hass) == []


async def test_the_retry_of_an_entry_that_is_not_loaded_aborts(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The same for a flow that only runs an update."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="www", content="example.org")
    entry = await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    await hass.config_entries.async_unload(entry.entry_id)
    done = await repair.choose("retry")
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


@pytest.mark.parametrize("choice", ["create", "remove"])
async def test_the_flow_of_a_removed_domain_aborts(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair, choice: str
) -> None:
    """A menu that was open when the domain was removed aborts with a reason."""
    entry = await set_up(hass, zone, [domain(NAME, create=False)])
    await repair.start()
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    done = await repair.choose(choice)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_the_menu_of_an_entry_that_is_not_loaded_is_not_shown(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """A flow that starts after the entry was unloaded aborts."""
    entry = await set_up(hass, zone, [domain(NAME, create=False)])
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id(hass))
    assert issue is not None
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    await hass.config_entries.async_unload(entry.entry_id)
    flow.hass = hass
    flow.flow_id, flow.handler, flow.context = "flow", DOMAIN, {"issue_id": issue.issue_id}
    assert isinstance(flow, MissingFlow)
    done = await flow.async_step_init()
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


@pytest.mark.parametrize("issue_key", ["zone_moved", "dns_edit_missing"])
async def test_the_form_of_an_entry_that_is_not_loaded_is_not_shown(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, issue_key: str
) -> None:
    """The same for an issue without a menu."""
    simulator.cloudflare.add_token(READ_TOKEN, permissions={"dns:read", "zone:read"})
    simulator.cloudflare.add_record(zone, **A)
    simulator.cloudflare.edit_zone(zone, status="moved" if issue_key == "zone_moved" else "active")
    token = TOKEN if issue_key == "zone_moved" else READ_TOKEN
    entry = await set_up(hass, zone, [domain(NAME)], token=token)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id(hass))
    assert issue is not None
    assert issue.translation_key == issue_key
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    await hass.config_entries.async_unload(entry.entry_id)
    flow.hass = hass
    flow.flow_id, flow.handler, flow.context = "flow", DOMAIN, {"issue_id": issue.issue_id}
    assert isinstance(flow, RetryFlow)
    done = await flow.async_step_init()
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")
