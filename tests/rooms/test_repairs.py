"""What a user must decide or mend: each repair comes with its cause, mends it, and goes with it."""

from types import MappingProxyType
from typing import Any

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.components.repairs.issue_handler import RepairsFlowManager
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.const import AUDIT_INTERVAL, DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.repairs import MissingFlow, async_create_fix_flow
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import READ_TOKEN, TOKEN

from .builders import domain, set_up
from .conftest import Clock, endpoints, state

NAME = "www.example.com"
A = {"type": "A", "name": "www", "content": OLD}
TWIN = A | {"content": "81.2.69.150", "proxied": True, "comment": "flat"}


@pytest.fixture(autouse=True)
async def repairs(hass: HomeAssistant) -> None:
    """Home Assistant can mend."""
    assert await async_setup_component(hass, REPAIRS, {})


def issues(hass: HomeAssistant) -> list[str]:
    """Return what is to be mended."""
    found = ir.async_get(hass).issues.values()
    return sorted(str(i.translation_key) for i in found if i.domain == DOMAIN)


def issue_id(hass: HomeAssistant) -> str:
    """Return the one issue that stands."""
    (found,) = (i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN)
    return found.issue_id


class Repair:
    """A flow that mends an issue."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Mend in this Home Assistant."""
        self._hass = hass
        self._manager: RepairsFlowManager = hass.data[REPAIRS]["flow_manager"]
        self.step: Any = None

    async def start(self, which: str | None = None) -> Any:  # noqa: ANN401
        """Open the flow of an issue, by default the only one."""
        # Until 2026.9 the data named the issue, since then it is the context.
        issue: Any = {"issue_id": which or issue_id(self._hass)}
        self.step = await self._manager.async_init(DOMAIN, context=issue, data=issue)
        return self.step

    async def send(self, answers: dict[str, Any]) -> Any:  # noqa: ANN401
        """Answer a step."""
        self.step = await self._manager.async_configure(self.step["flow_id"], answers)
        await self._hass.async_block_till_done()
        return self.step


@pytest.fixture
def repair(hass: HomeAssistant, repairs: None) -> Repair:
    """Return a flow to be opened."""
    return Repair(hass)


def contents(lab: Lab) -> list[str]:
    """Return the addresses at the name."""
    return [r["content"] for r in lab.cloudflare.records("example.com") if r["name"] == NAME]


async def test_a_missing_record_can_be_created(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """The repair of a missing record allows it to be created, and it is."""
    await set_up(hass, zone, [domain(NAME, create=False)])
    assert issues(hass) == ["record_missing"]
    step = await repair.start()
    assert step["menu_options"] == ["create", "remove"]
    assert step["description_placeholders"]["domain"] == NAME
    done = await repair.send({"next_step_id": "create"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert contents(lab) == [HOME]
    assert issues(hass) == []


async def test_a_missing_record_s_domain_can_be_given_up(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """Or the domain goes, with its device and its issue."""
    entry = await set_up(hass, zone, [domain(NAME, create=False)])
    await repair.start()
    await repair.send({"next_step_id": "remove"})
    assert not entry.subentries
    assert issues(hass) == []
    assert hass.states.get("binary_sensor.www_example_com_dns") is None


async def test_one_of_several_records_can_be_chosen(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """The list shows address, proxy and comment; the choice is pinned by its identifier."""
    for record in (A, TWIN):
        lab.cloudflare.add_record(zone, **record)
    entry = await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_ambiguous"]
    step = await repair.start()
    (selector,) = step["data_schema"].schema.values()
    options = selector.config["options"]
    assert [option["label"] for option in options] == [OLD, "☁ 81.2.69.150 (flat)"]
    await repair.send({"record": options[1]["value"]})
    assert contents(lab) == [OLD, HOME]
    assert issues(hass) == []
    (subentry,) = entry.subentries.values()
    assert subentry.data["records"] == {"ipv4": options[1]["value"]}

    lab.ip.set_address(NEXT)
    await clock.cycles()
    assert contents(lab) == [OLD, NEXT]


async def test_a_choice_that_is_no_longer_needed_ends_at_once(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """If the twin is gone before the form is sent, nothing is pinned."""
    lab.cloudflare.add_record(zone, **A)
    twin = lab.cloudflare.add_record(zone, **TWIN)
    entry = await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    lab.cloudflare.delete_record(zone, twin["id"])
    await entry.runtime_data.async_update_now()
    done = await repair.send({"record": twin["id"]})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = entry.subentries.values()
    assert subentry.data["records"] == {}


async def test_a_cname_in_the_way_is_named_and_tried_again(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """The repair says what stands there; while it does, the next try says so."""
    cname = lab.cloudflare.add_record(zone, type="CNAME", name="www", content="example.org")
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_cname"]
    step = await repair.start()
    assert step["description_placeholders"]["standing"] == "example.org"
    again = await repair.send({})
    assert again["errors"] == {"base": "failed"}
    assert NAME in again["description_placeholders"]["error"]

    lab.cloudflare.delete_record(zone, cname["id"])
    done = await repair.send({})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert contents(lab) == [HOME]
    assert issues(hass) == []


@pytest.mark.parametrize(
    "records,policy",
    [
        pytest.param([A, TWIN], {}, id="ambiguous"),
        pytest.param([{**A, "type": "CNAME", "content": "example.org"}], {}, id="cname"),
    ],
)
async def test_a_repair_disappears_when_its_cause_does(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    clock: Clock,
    records: list[dict[str, Any]],
    policy: dict[str, Any],
) -> None:
    """Somebody who mends it in Cloudflare need not come back and say so."""
    made = [lab.cloudflare.add_record(zone, **record) for record in records]
    await set_up(hass, zone, [domain(NAME, **policy)])
    assert len(issues(hass)) == 1
    lab.cloudflare.delete_record(zone, made[-1]["id"])
    await clock.cycles()
    assert issues(hass) == []
    assert contents(lab) == [HOME]


async def test_a_missing_record_that_appears_is_adopted(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """A record made by hand ends the repair within a cycle."""
    await set_up(hass, zone, [domain(NAME, create=False)])
    lab.cloudflare.add_record(zone, **A)
    await clock.cycles()
    assert (issues(hass), contents(lab)) == ([], [HOME])


async def test_a_full_zone_is_told_once(hass: HomeAssistant, lab: Lab, repair: Repair) -> None:
    """However many records do not fit, there is one repair for the zone."""
    zone = lab.cloudflare.add_zone("example.com", record_quota=1)
    lab.cloudflare.add_token(TOKEN)
    other = lab.cloudflare.add_record(zone, type="TXT", name="text", content="hello")
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_quota"]
    await repair.start()
    again = await repair.send({})
    assert again["errors"] == {"base": "failed"}
    lab.cloudflare.delete_record(zone, other["id"])
    done = await repair.send({})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (issues(hass), contents(lab)) == ([], [HOME])


async def test_a_missing_permission_is_named_and_leads_to_another_key(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """The repair says what to add; if that did not help, the form for another key opens."""
    lab.cloudflare.add_token(READ_TOKEN, permissions={"dns:read", "zone:read"})
    lab.cloudflare.add_record(zone, **A)
    await set_up(hass, zone, [domain(NAME)], token=READ_TOKEN)
    assert issues(hass) == ["dns_edit_missing"]
    assert contents(lab) == [OLD]
    await repair.start()
    again = await repair.send({})
    assert again["errors"] == {"base": "failed"}
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == "reauth"

    lab.cloudflare.add_token(READ_TOKEN)
    done = await repair.send({})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (issues(hass), contents(lab)) == ([], [HOME])
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_a_zone_that_is_gone_is_told(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A deleted zone is a repair, not a silence; the address still shows."""
    lab.cloudflare.switches.foreign_zone = "404/1001"
    lab.cloudflare.remove_zone(zone)
    await clock.passes(AUDIT_INTERVAL)
    assert issues(hass) == ["zone_gone"]
    assert state(hass, "sensor.example_com_public_ipv4_address") == HOME


async def test_a_record_that_cloudflare_refuses_is_told_in_its_words(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """A refusal that only the user can understand is passed on."""
    fault = lab.faults.add(
        "cloudflare", "POST *", kind="error", status=400, code=9003, message="Not allowed here."
    )
    patches = lab.faults.add(
        "cloudflare", "PATCH *", kind="error", status=400, code=9003, message="Not allowed here."
    )
    lab.cloudflare.add_record(zone, **A)
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_refused"]
    step = await repair.start()
    assert "Not allowed here." in step["description_placeholders"]["reason"]
    lab.faults.remove(fault)
    lab.faults.remove(patches)
    await repair.send({})
    assert (issues(hass), contents(lab)) == ([], [HOME])


async def stranger_edits(lab: Lab, zone: Zone, clock: Clock) -> None:
    """Let somebody else change the record, and the hour pass."""
    record = next(r for r in lab.cloudflare.records(zone) if r["name"] == NAME)
    lab.cloudflare.edit_record(zone, record["id"], content=OLD)
    await clock.passes(AUDIT_INTERVAL)


async def test_a_stranger_who_insists_is_not_fought(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """Two edits in a row are put right; the third is left, and a repair asks what to do."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(2):
        await stranger_edits(lab, zone, clock)
        assert contents(lab) == [HOME]
        assert issues(hass) == []
    await stranger_edits(lab, zone, clock)
    assert contents(lab) == [OLD]
    assert issues(hass) == ["record_contested"]
    lab.log.clear()
    await clock.cycles(5)
    assert endpoints(lab) == []

    step = await repair.start()
    assert step["description_placeholders"]["standing"] == OLD
    await repair.send({})
    assert (contents(lab), issues(hass)) == ([HOME], [])


async def test_a_new_address_is_written_though_a_stranger_insists(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """A change of the address is news, and ends the quarrel."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(3):
        await stranger_edits(lab, zone, clock)
    assert issues(hass) == ["record_contested"]
    lab.ip.set_address(NEXT)
    await clock.cycles()
    assert (contents(lab), issues(hass)) == ([NEXT], [])


async def test_edits_that_are_not_in_a_row_are_put_right_for_ever(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """An hour without an edit forgives those before it."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(3):
        for _ in range(2):
            await stranger_edits(lab, zone, clock)
            assert contents(lab) == [HOME]
        await clock.passes(AUDIT_INTERVAL)
    assert issues(hass) == []


async def test_a_record_that_is_deleted_again_and_again_is_contested_too(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """Deleting is an edit: the record comes back twice."""
    await set_up(hass, zone, [domain(NAME)])
    for _ in range(3):
        record = next(r for r in lab.cloudflare.records(zone) if r["name"] == NAME)
        lab.cloudflare.delete_record(zone, record["id"])
        await clock.passes(AUDIT_INTERVAL)
    assert (contents(lab), issues(hass)) == ([], ["record_contested"])


async def test_a_repair_of_an_entry_that_does_not_run_says_so(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """A flow that was open when the entry was unloaded ends with a reason."""
    for record in (A, TWIN):
        lab.cloudflare.add_record(zone, **record)
    entry = await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    option = lab.cloudflare.records(zone)[-1]["id"]
    await hass.config_entries.async_unload(entry.entry_id)
    done = await repair.send({"record": option})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert issues(hass) == []


async def test_a_try_of_an_entry_that_does_not_run_says_so(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """The same for a flow that only tries again."""
    lab.cloudflare.add_record(zone, type="CNAME", name="www", content="example.org")
    entry = await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    await hass.config_entries.async_unload(entry.entry_id)
    done = await repair.send({})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_a_repair_succeeds_though_something_else_is_wrong(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """What was mended is done, whatever else is still to be mended."""
    lab.cloudflare.add_record(zone, type="CNAME", name="other", content="example.org")
    await set_up(hass, zone, [domain(NAME), domain("other.example.com")])
    cname = lab.cloudflare.add_record(zone, type="CNAME", name="third", content="example.org")
    entry = await set_up_third(hass, lab)
    ours = [i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN]
    assert len(ours) == 2
    (third,) = (i for i in ours if (i.data or {})["domain"] == "third.example.com")
    await repair.start(third.issue_id)
    lab.cloudflare.delete_record(zone, cname["id"])
    done = await repair.send({})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.state is ConfigEntryState.LOADED
    assert issues(hass) == ["record_cname"]


async def set_up_third(hass: HomeAssistant, lab: Lab) -> RaindropConfigEntry:
    """Add a domain to the entry that is there."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    name = "third.example.com"
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(domain(name)["data"])),
        subentry_type="domain",
        title=name,
        unique_id=name,
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    return entry


async def test_a_host_part_without_a_record_has_a_repair_of_its_own(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """There is nothing to keep: the repair says so, and ends when the record is made."""
    await set_up(hass, zone, [domain(NAME, families=["ipv6"], host_part="record")])
    assert issues(hass) == ["host_part_missing"]
    await repair.start()
    assert (await repair.send({}))["errors"] == {"base": "failed"}
    lab.cloudflare.add_record(zone, type="AAAA", name="www", content="2001:218:9::7")
    assert (await repair.send({}))["type"] is FlowResultType.CREATE_ENTRY
    assert contents(lab) == ["2001:218:1:2::7"]


@pytest.mark.parametrize("choice", ["create", "remove"])
async def test_a_repair_of_a_domain_that_is_gone_says_so(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair, choice: str
) -> None:
    """A menu that was open when the domain was removed ends with a reason."""
    entry = await set_up(hass, zone, [domain(NAME, create=False)])
    await repair.start()
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    done = await repair.send({"next_step_id": choice})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_a_menu_of_an_entry_that_does_not_run_is_not_shown(
    hass: HomeAssistant, lab: Lab, zone: Zone, repair: Repair
) -> None:
    """Nothing can be mended while the zone is stopped."""
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
