"""Two fields of a form when the credential is denied, or Cloudflare is in trouble."""

from collections.abc import Collection
from typing import get_args

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.credential import ApiToken
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
from custom_components.raindrop.ddns.survey import survey
from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.auth import Permission as Right
from lab.cloudflare.switches import ForeignZone, ZoneListDenied
from tests.secrets import TOKEN, UNKNOWN_TOKEN

from .rounds import Ask

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
    lab: Lab,
    zone: Zone,
    ask: Ask,
    permissions: Collection[Right],
    missing: Permission,
    field: str,
) -> None:
    """A credential that sees the zone and may not work there is told what it lacks."""
    lab.cloudflare.add_token(TOKEN, permissions=permissions)

    with pytest.raises(CloudflarePermissionError) as caught:
        await ask(field.format(id=zone.id), "home.example.com")

    assert caught.value.missing is missing


async def test_without_zone_read_the_missing_right_to_edit_is_named(
    lab: Lab, zone: Zone, ask: Ask
) -> None:
    """A token that may only read records is told that it lacks the right to edit them."""
    lab.cloudflare.add_token(TOKEN, permissions={"dns:read"})

    with pytest.raises(CloudflarePermissionError) as caught:
        await ask(zone.id, "home.example.com")

    assert caught.value.missing is Permission.DNS_EDIT


@pytest.mark.parametrize("switch", get_args(ForeignZone.__value__))
@pytest.mark.parametrize("permissions", [EDIT, READ, {"dns:edit", "zone:read"}])
@pytest.mark.parametrize("domain", ["home.example.com", "home"])
async def test_an_id_that_the_credential_does_not_see_is_an_unknown_zone(
    lab: Lab,
    zone: Zone,
    ask: Ask,
    switch: ForeignZone,
    permissions: Collection[Right],
    domain: str,
) -> None:
    """A zone id of somebody else's, or of nobody, is told as a zone that is not seen."""
    lab.cloudflare.switches.foreign_zone = switch
    lab.cloudflare.add_token(TOKEN, permissions=permissions)

    expected: type[DdnsError] = CloudflareNotFoundError
    if domain == "home" and switch != "404/1001":
        expected = RelativeNameError
    with pytest.raises(expected):
        await ask("f" * 32, domain)


async def test_a_zone_outside_the_tokens_scope_is_an_unknown_zone(
    lab: Lab, zone: Zone, ask: Ask
) -> None:
    """A token for another zone does not see this one, by its name or by its id."""
    other = lab.cloudflare.add_zone("other.example")
    lab.cloudflare.add_token(TOKEN, zones=[other])

    for field in ("example.com", "", zone.id):
        with pytest.raises(CloudflareNotFoundError):
            await ask(field, "home.example.com")


@pytest.mark.parametrize("permissions", [EDIT, READ, {"dns:edit", "zone:read"}])
@pytest.mark.parametrize("field", ["", "example.com", "{id}"])
@pytest.mark.parametrize("switch", LISTS)
async def test_a_token_bound_to_another_place_says_so_everywhere(
    lab: Lab,
    zone: Zone,
    ask: Ask,
    permissions: Collection[Right],
    field: str,
    switch: ZoneListDenied,
) -> None:
    """A token with an address filter is told as such, whatever it may do besides."""
    lab.cloudflare.switches.zone_list_denied = switch
    lab.cloudflare.add_token(TOKEN, permissions=permissions, only_from=["192.0.2.0/24"])

    with pytest.raises(CloudflarePermissionError) as caught:
        await ask(field.format(id=zone.id), "home.example.com")

    assert caught.value.missing is Permission.LOCATION
    assert lab.log.count(service="cloudflare") == 1


@pytest.mark.parametrize("passed", range(3))
async def test_a_place_that_changes_meanwhile_is_told_too(
    lab: Lab, zone: Zone, ask: Ask, passed: int
) -> None:
    """The address filter is told for what it is at whichever request it strikes."""
    lab.cloudflare.add_token(TOKEN, permissions=EDIT)
    for _ in range(passed):
        lab.faults.add("cloudflare", kind="drip", delay=0, times=1)
    lab.faults.add(
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
async def test_trouble_is_told_as_trouble(lab: Lab, zone: Zone, ask: Ask, field: str) -> None:
    """A failing Cloudflare, a limit and a wrong credential are not taken for an unknown zone."""
    zone_field = field.format(id=zone.id)
    for kind, error in (
        ("reset", CloudflareConnectionError),
        ("rate_limit", CloudflareRateLimitError),
    ):
        fault = lab.faults.add("cloudflare", kind=kind)
        with pytest.raises(error):
            await ask(zone_field, "home.example.com")
        lab.faults.remove(fault)
    lab.cloudflare.credentials.revoke(TOKEN)
    with pytest.raises(CloudflareAuthError):
        await ask(zone_field, "home.example.com")


async def test_an_unknown_token_is_told_as_such(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """A token that nobody knows is an unknown token, by name and by id."""
    client = CloudflareClient(session, ApiToken(UNKNOWN_TOKEN))
    for field in ("", "example.com", zone.id):
        with pytest.raises(CloudflareAuthError):
            await survey(client, field, "home.example.com")
