"""Carrying changes out while Cloudflare fails: what is known of each change afterwards."""

import pytest

from custom_components.raindrop.ddns import cloudflare
from custom_components.raindrop.ddns.apply import apply
from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.errors import (
    CloudflareAuthError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
)
from custom_components.raindrop.ddns.model import Change
from lab import Lab
from lab.cloudflare import Zone
from lab.faults import Detail

from .builders import A1, A2, create, update, zone_id
from .test_apply import BATCH, DONE, REFUSED, UNCONFIRMED, gone, results, standing

FAILURES: dict[str, tuple[str, Detail, type[CloudflareError]]] = {
    "reset/unconfirmed": ("reset", {}, CloudflareConnectionError),
    "lost answer/unconfirmed": ("lost_answer", {}, CloudflareConnectionError),
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
    "limit/refused": ("rate_limit", {}, CloudflareRateLimitError),
    "denial/refused": ("spurious_403", {}, CloudflarePermissionError),
    "unknown token/refused": (
        "error",
        {"status": 403, "code": 9109, "message": "Invalid access token"},
        CloudflareAuthError,
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_s16_what_may_have_been_written_is_unconfirmed(
    lab: Lab,
    zone: Zone,
    client: CloudflareClient,
    monkeypatch: pytest.MonkeyPatch,
    failure: str,
) -> None:
    """Lesson S16: after a failure, what was sent may be written, and nothing is sent again.

    After a denial it is not written. In both cases what was not sent stays so.
    """
    kind, detail, error = FAILURES[failure]
    monkeypatch.setattr(cloudflare, "_TIMEOUT_S", 0.5 if kind == "hang" else 20.0)
    pro = lab.cloudflare.add_zone("pro.example", plan="pro")
    changes = [create(f"n{number}.pro.example", A1) for number in range(201)]
    lab.faults.add("cloudflare", BATCH, kind=kind, **detail)

    outcomes = await apply(client, zone_id(pro), changes)

    assert [outcome.change for outcome in outcomes] == changes
    first = UNCONFIRMED if failure.endswith("unconfirmed") else REFUSED
    assert [outcome.result for outcome in outcomes] == [first] * 200 + [REFUSED]
    assert {type(outcome.error) for outcome in outcomes} == {error}
    assert {outcome.record for outcome in outcomes} == {None}
    assert lab.log.count(service="cloudflare") == 1


@pytest.mark.parametrize("failure", FAILURES)
async def test_s22_after_a_failure_no_single_is_tried(
    lab: Lab,
    zone: Zone,
    client: CloudflareClient,
    monkeypatch: pytest.MonkeyPatch,
    failure: str,
) -> None:
    """Lesson S22: also one by one, the first failure that concerns all is the last request."""
    kind, detail, error = FAILURES[failure]
    monkeypatch.setattr(cloudflare, "_TIMEOUT_S", 1.0 if kind == "hang" else 20.0)
    records = await standing(lab, zone, client, 6)
    changes: list[Change] = [update(r, A1) for r in records]
    lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207)
    lab.faults.add("cloudflare", "PATCH *", kind="drip", delay=0, times=1)
    lab.faults.add("cloudflare", "PATCH *", kind=kind, **detail)

    outcomes = await apply(client, zone_id(zone), changes)

    assert lab.log.count(method="PATCH") == 2
    after = UNCONFIRMED if failure.endswith("unconfirmed") else REFUSED
    assert [o.result for o in outcomes] == [DONE, after, *[REFUSED] * 4]
    assert {type(o.error) for o in outcomes[1:]} == {error}


async def test_a_failure_ends_the_search(lab: Lab, zone: Zone, client: CloudflareClient) -> None:
    """When a connection breaks while a culprit is searched for, nothing more is sent."""
    records = await standing(lab, zone, client, 8)
    changes: list[Change] = [update(r, A1) for r in records]
    lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207, times=1)
    lab.faults.add("cloudflare", BATCH, kind="reset")

    outcomes = await apply(client, zone_id(zone), changes)

    assert lab.log.count(service="cloudflare") == 2
    assert results(outcomes) == {
        change.slot.name: UNCONFIRMED if position < 4 else REFUSED
        for position, change in enumerate(changes)
    }
    assert len(outcomes) == 8
    assert {type(outcome.error) for outcome in outcomes} == {CloudflareConnectionError}


async def test_a_failure_does_not_make_a_culprit_of_the_last_suspect(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A change that was not yet found guilty when the connection broke is not called refused.

    The first half is written, then the connection breaks at the third of four:
    whether the third or the fourth was the culprit is not known.
    """
    records = await standing(lab, zone, client, 4)
    changes: list[Change] = [update(r, A1) for r in records]
    lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207, times=1)
    lab.faults.add("cloudflare", BATCH, kind="drip", delay=0, times=1)
    lab.faults.add("cloudflare", BATCH, kind="reset")

    outcomes = await apply(client, zone_id(zone), changes)

    assert lab.log.count(service="cloudflare") == 3
    assert [results(outcomes)[change.slot.name] for change in changes] == [
        DONE,
        DONE,
        UNCONFIRMED,
        REFUSED,
    ]
    (last,) = [outcome for outcome in outcomes if outcome.change == changes[3]]
    assert not isinstance(last.error, CloudflareRefusedError)


async def test_a_culprit_found_before_a_failure_keeps_its_reason(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A change that was found guilty stays so when the connection breaks for the others."""
    records = await standing(lab, zone, client, 4)
    changes: list[Change] = [gone(update(records[0], A1)), *(update(r, A1) for r in records[1:])]
    lab.faults.add("cloudflare", BATCH, kind="drip", delay=0, times=3)
    lab.faults.add("cloudflare", BATCH, kind="reset")

    outcomes = await apply(client, zone_id(zone), changes)

    assert lab.log.count(service="cloudflare") == 4
    assert results(outcomes) == {
        change.slot.name: REFUSED if position == 0 else UNCONFIRMED
        for position, change in enumerate(changes)
    }


async def test_what_was_lost_may_have_been_written(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """An answer that is lost on its way leaves a change that is made, and not confirmed."""
    (old,) = await standing(lab, zone, client, 1)
    lab.faults.add("cloudflare", BATCH, kind="lost_answer")

    (outcome,) = await apply(client, zone_id(zone), [update(old, A2)])

    assert outcome.result is UNCONFIRMED
    assert str(A2) in {r["content"] for r in lab.cloudflare.records(zone)}
