"""Records that cannot be read: an error at our names, and no matter elsewhere."""

from typing import Any

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.errors import CloudflareResponseError
from custom_components.raindrop.ddns.models import HostName, RecordKey
from custom_components.raindrop.ddns.records.delete import delete_owned
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.library.builders import HOME, V4, zone_id

ODD: dict[str, dict[str, Any]] = {
    "content": {"content": None},
    "proxied": {"proxied": None},
    "TTL": {"ttl": 300.0},
    "TTL of true": {"ttl": True},
    "identifier": {"id": "0d5e2f4c-7f0a-4a6b-9c1d-1234567890ab"},
    "no identifier": {"id": None},
    "tags": {"tags": {"a": 1}},
    "all": {"content": 7, "proxied": "no", "ttl": "auto", "id": 7, "tags": "a", "comment": []},
}
odd = pytest.mark.parametrize("fields", ODD.values(), ids=ODD)


@odd
@pytest.mark.parametrize("type_", ["TXT", "MX", "SRV", "HTTPS", "CAA", "NEW"])
@pytest.mark.parametrize("name", [HOME, "example.com", "_dmarc.example.com"])
async def test_an_odd_record_of_another_type_is_no_matter(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    type_: str,
    name: str,
    fields: dict[str, Any],
) -> None:
    """A record of a type that says nothing of an address stops nothing, also at our names."""
    simulator.cloudflare.add_odd_record(zone, type=type_, name=name, **fields)

    records = await client.list_records(zone_id(zone), names=[HOME])

    assert [r.type for r in records if r.name == HOME] == ["A"]


@odd
@pytest.mark.parametrize("type_", ["A", "AAAA", "CNAME", "NS"])
async def test_an_odd_record_at_another_name_is_no_matter(
    simulator: Simulator, zone: Zone, client: CloudflareClient, type_: str, fields: dict[str, Any]
) -> None:
    """A record at a name that nobody asked for stops nothing, whatever its type."""
    simulator.cloudflare.add_odd_record(zone, type=type_, name="www.example.com", **fields)

    records = await client.list_records(zone_id(zone), names=[HOME])

    assert [(r.type, r.name) for r in records] == [("A", HOME)]


@odd
@pytest.mark.parametrize("type_", ["A", "AAAA", "CNAME", "NS", "a"])
@pytest.mark.parametrize("names", [[HOME], None], ids=["ours", "all"])
async def test_an_odd_record_at_our_name_is_an_error(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    type_: str,
    fields: dict[str, Any],
    names: list[HostName] | None,
) -> None:
    """Without it, our record would look missing, or a CNAME absent."""
    simulator.cloudflare.add_odd_record(zone, type=type_, name="Home.Example.com.", **fields)

    with pytest.raises(CloudflareResponseError, match="unknown shape"):
        await client.list_records(zone_id(zone), names=names)


@odd
async def test_an_odd_delegation_above_our_name_is_an_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient, fields: dict[str, Any]
) -> None:
    """An NS record above a name decides over it."""
    simulator.cloudflare.add_odd_record(zone, type="NS", name="lab.example.com", **fields)

    with pytest.raises(CloudflareResponseError):
        await client.list_records(zone_id(zone), names=[HostName("nas.lab.example.com")])
    assert len(await client.list_records(zone_id(zone), names=[HOME])) == 1


@pytest.mark.parametrize(
    "fields, is_error",
    [
        pytest.param({"name": None, "type": "A"}, True, id="address without a name"),
        pytest.param({"name": HOME, "type": None}, True, id="our name without a type"),
        pytest.param({"name": 7, "type": 7}, True, id="neither"),
        pytest.param({"name": None, "type": "TXT"}, False, id="text without a name"),
        pytest.param({"name": "x.example.com", "type": None}, False, id="another name, no type"),
    ],
)
async def test_a_record_that_may_be_ours_is_an_error(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    fields: dict[str, Any],
    *,
    is_error: bool,
) -> None:
    """What is not known to be another's record is taken for ours."""
    simulator.cloudflare.add_odd_record(zone, **fields)
    raised = False
    try:
        await client.list_records(zone_id(zone), names=[HOME])
    except CloudflareResponseError:
        raised = True

    assert raised is is_error


async def test_a_list_with_something_else_than_records_is_an_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """An item that is no record at all may stand for any of them."""
    body = '{"success":true,"result":[null],"result_info":{"total_count":1}}'
    simulator.faults.add("cloudflare", kind="body", body=body)

    with pytest.raises(CloudflareResponseError):
        await client.list_records(zone_id(zone), names=[HOME])


async def test_odd_records_count_as_records(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A list is as long as it says with the records that cannot be read, and two may be equal."""
    for _ in range(2):
        simulator.cloudflare.add_odd_record(zone, type="TXT", content=None, id=None)

    assert len(await client.list_records(zone_id(zone), names=[HOME])) == 1


@odd
async def test_records_are_deleted_though_others_are_odd(
    simulator: Simulator, zone: Zone, client: CloudflareClient, fields: dict[str, Any]
) -> None:
    """Deleting reads the zone as well, and needs to know the names to delete alone."""
    simulator.cloudflare.add_odd_record(zone, type="A", name="www.example.com", **fields)

    odd_key = RecordKey(HostName("www.example.com"), V4.family)
    other_key = RecordKey(HostName("other.example.com"), V4.family)
    assert await delete_owned(client, zone_id(zone), {V4, other_key}) == {}
    failed = await delete_owned(client, zone_id(zone), {odd_key})
    assert isinstance(failed[odd_key], CloudflareResponseError)
