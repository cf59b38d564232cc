"""Hedged queries: which providers are queried, which time out, and that no task is left."""

from asyncio import (
    CancelledError,
    Event,
    Future,
    Task,
    all_tasks,
    create_task,
    current_task,
    gather,
    get_running_loop,
    sleep,
    timeout,
    wait,
)
from collections import defaultdict
from collections.abc import Iterable, Mapping

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.detection import hedged
from custom_components.raindrop.ddns.detection.detection import Response
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.detection.hedged import query_until_found
from custom_components.raindrop.ddns.detection.providers import Provider, query
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.models import Address
from custom_components.raindrop.ddns.sources import Family, Source, SourceKind
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.builders import A1, A2, HERE
from tests.library.detection.helpers import (
    FOREVER_S,
    PROVIDERS,
    custom,
    detect,
    detect_first,
    queried,
    reported,
)

NAMES = ("a", "b", "c", "d", "e")
TIMEOUT, STATUS = DetectionError.TIMEOUT, DetectionError.STATUS

type Result = Address | DetectionError | Exception


class FakeProviders:
    """Providers whose responses a test sends."""

    def __init__(self) -> None:
        """Start with no provider queried."""
        self.queried: list[str] = []
        self.limits_s: list[float] = []
        self.cancelled: list[str] = []
        self._queries: defaultdict[str, Event] = defaultdict(Event)
        self._results: dict[str, Future[Result]] = {}

    async def query(
        self, _session: ClientSession, provider: Provider, _family: Family, limit_s: float
    ) -> Response:
        """Take the place of `providers.query`."""
        name = provider.name
        self.queried.append(name)
        self.limits_s.append(limit_s)
        self._queries[name].set()
        try:
            async with timeout(limit_s):
                result = await self._result(name)
        except TimeoutError:
            result = TIMEOUT
        except CancelledError:
            self.cancelled.append(name)
            raise
        if isinstance(result, Exception):
            raise result
        if isinstance(result, DetectionError):
            return Response(provider=name, error=result)
        return Response(provider=name, address=result)

    def send(self, name: str, result: Result) -> None:
        """Send the response of a provider, now or as soon as it is queried."""
        self._result(name).set_result(result)

    async def until_queried(self, name: str) -> None:
        """Wait until a provider is queried."""
        await self._queries[name].wait()

    def _result(self, name: str) -> Future[Result]:
        return self._results.setdefault(name, get_running_loop().create_future())


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeProviders:
    """Replace the query, and let only the limits that a test sets expire."""
    fake = FakeProviders()
    monkeypatch.setattr(hedged, "query", fake.query)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
    return fake


def start(
    sessions: Mapping[Family, ClientSession],
    names: Iterable[str] = NAMES,
    limit_s: float = FOREVER_S,
) -> Task[list[Response]]:
    """Query providers in a task."""
    providers = [
        Provider(
            name=name, format=ResponseFormat.TEXT, urls={Family.IPV4: f"https://{name}.example"}
        )
        for name in names
    ]
    deadline = get_running_loop().time() + limit_s
    return create_task(query_until_found(providers, Family.IPV4, sessions.__getitem__, deadline))


def results(responses: Iterable[Response]) -> list[tuple[str, Address | DetectionError | None]]:
    """Return the address or the error of each response, in order."""
    return [(r.provider, r.address or r.error) for r in responses]


async def test_the_first_address_ends_the_query(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders
) -> None:
    """Most of the time the first provider responds, and no other one is queried."""
    fake.send("a", A1)

    assert results(await start(sessions)) == [("a", A1)]
    assert fake.queried == ["a"]


async def test_after_a_failure_the_next_is_queried_at_once(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders
) -> None:
    """A provider that fails costs no hedge delay."""
    fake.send("a", STATUS)
    fake.send("b", STATUS)
    fake.send("c", A1)

    assert results(await start(sessions)) == [("a", STATUS), ("b", STATUS), ("c", A1)]
    assert fake.queried == ["a", "b", "c"]


async def test_when_all_fail_all_errors_are_returned(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders
) -> None:
    """Without any address the query ends after the last provider."""
    for name in NAMES:
        fake.send(name, STATUS)

    assert results(await start(sessions)) == [(name, STATUS) for name in NAMES]


async def test_without_providers_there_is_no_response(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders
) -> None:
    """An empty list of providers is no error."""
    assert await start(sessions, ()) == []


async def test_after_the_deadline_no_provider_is_queried(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders
) -> None:
    """If the time of the detection is over, there is no response and no query."""
    assert await start(sessions, limit_s=0) == []
    assert fake.queried == []


async def test_all_that_respond_at_once_count(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Responses of the same moment are all returned, in the order of the queries."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    query = start(sessions)
    await fake.until_queried("e")

    sent: list[Result] = [A2, A1, STATUS, A1, TIMEOUT]
    for name, result in zip(reversed(NAMES), sent, strict=True):
        fake.send(name, result)

    assert results(await query) == [
        ("a", TIMEOUT),
        ("b", A1),
        ("c", STATUS),
        ("d", A1),
        ("e", A2),
    ]
    assert fake.cancelled == []


async def test_a_failure_of_the_same_moment_counts_as_such(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow provider that fails in the moment of the first address did not time out."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    query = start(sessions, "ab")
    await fake.until_queried("b")

    fake.send("b", A1)
    fake.send("a", STATUS)

    assert results(await query) == [("a", STATUS), ("b", A1)]


@pytest.mark.parametrize("turns", range(1, 5))
async def test_a_response_of_the_moment_after_the_first_address_changes_nothing(
    sessions: Mapping[Family, ClientSession],
    fake: FakeProviders,
    monkeypatch: pytest.MonkeyPatch,
    turns: int,
) -> None:
    """Whenever the slow provider responds after another one's address, that address is returned."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    query = start(sessions, "ab")
    await fake.until_queried("b")

    fake.send("b", A1)
    for _ in range(turns):
        await sleep(0)
    fake.send("a", A2)

    assert ("b", A1) in results(await query)
    assert all_tasks() == {current_task()}


async def test_a_slow_provider_is_waited_for_while_others_fail(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a slow provider the others are queried one after another; its response counts."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    query = start(sessions)
    await fake.until_queried("b")
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
    for name in NAMES[1:]:
        await fake.until_queried(name)
        fake.send(name, STATUS)

    # All others have failed and none is left: only the slow one can still respond.
    get_running_loop().call_later(0.01, fake.send, "a", A1)

    assert results(await query) == [*((name, STATUS) for name in NAMES[1:]), ("a", A1)]
    assert fake.queried == list(NAMES)


async def test_a_slow_provider_may_be_the_last_to_fail(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the slow one fails as well, the query ends without an address."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    query = start(sessions, "ab")
    await fake.until_queried("b")
    fake.send("b", STATUS)
    fake.send("a", STATUS)

    assert sorted(results(await query)) == [("a", STATUS), ("b", STATUS)]


async def test_only_slow_providers_count_as_timed_out(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the cancelled queries, only those that were slow are returned: as timeouts.

    A provider that was queried a moment ago is not returned, so that it can be
    queried again.
    """
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    query = start(sessions)
    await fake.until_queried("b")
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
    await fake.until_queried("c")
    fake.send("c", STATUS)
    await fake.until_queried("d")
    fake.send("d", A1)

    # "e" was not needed; "b" was slow like "a", because "c" was queried beside it.
    assert results(await query) == [("c", STATUS), ("d", A1), ("a", TIMEOUT), ("b", TIMEOUT)]
    assert fake.queried == ["a", "b", "c", "d"]
    assert sorted(fake.cancelled) == ["a", "b"]


async def test_a_provider_that_had_no_time_is_not_returned(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that is queried beside a slow one does not fail when the slow one responds."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    query = start(sessions)
    await fake.until_queried("b")
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
    await fake.until_queried("c")

    fake.send("a", A1)

    assert results(await query) == [("a", A1), ("b", TIMEOUT)]
    assert sorted(fake.cancelled) == ["b", "c"]


async def test_when_no_provider_responds_the_deadline_ends_the_query(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No query may take longer than what is left of the detection, and all count as timed out."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    limit_s = 0.2

    responses = await start(sessions, limit_s=limit_s)

    assert sorted(results(responses)) == [(name, TIMEOUT) for name in NAMES]
    assert fake.queried == list(NAMES)
    assert fake.limits_s == sorted(fake.limits_s, reverse=True)
    assert fake.limits_s[0] <= limit_s
    assert fake.cancelled == []


async def test_a_cancelled_caller_leaves_no_task(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the caller is cancelled, every query is cancelled, and has ended by then."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    before = all_tasks()
    query = start(sessions)
    await fake.until_queried("c")
    running = list(fake.queried)

    query.cancel()
    with pytest.raises(CancelledError):
        await query

    assert query.cancelled()
    assert fake.cancelled == running
    assert all_tasks() == before
    assert current_task() in before


@pytest.mark.parametrize("first", [STATUS, None], ids=["failed", "slow"])
async def test_queries_that_end_slowly_are_waited_for(
    sessions: Mapping[Family, ClientSession],
    fake: FakeProviders,
    monkeypatch: pytest.MonkeyPatch,
    first: DetectionError | None,
) -> None:
    """A cancelled query may need some time to close its connection."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)

    async def query_and_close(
        session: ClientSession, provider: Provider, family: Family, limit_s: float
    ) -> Response:
        try:
            return await fake.query(session, provider, family, limit_s)
        finally:
            for _ in range(10):
                await sleep(0)

    monkeypatch.setattr(hedged, "query", query_and_close)
    if first:
        fake.send("a", first)
    before = all_tasks()
    query = start(sessions)
    await fake.until_queried("c")

    query.cancel()
    with pytest.raises(CancelledError):
        await query

    assert all_tasks() == before


async def test_a_caller_that_is_cancelled_before_it_starts_sends_no_query(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders
) -> None:
    """A cancellation in the very first moment sends nothing."""
    query = start(sessions)
    query.cancel()

    assert await gather(query, return_exceptions=True)
    assert (query.cancelled(), fake.queried) == (True, [])


async def test_an_unexpected_error_ends_no_other_query(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a query raises is a failure of its provider; the others go on, and none is left."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    before = all_tasks()
    query = start(sessions, "ab")
    await fake.until_queried("b")

    fake.send("b", KeyError("b"))
    fake.send("a", A1)

    assert sorted(results(await query)) == [("a", A1), ("b", DetectionError.UNREACHABLE)]
    assert all_tasks() == before


async def test_a_slow_provider_does_not_delay_the_detection(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When one provider is silent, the next is queried beside it, and the first response counts.

    The others are not waited for, however long they would take.
    """
    await detect_first(detector, simulator, HERE)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.05)
    simulator.faults.add("ip", "cloudflare", kind="hang")

    detection = await detector.look(HERE)

    assert str(detection.address) == HOME
    assert reported(detection)["cloudflare"] == TIMEOUT
    assert HOME in reported(detection).values()
    slow, hedge = simulator.log.entries[:2]
    assert (slow.provider, hedge.provider) == ("cloudflare", "ipify")
    assert slow.overlaps(hedge)


async def test_the_first_response_ends_the_detection(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response counts when it arrives, though a provider queried before is silent for ever."""
    await detect_first(detector, simulator, HERE)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.01)
    simulator.faults.add("ip", "cloudflare", kind="hang")
    hold = simulator.faults.add("ip", "ipify", kind="hold")
    look = create_task(detector.look(HERE, limit_s=FOREVER_S))
    await simulator.log.arrived(1, service="ip")
    # From here on no hedge delay expires, so that nothing else can end the wait.
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
    await simulator.log.arrived(2, service="ip")

    hold.release()

    assert str((await look).address) == HOME


async def test_a_slow_provider_may_still_be_the_first_to_respond(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow provider's response counts if it arrives before those of the others."""
    await detect_first(detector, simulator, HERE)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)

    async def query_last_one_for_long(
        session: ClientSession, provider: Provider, family: Family, limit_s: float
    ) -> Response:
        """Query a provider; the last one is not slow, however busy this machine is."""
        if provider.name == PROVIDERS[-1]:
            monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
        return await query(session, provider, family, limit_s)

    monkeypatch.setattr(hedged, "query", query_last_one_for_long)
    slow = simulator.faults.add("ip", "cloudflare", kind="hold")
    for provider in PROVIDERS[1:]:
        simulator.faults.add("ip", provider, kind="hang")
    look = create_task(detector.look(HERE))
    await simulator.log.arrived(5, service="ip")

    slow.release()

    responses = reported(await look)
    assert responses.pop("cloudflare") == HOME
    # The last one was queried a moment ago and does not count as timed out.
    assert responses == dict.fromkeys(PROVIDERS[1:-1], str(TIMEOUT))


async def test_a_timed_out_provider_is_not_asked_to_confirm(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change is confirmed by providers not queried yet, not by one that was too slow."""
    await detect_first(detector, simulator, HERE)
    simulator.ip.set_address(NEXT)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.05)
    simulator.faults.add("ip", "cloudflare", kind="hang")

    detection = await detect(detector, HERE)

    assert str(detection.address) == NEXT
    assert simulator.log.count(provider="cloudflare") == 1
    assert len(reported(detection)) == len(detection.responses)


async def test_when_all_providers_are_silent_the_look_up_ends(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up in which no provider responds ends when its time is over."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.01)
    simulator.faults.add("ip", kind="hang")

    detection = await detector.look(HERE, limit_s=0.3)

    assert sorted(reported(detection)) == sorted(PROVIDERS)
    assert set(reported(detection).values()) == {TIMEOUT}


@pytest.mark.parametrize(
    "addresses, address, is_conflicting",
    [
        pytest.param((A1, A1), A1, False, id="same address/accepted"),
        pytest.param((A1, A2), None, True, id="different addresses/conflict"),
    ],
)
async def test_two_responses_of_the_same_moment_can_be_a_quorum(
    simulator: Simulator,
    detector: Detector,
    fake: FakeProviders,
    monkeypatch: pytest.MonkeyPatch,
    addresses: tuple[Address, Address],
    address: Address | None,
    *,
    is_conflicting: bool,
) -> None:
    """If a slow provider and the next respond at once, the first look-up has both responses."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    look = create_task(detector.look(HERE))
    await fake.until_queried("ipify")
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)

    fake.send("ipify", addresses[1])
    fake.send("cloudflare", addresses[0])

    detection = await look
    assert (detection.address, detection.is_conflicting) == (address, is_conflicting)
    assert results(detection.responses)[:2] == [
        ("cloudflare", addresses[0]),
        ("ipify", addresses[1]),
    ]


async def test_s7_two_urls_of_one_host_are_no_quorum(
    sessions: Mapping[Family, ClientSession],
    detector: Detector,
    fake: FakeProviders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lesson S7: a slow host is not queried by its second URL: it would confirm itself."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    urls = ("https://ip.example.net/one", "https://ip.example.net/two")
    get_running_loop().call_later(0.02, fake.send, "ip.example.net", A1)

    detection = await detect(detector, Source(Family.IPV4, SourceKind.URLS, urls=urls))

    assert (detection.address, detection.is_unconfirmed) == (None, True)
    assert fake.queried == ["ip.example.net"]


@pytest.mark.parametrize("first", [HOME, None], ids=["changed", "first"])
async def test_of_two_urls_the_slow_one_is_queried_again(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch, first: str | None
) -> None:
    """If no other provider can confirm, a slow one gets the rest of the time to do it."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.01)
    source = custom(simulator, "ident.me", "ipify")
    if first:
        await detect_first(detector, simulator, source)
        simulator.ip.set_address(NEXT)
    simulator.faults.add("ip", "ident.me", kind="hold", times=1)

    assert str((await detect(detector, source)).address) == (NEXT if first else HOME)
    assert queried(simulator) == ["ident.me", "ipify", "ident.me"]


async def test_of_two_slow_urls_the_last_is_waited_for(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When no provider is left to be queried, the running queries may still end."""
    source = custom(simulator, "ident.me", "ipify")
    await detect_first(detector, simulator, source)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.01)
    simulator.faults.add("ip", "ident.me", kind="slow", delay=0.1)
    simulator.faults.add("ip", "ident.me", kind="status")
    simulator.faults.add("ip", "ipify", kind="slow", delay=0.3)

    assert [*reported(await detector.look(source)).values()] == [STATUS, HOME]
    assert queried(simulator) == ["ident.me", "ipify"]


async def test_a_provider_that_had_no_time_to_respond_did_not_fail(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hedge that is cancelled because the slow provider responds counts as no failure."""
    await detect_first(detector, simulator, HERE)
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.2)
    for _ in range(3):
        simulator.log.clear()
        slow = simulator.faults.add("ip", "cloudflare", kind="hold")
        simulator.faults.add("ip", "ipify", kind="hang")
        look = create_task(detector.look(HERE))
        await simulator.log.arrived(2, service="ip")
        slow.release()
        assert reported(await look)["cloudflare"] == HOME
        simulator.faults.clear()
    simulator.faults.add("ip", "cloudflare", kind="status")

    assert list(reported(await detector.look(HERE))) == ["cloudflare", "ipify"]


async def test_a_caller_that_is_cancelled_late_leaves_no_error(
    sessions: Mapping[Family, ClientSession], fake: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancellation while others are queried beside the first ends them without a word."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.001)
    errors: list[object] = []
    get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    query = start(sessions, "ab")
    await fake.until_queried("b")

    query.cancel()
    await wait([query])
    await sleep(0)

    assert (query.cancelled(), errors) == (True, [])
