"""Cloudflare client: listing, creating, updating and deleting records."""

from dataclasses import replace
from ipaddress import IPv4Address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.errors import (
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRefusedError,
    CloudflareResponseError,
    Permission,
)
from custom_components.raindrop.ddns.models import (
    OWNER_COMMENT,
    Change,
    HomeId,
    HostName,
    Owner,
    Update,
)
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import Permission as Right
from simulator.cloudflare.switches import AbsentLists, ScopeDenied
from tests.conftest import OLD
from tests.library.builders import A1, B1, HOME, V4, create, record_id, update, zone_id
from tests.secrets import TOKEN

LIST = "GET /zones/{zone_id}/dns_records"


def listed(names: list[str], pages: int) -> str:
    """Return a page of a list that announces a number of pages."""
    records = ",".join(
        f'{{"id":"{number:032x}","name":"{name}","type":"A","content":"{OLD}","ttl":1}}'
        for number, name in enumerate(names)
    )
    return f'{{"success":true,"result":[{records}],"result_info":{{"total_pages":{pages}}}}}'


async def test_a_zone_is_listed_in_one_request(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """All records of a zone on the Free plan fit in one page."""
    for number in range(199):
        simulator.cloudflare.add_record(zone, type="TXT", name=f"n{number}", content="hello")

    records = await client.list_records(zone_id(zone))

    assert [record.name for record in records].count(HOME) == 1
    assert len(records) == 200
    assert simulator.log.count(service="cloudflare") == 1
    assert simulator.log.surprises == []


async def test_the_records_of_one_name_are_listed(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A list can be limited to one host name, with records of all types."""
    simulator.cloudflare.add_record(zone, type="AAAA", name="home", content=str(B1))
    simulator.cloudflare.add_record(zone, type="A", name="away", content=OLD)
    simulator.cloudflare.add_record(zone, type="A", name="my.home", content=OLD)

    records = await client.list_records(zone_id(zone), HOME)

    assert {(record.name, record.type) for record in records} == {(HOME, "A"), (HOME, "AAAA")}
    assert f"name.exact={HOME}" in simulator.log.entries[0].target
    assert simulator.log.surprises == []


@pytest.mark.parametrize("count, pages", [(1, 1), (5, 1), (6, 2), (10, 2), (12, 3)])
async def test_s11_every_page_of_a_list_is_read(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int, pages: int
) -> None:
    """Lesson S11: a list is complete only after its last page; each page is requested once."""
    client.page_size = 5
    for number in range(1, count):
        simulator.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD)

    records = await client.list_records(zone_id(zone))

    assert {record.id for record in records} == {
        r["id"] for r in simulator.cloudflare.records(zone)
    }
    assert len(records) == count
    queries = [entry.target.rpartition("?")[2] for entry in simulator.log.entries]
    query = "per_page=5&include_shadow_metadata=true"
    assert queries == [query, *(f"{query}&page={n}" for n in range(2, pages + 1))]


async def test_s10_a_list_without_one_of_its_pages_is_an_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S10: a partial list is never returned."""
    client.page_size = 5
    for number in range(10):
        simulator.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD)
    simulator.faults.add("cloudflare", LIST, kind="drip", delay=0, times=1)
    simulator.faults.add("cloudflare", LIST, kind="error", times=1)

    with pytest.raises(CloudflareResponseError):
        await client.list_records(zone_id(zone))

    assert simulator.log.count(service="cloudflare") == 2


@pytest.mark.parametrize(
    "names, pages, requests",
    [
        pytest.param([HOME], 201, 1, id="too many pages"),
        pytest.param([HOME], 10**9, 1, id="absurdly many pages"),
        pytest.param([], 2, 1, id="an empty page before the last"),
    ],
)
async def test_a_list_without_end_is_an_error(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    names: list[str],
    pages: int,
    requests: int,
) -> None:
    """A list with too many pages, or an empty page before the last, is an error."""
    simulator.faults.add("cloudflare", LIST, kind="body", body=listed(names, pages))

    with pytest.raises(CloudflareResponseError, match="no end"):
        await client.list_records(zone_id(zone))

    assert simulator.log.count(service="cloudflare") == requests


async def test_an_empty_zone_has_an_empty_list(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A successful list without records is an empty list."""
    assert await client.list_records(zone_id(zone), HostName("none.example.com")) == []


@pytest.mark.parametrize("absent", ["null", "empty"])
async def test_a_batch_creates_and_changes(
    simulator: Simulator, zone: Zone, client: CloudflareClient, absent: AbsentLists
) -> None:
    """Several changes are one request, and the result holds the records after them."""
    simulator.cloudflare.switches.batch_absent_lists = absent
    (old,) = await client.list_records(zone_id(zone))

    changes: list[Change] = [create("new.example.com", B1), update(old, A1)]
    patched, posted = await client.batch(zone_id(zone), changes)
    (alone,) = await client.batch(zone_id(zone), [update(patched, IPv4Address(OLD))])

    assert (patched.id, patched.content) == (old.id, str(A1))
    assert (posted.name, posted.type, posted.content) == ("new.example.com", "AAAA", str(B1))
    assert posted.comment == OWNER_COMMENT
    assert (alone.id, alone.content) == (old.id, OLD)
    assert simulator.log.count(endpoint="POST /zones/{zone_id}/dns_records/batch") == 2
    assert simulator.log.surprises == []


async def test_s13_s14_an_update_keeps_what_it_does_not_name(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lessons S13 and S14: an update of the address keeps proxied, TTL, comment and tags."""
    pro = simulator.cloudflare.add_zone("pro.example", plan="pro")
    simulator.cloudflare.add_record(
        pro, type="A", name="a", content=OLD, proxied=True, comment="door", tags=["owner:me"]
    )
    simulator.cloudflare.add_record(pro, type="A", name="b", content=OLD, ttl=3600, comment="gate")
    before = await client.list_records(zone_id(pro))

    after = [await client.update(zone_id(pro), update(record, A1)) for record in before]

    assert [replace(record, content=OLD, modified_on=None) for record in after] == [
        replace(record, modified_on=None) for record in before
    ]
    assert {record.content for record in after} == {str(A1)}
    assert [entry.body for entry in simulator.log.entries[1:]] == [{"content": str(A1)}] * 2


async def test_a_record_is_created_changed_and_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Creating and updating a record returns the record after the change."""
    made = await client.create(zone_id(zone), create("new.example.com", A1))
    turned = await client.update(
        zone_id(zone), Update(record_key=V4, record=made, proxied=True, ttl_s=None)
    )
    await client.delete(zone_id(zone), made.id)

    assert (made.comment, made.content, made.proxied) == (OWNER_COMMENT, str(A1), False)
    assert turned == replace(made, proxied=True, modified_on=turned.modified_on)
    assert [record["name"] for record in simulator.cloudflare.records(zone)] == [HOME]
    assert [entry.method for entry in simulator.log.entries] == ["POST", "PATCH", "DELETE"]
    assert simulator.log.surprises == []


async def test_deleting_a_missing_record_succeeds(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A record that does not exist counts as deleted, while updating it is not found."""
    (old,) = await client.list_records(zone_id(zone))
    await client.delete(zone_id(zone), old.id)

    await client.delete(zone_id(zone), old.id)

    with pytest.raises(CloudflareNotFoundError):
        await client.update(zone_id(zone), update(old, A1))
    assert simulator.cloudflare.records(zone) == []


async def test_a_denied_delete_is_a_permission_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A credential without DNS Edit deletes nothing."""
    simulator.cloudflare.add_token(TOKEN, permissions={"dns:read"})

    with pytest.raises(CloudflarePermissionError):
        await client.delete(zone_id(zone), record_id(1))


async def test_a_refusal_quotes_cloudflare(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Creating a record that exists already is refused, with Cloudflare's reason."""
    change = create(HOME, IPv4Address(OLD))

    with pytest.raises(CloudflareRefusedError, match="identical record") as single:
        await client.create(zone_id(zone), change)
    with pytest.raises(CloudflareRefusedError, match="identical record") as batch:
        await client.batch(zone_id(zone), [create("new.example.com", A1), change])

    assert single.value.codes == batch.value.codes == (81058,)
    assert len(simulator.cloudflare.records(zone)) == 1


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
async def test_the_edit_permission_is_checked_without_a_change(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    permissions: set[Right],
    missing: Permission | None,
    scope_denied: ScopeDenied,
) -> None:
    """The permission to edit is checked with a change of a record that cannot exist."""
    simulator.cloudflare.add_token(TOKEN, permissions=permissions)
    simulator.cloudflare.switches.scope_denied = scope_denied
    before = simulator.cloudflare.records(zone)

    found = None
    try:
        await client.check_edit(zone_id(zone))
    except CloudflarePermissionError as err:
        found = err.missing

    assert found is missing
    assert simulator.cloudflare.records(zone) == before
    assert simulator.log.count(service="cloudflare") == 1


async def test_a_refused_check_is_not_a_denial(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Cloudflare refuses the empty change only after it checked the permission."""
    simulator.faults.add("cloudflare", "PATCH *", kind="error", status=400, code=9207, times=1)
    await client.check_edit(zone_id(zone))

    simulator.faults.add("cloudflare", "PATCH *", kind="error", times=1)
    with pytest.raises(CloudflareResponseError):
        await client.check_edit(zone_id(zone))


async def test_created_records_are_marked_with_the_id_of_the_home(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """The home's id is a parameter of the client, alone and in a batch."""
    client = CloudflareClient(
        session,
        ApiToken(TOKEN),
        base_url=simulator.cloudflare.base_url,
        ownership=Ownership(HomeId("3f9a1c2b")),
    )

    alone = await client.create(zone_id(zone), create("a.example.com", A1))
    (batched,) = await client.batch(zone_id(zone), [create("b.example.com", A1)])

    assert (alone.comment, batched.comment) == 2 * (
        "Managed by Raindrop for Home Assistant (home 3f9a1c2b)",
    )


async def test_the_comment_of_created_records_is_a_parameter(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """A program that uses the library marks records in its own words, and knows them again."""
    client = CloudflareClient(
        session,
        ApiToken(TOKEN),
        base_url=simulator.cloudflare.base_url,
        ownership=Ownership(HomeId("3f9a1c2b"), "Kept by (us)"),
    )
    simulator.cloudflare.add_record(zone, type="A", name="b", content=OLD, comment=OWNER_COMMENT)

    created = await client.create(zone_id(zone), create("a.example.com", A1))
    listed = {r.name: r.owner for r in await client.list_records(zone_id(zone))}

    assert created.comment == "Kept by (us) (home 3f9a1c2b)"
    assert listed[HostName("a.example.com")] is Owner.THIS_HOME
    assert listed[HostName("b.example.com")] is Owner.NOBODY
