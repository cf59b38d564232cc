"""The API client of the integration: which server the environment points it to."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.api_client import BASE_URL_VARIABLE, async_get_client
from custom_components.raindrop.ddns.cloudflare.client import BASE_URL
from custom_components.raindrop.ddns.errors import BaseUrlError
from custom_components.raindrop.ddns.models import HomeId
from tests.secrets import TOKEN

HOME_ID = HomeId("3f9a1c2b")


@pytest.mark.parametrize(
    "variable, url",
    [
        pytest.param(None, BASE_URL, id="unset/Cloudflare"),
        pytest.param("", BASE_URL, id="empty/Cloudflare"),
        pytest.param("https://relay.example/v4/", "https://relay.example/v4", id="HTTPS/relay"),
        pytest.param("http://127.0.0.1:80/v4", "http://127.0.0.1:80/v4", id="loopback/simulator"),
    ],
)
async def test_the_environment_may_point_to_another_server(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, variable: str | None, url: str
) -> None:
    """The variable of Cloudflare's own SDKs changes the base URL, for tests and relays."""
    monkeypatch.delenv("CLOUDFLARE_BASE_URL", raising=False)
    if variable is not None:
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", variable)

    assert async_get_client(hass, {"key": TOKEN}, HOME_ID).base_url == url
    assert BASE_URL_VARIABLE == "CLOUDFLARE_BASE_URL"


async def test_the_environment_may_not_point_to_plain_http(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No client is created for a server to which the credential must not be sent."""
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", "http://192.168.1.1")

    with pytest.raises(BaseUrlError):
        async_get_client(hass, {"key": TOKEN}, HOME_ID)
