"""HTTP requests with a bounded time and size that never follow a redirect."""

from asyncio import timeout
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientResponse, ClientSession, ClientSSLError, ClientTimeout

from .errors import (
    NoResponseError,
    ResponseTimeoutError,
    ResponseTooLongError,
    UntrustedServerError,
)

USER_AGENT = "Raindrop (Home Assistant)"
_UNLIMITED = ClientTimeout()
"""Turns off aiohttp's own limits, because ``request`` sets one for everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """An HTTP response with its complete body."""

    status: int
    headers: Mapping[str, str]
    """By case-insensitive name."""
    body: bytes


async def request(
    session: ClientSession,
    method: str,
    url: str,
    *,
    timeout_s: float,
    limit: int,
    headers: Mapping[str, str],
    body: object = None,
) -> HttpResponse:
    """Send an HTTP request and return the response, whatever its status.

    ``session`` stays open; the caller closes it. ``timeout_s`` covers everything up to
    the last byte of the response, and ``limit`` is the maximum size of its decoded body
    in bytes. ``body`` is sent as JSON unless it is None. A redirect is returned like
    any other response: following it would send the credential, or extend trust, to
    another host.

    Raises NoResponseError for any exception of the session, its subclasses
    ResponseTimeoutError and UntrustedServerError, and ResponseTooLongError. None of
    them holds the request, its headers or anything of the response.
    """
    try:
        async with (
            timeout(timeout_s),
            session.request(
                method,
                url,
                headers={"User-Agent": USER_AGENT, **headers},
                json=body,
                skip_auto_headers=("Accept",),
                timeout=_UNLIMITED,
                allow_redirects=False,
            ) as response,
        ):
            content = await _read(response, limit)
            return HttpResponse(status=response.status, headers=response.headers, body=content)
    except ResponseTooLongError:
        raise
    except TimeoutError:
        failure: NoResponseError = ResponseTimeoutError("no response in time")
    except ClientSSLError as err:
        failure = UntrustedServerError(type(err).__name__)
    except Exception as err:  # noqa: BLE001 - a session can raise anything
        # A session that is closed at shutdown raises RuntimeError or
        # AssertionError, and a caller's middleware anything: Home
        # Assistant's raises ValueError for a redirect that it cannot parse.
        failure = NoResponseError(type(err).__name__)
    # Raised outside the except block, so that __context__ does not hold the
    # original: some errors of aiohttp hold the headers, and so the credential.
    raise failure


async def _read(response: ClientResponse, limit: int) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > limit:
            raise ResponseTooLongError("the response is too long")
    return bytes(content)
