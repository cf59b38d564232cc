"""Faults of successful responses: incomplete lists, odd records, fields that do not take."""

from typing import Any

from aiohttp import ClientSession
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Detail

LIST = "GET /zones/{zone_id}/dns_records"


@pytest.fixture
def zone(simulator: Simulator) -> Zone:
    """Return a zone with five records."""
    zone = simulator.cloudflare.add_zone("example.com")
    for number in range(5):
        simulator.cloudflare.add_record(zone, type="A", name=f"n{number}", content="192.0.2.1")
    return zone


async def list_page(session: ClientSession, zone: Zone, query: str = "") -> dict[str, Any]:
    """Return the envelope of one page."""
    async with session.get(f"zones/{zone.id}/dns_records{query}") as response:
        assert response.status == 200
        envelope: dict[str, Any] = await response.json()
        return envelope


def names(envelope: dict[str, Any]) -> list[str]:
    """Return the first labels of the listed records."""
    return [record["name"].partition(".")[0] for record in envelope["result"]]


@pytest.mark.parametrize(
    "kind, detail, listed",
    [
        ("short_list", {}, ["n1", "n2", "n3", "n4"]),
        ("short_list", {"position": 7}, ["n0", "n1", "n3", "n4"]),
        ("repeated_id", {"position": 1}, ["n0", "n0", "n2", "n3", "n4"]),
        ("repeated_id", {}, ["n4", "n1", "n2", "n3", "n4"]),
    ],
)
async def test_a_list_can_lack_a_record_that_it_counts(
    simulator: Simulator,
    session: ClientSession,
    zone: Zone,
    kind: str,
    detail: Detail,
    listed: list[str],
) -> None:
    """The total is right, but a record is missing or replaced by another one."""
    simulator.faults.add("cloudflare", "*", kind=kind, times=1, **detail)
    async with session.get("zones") as response:
        assert response.status == 200

    envelope = await list_page(session, zone)

    assert names(envelope) == listed
    assert envelope["result_info"]["total_count"] == 5
    assert envelope["result_info"]["count"] == len(listed)
    assert len(names(await list_page(session, zone))) == 5


@pytest.mark.parametrize(
    "shift, listed",
    [
        (0, ["n0", "n1", "n2", "n3", "n4"]),
        (1, ["n0", "n1", "n3", "n4"]),
        (-1, ["n0", "n1", "n1", "n2", "n3", "n4"]),
    ],
)
async def test_a_page_can_shift_while_paging(
    simulator: Simulator, session: ClientSession, zone: Zone, shift: int, listed: list[str]
) -> None:
    """Pages are smaller than requested, and later ones begin elsewhere."""
    simulator.faults.add("cloudflare", LIST, kind="small_pages", size=2, shift=shift)

    pages = [await list_page(session, zone, f"?per_page=100&page={page}") for page in (1, 2, 3)]

    info = pages[0]["result_info"]
    assert (info["per_page"], info["total_pages"], info["total_count"]) == (2, 3, 5)
    assert [name for page in pages for name in names(page)] == listed


async def test_a_list_can_have_no_result_info(
    simulator: Simulator, session: ClientSession, zone: Zone
) -> None:
    """A full page says nothing about further ones."""
    simulator.faults.add("cloudflare", LIST, kind="no_result_info", size=2)

    envelope = await list_page(session, zone)

    assert (names(envelope), envelope["result_info"]) == (["n0", "n1"], None)
    assert names(await list_page(session, zone, "?page=3")) == ["n4"]


@pytest.mark.parametrize(
    "odd",
    [
        {"content": None},
        {"proxied": None},
        {"ttl": 300.0},
        {"id": "0" * 36},
        {"tags": {}},
        {"type": "NEW", "name": "_odd.example.com"},
    ],
)
async def test_a_list_can_hold_an_odd_record(
    simulator: Simulator, session: ClientSession, zone: Zone, odd: dict[str, Any]
) -> None:
    """A record that is listed exactly as given, until it is removed."""
    shown = simulator.cloudflare.add_odd_record(zone, **odd)

    envelope = await list_page(session, zone)

    assert (envelope["result"][-1], envelope["result_info"]["total_count"]) == (shown, 6)
    assert shown.items() >= odd.items()
    listed = await list_page(session, zone, "?name.exact=n1.example.com")
    assert names(listed) == ["n1"]
    listed = await list_page(session, zone, f"?name.exact={shown['name']}")
    assert listed["result"] == [shown]
    simulator.cloudflare.clear_odd_records(zone)
    assert len(names(await list_page(session, zone))) == 5


async def test_an_odd_record_cannot_be_changed(
    simulator: Simulator, session: ClientSession, zone: Zone
) -> None:
    """Only lists find it."""
    shown = simulator.cloudflare.add_odd_record(zone)
    async with session.patch(f"zones/{zone.id}/dns_records/{shown['id']}", json={}) as response:
        assert response.status == 404


async def test_fields_of_a_write_may_not_take(
    simulator: Simulator, session: ClientSession, zone: Zone
) -> None:
    """Success, but the record keeps what the fault ignores: in single writes and in batches."""
    simulator.faults.add("cloudflare", "*", kind="ignored_fields", fields=["proxied", "ttl"])
    first, second, *_ = simulator.cloudflare.records(zone)
    path = f"zones/{zone.id}/dns_records"
    change = {"content": "192.0.2.7", "proxied": True, "ttl": 300}
    new = {"type": "A", "name": "new", "content": "192.0.2.8", "ttl": 300, "tags": []}

    async with session.patch(f"{path}/{first['id']}", json=change) as response:
        assert response.status == 200
        assert (await response.json())["result"]["proxied"] is False
    batch = {"patches": [{"id": second["id"], **change}], "posts": [new]}
    async with session.post(f"{path}/batch", json=batch) as response:
        assert response.status == 200

    records = simulator.cloudflare.records(zone)
    changed = [records[0], records[1], records[-1]]
    assert [record["content"] for record in changed] == ["192.0.2.7", "192.0.2.7", "192.0.2.8"]
    assert {(record["proxied"], record["ttl"]) for record in changed} == {(False, 1)}
    assert simulator.log.entries[0].body == change
    async with session.patch(f"{path}/{first['id']}", json={"proxied": True}) as response:
        assert response.status == 200
    assert simulator.log.surprises == []
