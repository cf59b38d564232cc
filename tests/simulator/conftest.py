"""Fixtures: a simulator, and two clients: Cloudflare's SDK and plain aiohttp."""

from collections.abc import AsyncGenerator

import aiohttp
from cloudflare import AsyncCloudflare
import pytest
import pytest_socket

from simulator import Simulator
from simulator.cloudflare import Zone

TOKEN = "raindrop-simulator-token-40-characters-x"
EMAIL = "someone@example.com"
KEY = "0123456789abcdef0123456789abcdef01234"


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow sockets on loopback, and hide the environment variables of the SDK."""
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"])
    for name in ("API_TOKEN", "API_KEY", "EMAIL", "BASE_URL", "API_USER_SERVICE_KEY"):
        monkeypatch.delenv(f"CLOUDFLARE_{name}", raising=False)


@pytest.fixture
async def simulator() -> AsyncGenerator[Simulator]:
    """Return a simulator with one token."""
    async with Simulator() as simulator:
        simulator.cloudflare.add_token(TOKEN)
        yield simulator


@pytest.fixture
def zone(simulator: Simulator) -> Zone:
    """Return a zone on the Free plan."""
    return simulator.cloudflare.add_zone("example.com")


@pytest.fixture
async def client(simulator: Simulator) -> AsyncGenerator[AsyncCloudflare]:
    """Return Cloudflare's official client, without retries."""
    async with AsyncCloudflare(
        api_token=TOKEN, base_url=simulator.cloudflare.base_url, max_retries=0
    ) as client:
        yield client


@pytest.fixture
async def session(simulator: Simulator) -> AsyncGenerator[aiohttp.ClientSession]:
    """Return a plain client with the token and the base URL of the API."""
    async with aiohttp.ClientSession(
        base_url=simulator.cloudflare.base_url + "/",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=aiohttp.ClientTimeout(total=10),
    ) as session:
        yield session
