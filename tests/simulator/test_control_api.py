"""The control API, the dashboard, and the simulator as a process."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
import doctest
import json
from pathlib import Path
import signal
import socket
import sys
from types import ModuleType
from typing import Any

from aiohttp import ClientSession
import pytest

from simulator import Ports, Simulator
from simulator.__main__ import ports
from simulator.cloudflare import Zone, host_names, record

from .conftest import EMAIL, KEY, TOKEN


@pytest.fixture
async def control(simulator: Simulator) -> AsyncGenerator[ClientSession]:
    """Return a client of the control API."""
    async with ClientSession(base_url=simulator.control_url) as control:
        yield control


async def test_the_state_contains_everything_but_secrets(
    simulator: Simulator, zone: Zone, control: ClientSession
) -> None:
    """One request returns addresses, zones, credentials, switches, faults and counters."""
    simulator.cloudflare.add_user(EMAIL, KEY)
    simulator.cloudflare.add_token("s" * 40, zones=[zone], only_from=["192.0.2.0/24"])
    simulator.faults.add("cloudflare", "*", kind="body", body=b"\xff")

    async with control.get("/state") as response:
        text = await response.text()
        state = await response.json()

    assert state["cloudflare"] == simulator.cloudflare.base_url
    assert state["addresses"]["amazon"] == {"4": "81.2.69.142"}
    assert state["zones"][0]["id"] == zone.id
    assert state["tokens"][1]["only_from"] == ["192.0.2.0/24"]
    assert state["users"] == [EMAIL]
    assert state["faults"][0]["kind"] == "body"
    assert not [secret for secret in (TOKEN, KEY, "s" * 40) if secret in text]


async def test_external_changes_need_no_credentials(
    simulator: Simulator, zone: Zone, control: ClientSession
) -> None:
    """Records are created, edited and deleted without credentials and without a log entry."""
    body = {"type": "A", "name": "home", "content": "192.0.2.1"}
    async with control.post("/zones/example.com/records", json=body) as response:
        assert response.status == 201
        created = await response.json()
    path = f"/zones/example.com/records/{created['id']}"
    async with control.patch(path, json={"content": "192.0.2.2"}) as response:
        assert (await response.json())["content"] == "192.0.2.2"
    async with control.get("/zones/example.com/records") as response:
        assert await response.json() == simulator.cloudflare.records(zone)
    async with control.delete(path) as response:
        assert response.status == 204
    assert simulator.cloudflare.records(zone) == []
    assert simulator.log.entries == ()


async def test_lines_and_odd_records_are_set_over_http(
    simulator: Simulator, zone: Zone, control: ClientSession
) -> None:
    """Two lines, and a record that lists show as given, until it is removed."""
    lines = {"addresses": ["81.2.69.143", "81.2.69.144"]}
    async with control.put("/lines", json=lines) as response:
        assert (await response.json())["ipify"]["4"] == "81.2.69.143"
    path = "/zones/example.com/odd-records"
    async with control.post(path, json={"content": None, "ttl": 300.0}) as response:
        assert response.status == 201
        assert await response.json() == zone.odd_records[0].shown()
    async with control.delete(path) as response:
        assert response.status == 204
    assert zone.odd_records == []
    assert simulator.log.entries == ()


async def test_all_settings_work_over_http(simulator: Simulator, control: ClientSession) -> None:
    """Zones, credentials, addresses, switches and faults are set as from a test."""
    requests: list[tuple[str, str, Any]] = [
        ("POST", "/zones", {"name": "münchen.de", "plan": "pro"}),
        ("PATCH", "/zones/münchen.de", {"status": "moved", "paused": True, "plan": "free"}),
        (
            "POST",
            "/credentials",
            {"token": "c" * 40, "permissions": ["dns:edit"], "zones": ["münchen.de"]},
        ),
        ("POST", "/credentials", {"email": EMAIL, "key": KEY}),
        ("DELETE", "/credentials", {"secret": TOKEN}),
        ("PUT", "/addresses", {"address": "81.2.69.143", "provider": "ipify"}),
        ("PUT", "/addresses", {"address": None, "family": 6}),
        ("PUT", "/switches", {"scope_denied": "403/9109", "rate_limit": True, "reachable": False}),
        ("POST", "/faults", {"service": "ip", "target": "ipify", "kind": "html", "times": 2}),
    ]
    for method, path, body in requests:
        async with control.request(method, path, json=body) as response:
            assert response.status < 300, await response.text()

    (zone,) = simulator.cloudflare.zones
    assert (zone.unicode_name, zone.plan.legacy_id) == ("münchen.de", "free")
    assert (zone.status, zone.paused, zone.type) == ("moved", True, "full")
    assert [token.secret for token in simulator.cloudflare.credentials.tokens] == ["c" * 40]
    assert [user.email for user in simulator.cloudflare.credentials.users] == [EMAIL]
    assert simulator.ip.addresses["ipify"] == {4: "81.2.69.143", 6: None}
    assert simulator.cloudflare.switches.scope_denied == "403/9109"
    assert simulator.cloudflare.limiter.enforced
    assert not simulator.cloudflare.reachable
    async with control.get("/faults") as response:
        assert [fault["times"] for fault in await response.json()] == [2]
    async with control.delete("/faults") as response:
        assert simulator.faults.active == ()


async def test_the_log_is_read_and_cleared_over_http(
    simulator: Simulator, control: ClientSession, session: ClientSession
) -> None:
    """The log can be filtered by the attributes of its entries."""
    async with session.get("zones"), session.get("nowhere"):
        pass

    async with control.get("/log", params={"status": "200", "service": "cloudflare"}) as response:
        assert [entry["endpoint"] for entry in await response.json()] == ["GET /zones"]
    async with control.delete("/log") as response:
        assert response.status == 204
    assert simulator.log.entries == ()


@pytest.mark.parametrize(
    "method, path, body, status",
    [
        ("PUT", "/switches", {"scope_denied": "200"}, 400),
        ("PUT", "/switches", {"color": "blue"}, 400),
        ("PUT", "/addresses", {"address": "home"}, 400),
        ("PUT", "/addresses", [], 400),
        ("POST", "/faults", {"service": "ip", "target": "nobody", "kind": "html"}, 400),
        ("POST", "/zones", {"color": "blue"}, 400),
        ("POST", "/zones/example.com/records", {"type": "A", "name": "home"}, 400),
        ("DELETE", "/zones/example.com/records/7", None, 404),
        ("GET", "/zones/example.org/records", None, 400),
        ("GET", "/log?color=blue", None, 400),
        ("GET", "/nothing", None, 404),
    ],
)
async def test_an_invalid_control_request_returns_the_reason(
    zone: Zone, control: ClientSession, method: str, path: str, body: object, status: int
) -> None:
    """An invalid request returns an error, and the simulator keeps running."""
    async with control.request(method, path, json=body) as response:
        assert response.status == status
        assert status == 404 or (await response.json())["error"]


async def test_the_dashboard_shows_the_state(
    simulator: Simulator, zone: Zone, control: ClientSession, session: ClientSession
) -> None:
    """The page shows zones, addresses, faults and requests, with escaped text."""
    simulator.cloudflare.add_record(zone, type="TXT", name="note", content="<script>")
    simulator.faults.add("ip", "ipify", kind="hang")
    async with session.get("zones"):
        pass

    async with control.get("/") as response:
        assert response.content_type == "text/html"
        page = await response.text()

    for part in (
        "Zone example.com",
        "81.2.69.142",
        "&lt;script&gt;",
        "hang",
        "GET /client/v4/zones",
    ):
        assert part in page
    assert "<script>" not in page


def test_the_command_line_sets_the_ports() -> None:
    """`--ip-port` is the first of five consecutive ports; without arguments all are free ones."""
    assert ports([]) == Ports()
    fixed = ["--control-port", "1", "--cloudflare-port", "2", "--ip-port", "3", "--stun-port", "8"]
    fixed += ["--doh-port", "9"]
    assert ports(fixed) == Ports(
        control=1,
        cloudflare=2,
        stun=8,
        doh=9,
        ip={"cloudflare": 3, "ipify": 4, "ident.me": 5, "amazon": 6, "home-assistant": 7},
    )


async def test_a_restarted_simulator_uses_the_same_ports() -> None:
    """With fixed ports, a restarted simulator has the same URLs and zone ids."""
    async with Simulator() as simulator:
        given = Ports(
            control=int(simulator.control_url.rpartition(":")[2]),
            cloudflare=int(simulator.cloudflare.base_url.split(":")[2].partition("/")[0]),
            stun=simulator.stun.port,
            doh=int(simulator.doh.urls["google"].split(":")[2].partition("/")[0]),
            ip={
                service.name: int(service.urls[4].split(":")[2].partition("/")[0])
                for service in simulator.ip.services
            },
        )
        urls = simulator.urls()
        zone = simulator.cloudflare.add_zone("example.com")

    async with Simulator(given) as simulator:
        assert simulator.urls() == urls
        assert simulator.cloudflare.add_zone("example.com").id == zone.id


@pytest.mark.parametrize(
    "family, host", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["IPv4", "IPv6"]
)
async def test_a_port_in_use_is_an_error(family: int, host: str) -> None:
    """A port that is taken in one family is an error, and no other port stays open."""
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await Simulator(Ports(ip={"ipify": port})).start()

    async with Simulator(Ports(ip={"ipify": port})) as simulator:
        assert simulator.ip.services[1].urls[4] == f"http://127.0.0.1:{port}/"


async def test_the_simulator_runs_as_a_process() -> None:
    """It prints one line of JSON with its URLs and stops cleanly on SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        urls = json.loads(await process.stdout.readline())
        async with ClientSession() as session, session.get(urls["control"] + "/state") as response:
            state = await response.json()
        assert {key: state[key] for key in urls} == urls
        process.send_signal(signal.SIGTERM)
        rest, errors = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    assert (process.returncode, rest, errors) == (0, b"", b"")


async def test_a_simulator_that_is_not_started_has_no_url() -> None:
    """Reading a URL before the start is an error."""
    with pytest.raises(RuntimeError, match="not started"):
        _ = Simulator().cloudflare.base_url


@pytest.mark.parametrize("module", [host_names, record])
def test_the_examples_in_the_docstrings_are_correct(module: ModuleType) -> None:
    """The doctests pass."""
    assert doctest.testmod(module).failed == 0
