"""How an answer reaches the client, or does not: faults carried out on real sockets."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
import socket
import struct

from aiohttp import web

from .answers import Answer, html_answer, json_answer
from .faults import Fault, Kind
from .journal import Entry

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: the peer gets a reset instead of an orderly end."""

GARBAGE = bytes((index * 151 + 128) % 256 for index in range(512))
POLICY = {"Ratelimit-Policy": '"default";q=1200;w=300'}
RATE_LIMITED = "Please wait and consider throttling your request speed"


class Delivery:
    """The way of one answer to its client."""

    def __init__(
        self,
        request: web.BaseRequest,
        entry: Entry,
        delays: list[Fault],
        fault: Fault | None,
        stopping: asyncio.Event,
    ) -> None:
        """Take the request and the faults that hit it."""
        self._request = request
        self._entry = entry
        self._delays = delays
        self._fault = fault
        self._kind = fault.kind if fault else None
        self._stopping = stopping

    async def run(self, handle: Callable[[], Answer]) -> web.StreamResponse:
        """Have the request handled, unless the fault comes before that, and answer it."""
        if self._kind is Kind.HANG:
            await self._stopping.wait()
        if self._kind in (Kind.HANG, Kind.RESET):
            return self._reset()
        answer = (self._fault and canned(self._fault)) or handle()
        for delay in self._delays:
            await self._wait(delay)
        match self._kind:
            case Kind.LOST_ANSWER:
                return self._reset()
            case Kind.CUT:
                return await self._cut(answer)
            case Kind.DRIP if self._fault:
                return await self._drip(answer, self._fault.delay)
            case _:
                return await self._send(answer)

    async def _wait(self, delay: Fault) -> None:
        """Keep the answer back, but never longer than the lab runs."""
        until = delay.released if delay.kind is Kind.HOLD else self._stopping
        seconds = None if delay.kind is Kind.HOLD else delay.delay
        try:
            async with asyncio.timeout(seconds):
                await until.wait()
        except TimeoutError:
            return

    async def _send(self, answer: Answer) -> web.StreamResponse:
        """Send the answer as it is, or only its first half in an otherwise correct exchange."""
        half = len(answer.body) // 2 if self._kind is Kind.TRUNCATED else None
        response = web.Response(
            status=answer.status, body=answer.body[:half], headers=_headers(answer)
        )
        self._entry.status = answer.status
        await response.prepare(self._request)
        await response.write_eof()
        self._entry.bytes_out = response.body_length
        return response

    async def _start(self, answer: Answer) -> web.StreamResponse:
        """Send the headers, which promise the whole body."""
        response = web.StreamResponse(status=answer.status, headers=_headers(answer))
        response.content_length = len(answer.body)
        self._entry.status = answer.status
        await response.prepare(self._request)
        return response

    async def _cut(self, answer: Answer) -> web.StreamResponse:
        """Send half of what was promised and close the connection."""
        response = await self._start(answer)
        sent = answer.body[: len(answer.body) // 2]
        await response.write(sent)
        self._entry.bytes_out = len(sent)
        if self._request.transport:
            self._request.transport.close()
        return response

    async def _drip(self, answer: Answer, pause: float) -> web.StreamResponse:
        """Send the body byte by byte."""
        response = await self._start(answer)
        for position in range(len(answer.body)):
            await response.write(answer.body[position : position + 1])
            self._entry.bytes_out = position + 1
            await asyncio.sleep(pause)
        await response.write_eof()
        self._entry.bytes_out = response.body_length
        return response

    def _reset(self) -> web.StreamResponse:
        """Break the connection; the response that is returned goes nowhere."""
        abort(self._request.transport)
        return web.Response(status=500)


def abort(transport: asyncio.BaseTransport | None) -> None:
    """Break a connection with a reset."""
    if not isinstance(transport, asyncio.WriteTransport):
        return
    peer: socket.socket | None = transport.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()


def canned(fault: Fault) -> Answer | None:
    """Return the answer that stands in for the real one, if the fault has one."""
    make = CANNED.get(fault.kind)
    return make(fault) if make else None


def failure(status: int, code: int, message: str, chain: Sequence[tuple[int, str]] = ()) -> Answer:
    """Answer with Cloudflare's envelope of one error."""
    error: dict[str, object] = {"code": code, "message": message}
    if chain:
        error["error_chain"] = [{"code": inner, "message": text} for inner, text in chain]
    return json_answer(
        {"success": False, "errors": [error], "messages": [], "result": None},
        status=status,
        headers={"Ratelimit": '"default";r=1000;t=300', **POLICY},
    )


def rate_limited(retry_after: int) -> Answer:
    """Answer that the limit is exceeded; the limiter knows no `messages` and no `result`."""
    return json_answer(
        {"success": False, "errors": [{"code": 971, "message": RATE_LIMITED}]},
        status=429,
        headers={
            "Retry-After": str(retry_after),
            "Ratelimit": f'"default";r=0;t={retry_after}',
            **POLICY,
        },
    )


def edge_page(status: int) -> Answer:
    """Answer with a page as the edge serves it when nothing behind it can answer."""
    if status == HTTPStatus.FORBIDDEN:
        return html_answer("error code: 1034", status=status)
    return html_answer(
        f"<html>\r\n<head><title>{status} error</title></head>\r\n<body>\r\n"
        f"<center><h1>Error {status}</h1></center>\r\n<hr><center>cloudflare</center>\r\n"
        "</body>\r\n</html>\r\n",
        status=status,
    )


def _status(fault: Fault) -> Answer:
    """Answer with a status and nothing else."""
    return Answer(status=fault.status or 503, content_type="text/plain")


def _redirect(fault: Fault) -> Answer:
    """Send the client elsewhere."""
    return Answer(
        status=fault.status or 302, content_type="text/plain", headers={"Location": fault.url}
    )


def _literal(fault: Fault) -> Answer:
    """Answer with the bytes that the fault brings."""
    body = fault.body.encode() if isinstance(fault.body, str) else fault.body
    return Answer(status=fault.status or 200, body=body, content_type=fault.content_type)


def _huge(fault: Fault) -> Answer:
    """Answer with more bytes than anybody should read."""
    body = b"1" * fault.size
    return Answer(status=fault.status or 200, body=body, content_type=fault.content_type)


CANNED: Mapping[Kind, Callable[[Fault], Answer]] = {
    Kind.ERROR: lambda fault: failure(fault.status or 500, fault.code, fault.message, fault.chain),
    Kind.SPURIOUS_403: lambda _fault: failure(403, 10000, "Authentication error"),
    Kind.RATE_LIMIT: lambda fault: rate_limited(fault.retry_after),
    Kind.HTML: lambda fault: edge_page(fault.status or 502),
    Kind.STATUS: _status,
    Kind.BODY: _literal,
    Kind.REDIRECT: _redirect,
    Kind.GARBLED: lambda fault: Answer(status=fault.status or 200, body=GARBAGE),
    Kind.HUGE: _huge,
}


def _headers(answer: Answer) -> dict[str, str]:
    """Return the headers with the content type among them."""
    return {"Content-Type": answer.content_type, **answer.headers}
