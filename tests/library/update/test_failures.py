"""Updates in which something fails: nothing known is lost and nothing is written twice."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.errors import (
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
)
from custom_components.raindrop.ddns.models import HostName, Policy, Reason, RecordKey
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.library.builders import HERE, HERE_V6, V4, V6, managed
from tests.library.cloudflare.test_client_failures import FAULTS
from tests.library.update.external_changes import edit
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

IPV4, IPV6 = Family.IPV4, Family.IPV6
NEW = RecordKey(HostName("new.example.com"), IPV4)
MISSING = RecordKey(HostName("none.example.com"), IPV4)


def content(updater: ZoneUpdater) -> str | None:
    """Return the content of the home's record as the state knows it."""
    record = updater.state.record(V4).record
    return record.content if record else None


@pytest.mark.parametrize("fault", FAULTS)
async def test_s10_a_failed_list_is_not_an_empty_one(updater: ZoneUpdater, fault: str) -> None:
    """Lesson S10: after a failed list nothing is created, and the public address is known.

    The records of the last list stay known, and the next update makes up for it.
    """
    kind, detail, error, _ = FAULTS[fault]
    updater.client.max_response_bytes = 50_000
    updater.managed_records = [managed("home.example.com", policy=Policy(create=True))]
    await updater.update()
    first = updater.state
    updater.simulator.ip.set_address(NEXT)
    updater.simulator.faults.add("cloudflare", kind=kind, **detail)
    usual_timeout_s = updater.client.timeout_s
    updater.client.timeout_s = 0.1 if kind == "hang" else usual_timeout_s
    result = await updater.update()
    updater.client.timeout_s = usual_timeout_s

    state = updater.state
    assert type(state.list_error) is error
    assert state.errors == result.errors == (state.list_error,)
    assert state.detections[HERE].address == ip_address(NEXT)
    before, after = first.record(V4), state.record(V4)
    assert (after.record, after.last_record) == (before.record, before.last_record)
    assert (after.last_address, after.synced_address) == (before.last_address, ip_address(HOME))
    assert after.reason is Reason.UNREAD
    assert (state.is_converged, result.was_read) == (False, False)
    assert updater.contents == {"A home.example.com": HOME}
    assert set(updater.requests) == {LIST}

    updater.simulator.faults.clear()
    await updater.update()
    assert (updater.providers, updater.requests) == (["cloudflare"], [LIST, BATCH])
    assert (updater.state.list_error, updater.state.is_converged) == (None, True)
    assert updater.contents == {"A home.example.com": NEXT}


async def test_a_failed_full_sync_is_made_up_for_in_the_next_update(updater: ZoneUpdater) -> None:
    """If the list of a full sync fails, the next update reads the zone without a change."""
    await updater.update()
    edit(updater)
    updater.simulator.faults.add("cloudflare", LIST, kind="html")
    await updater.update(full_sync=True)
    assert (updater.state.is_converged, updater.state.record(V4).reason) == (False, None)
    updater.simulator.faults.clear()

    await updater.update()

    assert updater.requests == [LIST, BATCH]
    assert updater.contents == {"A home.example.com": HOME}


async def test_an_error_of_the_list_ends_with_the_last_domain(updater: ZoneUpdater) -> None:
    """Without one, the zone is not read again to find that it can be."""
    updater.simulator.faults.add("cloudflare", LIST, kind="html")
    await updater.update()
    assert updater.state.errors
    updater.managed_records = []

    await updater.update(may_call_api=False)

    assert updater.state.errors == ()


@pytest.mark.parametrize("kind", ["reset", "html", "garbled", "warp_on"])
async def test_s9_a_failed_detection_does_not_hide_the_records(
    updater: ZoneUpdater, kind: str
) -> None:
    """Lesson S9: without an address nothing is written, but a full sync reads the zone."""
    await updater.update()
    if kind == "warp_on":
        updater.simulator.ip.set_address(None)
    else:
        updater.simulator.faults.add("ip", kind=kind)
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(updater.zone, record["id"], content=OLD)

    result = await updater.update(full_sync=True)

    assert updater.requests == [LIST]
    assert updater.state.detections[HERE].address is None
    assert content(updater) == OLD
    assert (updater.state.list_error, updater.state.record(V4).conflict) == (None, None)
    assert (result.outcomes, result.was_read) == ({}, True)
    before = updater.state
    await updater.update()
    assert updater.requests == []
    assert updater.state.records == before.records


async def test_detection_and_list_may_fail_together(updater: ZoneUpdater) -> None:
    """If neither the address nor the zone can be read, what was known stays known."""
    await updater.update()
    first = updater.state
    updater.simulator.faults.add("ip", kind="reset")
    updater.simulator.faults.add("cloudflare", kind="reset")

    await updater.update(full_sync=True)

    assert updater.state.detections[HERE].address is None
    assert isinstance(updater.state.list_error, CloudflareConnectionError)
    known = updater.state.record(V4)
    assert known == replace(first.record(V4), unknown_since=updater.detector.now())
    assert updater.state.public_addresses == first.public_addresses


async def test_one_family_may_fail_alone(updater: ZoneUpdater) -> None:
    """Without IPv6, the IPv4 records are updated and the IPv6 records are kept."""
    updater.simulator.cloudflare.add_record(
        updater.zone, type="AAAA", name="home", content="2001:218::1"
    )
    updater.families = (IPV4, IPV6)
    updater.managed_records = [managed("home.example.com", family) for family in (IPV4, IPV6)]
    updater.simulator.ip.set_address(None, family=6)

    await updater.update()

    assert updater.contents == {"A home.example.com": HOME, "AAAA home.example.com": "2001:218::1"}
    detections = updater.state.detections
    assert (detections[HERE].address, detections[HERE_V6].address) == (ip_address(HOME), None)
    assert updater.state.is_converged
    known = updater.state.record(V6)
    assert known.record is not None
    assert (known.last_address, known.synced_address) == (None, None)
    updater.simulator.ip.set_address("2001:218:1:2::5")
    await updater.update()
    assert updater.contents["AAAA home.example.com"] == "2001:218:1:2::5"


@pytest.mark.parametrize("kind", ["lost_response", "truncated", "cut", "reset", "html", "error"])
async def test_s16_an_unconfirmed_change_is_read_before_it_is_written_again(
    updater: ZoneUpdater, kind: str
) -> None:
    """Lesson S16: after an unconfirmed change the zone is read, and written only if needed."""
    updater.managed_records = [managed("new.example.com", policy=Policy(create=True))]
    updater.simulator.faults.add("cloudflare", BATCH, kind=kind, times=1)

    result = await updater.update()

    assert [outcome.reason for outcome in result.outcomes.values()] == [Reason.UNCONFIRMED]
    assert updater.state.record(NEW).failure == result.outcomes[NEW]
    assert updater.state.record(NEW).reason is Reason.UNCONFIRMED
    assert (updater.state.is_converged, updater.state.list_error) == (False, None)
    was_written = "A new.example.com" in updater.contents
    assert was_written is (kind in {"lost_response", "truncated", "cut"})

    await updater.update()

    assert updater.requests == ([LIST] if was_written else [LIST, BATCH])
    assert updater.state.is_converged
    assert updater.state.errors == ()
    assert updater.contents["A new.example.com"] == HOME
    assert len(updater.contents) == 2


async def test_a_refused_change_waits_for_the_next_full_sync(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """A change that is refused for its content is tried in three updates, then in a full sync.

    That holds after another failure too, and for each address again.
    """
    simulator.faults.add("cloudflare", BATCH, kind="reset", times=1)
    await updater.update()
    simulator.faults.clear()
    simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=9003, message="no")
    simulator.faults.add("cloudflare", "PATCH *", kind="error", status=400, code=9003, message="no")

    for address in (HOME, NEXT):
        simulator.ip.set_address(address)
        for _ in range(3):
            result = await updater.update()
            assert updater.requests == [
                LIST,
                BATCH,
                "PATCH /zones/{zone_id}/dns_records/{dns_record_id}",
            ]
        await updater.update()
        assert updater.requests == []

    failure = updater.state.record(V4).failure
    assert result.outcomes == {V4: failure}
    assert failure is not None
    assert isinstance(failure.error, CloudflareRefusedError)
    assert updater.state.is_converged
    await updater.update(full_sync=True)
    await updater.update()
    assert updater.requests == []
    simulator.faults.clear()
    await updater.update(full_sync=True)
    assert updater.requests == [LIST, BATCH]
    assert updater.state.errors == ()
    assert updater.state.record(V4).failure is None


@pytest.mark.parametrize(
    "code, status, error",
    [
        pytest.param(81044, 404, CloudflareNotFoundError, id="record is gone"),
        pytest.param(971, 429, CloudflareRateLimitError, id="rate limit"),
    ],
)
async def test_a_change_that_failed_temporarily_is_tried_again(
    updater: ZoneUpdater, code: int, status: int, error: type[CloudflareError]
) -> None:
    """A change that was refused for a temporary reason is tried again in the next update."""
    for endpoint in (BATCH, "PATCH *"):
        updater.simulator.faults.add("cloudflare", endpoint, kind="error", status=status, code=code)

    result = await updater.update()

    assert [type(outcome.error) for outcome in result.outcomes.values()] == [error]
    assert not updater.state.is_converged
    updater.simulator.faults.clear()
    await updater.update()
    assert updater.requests == [LIST, BATCH]
    assert updater.contents == {"A home.example.com": HOME}


async def test_s22_cloudflare_is_not_called_during_a_rate_limit(updater: ZoneUpdater) -> None:
    """Lesson S22: an update that may not call the API detects the address and loses nothing."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT)

    for _ in range(2):
        await updater.update(may_call_api=False)
        assert updater.requests == []
        assert updater.state.detections[HERE].address == ip_address(NEXT)
        assert content(updater) == HOME
        assert not updater.state.is_converged

    await updater.update()
    assert updater.requests == [LIST, BATCH]
    assert updater.contents == {"A home.example.com": NEXT}
    assert updater.state.is_converged


async def test_an_update_without_api_calls_and_changes_stays_converged(
    updater: ZoneUpdater,
) -> None:
    """If the address does not change during a rate limit, the zone stays converged."""
    await updater.update()

    await updater.update(may_call_api=False, full_sync=True)
    assert updater.state.is_converged
    await updater.update()
    assert updater.requests == []


async def test_a_first_update_without_api_calls_is_made_up_for(updater: ZoneUpdater) -> None:
    """If the first update may not call the API, the next one that may reads the zone."""
    await updater.update(may_call_api=False)
    assert (updater.requests, updater.state.is_converged) == ([], False)
    assert updater.state.detections[HERE].address == ip_address(HOME)

    await updater.update()
    assert updater.requests == [LIST, BATCH]


@pytest.mark.parametrize("failure", ["rate_limit", "reset", "spurious_403"])
async def test_a_failed_detection_does_not_forget_a_failed_change(
    updater: ZoneUpdater, failure: str
) -> None:
    """A change that failed is tried again, even if a detection fails in between."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT)
    updater.simulator.faults.add("cloudflare", BATCH, kind=failure, times=1)
    await updater.update()
    updater.simulator.faults.add("ip", kind="html")
    await updater.update()
    updater.simulator.faults.clear()

    await updater.update()

    assert updater.contents == {"A home.example.com": NEXT}


async def test_a_failed_detection_does_not_solve_a_conflict(updater: ZoneUpdater) -> None:
    """A conflict stays in the state through a failed detection and the next update."""
    updater.managed_records = [managed("none.example.com")]
    await updater.update()
    conflict = updater.state.record(MISSING).conflict
    updater.simulator.faults.add("ip", kind="html")
    await updater.update()
    updater.simulator.faults.clear()

    await updater.update()

    assert conflict is not None
    assert updater.state.record(MISSING).conflict == conflict


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_cloudflare_error_is_raised_by_an_update(updater: ZoneUpdater, fault: str) -> None:
    """Whatever happens to a write, the update ends with a state and a result that show it."""
    kind, detail, error, _ = FAULTS[fault]
    updater.client.max_response_bytes = 50_000
    if kind == "hang":
        updater.client.timeout_s = 0.1
    updater.simulator.faults.add("cloudflare", BATCH, kind=kind, **detail)

    result = await updater.update()

    (outcome,) = result.outcomes.values()
    assert type(outcome.error) is error
    assert updater.state.errors == result.errors == (outcome.error,)
    assert (updater.state.list_error, updater.state.is_converged, result.was_read) == (
        None,
        False,
        True,
    )
    assert content(updater) == OLD


async def test_a_block_of_all_writes_costs_one_request_and_is_tried_in_every_update(
    updater: ZoneUpdater,
) -> None:
    """A 403 for an unknown reason is not about one record: none is searched for."""
    names = [f"n{number}.example.com" for number in range(20)]
    updater.managed_records = [managed(name, policy=Policy(create=True)) for name in names]
    fault = updater.simulator.faults.add(
        "cloudflare", "POST *", kind="body", status=403, body='{"error": "Blocked"}'
    )
    for _ in range(6):
        await updater.update()
        assert updater.requests == [LIST, BATCH]
        reasons = {record.reason for record in updater.state.records.values()}
        assert reasons == {Reason.REFUSED}

    updater.simulator.faults.remove(fault)
    await updater.update()

    assert {r.reason for r in updater.state.records.values()} == {None}
