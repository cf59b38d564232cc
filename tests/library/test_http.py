"""HTTP requests: headers, size and time limits, redirects, and failures."""

import asyncio
from collections.abc import Callable, Iterator
import gzip
import tracemalloc
import zlib

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession
import pytest

from custom_components.raindrop.ddns.errors import (
    NoResponseError,
    ResponseTimeoutError,
    ResponseTooLongError,
)
from custom_components.raindrop.ddns.http import HttpResponse, request
from simulator import Simulator
from tests.certificates import self_signed, server_context
from tests.library.raw_server import raw_server, response
from tests.secrets import TOKEN, found_in

SECRET = {"Authorization": f"Bearer {TOKEN}"}


async def get(
    session: ClientSession, url: str, *, limit: int = 4096, timeout_s: float = 10.0
) -> HttpResponse:
    """Send a GET request with a secret in the headers."""
    return await request(session, "GET", url, timeout_s=timeout_s, limit=limit, headers=SECRET)


def related(error: BaseException) -> Iterator[BaseException]:
    """Yield an error with all its causes and contexts."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [e for e in (current.__cause__, current.__context__) if e is not None]


async def test_a_response_is_read_completely(session: ClientSession) -> None:
    """A response has a status, case-insensitive headers, and its complete body."""
    async with raw_server(response(b"81.2.69.1\n", "Retry-After: 7", status="429 Slow")) as server:
        found = await get(session, server.origin)

    assert (found.status, found.body) == (429, b"81.2.69.1\n")
    assert found.headers.get("retry-after") == found.headers["Retry-After"] == "7"


async def test_a_request_has_few_headers(session: ClientSession) -> None:
    """A request has a User-Agent and the given headers, and JSON headers only with a body."""
    async with raw_server(response(b"")) as server:
        await get(session, f"{server.origin}/path?query=1")
        await request(
            session,
            "PATCH",
            server.origin,
            timeout_s=10,
            limit=10,
            headers={"Accept-Encoding": "identity", "User-Agent": "another/1.0"},
            body={"ttl": 1},
        )

    plain, patch = (received.decode().split("\r\n") for received in server.received)
    assert plain[0] == "GET /path?query=1 HTTP/1.1"
    assert "User-Agent: Raindrop (Home Assistant)" in plain
    assert f"Authorization: Bearer {TOKEN}" in plain
    assert not [line for line in plain if line.startswith(("Accept:", "Content-", "Cookie"))]
    assert patch[0] == "PATCH / HTTP/1.1"
    assert {"Accept-Encoding: identity", "Content-Type: application/json"} <= set(patch)
    assert [line for line in patch if line.startswith("User-Agent")] == ["User-Agent: another/1.0"]


@pytest.mark.parametrize("size", [0, 1, 4095, 4096])
async def test_a_response_within_the_limit_is_read(session: ClientSession, size: int) -> None:
    """A body may be exactly as long as the limit."""
    async with raw_server(response(b"1" * size)) as server:
        assert len((await get(session, server.origin, limit=4096)).body) == size


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(response(b"1" * 4097), id="one too many"),
        pytest.param(response(b"1" * 10_000_000), id="many"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"1388\r\n" + b"1" * 5000 + b"\r\n0\r\n\r\n",
            id="chunked",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b"1" * 5000, id="no length"),
    ],
)
async def test_a_response_over_the_limit_is_an_error(session: ClientSession, reply: bytes) -> None:
    """Reading stops at the limit, however the response announces its length."""
    async with raw_server(reply) as server:
        with pytest.raises(ResponseTooLongError):
            await get(session, server.origin)


@pytest.mark.parametrize("coding, compress", [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_compression_bomb_is_an_error(
    session: ClientSession, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    """The limit is for the decoded body: reading stops before it fills the memory."""
    compressed = compress(b"1" * 100_000_000)
    async with raw_server(response(compressed, f"Content-Encoding: {coding}")) as server:
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLongError):
                await get(session, server.origin)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 10_000_000


async def test_a_redirect_is_not_followed(simulator: Simulator, session: ClientSession) -> None:
    """A redirect is returned as a response, and no other host gets a request."""
    url = f"{simulator.ip.services[1].urls[4]}"
    simulator.faults.add("cloudflare", "GET /zones", kind="redirect", url=url)

    found = await get(session, f"{simulator.cloudflare.base_url}/zones")

    assert (found.status, found.headers["Location"]) == (302, url)
    assert simulator.log.count(service="ip") == 0
    assert simulator.log.count(service="cloudflare") == 1


async def test_a_server_that_never_responds_times_out(session: ClientSession) -> None:
    """A server that accepts the request and sends nothing is a timeout."""
    async with raw_server(None) as server:
        with pytest.raises(ResponseTimeoutError, match="no response in time"):
            await get(session, server.origin, timeout_s=0.05)


async def test_a_slow_body_times_out(simulator: Simulator, session: ClientSession) -> None:
    """The time is for the complete response, also for one that comes byte by byte."""
    simulator.faults.add("ip", "ipify", kind="drip", delay=0.05)

    with pytest.raises(ResponseTimeoutError):
        await get(session, simulator.ip.services[1].urls[4], timeout_s=0.12)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"", id="closed"),
        pytest.param(b"SSH-2.0-OpenSSH_10.0\r\n\r\n", id="not HTTP"),
        pytest.param(b"HTTP/1.1 twohundred OK\r\n\r\n", id="no status"),
        pytest.param(b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n", id="broken header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"1" * 100_000 + b"\r\n\r\n", id="long header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n81.2", id="cut"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n81.2", id="no length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="broken chunk"
        ),
        pytest.param(response(b"81.2.69.1", "Content-Encoding: br"), id="not compressed"),
        pytest.param(None, id="no response"),
        pytest.param(response(b"1" * 5000), id="too long"),
    ],
)
async def test_s18_no_failure_carries_the_credential(
    session: ClientSession, reply: bytes | None
) -> None:
    """Lesson S18: neither an error nor its causes contain the request headers."""
    async with raw_server(reply) as server:
        with pytest.raises((NoResponseError, ResponseTooLongError)) as caught:
            await get(session, server.origin, timeout_s=0.05 if reply is None else 10)

    assert TOKEN in server.received[0].decode()
    for error in related(caught.value):
        assert isinstance(error, (NoResponseError, ResponseTooLongError))
        text = f"{error}{error!r}{error.args}{vars(error)}{getattr(error, '__notes__', '')}"
        assert found_in(text) == []
        assert len(str(error)) < 50


async def test_a_refused_connection_is_no_response(
    simulator: Simulator, session: ClientSession
) -> None:
    """A refused connection is an error that names only the kind of failure."""
    simulator.ip.set_address(None)

    with pytest.raises(NoResponseError) as caught:
        await get(session, simulator.ip.services[1].urls[4])

    assert str(caught.value) == "ClientConnectorError"
    assert list(related(caught.value)) == [caught.value]


async def test_a_session_closed_during_a_request_is_no_response(
    simulator: Simulator, session: ClientSession
) -> None:
    """A request that aiohttp would repeat on a closed session fails like any other."""
    url = simulator.ip.services[1].urls[4]
    await get(session, url)
    simulator.faults.add("ip", kind="hold")
    pending = asyncio.create_task(get(session, url))
    await simulator.log.arrived(2, service="ip")
    connector = session.connector
    assert connector is not None

    session.detach()
    simulator.ip.set_address(None)

    with pytest.raises(NoResponseError):
        await pending
    await connector.close()


@pytest.mark.parametrize(
    "error", [ValueError, UnicodeError, KeyError, RecursionError, NotImplementedError, Exception]
)
async def test_whatever_a_session_raises_is_no_response(error: type[Exception]) -> None:
    """A middleware of the session may raise anything; only the kind of it is kept."""

    async def broken(_request: ClientRequest, _handler: ClientHandlerType) -> ClientResponse:
        raise error(f"Bearer {TOKEN}")

    async with ClientSession(middlewares=[broken]) as session:
        with pytest.raises(NoResponseError) as caught:
            await get(session, "http://127.0.0.1:9/")

    assert (type(caught.value), str(caught.value)) == (NoResponseError, error.__name__)
    assert list(related(caught.value)) == [caught.value]


async def test_a_cancelled_request_is_cancelled(session: ClientSession) -> None:
    """A cancellation is no failure of the request."""
    async with raw_server(None) as server:
        pending = asyncio.create_task(get(session, server.origin))
        await server.arrived.wait()
        pending.cancel()

        with pytest.raises(asyncio.CancelledError):
            await pending


async def test_s20_an_untrusted_server_gets_no_request(
    session: ClientSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Lesson S20: no request is sent to a server whose certificate is not trusted."""
    context = server_context(tmp_path_factory.mktemp("portal") / "portal.pem", self_signed())

    async with raw_server(response(b"81.2.69.1"), context) as server:
        with pytest.raises(NoResponseError, match="ClientConnectorCertificateError"):
            await get(session, server.origin)

    assert server.received == []
