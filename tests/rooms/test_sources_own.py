"""This host's own address, and what is shown and told of where an address comes from."""

from datetime import timedelta
from ipaddress import IPv6Address
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
import pytest_socket

from custom_components.raindrop import sources
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT

from .builders import domain, set_up
from .conftest import READING_IPV4, SOURCE_IPV4, Clock, state
from .routers import NAME, Router, contents, issues, written

STABLE, TEMPORARY = "2001:218:1:2::5", "2001:218:1:2:a1b2:c3d4:e5f6:789a"
NEXT_STABLE, NEXT_TEMPORARY = "2001:218:9:2::5", "2001:218:9:2:1234:5678:9abc:def0"
LINK_LOCAL = "fe80::5"
OWN = {"ipv4": {"source": "off"}, "ipv6": {"source": "own"}}
STABLE_FLAG, TEMPORARY_FLAG = 0x00, 0x01
READING_V6 = "sensor.example_com_source_of_the_ipv6_address"


class Host:
    """The addresses of this host, as the kernel tells them."""

    def __init__(self, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Tell them in a file."""
        self._table = table
        self.outward: str | None = None
        monkeypatch.setattr(sources, "_ADDRESSES", table)
        monkeypatch.setattr(sources, "_outward_address", lambda: self.outward)

    def has(self, stable: str, temporary: str) -> None:
        """Have these addresses, and speak to the Internet from the temporary one."""
        flags = {LINK_LOCAL: 0x80, temporary: TEMPORARY_FLAG, stable: STABLE_FLAG}
        rows = (
            f"{int(IPv6Address(address)):032x} 02 40 00 {flag:02x} eth0\n"
            for address, flag in flags.items()
        )
        self._table.write_text("".join(rows), "ascii")
        self.outward = temporary


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab: Lab) -> Host:
    """Let this host have a stable and a temporary address."""
    host = Host(tmp_path / "if_inet6", monkeypatch)
    host.has(STABLE, TEMPORARY)
    lab.ip.set_address(TEMPORARY)
    return host


async def test_the_stable_address_of_the_host_is_written_and_never_a_temporary_one(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, host: Host
) -> None:
    """Pages see the temporary address; that it is of the same link confirms the stable one."""
    await set_up(hass, zone, [domain("v6.example.com", families=["ipv6"])], options=OWN)
    assert contents(lab)["v6.example.com"] == STABLE
    assert lab.log.count(service="ip") == lab.log.count(service="ip", family=6) == 1

    lab.log.clear()
    await clock.cycles(3)
    assert not lab.log.entries

    host.has(NEXT_STABLE, NEXT_TEMPORARY)
    lab.ip.set_address(NEXT_TEMPORARY)
    await clock.cycles()
    assert contents(lab)["v6.example.com"] == NEXT_STABLE
    assert written(lab) == [NEXT_STABLE]
    assert lab.log.count(service="ip") == 1
    assert state(hass, "sensor.example_com_public_ipv6_address") == NEXT_STABLE


async def test_a_new_temporary_address_changes_nothing(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, host: Host
) -> None:
    """The kernel makes another one every day: nobody is asked for it."""
    await set_up(hass, zone, [domain("v6.example.com", families=["ipv6"])], options=OWN)
    lab.log.clear()
    host.has(STABLE, "2001:218:1:2:ffff:eeee:dddd:cccc")
    await clock.cycles(2)
    assert not lab.log.entries
    assert contents(lab)["v6.example.com"] == STABLE


async def test_s8_a_host_whose_address_the_internet_does_not_see_is_not_believed(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, host: Host
) -> None:
    """Where pages see another link, as behind a VPN, nothing is written (S8)."""
    lab.ip.set_address(HOME_V6)
    host.has("2001:218:77::5", "2001:218:77::9")
    await set_up(hass, zone, [domain("v6.example.com", families=["ipv6"])], options=OWN)
    await clock.cycles(3)
    assert "v6.example.com" not in contents(lab)
    assert list(issues(hass)) == ["sources_disagree"]


async def test_a_host_without_an_address_of_its_own_writes_nothing(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, host: Host, tmp_path: Path
) -> None:
    """Without IPv6 there is no table and no address; the page is not asked in its place."""
    (tmp_path / "if_inet6").unlink()
    host.outward = None
    await set_up(hass, zone, [domain("v6.example.com", families=["ipv6"])], options=OWN)
    await clock.cycles(2)
    assert "v6.example.com" not in contents(lab)
    assert lab.log.count(service="ip") == 0


@pytest.mark.parametrize(
    "far,found",
    [
        pytest.param("::1", "::1", id="a way out/its address"),
        pytest.param("fe80::1", None, id="no way out/none"),
    ],
)
def test_the_kernel_tells_by_which_address_this_host_goes_out(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch, far: str, found: str | None
) -> None:
    """No packet is sent for it."""
    pytest_socket.socket_allow_hosts([far])
    monkeypatch.setattr(sources, "_FAR", (far, 53))
    assert sources._outward_address() == found


async def test_who_told_the_address_and_when_is_shown(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """The source is the entity while it speaks; the reading is as young as the last cycle."""
    router = Router(hass)
    await router.says(HOME)
    entry = await set_up(hass, zone, [domain(NAME)], options={"ipv4": router.source()})
    er.async_get(hass).async_update_entity(READING_IPV4, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state(hass, SOURCE_IPV4) == "The router"
    first = state(hass, READING_IPV4)
    await clock.cycles()
    second = state(hass, READING_IPV4)
    assert first < second

    await clock.passes(timedelta(minutes=2))
    assert state(hass, READING_IPV4) == second
    hass.states.async_remove(router.entity_id)
    await clock.cycles(2)
    assert state(hass, SOURCE_IPV4) == "cloudflare"
    assert state(hass, READING_IPV4) > second


async def test_the_sensors_of_a_source_that_is_off_are_gone(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """A family that is switched off leaves no sensor behind, and asks nobody."""
    entry = await set_up(hass, zone, [domain(NAME)])
    lab.log.clear()
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "ipv4": {"source": "off"}}
    )
    await hass.async_block_till_done()
    registry = er.async_get(hass)
    for entity_id in (SOURCE_IPV4, READING_IPV4, "sensor.example_com_public_ipv4_address"):
        assert registry.async_get(entity_id) is None
    assert not lab.log.entries


async def test_diagnostics_name_neither_addresses_nor_entities_nor_this_host(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    clock: Clock,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What people call their router, their host and their pages is nobody else's business."""
    monkeypatch.setattr("socket.gethostname", lambda: "alices-house")
    router = Router(hass, "alices_router")
    await router.says(HOME, friendly_name="Alice's router")
    page = lab.ip.services[1].urls[4]
    entry = await set_up(
        hass,
        zone,
        [
            domain(NAME, families=["ipv4", "ipv6"]),
            domain("b.example.com", sources={"ipv4": {"source": "urls", "urls": [page]}}),
        ],
        options={"ipv4": router.source(), "ipv6": {"source": "own"}},
    )
    await clock.cycles()
    lab.ip.set_address(NEXT)
    await clock.cycles()
    text = str(await async_get_config_entry_diagnostics(hass, entry))
    for hidden in ("81.2.69", "2001:218", "example.com", router.id, router.entity_id):
        assert hidden not in text
    for hidden in ("Alice", "alice", page.split("/")[2]):
        assert hidden not in text
