"""Credentials: the response to each kind of invalid one."""

from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, AuthenticationError, PermissionDeniedError
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import Permission, Status
from simulator.cloudflare.switches import ForeignZone, NoCredentials, ScopeDenied

from .conftest import EMAIL, KEY, TOKEN

UNKNOWN_TOKEN = "u" * 40
UNKNOWN_ID = "0" * 32


async def send(
    simulator: Simulator,
    path: str,
    headers: Mapping[str, str],
    method: str = "GET",
    body: object = None,
) -> tuple[int, list[tuple[int, str]]]:
    """Return the status and the errors of a request with these headers."""
    async with (
        ClientSession() as session,
        session.request(
            method, simulator.cloudflare.base_url + path, headers=headers, json=body
        ) as response,
    ):
        envelope = await response.json()
    assert envelope["success"] is (response.status == 200)
    errors = [
        (error["code"], error["message"])
        for outer in envelope["errors"]
        for error in [*outer.get("error_chain", []), outer][:1]
    ]
    return response.status, errors


def bearer(token: str) -> dict[str, str]:
    """Return the header for a token."""
    return {"Authorization": f"Bearer {token}"}


def global_key(email: str = EMAIL, key: str = KEY) -> dict[str, str]:
    """Return the headers for a Global API Key."""
    return {"X-Auth-Email": email, "X-Auth-Key": key}


@pytest.mark.parametrize(
    "headers, status, error",
    [
        (bearer("short"), 400, (6111, "Invalid format for Authorization header")),
        (bearer(KEY), 400, (6111, "Invalid format for Authorization header")),
        (bearer("cfk_" + "a" * 48), 400, (6111, "Invalid format for Authorization header")),
        ({"Authorization": "Basic abc"}, 400, (6111, "Invalid format for Authorization header")),
        (global_key(key=TOKEN), 400, (6103, "Invalid format for X-Auth-Key header")),
        (global_key(email="someone"), 400, (6102, "Invalid format for X-Auth-Email header")),
        (bearer(UNKNOWN_TOKEN), 403, (9109, "Invalid access token")),
        (bearer("cfut_" + "a" * 48), 403, (9109, "Invalid access token")),
        (global_key(key="f" * 37), 403, (9103, "Unknown X-Auth-Key or X-Auth-Email")),
        (global_key("else@example.com"), 403, (9103, "Unknown X-Auth-Key or X-Auth-Email")),
        (
            {"X-Auth-Key": KEY},
            400,
            (9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"),
        ),
    ],
)
async def test_each_invalid_credential_has_its_own_error(
    simulator: Simulator, zone: Zone, headers: dict[str, str], status: int, error: tuple[int, str]
) -> None:
    """A malformed credential is a 400 with its reason in the chain, an unknown one a 403."""
    simulator.cloudflare.add_user(EMAIL, KEY)

    for path in ("/zones", f"/zones/{zone.id}/dns_records"):
        assert await send(simulator, path, headers) == (status, [error])


@pytest.mark.parametrize(
    "switch, response", [("400/9106", (400, [9106])), ("403/9106", (403, [9106, 9107]))]
)
async def test_missing_credentials_depend_on_a_switch(
    simulator: Simulator, switch: NoCredentials, response: tuple[int, list[int]]
) -> None:
    """Two responses to a request without credentials are known."""
    simulator.cloudflare.switches.no_credentials = switch

    status, errors = await send(simulator, "/zones", {})

    assert (status, [code for code, _ in errors]) == response
    assert simulator.log.entries[0].auth == "none"


async def test_the_error_envelope_has_the_reason_in_a_chain(
    simulator: Simulator, session: ClientSession
) -> None:
    """The key order and the chain match captured responses."""
    async with session.get("zones", headers=bearer("short")) as response:
        assert await response.text() == (
            '{"success":false,"errors":[{"code":6003,"message":"Invalid request headers",'
            '"error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]}],'
            '"messages":[],"result":null}'
        )
    assert "short" not in repr(simulator.log.entries)


@pytest.mark.parametrize(
    "token",
    ["A-_" + "9" * 37, "cfut_" + "a" * 48, "cfat_" + "a" * 40],
    ids=["old", "user", "account"],
)
async def test_tokens_of_every_format_work(simulator: Simulator, zone: Zone, token: str) -> None:
    """Tokens from before 2026 have 40 characters, newer ones a prefix and a checksum."""
    simulator.cloudflare.add_token(token, owner="account" if token.startswith("cfat") else "user")

    assert await send(simulator, f"/zones/{zone.id}", bearer(token)) == (200, [])


async def test_the_global_api_key_has_all_permissions(simulator: Simulator, zone: Zone) -> None:
    """With email and key the SDK lists zones and records."""
    simulator.cloudflare.add_user(EMAIL, KEY)
    async with AsyncCloudflare(
        api_email=EMAIL, api_key=KEY, base_url=simulator.cloudflare.base_url, max_retries=0
    ) as client:
        assert [found.id async for found in client.zones.list()] == [zone.id]
        assert (await client.dns.records.list(zone_id=zone.id)).result == []
    assert {entry.auth for entry in simulator.log.entries} == {"key"}


@pytest.mark.parametrize("status", ["disabled", "expired"])
async def test_an_inactive_token_is_refused_like_an_unknown_one(
    simulator: Simulator, client: AsyncCloudflare, status: Status
) -> None:
    """A disabled or expired token is 403/9109, but the verify endpoint returns its status."""
    simulator.cloudflare.add_token(TOKEN, status=status, expires_on="2026-11-01T00:00:00Z")

    with pytest.raises(PermissionDeniedError) as caught:
        await client.zones.list()
    assert [error.code for error in caught.value.errors] == [9109]
    verified = await client.user.tokens.verify()
    assert verified is not None
    assert verified.status == status
    assert verified.expires_on is not None


async def test_a_revoked_token_is_unknown(simulator: Simulator, client: AsyncCloudflare) -> None:
    """A revoked token is refused immediately."""
    simulator.cloudflare.credentials.revoke(TOKEN)

    with pytest.raises(PermissionDeniedError):
        await client.zones.list()


async def test_a_token_with_an_ip_filter_fails_when_the_address_changes(
    simulator: Simulator, client: AsyncCloudflare
) -> None:
    """A token with an IP filter stops working when a dynamic address changes."""
    simulator.cloudflare.add_token(TOKEN, only_from=["81.2.69.142/32"])
    assert (await client.zones.list()).result == []

    simulator.ip.set_address("81.2.69.143")

    for request in (client.zones.list, client.user.tokens.verify):
        with pytest.raises(PermissionDeniedError) as caught:
            await request()
        assert [(error.code, error.message) for error in caught.value.errors] == [
            (9109, "Cannot use the access token from location: 81.2.69.143")
        ]


@pytest.mark.parametrize(
    "permissions, allowed",
    [
        ({"dns:edit"}, {"list", "create"}),
        ({"dns:read"}, {"list"}),
        ({"zone:read"}, {"zone"}),
        ({"dns:read", "zone:read"}, {"zone", "list"}),
        (set[Permission](), set[str]()),
    ],
)
@pytest.mark.parametrize("denied", ["403/10000", "403/9109"])
async def test_a_permission_allows_only_its_own_actions(
    simulator: Simulator,
    zone: Zone,
    permissions: set[Permission],
    allowed: set[str],
    denied: ScopeDenied,
) -> None:
    """DNS Write includes DNS Read; a missing permission has two known responses."""
    simulator.cloudflare.add_token(TOKEN, permissions=permissions)
    simulator.cloudflare.switches.scope_denied = denied
    record = {"type": "A", "name": "home", "content": "192.0.2.1"}
    requests: dict[str, tuple[str, str, object]] = {
        "zone": ("GET", f"/zones/{zone.id}", None),
        "list": ("GET", f"/zones/{zone.id}/dns_records", None),
        "create": ("POST", f"/zones/{zone.id}/dns_records", record),
    }

    responses = {
        name: await send(simulator, path, bearer(TOKEN), method, body)
        for name, (method, path, body) in requests.items()
    }

    accepted = {name for name, (status, _) in responses.items() if status == 200}
    refused = {f"{status}/{code}" for status, errors in responses.values() for code, _ in errors}
    assert refused <= {denied}
    assert accepted == allowed


@pytest.mark.parametrize(
    "switch, response",
    [
        ("403/10000", (403, [(10000, "Authentication error")])),
        ("403/9109", (403, [(9109, "Unauthorized to access requested resource")])),
        ("404/1001", (404, [(1001, "Invalid zone identifier")])),
    ],
)
async def test_a_zone_of_another_account_depends_on_a_switch(
    simulator: Simulator, switch: ForeignZone, response: tuple[int, list[tuple[int, str]]]
) -> None:
    """A zone of another account and one that does not exist have the same response."""
    foreign = simulator.cloudflare.add_zone("foreign.example", account="Other")
    simulator.cloudflare.switches.foreign_zone = switch

    assert await send(simulator, f"/zones/{foreign.id}/dns_records", bearer(TOKEN)) == response
    assert await send(simulator, f"/zones/{UNKNOWN_ID}", bearer(TOKEN)) == response


async def test_a_token_has_access_only_to_the_zones_in_its_scope(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """A token for one zone neither lists another zone nor reads its records."""
    other = simulator.cloudflare.add_zone("other.example")
    simulator.cloudflare.add_token(TOKEN, zones=["example.com"])

    assert [found.id async for found in client.zones.list()] == [zone.id]
    assert [found async for found in client.zones.list(name="other.example")] == []
    with pytest.raises(PermissionDeniedError):
        await client.dns.records.list(zone_id=other.id)


async def test_a_user_token_is_verified_at_the_user_endpoint(
    simulator: Simulator, client: AsyncCloudflare
) -> None:
    """An active user token is valid, and the SDK reads when it expires."""
    verified = await client.user.tokens.verify()

    assert verified is not None
    assert verified.status == "active"
    assert verified.expires_on is None

    simulator.cloudflare.add_token(TOKEN, expires_on="2027-03-04T05:06:07Z")
    verified = await client.user.tokens.verify()

    assert verified is not None
    assert verified.status == "active"
    assert verified.expires_on == datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)


async def test_an_account_token_is_verified_only_at_its_account(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """The user endpoint reports a valid account token as invalid."""
    simulator.cloudflare.add_token(TOKEN, owner="account")

    with pytest.raises(AuthenticationError) as caught:
        await client.user.tokens.verify()
    assert [(error.code, error.message) for error in caught.value.errors] == [
        (1000, "Invalid API Token")
    ]
    verified = await client.accounts.tokens.verify(account_id=zone.account.id)
    assert verified is not None
    assert verified.status == "active"


@pytest.mark.parametrize(
    "path, headers, status, code",
    [
        ("/user/tokens/verify", bearer(UNKNOWN_TOKEN), 401, 1000),
        ("/user/tokens/verify", bearer("short"), 400, 6111),
        ("/user/tokens/verify", global_key(), 400, 1001),
        (f"/accounts/{UNKNOWN_ID}/tokens/verify", bearer(UNKNOWN_TOKEN), 401, 1000),
        (f"/accounts/{UNKNOWN_ID}/tokens/verify", bearer(TOKEN), 401, 1000),
        (f"/accounts/{UNKNOWN_ID}/tokens/verify", bearer("short"), 400, 9106),
    ],
)
async def test_verify_endpoints_have_their_own_errors(
    simulator: Simulator, path: str, headers: dict[str, str], status: int, code: int
) -> None:
    """The same invalid token is 400, 401 or 403, depending on the endpoint."""
    found, errors = await send(simulator, path, headers)

    assert (found, [code for code, _ in errors]) == (status, [code])


@pytest.mark.parametrize(
    "method, path, status, codes",
    [
        ("GET", "/zones/example.com/dns_records", 400, [7003]),
        ("GET", f"/zones/{UNKNOWN_ID}/dns_records/7", 400, [7003]),
        ("GET", "/zone", 400, [7003, 7000]),
        ("GET", "/../v3/zones", 400, [7003, 7000]),
        ("PUT", f"/zones/{UNKNOWN_ID}/dns_records", 405, [10405]),
        ("PATCH", f"/zones/{UNKNOWN_ID}/dns_records/", 405, [10405]),
        ("DELETE", "/zones", 405, [10405]),
    ],
)
async def test_an_invalid_path_is_refused(
    simulator: Simulator, method: str, path: str, status: int, codes: list[int]
) -> None:
    """A malformed identifier, an unknown path and an unsupported method have their own codes."""
    found, errors = await send(simulator, path, bearer(TOKEN), method)

    assert (found, [code for code, _ in errors]) == (status, codes)


@pytest.mark.parametrize(
    "body, headers, code",
    [
        (b"{", {"Content-Type": "application/json"}, 6007),
        (b"[]", {"Content-Type": "application/json; charset=utf-8"}, 6007),
        (b"{}", {"Content-Type": "text/plain"}, 6003),
    ],
)
async def test_a_body_that_is_not_a_json_object_is_refused(
    zone: Zone, session: ClientSession, body: bytes, headers: dict[str, str], code: int
) -> None:
    """Malformed JSON, a list and a wrong content type are errors, not an empty record."""
    url = f"zones/{zone.id}/dns_records"
    async with session.post(url, data=body, headers=headers) as response:
        assert response.status == 400
        assert [error["code"] for error in (await response.json())["errors"]] == [code]


@pytest.mark.parametrize("secret", ["short", KEY, "cfut_short"])
def test_a_malformed_credential_cannot_be_added(simulator: Simulator, secret: str) -> None:
    """A test that adds a malformed credential fails immediately."""
    with pytest.raises(ValueError, match="token"):
        simulator.cloudflare.add_token(secret)
    with pytest.raises(ValueError, match="Global API Key"):
        simulator.cloudflare.add_user("someone", KEY)


def test_secrets_are_not_in_the_repr(simulator: Simulator) -> None:
    """Tokens and users do not show their secrets."""
    simulator.cloudflare.add_user(EMAIL, KEY)

    shown = repr((simulator.cloudflare.credentials.tokens, simulator.cloudflare.credentials.users))
    assert TOKEN not in shown
    assert KEY not in shown
