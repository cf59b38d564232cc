"""The client: listing, writing and deleting records."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from custom_components.raindrop.ddns import cloudflare
from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.errors import (
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRefusedError,
    CloudflareResponseError,
    Permission,
)
from custom_components.raindrop.ddns.model import OWNER_COMMENT, Change, HostName, Update
from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.auth import Permission as Right
from lab.cloudflare.switches import AbsentLists, ScopeDenied
from tests.conftest import OLD
from tests.secrets import TOKEN

from .builders import A1, B1, HOME, V4, create, record_id, update, zone_id

LIST = "GET /zones/{zone_id}/dns_records"


def listed(names: list[str], pages: int) -> str:
    """Return a page of a list that claims to have so many."""
    records = ",".join(
        f'{{"id":"{number:032x}","name":"{name}","type":"A","content":"{OLD}","ttl":1}}'
        for number, name in enumerate(names)
    )
    return f'{{"success":true,"result":[{records}],"result_info":{{"total_pages":{pages}}}}}'


async def test_a_zone_is_listed_in_one_request(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """All that a zone of the Free plan can hold comes in one page."""
    for number in range(199):
        lab.cloudflare.add_record(zone, type="TXT", name=f"n{number}", content="hello")

    records = await client.list_records(zone_id(zone))

    assert [record.name for record in records].count(HOME) == 1
    assert len(records) == 200
    assert lab.log.count(service="cloudflare") == 1
    assert lab.log.surprises == []


async def test_a_name_is_listed_by_itself(lab: Lab, zone: Zone, client: CloudflareClient) -> None:
    """The records of one name are asked for by that name, all types together."""
    lab.cloudflare.add_record(zone, type="AAAA", name="home", content=str(B1))
    lab.cloudflare.add_record(zone, type="A", name="away", content=OLD)
    lab.cloudflare.add_record(zone, type="A", name="my.home", content=OLD)

    records = await client.list_records(zone_id(zone), HOME)

    assert {(record.name, record.type) for record in records} == {(HOME, "A"), (HOME, "AAAA")}
    assert f"name.exact={HOME}" in lab.log.entries[0].target
    assert lab.log.surprises == []


@pytest.mark.parametrize("count, pages", [(1, 1), (5, 1), (6, 2), (10, 2), (12, 3)])
async def test_s11_every_page_of_a_list_is_read(
    lab: Lab,
    zone: Zone,
    client: CloudflareClient,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    pages: int,
) -> None:
    """Lesson S11: a list is whole only after its last page, and no page is asked for twice."""
    monkeypatch.setattr(cloudflare, "_PAGE_SIZE", 5)
    for number in range(1, count):
        lab.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD)

    records = await client.list_records(zone_id(zone))

    assert {record.id for record in records} == {r["id"] for r in lab.cloudflare.records(zone)}
    assert len(records) == count
    asked = [entry.target.rpartition("?")[2] for entry in lab.log.entries]
    assert asked == ["per_page=5", *(f"per_page=5&page={n}" for n in range(2, pages + 1))]


async def test_s10_a_list_with_a_lost_page_is_an_error(
    lab: Lab, zone: Zone, client: CloudflareClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lesson S10: a part of a list is never taken for the whole."""
    monkeypatch.setattr(cloudflare, "_PAGE_SIZE", 5)
    for number in range(10):
        lab.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD)
    lab.faults.add("cloudflare", LIST, kind="drip", delay=0, times=1)
    lab.faults.add("cloudflare", LIST, kind="error", times=1)

    with pytest.raises(CloudflareResponseError):
        await client.list_records(zone_id(zone))

    assert lab.log.count(service="cloudflare") == 2


@pytest.mark.parametrize(
    "names, pages, requests",
    [
        pytest.param([HOME], 201, 1, id="too many pages"),
        pytest.param([HOME], 10**9, 1, id="absurdly many pages"),
        pytest.param([], 2, 1, id="an empty page before the last"),
    ],
)
async def test_a_list_without_end_is_an_error(
    lab: Lab, zone: Zone, client: CloudflareClient, names: list[str], pages: int, requests: int
) -> None:
    """A list that promises more and more is given up instead of followed."""
    lab.faults.add("cloudflare", LIST, kind="body", body=listed(names, pages))

    with pytest.raises(CloudflareResponseError, match="no end"):
        await client.list_records(zone_id(zone))

    assert lab.log.count(service="cloudflare") == requests


async def test_a_record_that_moves_between_pages_is_listed_once(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A record that comes on two pages is one record."""
    lab.faults.add("cloudflare", LIST, kind="body", body=listed([HOME, HOME], 2))

    assert len(await client.list_records(zone_id(zone))) == 2


async def test_an_empty_zone_has_an_empty_list(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Only a successful list may say that there is nothing."""
    assert await client.list_records(zone_id(zone), HostName("none.example.com")) == []


@pytest.mark.parametrize("absent", ["null", "empty"])
async def test_a_batch_creates_and_changes(
    lab: Lab, zone: Zone, client: CloudflareClient, absent: AbsentLists
) -> None:
    """Several changes are one request, and the answer holds the records after them."""
    lab.cloudflare.switches.batch_absent_lists = absent
    (old,) = await client.list_records(zone_id(zone))

    changes: list[Change] = [create("new.example.com", B1), update(old, A1)]
    patched, posted = await client.batch(zone_id(zone), changes)
    (alone,) = await client.batch(zone_id(zone), [update(patched, IPv4Address(OLD))])

    assert (patched.id, patched.content) == (old.id, str(A1))
    assert (posted.name, posted.type, posted.content) == ("new.example.com", "AAAA", str(B1))
    assert posted.is_owned
    assert (alone.id, alone.content) == (old.id, OLD)
    assert lab.log.count(endpoint="POST /zones/{zone_id}/dns_records/batch") == 2
    assert lab.log.surprises == []


async def test_s13_s14_an_update_keeps_what_it_does_not_name(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lessons S13 and S14: proxied, TTL, comment and tags outlive a change of address."""
    pro = lab.cloudflare.add_zone("pro.example", plan="pro")
    lab.cloudflare.add_record(
        pro, type="A", name="a", content=OLD, proxied=True, comment="door", tags=["owner:me"]
    )
    lab.cloudflare.add_record(pro, type="A", name="b", content=OLD, ttl=3600, comment="gate")
    before = await client.list_records(zone_id(pro))

    after = [await client.update(zone_id(pro), update(record, A1)) for record in before]

    assert [replace(record, content=OLD, modified_on=None) for record in after] == [
        replace(record, modified_on=None) for record in before
    ]
    assert {record.content for record in after} == {str(A1)}
    assert [entry.body for entry in lab.log.entries[1:]] == [{"content": str(A1)}] * 2


async def test_a_record_is_created_changed_and_deleted(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Each single write answers with the record after it."""
    made = await client.create(zone_id(zone), create("new.example.com", A1))
    turned = await client.update(
        zone_id(zone), Update(slot=V4, record=made, proxied=True, ttl_s=None)
    )
    await client.delete(zone_id(zone), made.id)

    assert (made.comment, made.content, made.proxied) == (OWNER_COMMENT, str(A1), False)
    assert turned == replace(made, proxied=True, modified_on=turned.modified_on)
    assert [record["name"] for record in lab.cloudflare.records(zone)] == [HOME]
    assert [entry.method for entry in lab.log.entries] == ["POST", "PATCH", "DELETE"]
    assert lab.log.surprises == []


async def test_deleting_what_is_gone_is_no_failure(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A record that is gone already counts as deleted, while changing it is not found."""
    (old,) = await client.list_records(zone_id(zone))
    await client.delete(zone_id(zone), old.id)

    await client.delete(zone_id(zone), old.id)

    with pytest.raises(CloudflareNotFoundError):
        await client.update(zone_id(zone), update(old, A1))
    assert lab.cloudflare.records(zone) == []


async def test_a_delete_that_is_denied_is_told(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A credential that may not edit deletes nothing, and says why."""
    lab.cloudflare.add_token(TOKEN, permissions={"dns:read"})

    with pytest.raises(CloudflarePermissionError):
        await client.delete(zone_id(zone), record_id(1))


async def test_what_cloudflare_refuses_is_told_in_its_words(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A record that exists already is refused, and the reason is Cloudflare's own."""
    change = create(HOME, IPv4Address(OLD))

    with pytest.raises(CloudflareRefusedError, match="identical record") as single:
        await client.create(zone_id(zone), change)
    with pytest.raises(CloudflareRefusedError, match="identical record") as batch:
        await client.batch(zone_id(zone), [create("new.example.com", A1), change])

    assert single.value.codes == batch.value.codes == (81058,)
    assert len(lab.cloudflare.records(zone)) == 1


@pytest.mark.parametrize(
    "permissions, missing",
    [
        pytest.param({"dns:edit", "dns:read", "zone:read"}, None, id="all/allowed"),
        pytest.param({"dns:edit"}, None, id="edit alone/allowed"),
        pytest.param({"dns:read", "zone:read"}, Permission.DNS_EDIT, id="read/denied"),
        pytest.param(set(), Permission.DNS_EDIT, id="nothing/denied"),
    ],
)
@pytest.mark.parametrize("scope_denied", ["403/10000", "403/9109"])
async def test_the_right_to_edit_is_tried_without_editing(
    lab: Lab,
    zone: Zone,
    client: CloudflareClient,
    permissions: set[Right],
    missing: Permission | None,
    scope_denied: ScopeDenied,
) -> None:
    """Whether a credential may edit is learnt from a change to a record that cannot exist."""
    lab.cloudflare.add_token(TOKEN, permissions=permissions)
    lab.cloudflare.switches.scope_denied = scope_denied
    before = lab.cloudflare.records(zone)

    found = None
    try:
        await client.check_edit(zone_id(zone))
    except CloudflarePermissionError as err:
        found = err.missing

    assert found is missing
    assert lab.cloudflare.records(zone) == before
    assert lab.log.count(service="cloudflare") == 1


async def test_a_refused_try_is_no_denial(lab: Lab, zone: Zone, client: CloudflareClient) -> None:
    """Whatever Cloudflare finds wrong with the empty change, it found after the permission."""
    lab.faults.add("cloudflare", "PATCH *", kind="error", status=400, code=9207, times=1)
    await client.check_edit(zone_id(zone))

    lab.faults.add("cloudflare", "PATCH *", kind="error", times=1)
    with pytest.raises(CloudflareResponseError):
        await client.check_edit(zone_id(zone))
