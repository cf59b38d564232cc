"""Delivery of responses, with the faults applied on real sockets."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
import socket
import struct

from aiohttp import web

from .faults import HOLDS, REQUEST_DELAYS, Fault, Kind
from .request_log import Entry
from .responses import Response, html_response, json_response

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with a timeout of 0: closing sends a reset."""

GARBAGE = bytes((index * 151 + 128) % 256 for index in range(512))
POLICY = {"Ratelimit-Policy": '"default";q=1200;w=300'}
_LATE: set[asyncio.Task[Response]] = set()
"""The requests whose handling is delayed."""
RATE_LIMITED = "Please wait and consider throttling your request speed"


class Delivery:
    """The delivery of one response."""

    def __init__(
        self,
        request: web.BaseRequest,
        entry: Entry,
        delays: list[Fault],
        fault: Fault | None,
        stopping: asyncio.Event,
    ) -> None:
        """Store the request and the faults that apply to it."""
        self._request = request
        self._entry = entry
        self._request_delays = [delay for delay in delays if delay.kind in REQUEST_DELAYS]
        self._delays = [delay for delay in delays if delay.kind not in REQUEST_DELAYS]
        self._fault = fault
        self._kind = fault.kind if fault else None
        self._stopping = stopping

    async def run(self, handle: Callable[[], Response]) -> web.StreamResponse:
        """Handle the request, unless the fault prevents it, and send the response."""
        if self._kind is Kind.HANG:
            await self._stopping.wait()
        if self._kind in (Kind.HANG, Kind.RESET):
            return self._reset()
        response = await self._handle(handle)
        for delay in self._delays:
            await self._wait(delay)
        match self._kind:
            case Kind.LOST_RESPONSE:
                return self._reset()
            case Kind.CUT:
                return await self._cut(response)
            case Kind.DRIP if self._fault:
                return await self._drip(response, self._fault.delay)
            case _:
                return await self._send(response)

    async def _handle(self, handle: Callable[[], Response]) -> Response:
        """Handle the request after its delays, even if the client disconnects meanwhile."""
        if not self._request_delays:
            return self._response(handle)
        late = asyncio.create_task(self._handle_late(handle))
        # The event loop keeps only a weak reference to a task that nobody waits for.
        _LATE.add(late)
        late.add_done_callback(_LATE.discard)
        return await asyncio.shield(late)

    async def _handle_late(self, handle: Callable[[], Response]) -> Response:
        for delay in self._request_delays:
            await self._wait(delay)
        return self._response(handle)

    def _response(self, handle: Callable[[], Response]) -> Response:
        """Return the response of the fault, or that of the handled request."""
        return (self._fault and canned_response(self._fault)) or handle()

    async def _wait(self, delay: Fault) -> None:
        """Wait for the end of a delay, or until the simulator stops."""
        event = delay.released if delay.kind in HOLDS else self._stopping
        seconds = None if delay.kind in HOLDS else delay.delay
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return

    async def _send(self, content: Response) -> web.StreamResponse:
        """Send the complete response, or a valid response with only half of the body."""
        half = len(content.body) // 2 if self._kind is Kind.TRUNCATED else None
        response = web.Response(
            status=content.status, body=content.body[:half], headers=_headers(content)
        )
        self._entry.status = content.status
        await response.prepare(self._request)
        await response.write_eof()
        self._entry.bytes_out = response.body_length
        return response

    async def _start(self, content: Response) -> web.StreamResponse:
        """Send the headers, with the length of the whole body."""
        response = web.StreamResponse(status=content.status, headers=_headers(content))
        response.content_length = len(content.body)
        self._entry.status = content.status
        await response.prepare(self._request)
        return response

    async def _cut(self, content: Response) -> web.StreamResponse:
        """Send half of the announced body and close the connection."""
        response = await self._start(content)
        sent = content.body[: len(content.body) // 2]
        await response.write(sent)
        self._entry.bytes_out = len(sent)
        if self._request.transport:
            self._request.transport.close()
        return response

    async def _drip(self, content: Response, pause: float) -> web.StreamResponse:
        """Send the body byte by byte."""
        response = await self._start(content)
        for position in range(len(content.body)):
            await response.write(content.body[position : position + 1])
            self._entry.bytes_out = position + 1
            await asyncio.sleep(pause)
        await response.write_eof()
        self._entry.bytes_out = response.body_length
        return response

    def _reset(self) -> web.StreamResponse:
        """Reset the connection; the returned response is never sent."""
        abort(self._request.transport)
        return web.Response(status=500)


def abort(transport: asyncio.BaseTransport | None) -> None:
    """Reset a connection."""
    if not isinstance(transport, asyncio.WriteTransport):
        return
    peer: socket.socket | None = transport.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()


def canned_response(fault: Fault) -> Response | None:
    """Return the response that replaces the real one, None if the fault has none."""
    create = CANNED_RESPONSES.get(fault.kind)
    return create(fault) if create else None


def error_response(
    status: int, code: int, message: str, chain: Sequence[tuple[int, str]] = ()
) -> Response:
    """Return Cloudflare's envelope with one error."""
    error: dict[str, object] = {"code": code, "message": message}
    if chain:
        error["error_chain"] = [{"code": inner, "message": text} for inner, text in chain]
    return json_response(
        {"success": False, "errors": [error], "messages": [], "result": None},
        status=status,
        headers={"Ratelimit": '"default";r=1000;t=300', **POLICY},
    )


def rate_limited(retry_after: int) -> Response:
    """Return the response of the rate limiter, which has no `messages` and no `result`."""
    return json_response(
        {"success": False, "errors": [{"code": 971, "message": RATE_LIMITED}]},
        status=429,
        headers={
            "Retry-After": str(retry_after),
            "Ratelimit": f'"default";r=0;t={retry_after}',
            **POLICY,
        },
    )


def edge_page(status: int) -> Response:
    """Return an error page of Cloudflare's edge."""
    headers = {"Server": "cloudflare"}
    if status == HTTPStatus.FORBIDDEN:
        return html_response("error code: 1034", status=status, headers=headers)
    return html_response(
        f"<html>\r\n<head><title>{status} error</title></head>\r\n<body>\r\n"
        f"<center><h1>Error {status}</h1></center>\r\n<hr><center>cloudflare</center>\r\n"
        "</body>\r\n</html>\r\n",
        status=status,
        headers=headers,
    )


def _portal(fault: Fault) -> Response:
    """Return the page of a captive portal, which has no sign of Cloudflare."""
    return html_response("<html><title>Sign in</title></html>", status=fault.status or 200)


def _status(fault: Fault) -> Response:
    """Return an empty response with a status."""
    return Response(status=fault.status or 503, content_type="text/plain")


def _redirect(fault: Fault) -> Response:
    return Response(
        status=fault.status or 302, content_type="text/plain", headers={"Location": fault.url}
    )


def _literal(fault: Fault) -> Response:
    """Return the body of the fault."""
    body = fault.body.encode() if isinstance(fault.body, str) else fault.body
    return Response(status=fault.status or 200, body=body, content_type=fault.content_type)


def _huge(fault: Fault) -> Response:
    """Return a body of `size` bytes."""
    body = b"1" * fault.size
    return Response(status=fault.status or 200, body=body, content_type=fault.content_type)


CANNED_RESPONSES: Mapping[Kind, Callable[[Fault], Response]] = {
    Kind.ERROR: lambda fault: error_response(
        fault.status or 500, fault.code, fault.message, fault.chain
    ),
    Kind.SPURIOUS_403: lambda _fault: error_response(403, 10000, "Authentication error"),
    Kind.RATE_LIMIT: lambda fault: rate_limited(fault.retry_after),
    Kind.PORTAL: _portal,
    Kind.HTML: lambda fault: edge_page(fault.status or 502),
    Kind.STATUS: _status,
    Kind.BODY: _literal,
    Kind.REDIRECT: _redirect,
    Kind.GARBLED: lambda fault: Response(status=fault.status or 200, body=GARBAGE),
    Kind.HUGE: _huge,
}


def _headers(response: Response) -> dict[str, str]:
    """Return the headers, including the content type."""
    return {"Content-Type": response.content_type, **response.headers}
