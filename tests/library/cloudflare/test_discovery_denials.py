"""Zone discovery with missing permissions, unknown zones and failing requests."""

from collections.abc import Collection
from typing import get_args

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.cloudflare.discovery import discover_zone
from custom_components.raindrop.ddns.errors import (
    CloudflareAuthError,
    CloudflareConnectionError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    DdnsError,
    Permission,
    RelativeNameError,
)
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import Permission as Right
from simulator.cloudflare.switches import ForeignZone, ZoneListDenied
from tests.library.zone_updater import Ask
from tests.secrets import TOKEN, UNKNOWN_TOKEN

EDIT: Collection[Right] = {"dns:edit"}
READ: Collection[Right] = {"dns:read", "zone:read"}
LISTS = get_args(ZoneListDenied.__value__)


@pytest.mark.parametrize(
    "permissions, missing",
    [
        pytest.param(READ, Permission.DNS_EDIT, id="read alone/edit"),
        pytest.param({"zone:read"}, Permission.DNS_READ, id="zone alone/read"),
    ],
)
@pytest.mark.parametrize("field", ["", "example.com", "{id}"])
async def test_a_missing_permission_is_named(
    simulator: Simulator,
    zone: Zone,
    ask: Ask,
    permissions: Collection[Right],
    missing: Permission,
    field: str,
) -> None:
    """A credential that sees the zone but lacks a permission is a permission error."""
    simulator.cloudflare.add_token(TOKEN, permissions=permissions)

    with pytest.raises(CloudflarePermissionError) as caught:
        await ask(field.format(id=zone.id), "home.example.com")

    assert caught.value.missing is missing


async def test_without_zone_read_the_missing_edit_permission_is_named(
    simulator: Simulator, zone: Zone, ask: Ask
) -> None:
    """A token that may only read records lacks the permission to edit them."""
    simulator.cloudflare.add_token(TOKEN, permissions={"dns:read"})

    with pytest.raises(CloudflarePermissionError) as caught:
        await ask(zone.id, "home.example.com")

    assert caught.value.missing is Permission.DNS_EDIT


@pytest.mark.parametrize("switch", get_args(ForeignZone.__value__))
@pytest.mark.parametrize("permissions", [EDIT, READ, {"dns:edit", "zone:read"}])
@pytest.mark.parametrize("domain", ["home.example.com", "home"])
async def test_the_id_of_an_invisible_zone_is_not_found(
    simulator: Simulator,
    zone: Zone,
    ask: Ask,
    switch: ForeignZone,
    permissions: Collection[Right],
    domain: str,
) -> None:
    """The id of a foreign zone, or of none, is a zone that is not found."""
    simulator.cloudflare.switches.foreign_zone = switch
    simulator.cloudflare.add_token(TOKEN, permissions=permissions)

    expected: type[DdnsError] = CloudflareNotFoundError
    if domain == "home" and switch != "404/1001":
        expected = RelativeNameError
    with pytest.raises(expected):
        await ask("f" * 32, domain)


async def test_a_zone_outside_the_scope_of_a_token_is_not_found(
    simulator: Simulator, zone: Zone, ask: Ask
) -> None:
    """A token for another zone does not find this one, by its name or by its id."""
    other = simulator.cloudflare.add_zone("other.example")
    simulator.cloudflare.add_token(TOKEN, zones=[other])

    for field in ("example.com", "", zone.id):
        with pytest.raises(CloudflareNotFoundError):
            await ask(field, "home.example.com")


@pytest.mark.parametrize("permissions", [EDIT, READ, {"dns:edit", "zone:read"}])
@pytest.mark.parametrize("field", ["", "example.com", "{id}"])
@pytest.mark.parametrize("switch", LISTS)
async def test_an_address_filter_is_reported_by_the_first_request(
    simulator: Simulator,
    zone: Zone,
    ask: Ask,
    permissions: Collection[Right],
    field: str,
    switch: ZoneListDenied,
) -> None:
    """A token with an address filter lacks the location, whatever else it may do."""
    simulator.cloudflare.switches.zone_list_denied = switch
    simulator.cloudflare.add_token(TOKEN, permissions=permissions, only_from=["192.0.2.0/24"])

    with pytest.raises(CloudflarePermissionError) as caught:
        await ask(field.format(id=zone.id), "home.example.com")

    assert caught.value.missing is Permission.LOCATION
    assert simulator.log.count(service="cloudflare") == 1


@pytest.mark.parametrize("passed", range(3))
async def test_an_address_filter_is_reported_by_any_request(
    simulator: Simulator, zone: Zone, ask: Ask, passed: int
) -> None:
    """The address filter is reported at whichever request it applies."""
    simulator.cloudflare.add_token(TOKEN, permissions=EDIT)
    for _ in range(passed):
        simulator.faults.add("cloudflare", kind="drip", delay=0, times=1)
    simulator.faults.add(
        "cloudflare",
        kind="error",
        status=403,
        code=9109,
        message="Cannot use the access token from location: 81.2.69.142",
    )

    with pytest.raises(CloudflarePermissionError) as caught:
        await ask(zone.id, "home.example.com")

    assert caught.value.missing is Permission.LOCATION


@pytest.mark.parametrize("field", ["", "example.com", "{id}"])
async def test_a_failed_request_is_not_an_unknown_zone(
    simulator: Simulator, zone: Zone, ask: Ask, field: str
) -> None:
    """Connection errors, rate limits and auth errors are not taken for an unknown zone."""
    zone_field = field.format(id=zone.id)
    for kind, error in (
        ("reset", CloudflareConnectionError),
        ("rate_limit", CloudflareRateLimitError),
    ):
        fault = simulator.faults.add("cloudflare", kind=kind)
        with pytest.raises(error):
            await ask(zone_field, "home.example.com")
        simulator.faults.remove(fault)
    simulator.cloudflare.credentials.revoke(TOKEN)
    with pytest.raises(CloudflareAuthError):
        await ask(zone_field, "home.example.com")


async def test_an_unknown_token_is_an_auth_error(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """An unknown token is an auth error, for a zone by name and by id."""
    client = CloudflareClient(
        session, ApiToken(UNKNOWN_TOKEN), base_url=simulator.cloudflare.base_url
    )
    for field in ("", "example.com", zone.id):
        with pytest.raises(CloudflareAuthError):
            await discover_zone(client, field, "home.example.com")
