"""A server that says exactly what it is told, for answers that no decent server gives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import ssl


class Raw:
    """What a raw server says, and what it heard."""

    def __init__(self, reply: bytes | None) -> None:
        """Say these bytes and hang up, or say nothing with None."""
        self.reply = reply
        self.heard: list[bytes] = []
        self.origin = ""
        self._stopping = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
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
        """Let go of all that wait for an answer."""
        self._stopping.set()


@asynccontextmanager
async def raw_server(
    reply: bytes | None, context: ssl.SSLContext | None = None
) -> AsyncIterator[Raw]:
    """Run a server that says these bytes to whoever asks."""
    raw = Raw(reply)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0, ssl=context)
    scheme = "https" if context else "http"
    raw.origin = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield raw
    finally:
        raw.stop()
        server.close()
        server.close_clients()
        await server.wait_closed()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an HTTP answer with a body of the right length."""
    length = f"Content-Length: {len(body)}"
    lines = [f"HTTP/1.1 {status}", length, "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
