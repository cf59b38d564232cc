"""When hedged queries are sent, and when a slow provider counts as timed out."""

from asyncio import Task, get_running_loop, sleep
from collections.abc import Iterable, Mapping

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.detection import hedged
from custom_components.raindrop.ddns.detection.detection import Response
from custom_components.raindrop.ddns.detection.hedged import query_until_found
from custom_components.raindrop.ddns.detection.providers import Provider
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.sources import Family
from tests.library.builders import A1
from tests.library.detection.helpers import FOREVER_S
from tests.library.detection.test_hedged import STATUS, FakeProviders, results


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeProviders:
    """Replace the query, and let no limit expire unless a test sets it."""
    fake = FakeProviders()
    monkeypatch.setattr(hedged, "query", fake.query)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
    return fake


def start(
    sessions: Mapping[Family, ClientSession], names: Iterable[str], limit_s: float = FOREVER_S
) -> Task[list[Response]]:
    """Query providers in a task that runs until it has to wait."""
    providers = [
        Provider(
            name=name, format=ResponseFormat.TEXT, urls={Family.IPV4: f"https://{name}.example"}
        )
        for name in names
    ]
    deadline = get_running_loop().time() + limit_s
    work = query_until_found(providers, Family.IPV4, sessions.__getitem__, deadline)
    return Task(work, eager_start=True)


async def test_a_query_is_sent_without_waiting_for_the_event_loop(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders
) -> None:
    """A busy event loop does not delay the query of the first provider."""
    task = start(sessions, ["a", "b"])
    assert fake.queried == ["a"]

    fake.send("a", A1)
    assert results(await task) == [("a", A1)]


async def test_at_the_deadline_no_provider_is_queried(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider without any time to respond is not queried."""
    now = get_running_loop().time()
    monkeypatch.setattr(get_running_loop(), "time", lambda: now)

    assert results(await start(sessions, ["a", "b"], limit_s=0)) == []
    assert fake.queried == []


async def test_the_last_provider_does_not_become_slow(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider is slow only if the next one was queried beside it."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0)
    task = start(sessions, ["a", "b", "c"])
    await fake.until_queried("b")
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
    await fake.until_queried("c")

    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0)
    fake.send("a", STATUS)
    for _ in range(20):
        await sleep(0)
    fake.send("b", A1)

    assert results(await task) == [("a", STATUS), ("b", A1)]
