"""Delayed and missing responses: which requests are applied, overlap and end."""

import asyncio

import aiohttp
from aiohttp import ClientSession
from cloudflare import APITimeoutError, AsyncCloudflare
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone

CREATE = "POST /zones/{zone_id}/dns_records"
RECORD = {"type": "A", "name": "home", "content": "192.0.2.1"}


async def test_a_request_is_applied_before_a_slow_response(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """A client that cancels the request has still written the record."""
    simulator.faults.add("cloudflare", CREATE, kind="slow", delay=60)
    url = f"zones/{zone.id}/dns_records"
    task = asyncio.create_task(session.post(url, json=RECORD))
    await simulator.log.arrived(endpoint=CREATE)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await simulator.log.idle()

    assert len(simulator.cloudflare.records(zone)) == 1
    assert simulator.log.entries[-1].status is None


@pytest.mark.parametrize("client", ["stays", "leaves"])
async def test_a_late_write_is_applied_in_any_case(
    simulator: Simulator, zone: Zone, session: ClientSession, client: str
) -> None:
    """A held request is applied when it is released, even if its client is gone by then."""
    hold = simulator.faults.add("cloudflare", CREATE, kind="hold_request", times=1)
    task = asyncio.create_task(session.post(f"zones/{zone.id}/dns_records", json=RECORD))
    await simulator.log.arrived(endpoint=CREATE)
    if client == "leaves":
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await simulator.log.idle()
    assert simulator.cloudflare.records(zone) == []

    hold.release()

    if client == "stays":
        async with await task as response:
            assert response.status == 200
    async with session.get("zones") as response:
        assert response.status == 200
    assert len(simulator.cloudflare.records(zone)) == 1


async def test_a_slow_request_is_handled_late(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """What changes during the delay counts: here a second, faster write of the same record."""
    simulator.faults.add("cloudflare", CREATE, kind="slow_request", times=1, delay=0.05)
    url = f"zones/{zone.id}/dns_records"
    late = asyncio.create_task(session.post(url, json=RECORD))
    await simulator.log.arrived(endpoint=CREATE)

    async with session.post(url, json=RECORD) as response:
        assert response.status == 200

    async with await late as response:
        assert response.status == 400


async def test_a_slow_response_arrives(simulator: Simulator, session: ClientSession) -> None:
    """After the delay the response is the usual one."""
    simulator.faults.add("cloudflare", "*", kind="slow", delay=0.01)

    async with session.get("zones") as response:
        assert response.status == 200
    (entry,) = simulator.log.entries
    assert entry.end is not None
    assert entry.end - entry.begin >= 0.009


async def test_a_delay_can_be_combined_with_a_fault(
    simulator: Simulator, session: ClientSession
) -> None:
    """A slow response can also fail; the first matching fault applies."""
    simulator.faults.add("cloudflare", "*", kind="slow", delay=0)
    simulator.faults.add("cloudflare", "GET /zones", kind="html", times=1)
    simulator.faults.add("cloudflare", "GET *", kind="error", times=1)

    statuses = []
    for _ in range(3):
        async with session.get("zones") as response:
            statuses.append(response.status)

    assert statuses == [502, 500, 200]
    assert [entry.fault for entry in simulator.log.entries] == ["slow, html", "slow, error", "slow"]


async def test_responses_can_be_held_until_a_test_releases_them(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """Two requests that both wait in the simulator were sent in parallel."""
    fault = simulator.faults.add("cloudflare", "*", kind="hold")

    async def get_status(path: str) -> int:
        async with session.get(path) as response:
            return response.status

    tasks = [
        asyncio.create_task(get_status(path)) for path in ("zones", f"zones/{zone.id}/dns_records")
    ]
    first, second = await simulator.log.arrived(2)
    assert first.overlaps(second)
    fault.release()

    assert await asyncio.gather(*tasks) == [200, 200]
    assert await get_status("zones") == 200
    assert second.overlaps(first)
    assert not simulator.log.entries[-1].overlaps(first)


async def test_later_requests_can_pass_a_held_one(
    simulator: Simulator, session: ClientSession
) -> None:
    """Requests that come later are answered first."""
    fault = simulator.faults.add("cloudflare", "*", kind="hold_request")
    held = asyncio.create_task(session.get("zones"))
    await simulator.log.arrived()
    simulator.faults.let_pass(fault)

    async with session.get("zones") as response:
        assert response.status == 200
    assert not held.done()
    simulator.faults.remove(fault)
    async with await held as response:
        assert response.status == 200


async def test_clear_releases_a_used_up_hold(simulator: Simulator, session: ClientSession) -> None:
    """`clear` releases every delayed response, also of faults that are used up."""
    simulator.faults.add("cloudflare", "*", kind="hold", times=1)
    task = asyncio.create_task(session.get("zones"))
    await simulator.log.arrived()

    simulator.faults.clear()

    async with await task as response:
        assert response.status == 200


async def test_a_hanging_request_ends_when_the_client_cancels_it(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """Nothing is written and no response is sent."""
    simulator.faults.add("cloudflare", CREATE, kind="hang")
    task = asyncio.create_task(session.post(f"zones/{zone.id}/dns_records", json=RECORD))
    await simulator.log.arrived()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await simulator.log.idle()

    assert simulator.cloudflare.records(zone) == []
    assert simulator.log.entries[-1].status is None


async def test_the_sdk_times_out_on_a_hanging_request(
    simulator: Simulator, client: AsyncCloudflare
) -> None:
    """The SDK raises its own timeout error."""
    simulator.faults.add("cloudflare", "*", kind="hang")

    with pytest.raises(APITimeoutError):
        await client.with_options(timeout=0.02).zones.list()


@pytest.mark.parametrize("kind", ["hang", "hold", "slow", "hold_request", "slow_request"])
async def test_stopping_the_simulator_ends_delayed_requests(kind: str) -> None:
    """No client waits after the simulator has stopped."""
    async with ClientSession() as session:
        async with Simulator() as simulator:
            simulator.faults.add("cloudflare", "*", kind=kind, delay=60)
            task = asyncio.create_task(session.get(simulator.cloudflare.base_url + "/zones"))
            await simulator.log.arrived()

        (result,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(result, aiohttp.ClientResponse):
            result.close()
        else:
            assert isinstance(result, aiohttp.ClientConnectionError)
