"""The rate limit, and the headers that announce it."""

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, RateLimitError
import pytest

from lab import Lab
from lab.cloudflare import Zone

from .conftest import EMAIL, KEY, TOKEN


class Clock:
    """A clock that a test turns by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock(lab: Lab) -> Clock:
    """Return the clock of a limit of three requests in five minutes."""
    clock = Clock()
    lab.cloudflare.limiter.clock = clock
    lab.cloudflare.limiter.quota = 3
    return clock


async def test_every_answer_says_what_is_left(session: ClientSession, clock: Clock) -> None:
    """Good and bad answers alike carry `Ratelimit`, and none carries `Retry-After`."""
    async with session.get("zones") as response:
        assert response.headers["Ratelimit"] == '"default";r=2;t=300'
        assert response.headers["Ratelimit-Policy"] == '"default";q=3;w=300'
    clock.now += 100
    async with session.get("zones/x") as response:
        assert response.status == 400
        assert response.headers["Ratelimit"] == '"default";r=1;t=200'
        assert "Retry-After" not in response.headers


async def test_the_limit_does_nothing_unless_it_is_enforced(
    session: ClientSession, clock: Clock
) -> None:
    """Benchmarks and tests run free by default."""
    for _ in range(5):
        async with session.get("zones") as response:
            assert response.status == 200


async def test_beyond_the_limit_nothing_works_for_five_minutes(
    lab: Lab, session: ClientSession, client: AsyncCloudflare, clock: Clock
) -> None:
    """The answer is 429 with `Retry-After`, and has neither messages nor result."""
    lab.cloudflare.limiter.enforced = True
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
    lab: Lab, zone: Zone, session: ClientSession, clock: Clock
) -> None:
    """All tokens of a user and the key count together, each token of an account by itself."""
    lab.cloudflare.limiter.enforced = True
    lab.cloudflare.add_user(EMAIL, KEY)
    other, account = "o" * 40, "cfat_" + "a" * 40
    lab.cloudflare.add_token(other)
    lab.cloudflare.add_token(account, owner="account")
    for token in (TOKEN, other, TOKEN, other, account):
        async with session.get("zones", headers={"Authorization": f"Bearer {token}"}) as response:
            status = response.status
        assert status == (429 if lab.log.count() == 4 else 200)

    lab.cloudflare.limiter.clear()
    async with session.get("zones") as response:
        assert response.headers["Ratelimit"] == '"default";r=2;t=300'
