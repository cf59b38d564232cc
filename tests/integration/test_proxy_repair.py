"""The repair that Cloudflare's proxy cannot reach Home Assistant, with its own HTTP server."""

from collections.abc import Sequence
from ipaddress import ip_network
import socket
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.ddns.addresses import CLOUDFLARE_NETWORKS
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME_V6

from .builders import domain, set_up
from .conftest import press_update_now, requests
from .router_entities import issues

NAME = "home.example.com"
CLOUDFLARE = [str(network) for network in CLOUDFLARE_NETWORKS]
IPV4 = [network for network in CLOUDFLARE if "." in network]
IPV6 = [network for network in CLOUDFLARE if ":" in network]
NOBODY: list[str] = []
OWN_PROXY = ["192.168.178.20"]
PROBLEMS = {
    (False, False): [],
    (True, False): ["proxy_port"],
    (False, True): ["proxy_not_trusted"],
    (True, True): ["proxy_port_not_trusted"],
}
"""The repair by whether the port is not forwarded, and the proxy not trusted."""


async def start_http_server(
    hass: HomeAssistant, hass_storage: dict[str, Any], trusted: Sequence[str]
) -> None:
    """Start Home Assistant's HTTP server with the trusted proxies of its stored settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    proxies = {"use_x_forwarded_for": True, "trusted_proxies": [*trusted]} if trusted else {}
    data = {"server_host": ["127.0.0.1"], "server_port": port, **proxies}
    hass_storage["http"] = {"version": 1, "minor_version": 1, "key": "http", "data": data}
    assert await async_setup_component(hass, "http", {})
    assert hass.http.trusted_proxies == [ip_network(network) for network in trusted]


async def set_external_url(hass: HomeAssistant, url: str | None) -> None:
    """Change the external URL as the user interface does."""
    await hass.config.async_update(external_url=url)
    await hass.async_block_till_done()


def edit(simulator: Simulator, *, proxied: bool) -> None:
    """Turn the proxy on or off in Cloudflare's dashboard."""
    (record,) = simulator.cloudflare.records("example.com")
    simulator.cloudflare.edit_record("example.com", str(record["id"]), proxied=proxied)


@pytest.mark.parametrize("port", ["", ":8123"])
@pytest.mark.parametrize("proxied", [True, False])
@pytest.mark.parametrize("trusted", [NOBODY, CLOUDFLARE, OWN_PROXY])
@pytest.mark.parametrize("host", [NAME, "elsewhere.example.net"])
async def test_each_combination_has_exactly_its_warnings(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    zone: Zone,
    host: str,
    trusted: Sequence[str],
    port: str,
    *,
    proxied: bool,
) -> None:
    """Only what is missing is named, and nothing is unless the name is proxied."""
    await start_http_server(hass, hass_storage, trusted)
    edit(simulator, proxied=proxied)
    await set_external_url(hass, f"https://{host}{port}")
    await set_up(hass, zone, [domain(NAME)])
    is_concerned = proxied and host == NAME
    problems = is_concerned and bool(port), is_concerned and trusted == NOBODY
    assert list(issues(hass)) == PROBLEMS[problems]


@pytest.fixture
async def untrusting(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """Start an HTTP server that trusts no proxy."""
    await start_http_server(hass, hass_storage, NOBODY)


async def test_the_repair_names_what_is_missing(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, untrusting: None
) -> None:
    """It is a warning with the port, the ports to choose from, and the networks to trust."""
    edit(simulator, proxied=True)
    await set_external_url(hass, f"http://{NAME}:8123")
    await set_up(hass, zone, [domain(NAME)])
    expected = {
        "domain": NAME,
        "scheme": "HTTP",
        "port": "8123",
        "ports": "80, 8080, 8880, 2052, 2082, 2086, 2095",
        "networks": ", ".join(IPV4),
    }
    assert issues(hass).keys() == {"proxy_port_not_trusted"}
    assert expected.items() <= issues(hass)["proxy_port_not_trusted"].items()
    (issue,) = (i for i in ir.async_get(hass).issues.values() if i.domain == DOMAIN)
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable


async def test_the_networks_are_those_of_the_only_record(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, untrusting: None
) -> None:
    """Without an A record the proxy connects over IPv6."""
    simulator.ip.set_address(HOME_V6)
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.delete_record(zone, str(record["id"]))
    simulator.cloudflare.add_record(zone, type="AAAA", name="home", content=HOME_V6, proxied=True)
    await set_external_url(hass, f"https://{NAME}")
    await set_up(hass, zone, [domain(NAME, families=["ipv6"])])
    assert issues(hass)["proxy_not_trusted"]["networks"] == ", ".join(IPV6)


async def test_the_repair_follows_the_external_url(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, untrusting: None
) -> None:
    """Another URL is checked at once, without a request."""
    edit(simulator, proxied=True)
    await set_up(hass, zone, [domain(NAME)])
    simulator.log.clear()
    for url, keys in {
        None: [],
        f"https://{NAME}": ["proxy_not_trusted"],
        f"https://{NAME}:8123": ["proxy_port_not_trusted"],
        "https://HOME.example.com": ["proxy_not_trusted"],
        "https://abcdefghijklmnopqrstuvwxyz012345.ui.nabu.casa": [],
    }.items():
        await set_external_url(hass, url)
        assert list(issues(hass)) == keys
    await set_external_url(hass, None)
    assert issues(hass) == {}
    assert not requests(simulator)


async def test_the_repair_follows_the_proxied_status(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, untrusting: None
) -> None:
    """Whether the record is proxied is known as soon as the zone was read."""
    await set_external_url(hass, f"https://{NAME}")
    await set_up(hass, zone, [domain(NAME)])
    for proxied in (True, False, True):
        edit(simulator, proxied=proxied)
        await press_update_now(hass)
        assert list(issues(hass)) == (["proxy_not_trusted"] if proxied else [])


async def test_the_repair_belongs_to_a_zone_that_is_loaded(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, untrusting: None
) -> None:
    """It goes when the zone is unloaded, whatever changes then, and comes back with it."""
    edit(simulator, proxied=True)
    await set_external_url(hass, f"https://{NAME}")
    entry = await set_up(hass, zone, [domain(NAME)])
    assert list(issues(hass)) == ["proxy_not_trusted"]
    await hass.config_entries.async_unload(entry.entry_id)
    await set_external_url(hass, f"https://{NAME}:8123")
    assert issues(hass) == {}
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert list(issues(hass)) == ["proxy_port_not_trusted"]


async def test_only_the_port_is_checked_without_an_http_server(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Whom a server trusts that is not there is not known."""
    edit(simulator, proxied=True)
    await set_external_url(hass, f"https://{NAME}:8123")
    await set_up(hass, zone, [domain(NAME)])
    assert list(issues(hass)) == ["proxy_port"]
