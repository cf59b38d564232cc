"""Forms, fix flows and actions of a zone that is being set up or reloaded: they wait for it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Fault
from tests.conftest import HOME

from .builders import domain, set_up
from .conftest import Clock, entry_state
from .domain_forms import FORM, WWW, change, send, start
from .repair_flows import NAME, Repair, issue_id

LIMIT = timedelta(seconds=46)


@pytest.fixture
async def missing(hass: HomeAssistant, zone: Zone) -> RaindropConfigEntry:
    """Set up a domain whose record is missing and may not be created."""
    return await set_up(hass, zone, [domain(NAME, create=False)])


@pytest.fixture
async def busy(
    hass: HomeAssistant, simulator: Simulator, missing: RaindropConfigEntry
) -> AsyncIterator[Fault]:
    """Begin to reload the zone, which takes until the fault is released."""
    hold = simulator.faults.add("cloudflare", "GET *", kind="hold")
    simulator.log.clear()
    reload = hass.async_create_task(hass.config_entries.async_reload(missing.entry_id))
    await simulator.log.arrived(1, service="cloudflare", status=None)
    assert entry_state(missing) is ConfigEntryState.SETUP_IN_PROGRESS
    yield hold
    simulator.faults.clear()
    await reload


async def ends_after[ResultT](
    work: asyncio.Task[ResultT], simulator: Simulator, hold: Fault
) -> ResultT:
    """Return the result of what waits until the reload ends."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert not work.done()
    simulator.faults.remove(hold)
    return await work


@pytest.mark.parametrize("form", [start, change], ids=["new domain", "other options"])
async def test_the_form_of_a_domain_waits_for_a_reload(
    hass: HomeAssistant,
    simulator: Simulator,
    missing: RaindropConfigEntry,
    busy: Fault,
    form: Callable[[HomeAssistant, RaindropConfigEntry], Coroutine[Any, Any, SubentryFlowResult]],
) -> None:
    """The form for the next domain can be opened right after one was added."""
    shown = await ends_after(hass.async_create_task(form(hass, missing)), simulator, busy)
    assert shown["type"] is FlowResultType.FORM
    assert entry_state(missing) is ConfigEntryState.LOADED


async def test_a_form_that_is_sent_during_a_reload_waits_for_it(
    hass: HomeAssistant, simulator: Simulator, missing: RaindropConfigEntry
) -> None:
    """What was filled in is not lost."""
    form = await start(hass, missing)
    hold = simulator.faults.add("cloudflare", "GET *", kind="hold")
    simulator.log.clear()
    reload = hass.async_create_task(hass.config_entries.async_reload(missing.entry_id))
    await simulator.log.arrived(1, service="cloudflare", status=None)
    sent = hass.async_create_task(send(hass, form, FORM | {"domain": "next"}))
    preview = await ends_after(sent, simulator, hold)
    assert preview["step_id"] == "preview"
    await reload


async def test_the_sources_of_a_zone_that_is_not_loaded_are_not_previewed(
    hass: HomeAssistant, missing: RaindropConfigEntry
) -> None:
    """The form of a zone that was disabled meanwhile ends with a reason."""
    fields = FORM | {"domain": "next", "override_sources": True}
    form = await send(hass, await start(hass, missing), fields)
    assert form["step_id"] == "sources"
    await hass.config_entries.async_unload(missing.entry_id)
    same = {"ipv4_source": "same_as_zone"}
    done = await send(hass, form, same)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_a_fix_flow_waits_for_a_reload(
    hass: HomeAssistant, simulator: Simulator, missing: RaindropConfigEntry, repair: Repair
) -> None:
    """A repair that was opened before, or is opened now, is not refused."""
    await repair.start(issue_id(hass))
    hold = simulator.faults.add("cloudflare", "GET *", kind="hold")
    simulator.log.clear()
    reload = hass.async_create_task(hass.config_entries.async_reload(missing.entry_id))
    await simulator.log.arrived(1, service="cloudflare", status=None)
    sent = hass.async_create_task(repair.send({"next_step_id": "create"}))
    done = await ends_after(sent, simulator, hold)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await reload
    await hass.async_block_till_done()
    contents = {r["name"]: r["content"] for r in simulator.cloudflare.records("example.com")}
    assert contents[WWW] == HOME


async def test_an_action_waits_for_a_reload(
    hass: HomeAssistant, simulator: Simulator, missing: RaindropConfigEntry, busy: Fault
) -> None:
    """An automation that runs during a reload gets its response."""
    data = {"config_entry_id": missing.entry_id, "dry_run": True}
    call = hass.services.async_call(DOMAIN, "sync", data, blocking=True, return_response=True)
    response = await ends_after(hass.async_create_task(call), simulator, busy)
    assert response


async def test_after_a_limit_a_form_says_that_the_zone_is_not_loaded(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    missing: RaindropConfigEntry,
) -> None:
    """A zone that is never ready keeps nobody waiting; an action says so as well."""
    await missing.setup_lock.acquire()
    missing.mock_state(hass, ConfigEntryState.SETUP_IN_PROGRESS)  # type: ignore[attr-defined]
    form = hass.async_create_task(start(hass, missing))
    data = {"config_entry_id": missing.entry_id}
    call = hass.async_create_task(hass.services.async_call(DOMAIN, "sync", data, blocking=True))
    for _ in range(20):
        await asyncio.sleep(0)
    clock.jumps(LIMIT)
    shown = await form
    assert (shown["type"], shown["reason"]) == (FlowResultType.ABORT, "not_loaded")
    with pytest.raises(ServiceValidationError):
        await call
    missing.mock_state(hass, ConfigEntryState.LOADED)  # type: ignore[attr-defined]
    missing.setup_lock.release()
