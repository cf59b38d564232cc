"""Applying changes while Cloudflare fails: the outcome of each change."""

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.errors import (
    CloudflareAuthError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
)
from custom_components.raindrop.ddns.models import Change
from custom_components.raindrop.ddns.records.apply import apply
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Detail
from tests.library.apply.test_apply import (
    BATCH,
    DONE,
    REFUSED,
    UNCONFIRMED,
    add_records,
    of_deleted_record,
    reasons,
)
from tests.library.builders import A1, A2, create, update, zone_id

FAILURES: dict[str, tuple[str, Detail, type[CloudflareError]]] = {
    "reset/unconfirmed": ("reset", {}, CloudflareConnectionError),
    "lost response/unconfirmed": ("lost_response", {}, CloudflareConnectionError),
    "cut/unconfirmed": ("cut", {}, CloudflareConnectionError),
    "hang/unconfirmed": ("hang", {}, CloudflareTimeoutError),
    "page 502/unconfirmed": ("html", {}, CloudflareResponseError),
    "internal error/unconfirmed": ("error", {}, CloudflareResponseError),
    "truncated/unconfirmed": ("truncated", {}, CloudflareResponseError),
    "garbled/unconfirmed": ("garbled", {}, CloudflareResponseError),
    "unknown shape/unconfirmed": (
        "body",
        {"body": '{"success":true,"result":[]}'},
        CloudflareResponseError,
    ),
    "rate limit/refused": ("rate_limit", {}, CloudflareRateLimitError),
    "permission/refused": ("spurious_403", {}, CloudflarePermissionError),
    "forbidden for another reason/refused": (
        "error",
        {"status": 403, "code": 1038, "message": "no"},
        CloudflareRefusedError,
    ),
    "no route/refused": (
        "error",
        {"status": 403, "code": 7003, "message": "no"},
        CloudflareNotFoundError,
    ),
    "unknown token/refused": (
        "error",
        {"status": 403, "code": 9109, "message": "Invalid access token"},
        CloudflareAuthError,
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_s16_a_change_that_may_be_written_is_unconfirmed(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    failure: str,
) -> None:
    """Lesson S16: after a failure, the changes sent may be written and none is sent again.

    After a refusal they are not written. Either way, no further batch is sent.
    """
    kind, detail, error = FAILURES[failure]
    client.timeout_s = 0.5 if kind == "hang" else client.timeout_s
    pro = simulator.cloudflare.add_zone("pro.example", plan="pro")
    changes = [create(f"n{number}.pro.example", A1) for number in range(201)]
    simulator.faults.add("cloudflare", BATCH, kind=kind, **detail)

    outcomes = await apply(client, zone_id(pro), changes)

    assert [outcome.change for outcome in outcomes] == changes
    first = UNCONFIRMED if failure.endswith("unconfirmed") else REFUSED
    assert [outcome.reason for outcome in outcomes] == [first] * 200 + [REFUSED]
    assert {type(outcome.error) for outcome in outcomes} == {error}
    assert {outcome.record for outcome in outcomes} == {None}
    assert simulator.log.count(service="cloudflare") == 1


@pytest.mark.parametrize("failure", FAILURES)
async def test_s22_a_failure_stops_single_writes(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    failure: str,
) -> None:
    """Lesson S22: if changes are written singly, no request follows a failure that concerns all."""
    kind, detail, error = FAILURES[failure]
    client.timeout_s = 1.0 if kind == "hang" else client.timeout_s
    records = await add_records(simulator, zone, client, 6)
    changes: list[Change] = [update(r, A1) for r in records]
    simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207)
    simulator.faults.add("cloudflare", "PATCH *", kind="drip", delay=0, times=1)
    simulator.faults.add("cloudflare", "PATCH *", kind=kind, **detail)

    outcomes = await apply(client, zone_id(zone), changes)

    assert simulator.log.count(method="PATCH") == 2
    after = UNCONFIRMED if failure.endswith("unconfirmed") else REFUSED
    assert [o.reason for o in outcomes] == [DONE, after, *[REFUSED] * 4]
    assert {type(o.error) for o in outcomes[1:]} == {error}


async def test_a_failure_stops_the_bisection(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """If the connection fails during the bisection, no further request is sent."""
    records = await add_records(simulator, zone, client, 8)
    changes: list[Change] = [update(r, A1) for r in records]
    simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207, times=1)
    simulator.faults.add("cloudflare", BATCH, kind="reset")

    outcomes = await apply(client, zone_id(zone), changes)

    assert simulator.log.count(service="cloudflare") == 2
    assert reasons(outcomes) == {
        change.record_key.name: UNCONFIRMED if position < 4 else REFUSED
        for position, change in enumerate(changes)
    }
    assert len(outcomes) == 8
    assert {type(outcome.error) for outcome in outcomes} == {CloudflareConnectionError}


async def test_a_failure_does_not_blame_the_last_suspect(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A change that was not found to be refused gets the error of the failed connection.

    The first half is written, then the connection fails at the third of four:
    whether the third or the fourth was refused is not known.
    """
    records = await add_records(simulator, zone, client, 4)
    changes: list[Change] = [update(r, A1) for r in records]
    simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207, times=1)
    simulator.faults.add("cloudflare", BATCH, kind="drip", delay=0, times=1)
    simulator.faults.add("cloudflare", BATCH, kind="reset")

    outcomes = await apply(client, zone_id(zone), changes)

    assert simulator.log.count(service="cloudflare") == 3
    assert [reasons(outcomes)[change.record_key.name] for change in changes] == [
        DONE,
        DONE,
        UNCONFIRMED,
        REFUSED,
    ]
    (last,) = [outcome for outcome in outcomes if outcome.change == changes[3]]
    assert not isinstance(last.error, CloudflareRefusedError)


async def test_a_change_refused_before_a_failure_stays_refused(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A refused change stays refused if the connection then fails for the others."""
    records = await add_records(simulator, zone, client, 4)
    changes: list[Change] = [
        of_deleted_record(update(records[0], A1)),
        *(update(r, A1) for r in records[1:]),
    ]
    simulator.faults.add("cloudflare", BATCH, kind="drip", delay=0, times=3)
    simulator.faults.add("cloudflare", BATCH, kind="reset")

    outcomes = await apply(client, zone_id(zone), changes)

    assert simulator.log.count(service="cloudflare") == 4
    assert reasons(outcomes) == {
        change.record_key.name: REFUSED if position == 0 else UNCONFIRMED
        for position, change in enumerate(changes)
    }


async def test_a_change_with_a_lost_response_is_unconfirmed(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """If the response is lost, the change is written but unconfirmed."""
    (old,) = await add_records(simulator, zone, client, 1)
    simulator.faults.add("cloudflare", BATCH, kind="lost_response")

    (outcome,) = await apply(client, zone_id(zone), [update(old, A2)])

    assert outcome.reason is UNCONFIRMED
    assert str(A2) in {r["content"] for r in simulator.cloudflare.records(zone)}
