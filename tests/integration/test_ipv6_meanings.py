"""What an IPv6 address stands for: this network, the router itself, another connection."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone

from .builders import domain, set_up
from .conftest import Clock, state
from .domain_forms import FORM, rows, send, start
from .host_addresses import Host
from .router_entities import Router, contents, issues, reason, written

ROUTER_ADDRESS = "2003:d6:abbf:2220:ca0e:14ff:fe1f:a8ee"
"""The address of a router on its way to the Internet, outside the prefix of the home."""
PREFIX = "2003:d6:abe2:1f00::/56"
STABLE = "2003:d6:abe2:1f00:211:22ff:fe33:4455"
TEMPORARY = "2003:d6:abe2:1f00:a1b2:c3d4:e5f6:789a"
NEXT_STABLE, NEXT_TEMPORARY = "2003:d6:abe9:7700::5", "2003:d6:abe9:7700:a1b2::9"
NAS = "nas.example.com"
V6 = "v6.example.com"


@pytest.fixture(autouse=True)
def network(simulator: Simulator, host: Host) -> Host:
    """Give this host a stable address, and let it connect from a temporary one."""
    host.set_addresses(STABLE, TEMPORARY)
    simulator.ip.set_address(TEMPORARY)
    return host


@pytest.fixture
async def router(hass: HomeAssistant, network: Host) -> Router:
    """Have an entity of a router that reports its own address."""
    router = Router(hass)
    await router.reports(ROUTER_ADDRESS)
    return router


async def test_automatic_prefers_the_stable_address_of_the_host(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, host: Host
) -> None:
    """A temporary address is never written, and another one each day changes nothing."""
    sources = {"ipv6": [{"source": "automatic"}]}
    await set_up(hass, zone, [domain(V6, families=["ipv6"])], sources=sources)
    assert contents(simulator)[V6] == STABLE
    assert state(hass, "sensor.example_com_ipv6_source") == "cloudflare"
    simulator.log.clear()
    for interface_id in ("1:2:3:4", "5:6:7:8"):
        temporary = f"2003:d6:abe2:1f00:{interface_id}"
        host.set_addresses(STABLE, temporary)
        simulator.ip.set_address(temporary)
        await clock.cycles(13)
    assert written(simulator) == []
    assert issues(hass) == {}

    host.set_addresses(NEXT_STABLE, NEXT_TEMPORARY)
    simulator.ip.set_address(NEXT_TEMPORARY)
    await clock.cycles(13)
    assert written(simulator) == [NEXT_STABLE]


@pytest.mark.parametrize("host_address", [None, NEXT_STABLE], ids=["not shown", "other prefix"])
async def test_automatic_writes_what_providers_see_where_the_host_shows_no_address_in_the_prefix(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, host: Host, host_address: str | None
) -> None:
    """In a container the interfaces are others, and behind a prefix translator the prefix is."""
    if host_address:
        host.set_addresses(host_address, NEXT_TEMPORARY)
    else:
        host.remove_addresses()
    await set_up(hass, zone, [domain(V6, families=["ipv6"])])
    assert contents(simulator)[V6] == TEMPORARY


async def test_the_address_of_the_router_is_written_after_ten_seconds(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, router: Router
) -> None:
    """No page confirms it, no page contradicts it, and there is no repair of a VPN."""
    sources = {"ipv6": [router.source("router")]}
    await set_up(hass, zone, [domain("router.example.com", families=["ipv6"])], sources=sources)
    await clock.passes(timedelta(seconds=10))
    assert contents(simulator)["router.example.com"] == ROUTER_ADDRESS
    await router.reports("2003:d6:abbf:2221::1")
    await clock.cycles(13)
    assert contents(simulator)["router.example.com"] == "2003:d6:abbf:2221::1"
    assert issues(hass) == {}
    assert simulator.log.count(service="ip", family=6) == 0


async def test_a_router_outside_the_prefix_is_no_vpn(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, router: Router
) -> None:
    """The stable address of this host is written, and the repair says what may be wrong."""
    sources = {"ipv6": [router.source()]}
    domains = [domain(V6, families=["ipv6"]), domain(NAS, families=["ipv6"], interface_id="::1234")]
    await set_up(hass, zone, domains, sources=sources)
    await clock.cycles(3)
    assert contents(simulator)[V6] == STABLE
    assert contents(simulator)[NAS] == "2003:d6:abe2:1f00::1234"
    assert list(issues(hass)) == ["entity_outside_prefix"]
    placeholders = issues(hass)["entity_outside_prefix"]
    assert (placeholders["entity"], placeholders["reported"], placeholders["address"]) == (
        "The router",
        ROUTER_ADDRESS,
        STABLE,
    )

    await router.reports(PREFIX)
    await clock.cycles()
    assert issues(hass) == {}


@pytest.mark.parametrize(
    "reported",
    [
        pytest.param(PREFIX, id="prefix"),
        pytest.param("2003:d6:abe2:1f00::/64", id="prefix of the link"),
        pytest.param("2003:d6:abe2:1f00:ca0e:14ff:fe1f:a8ee", id="address in it"),
    ],
)
async def test_an_entity_reports_the_prefix_of_the_network(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, reported: str
) -> None:
    """A page confirms it; this host gets its stable address, another machine its interface ID."""
    router = Router(hass)
    await router.reports(reported)
    sources = {"ipv6": [router.source()]}
    domains = [domain(V6, families=["ipv6"]), domain(NAS, families=["ipv6"], interface_id="::1234")]
    await set_up(hass, zone, domains, sources=sources)
    assert contents(simulator)[V6] == STABLE
    assert contents(simulator)[NAS] == "2003:d6:abe2:1f00::1234"
    assert simulator.log.count(service="ip", family=6) == 1
    await clock.cycles(3)
    assert issues(hass) == {}


async def test_a_prefix_alone_is_never_written(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, host: Host
) -> None:
    """Where this host shows no address, only machines with an interface ID get one."""
    host.remove_addresses()
    router = Router(hass)
    await router.reports(PREFIX)
    domains = [domain(V6, families=["ipv6"]), domain(NAS, families=["ipv6"], interface_id="::1234")]
    await set_up(hass, zone, domains, sources={"ipv6": [router.source()]})
    assert contents(simulator)[NAS] == "2003:d6:abe2:1f00::1234"
    assert V6 not in contents(simulator)
    assert reason(hass, "binary_sensor.v6_example_com_dns_problem") == "missing"


async def test_another_machine_cannot_have_the_prefix_of_the_router(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, router: Router
) -> None:
    """The form refuses it, above the section that has the interface ID."""
    sources = {"ipv6": [router.source("router")]}
    entry = await set_up(hass, zone, [], sources=sources)
    fields = FORM | {"domain": "nas", "families": ["ipv6"], "interface_id": "::1234"}
    form = await send(hass, await start(hass, entry), fields)
    assert (form["step_id"], form["errors"]) == ("user", {"base": "record_no_prefix"})
    preview = await send(hass, form, fields | {"interface_id": ""})
    assert rows(preview) == [f"- **{NAS}** AAAA: — → {ROUTER_ADDRESS}"]


async def test_the_form_of_the_entity_refuses_a_router_for_another_machine(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, router: Router
) -> None:
    """A domain with a source of its own can be given another one there."""
    entry = await set_up(hass, zone, [])
    fields = FORM | {"domain": "nas", "families": ["ipv6"], "interface_id": "::1234"}
    form = await send(hass, await start(hass, entry), fields | {"override_sources": True})
    form = await send(hass, form, {"ipv6_source": "entity"})
    entity = {"ipv6_entity": router.entity_id}
    form = await send(hass, form, entity | {"ipv6_meaning": "router"})
    assert (form["step_id"], form["errors"]) == ("details", {"base": "record_no_prefix"})
    await router.reports("2003:d6:abe2:1f00:ca0e:14ff:fe1f:a8ee")
    preview = await send(hass, form, entity | {"ipv6_meaning": "this_network"})
    assert rows(preview) == [f"- **{NAS}** AAAA: — → 2003:d6:abe2:1f00::1234"]


async def test_the_prefix_of_a_router_is_never_written(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, router: Router
) -> None:
    """If the source of the zone is changed later, a repair says so, and the record stays."""
    nas = domain(NAS, families=["ipv6"], interface_id="::1234")
    entry = await set_up(hass, zone, [nas])
    assert contents(simulator)[NAS] == "2003:d6:abe2:1f00::1234"
    sources = {**entry.options["sources"], "ipv6": [router.source("router")]}
    hass.config_entries.async_update_entry(entry, options={"sources": sources})
    await hass.async_block_till_done()
    await clock.cycles(3)
    assert contents(simulator)[NAS] == "2003:d6:abe2:1f00::1234"
    assert list(issues(hass)) == ["record_no_prefix"]
    assert reason(hass, "binary_sensor.nas_example_com_dns_problem") == "no_prefix"


async def test_a_prefix_is_no_address_of_a_router(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The form says so at the entity."""
    router = Router(hass, "prefix")
    await router.reports(PREFIX)
    entry = await set_up(hass, zone, [])
    fields = FORM | {"domain": "nas", "families": ["ipv6"], "override_sources": True}
    form = await send(hass, await start(hass, entry), fields)
    form = await send(hass, form, {"ipv6_source": "entity"})
    entity = {"ipv6_entity": router.entity_id}
    form = await send(hass, form, entity | {"ipv6_meaning": "router"})
    assert (form["step_id"], form["errors"]) == ("details", {"ipv6_entity": "unusable_entity"})
    preview = await send(hass, form, entity | {"ipv6_meaning": "this_network"})
    assert rows(preview) == [f"- **{NAS}** AAAA: — → {STABLE}"]
