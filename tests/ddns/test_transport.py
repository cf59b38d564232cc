"""The one door for HTTP: what goes out, what comes in, and what never does."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
import gzip
from ipaddress import ip_address
import ssl
import tracemalloc
import zlib

from aiohttp import ClientSession
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from custom_components.raindrop.ddns.transport import (
    AnswerTooLongError,
    HttpAnswer,
    UnansweredError,
    UnansweredInTimeError,
    request,
)
from lab import Lab
from tests.secrets import TOKEN, found_in

from .raw import answer, raw_server

SECRET = {"Authorization": f"Bearer {TOKEN}"}


async def ask(
    session: ClientSession, url: str, *, limit: int = 4096, timeout_s: float = 10.0
) -> HttpAnswer:
    """Ask with a secret in the headers."""
    return await request(session, "GET", url, timeout_s=timeout_s, limit=limit, headers=SECRET)


def related(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came from."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [e for e in (current.__cause__, current.__context__) if e is not None]


async def test_an_answer_is_read_to_its_end(session: ClientSession) -> None:
    """An answer has a status, headers that are blind to case, and all of its body."""
    async with raw_server(answer(b"81.2.69.1\n", "Retry-After: 7", status="429 Slow")) as server:
        found = await ask(session, server.origin)

    assert (found.status, found.body) == (429, b"81.2.69.1\n")
    assert found.headers.get("retry-after") == found.headers["Retry-After"] == "7"


async def test_a_request_says_who_asks_and_little_else(session: ClientSession) -> None:
    """A request names Raindrop, carries its own headers, and has a body only if it needs one."""
    async with raw_server(answer(b"")) as server:
        await ask(session, f"{server.origin}/path?query=1")
        await request(
            session,
            "PATCH",
            server.origin,
            timeout_s=10,
            limit=10,
            headers={"Accept-Encoding": "identity"},
            body={"ttl": 1},
        )

    get, patch = (heard.decode().split("\r\n") for heard in server.heard)
    assert get[0] == "GET /path?query=1 HTTP/1.1"
    assert "User-Agent: Raindrop (Home Assistant)" in get
    assert f"Authorization: Bearer {TOKEN}" in get
    assert not [line for line in get if line.startswith(("Accept:", "Content-", "Cookie"))]
    assert patch[0] == "PATCH / HTTP/1.1"
    assert {"Accept-Encoding: identity", "Content-Type: application/json"} <= set(patch)


@pytest.mark.parametrize("size", [0, 1, 4095, 4096])
async def test_an_answer_within_the_limit_is_taken(session: ClientSession, size: int) -> None:
    """An answer may be exactly as long as its reader allows."""
    async with raw_server(answer(b"1" * size)) as server:
        assert len((await ask(session, server.origin, limit=4096)).body) == size


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer(b"1" * 4097), id="one too many"),
        pytest.param(answer(b"1" * 10_000_000), id="many"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"1388\r\n" + b"1" * 5000 + b"\r\n0\r\n\r\n",
            id="chunked",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b"1" * 5000, id="no length"),
    ],
)
async def test_a_longer_answer_is_not_read_on(session: ClientSession, reply: bytes) -> None:
    """An answer longer than its reader allows is given up, however it says how long it is."""
    async with raw_server(reply) as server:
        with pytest.raises(AnswerTooLongError):
            await ask(session, server.origin)


@pytest.mark.parametrize("coding, pack", [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_bomb_does_not_go_off(
    session: ClientSession, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    """An answer that unpacks to a multiple of its size is given up before it fills the memory."""
    packed = pack(b"1" * 100_000_000)
    async with raw_server(answer(packed, f"Content-Encoding: {coding}")) as server:
        tracemalloc.start()
        try:
            with pytest.raises(AnswerTooLongError):
                await ask(session, server.origin)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 10_000_000


async def test_a_redirect_is_an_answer_and_not_an_order(lab: Lab, session: ClientSession) -> None:
    """Nobody is asked but the host that was meant: a redirect is handed back as it is."""
    url = f"{lab.ip.services[1].urls[4]}"
    lab.faults.add("cloudflare", "GET /zones", kind="redirect", url=url)

    found = await ask(session, f"{lab.cloudflare.base_url}/zones")

    assert (found.status, found.headers["Location"]) == (302, url)
    assert lab.log.count(service="ip") == 0
    assert lab.log.count(service="cloudflare") == 1


async def test_silence_ends_in_time(session: ClientSession) -> None:
    """A server that accepts the question and says nothing is given up when the time is over."""
    async with raw_server(None) as server:
        with pytest.raises(UnansweredInTimeError, match="no answer in time"):
            await ask(session, server.origin, timeout_s=0.05)


async def test_a_trickle_ends_in_time(lab: Lab, session: ClientSession) -> None:
    """The time is for the whole answer: one that comes byte by byte does not win more."""
    lab.faults.add("ip", "ipify", kind="drip", delay=0.05)

    with pytest.raises(UnansweredInTimeError):
        await ask(session, lab.ip.services[1].urls[4], timeout_s=0.12)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"", id="hung up"),
        pytest.param(b"SSH-2.0-OpenSSH_10.0\r\n\r\n", id="not HTTP"),
        pytest.param(b"HTTP/1.1 twohundred OK\r\n\r\n", id="no status"),
        pytest.param(b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n", id="broken header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"1" * 100_000 + b"\r\n\r\n", id="long header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n81.2", id="cut"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n81.2", id="no length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="broken chunk"
        ),
        pytest.param(answer(b"81.2.69.1", "Content-Encoding: br"), id="not packed"),
        pytest.param(None, id="silence"),
        pytest.param(answer(b"1" * 5000), id="too long"),
    ],
)
async def test_s18_no_failure_carries_the_credential(
    session: ClientSession, reply: bytes | None
) -> None:
    """Lesson S18: an error says what kind it is, and neither it nor its past knows the headers."""
    async with raw_server(reply) as server:
        with pytest.raises((UnansweredError, AnswerTooLongError)) as caught:
            await ask(session, server.origin, timeout_s=0.05 if reply is None else 10)

    assert TOKEN in server.heard[0].decode()
    for error in related(caught.value):
        assert isinstance(error, (UnansweredError, AnswerTooLongError))
        told = f"{error}{error!r}{error.args}{vars(error)}{getattr(error, '__notes__', '')}"
        assert found_in(told) == []
        assert len(str(error)) < 50


async def test_a_closed_door_is_unanswered(lab: Lab, session: ClientSession) -> None:
    """A refused connection is told as such, by the name of its kind alone."""
    lab.ip.set_address(None)

    with pytest.raises(UnansweredError) as caught:
        await ask(session, lab.ip.services[1].urls[4])

    assert str(caught.value) == "ClientConnectorError"
    assert list(related(caught.value)) == [caught.value]


async def test_a_session_that_goes_away_meanwhile_is_unanswered(
    lab: Lab, session: ClientSession
) -> None:
    """When Home Assistant stops, what is asked a second time ends like any other failure."""
    url = lab.ip.services[1].urls[4]
    await ask(session, url)
    lab.faults.add("ip", kind="hold")
    asking = asyncio.create_task(ask(session, url))
    await lab.log.arrived(2, service="ip")
    connector = session.connector
    assert connector is not None

    session.detach()
    lab.ip.set_address(None)

    with pytest.raises(UnansweredError):
        await asking
    await connector.close()


def self_signed() -> tuple[bytes, bytes]:
    """Return a certificate and its key, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portal.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


async def test_s20_a_server_that_cannot_prove_itself_hears_nothing(
    session: ClientSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Lesson S20: nothing is said to a server whose certificate nobody vouches for."""
    pem = tmp_path_factory.mktemp("portal") / "portal.pem"
    pem.write_bytes(b"".join(self_signed()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async with raw_server(answer(b"81.2.69.1"), context) as server:
        with pytest.raises(UnansweredError, match="ClientConnectorCertificateError"):
            await ask(session, server.origin)

    assert server.heard == []
