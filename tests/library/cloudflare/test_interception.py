"""Something else than Cloudflare answers: a captive portal, a proxy, an untrusted server."""

import asyncio
from datetime import timedelta
from pathlib import Path

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.errors import (
    CloudflareCaptivePortalError,
    CloudflareCertificateError,
    CloudflareConnectionError,
    CloudflareRateLimitError,
    CloudflareResponseError,
)
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Detail
from tests.certificates import DAY, self_signed, server_context
from tests.library.builders import A1, HOME, create, zone_id
from tests.library.raw_server import raw_server, response
from tests.secrets import TOKEN

PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"


@pytest.mark.parametrize(
    "address, expires_in",
    [
        pytest.param("127.0.0.1", DAY, id="self-signed"),
        pytest.param("127.0.0.1", -DAY, id="expired"),
        pytest.param("127.0.0.9", DAY, id="another host"),
    ],
)
async def test_an_untrusted_certificate_has_an_error_of_its_own(
    session: ClientSession, tmp_path: Path, address: str, expires_in: timedelta
) -> None:
    """Whoever answers without a valid certificate gets no request, and is no lost connection."""
    context = server_context(tmp_path / "server.pem", self_signed(address, expires_in))
    async with raw_server(response(b""), context) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        with pytest.raises(CloudflareCertificateError, match="certificate is not trusted"):
            await client.find_zones(HOME)

    assert server.received == []


async def test_a_server_without_tls_has_the_same_error(session: ClientSession) -> None:
    """A portal that speaks plain HTTP on the port of HTTPS proves nothing either."""

    async def respond(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=f"https://127.0.0.1:{port}")
        with pytest.raises(CloudflareCertificateError):
            await client.find_zones(HOME)


async def test_a_refused_tls_connection_is_a_lost_connection(session: ClientSession) -> None:
    """Without a server, there is no certificate that could be wrong."""
    client = CloudflareClient(session, ApiToken(TOKEN), base_url="https://127.0.0.1:9")

    with pytest.raises(CloudflareConnectionError) as caught:
        await client.find_zones(HOME)

    assert type(caught.value) is CloudflareConnectionError


@pytest.mark.parametrize(
    "status, body, header",
    [
        pytest.param("200 OK", PAGE, "Content-Type: text/html", id="page"),
        pytest.param("200 OK", b"\xef\xbb\xbf\r\n" + PAGE, "X: y", id="page with a mark"),
        pytest.param("403 Forbidden", PAGE, "Server: proxy", id="proxy"),
        pytest.param("407 Proxy Authentication Required", b"", "X: y", id="proxy log-in"),
        pytest.param("302 Found", b"", "Location: https://portal.example/", id="redirect"),
        pytest.param("307 Temporary Redirect", b"", "Location: /login", id="relative redirect"),
        pytest.param("511 Network Authentication Required", b"", "X: y", id="511"),
        pytest.param("511 Network Authentication Required", PAGE, "X: y", id="511 with a page"),
    ],
)
async def test_a_captive_portal_has_an_error_of_its_own(
    session: ClientSession, status: str, body: bytes, header: str
) -> None:
    """A page, a redirect or the status for it, without a sign of Cloudflare."""
    async with raw_server(response(body, header, status=status)) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        with pytest.raises(CloudflareCaptivePortalError) as caught:
            await client.find_zones(HOME)

    assert caught.value.status == int(status[:3])
    assert isinstance(caught.value, CloudflareResponseError)


@pytest.mark.parametrize(
    "status, body, header, error",
    [
        pytest.param("502 Bad Gateway", PAGE, "X: y", CloudflareResponseError, id="server error"),
        pytest.param("429 Slow Down", PAGE, "X: y", CloudflareRateLimitError, id="rate limit"),
        pytest.param("403 No", PAGE, "Server: cloudflare", CloudflareResponseError, id="edge"),
        pytest.param("403 No", PAGE, "CF-RAY: 1-AMS", CloudflareResponseError, id="ray"),
        pytest.param("200 OK", b'{"succ', "X: y", CloudflareResponseError, id="truncated"),
        pytest.param("200 OK", b"", "X: y", CloudflareResponseError, id="empty"),
    ],
)
async def test_other_responses_that_cannot_be_read_are_no_captive_portal(
    session: ClientSession, status: str, body: bytes, header: str, error: type[Exception]
) -> None:
    """What comes from Cloudflare's edge, or may, is a problem of Cloudflare."""
    async with raw_server(response(body, header, status=status)) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        with pytest.raises(error) as caught:
            await client.find_zones(HOME)

    assert type(caught.value) is error


@pytest.mark.parametrize(
    "kind, detail",
    [
        pytest.param("portal", {}, id="page"),
        pytest.param("redirect", {"url": "http://127.0.0.1:9/"}, id="redirect"),
    ],
)
async def test_a_write_that_a_portal_answers_is_not_believed(
    simulator: Simulator, zone: Zone, client: CloudflareClient, kind: str, detail: Detail
) -> None:
    """A portal in the way of a write is an error like any other."""
    simulator.faults.add("cloudflare", "POST *", kind=kind, **detail)

    with pytest.raises(CloudflareCaptivePortalError):
        await client.create(zone_id(zone), create("new.example.com", A1))

    assert [r["name"] for r in simulator.cloudflare.records(zone)] == [HOME]
