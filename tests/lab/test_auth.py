"""Credentials: what each kind of wrong one is answered."""

from collections.abc import Mapping

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, AuthenticationError, PermissionDeniedError
import pytest

from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.auth import Permission, Status
from lab.cloudflare.switches import ForeignZone, NoCredentials, ScopeDenied

from .conftest import EMAIL, KEY, TOKEN

UNKNOWN_TOKEN = "u" * 40
ABSENT = "0" * 32


async def ask(
    lab: Lab, path: str, headers: Mapping[str, str], method: str = "GET", body: object = None
) -> tuple[int, list[tuple[int, str]]]:
    """Return status and errors that a request with these headers gets."""
    async with (
        ClientSession() as session,
        session.request(
            method, lab.cloudflare.base_url + path, headers=headers, json=body
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
    """Return the header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def global_key(email: str = EMAIL, key: str = KEY) -> dict[str, str]:
    """Return the headers that show a Global API Key."""
    return {"X-Auth-Email": email, "X-Auth-Key": key}


@pytest.mark.parametrize(
    "headers,status,error",
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
async def test_a_wrong_credential_is_told_apart(
    lab: Lab, zone: Zone, headers: dict[str, str], status: int, error: tuple[int, str]
) -> None:
    """A malformed credential is 400 with its reason in the chain, an unknown one 403."""
    lab.cloudflare.add_user(EMAIL, KEY)

    for path in ("/zones", f"/zones/{zone.id}/dns_records"):
        assert await ask(lab, path, headers) == (status, [error])


@pytest.mark.parametrize(
    "switch,answer", [("400/9106", (400, [9106])), ("403/9106", (403, [9106, 9107]))]
)
async def test_no_credential_at_all_depends_on_a_switch(
    lab: Lab, switch: NoCredentials, answer: tuple[int, list[int]]
) -> None:
    """Two answers are known of a request that shows nothing."""
    lab.cloudflare.switches.no_credentials = switch

    status, errors = await ask(lab, "/zones", {})

    assert (status, [code for code, _ in errors]) == answer
    assert lab.log.entries[0].auth == "none"


async def test_the_error_envelope_hides_the_reason_in_a_chain(
    lab: Lab, session: ClientSession
) -> None:
    """The key order and the chain are those of captured answers."""
    async with session.get("zones", headers=bearer("short")) as response:
        assert await response.text() == (
            '{"success":false,"errors":[{"code":6003,"message":"Invalid request headers",'
            '"error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]}],'
            '"messages":[],"result":null}'
        )
    assert "short" not in repr(lab.log.entries)


@pytest.mark.parametrize(
    "token",
    ["A-_" + "9" * 37, "cfut_" + "a" * 48, "cfat_" + "a" * 40],
    ids=["old", "user", "account"],
)
async def test_tokens_of_every_format_work(lab: Lab, zone: Zone, token: str) -> None:
    """Tokens from before 2026 have forty characters, newer ones a prefix and a checksum."""
    lab.cloudflare.add_token(token, owner="account" if token.startswith("cfat") else "user")

    assert await ask(lab, f"/zones/{zone.id}", bearer(token)) == (200, [])


async def test_the_global_api_key_may_do_everything(lab: Lab, zone: Zone) -> None:
    """With e-mail and key the SDK lists zones and records alike."""
    lab.cloudflare.add_user(EMAIL, KEY)
    async with AsyncCloudflare(
        api_email=EMAIL, api_key=KEY, base_url=lab.cloudflare.base_url, max_retries=0
    ) as client:
        assert [found.id async for found in client.zones.list()] == [zone.id]
        assert (await client.dns.records.list(zone_id=zone.id)).result == []
    assert {entry.auth for entry in lab.log.entries} == {"key"}


@pytest.mark.parametrize("status", ["disabled", "expired"])
async def test_a_token_that_is_not_active_is_as_good_as_unknown(
    lab: Lab, client: AsyncCloudflare, status: Status
) -> None:
    """A token that was disabled or has run out is 403/9109, yet verify still names its state."""
    lab.cloudflare.add_token(TOKEN, status=status, expires_on="2026-11-01T00:00:00Z")

    with pytest.raises(PermissionDeniedError) as caught:
        await client.zones.list()
    assert [error.code for error in caught.value.errors] == [9109]
    verified = await client.user.tokens.verify()
    assert verified is not None
    assert verified.status == status
    assert verified.expires_on is not None


async def test_a_revoked_token_is_unknown(lab: Lab, client: AsyncCloudflare) -> None:
    """A revoked token is refused at once."""
    lab.cloudflare.credentials.revoke(TOKEN)

    with pytest.raises(PermissionDeniedError):
        await client.zones.list()


async def test_a_token_bound_to_an_address_fails_when_the_address_changes(
    lab: Lab, client: AsyncCloudflare
) -> None:
    """A token with an IP filter stops working exactly when a dynamic address changes."""
    lab.cloudflare.add_token(TOKEN, only_from=["81.2.69.142/32"])
    assert (await client.zones.list()).result == []

    lab.ip.set_address("81.2.69.143")

    for request in (client.zones.list, client.user.tokens.verify):
        with pytest.raises(PermissionDeniedError) as caught:
            await request()
        assert [(error.code, error.message) for error in caught.value.errors] == [
            (9109, "Cannot use the access token from location: 81.2.69.143")
        ]


@pytest.mark.parametrize(
    "permissions,allowed",
    [
        ({"dns:edit"}, {"list", "create"}),
        ({"dns:read"}, {"list"}),
        ({"zone:read"}, {"zone"}),
        ({"dns:read", "zone:read"}, {"zone", "list"}),
        (set[Permission](), set[str]()),
    ],
)
@pytest.mark.parametrize("denied", ["403/10000", "403/9109"])
async def test_a_permission_opens_its_own_doors_only(
    lab: Lab,
    zone: Zone,
    permissions: set[Permission],
    allowed: set[str],
    denied: ScopeDenied,
) -> None:
    """To edit DNS is also to read it; without a permission two answers are known."""
    lab.cloudflare.add_token(TOKEN, permissions=permissions)
    lab.cloudflare.switches.scope_denied = denied
    record = {"type": "A", "name": "home", "content": "192.0.2.1"}
    doors: dict[str, tuple[str, str, object]] = {
        "zone": ("GET", f"/zones/{zone.id}", None),
        "list": ("GET", f"/zones/{zone.id}/dns_records", None),
        "create": ("POST", f"/zones/{zone.id}/dns_records", record),
    }

    answers = {
        name: await ask(lab, path, bearer(TOKEN), method, body)
        for name, (method, path, body) in doors.items()
    }

    opened = {name for name, (status, _) in answers.items() if status == 200}
    refused = {f"{status}/{code}" for status, errors in answers.values() for code, _ in errors}
    assert refused <= {denied}
    assert opened == allowed


@pytest.mark.parametrize(
    "switch,answer",
    [
        ("403/10000", (403, [(10000, "Authentication error")])),
        ("403/9109", (403, [(9109, "Unauthorized to access requested resource")])),
        ("404/1001", (404, [(1001, "Invalid zone identifier")])),
    ],
)
async def test_a_foreign_zone_depends_on_a_switch(
    lab: Lab, switch: ForeignZone, answer: tuple[int, list[tuple[int, str]]]
) -> None:
    """A zone of somebody else and one that never was answer alike, in one of three ways."""
    foreign = lab.cloudflare.add_zone("foreign.example", account="Somebody")
    lab.cloudflare.switches.foreign_zone = switch

    assert await ask(lab, f"/zones/{foreign.id}/dns_records", bearer(TOKEN)) == answer
    assert await ask(lab, f"/zones/{ABSENT}", bearer(TOKEN)) == answer


async def test_a_token_sees_only_the_zones_of_its_scope(
    lab: Lab, zone: Zone, client: AsyncCloudflare
) -> None:
    """A token for one zone does not list another, nor read its records."""
    other = lab.cloudflare.add_zone("other.example")
    lab.cloudflare.add_token(TOKEN, zones=["example.com"])

    assert [found.id async for found in client.zones.list()] == [zone.id]
    assert [found async for found in client.zones.list(name="other.example")] == []
    with pytest.raises(PermissionDeniedError):
        await client.dns.records.list(zone_id=other.id)


async def test_a_user_token_is_verified_by_the_user(client: AsyncCloudflare) -> None:
    """An active token of a user is found valid, which the SDK reads."""
    verified = await client.user.tokens.verify()

    assert verified is not None
    assert verified.status == "active"


async def test_an_account_token_is_verified_by_its_account_alone(
    lab: Lab, zone: Zone, client: AsyncCloudflare
) -> None:
    """The user's endpoint calls a valid token of an account invalid."""
    lab.cloudflare.add_token(TOKEN, owner="account")

    with pytest.raises(AuthenticationError) as caught:
        await client.user.tokens.verify()
    assert [(error.code, error.message) for error in caught.value.errors] == [
        (1000, "Invalid API Token")
    ]
    verified = await client.accounts.tokens.verify(account_id=zone.account.id)
    assert verified is not None
    assert verified.status == "active"


@pytest.mark.parametrize(
    "path,headers,status,code",
    [
        ("/user/tokens/verify", bearer(UNKNOWN_TOKEN), 401, 1000),
        ("/user/tokens/verify", bearer("short"), 400, 6111),
        ("/user/tokens/verify", global_key(), 400, 1001),
        (f"/accounts/{ABSENT}/tokens/verify", bearer(UNKNOWN_TOKEN), 401, 1000),
        (f"/accounts/{ABSENT}/tokens/verify", bearer(TOKEN), 401, 1000),
        (f"/accounts/{ABSENT}/tokens/verify", bearer("short"), 400, 9106),
    ],
)
async def test_verifying_has_answers_of_its_own(
    lab: Lab, path: str, headers: dict[str, str], status: int, code: int
) -> None:
    """The same bad token is 400, 401 or 403, depending on where it is shown."""
    found, errors = await ask(lab, path, headers)

    assert (found, [code for code, _ in errors]) == (status, [code])


@pytest.mark.parametrize(
    "method,path,status,codes",
    [
        ("GET", "/zones/example.com/dns_records", 400, [7003]),
        ("GET", f"/zones/{ABSENT}/dns_records/7", 400, [7003]),
        ("GET", "/zone", 400, [7003, 7000]),
        ("GET", "/../v3/zones", 400, [7003, 7000]),
        ("PUT", f"/zones/{ABSENT}/dns_records", 405, [10405]),
        ("PATCH", f"/zones/{ABSENT}/dns_records/", 405, [10405]),
        ("DELETE", "/zones", 405, [10405]),
    ],
)
async def test_a_path_that_leads_nowhere_is_refused(
    lab: Lab, method: str, path: str, status: int, codes: list[int]
) -> None:
    """A malformed identifier, an unknown path and a wrong method each have their code."""
    found, errors = await ask(lab, path, bearer(TOKEN), method)

    assert (found, [code for code, _ in errors]) == (status, codes)


@pytest.mark.parametrize(
    "body,headers,code",
    [
        (b"{", {"Content-Type": "application/json"}, 6007),
        (b"[]", {"Content-Type": "application/json; charset=utf-8"}, 6007),
        (b"{}", {"Content-Type": "text/plain"}, 6003),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    zone: Zone, session: ClientSession, body: bytes, headers: dict[str, str], code: int
) -> None:
    """Broken JSON, a list, or an undeclared body is an error, not an empty record."""
    url = f"zones/{zone.id}/dns_records"
    async with session.post(url, data=body, headers=headers) as response:
        assert response.status == 400
        assert [error["code"] for error in (await response.json())["errors"]] == [code]


@pytest.mark.parametrize("secret", ["short", KEY, "cfut_short"])
def test_a_credential_that_cannot_be_is_not_made(lab: Lab, secret: str) -> None:
    """A test that invents an impossible credential learns it at once."""
    with pytest.raises(ValueError, match="token"):
        lab.cloudflare.add_token(secret)
    with pytest.raises(ValueError, match="Global API Key"):
        lab.cloudflare.add_user("someone", KEY)


def test_a_secret_is_never_shown(lab: Lab) -> None:
    """Neither tokens nor users show their secret."""
    lab.cloudflare.add_user(EMAIL, KEY)

    shown = repr((lab.cloudflare.credentials.tokens, lab.cloudflare.credentials.users))
    assert TOKEN not in shown
    assert KEY not in shown
