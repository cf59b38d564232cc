"""A lab for each test, and two clients: Cloudflare's own SDK and a plain one."""

from collections.abc import AsyncGenerator

import aiohttp
from cloudflare import AsyncCloudflare
import pytest
import pytest_socket

from lab import Lab
from lab.cloudflare import Zone

TOKEN = "raindrop-lab-token-with-forty-characters"
EMAIL = "someone@example.com"
KEY = "0123456789abcdef0123456789abcdef01234"


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow sockets on loopback, and keep the SDK from reading the environment."""
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"])
    for name in ("API_TOKEN", "API_KEY", "EMAIL", "BASE_URL", "API_USER_SERVICE_KEY"):
        monkeypatch.delenv(f"CLOUDFLARE_{name}", raising=False)


@pytest.fixture
async def lab() -> AsyncGenerator[Lab]:
    """Return a lab that knows one token."""
    async with Lab() as lab:
        lab.cloudflare.add_token(TOKEN)
        yield lab


@pytest.fixture
def zone(lab: Lab) -> Zone:
    """Return a zone on the Free plan."""
    return lab.cloudflare.add_zone("example.com")


@pytest.fixture
async def client(lab: Lab) -> AsyncGenerator[AsyncCloudflare]:
    """Return Cloudflare's official client; it repeats nothing by itself."""
    async with AsyncCloudflare(
        api_token=TOKEN, base_url=lab.cloudflare.base_url, max_retries=0
    ) as client:
        yield client


@pytest.fixture
async def session(lab: Lab) -> AsyncGenerator[aiohttp.ClientSession]:
    """Return a plain client that shows the token and whose paths start at the API's base."""
    async with aiohttp.ClientSession(
        base_url=lab.cloudflare.base_url + "/",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=aiohttp.ClientTimeout(total=10),
    ) as session:
        yield session
