"""The IP services: the responses of each provider and family, and their faults."""

import aiohttp
from aiohttp import ClientSession
import pytest

from simulator import Simulator
from simulator.request_log import Family

V4 = "81.2.69.142"
V6 = "2001:218:1:2::142"


async def look_up(simulator: Simulator, provider: str, family: Family = 4) -> str:
    """Return the response of a provider."""
    url = next(service for service in simulator.ip.services if service.name == provider).urls[
        family
    ]
    async with ClientSession() as session, session.get(url, allow_redirects=False) as response:
        return await response.text()


async def test_five_providers_respond_in_their_own_forms(simulator: Simulator) -> None:
    """One trace, three texts and one JSON object, in the order of Raindrop."""
    assert [
        (service.name, service.form, sorted(service.urls)) for service in simulator.ip.services
    ] == [
        ("cloudflare", "trace", [4, 6]),
        ("ipify", "text", [4, 6]),
        ("ident.me", "text", [4, 6]),
        ("amazon", "text", [4]),
        ("home-assistant", "json", [4, 6]),
    ]
    assert await look_up(simulator, "ipify") == V4
    assert await look_up(simulator, "ident.me", 6) == f"{V6}\n"
    assert await look_up(simulator, "amazon") == f"{V4}\n"
    assert (await look_up(simulator, "home-assistant", 6)).startswith(f'{{"ip":"{V6}","country":')


@pytest.mark.parametrize(
    "family, host, address", [(4, "127.0.0.1", V4), (6, "[::1]", V6)], ids=["IPv4", "IPv6"]
)
async def test_a_trace_has_host_and_address(
    simulator: Simulator, family: Family, host: str, address: str
) -> None:
    """`h` is the requested host without its port, and `warp` is off."""
    lines = dict(
        line.split("=", 1) for line in (await look_up(simulator, "cloudflare", family)).splitlines()
    )

    assert (lines["h"], lines["ip"], lines["warp"], lines["uag"][:7]) == (
        host,
        address,
        "off",
        "Python/",
    )
    assert list(lines) == [
        "fl", "h", "ip", "ts", "visit_scheme", "uag", "colo", "sliver", "http", "loc", "tls",
        "sni", "warp", "gateway", "rbi", "kex",
    ]  # fmt: skip


async def test_the_address_is_set_for_all_providers_or_for_one(simulator: Simulator) -> None:
    """All providers report the same address unless one has its own."""
    simulator.ip.set_address("81.2.69.143")
    responses = [await look_up(simulator, service.name) for service in simulator.ip.services[1:4]]
    assert {response.strip() for response in responses} == {"81.2.69.143"}

    simulator.ip.set_address("81.2.69.144", provider="ipify")
    simulator.ip.set_address("2001:218::9", provider="ipify", family=6)
    assert await look_up(simulator, "ipify") == "81.2.69.144"
    assert await look_up(simulator, "ipify", 6) == "2001:218::9"
    assert await look_up(simulator, "ident.me") == "81.2.69.143\n"
    assert simulator.ip.addresses["amazon"] == {4: "81.2.69.143"}
    assert str(simulator.ip.address(6, "ipify")) == "2001:218::9"


async def test_each_connection_leaves_by_the_next_line(simulator: Simulator) -> None:
    """Two lines behind one router: connections use them in turn, whoever is asked."""
    lines = ["81.2.69.143", "81.2.69.144", "81.2.69.144"]
    simulator.ip.set_lines(lines)

    seen = [await look_up(simulator, name) for name in ("ipify", "ident.me", "amazon", "ipify")]

    assert [text.strip() for text in seen] == [*lines, lines[0]]
    assert await look_up(simulator, "ipify", 6) == V6
    assert simulator.ip.addresses["ipify"][4] == lines[0]


async def test_a_connection_keeps_its_line(simulator: Simulator) -> None:
    """Only a new connection may leave by another line."""
    simulator.ip.set_lines(["81.2.69.143", "81.2.69.144"])
    url = simulator.ip.services[1].urls[4]

    async with ClientSession() as session:
        for _ in range(3):
            async with session.get(url) as response:
                assert await response.text() == "81.2.69.143"


async def test_an_address_ends_the_lines(simulator: Simulator) -> None:
    """A provider with an address of its own uses one line; the others go on."""
    simulator.ip.set_lines(["81.2.69.143", "81.2.69.144"])
    simulator.ip.set_address("81.2.69.145", provider="ipify")

    assert [await look_up(simulator, "ipify") for _ in range(3)] == ["81.2.69.145"] * 3
    assert await look_up(simulator, "amazon") == "81.2.69.143\n"


def test_lines_have_one_family(simulator: Simulator) -> None:
    """A mistake in a test raises an error immediately."""
    with pytest.raises(ValueError, match="one family"):
        simulator.ip.set_lines([V4, V6])


async def test_a_family_without_an_address_refuses_connections(simulator: Simulator) -> None:
    """Without an address the port is closed in that family only, and can be reopened."""
    simulator.ip.set_address(None, family=6)
    for provider in ("cloudflare", "ipify", "ident.me", "home-assistant"):
        with pytest.raises(aiohttp.ClientConnectorError):
            await look_up(simulator, provider, 6)
    assert await look_up(simulator, "ipify") == V4

    simulator.ip.set_address(V6)
    assert await look_up(simulator, "ipify", 6) == V6


async def test_a_removed_family_resets_its_connections(simulator: Simulator) -> None:
    """A kept-alive connection does not outlive its family."""
    url = simulator.ip.services[1].urls[6]
    async with ClientSession() as session:
        async with session.get(url) as response:
            assert await response.text() == V6
        simulator.ip.set_address(None)
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)


def test_an_address_must_match_its_family(simulator: Simulator) -> None:
    """A mistake in a test raises an error immediately."""
    with pytest.raises(ValueError, match="not an IPv6"):
        simulator.ip.set_address(V4, family=6)
    with pytest.raises(ValueError, match="does not appear"):
        simulator.ip.set_address("home")
    with pytest.raises(KeyError):
        simulator.ip.set_address(V4, provider="unknown")


async def test_a_provider_has_one_path(simulator: Simulator) -> None:
    """Every other path and method is a 404."""
    url = simulator.ip.services[4].urls[4]
    async with ClientSession() as session:
        for response in (await session.get(url + "/x"), await session.post(url)):
            assert response.status == 404
            response.close()


@pytest.mark.parametrize(
    "kind, line",
    [
        ("warp_on", "warp=on"),
        ("gateway_on", "gateway=on"),
        ("foreign_h", "h=portal.example"),
        ("wrong_family", f"ip={V6}"),
    ],
)
async def test_a_trace_can_be_untrustworthy(simulator: Simulator, kind: str, line: str) -> None:
    """A trace can be from WARP, for another host, or with an address of the other family."""
    simulator.faults.add("ip", "cloudflare", kind=kind, times=1)

    assert line in (await look_up(simulator, "cloudflare")).splitlines()
    assert line not in (await look_up(simulator, "cloudflare")).splitlines()


async def test_a_fault_applies_to_one_provider_and_one_family(simulator: Simulator) -> None:
    """Other providers and the other family are not affected."""
    simulator.faults.add("ip", "ipify", kind="body", body="<html>", family=6)

    assert await look_up(simulator, "ipify", 6) == "<html>"
    assert await look_up(simulator, "ipify") == V4
    assert await look_up(simulator, "ident.me", 6) == f"{V6}\n"


async def test_every_provider_can_report_the_wrong_family(simulator: Simulator) -> None:
    """Every provider can report an address of the wrong family."""
    simulator.faults.add("ip", "*", kind="wrong_family")

    assert await look_up(simulator, "ipify") == V6
    assert await look_up(simulator, "ipify", 6) == V4
    assert await look_up(simulator, "amazon") == f"{V6}\n"


@pytest.mark.parametrize(
    "kind, detail, status, start",
    [
        ("status", {"status": 503}, 503, ""),
        ("html", {"status": 403}, 403, "error code: 1034"),
        ("html", {"status": 502}, 502, "<html>"),
        ("body", {"body": b"10.0.0.5", "status": 200}, 200, "10.0.0.5"),
        ("huge", {"size": 5000}, 200, "1" * 5000),
        ("redirect", {"url": "http://127.0.0.1:9/"}, 302, ""),
        ("drip", {"delay": 0}, 200, V4),
    ],
)
async def test_a_provider_can_send_garbage(
    simulator: Simulator, kind: str, detail: dict[str, int], status: int, start: str
) -> None:
    """Pages, portals, huge bodies and redirects replace the address."""
    simulator.faults.add("ip", "ipify", kind=kind, **detail)  # type: ignore[arg-type]

    assert (await look_up(simulator, "ipify")).startswith(start)
    assert simulator.log.entries[-1].status == status


@pytest.mark.parametrize("kind", ["reset", "lost_response", "cut"])
async def test_a_provider_can_reset_the_connection(simulator: Simulator, kind: str) -> None:
    """The client gets a connection error, never half an address."""
    simulator.faults.add("ip", "ident.me", kind=kind)

    with pytest.raises((aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)):
        await look_up(simulator, "ident.me")
