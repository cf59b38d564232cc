"""The connection watch in Home Assistant: a change is written without a poll."""

from collections.abc import AsyncIterator

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.raindrop import ddns
from custom_components.raindrop.const import DOMAIN, UPDATE_INTERVAL, WATCHED_UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns.detection import stun_probes
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from custom_components.raindrop.internet_watch import ZoneWatch, async_watch
from devtools.simulated_providers import stun_servers_of
from simulator import Simulator, StunFault
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.open_sockets import watching_sockets
from tests.waiting import until

from .builders import domain, set_up
from .conftest import endpoints

LATER = "81.2.69.146"
STUN_SERVER_SOCKETS = 4
"""Of the simulator: two on its port, and two from which it responds wrongly."""


@pytest.fixture(autouse=True)
def watched(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch by the simulator's STUN server, some hundred times as often."""
    monkeypatch.setattr(ddns, "STUN_SERVERS", stun_servers_of(simulator.urls()["stun"]))
    monkeypatch.setattr(stun_probes, "PROBE_INTERVAL_S", 0.02)
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.4)


@pytest.fixture
async def entry(hass: HomeAssistant, zone: Zone) -> AsyncIterator[RaindropConfigEntry]:
    """Set up a zone, and unload it in the end: probes must not outlive a test."""
    entry = await set_up(hass, zone, [domain("home.example.com")])
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


async def probes(simulator: Simulator, count: int) -> None:
    """Wait for so many probes more."""
    until_count = simulator.stun.probes.total() + count
    await until(lambda: simulator.stun.probes.total() >= until_count)


def look_ups(simulator: Simulator) -> int:
    """Return how often a provider was asked."""
    return len(simulator.log.select(service="ip"))


def content(simulator: Simulator, zone: Zone) -> str:
    """Return what the record holds."""
    return str(simulator.cloudflare.records(zone)[0]["content"])


async def test_a_move_is_written_without_a_poll(
    simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """No timer of Home Assistant fires here."""
    assert content(simulator, zone) == HOME
    simulator.ip.set_address(NEXT)
    await until(lambda: content(simulator, zone) == NEXT)


async def test_a_hint_alone_writes_nothing(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The providers contradict it: one update, and then silence. The poll is not relaxed."""
    await probes(simulator, 3)
    before, requests = look_ups(simulator), len(endpoints(simulator))
    simulator.stun.set_mapped([NEXT])
    await probes(simulator, 10)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert look_ups(simulator) == before + 1
    assert len(endpoints(simulator)) == requests
    assert content(simulator, zone) == HOME
    assert entry.runtime_data.update_interval == UPDATE_INTERVAL


async def test_the_end_of_an_outage_starts_an_update(
    simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The address changed meanwhile."""
    await probes(simulator, 3)
    coordinator = entry.runtime_data
    await coordinator.async_refresh()
    assert coordinator.update_interval == WATCHED_UPDATE_INTERVAL
    simulator.stun.fault = StunFault.SILENT
    await until(lambda: coordinator.update_interval == UPDATE_INTERVAL)
    simulator.ip.set_address(LATER)
    simulator.stun.fault = None
    await until(lambda: content(simulator, zone) == LATER)


async def test_the_poll_is_rare_while_the_watch_works(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """And every five minutes again when it does not."""
    coordinator = entry.runtime_data
    assert coordinator.update_interval == UPDATE_INTERVAL
    await probes(simulator, 3)
    await coordinator.async_refresh()
    assert coordinator.update_interval == WATCHED_UPDATE_INTERVAL
    simulator.faults.add("ip", "*", kind="html")
    await coordinator.async_request_refresh()
    assert coordinator.update_interval == UPDATE_INTERVAL


async def test_a_record_that_is_not_in_sync_keeps_the_poll_frequent(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """All addresses are known and watched, but there is still something to do for a record."""
    coordinator = entry.runtime_data
    record = simulator.cloudflare.records(zone)[0]
    simulator.cloudflare.delete_record(zone, record["id"])
    cname = simulator.cloudflare.add_record(zone, type="CNAME", name="home", content="example.org")
    await probes(simulator, 3)
    with pytest.raises(HomeAssistantError):
        await coordinator.async_update_now()
    await coordinator.async_refresh()
    assert coordinator.update_interval == UPDATE_INTERVAL

    simulator.cloudflare.delete_record(zone, cname["id"])
    await coordinator.async_update_now()
    await coordinator.async_refresh()
    assert coordinator.update_interval == WATCHED_UPDATE_INTERVAL


async def test_zones_share_the_watch(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """One probe at a time, however many zones; the last one to go ends it."""
    other = simulator.cloudflare.add_zone("example.net")
    simulator.cloudflare.add_record(other, type="A", name="home", content=HOME)
    second = await set_up(hass, other, [domain("home.example.net")])
    watch = async_watch(hass)
    assert watch is not None
    assert [*watch.status()] == [ddns.Family.IPV4]
    simulator.ip.set_address(NEXT)
    await until(lambda: content(simulator, zone) == content(simulator, other) == NEXT)
    await hass.config_entries.async_unload(second.entry_id)
    assert async_watch(hass) is watch
    await hass.config_entries.async_unload(entry.entry_id)
    assert async_watch(hass) is None
    assert not watch.status()


async def test_the_sources_may_change_before_the_watch_begins(hass: HomeAssistant) -> None:
    """It begins with the latest ones."""
    zone = ZoneWatch(hass, (), lambda: None, lambda: None)
    zone.async_follow([ddns.Source(ddns.Family.IPV4)])
    zone.async_begin()
    watch = async_watch(hass)
    assert watch is not None
    assert [*watch.status()] == [ddns.Family.IPV4]
    zone.async_end()
    assert not watch.status()


async def test_the_watch_can_be_turned_off(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """In the options; no probe is sent from then on."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    sources = {"ipv4_source": "automatic", "ipv6_source": "automatic", "watch": False}
    await hass.config_entries.options.async_configure(form["flow_id"], sources)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.options["watch"] is False
    sent = simulator.stun.probes.total()
    await entry.runtime_data.async_refresh()
    assert entry.runtime_data.update_interval == UPDATE_INTERVAL
    assert simulator.stun.probes.total() == sent
    assert async_watch(hass) is None


async def test_what_the_watch_knows_is_in_the_diagnostics(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Since when it works, and when the last response arrived."""
    await probes(simulator, 3)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    status = diagnostics["watch"]["ipv4"]
    assert status["probes"] == "working"
    assert status["response_age_s"] <= status["working_s"]
    assert diagnostics["watch"]["is_watching_kernel"] is True


async def test_what_the_watch_knows_is_in_the_system_health(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """By family."""
    await probes(simulator, 3)
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert await info["cloudflare_api"] == "ok"
    assert info["connection_watch"] == "IPv4: working"


@pytest.mark.parametrize("ends", ["unload", "reload", "stop", "stop, unload"])
async def test_no_socket_is_left(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, ends: str
) -> None:
    """A stop of Home Assistant unloads no entry; an unload after it finds nothing to end."""
    await probes(simulator, 3)
    watched = watching_sockets()
    if "stop" in ends:
        await hass.async_stop()
    if "unload" in ends:
        assert await hass.config_entries.async_unload(entry.entry_id)
    if ends == "reload":
        for _ in range(5):
            assert await hass.config_entries.async_reload(entry.entry_id)
        await probes(simulator, 3)
        assert watching_sockets() <= watched
    else:
        assert async_watch(hass) is None
        assert watching_sockets() == STUN_SERVER_SOCKETS
