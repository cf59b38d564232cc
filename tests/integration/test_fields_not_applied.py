"""A write that Cloudflare confirms but does not apply is a problem that is reported once."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir

from custom_components.raindrop.const import DOMAIN, FULL_SYNC_INTERVAL
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME

from .builders import domain, set_up
from .conftest import BATCH, Clock, state
from .repair_flows import NAME, A, Repair, issue_id, issues

DNS = "binary_sensor.www_example_com_dns_problem"
EVENT = "event.www_example_com_dns_record"


async def test_a_proxied_status_that_does_not_take_is_a_problem(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """A record whose proxy stays off is not in sync; the repair names the field and tries again."""
    simulator.cloudflare.add_record(zone, **A | {"content": HOME})
    simulator.faults.add("cloudflare", BATCH, kind="ignored_fields", fields=("proxied",))
    await set_up(hass, zone, [domain(NAME, proxied="on")])

    shown, fired = hass.states.get(DNS), hass.states.get(EVENT)
    assert shown is not None
    assert (shown.state, shown.attributes["reason"]) == ("on", "not_applied")
    assert fired is not None
    assert fired.attributes["event_type"] == "failed"
    assert issues(hass) == ["record_not_applied"]
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id(hass))
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert "proxied" in issue.translation_placeholders["reason"]
    writes = simulator.log.count(endpoint=BATCH)
    await clock.cycles(5)
    assert simulator.log.count(endpoint=BATCH) == writes
    await clock.passes(FULL_SYNC_INTERVAL)
    assert simulator.log.count(endpoint=BATCH) == writes + 1
    assert hass.states.get(EVENT) == fired

    await repair.start()
    step = await repair.send({})
    assert step["errors"] == {"base": "failed"}
    assert "proxied" in step["description_placeholders"]["error"]
    simulator.faults.clear()
    done = await repair.send({})

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (issues(hass), state(hass, DNS)) == ([], "off")
    (record,) = (r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
    assert record["proxied"] is True


async def test_a_record_created_again_without_its_proxy_is_a_problem_after_a_restart(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """What it should have been is stored: the policy *keep* must not keep an exposed home."""
    simulator.cloudflare.add_record(zone, **A | {"content": HOME, "proxied": True})
    entry = await set_up(hass, zone, [domain(NAME)])
    (record,) = (r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
    simulator.cloudflare.delete_record(zone, record["id"])
    simulator.faults.add("cloudflare", BATCH, kind="ignored_fields", fields=("proxied",))
    await clock.passes(FULL_SYNC_INTERVAL)
    assert issues(hass) == ["record_not_applied"]

    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert (issues(hass), state(hass, DNS)) == (["record_not_applied"], "on")

    simulator.faults.clear()
    await clock.passes(FULL_SYNC_INTERVAL)
    assert (issues(hass), state(hass, DNS)) == ([], "off")
    (record,) = (r for r in simulator.cloudflare.records(zone) if r["name"] == NAME)
    assert record["proxied"] is True
