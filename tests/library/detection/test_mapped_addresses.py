"""IPv4 addresses in the form of IPv6 ones, as pages on dual-stack servers report them."""

from collections.abc import Mapping
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.detection.detection import Response
from custom_components.raindrop.ddns.detection.providers import (
    Provider,
    custom_provider,
    query,
)
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Family
from tests.library.raw_server import raw_server, response

IPV4, IPV6 = Family.IPV4, Family.IPV6


async def ask(
    sessions: Mapping[Family, ClientSession], path: str, body: str, family: Family = IPV4
) -> Response:
    """Return what the user's own page reports over IPv4 sockets."""
    async with raw_server(response(body.encode())) as server:
        origin = server.origin.replace("127.0.0.1", "localhost")
        return await query(sessions[IPV4], custom_provider(f"{origin}{path}", family), family, 5)


@pytest.mark.parametrize(
    "path, body",
    [
        pytest.param("/ip", "::ffff:81.2.69.142\n", id="text"),
        pytest.param("/ip", "::FFFF:5102:458e", id="hexadecimal"),
        pytest.param("/ip", '{"ip": "::ffff:81.2.69.142"}', id="JSON"),
        pytest.param(
            "/cdn-cgi/trace", "h=localhost\nip=::ffff:81.2.69.142\nwarp=off\n", id="trace"
        ),
    ],
)
async def test_a_mapped_address_of_a_custom_url_is_the_ipv4_address(
    sessions: Mapping[Family, ClientSession], path: str, body: str
) -> None:
    """A server that listens on IPv6 for both families writes IPv4 addresses like this."""
    reported = await ask(sessions, path, body)

    assert (reported.address, reported.error) == (ip_address("81.2.69.142"), None)


@pytest.mark.parametrize(
    "address, error",
    [
        pytest.param("10.0.0.1", DetectionError.NOT_PUBLIC, id="private"),
        pytest.param("100.64.0.1", DetectionError.CGNAT, id="CGNAT"),
        pytest.param("104.18.0.0", DetectionError.CLOUDFLARE, id="Cloudflare's own"),
    ],
)
async def test_a_mapped_address_passes_the_same_checks(
    sessions: Mapping[Family, ClientSession], address: str, error: DetectionError
) -> None:
    """What may not be written in one form may not be written in the other."""
    reported = await ask(sessions, "/ip", f"::ffff:{address}")

    assert (reported.address, reported.error) == (None, error)
    assert reported.rejected == ip_address(address)


async def test_a_mapped_address_is_no_ipv6_address(
    sessions: Mapping[Family, ClientSession],
) -> None:
    """For an IPv6 page it is no address that may be written."""
    reported = await ask(sessions, "/ip", "::ffff:81.2.69.142", IPV6)

    assert (reported.address, reported.error) == (None, DetectionError.NOT_PUBLIC)


async def test_a_mapped_address_of_a_built_in_provider_is_rejected(
    sessions: Mapping[Family, ClientSession],
) -> None:
    """Those are known to report the address as it is."""
    async with raw_server(response(b"::ffff:81.2.69.142")) as server:
        provider = Provider(name="one", format=ResponseFormat.TEXT, urls={IPV4: server.origin})
        reported = await query(sessions[IPV4], provider, IPV4, 5)

    assert (reported.address, reported.error) == (None, DetectionError.WRONG_FAMILY)
