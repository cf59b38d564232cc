"""Records of another home: left alone, and taken over only if the user says so."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import instance_id
import pytest

from custom_components.raindrop.const import FULL_SYNC_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.secrets import TOKEN

from .builders import domain, new_entry, set_up
from .conftest import BATCH, Clock, endpoints, entry_state, submit, submit_user_form
from .domain_forms import FORM, OWNER, add, placeholders, record, rows, send, start
from .repair_flows import NAME, Repair, contents, issues

UNNAMED = "Managed by Raindrop for Home Assistant"
THEIRS = "Managed by Raindrop for Home Assistant (home 00c0ffee)"


def add_record(simulator: Simulator, zone: Zone, comment: str, content: str = OLD) -> str:
    """Create the record as another home does; return its id."""
    fields = {"type": "A", "name": "www", "content": content, "comment": comment}
    made = simulator.cloudflare.add_record(zone, **fields)
    return str(made["id"])


def at_name(simulator: Simulator) -> list[dict[str, Any]]:
    """Return the records at the name."""
    return [r for r in simulator.cloudflare.records("example.com") if r["name"] == NAME]


def comments(simulator: Simulator) -> list[str | None]:
    """Return the comments of the records at the name."""
    return [found["comment"] for found in at_name(simulator)]


async def remove_domain(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Remove the only domain."""
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()


async def test_a_record_of_another_home_is_left_alone(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """What another home created is not changed; the repair shows it and takes it over."""
    add_record(simulator, zone, THEIRS)
    await set_up(hass, zone, [domain(NAME)])
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert (contents(simulator), comments(simulator)) == ([OLD], [THEIRS])
    assert issues(hass) == ["record_other_home"]
    assert BATCH not in endpoints(simulator)

    step = await repair.start()
    assert OLD in step["description_placeholders"]["existing"]
    step = await repair.choose("confirm")
    (option,) = step["data_schema"].schema["record"].config["options"]
    assert option["label"] == f"{OLD} ({THEIRS})"
    await repair.send({"record": option["value"]})
    assert (contents(simulator), comments(simulator)) == ([NEXT], [OWNER])
    assert issues(hass) == []


async def test_a_domain_does_not_delete_the_record_of_another_home(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The record is left also if the domain is removed with its records."""
    add_record(simulator, zone, THEIRS)
    entry = await set_up(hass, zone, [domain(NAME, delete=True)])
    await remove_domain(hass, entry)
    assert (contents(simulator), comments(simulator)) == ([OLD], [THEIRS])


@pytest.mark.parametrize("comment", [UNNAMED, "front door", None])
async def test_a_record_without_the_id_of_a_home_is_adopted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, comment: str
) -> None:
    """A record that the script or a person made is updated, but never deleted or marked."""
    add_record(simulator, zone, comment)
    entry = await set_up(hass, zone, [domain(NAME, delete=True)])
    assert (contents(simulator), comments(simulator)) == ([HOME], [comment])
    await remove_domain(hass, entry)
    assert (contents(simulator), comments(simulator)) == ([HOME], [comment])


async def test_a_restored_backup_knows_its_records(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The id comes from that of Home Assistant, so that a new entry has it as well."""
    entry = await set_up(hass, zone, [domain(NAME)])
    assert comments(simulator) == [OWNER]
    await hass.config_entries.async_remove(entry.entry_id)
    simulator.ip.set_address(NEXT)
    entry = await set_up(hass, zone, [domain(NAME, delete=True)])
    assert (contents(simulator), issues(hass)) == ([NEXT], [])
    await remove_domain(hass, entry)
    assert contents(simulator) == []


async def test_a_copy_that_became_another_home_asks(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A Home Assistant that was given a new id is another home."""
    entry = await set_up(hass, zone, [domain(NAME)])
    hass.data[instance_id.DATA_KEY] = "another"
    simulator.ip.set_address(NEXT)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert (contents(simulator), issues(hass)) == ([HOME], ["record_other_home"])


async def test_the_domain_of_another_home_s_record_can_be_removed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The record stays the other home's, also if records are deleted with their domain."""
    add_record(simulator, zone, THEIRS)
    entry = await set_up(hass, zone, [domain(NAME, delete=True)])
    await repair.start()
    await repair.choose("remove")
    assert not entry.subentries
    assert (contents(simulator), comments(simulator)) == ([OLD], [THEIRS])
    assert issues(hass) == []


async def test_a_record_that_was_taken_back_is_not_taken_over_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """Consent holds for the record that was shown, not for what the other home does later."""
    record_id = add_record(simulator, zone, THEIRS)
    entry = await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    await repair.choose("confirm")
    await repair.send({"record": record_id})
    assert comments(simulator) == [OWNER]

    await clock.cycles()
    simulator.cloudflare.edit_record(zone, record_id, content=OLD, comment=THEIRS)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert (contents(simulator), comments(simulator)) == ([OLD], [THEIRS])
    assert issues(hass) == ["record_other_home"]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert (contents(simulator), comments(simulator)) == ([OLD], [THEIRS])

    await repair.start()
    await repair.choose("confirm")
    await repair.send({"record": record_id})
    assert (contents(simulator), comments(simulator)) == ([HOME], [OWNER])


async def test_a_record_that_changed_while_the_repair_was_open_is_asked_about_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """What the user did not see is not taken over."""
    record_id = add_record(simulator, zone, THEIRS)
    await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    await repair.choose("confirm")
    await clock.cycles()
    simulator.cloudflare.edit_record(zone, record_id, content=NEXT)
    await repair.send({"record": record_id})
    assert (contents(simulator), comments(simulator)) == ([NEXT], [THEIRS])
    assert issues(hass) == ["record_other_home"]


async def test_one_of_several_records_of_other_homes_is_taken_over(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """The user chooses the record; the other one is left alone."""
    add_record(simulator, zone, THEIRS)
    chosen = add_record(simulator, zone, THEIRS.replace("00c0ffee", "deadbeef"), NEXT)
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_other_home"]
    await repair.start()
    await repair.choose("confirm")
    await repair.send({"record": chosen})
    assert sorted(contents(simulator)) == [OLD, HOME]
    assert sorted(map(str, comments(simulator))) == [THEIRS, OWNER]
    assert issues(hass) == []


async def test_another_home_s_record_can_be_chosen_among_several(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, repair: Repair
) -> None:
    """Beside a record of nobody, choosing the other home's takes it over."""
    chosen = add_record(simulator, zone, THEIRS)
    add_record(simulator, zone, "front door", NEXT)
    await set_up(hass, zone, [domain(NAME)])
    assert issues(hass) == ["record_ambiguous"]
    await repair.start()
    await repair.send({"record": chosen})
    assert sorted(zip(contents(simulator), comments(simulator), strict=True)) == [
        (HOME, OWNER),
        (NEXT, "front door"),
    ]
    assert issues(hass) == []


async def test_the_first_form_asks_before_it_takes_over(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The first form shows the conflict, and nothing is written without consent."""
    add_record(simulator, zone, THEIRS)
    fields: dict[str, Any] = {"zone": zone.name, "key": TOKEN, "domain": "www"}
    form: Any = await submit_user_form(hass, **fields)
    assert form["errors"] == {"domain": "record_other_home"}
    assert form["description_placeholders"]["existing"] == OLD
    again: Any = await submit(hass, form, **fields)
    assert again["errors"] == {"domain": "record_other_home"}
    assert comments(simulator) == [THEIRS]

    (option,) = again["data_schema"].schema["take_over"].config["options"]
    assert option["label"] == f"{OLD} ({THEIRS})"
    result: Any = await submit(hass, again, **fields, take_over=[option["value"]])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (contents(simulator), comments(simulator)) == ([HOME], [OWNER])


async def test_the_form_for_a_domain_asks_before_it_takes_over(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The preview shows what the other home's record holds, and a field to take it over."""
    add_record(simulator, zone, THEIRS)
    preview: Any = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    assert preview["errors"] == {"base": "record_other_home"}
    assert placeholders(preview)["existing"] == OLD
    assert rows(preview) == [f"- **{NAME}** A: {OLD}"]
    (option,) = preview["data_schema"].schema["take_over"].config["options"]
    assert comments(simulator) == [THEIRS]
    await send(hass, preview, {"take_over": [option["value"]]})
    assert (contents(simulator), comments(simulator)) == ([HOME], [OWNER])
    assert issues(hass) == []


async def test_the_form_for_a_domain_adds_a_record_beside_that_of_the_other_home(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """The name then points to both homes; the choice is only offered where it helps."""
    preview: Any = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    assert "beside" not in preview["data_schema"].schema
    add_record(simulator, zone, THEIRS)
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    await send(hass, preview, {"beside": True})
    own = OWNER.replace(")", ", test-home)")
    assert (contents(simulator), comments(simulator)) == ([OLD, HOME], [THEIRS, own])
    assert issues(hass) == []

    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert (contents(simulator), comments(simulator)) == ([OLD, NEXT], [THEIRS, own])
    (subentry,) = (one for one in entry.subentries.values() if one.title == NAME)
    assert subentry.data["connections"]["mode"] == "all"


async def test_the_form_for_a_domain_can_leave_the_other_home_s_record(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """If the field is left empty the domain is stored, and a repair asks."""
    add_record(simulator, zone, THEIRS)
    preview = await add(hass, entry, domain="www")
    assert preview["errors"] == {"base": "record_other_home"}
    assert record(simulator, NAME) is not None
    assert (contents(simulator), comments(simulator)) == ([OLD], [THEIRS])
    assert issues(hass) == ["record_other_home"]


async def test_an_id_that_cannot_be_stored_is_tried_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an id of this home nothing is written, and setup is tried again."""

    async def fail(_hass: HomeAssistant) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(instance_id, "async_get", fail)
    entry = new_entry(zone, [domain(NAME)])
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert contents(simulator) == []


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_record_that_was_taken_over_during_a_write_comes_back_as_ours(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, *, restarts: bool
) -> None:
    """The response to the write has the comment of the other home, which is not created here."""
    entry = await set_up(hass, zone, [domain(NAME)])
    (created,) = at_name(simulator)
    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    held = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    update = hass.async_create_task(entry.runtime_data.async_update_now())
    await simulator.log.arrived(1, endpoint=BATCH, status=None)
    simulator.cloudflare.edit_record(zone, created["id"], comment=THEIRS, proxied=True)
    held.release()
    await update
    assert (contents(simulator), comments(simulator)) == ([NEXT], [THEIRS])

    if restarts:
        await hass.config_entries.async_unload(entry.entry_id)
    simulator.cloudflare.delete_record(zone, created["id"])
    if restarts:
        await hass.config_entries.async_setup(entry.entry_id)
    await clock.passes(FULL_SYNC_INTERVAL)
    (found,) = at_name(simulator)
    assert (found["content"], found["comment"], found["proxied"]) == (NEXT, OWNER, True)
    assert issues(hass) == []


async def test_a_record_that_could_not_be_taken_over_and_is_gone_comes_back_as_ours(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, repair: Repair
) -> None:
    """The user gave it to this home, so that what is created instead is this home's as well."""
    record_id = add_record(simulator, zone, THEIRS)
    await set_up(hass, zone, [domain(NAME)])
    await repair.start()
    await repair.choose("confirm")
    simulator.faults.add("cloudflare", BATCH, kind="html", times=1)
    await repair.send({"record": record_id})
    assert comments(simulator) == [THEIRS]

    simulator.cloudflare.delete_record(zone, record_id)
    await clock.cycles()
    assert (contents(simulator), comments(simulator)) == ([HOME], [OWNER])
    assert issues(hass) == []
