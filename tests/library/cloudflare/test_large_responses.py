"""Large responses: reading one does not hold the event loop, and absurd ones are refused."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
import json
from time import perf_counter

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.codec import read_envelope
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.cloudflare.ownership import NO_HOME
from custom_components.raindrop.ddns.cloudflare.record_listing import read_page
from custom_components.raindrop.ddns.errors import (
    CloudflareError,
    CloudflareRefusedError,
    CloudflareResponseError,
)
from custom_components.raindrop.ddns.models import ZoneId
from tests.library.raw_server import raw_server, response
from tests.secrets import TOKEN, found_in

ZONE = ZoneId("a" * 32)


def page(count: int, comment: str = "") -> bytes:
    """Return a page of a list with a number of records."""
    records = ",".join(
        f'{{"id":"{number:032x}","name":"n{number}.example.com","type":"A","ttl":1,'
        f'"content":"81.2.69.140","proxied":false,"comment":"{comment}"}}'
        for number in range(count)
    )
    info = f'{{"total_count":{count},"total_pages":1}}'
    return f'{{"success":true,"result":[{records}],"result_info":{info}}}'.encode()


def failure(errors: str) -> bytes:
    """Return the envelope of a failure."""
    return f'{{"success":false,"errors":{errors}}}'.encode()


ABSURD = {
    "records": page(100_000),
    "errors": failure("[" + '{"code":1},' * 999_999 + '{"code":1}]'),
    "texts": failure("[" + '"no",' * 1_999_999 + '"no"]'),
    "brackets": failure("[" + "[]," * 5_000_000 + "[]]"),
    "keys": failure("{" + ",".join(f'"{key}":0' for key in range(1_000_000)) + "}"),
}


async def longest_turn(session: ClientSession, body: bytes, status: str) -> float:
    """List a zone, and return for how many seconds the event loop was held at most."""
    async with raw_server(response(body, status=status)) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        listing = asyncio.create_task(_ended(client.list_records(ZONE)))
        longest, before = 0.0, perf_counter()
        while not listing.done():
            await asyncio.sleep(0)
            now = perf_counter()
            longest, before = max(longest, now - before), now
        return longest


async def _ended(work: Awaitable[object]) -> None:
    with suppress(CloudflareError):
        await work


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
@pytest.mark.parametrize("body", ABSURD.values(), ids=ABSURD)
async def test_an_absurd_response_does_not_hold_the_event_loop(
    session: ClientSession, body: bytes, status: str
) -> None:
    """Refusing a response of millions of values takes much less than decoding it would."""
    started_at = perf_counter()
    json.loads(body)
    decoding_s = perf_counter() - started_at

    longest_s = min([await longest_turn(session, body, status) for _ in range(2)])

    assert longest_s < decoding_s / 3


@pytest.mark.parametrize("body", ABSURD.values(), ids=ABSURD)
async def test_an_absurd_response_is_an_error(session: ClientSession, body: bytes) -> None:
    """What nobody asked for is not believed, though it is JSON."""
    async with raw_server(response(body)) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        with pytest.raises(CloudflareResponseError):
            await client.list_records(ZONE)


async def test_a_full_page_does_not_hold_the_event_loop(session: ClientSession) -> None:
    """The largest page that is requested is read beside the event loop."""
    body = page(5000, comment="c" * 100)
    started_at = perf_counter()
    read_page(read_envelope(body), 5000, NO_HOME, None)
    reading_s = perf_counter() - started_at

    longest_s = min([await longest_turn(session, body, "200 OK") for _ in range(5)])

    assert longest_s < reading_s * 3 / 4


async def test_a_full_page_is_read(session: ClientSession) -> None:
    """As many records as were requested are no absurdity, also with long comments."""
    async with raw_server(response(page(5000, comment="c," * 15))) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        records = await client.list_records(ZONE)

    assert len({record.id for record in records}) == 5000


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("x" * 15_000_000, id="one character"),
        pytest.param((TOKEN + " ") * 300_000, id="credential"),
        pytest.param("cfut_" * 3_000_000, id="start of a credential"),
    ],
)
async def test_a_huge_message_is_quoted_in_part(session: ClientSession, message: str) -> None:
    """Searching a message for the credential has a limit as well."""
    body = failure(f'[{{"code":1,"message":"{message}"}}]')
    async with raw_server(response(body, status="400 Bad Request")) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        with pytest.raises(CloudflareRefusedError) as caught:
            await client.list_records(ZONE)

    assert len(str(caught.value)) < 350
    assert found_in(str(caught.value)) == []


async def test_no_more_than_twenty_errors_are_read(session: ClientSession) -> None:
    """Nobody reads more of them."""
    errors = [{"code": number, "message": "no"} for number in range(1000)]
    body = failure(json.dumps(errors))
    async with raw_server(response(body, status="400 Bad Request")) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        with pytest.raises(CloudflareRefusedError) as caught:
            await client.list_records(ZONE)

    assert caught.value.codes == tuple(range(20))
