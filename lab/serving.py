"""Sockets and HTTP: listeners that can fall silent, and the desk that logs every request."""

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

from .answers import Answer, Json
from .faults import Fault, Faults
from .journal import Entry, Family, Log, Service, auth_of
from .sabotage import Delivery, abort

LOOPBACK: Mapping[Family, str] = {4: "127.0.0.1", 6: "::1"}
URL_HOSTS: Mapping[Family, str] = {4: "127.0.0.1", 6: "[::1]"}
SOCKET_FAMILIES: Mapping[Family, int] = {4: socket.AF_INET, 6: socket.AF_INET6}
SHUTDOWN_TIMEOUT_S = 0.5


def origin(family: Family, port: int) -> str:
    """Return the URL of a loopback port, without a path."""
    return f"http://{URL_HOSTS[family]}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as a service sees it."""

    method: str
    path: str
    query: MultiMapping[str]
    headers: Mapping[str, str]
    body: bytes
    family: Family
    entry: Entry
    fault: Fault | None
    """The fault that hit the request, for those that the service itself acts out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the requests to one service arrive: it logs them, and has them answered."""

    service: Service
    operator: str | None = None
    template: Callable[[str, str], str]
    """Finds the path template for a method and a path."""
    answer: Callable[[Call], Answer]
    log: Log
    faults: Faults
    stopping: asyncio.Event

    async def serve(
        self, request: web.BaseRequest, family: Family, connection: int
    ) -> web.StreamResponse:
        """Log a request, let the faults have their way, and answer."""
        path = request.rel_url.raw_path
        entry = self.log.begin(
            service=self.service,
            operator=self.operator,
            family=family,
            method=request.method,
            template=self.template(request.method, path),
            target=request.raw_path,
            connection=connection,
        )
        try:
            return await self._serve(request, entry, path)
        except ConnectionError:
            # The client left while it was answered: nobody is there to be told.
            return web.Response()
        except Exception as err:
            entry.surprises.append(f"the lab itself failed: {err!r}")
            raise
        finally:
            self.log.finish(entry)

    async def _serve(self, request: web.BaseRequest, entry: Entry, path: str) -> web.StreamResponse:
        """Read the request to its end and deliver the answer."""
        body = await request.content.read()
        entry.bytes_in = size_of(request, body)
        entry.auth = auth_of(request.headers)
        entry.body = parsed(body)
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
        return await delivery.run(lambda: self.answer(call))


def parsed(body: bytes) -> Json:
    """Return a JSON body, or None for what is none."""
    try:
        value: Json = json.loads(body) if body else None
    except ValueError:
        return None
    return value


def size_of(request: web.BaseRequest, body: bytes) -> int:
    """Return how many bytes a request took on the wire, its headers included."""
    line = len(f"{request.method} {request.raw_path} HTTP/1.1\r\n")
    headers = sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
    return line + headers + 2 + len(body)


class Numbered(RequestHandler):
    """A connection that knows its number."""

    __slots__ = ("number",)

    _numbers = itertools.count(1)

    def __init__(self, server: web.Server) -> None:
        """Take the next number."""
        loop = asyncio.get_running_loop()
        # aiohttp's own runners pass None to have no access log; only the annotation forgot it.
        super().__init__(server, loop=loop, access_log=None)  # type: ignore[arg-type]
        self.number = next(self._numbers)


class Listener:
    """One address and port, which can stop listening and start again on the same port."""

    def __init__(self, desk: Desk, family: Family, port: int = 0) -> None:
        """Serve a desk; port 0 lets the system choose."""
        self.family = family
        self._desk = desk
        self._server = web.Server(self._handle, handler_cancellation=True)
        self._accepting: set[asyncio.Task[object]] = set()
        # Bound all the time, so that the port stays ours while nothing listens on it.
        self._socket = self._bind(port)
        self.is_open = False

    @property
    def port(self) -> int:
        """The port, which stays the same as long as the listener lives."""
        port: int = self._socket.getsockname()[1]
        return port

    def open(self) -> None:
        """Accept connections from now on."""
        if self.is_open:
            return
        self.is_open = True
        self._socket.listen(128)
        asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Refuse connections from now on, and break those that are there."""
        if not self.is_open:
            return
        port = self.port
        self.release()
        self._socket = self._bind(port)
        for connection in self._server.connections:
            abort(connection.transport)

    async def stop(self) -> None:
        """Close for good, after the answers that are on their way."""
        self.release()
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        # Without it, idle connections would be waited for as long as the timeout allows.
        self._server.pre_shutdown()
        await self._server.shutdown(SHUTDOWN_TIMEOUT_S)

    def release(self) -> None:
        """Give the port back to the system, which leaves the connections alone."""
        if self.is_open:
            asyncio.get_running_loop().remove_reader(self._socket)
        self.is_open = False
        self._socket.close()

    def _bind(self, port: int) -> socket.socket:
        """Return a socket that holds the port."""
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
        """Take one connection over from the system."""
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            connection, _ = self._socket.accept()
            connection.settimeout(0)
            loop = asyncio.get_running_loop()
            task: asyncio.Task[object] = loop.create_task(
                loop.connect_accepted_socket(lambda: Numbered(self._server), connection)
            )
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        protocol = request.protocol
        number = protocol.number if isinstance(protocol, Numbered) else 0
        return await self._desk.serve(request, self.family, number)
