"""HTTP server that sends given bytes, for responses that no HTTP framework would send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import ssl


class Raw:
    """The bytes that a raw server sends, and the requests it received."""

    def __init__(self, reply: bytes | None) -> None:
        """Send these bytes and close the connection, or with None send nothing."""
        self.reply = reply
        self.received: list[bytes] = []
        self.arrived = asyncio.Event()
        """Set when the first request has arrived."""
        self.origin = ""
        self._stopping = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            self.received.append(await reader.readuntil(b"\r\n\r\n"))
            self.arrived.set()
            if self.reply is None:
                await self._stopping.wait()
            else:
                writer.write(self.reply)
                await writer.drain()
        except ConnectionError, asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def stop(self) -> None:
        """Close the connections that are still open."""
        self._stopping.set()


@asynccontextmanager
async def raw_server(
    reply: bytes | None, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Raw]:
    """Run a server that sends these bytes in response to every request."""
    raw = Raw(reply)
    server = await asyncio.start_server(raw.serve, host, 0, ssl=context)
    scheme = "https" if context else "http"
    raw.origin = f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield raw
    finally:
        raw.stop()
        server.close()
        server.close_clients()
        await server.wait_closed()


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an HTTP response with a matching Content-Length."""
    length = f"Content-Length: {len(body)}"
    lines = [f"HTTP/1.1 {status}", length, "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
