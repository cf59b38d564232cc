"""Zones as the lab's Cloudflare lists and shows them."""

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, Omit, PermissionDeniedError, omit
import pytest

from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.switches import ZoneListDenied, ZoneNameForms
from lab.cloudflare.zone import Account

from .conftest import TOKEN

HOME = Account("Home")


async def names(client: AsyncCloudflare, name: str) -> list[str]:
    """Return the names of the zones that a filter finds."""
    return [zone.name async for zone in client.zones.list(name=name)]


async def test_a_zone_is_found_by_its_name(client: AsyncCloudflare, zone: Zone) -> None:
    """`GET /zones?name=` finds exactly the zone of that name."""
    found = [found async for found in client.zones.list(name="example.com")]

    assert [(found.id, found.name, found.status, found.type) for found in found] == [
        (zone.id, "example.com", "active", "full")
    ]
    assert len(zone.id) == 32
    assert await names(client, "example.org") == []


async def test_a_zone_is_shown_by_its_id(client: AsyncCloudflare, zone: Zone) -> None:
    """`GET /zones/{zone_id}` shows the same zone, with its account and plan."""
    found = await client.zones.get(zone_id=zone.id)

    assert found is not None
    assert found.account.id == zone.account.id
    assert found.name_servers == ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]
    assert found.plan is not None
    assert found.plan.legacy_id == "free"


@pytest.mark.parametrize("name", ["münchen.de", "xn--mnchen-3ya.de", "MÜNCHEN.de"])
async def test_an_international_zone_shows_its_name_in_unicode(
    lab: Lab, client: AsyncCloudflare, name: str
) -> None:
    """A zone's name is in Unicode, however it is asked for, while its records are in Punycode."""
    zone = lab.cloudflare.add_zone("münchen.de")
    lab.cloudflare.add_record(zone, type="A", name="haus", content="192.0.2.1")

    assert await names(client, name) == ["münchen.de"]
    assert lab.cloudflare.records("münchen.de")[0]["name"] == "haus.xn--mnchen-3ya.de"
    assert lab.cloudflare.records("xn--mnchen-3ya.de") == lab.cloudflare.records(zone.id)


@pytest.mark.parametrize(
    "forms,finds",
    [("both", [True, True]), ("punycode", [True, False]), ("unicode", [False, True])],
)
async def test_a_switch_says_in_which_form_an_international_name_is_found(
    lab: Lab, client: AsyncCloudflare, forms: ZoneNameForms, finds: list[bool]
) -> None:
    """Nobody has proved in which form Cloudflare looks, so a client must bear each."""
    lab.cloudflare.add_zone("münchen.de")
    lab.cloudflare.switches.zone_name_forms = forms

    found = [await names(client, name) for name in ("xn--mnchen-3ya.de", "münchen.de")]

    assert [bool(names) for names in found] == finds


async def test_zones_come_in_pages(lab: Lab, client: AsyncCloudflare) -> None:
    """A list of zones is cut into pages, and `result_info` says how many there are."""
    for number in range(7):
        lab.cloudflare.add_zone(f"zone{number}.example")

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
    "query,expected",
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
    lab: Lab, session: ClientSession, query: dict[str, str], expected: list[str]
) -> None:
    """Operators stand before the value, and internal zones show only when asked for."""
    lab.cloudflare.add_zone("beta.example")
    lab.cloudflare.add_zone("alpha.example")
    lab.cloudflare.add_zone("gamma.example", status="pending")
    lab.cloudflare.add_zone("delta.example", type_="internal")

    async with session.get("zones", params=query) as response:
        result = (await response.json())["result"]

    assert [zone["name"] for zone in result] == expected


@pytest.mark.parametrize(
    "query", [{"per_page": "4"}, {"page": "0"}, {"order": "colour"}, {"name": "like:example.com"}]
)
async def test_a_senseless_query_is_refused(
    lab: Lab, session: ClientSession, query: dict[str, str]
) -> None:
    """A page of fewer than five zones, or an order that does not exist, is an error."""
    lab.cloudflare.add_zone("example.com")
    async with session.get("zones", params=query) as response:
        assert response.status == 400


async def test_more_than_fifty_zones_a_page_is_a_surprise(lab: Lab, session: ClientSession) -> None:
    """Clients that ask for a hundred are known to work, yet fifty is the documented most."""
    async with session.get("zones", params={"per_page": "100"}) as response:
        assert (await response.json())["result_info"]["per_page"] == 50
    assert lab.log.surprises == ["GET /zones: per_page=100 is above 50"]


@pytest.mark.parametrize(
    "denied,answers",
    [
        ("allowed", [["example.com"], "refused", []]),
        ("empty", [[], [], []]),
        ("403/0", ["refused", "refused", "refused"]),
        ("403/9109", ["refused", "refused", "refused"]),
    ],
)
async def test_listing_zones_without_the_right_to_depends_on_a_switch(
    lab: Lab, zone: Zone, client: AsyncCloudflare, denied: ZoneListDenied, answers: list[object]
) -> None:
    """A token with DNS rights alone meets one of four answers, and only `dns_records` is sure."""
    lab.cloudflare.add_token(TOKEN, permissions={"dns:edit"}, zones=[zone])
    lab.cloudflare.switches.zone_list_denied = denied

    async def ask(name: str | Omit) -> object:
        try:
            return [zone.name async for zone in client.zones.list(name=name)]
        except PermissionDeniedError:
            return "refused"

    assert [await ask(name) for name in ("example.com", "example.org", omit)] == answers
    assert (await client.dns.records.list(zone_id=zone.id)).result == []


async def test_a_removed_zone_is_gone(lab: Lab, zone: Zone, client: AsyncCloudflare) -> None:
    """A zone that its owner removed answers like one that never was."""
    lab.cloudflare.remove_zone(zone)

    with pytest.raises(PermissionDeniedError):
        await client.zones.get(zone_id=zone.id)
    assert lab.cloudflare.zones == ()


def test_a_switch_has_only_its_positions(lab: Lab) -> None:
    """A misspelt position is an error in the test, not a silent default."""
    with pytest.raises(ValueError, match="zone_list_denied cannot be '403'"):
        lab.cloudflare.switches.zone_list_denied = "403"  # type: ignore[assignment]


async def test_a_repeated_parameter_is_a_surprise(lab: Lab, session: ClientSession) -> None:
    """Which of two values counts is anybody's guess."""
    async with session.get("zones?name=a.example&name=b.example") as response:
        assert response.status == 200
    assert lab.log.surprises == ["GET /zones: query parameter 'name' is repeated"]
