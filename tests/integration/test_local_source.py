"""The local interface as a source, and the sensors of the source of an address."""

from pathlib import Path
import socket

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
import pytest_socket

from custom_components.raindrop import address_sources
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6

from .builders import domain, set_up
from .conftest import SOURCE_IPV4, Clock, requests, state
from .host_addresses import STABLE, Host
from .router_entities import NAME, Router, contents, issues, written

NEXT_STABLE, NEXT_TEMPORARY = "2001:218:9:2::5", "2001:218:9:2:1234:5678:9abc:def0"
LOCAL = {"ipv4": [], "ipv6": [{"source": "local"}]}


async def test_the_stable_address_of_the_host_is_written(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, host: Host
) -> None:
    """Providers see a temporary address; one of the same prefix confirms the stable one."""
    await set_up(hass, zone, [domain("v6.example.com", families=["ipv6"])], sources=LOCAL)
    assert contents(simulator)["v6.example.com"] == STABLE
    assert simulator.log.count(service="ip") == simulator.log.count(service="ip", family=6) == 1

    simulator.log.clear()
    await clock.cycles(3)
    assert not requests(simulator)

    host.set_addresses(NEXT_STABLE, NEXT_TEMPORARY)
    simulator.ip.set_address(NEXT_TEMPORARY)
    await clock.cycles()
    assert contents(simulator)["v6.example.com"] == NEXT_STABLE
    assert written(simulator) == [NEXT_STABLE]
    assert simulator.log.count(service="ip") == 1
    assert state(hass, "sensor.example_com_public_ipv6_address") == NEXT_STABLE


async def test_a_new_temporary_address_changes_nothing(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, host: Host
) -> None:
    """The kernel creates another one every day: no request is sent for it."""
    await set_up(hass, zone, [domain("v6.example.com", families=["ipv6"])], sources=LOCAL)
    simulator.log.clear()
    host.set_addresses(STABLE, "2001:218:1:2:ffff:eeee:dddd:cccc")
    await clock.cycles(2)
    assert not requests(simulator)
    assert contents(simulator)["v6.example.com"] == STABLE


async def test_s8_a_local_address_that_providers_do_not_see_is_not_accepted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, host: Host
) -> None:
    """Where providers see another prefix, as behind a VPN, nothing is written (S8)."""
    simulator.ip.set_address(HOME_V6)
    host.set_addresses("2001:218:77::5", "2001:218:77::9")
    await set_up(hass, zone, [domain("v6.example.com", families=["ipv6"])], sources=LOCAL)
    await clock.cycles(3)
    assert "v6.example.com" not in contents(simulator)
    assert list(issues(hass)) == ["sources_disagree"]


async def test_a_host_without_ipv6_writes_nothing(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, host: Host
) -> None:
    """Without IPv6 there is no table and no address; providers are not asked instead."""
    host.remove_addresses()
    await set_up(hass, zone, [domain("v6.example.com", families=["ipv6"])], sources=LOCAL)
    await clock.cycles(2)
    assert "v6.example.com" not in contents(simulator)
    assert simulator.log.count(service="ip") == 0


@pytest.mark.parametrize(
    "remote, address",
    [
        pytest.param("::1", "::1", id="reachable/its address"),
        pytest.param("fe80::1", None, id="unreachable/none"),
    ],
)
def test_the_kernel_chooses_the_outgoing_address(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch, remote: str, address: str | None
) -> None:
    """A connected UDP socket has it, without a packet being sent."""
    pytest_socket.socket_allow_hosts([remote])
    monkeypatch.setattr(address_sources, "_REMOTE", (remote, 53))
    assert address_sources._outgoing_address() == address


async def test_the_provider_of_an_address_is_shown(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The entity is shown while it reports, then the web provider."""
    router = Router(hass)
    await router.reports(HOME)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    assert state(hass, SOURCE_IPV4) == "The router"
    hass.states.async_remove(router.entity_id)
    await clock.cycles(2)
    assert state(hass, SOURCE_IPV4) == "cloudflare"


async def test_the_sensors_of_a_source_that_is_off_are_removed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A family that is off has no sensors, and sends no requests."""
    entry = await set_up(hass, zone, [domain(NAME)])
    simulator.log.clear()
    hass.config_entries.async_update_entry(
        entry, options={"sources": {**entry.options["sources"], "ipv4": []}}
    )
    await hass.async_block_till_done()
    registry = er.async_get(hass)
    for entity_id in (SOURCE_IPV4, "sensor.example_com_public_ipv4_address"):
        assert registry.async_get(entity_id) is None
    assert not requests(simulator)


def test_a_kernel_without_ipv6_has_no_outgoing_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not even have such sockets; the stable address is read all the same."""

    def no_sockets(*_: object) -> None:
        raise OSError("Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", no_sockets)
    assert address_sources._outgoing_address() is None


async def test_a_table_of_addresses_that_is_no_text_is_none(
    hass: HomeAssistant,
    zone: Zone,
    host: Host,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the kernel cannot have written is no address, and other families go on."""
    table = tmp_path / "odd_table"
    table.write_bytes(b"\xff\xfe odd\n")
    monkeypatch.setattr(address_sources, "_ADDRESS_TABLE", table)
    sources = {"ipv4": [{"source": "automatic"}], "ipv6": [{"source": "local"}]}
    await set_up(hass, zone, [domain(NAME, families=["ipv4", "ipv6"])], sources=sources)
    assert state(hass, "sensor.example_com_public_ipv4_address") == HOME
