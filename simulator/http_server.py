"""The HTTP server: ports that can be closed and reopened, and a handler that logs every request."""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass
import itertools
import json
import socket

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from multidict import MultiMapping

from .delivery import Delivery, abort
from .faults import Fault, Faults
from .request_log import Entry, Family, Log, Service, auth_of
from .responses import Json, Response

LOOPBACK: Mapping[Family, str] = {4: "127.0.0.1", 6: "::1"}
URL_HOSTS: Mapping[Family, str] = {4: "127.0.0.1", 6: "[::1]"}
SOCKET_FAMILIES: Mapping[Family, int] = {4: socket.AF_INET, 6: socket.AF_INET6}
SHUTDOWN_TIMEOUT_S = 0.5


def origin(family: Family, port: int) -> str:
    """Return the URL of a loopback port, without a path."""
    return f"http://{URL_HOSTS[family]}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A parsed request with its log entry."""

    method: str
    path: str
    query: MultiMapping[str]
    headers: Mapping[str, str]
    body: bytes
    family: Family
    entry: Entry
    fault: Fault | None
    """The fault that hit the request, for faults that the service itself simulates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHandler:
    """Handles the requests to one service: log, faults, response."""

    service: Service
    provider: str | None = None
    template: Callable[[str, str], str]
    """Returns the path template for a method and a path."""
    response: Callable[[Call], Response]
    log: Log
    faults: Faults
    stopping: asyncio.Event

    async def serve(
        self, request: web.BaseRequest, family: Family, connection: int
    ) -> web.StreamResponse:
        """Log a request, apply the faults and respond."""
        path = request.rel_url.raw_path
        entry = self.log.begin(
            service=self.service,
            provider=self.provider,
            family=family,
            method=request.method,
            template=self.template(request.method, path),
            target=request.raw_path,
            connection=connection,
        )
        try:
            return await self._serve(request, entry, path)
        except ConnectionError:
            # The client disconnected, so no response can be sent.
            return web.Response()
        except Exception as err:
            entry.surprises.append(f"the simulator itself failed: {err!r}")
            raise
        finally:
            self.log.finish(entry)

    async def _serve(self, request: web.BaseRequest, entry: Entry, path: str) -> web.StreamResponse:
        """Read the whole request and deliver the response."""
        body = await request.content.read()
        entry.bytes_in = size_of(request, body)
        entry.auth = auth_of(request.headers)
        entry.body = parse_body(body)
        delays, fault = self.faults.take(entry)
        entry.fault = (
            ", ".join(used.kind for used in [*delays, *([fault] if fault else [])]) or None
        )
        call = Call(
            method=request.method,
            path=path,
            query=request.query,
            headers=request.headers,
            body=body,
            family=entry.family,
            entry=entry,
            fault=fault,
        )
        delivery = Delivery(request, entry, delays, fault, self.stopping)
        return await delivery.run(lambda: self.response(call))


def parse_body(body: bytes) -> Json:
    """Return a JSON body, None for anything else."""
    try:
        value: Json = json.loads(body) if body else None
    except ValueError:
        return None
    return value


def size_of(request: web.BaseRequest, body: bytes) -> int:
    """Return the size of a request in bytes, including its headers."""
    line = len(f"{request.method} {request.raw_path} HTTP/1.1\r\n")
    headers = sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
    return line + headers + 2 + len(body)


class NumberedConnection(RequestHandler):
    """A connection with a number."""

    __slots__ = ("number",)

    _numbers = itertools.count(1)

    def __init__(self, server: web.Server) -> None:
        """Assign the next number."""
        loop = asyncio.get_running_loop()
        # aiohttp's own runners pass None for no access log; its annotation does not allow it.
        super().__init__(server, loop=loop, access_log=None)  # type: ignore[arg-type]
        self.number = next(self._numbers)


class Listener:
    """A socket that can stop listening and start again on the same port."""

    def __init__(self, handler: ServiceHandler, family: Family, port: int = 0) -> None:
        """Bind the port; port 0 lets the system choose."""
        self.family = family
        self._handler = handler
        self._server = web.Server(self._handle, handler_cancellation=True)
        self._accepting: set[asyncio.Task[object]] = set()
        # Always bound, so that the port stays reserved while it is closed.
        self._socket = self._bind(port)
        self.is_listening = False

    @property
    def port(self) -> int:
        """The port, which never changes."""
        port: int = self._socket.getsockname()[1]
        return port

    def open(self) -> None:
        """Start to accept connections."""
        if self.is_listening:
            return
        self.is_listening = True
        self._socket.listen(128)
        asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Refuse new connections and reset the open ones."""
        if not self.is_listening:
            return
        port = self.port
        self.release()
        self._socket = self._bind(port)
        for connection in self._server.connections:
            abort(connection.transport)

    async def stop(self) -> None:
        """Close permanently, after the responses that are being sent."""
        self.release()
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        # Without it, shutdown would wait for idle connections until the timeout.
        self._server.pre_shutdown()
        await self._server.shutdown(SHUTDOWN_TIMEOUT_S)

    def release(self) -> None:
        """Free the port, without closing the open connections."""
        if self.is_listening:
            asyncio.get_running_loop().remove_reader(self._socket)
        self.is_listening = False
        self._socket.close()

    def _bind(self, port: int) -> socket.socket:
        """Return a socket that is bound to the port."""
        bound = socket.socket(SOCKET_FAMILIES[self.family], socket.SOCK_STREAM)
        bound.settimeout(0)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((LOOPBACK[self.family], port))
        except OSError:
            bound.close()
            raise
        return bound

    def _accept(self) -> None:
        """Accept one connection."""
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            connection, _ = self._socket.accept()
            connection.settimeout(0)
            loop = asyncio.get_running_loop()
            task: asyncio.Task[object] = loop.create_task(
                loop.connect_accepted_socket(lambda: NumberedConnection(self._server), connection)
            )
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Respond to one request."""
        protocol = request.protocol
        number = protocol.number if isinstance(protocol, NumberedConnection) else 0
        return await self._handler.serve(request, self.family, number)
