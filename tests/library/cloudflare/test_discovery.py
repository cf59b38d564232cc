"""Zone discovery: the zone of two form fields, and the access that a credential has."""

from collections.abc import Collection
from typing import get_args

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import GlobalApiKey
from custom_components.raindrop.ddns.cloudflare.discovery import (
    discover_zone,
    find_records,
    verify_access,
)
from custom_components.raindrop.ddns.errors import (
    CloudflareNotFoundError,
    CloudflarePermissionError,
    DdnsError,
    HostNameError,
    OutsideZoneError,
    Permission,
    RelativeNameError,
    ZoneNameError,
)
from custom_components.raindrop.ddns.host_names import to_ascii
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import Permission as Right
from simulator.cloudflare.switches import ScopeDenied, ZoneListDenied
from tests.conftest import OLD
from tests.library.builders import HOME, zone_id
from tests.library.zone_updater import Ask
from tests.secrets import EMAIL, GLOBAL_KEY, TOKEN

EDIT: Collection[Right] = {"dns:edit"}
READ: Collection[Right] = {"dns:read", "zone:read"}
LISTS = get_args(ZoneListDenied.__value__)


@pytest.mark.parametrize(
    "zone_field",
    ["example.com", " Example.COM. ", "", "  ", "{id}", " {id}\n", "{ID}"],
    ids=["name", "odd name", "empty", "blank", "id", "id with spaces", "id in upper case"],
)
@pytest.mark.parametrize("domain", ["home.example.com", " Home.Example.Com. "])
async def test_a_zone_may_be_a_name_an_id_or_empty(
    simulator: Simulator, zone: Zone, ask: Ask, zone_field: str, domain: str
) -> None:
    """Discovery gives the zone and the records at the domain, and changes nothing."""
    found = await ask(zone_field.format(id=zone.id, ID=zone.id.upper()), domain)

    assert (found.zone.id, found.zone.name, found.name) == (zone.id, "example.com", HOME)
    assert [(record.type, record.content) for record in found.records] == [("A", OLD)]
    methods = {entry.method for entry in simulator.log.select(service="cloudflare")}
    assert methods == {"GET", "PATCH"}
    assert [record["content"] for record in simulator.cloudflare.records(zone)] == [OLD]


@pytest.mark.parametrize(
    "domain, name",
    [
        ("home", "home.example.com"),
        ("@", "example.com"),
        ("*", "*.example.com"),
        ("büro", "xn--bro-hoa.example.com"),
        ("a.b.example.com", "a.b.example.com"),
    ],
)
async def test_a_domain_may_be_relative_to_a_zone_that_is_given(
    zone: Zone, ask: Ask, domain: str, name: str
) -> None:
    """A label, `@` and `*` are completed with the zone's name, also for a zone id."""
    for field in ("example.com", zone.id):
        assert (await ask(field, domain)).name == name


async def test_the_nearest_zone_above_a_name_is_found(simulator: Simulator, ask: Ask) -> None:
    """Without a zone, the nearest visible zone above the name is found."""
    below = simulator.cloudflare.add_zone("sub.example.com")

    near = await ask("", "a.b.sub.example.com")
    far = await ask("", "a.b.example.com")

    assert (near.zone.id, near.zone.name) == (below.id, "sub.example.com")
    assert (far.zone.name, far.name) == ("example.com", "a.b.example.com")
    assert (await ask("", "*.example.com")).zone.name == "example.com"


async def test_an_international_zone_is_found_by_either_name(
    simulator: Simulator, ask: Ask
) -> None:
    """A zone may be given in Unicode or Punycode, and so may its domains."""
    simulator.cloudflare.add_zone("münchen.example")

    for field in ("München.example", "xn--mnchen-3ya.example", ""):
        found = await ask(field, "büro.münchen.example")
        assert found.zone.name == "xn--mnchen-3ya.example"
        assert found.name == "xn--bro-hoa.xn--mnchen-3ya.example"


async def test_a_global_api_key_works_like_a_token(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """The Global API Key of the account sees the zone and may edit it."""
    simulator.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    client = CloudflareClient(
        session, GlobalApiKey(EMAIL, GLOBAL_KEY), base_url=simulator.cloudflare.base_url
    )

    assert (await discover_zone(client, "", "home.example.com")).zone.id == zone.id


@pytest.mark.parametrize("owner", ["user", "account"])
@pytest.mark.parametrize("is_limited", [False, True])
async def test_an_account_owned_token_works_like_a_user_token(
    *, simulator: Simulator, zone: Zone, ask: Ask, owner: str, is_limited: bool
) -> None:
    """The owner of a token makes no difference, nor does a limit to this zone."""
    simulator.cloudflare.add_token(
        TOKEN,
        owner="account" if owner == "account" else "user",
        zones=[zone] if is_limited else None,
    )

    assert (await ask("", "home.example.com")).zone.id == zone.id
    verifications = [e for e in simulator.log.entries if "tokens/verify" in e.template]
    assert verifications == []


@pytest.mark.parametrize("switch", LISTS)
@pytest.mark.parametrize("denial", get_args(ScopeDenied.__value__))
async def test_a_token_without_zone_read_works_with_the_zone_id(
    simulator: Simulator, zone: Zone, ask: Ask, switch: ZoneListDenied, denial: ScopeDenied
) -> None:
    """A token that may only edit records is enough, if the zone is given by its id.

    The zone's name is then known only from the list of zones.
    """
    simulator.cloudflare.add_token(TOKEN, permissions=EDIT)
    simulator.cloudflare.switches.zone_list_denied = switch
    simulator.cloudflare.switches.scope_denied = denial

    found = await ask(zone.id, "home.example.com")

    assert (found.zone.id, found.name, len(found.records)) == (zone.id, HOME, 1)
    assert found.zone.name == ("example.com" if switch == "allowed" else None)


@pytest.mark.parametrize("domain", ["home", "@", "*"])
async def test_a_relative_name_needs_the_zones_name(
    simulator: Simulator, zone: Zone, ask: Ask, domain: str
) -> None:
    """If the zone's name is unknown, the domain must be a full name."""
    simulator.cloudflare.add_token(TOKEN, permissions=EDIT)

    with pytest.raises(RelativeNameError):
        await ask(zone.id, domain)


@pytest.mark.parametrize("switch", LISTS)
@pytest.mark.parametrize("field", ["", "example.com"])
async def test_a_token_without_zone_read_does_not_find_a_zone_by_name(
    simulator: Simulator, zone: Zone, ask: Ask, switch: ZoneListDenied, field: str
) -> None:
    """Without the permission to list zones, the error names it, or no zone is found."""
    simulator.cloudflare.add_token(TOKEN, permissions=EDIT)
    simulator.cloudflare.switches.zone_list_denied = switch
    if switch == "allowed":
        assert (await ask(field, "home.example.com")).zone.name == "example.com"
        return

    with pytest.raises((CloudflarePermissionError, CloudflareNotFoundError)) as caught:
        await ask(field, "home.example.com")

    if switch == "empty":
        assert isinstance(caught.value, CloudflareNotFoundError)
    else:
        assert isinstance(caught.value, CloudflarePermissionError)
        assert caught.value.missing is Permission.ZONE_READ


async def test_the_search_for_a_zone_goes_on_after_a_denial(
    simulator: Simulator, zone: Zone, ask: Ask
) -> None:
    """A token for one zone is denied the names above and below it, and still finds it."""
    simulator.cloudflare.add_token(TOKEN, permissions=EDIT, zones=[zone])
    simulator.cloudflare.switches.zone_list_denied = "allowed"

    found = await ask("", "a.b.home.example.com")

    assert found.zone.name == "example.com"
    assert [e.status for e in simulator.log.entries[:4]] == [403, 403, 403, 200]


async def test_a_zone_id_never_gets_the_name_of_another_zone(
    simulator: Simulator, zone: Zone, ask: Ask
) -> None:
    """A zone id with a domain of another zone is an error, not a mix of both."""
    other = simulator.cloudflare.add_zone("other.example")
    simulator.cloudflare.add_token(TOKEN, permissions=EDIT)
    simulator.cloudflare.switches.zone_list_denied = "allowed"

    simulator.cloudflare.add_record(other, type="A", name="www", content=OLD)

    with pytest.raises(OutsideZoneError):
        await ask(other.id, "home.example.com")
    found = await ask(other.id, "home.other.example")

    assert (found.zone.id, found.zone.name) == (other.id, "other.example")
    assert [record.name for record in found.records] == ["www.other.example"]


@pytest.mark.parametrize(
    "field, domain, error",
    [
        pytest.param("unknown.example", "home", CloudflareNotFoundError, id="unknown name"),
        pytest.param("", "home.unknown.example", CloudflareNotFoundError, id="unknown domain"),
        pytest.param("exa mple.com", "home", ZoneNameError, id="no name"),
        pytest.param("g" * 32 + "!", "home", ZoneNameError, id="nonsense"),
        pytest.param("example.com", "home.example.net", OutsideZoneError, id="other zone"),
        pytest.param("{id}", "home.example.net", OutsideZoneError, id="other zone than the id's"),
        pytest.param("example.com", "a.b", OutsideZoneError, id="two labels"),
        pytest.param("example.com", "ho me", HostNameError, id="no domain"),
        pytest.param("example.com", "", HostNameError, id="empty domain"),
        pytest.param("", "", RelativeNameError, id="nothing"),
        pytest.param("", "home", RelativeNameError, id="label alone"),
        pytest.param("", "@", RelativeNameError, id="at sign alone"),
        pytest.param("", "*.com", RelativeNameError, id="wildcard of one label"),
        pytest.param("", "ho me.example.com", HostNameError, id="no domain, no zone"),
    ],
)
async def test_each_typing_error_has_its_own_error(
    zone: Zone, ask: Ask, field: str, domain: str, error: type[DdnsError]
) -> None:
    """An unknown zone, a malformed zone and a wrong domain are different errors."""
    with pytest.raises(error) as caught:
        await ask(field.format(id=zone.id), domain)

    assert type(caught.value) is error


@pytest.mark.parametrize("field", ["Example.com", "{id}"], ids=["name", "id"])
async def test_the_records_of_several_names_cost_two_requests(
    simulator: Simulator, zone: Zone, client: CloudflareClient, field: str
) -> None:
    """Names without a record are no error, and whether records can be edited is not checked."""
    simulator.log.clear()
    found, records = await find_records(
        client, field.format(id=zone.id), [HOME, to_ascii("gone.example.com")]
    )
    assert (found.id, found.name) == (zone.id, "example.com")
    assert [(record.name, record.content) for record in records] == [(HOME, OLD)]
    assert [e.method for e in simulator.log.select(service="cloudflare")] == ["GET", "GET"]


async def test_a_credential_can_be_verified_later(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Verifying reads the records and checks the permission to edit them."""
    simulator.log.clear()
    await verify_access(client, zone_id(zone), HOME)
    await verify_access(client, zone_id(zone), None)
    assert [entry.method for entry in simulator.log.select(service="cloudflare")] == [
        *("GET", "PATCH"),
        *("GET", "PATCH"),
    ]

    simulator.cloudflare.add_token(TOKEN, permissions=READ)
    with pytest.raises(CloudflarePermissionError):
        await verify_access(client, zone_id(zone), HOME)
