"""Answers that come late or never: what was done, what overlaps, and how it ends."""

import asyncio

import aiohttp
from aiohttp import ClientSession
from cloudflare import APITimeoutError, AsyncCloudflare
import pytest

from lab import Lab
from lab.cloudflare import Zone

CREATE = "POST /zones/{zone_id}/dns_records"
RECORD = {"type": "A", "name": "home", "content": "192.0.2.1"}


async def test_a_slow_answer_takes_its_time(lab: Lab, zone: Zone, session: ClientSession) -> None:
    """A client that does not wait for the answer has written all the same."""
    lab.faults.add("cloudflare", CREATE, kind="slow", delay=60)
    url = f"zones/{zone.id}/dns_records"
    task = asyncio.create_task(session.post(url, json=RECORD))
    await lab.log.arrived(endpoint=CREATE)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await lab.log.settled()

    assert len(lab.cloudflare.records(zone)) == 1
    assert lab.log.entries[-1].status is None


async def test_a_slow_answer_arrives(lab: Lab, session: ClientSession) -> None:
    """After its delay an answer is what it would have been."""
    lab.faults.add("cloudflare", "*", kind="slow", delay=0.01)

    async with session.get("zones") as response:
        assert response.status == 200
    (entry,) = lab.log.entries
    assert entry.end is not None
    assert entry.end - entry.begin >= 0.009


async def test_a_delay_adds_up_with_a_fault(lab: Lab, session: ClientSession) -> None:
    """A slow server can fail as well; the first fault that fits wins."""
    lab.faults.add("cloudflare", "*", kind="slow", delay=0)
    lab.faults.add("cloudflare", "GET /zones", kind="html", times=1)
    lab.faults.add("cloudflare", "GET *", kind="error", times=1)

    statuses = []
    for _ in range(3):
        async with session.get("zones") as response:
            statuses.append(response.status)

    assert statuses == [502, 500, 200]
    assert [entry.fault for entry in lab.log.entries] == ["slow, html", "slow, error", "slow"]


async def test_answers_can_be_held_until_a_test_lets_go(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """Two requests that both wait at the lab have gone out side by side."""
    fault = lab.faults.add("cloudflare", "*", kind="hold")

    async def ask(path: str) -> int:
        async with session.get(path) as response:
            return response.status

    tasks = [asyncio.create_task(ask(path)) for path in ("zones", f"zones/{zone.id}/dns_records")]
    first, second = await lab.log.arrived(2)
    assert first.overlaps(second)
    fault.release()

    assert await asyncio.gather(*tasks) == [200, 200]
    assert await ask("zones") == 200
    assert second.overlaps(first)
    assert not lab.log.entries[-1].overlaps(first)


async def test_clearing_lets_go_of_a_used_up_hold(lab: Lab, session: ClientSession) -> None:
    """`clear` frees every answer that is kept back, whatever keeps it."""
    lab.faults.add("cloudflare", "*", kind="hold", times=1)
    task = asyncio.create_task(session.get("zones"))
    await lab.log.arrived()

    lab.faults.clear()

    async with await task as response:
        assert response.status == 200


async def test_a_hanging_request_ends_when_the_client_gives_up(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """Nothing is written and nothing answered."""
    lab.faults.add("cloudflare", CREATE, kind="hang")
    task = asyncio.create_task(session.post(f"zones/{zone.id}/dns_records", json=RECORD))
    await lab.log.arrived()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await lab.log.settled()

    assert lab.cloudflare.records(zone) == []
    assert lab.log.entries[-1].status is None


async def test_the_sdk_loses_patience_with_a_hanging_request(
    lab: Lab, client: AsyncCloudflare
) -> None:
    """To the SDK it is a timeout of its own."""
    lab.faults.add("cloudflare", "*", kind="hang")

    with pytest.raises(APITimeoutError):
        await client.with_options(timeout=0.02).zones.list()


@pytest.mark.parametrize("kind", ["hang", "hold", "slow"])
async def test_stopping_the_lab_ends_what_hangs(kind: str) -> None:
    """A lab that stops leaves no client waiting."""
    async with ClientSession() as session:
        async with Lab() as lab:
            lab.faults.add("cloudflare", "*", kind=kind, delay=60)
            task = asyncio.create_task(session.get(lab.cloudflare.base_url + "/zones"))
            await lab.log.arrived()

        (result,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(result, aiohttp.ClientResponse):
            result.close()
        else:
            assert isinstance(result, aiohttp.ClientConnectionError)
