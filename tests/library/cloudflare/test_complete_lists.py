"""A list of records is complete, or an error: a part of it would make records look missing."""

import asyncio

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.codec import Envelope
from custom_components.raindrop.ddns.cloudflare.ownership import NO_HOME
from custom_components.raindrop.ddns.cloudflare.record_listing import read_page
from custom_components.raindrop.ddns.errors import CloudflareResponseError
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Detail
from tests.conftest import OLD
from tests.library.builders import HOME, zone_id

LIST = "GET /zones/{zone_id}/dns_records"


@pytest.fixture
def zone(simulator: Simulator, zone: Zone) -> Zone:
    """Return a zone with five records."""
    for name in ("a", "b", "c", "d"):
        simulator.cloudflare.add_record(zone, type="A", name=name, content=OLD)
    return zone


def body(count: int, info: str) -> str:
    """Return a list of records with this ``result_info``."""
    records = ",".join(
        f'{{"id":"{number:032x}","name":"{HOME}","type":"A","content":"{OLD}","ttl":1}}'
        for number in range(count)
    )
    return f'{{"success":true,"errors":[],"result":[{records}],"result_info":{info}}}'


@pytest.mark.parametrize("position", range(5))
async def test_a_short_list_is_an_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient, position: int
) -> None:
    """A list with fewer records than it says there are is refused, and not repeated."""
    simulator.faults.add("cloudflare", LIST, kind="short_list", position=position)

    with pytest.raises(CloudflareResponseError, match="not complete"):
        await client.list_records(zone_id(zone))

    assert simulator.log.count(service="cloudflare") == 1


async def test_a_short_list_of_one_name_is_an_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """An empty list of a name that has a record would lead to a second record."""
    simulator.faults.add("cloudflare", LIST, kind="short_list")

    with pytest.raises(CloudflareResponseError, match="not complete"):
        await client.list_records(zone_id(zone), HOME)


async def test_a_count_of_all_records_leads_to_a_list_of_all(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """The documentation says that a filter leaves the count as it is."""
    simulator.cloudflare.switches.filtered_totals = "whole"

    records = await client.list_records(zone_id(zone), HOME)

    assert [record.name for record in records] == [HOME]
    assert simulator.log.count(service="cloudflare") == 2


@pytest.mark.parametrize("position", range(1, 5))
async def test_a_record_that_is_listed_twice_is_an_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient, position: int
) -> None:
    """The second one of two equal identifiers takes the place of another record."""
    simulator.faults.add("cloudflare", LIST, kind="repeated_id", position=position)

    with pytest.raises(CloudflareResponseError, match="not complete"):
        await client.list_records(zone_id(zone))


@pytest.mark.parametrize(
    "count, info",
    [
        pytest.param(2, "null", id="full page without information"),
        pytest.param(0, "null", id="empty list without information"),
        pytest.param(1, "{}", id="empty information"),
        pytest.param(1, '{"page":1,"per_page":2}', id="no totals"),
        pytest.param(1, '{"total_count":2}', id="too few"),
        pytest.param(2, '{"total_count":1}', id="too many"),
        pytest.param(1, '{"total_count":2,"total_pages":1}', id="one page, too few"),
        pytest.param(1, '{"total_count":true}', id="no number"),
        pytest.param(1, '{"total_pages":0}', id="no pages"),
        pytest.param(3, '{"total_count":3,"total_pages":1}', id="more than was asked for"),
    ],
)
async def test_a_list_that_is_not_known_to_be_complete_is_an_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int, info: str
) -> None:
    """What a list says of itself has to fit; a list that says nothing may be a part."""
    client.page_size = 2
    simulator.faults.add("cloudflare", LIST, kind="body", body=body(count, info))

    with pytest.raises(CloudflareResponseError):
        await client.list_records(zone_id(zone))


@pytest.mark.parametrize(
    "count, info",
    [
        pytest.param(1, '{"total_count":1}', id="count"),
        pytest.param(2, '{"total_pages":1}', id="pages"),
        pytest.param(0, '{"total_count":0,"total_pages":0}', id="none"),
        pytest.param(0, '{"total_count":0,"total_pages":1}', id="empty page"),
    ],
)
async def test_a_list_that_says_that_it_is_complete_is_believed(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int, info: str
) -> None:
    """One of the totals is enough."""
    client.page_size = 2
    simulator.faults.add("cloudflare", LIST, kind="body", body=body(count, info))

    assert len(await client.list_records(zone_id(zone))) == count


@pytest.mark.parametrize("shift", [-1, 1], ids=["created", "deleted"])
@pytest.mark.parametrize("size", [1, 2, 4])
async def test_pages_that_shift_are_read_once_more(
    simulator: Simulator, zone: Zone, client: CloudflareClient, shift: int, size: int
) -> None:
    """If the zone changed between two pages, all of them are requested again."""
    pages = -(-5 // size)
    detail: Detail = {"size": size, "shift": shift}
    simulator.faults.add("cloudflare", LIST, kind="small_pages", times=pages, **detail)

    records = await client.list_records(zone_id(zone))

    assert sorted(r.id for r in records) == sorted(
        str(r["id"]) for r in simulator.cloudflare.records(zone)
    )
    assert simulator.log.count(service="cloudflare") == pages + 1


@pytest.mark.parametrize("shift", [-1, 1], ids=["created", "deleted"])
async def test_pages_that_keep_shifting_are_an_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient, shift: int
) -> None:
    """A zone that changes all the time is left to the next update."""
    simulator.faults.add("cloudflare", LIST, kind="small_pages", size=2, shift=shift)

    with pytest.raises(CloudflareResponseError, match="not complete"):
        await client.list_records(zone_id(zone))

    assert simulator.log.count(service="cloudflare") == 2 * 3


@pytest.mark.parametrize("is_created", [True, False], ids=["created", "deleted"])
async def test_a_change_between_two_pages_loses_no_record(
    simulator: Simulator, zone: Zone, client: CloudflareClient, *, is_created: bool
) -> None:
    """A real change while the second page is requested: the list is the zone after it."""
    client.page_size = 2
    (first_id, *_) = (str(r["id"]) for r in simulator.cloudflare.records(zone))
    first = simulator.faults.add("cloudflare", LIST, kind="hold_request", times=1)
    listing = asyncio.create_task(client.list_records(zone_id(zone)))
    await simulator.log.arrived(1, service="cloudflare")
    second = simulator.faults.add("cloudflare", LIST, kind="hold_request", times=1)
    first.release()
    await simulator.log.arrived(2, service="cloudflare")
    if is_created:
        simulator.cloudflare.add_record(zone, type="A", name="0", content=OLD)
    else:
        simulator.cloudflare.delete_record(zone, first_id)
    second.release()

    records = await listing

    assert {r.id for r in records} == {r["id"] for r in simulator.cloudflare.records(zone)}


async def test_a_failure_during_the_second_try_is_raised(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Nothing but a changed zone is tried again."""
    simulator.faults.add("cloudflare", LIST, kind="small_pages", size=4, shift=1, times=2)
    simulator.faults.add("cloudflare", LIST, kind="error", times=1)

    with pytest.raises(CloudflareResponseError, match="HTTP 500"):
        await client.list_records(zone_id(zone))

    assert simulator.log.count(service="cloudflare") == 2 + 1


@pytest.mark.parametrize(
    "info, pages",
    [
        pytest.param(None, 1, id="absent/one"),
        pytest.param([], 1, id="no object/one"),
        pytest.param({}, 1, id="empty/one"),
        pytest.param({"total_pages": 4}, 4, id="pages/pages"),
        pytest.param({"total_pages": 4, "total_count": 1, "per_page": 1}, 4, id="both/pages"),
        pytest.param({"total_count": 201, "per_page": 100}, 3, id="count/rounded up"),
        pytest.param({"total_count": 200, "per_page": 100}, 2, id="even count/even"),
        pytest.param({"total_count": 0, "per_page": 100}, 1, id="none/one"),
        pytest.param({"total_count": 201, "per_page": 0}, 1, id="no page size/one"),
        pytest.param({"total_count": "201", "per_page": 100}, 1, id="count as text/one"),
        pytest.param({"total_count": 201}, 1, id="count alone/one"),
        pytest.param({"total_pages": None, "total_count": 3, "per_page": 2}, 2, id="null/counted"),
    ],
)
def test_s11_the_pages_of_a_list_are_counted(info: object, pages: int) -> None:
    """Lesson S11: the number of pages comes from ``total_pages`` or from the counts."""
    envelope = Envelope(is_success=True, result=[], result_info=info)

    assert read_page(envelope, 5, NO_HOME, None).last_page == pages
