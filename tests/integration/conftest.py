"""Fixtures and helpers of the tests that run in Home Assistant."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import chain
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.button import DOMAIN as BUTTON, SERVICE_PRESS
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.db_schema import States, StatesMeta
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResult, FlowResultType, section
from homeassistant.helpers import instance_id
from homeassistant.helpers.recorder import session_scope
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.raindrop.const import DOMAIN, FULL_SYNC_INTERVAL, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from custom_components.raindrop.resources import ip_list_operations
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import LIST_PERMISSIONS, ZERO_TRUST_PERMISSIONS
from simulator.cloudflare.dns_locations import Location
from simulator.cloudflare.ip_lists import ItemList
from simulator.request_log import Entry
from tests.conftest import HOME
from tests.secrets import TOKEN, found_in
from tests.simulated_time import advance, settle

from .builders import domain, set_up
from .dns_location_homes import dns_location
from .host_addresses import STABLE, TEMPORARY, Host
from .repair_flows import Repair

PUBLIC_IPV4 = "sensor.example_com_public_ipv4_address"
SOURCE_IPV4 = "sensor.example_com_ipv4_source"
LAST_UPDATE = "sensor.example_com_last_update"
UPDATE_NOW = "button.example_com_update_now"


ZONE = "GET /zones/{zone_id}"
LIST = "GET /zones/{zone_id}/dns_records"
BATCH = "POST /zones/{zone_id}/dns_records/batch"
USER_TOKEN = "GET /user/tokens/verify"
ACCOUNT_TOKEN = "GET /accounts/{account_id}/tokens/verify"


class Clock:
    """The frozen time of Home Assistant and Raindrop."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Use a frozen time."""
        self._hass = hass
        self._freezer = freezer

    async def cycles(self, count: int = 1) -> None:
        """Let a number of update intervals pass."""
        for _ in range(count):
            await self.passes(UPDATE_INTERVAL)

    async def full_syncs(self, count: int = 1) -> None:
        """Let a number of hours pass, each with a full sync."""
        for _ in range(count):
            await self.passes(FULL_SYNC_INTERVAL)

    def jumps(self, span: timedelta) -> None:
        """Let time pass without firing timers."""
        self._freezer.tick(span)

    async def advances(self, span: timedelta) -> None:
        """Let time pass from timer to timer."""
        await advance(self._hass, self._freezer, span)

    async def passes(self, span: timedelta) -> None:
        """Let time pass at once, and fire the timers that are due."""
        self._freezer.tick(span + timedelta(seconds=1))
        async_fire_time_changed(self._hass)
        await settle(self._hass)


@pytest.fixture
def clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Clock:
    """Freeze the time."""
    return Clock(hass, freezer)


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at operations on lists without a pause."""
    monkeypatch.setattr(ip_list_operations, "DELAYS_S", (0,) * 10)


def endpoints(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests to Cloudflare."""
    return [entry.endpoint for entry in simulator.log.select(service="cloudflare")]


def requests(simulator: Simulator) -> list[Entry]:
    """Return the requests, without those to public resolvers, which follow in the background."""
    return [entry for entry in simulator.log.entries if entry.service != "doh"]


def record_endpoints(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests about records, without the daily one for the zone."""
    return [endpoint for endpoint in endpoints(simulator) if "dns_records" in endpoint]


@pytest.fixture(autouse=True)
async def custom_integration(
    enable_custom_integrations: None, hass: HomeAssistant
) -> AsyncIterator[None]:
    """Load the integration from this repository; check that diagnostics contain no secret."""
    hass.data[instance_id.DATA_KEY] = "5c9f0b6e3c1d4a8e9a7b2d4f6e8c0a1b"
    yield
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        diagnostics = await async_get_config_entry_diagnostics(hass, entry)
        assert not found_in(json.dumps(diagnostics))


async def submit_user_form(hass: HomeAssistant, **fields: str) -> ConfigFlowResult:
    """Fill in the first form, confirm the record types, and return what comes next."""
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await submit(hass, form, **fields)


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, **fields: str | list[str]
) -> ConfigFlowResult:
    """Fill in a form, confirm the record types, and return what comes next."""
    result = await submit_form(hass, form, **fields)
    if result.get("step_id") == "families":
        return await submit_form(hass, result, **typed(result))
    return result


async def submit_form(
    hass: HomeAssistant, form: ConfigFlowResult, **fields: str | list[str]
) -> ConfigFlowResult:
    """Fill in a form and return what comes next."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done()
    return result


def typed(form: FlowResult[Any, Any]) -> dict[str, Any]:
    """Return the values in the fields of a form, whatever section they are in."""
    schema = form["data_schema"]
    assert schema is not None
    sections = [part.schema.schema for part in schema.schema.values() if isinstance(part, section)]
    return {
        str(key): key.description["suggested_value"]
        for key in chain(schema.schema, *sections)
        if key.description and "suggested_value" in key.description
    }


async def press_update_now(hass: HomeAssistant) -> None:
    """Press the button "Update now"."""
    await hass.services.async_call(
        BUTTON, SERVICE_PRESS, {ATTR_ENTITY_ID: UPDATE_NOW}, blocking=True
    )


async def sync(hass: HomeAssistant, entry: RaindropConfigEntry, **data: Any) -> dict[str, Any]:
    """Call the action for a zone; return what it responds."""
    response: Any = await hass.services.async_call(
        DOMAIN,
        "sync",
        {"config_entry_id": entry.entry_id, **data},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    assert response.keys() == {"dry_run", "zones"}
    assert response["dry_run"] is data.get("dry_run", False)
    (zone,) = response["zones"]
    assert zone.keys() - {"texts"} == {"zone", "addresses", "records", "requests"}
    return dict(zone)


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    shown = hass.states.get(entity_id)
    assert shown is not None
    return shown.state


def entry_state(entry: RaindropConfigEntry) -> ConfigEntryState:
    """Return the state of an entry."""
    return entry.state


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone) -> RaindropConfigEntry:
    """Set up the zone with the first form."""
    result = await submit_user_form(hass, zone=zone.name, key=TOKEN, domain="home")
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    created: RaindropConfigEntry = result["result"]
    assert created.state is ConfigEntryState.LOADED
    return created


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulator: Simulator) -> Host:
    """Give this host a stable and a temporary IPv6 address; providers see the temporary one."""
    host = Host(tmp_path / "if_inet6", monkeypatch)
    host.set_addresses(STABLE, TEMPORARY)
    simulator.ip.set_address(TEMPORARY)
    return host


@pytest.fixture
async def repair(hass: HomeAssistant) -> Repair:
    """Return a fix flow that is not started yet."""
    assert await async_setup_component(hass, REPAIRS, {})
    return Repair(hass)


@pytest.fixture
def trusted(simulator: Simulator, zone: Zone) -> ItemList:
    """Return a list, and let the token edit lists."""
    simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)
    return simulator.cloudflare.lists.add("trusted")


@pytest.fixture
def location(simulator: Simulator, zone: Zone) -> Location:
    """Return a DNS location with the home's address among others, and let the token edit it."""
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    networks = ["198.51.100.1", HOME, "198.51.100.128/25"]
    return simulator.cloudflare.locations.add("Kids", networks)


@pytest.fixture
async def located(hass: HomeAssistant, zone: Zone, location: Location) -> RaindropConfigEntry:
    """Set up a zone with a domain and a location."""
    entry = await set_up(hass, zone, [domain("home.example.com"), dns_location(location)])
    await settle(hass)
    return entry


@pytest.fixture
def mock_recorder_before_hass(request: pytest.FixtureRequest) -> None:
    """Set up the recorder before Home Assistant, in tests that use it."""
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("async_test_recorder")


async def recorded_rows(hass: HomeAssistant) -> Counter[str]:
    """Return how many states of each entity are recorded once Home Assistant is idle."""

    def count(recorder: Recorder) -> Counter[str]:
        with session_scope(hass=recorder.hass, read_only=True) as session:
            query = session.query(StatesMeta.entity_id)
            joined = query.join(States, States.metadata_id == StatesMeta.metadata_id)
            return Counter(entity_id for (entity_id,) in joined.all())

    await hass.async_block_till_done(wait_background_tasks=True)
    recorder = get_instance(hass)
    await recorder.async_block_till_done()
    return await recorder.async_add_executor_job(count, recorder)
