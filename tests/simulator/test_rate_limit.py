"""The rate limit and its headers."""

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, RateLimitError
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone

from .conftest import EMAIL, KEY, TOKEN


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock(simulator: Simulator) -> Clock:
    """Return the clock of a limit of three requests in five minutes."""
    clock = Clock()
    simulator.cloudflare.limiter.clock = clock
    simulator.cloudflare.limiter.quota = 3
    return clock


async def test_every_response_has_the_remaining_requests(
    session: ClientSession, clock: Clock
) -> None:
    """All responses have `Ratelimit`, and none of these has `Retry-After`."""
    async with session.get("zones") as response:
        assert response.headers["Ratelimit"] == '"default";r=2;t=300'
        assert response.headers["Ratelimit-Policy"] == '"default";q=3;w=300'
    clock.now += 100
    async with session.get("zones/x") as response:
        assert response.status == 400
        assert response.headers["Ratelimit"] == '"default";r=1;t=200'
        assert "Retry-After" not in response.headers


async def test_the_limit_is_not_enforced_by_default(session: ClientSession, clock: Clock) -> None:
    """Benchmarks and tests are not limited by default."""
    for _ in range(5):
        async with session.get("zones") as response:
            assert response.status == 200


async def test_all_requests_above_the_limit_are_blocked_for_five_minutes(
    simulator: Simulator, session: ClientSession, client: AsyncCloudflare, clock: Clock
) -> None:
    """The response is 429 with `Retry-After`, and has neither messages nor result."""
    simulator.cloudflare.limiter.enforced = True
    for _ in range(3):
        assert (await client.zones.list()).result == []
    clock.now += 290

    with pytest.raises(RateLimitError) as caught:
        await client.zones.list()
    assert caught.value.response.headers["Retry-After"] == "300"
    clock.now += 299.5
    async with session.get("zones") as response:
        assert response.status == 429
        assert response.headers["Retry-After"] == "1"
        assert await response.text() == (
            '{"success":false,"errors":[{"code":971,"message":'
            '"Please wait and consider throttling your request speed"}]}'
        )

    clock.now += 0.5
    assert (await client.zones.list()).result == []


async def test_a_user_has_one_limit_for_all_credentials(
    simulator: Simulator, zone: Zone, session: ClientSession, clock: Clock
) -> None:
    """All tokens and the key of a user are counted together, each account token separately."""
    simulator.cloudflare.limiter.enforced = True
    simulator.cloudflare.add_user(EMAIL, KEY)
    other, account = "o" * 40, "cfat_" + "a" * 40
    simulator.cloudflare.add_token(other)
    simulator.cloudflare.add_token(account, owner="account")
    for token in (TOKEN, other, TOKEN, other, account):
        async with session.get("zones", headers={"Authorization": f"Bearer {token}"}) as response:
            status = response.status
        assert status == (429 if simulator.log.count() == 4 else 200)

    simulator.cloudflare.limiter.clear()
    async with session.get("zones") as response:
        assert response.headers["Ratelimit"] == '"default";r=2;t=300'
