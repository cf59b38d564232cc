"""Zones: their lists and their form in the API."""

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, Omit, PermissionDeniedError, omit
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.switches import ZoneListDenied, ZoneNameForms
from simulator.cloudflare.zone import Account

from .conftest import TOKEN

HOME = Account("Home")


async def names(client: AsyncCloudflare, name: str) -> list[str]:
    """Return the names of the zones that match a filter."""
    return [zone.name async for zone in client.zones.list(name=name)]


async def test_a_zone_is_found_by_its_name(client: AsyncCloudflare, zone: Zone) -> None:
    """`GET /zones?name=` finds exactly the zone with that name."""
    found = [found async for found in client.zones.list(name="example.com")]

    assert [(found.id, found.name, found.status, found.type) for found in found] == [
        (zone.id, "example.com", "active", "full")
    ]
    assert len(zone.id) == 32
    assert await names(client, "example.org") == []


async def test_a_zone_is_returned_by_its_id(client: AsyncCloudflare, zone: Zone) -> None:
    """`GET /zones/{zone_id}` returns the same zone, with its account and plan."""
    found = await client.zones.get(zone_id=zone.id)

    assert found is not None
    assert found.account.id == zone.account.id
    assert found.name_servers == ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]
    assert found.plan is not None
    assert found.plan.legacy_id == "free"


async def test_a_zone_shows_what_was_changed(
    simulator: Simulator, client: AsyncCloudflare, zone: Zone
) -> None:
    """A test sets whatever decides whether the world can see the records of a zone."""
    simulator.cloudflare.edit_zone(
        zone,
        status="moved",
        paused=True,
        type_="partial",
        name_servers=["cid.ns.cloudflare.com"],
        vanity_name_servers=["ns1.example.com"],
        plan="business",
    )
    found = await client.zones.get(zone_id=zone.id)
    assert found is not None
    assert found.plan is not None
    assert (found.status, found.paused, found.type) == ("moved", True, "partial")
    assert (found.name_servers, found.vanity_name_servers) == (
        ["cid.ns.cloudflare.com"],
        ["ns1.example.com"],
    )
    assert found.plan.legacy_id == "business"
    simulator.cloudflare.edit_zone(zone, status="active", paused=False)
    found = await client.zones.get(zone_id=zone.id)
    assert found is not None
    assert (found.status, found.paused, found.type) == ("active", False, "partial")


async def test_two_accounts_have_a_zone_of_one_name(
    simulator: Simulator, client: AsyncCloudflare, zone: Zone
) -> None:
    """A zone that moves to another account is there twice, for a member of both."""
    other = simulator.cloudflare.add_zone("example.com", account="Other", status="pending")
    assert simulator.cloudflare.zone("example.com") is zone
    assert [found.id async for found in client.zones.list()] == [zone.id]

    simulator.cloudflare.add_token(TOKEN, other_accounts=["Other"])

    found = [(zone.id, zone.account.name, zone.status) async for zone in client.zones.list()]
    assert found == [(zone.id, "Home", "active"), (other.id, "Other", "pending")]


@pytest.mark.parametrize("name", ["münchen.de", "xn--mnchen-3ya.de", "MÜNCHEN.de"])
async def test_an_international_zone_has_its_name_in_unicode(
    simulator: Simulator, client: AsyncCloudflare, name: str
) -> None:
    """The name of a zone is in Unicode, whatever the query, while its records are in Punycode."""
    zone = simulator.cloudflare.add_zone("münchen.de")
    simulator.cloudflare.add_record(zone, type="A", name="haus", content="192.0.2.1")

    assert await names(client, name) == ["münchen.de"]
    assert simulator.cloudflare.records("münchen.de")[0]["name"] == "haus.xn--mnchen-3ya.de"
    assert simulator.cloudflare.records("xn--mnchen-3ya.de") == simulator.cloudflare.records(
        zone.id
    )


@pytest.mark.parametrize(
    "forms, finds",
    [("both", [True, True]), ("punycode", [True, False]), ("unicode", [False, True])],
)
async def test_a_switch_selects_the_form_of_international_names(
    simulator: Simulator, client: AsyncCloudflare, forms: ZoneNameForms, finds: list[bool]
) -> None:
    """It is unknown which form Cloudflare matches, so a client must work with each."""
    simulator.cloudflare.add_zone("münchen.de")
    simulator.cloudflare.switches.zone_name_forms = forms

    found = [await names(client, name) for name in ("xn--mnchen-3ya.de", "münchen.de")]

    assert [bool(names) for names in found] == finds


async def test_zones_are_paged(simulator: Simulator, client: AsyncCloudflare) -> None:
    """A list of zones is split into pages, and `result_info` has the total number."""
    for number in range(7):
        simulator.cloudflare.add_zone(f"zone{number}.example")

    first = await client.zones.list(per_page=5)
    everything = [zone.name async for zone in client.zones.list(per_page=5)]

    assert first.result_info is not None
    assert first.result_info.model_dump(exclude_none=True) == {
        "page": 1,
        "per_page": 5,
        "count": 5,
        "total_count": 7,
        "total_pages": 2,
    }
    assert everything == [f"zone{number}.example" for number in range(7)]


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"name": "starts_with:b"}, ["beta.example"]),
        ({"name": "not_equal:beta.example"}, ["alpha.example", "gamma.example"]),
        ({"name": "contains:AMM"}, ["gamma.example"]),
        ({"name": "contains_case_sensitive:AMM"}, []),
        ({"status": "pending"}, ["gamma.example"]),
        ({"account.id": HOME.id, "name": "beta.example"}, ["beta.example"]),
        ({"account.name": "Home"}, ["alpha.example", "beta.example", "gamma.example"]),
        (
            {"order": "name", "direction": "desc"},
            ["gamma.example", "beta.example", "alpha.example"],
        ),
        ({"type": "internal"}, ["delta.example"]),
        (
            {"match": "any", "name": "alpha.example", "status": "pending"},
            ["alpha.example", "gamma.example"],
        ),
    ],
)
async def test_zones_are_filtered_and_sorted(
    simulator: Simulator, session: ClientSession, query: dict[str, str], expected: list[str]
) -> None:
    """Operators come before the value, and internal zones are listed only on request."""
    simulator.cloudflare.add_zone("beta.example")
    simulator.cloudflare.add_zone("alpha.example")
    simulator.cloudflare.add_zone("gamma.example", status="pending")
    simulator.cloudflare.add_zone("delta.example", type_="internal")

    async with session.get("zones", params=query) as response:
        result = (await response.json())["result"]

    assert [zone["name"] for zone in result] == expected


@pytest.mark.parametrize(
    "query", [{"per_page": "4"}, {"page": "0"}, {"order": "color"}, {"name": "like:example.com"}]
)
async def test_an_invalid_query_is_refused(
    simulator: Simulator, session: ClientSession, query: dict[str, str]
) -> None:
    """A page of fewer than five zones and an unknown order are errors."""
    simulator.cloudflare.add_zone("example.com")
    async with session.get("zones", params=query) as response:
        assert response.status == 400


async def test_more_than_fifty_zones_per_page_is_a_surprise(
    simulator: Simulator, session: ClientSession
) -> None:
    """Clients that request 100 are known to work, but 50 is the documented maximum."""
    async with session.get("zones", params={"per_page": "100"}) as response:
        assert (await response.json())["result_info"]["per_page"] == 50
    assert simulator.log.surprises == ["GET /zones: per_page=100 is above 50"]


@pytest.mark.parametrize(
    "denied, responses",
    [
        ("allowed", [["example.com"], "refused", []]),
        ("empty", [[], [], []]),
        ("403/0", ["refused", "refused", "refused"]),
        ("403/9109", ["refused", "refused", "refused"]),
    ],
)
async def test_listing_zones_without_permission_depends_on_a_switch(
    simulator: Simulator,
    zone: Zone,
    client: AsyncCloudflare,
    denied: ZoneListDenied,
    responses: list[object],
) -> None:
    """A token with only DNS permissions gets one of four responses; `dns_records` always works."""
    simulator.cloudflare.add_token(TOKEN, permissions={"dns:edit"}, zones=[zone])
    simulator.cloudflare.switches.zone_list_denied = denied

    async def find(name: str | Omit) -> object:
        try:
            return [zone.name async for zone in client.zones.list(name=name)]
        except PermissionDeniedError:
            return "refused"

    assert [await find(name) for name in ("example.com", "example.org", omit)] == responses
    assert (await client.dns.records.list(zone_id=zone.id)).result == []


async def test_a_removed_zone_is_gone(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """A removed zone has the same response as one that never existed."""
    simulator.cloudflare.remove_zone(zone)

    with pytest.raises(PermissionDeniedError):
        await client.zones.get(zone_id=zone.id)
    assert simulator.cloudflare.zones == ()


def test_a_switch_accepts_only_its_values(simulator: Simulator) -> None:
    """A misspelled value raises an error instead of using a default."""
    with pytest.raises(ValueError, match="zone_list_denied cannot be '403'"):
        simulator.cloudflare.switches.zone_list_denied = "403"  # type: ignore[assignment]


async def test_a_repeated_parameter_is_a_surprise(
    simulator: Simulator, session: ClientSession
) -> None:
    """It is undefined which of two values counts."""
    async with session.get("zones?name=a.example&name=b.example") as response:
        assert response.status == 200
    assert simulator.log.surprises == ["GET /zones: query parameter 'name' is repeated"]
