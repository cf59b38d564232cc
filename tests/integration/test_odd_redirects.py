"""Redirects that Home Assistant's session cannot read fail one request, and nothing more.

Its guard against redirects to this host reads the ``Location`` of every
redirect from an address that is not loopback, also of one that is not followed.
"""

from collections.abc import Iterator
from pathlib import Path
import ssl

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.ssl import get_default_context
import pytest
import pytest_socket

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.errors import NoResponseError
from custom_components.raindrop.ddns.http import request
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.certificates import self_signed, server_context
from tests.conftest import HOME
from tests.library.raw_server import raw_server, response
from tests.library.test_http import related
from tests.network_namespace import own_network
from tests.secrets import TOKEN, found_in

from .builders import domain, set_up
from .conftest import PUBLIC_IPV4, entry_state, state

LOCATIONS = [
    pytest.param("http://[", id="half an IPv6 address"),
    pytest.param("http://a:99999999/", id="port out of range"),
    pytest.param("https://x:port/", id="port of letters"),
    pytest.param("https://xn--a/", id="broken Punycode"),
    pytest.param("http://127.0.0.1/", id="this host"),
]


@pytest.fixture
def address(socket_enabled: None) -> Iterator[str]:
    """Give the test a network of its own, and return its address."""
    with own_network() as address:
        pytest_socket.socket_allow_hosts([address])
        yield address


@pytest.fixture
def trusted(address: str, simulator: Simulator, tmp_path: Path) -> ssl.SSLContext:
    """Return the TLS context of a server beside the simulator that Home Assistant trusts."""
    pytest_socket.socket_allow_hosts([address, "127.0.0.1", "::1"])
    certificate, key = self_signed(address)
    get_default_context().load_verify_locations(cadata=certificate.decode())
    return server_context(tmp_path / "server.pem", (certificate, key))


def redirect_to(location: str) -> bytes:
    """Return a redirect."""
    return response(b"", f"Location: {location}", status="302 Found")


@pytest.mark.parametrize("location", LOCATIONS)
async def test_an_odd_redirect_is_no_response(
    address: str, hass: HomeAssistant, location: str
) -> None:
    """Whatever Home Assistant's session raises for a redirect, its request has no response."""
    async with raw_server(redirect_to(location), host=address) as server:
        with pytest.raises(NoResponseError) as caught:
            await request(
                async_get_clientsession(hass),
                "GET",
                server.origin,
                timeout_s=10,
                limit=100,
                headers={"Authorization": f"Bearer {TOKEN}"},
            )

    assert len(server.received) == 1
    for error in related(caught.value):
        assert isinstance(error, NoResponseError)
        assert found_in(f"{error!r}{vars(error)}") == []


async def test_a_readable_redirect_is_a_response(address: str, hass: HomeAssistant) -> None:
    """A redirect to another host is returned as it is, and not followed."""
    async with raw_server(redirect_to("https://192.0.2.7/"), host=address) as server:
        found = await request(
            async_get_clientsession(hass), "GET", server.origin, timeout_s=10, limit=9, headers={}
        )

    assert (found.status, found.headers["Location"]) == (302, "https://192.0.2.7/")


async def test_an_odd_redirect_of_the_api_does_not_hide_the_public_address(
    address: str,
    trusted: ssl.SSLContext,
    hass: HomeAssistant,
    zone: Zone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The zone is loaded and shows the home's address, though Cloudflare cannot be reached."""
    async with raw_server(redirect_to("http://["), trusted, address) as server:
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", server.origin)
        entry = await set_up(hass, zone, [domain("home.example.com")])

    assert server.received != []
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert state(hass, PUBLIC_IPV4) == HOME
    (error,) = entry.runtime_data.data.errors
    assert type(error) is ddns.CloudflareConnectionError


async def test_an_odd_redirect_of_a_provider_leaves_the_others(
    address: str,
    trusted: ssl.SSLContext,
    hass: HomeAssistant,
    zone: Zone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A provider with an odd redirect counts as not reached, and two others agree."""
    async with raw_server(redirect_to("http://a:99999999/"), trusted, address) as server:
        odd = ddns.Provider(
            name="odd", format=ddns.ResponseFormat.TEXT, urls={Family.IPV4: server.origin}
        )
        monkeypatch.setattr(ddns, "PROVIDERS", (odd, *ddns.PROVIDERS))
        entry = await set_up(hass, zone, [domain("home.example.com")])

    assert server.received != []
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert state(hass, PUBLIC_IPV4) == HOME
