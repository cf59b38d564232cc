"""The control port, the page for people, and the lab in a process of its own."""

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

from lab import Lab, Ports
from lab.__main__ import ports
from lab.cloudflare import Zone, names, record

from .conftest import EMAIL, KEY, TOKEN


@pytest.fixture
async def control(lab: Lab) -> AsyncGenerator[ClientSession]:
    """Return a client of the control port."""
    async with ClientSession(base_url=lab.control_url) as control:
        yield control


async def test_the_state_shows_everything_but_secrets(
    lab: Lab, zone: Zone, control: ClientSession
) -> None:
    """Addresses, zones, credentials, switches, faults and counters are one look away."""
    lab.cloudflare.add_user(EMAIL, KEY)
    lab.cloudflare.add_token("s" * 40, zones=[zone], only_from=["192.0.2.0/24"])
    lab.faults.add("cloudflare", "*", kind="body", body=b"\xff")

    async with control.get("/state") as response:
        text = await response.text()
        state = await response.json()

    assert state["cloudflare"] == lab.cloudflare.base_url
    assert state["addresses"]["amazon"] == {"4": "81.2.69.142"}
    assert state["zones"][0]["id"] == zone.id
    assert state["tokens"][1]["only_from"] == ["192.0.2.0/24"]
    assert state["users"] == [EMAIL]
    assert state["faults"][0]["kind"] == "body"
    assert not [secret for secret in (TOKEN, KEY, "s" * 40) if secret in text]


async def test_a_stranger_changes_records_behind_everybodys_back(
    lab: Lab, zone: Zone, control: ClientSession
) -> None:
    """Records are made, changed and deleted without credentials and without a log entry."""
    body = {"type": "A", "name": "home", "content": "192.0.2.1"}
    async with control.post("/zones/example.com/records", json=body) as response:
        assert response.status == 201
        made = await response.json()
    path = f"/zones/example.com/records/{made['id']}"
    async with control.patch(path, json={"content": "192.0.2.2"}) as response:
        assert (await response.json())["content"] == "192.0.2.2"
    async with control.get("/zones/example.com/records") as response:
        assert await response.json() == lab.cloudflare.records(zone)
    async with control.delete(path) as response:
        assert response.status == 204
    assert lab.cloudflare.records(zone) == []
    assert lab.log.entries == ()


async def test_all_levers_work_over_http(lab: Lab, control: ClientSession) -> None:
    """Zones, credentials, addresses, switches and faults are set as from a test."""
    levers: list[tuple[str, str, Any]] = [
        ("POST", "/zones", {"name": "münchen.de", "plan": "pro"}),
        (
            "POST",
            "/credentials",
            {"token": "c" * 40, "permissions": ["dns:edit"], "zones": ["münchen.de"]},
        ),
        ("POST", "/credentials", {"email": EMAIL, "key": KEY}),
        ("DELETE", "/credentials", {"secret": TOKEN}),
        ("PUT", "/addresses", {"address": "81.2.69.143", "operator": "ipify"}),
        ("PUT", "/addresses", {"address": None, "family": 6}),
        ("PUT", "/switches", {"scope_denied": "403/9109", "rate_limit": True, "reachable": False}),
        ("POST", "/faults", {"service": "ip", "target": "ipify", "kind": "html", "times": 2}),
    ]
    for method, path, body in levers:
        async with control.request(method, path, json=body) as response:
            assert response.status < 300, await response.text()

    assert [zone.unicode_name for zone in lab.cloudflare.zones] == ["münchen.de"]
    assert [token.secret for token in lab.cloudflare.credentials.tokens] == ["c" * 40]
    assert [user.email for user in lab.cloudflare.credentials.users] == [EMAIL]
    assert lab.ip.addresses["ipify"] == {4: "81.2.69.143", 6: None}
    assert lab.cloudflare.switches.scope_denied == "403/9109"
    assert lab.cloudflare.limiter.enforced
    assert not lab.cloudflare.reachable
    async with control.get("/faults") as response:
        assert [fault["times"] for fault in await response.json()] == [2]
    async with control.delete("/faults") as response:
        assert lab.faults.active == ()


async def test_the_log_is_read_and_cleared_over_http(
    lab: Lab, control: ClientSession, session: ClientSession
) -> None:
    """The log can be filtered by any fact of an entry."""
    async with session.get("zones"), session.get("nowhere"):
        pass

    async with control.get("/log", params={"status": "200", "service": "cloudflare"}) as response:
        assert [entry["endpoint"] for entry in await response.json()] == ["GET /zones"]
    async with control.delete("/log") as response:
        assert response.status == 204
    assert lab.log.entries == ()


@pytest.mark.parametrize(
    "method,path,body,status",
    [
        ("PUT", "/switches", {"scope_denied": "200"}, 400),
        ("PUT", "/switches", {"colour": "blue"}, 400),
        ("PUT", "/addresses", {"address": "home"}, 400),
        ("PUT", "/addresses", [], 400),
        ("POST", "/faults", {"service": "ip", "target": "nobody", "kind": "html"}, 400),
        ("POST", "/zones", {"colour": "blue"}, 400),
        ("POST", "/zones/example.com/records", {"type": "A", "name": "home"}, 400),
        ("DELETE", "/zones/example.com/records/7", None, 404),
        ("GET", "/zones/example.org/records", None, 400),
        ("GET", "/log?colour=blue", None, 400),
        ("GET", "/nothing", None, 404),
    ],
)
async def test_a_lever_that_cannot_be_worked_says_why(
    zone: Zone, control: ClientSession, method: str, path: str, body: object, status: int
) -> None:
    """A wrong request gets the reason, and the lab goes on."""
    async with control.request(method, path, json=body) as response:
        assert response.status == status
        assert status == 404 or (await response.json())["error"]


async def test_a_person_sees_a_page(
    lab: Lab, zone: Zone, control: ClientSession, session: ClientSession
) -> None:
    """The page shows zones, addresses, faults and requests, and escapes what it shows."""
    lab.cloudflare.add_record(zone, type="TXT", name="note", content="<script>")
    lab.faults.add("ip", "ipify", kind="hang")
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


def test_the_command_line_names_ports() -> None:
    """`--ip-port` is the first of five ports in a row; without arguments the system chooses."""
    assert ports([]) == Ports()
    assert ports(["--control-port", "1", "--cloudflare-port", "2", "--ip-port", "3"]) == Ports(
        control=1,
        cloudflare=2,
        ip={"cloudflare": 3, "ipify": 4, "ident.me": 5, "amazon": 6, "home-assistant": 7},
    )


async def test_a_lab_comes_back_on_the_same_ports() -> None:
    """With given ports a restarted lab is found where it was, and knows its zones by their ids."""
    async with Lab() as lab:
        given = Ports(
            control=int(lab.control_url.rpartition(":")[2]),
            cloudflare=int(lab.cloudflare.base_url.split(":")[2].partition("/")[0]),
            ip={
                service.name: int(service.urls[4].split(":")[2].partition("/")[0])
                for service in lab.ip.services
            },
        )
        urls = lab.urls()
        zone = lab.cloudflare.add_zone("example.com")

    async with Lab(given) as lab:
        assert lab.urls() == urls
        assert lab.cloudflare.add_zone("example.com").id == zone.id


@pytest.mark.parametrize(
    "family,host", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["IPv4", "IPv6"]
)
async def test_a_port_that_is_taken_is_an_error(family: int, host: str) -> None:
    """A lab that cannot have a port in both families says so, and leaves none open."""
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await Lab(Ports(ip={"ipify": port})).start()

    async with Lab(Ports(ip={"ipify": port})) as lab:
        assert lab.ip.services[1].urls[4] == f"http://127.0.0.1:{port}/"


async def test_the_lab_serves_in_a_process_of_its_own() -> None:
    """It prints one line of JSON with its URLs and stops cleanly at SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "lab",
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


async def test_a_lab_that_is_not_started_has_no_url() -> None:
    """Asking too early is an error."""
    with pytest.raises(RuntimeError, match="not started"):
        _ = Lab().cloudflare.base_url


@pytest.mark.parametrize("module", [names, record])
def test_the_examples_in_the_documentation_hold(module: ModuleType) -> None:
    """What a docstring shows is what happens."""
    assert doctest.testmod(module).failed == 0
