"""TXT, HTTPS and SVCB records, with Cloudflare's SDK as the client: quotes, splits and parts."""

from typing import Any

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, BadRequestError
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.record_content import BY_CONTENT

SPF = '"v=spf1 ip4:192.0.2.1 -all"'
VALUE = 'alpn="h3,h2" ipv4hint="192.0.2.1" ipv6hint="2001:db8::1"'


@pytest.mark.parametrize(
    "given, shown",
    [
        pytest.param(SPF, SPF, id="quoted/as it is"),
        pytest.param("v=spf1 -all", "v=spf1 -all", id="no quotes/as it is"),
        pytest.param("a" * 300, "a" * 300, id="long, no quotes/as it is"),
        pytest.param('"v=spf1" " -all"', '"v=spf1" " -all"', id="two strings/as they are"),
        pytest.param('"v=spf1"" -all"', '"v=spf1" " -all"', id="two strings/a space between"),
        pytest.param(f'"{"a" * 300}"', f'"{"a" * 255}" "{"a" * 45}"', id="long/split"),
        pytest.param(
            f'"{"a" * 255}b" "c"', f'"{"a" * 255}" "b" "c"', id="long and short/one is split"
        ),
        pytest.param(f'"{"é" * 128}"', f'"{"é" * 127}" "é"', id="two bytes each/split"),
        pytest.param(
            f'"{"\\195" * 254}\\"bc"', f'"{"\\195" * 254}\\"" "bc"', id="escapes/one byte each"
        ),
        pytest.param('""', '""', id="empty/as it is"),
    ],
)
async def test_a_txt_record_keeps_its_quotes_and_is_split(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare, given: str, shown: str
) -> None:
    """What was created without quotes stays without them; what is longer than a string is split."""
    created = await client.dns.records.create(
        zone_id=zone.id, type="TXT", name="@", content=given, ttl=1
    )
    assert created is not None
    assert created.content == shown
    assert created.id is not None

    edited = await client.dns.records.edit(
        zone_id=zone.id, dns_record_id=created.id, type="TXT", name="@", ttl=1, content=given
    )
    assert edited is not None
    assert edited.content == shown
    assert simulator.log.surprises == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('"v=spf1', id="no end"),
        pytest.param('"v=spf1" -all', id="more after it"),
        pytest.param('"\\25"', id="half an escape"),
    ],
)
async def test_malformed_quotes_are_refused(
    zone: Zone, client: AsyncCloudflare, content: str
) -> None:
    """Content that begins with a quote consists of quoted strings."""
    with pytest.raises(BadRequestError):
        await client.dns.records.create(
            zone_id=zone.id, type="TXT", name="@", content=content, ttl=1
        )


@pytest.mark.parametrize("type_", ["HTTPS", "SVCB"])
async def test_a_service_binding_is_set_by_its_parts(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare, session: ClientSession, type_: str
) -> None:
    """Its content is formed of them, and a PATCH of something else keeps it."""
    data = {"priority": 1, "target": ".", "value": VALUE}
    fields: Any = {"type": type_, "data": data}
    created: Any = await client.dns.records.create(zone_id=zone.id, name="@", ttl=1, **fields)
    assert created.content == f"1 . {VALUE}"
    assert (created.data.priority, created.data.target, created.data.value) == (1, ".", VALUE)

    new = data | {"value": VALUE.replace("192.0.2.1", "192.0.2.2")}
    record = f"zones/{zone.id}/dns_records/{created.id}"
    async with session.patch(record, json={"data": new}) as response:
        assert (await response.json())["result"]["content"] == f"1 . {new['value']}"
    async with session.patch(record, json={"comment": "door"}) as response:
        assert (await response.json())["result"]["data"] == new
    assert simulator.log.surprises == []


async def test_parts_ride_in_a_batch(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """A batch changes an address, a TXT and an HTTPS record together."""
    add = simulator.cloudflare.add_record
    home = add(zone, type="A", name="home", content="192.0.2.1")
    spf = add(zone, type="TXT", name="@", content=SPF)
    https = add(zone, type="HTTPS", name="@", content=f"1 . {VALUE}")
    data = https["data"] | {"value": VALUE.replace("192.0.2.1", "192.0.2.2")}

    patches: Any = [
        {"id": home["id"], "content": "192.0.2.2"},
        {"id": spf["id"], "content": SPF.replace("192.0.2.1", "192.0.2.2")},
        {"id": https["id"], "data": data},
    ]
    await client.dns.records.batch(zone_id=zone.id, patches=patches)

    contents = [record["content"] for record in simulator.cloudflare.records(zone)]
    assert contents == ["192.0.2.2", SPF.replace("2.1", "2.2"), f"1 . {data['value']}"]
    assert simulator.log.surprises == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"value": VALUE}, id="only the value"),
        pytest.param({"priority": "1", "target": ".", "value": VALUE}, id="priority as text"),
        pytest.param({"priority": 70000, "target": ".", "value": VALUE}, id="high priority"),
        pytest.param({"priority": 1, "target": "", "value": VALUE}, id="no target"),
        pytest.param({"priority": 1, "target": ".", "value": None}, id="no value"),
        pytest.param({"priority": 1, "target": ".", "value": "ipv4hint=::1"}, id="other family"),
        pytest.param({"priority": 1, "target": ".", "value": "ipv6hint=1.2.3.4"}, id="wrong hint"),
    ],
)
async def test_incomplete_parts_are_refused(
    simulator: Simulator, zone: Zone, session: ClientSession, data: object
) -> None:
    """All parts are needed, of the right kind."""
    https = simulator.cloudflare.add_record(zone, type="HTTPS", name="@", content=f"1 . {VALUE}")
    record = f"zones/{zone.id}/dns_records/{https['id']}"

    async with session.patch(record, json={"data": data}) as response:
        assert response.status == 400
    assert simulator.cloudflare.records(zone) == [https]


async def test_a_content_without_parts_is_a_surprise(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """Cloudflare's description has the content of such a record only in responses."""
    records = f"zones/{zone.id}/dns_records"
    body = {"type": "HTTPS", "name": "@", "content": "0 elsewhere.example.net"}

    async with session.post(records, json=body) as response:
        record = (await response.json())["result"]
    assert record["data"] == {"priority": 0, "target": "elsewhere.example.net", "value": ""}
    assert record["content"] == "0 elsewhere.example.net"
    assert [surprise.endswith(BY_CONTENT) for surprise in simulator.log.surprises] == [True]
    async with session.patch(f"{records}/{record['id']}", json={"content": "nothing"}) as response:
        assert response.status == 400
