"""A write is done only if the response shows every field as it was sent."""

from dataclasses import replace
from ipaddress import ip_address
import json
from typing import Any

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.errors import CloudflareRefusedError
from custom_components.raindrop.ddns.models import Change, Create, Reason, Record, RecordKey, Update
from custom_components.raindrop.ddns.records.apply import apply
from custom_components.raindrop.ddns.records.verify import unapplied_fields
from custom_components.raindrop.ddns.text_records import TextUpdate
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, OLD
from tests.library.apply.test_apply import BATCH, batch_response
from tests.library.builders import A1, B1, V4, V6, create, record, txt, zone_id

OWN = Create(record_key=V4, address=A1)
RESTORED = Create(
    record_key=V4,
    address=A1,
    proxied=True,
    is_owned=False,
    comment="front door",
    tags=("room:attic", "Owner:me"),
)


@pytest.fixture
def pro_zone(simulator: Simulator) -> Zone:
    """Return an empty zone whose plan has tags."""
    return simulator.cloudflare.add_zone("pro.example", plan="pro")


def in_zone[ChangeT: Change](change: ChangeT, zone: Zone) -> ChangeT:
    """Return the same change at the root of a zone."""
    return replace(change, record_key=RecordKey(zone.name, change.record_key.family))  # type: ignore[arg-type]


async def update_of(zone: Zone, client: CloudflareClient, **fields: Any) -> Update:
    """Return a change of the fields of the only record of a zone."""
    (old,) = await client.list_records(zone_id(zone))
    return Update(record_key=V4, record=old, **fields)


@pytest.mark.parametrize("is_batch", [True, False])
@pytest.mark.parametrize(
    "fields, kept",
    [
        pytest.param({"proxied": True}, "proxied", id="proxied"),
        pytest.param({"ttl_s": 300}, "ttl", id="TTL"),
        pytest.param({"address": A1}, "content", id="content"),
        pytest.param({"address": A1, "proxied": True}, "proxied", id="proxied, content applied"),
        pytest.param({"address": A1, "ttl_s": 300}, "content, ttl", id="two"),
    ],
)
async def test_a_field_of_an_update_that_does_not_take_is_named(
    *,
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    fields: dict[str, Any],
    kept: str,
    is_batch: bool,
) -> None:
    """An update is not done if Cloudflare answers success and keeps a field."""
    change = await update_of(zone, client, **fields)
    if not is_batch:
        simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207)
    for endpoint in (BATCH, "PATCH *"):
        simulator.faults.add(
            "cloudflare", endpoint, kind="ignored_fields", fields=tuple(kept.split(", "))
        )

    (outcome,) = await apply(client, zone_id(zone), [change])

    assert (outcome.reason, outcome.is_done) == (Reason.NOT_APPLIED, False)
    assert isinstance(outcome.error, CloudflareRefusedError)
    assert str(outcome.error).endswith(f": {kept}")
    assert outcome.record == (await client.list_records(zone_id(zone)))[0]


@pytest.mark.parametrize(
    "change, kept",
    [
        pytest.param(OWN, "comment", id="the mark of an owned record"),
        pytest.param(RESTORED, "comment", id="comment"),
        pytest.param(RESTORED, "tags", id="tags"),
        pytest.param(RESTORED, "proxied", id="proxied"),
        pytest.param(replace(OWN, ttl_s=300), "ttl", id="TTL"),
        pytest.param(RESTORED, "proxied, comment, tags", id="three"),
    ],
)
async def test_a_field_of_a_created_record_that_does_not_take_is_named(
    simulator: Simulator,
    pro_zone: Zone,
    zone: Zone,
    client: CloudflareClient,
    change: Create,
    kept: str,
) -> None:
    """A created record is not as it should be if Cloudflare left out a field."""
    simulator.faults.add("cloudflare", BATCH, kind="ignored_fields", fields=tuple(kept.split(", ")))

    (outcome,) = await apply(client, zone_id(pro_zone), [in_zone(change, pro_zone)])

    assert outcome.reason is Reason.NOT_APPLIED
    assert str(outcome.error).endswith(f": {kept}")
    assert outcome.record is not None


async def test_only_the_change_whose_field_does_not_take_is_not_done(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """The other changes in the same batch are done."""
    change = await update_of(zone, client, proxied=True)
    simulator.faults.add("cloudflare", BATCH, kind="ignored_fields", fields=("proxied",))

    outcomes = await apply(client, zone_id(zone), [change, create("b.example.com", A1)])

    assert [outcome.reason for outcome in outcomes] == [Reason.NOT_APPLIED, None]


def shown(change: Create, **fields: object) -> str:
    """Return the response to a batch that shows a created record in other words."""
    created = {
        "id": "0" * 31 + "7",
        "name": change.record_key.name,
        "type": change.record_key.family.record_type,
        "content": str(change.address),
        "proxied": change.proxied,
        "ttl": change.ttl_s,
        "comment": change.comment,
        "tags": [*change.tags],
    }
    return json.dumps({"success": True, "result": {"posts": [created | fields]}})


@pytest.mark.parametrize(
    "change, fields",
    [
        pytest.param(RESTORED, {"tags": ["owner:me", "room:attic"]}, id="order and case of tags"),
        pytest.param(RESTORED, {"name": "Home.EXAMPLE.com"}, id="case of the name"),
        pytest.param(
            replace(RESTORED, record_key=V6, address=B1),
            {"content": "2001:0218:1:2:0:0:0:1"},
            id="another spelling of an IPv6 address",
        ),
        pytest.param(replace(RESTORED, ttl_s=300), {"ttl": 1}, id="TTL of a proxied record"),
        pytest.param(replace(RESTORED, comment=None), {"comment": ""}, id="no comment"),
        pytest.param(replace(RESTORED, tags=()), {"tags": None}, id="no tags"),
    ],
)
async def test_what_cloudflare_writes_in_other_words_is_as_it_was_sent(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    change: Create,
    fields: dict[str, object],
) -> None:
    """Normal forms, the order of tags and the TTL of proxied records are no deviations."""
    simulator.faults.add("cloudflare", BATCH, kind="body", body=shown(change, **fields))

    (outcome,) = await apply(client, zone_id(zone), [change])

    assert outcome.is_done, outcome.error


@pytest.mark.parametrize(
    "other, kept",
    [
        pytest.param(record(A1, number=8, name="other.example.com"), "name", id="another name"),
        pytest.param(record(A1, number=8, kind="TXT"), "type", id="another type"),
    ],
)
async def test_a_record_that_is_created_as_another_one_is_not_applied(
    simulator: Simulator, zone: Zone, client: CloudflareClient, other: Record, kept: str
) -> None:
    """A response that shows only a record of another name or type does not confirm a creation."""
    body = batch_response(other, keys=("posts", "patches"))
    simulator.faults.add("cloudflare", BATCH, kind="body", body=body)

    (outcome,) = await apply(client, zone_id(zone), [create("home.example.com", A1)])

    assert (outcome.reason, outcome.record) == (Reason.NOT_APPLIED, None)
    assert str(outcome.error).endswith(f": {kept}")
    assert simulator.log.count(method="DELETE") == 0


async def test_fields_that_were_not_sent_do_not_matter(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """An external change of another field between list and write is kept."""
    change = await update_of(zone, client, address=ip_address(HOME))
    simulator.cloudflare.edit_record(
        zone, change.record.id, name="porch.example.com", proxied=True, comment="moved"
    )

    (outcome,) = await apply(client, zone_id(zone), [change])

    assert outcome.is_done
    assert outcome.record is not None
    assert (outcome.record.proxied, outcome.record.content) == (True, HOME)
    assert OLD != HOME


async def test_a_record_is_taken_over_only_if_its_comment_says_so(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """If the comment of another home stays, the record is still that home's."""
    change = replace(await update_of(zone, client, address=A1), is_takeover=True)
    fault = simulator.faults.add("cloudflare", BATCH, kind="ignored_fields", fields=("comment",))

    (kept,) = await apply(client, zone_id(zone), [change])
    simulator.faults.remove(fault)
    (taken,) = await apply(client, zone_id(zone), [change])

    assert (kept.reason, taken.reason) == (Reason.NOT_APPLIED, None)
    assert str(kept.error).endswith(": comment")


def test_of_a_text_only_its_content_is_sent() -> None:
    """However Cloudflare quotes it."""
    change = TextUpdate(
        record_key=V4, record=txt("a"), text="b", replaced=(), record_keys=frozenset({V4})
    )
    assert unapplied_fields(change, txt('"b"')) == []
    assert unapplied_fields(change, txt("a")) == ["content"]
