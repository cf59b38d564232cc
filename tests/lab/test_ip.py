"""The IP services: what each operator answers over each family, and how it fails."""

import aiohttp
from aiohttp import ClientSession
import pytest

from lab import Lab
from lab.journal import Family

V4 = "81.2.69.142"
V6 = "2001:218:1:2::142"


async def ask(lab: Lab, operator: str, family: Family = 4) -> str:
    """Return what an operator answers."""
    url = next(service for service in lab.ip.services if service.name == operator).urls[family]
    async with ClientSession() as session, session.get(url, allow_redirects=False) as response:
        return await response.text()


async def test_five_operators_answer_in_their_own_forms(lab: Lab) -> None:
    """A trace, three texts and a JSON object, in the order in which Raindrop has them."""
    assert [(service.name, service.form, sorted(service.urls)) for service in lab.ip.services] == [
        ("cloudflare", "trace", [4, 6]),
        ("ipify", "text", [4, 6]),
        ("ident.me", "text", [4, 6]),
        ("amazon", "text", [4]),
        ("home-assistant", "json", [4, 6]),
    ]
    assert await ask(lab, "ipify") == V4
    assert await ask(lab, "ident.me", 6) == f"{V6}\n"
    assert await ask(lab, "amazon") == f"{V4}\n"
    assert (await ask(lab, "home-assistant", 6)).startswith(f'{{"ip":"{V6}","country":')


@pytest.mark.parametrize(
    "family,host,address", [(4, "127.0.0.1", V4), (6, "[::1]", V6)], ids=["IPv4", "IPv6"]
)
async def test_a_trace_tells_host_and_address(
    lab: Lab, family: Family, host: str, address: str
) -> None:
    """`h` is the host that was asked, without its port, and `warp` is off."""
    lines = dict(line.split("=", 1) for line in (await ask(lab, "cloudflare", family)).splitlines())

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


async def test_the_address_changes_for_all_or_for_one(lab: Lab) -> None:
    """All operators agree unless one of them is told otherwise."""
    lab.ip.set_address("81.2.69.143")
    answers = [await ask(lab, service.name) for service in lab.ip.services[1:4]]
    assert {answer.strip() for answer in answers} == {"81.2.69.143"}

    lab.ip.set_address("81.2.69.144", operator="ipify")
    lab.ip.set_address("2001:218::9", operator="ipify", family=6)
    assert await ask(lab, "ipify") == "81.2.69.144"
    assert await ask(lab, "ipify", 6) == "2001:218::9"
    assert await ask(lab, "ident.me") == "81.2.69.143\n"
    assert lab.ip.addresses["amazon"] == {4: "81.2.69.143"}
    assert str(lab.ip.address(6, "ipify")) == "2001:218::9"


async def test_a_host_without_a_family_refuses_connections(lab: Lab) -> None:
    """Without an address the port is closed in that family alone, and opens again."""
    lab.ip.set_address(None, family=6)
    for operator in ("cloudflare", "ipify", "ident.me", "home-assistant"):
        with pytest.raises(aiohttp.ClientConnectorError):
            await ask(lab, operator, 6)
    assert await ask(lab, "ipify") == V4

    lab.ip.set_address(V6)
    assert await ask(lab, "ipify", 6) == V6


async def test_a_family_that_goes_breaks_its_connections(lab: Lab) -> None:
    """A connection that was kept does not outlive its family."""
    url = lab.ip.services[1].urls[6]
    async with ClientSession() as session:
        async with session.get(url) as response:
            assert await response.text() == V6
        lab.ip.set_address(None)
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)


def test_an_address_must_be_one_of_its_family(lab: Lab) -> None:
    """A mistake in a test is an error at once."""
    with pytest.raises(ValueError, match="not an IPv6"):
        lab.ip.set_address(V4, family=6)
    with pytest.raises(ValueError, match="does not appear"):
        lab.ip.set_address("home")
    with pytest.raises(KeyError):
        lab.ip.set_address(V4, operator="nobody")


async def test_an_operator_knows_one_path(lab: Lab) -> None:
    """Anything else is 404."""
    url = lab.ip.services[4].urls[4]
    async with ClientSession() as session:
        for response in (await session.get(url + "/x"), await session.post(url)):
            assert response.status == 404
            response.close()


@pytest.mark.parametrize(
    "kind,line",
    [("warp_on", "warp=on"), ("foreign_h", "h=portal.example"), ("wrong_family", f"ip={V6}")],
)
async def test_a_trace_can_be_untrustworthy(lab: Lab, kind: str, line: str) -> None:
    """A trace through WARP, for another host, or with an address of the other family."""
    lab.faults.add("ip", "cloudflare", kind=kind, times=1)

    assert line in (await ask(lab, "cloudflare")).splitlines()
    assert line not in (await ask(lab, "cloudflare")).splitlines()


async def test_a_fault_hits_one_operator_and_one_family(lab: Lab) -> None:
    """Others, and the other family, stay whole."""
    lab.faults.add("ip", "ipify", kind="body", body="<html>", family=6)

    assert await ask(lab, "ipify", 6) == "<html>"
    assert await ask(lab, "ipify") == V4
    assert await ask(lab, "ident.me", 6) == f"{V6}\n"


async def test_an_ipv6_address_over_ipv4_is_a_fault_of_old(lab: Lab) -> None:
    """Every operator can answer with an address of the wrong family."""
    lab.faults.add("ip", "*", kind="wrong_family")

    assert await ask(lab, "ipify") == V6
    assert await ask(lab, "ipify", 6) == V4
    assert await ask(lab, "amazon") == f"{V6}\n"


@pytest.mark.parametrize(
    "kind,detail,status,start",
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
async def test_an_operator_can_answer_nonsense(
    lab: Lab, kind: str, detail: dict[str, int], status: int, start: str
) -> None:
    """Pages, portals, endless bodies and redirects come in place of an address."""
    lab.faults.add("ip", "ipify", kind=kind, **detail)  # type: ignore[arg-type]

    assert (await ask(lab, "ipify")).startswith(start)
    assert lab.log.entries[-1].status == status


@pytest.mark.parametrize("kind", ["reset", "lost_answer", "cut"])
async def test_an_operator_can_break_the_connection(lab: Lab, kind: str) -> None:
    """The client gets an error of its connection, never half an address."""
    lab.faults.add("ip", "ident.me", kind=kind)

    with pytest.raises((aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)):
        await ask(lab, "ident.me")
