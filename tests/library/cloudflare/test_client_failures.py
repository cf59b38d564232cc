"""Cloudflare client: every failure and refusal, and what is logged."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
import logging
import re
from urllib.parse import quote

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import (
    ApiToken,
    Credential,
    GlobalApiKey,
)
from custom_components.raindrop.ddns.errors import (
    CloudflareAuthError,
    CloudflareCaptivePortalError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
    CredentialProblem,
    Permission,
)
from custom_components.raindrop.ddns.models import ZoneId
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.switches import ForeignZone, ScopeDenied
from simulator.faults import Detail
from tests.library.builders import A1, HOME, create, record, record_id, update, zone_id
from tests.library.test_http import related
from tests.secrets import EMAIL, GLOBAL_KEY, TOKEN, UNKNOWN_KEY, UNKNOWN_TOKEN, found_in

type Call = Callable[[CloudflareClient, ZoneId], Awaitable[object]]

CALLS: dict[str, Call] = {
    "zone": lambda client, zone: client.zone(zone),
    "find zone": lambda client, _: client.find_zones(HOME),
    "list": lambda client, zone: client.list_records(zone),
    "batch": lambda client, zone: client.batch(zone, [create("new.example.com", A1)]),
    "create": lambda client, zone: client.create(zone, create("new.example.com", A1)),
    "update": lambda client, zone: client.update(zone, update(record("8.8.8.8"), A1)),
    "delete": lambda client, zone: client.delete(zone, record_id(1)),
    "check edit": lambda client, zone: client.check_edit(zone),
}
REPEATABLE = {"zone", "find zone", "list", "delete"}
FAULTS: dict[str, tuple[str, Detail, type[CloudflareError], int | None]] = {
    "reset/connection": ("reset", {}, CloudflareConnectionError, None),
    "lost answer/connection": ("lost_response", {}, CloudflareConnectionError, None),
    "cut/connection": ("cut", {}, CloudflareConnectionError, None),
    "hang/timeout": ("hang", {}, CloudflareTimeoutError, None),
    "page 502/response": ("html", {}, CloudflareResponseError, 502),
    "page 520/response": ("html", {"status": 520}, CloudflareResponseError, 520),
    "page 403/response": ("html", {"status": 403}, CloudflareResponseError, 403),
    "page 429/limit": ("html", {"status": 429}, CloudflareRateLimitError, 429),
    "page 200/response": ("html", {"status": 200}, CloudflareResponseError, 200),
    "empty 503/response": ("status", {}, CloudflareResponseError, 503),
    "empty 200/response": ("status", {"status": 200}, CloudflareResponseError, 200),
    "garbled/response": ("garbled", {}, CloudflareResponseError, 200),
    "half JSON/response": ("body", {"body": '{"success":tr'}, CloudflareResponseError, 200),
    "no success/response": ("body", {"body": '{"result":[]}'}, CloudflareResponseError, 200),
    "success 500/response": (
        "body",
        {"body": '{"success":true,"result":[]}', "status": 500},
        CloudflareResponseError,
        500,
    ),
    "huge/response": ("huge", {"size": 100_000}, CloudflareResponseError, None),
    "internal error/response": ("error", {}, CloudflareResponseError, 500),
    "limit/limit": ("rate_limit", {"retry_after": 17}, CloudflareRateLimitError, 429),
    "spurious denial/permission": ("spurious_403", {}, CloudflarePermissionError, 403),
    "redirect/portal": (
        "redirect",
        {"url": "http://127.0.0.1:9/"},
        CloudflareCaptivePortalError,
        302,
    ),
    "portal/portal": ("portal", {}, CloudflareCaptivePortalError, 200),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_every_call_fails_the_same_way(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    fault: str,
    call: str,
) -> None:
    """Every call raises the error of the failure at once, without a retry.

    Only aiohttp itself repeats a request on a broken connection, and only for
    idempotent methods.
    """
    kind, detail, error, status = FAULTS[fault]
    client.timeout_s = 0.05 if kind == "hang" else client.timeout_s
    client.max_response_bytes = 50_000
    simulator.faults.add("cloudflare", kind=kind, **detail)

    with pytest.raises(CloudflareError) as caught:
        await CALLS[call](client, zone_id(zone))

    assert type(caught.value) is error
    assert caught.value.status == status
    is_broken, is_repeatable = kind in {"reset", "lost_response"}, call in REPEATABLE
    assert simulator.log.count(service="cloudflare") == (2 if is_broken and is_repeatable else 1)
    if isinstance(caught.value, CloudflareRateLimitError):
        assert caught.value.retry_after_s == (17 if kind == "rate_limit" else 300)


async def test_a_refused_connection_is_a_connection_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A refused connection is a connection error, and the next call works again."""
    simulator.cloudflare.reachable = False

    with pytest.raises(CloudflareConnectionError, match="Could not connect") as caught:
        await client.list_records(zone_id(zone))

    assert type(caught.value) is CloudflareConnectionError
    simulator.cloudflare.reachable = True
    assert len(await client.list_records(zone_id(zone))) == 1


async def test_a_slow_response_is_read(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A response that is late, or comes byte by byte, is read completely."""
    simulator.faults.add("cloudflare", kind="slow", delay=0.02)
    simulator.faults.add("cloudflare", kind="drip", delay=0)

    assert len(await client.list_records(zone_id(zone))) == 1


async def test_s22_a_rate_limit_error_has_the_wait(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S22: over the limit, the error has the wait that Cloudflare asks for."""
    simulator.cloudflare.limiter.enforced = True
    simulator.cloudflare.limiter.quota = 2
    simulator.cloudflare.limiter.clock = lambda: 0.0
    for _ in range(2):
        await client.list_records(zone_id(zone))

    with pytest.raises(CloudflareRateLimitError) as caught:
        await client.list_records(zone_id(zone))

    assert (caught.value.retry_after_s, caught.value.codes) == (300, (971,))


@pytest.mark.parametrize(
    "credential, problem",
    [
        pytest.param(ApiToken(UNKNOWN_TOKEN), CredentialProblem.REFUSED, id="unknown token"),
        pytest.param(ApiToken("short"), CredentialProblem.MALFORMED, id="malformed token"),
        pytest.param(GlobalApiKey(EMAIL, UNKNOWN_KEY), CredentialProblem.REFUSED, id="wrong key"),
        pytest.param(
            GlobalApiKey("a@b.example", GLOBAL_KEY), CredentialProblem.REFUSED, id="wrong email"
        ),
        pytest.param(GlobalApiKey(EMAIL, "short"), CredentialProblem.MALFORMED, id="malformed key"),
        pytest.param(
            GlobalApiKey("me@home", GLOBAL_KEY), CredentialProblem.EMAIL_MALFORMED, id="email"
        ),
    ],
)
@pytest.mark.parametrize("call", CALLS)
async def test_a_wrong_credential_is_an_auth_error_in_every_call(
    simulator: Simulator,
    zone: Zone,
    session: ClientSession,
    credential: Credential,
    problem: CredentialProblem,
    call: str,
) -> None:
    """A credential that Cloudflare does not accept is an auth error with the problem."""
    simulator.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    client = CloudflareClient(session, credential, base_url=simulator.cloudflare.base_url)

    with pytest.raises(CloudflareAuthError) as caught:
        await CALLS[call](client, zone_id(zone))

    assert caught.value.problem is problem


@pytest.mark.parametrize("status", ["disabled", "expired"])
async def test_an_expired_token_is_refused(
    simulator: Simulator, zone: Zone, client: CloudflareClient, status: str
) -> None:
    """An expired, disabled or revoked token is refused like an unknown one."""
    simulator.cloudflare.add_token(TOKEN, status="disabled" if status == "disabled" else "expired")
    with pytest.raises(CloudflareAuthError) as caught:
        await client.list_records(zone_id(zone))
    assert caught.value.problem is CredentialProblem.REFUSED

    simulator.cloudflare.credentials.revoke(TOKEN)
    with pytest.raises(CloudflareAuthError):
        await client.list_records(zone_id(zone))


NEEDS = {
    "zone": Permission.ZONE_READ,
    "find zone": Permission.ZONE_READ,
    "list": Permission.DNS_READ,
    "batch": Permission.DNS_EDIT,
    "create": Permission.DNS_EDIT,
    "update": Permission.DNS_EDIT,
    "delete": Permission.DNS_EDIT,
    "check edit": Permission.DNS_EDIT,
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("denial", ["403/10000", "403/9109"])
async def test_a_denial_names_the_missing_permission(
    simulator: Simulator, zone: Zone, client: CloudflareClient, call: str, denial: ScopeDenied
) -> None:
    """Each call needs one permission, and a denial names it."""
    simulator.cloudflare.add_token(TOKEN, permissions=set())
    simulator.cloudflare.switches.scope_denied = denial

    with pytest.raises(CloudflarePermissionError) as caught:
        await CALLS[call](client, zone_id(zone))

    assert caught.value.missing is NEEDS[call]


async def test_a_token_with_an_address_filter_lacks_the_location(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A token for other IP addresses is a permission error, not an auth error."""
    simulator.cloudflare.add_token(TOKEN, only_from=["192.0.2.0/24"])

    with pytest.raises(CloudflarePermissionError) as caught:
        await client.list_records(zone_id(zone))

    assert caught.value.missing is Permission.LOCATION


@pytest.mark.parametrize(
    "switch, error",
    [
        ("403/10000", CloudflarePermissionError),
        ("403/9109", CloudflarePermissionError),
        ("404/1001", CloudflareNotFoundError),
    ],
)
async def test_a_foreign_zone_is_denied_or_not_found(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    switch: ForeignZone,
    error: type[CloudflareError],
) -> None:
    """A zone of another account, or one that does not exist, is denied or not found."""
    simulator.cloudflare.switches.foreign_zone = switch

    with pytest.raises(error):
        await client.list_records(ZoneId("f" * 32))


async def test_a_malformed_identifier_is_not_found(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A path that Cloudflare cannot route is not found."""
    with pytest.raises(CloudflareNotFoundError):
        await client.list_records(ZoneId("nonsense"))


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(ApiToken(TOKEN), id="token"),
        pytest.param(GlobalApiKey(EMAIL, GLOBAL_KEY), id="key"),
    ],
)
async def test_s18_a_credential_that_cloudflare_repeats_is_redacted(
    simulator: Simulator,
    zone: Zone,
    session: ClientSession,
    caplog: pytest.LogCaptureFixture,
    credential: Credential,
) -> None:
    """Lesson S18: a response that repeats the credential shows it in no error and no log."""
    echo = f"Bad {' and '.join(credential.secrets)}"
    chain = [(2, f"chained {credential.secrets[0]}")]
    simulator.faults.add("cloudflare", kind="error", status=400, code=1, message=echo, chain=chain)
    client = CloudflareClient(session, credential, base_url=simulator.cloudflare.base_url)

    with pytest.raises(CloudflareRefusedError) as caught:
        await client.list_records(zone_id(zone))

    assert str(caught.value).count("***") == len(credential.secrets) + 1
    for error in related(caught.value):
        assert found_in(f"{error}{error!r}{error.args}{vars(error)}") == []
    assert found_in(f"{client!r}{vars(client)}") == []
    assert found_in(caplog.text) == []


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the debug messages of the client."""
    name = CloudflareClient.__module__
    records = [record for record in caplog.records if record.name == name]
    assert {record.levelno for record in records} <= {logging.DEBUG}
    return [record.getMessage() for record in records]


async def test_every_request_is_logged(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The debug log has method, path, status, error codes and duration; no query, no body."""
    client.timeout_s = 0.05

    await client.list_records(zone_id(zone), HOME)
    await client.create(zone_id(zone), create("new.example.com", A1))
    simulator.faults.add("cloudflare", kind="error", status=400, code=1, chain=[(2, "x")], times=1)
    with pytest.raises(CloudflareRefusedError):
        await client.zone(zone_id(zone))
    simulator.faults.add("cloudflare", kind="html", status=502, times=1)
    with pytest.raises(CloudflareResponseError):
        await client.find_zones(HOME)
    simulator.faults.add("cloudflare", kind="hang", times=1)
    with pytest.raises(CloudflareTimeoutError):
        await client.check_edit(zone_id(zone))

    records = f"/zones/{zone.id}/dns_records"
    assert [re.sub(r"\d+\.\d{3} s$", "1.500 s", line) for line in lines(caplog)] == [
        f"GET {records}: HTTP 200, codes [], 1.500 s",
        f"POST {records}: HTTP 200, codes [], 1.500 s",
        f"GET /zones/{zone.id}: HTTP 400, codes [1, 2], 1.500 s",
        "GET /zones: HTTP 502, codes [], 1.500 s",
        f"PATCH {records}/{'0' * 32}: CloudflareTimeoutError, codes [], 1.500 s",
    ]


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(ApiToken(TOKEN), id="token"),
        pytest.param(GlobalApiKey(EMAIL, GLOBAL_KEY), id="key"),
    ],
)
@pytest.mark.parametrize("call", CALLS)
async def test_s18_no_secret_is_logged(
    simulator: Simulator,
    zone: Zone,
    session: ClientSession,
    caplog: pytest.LogCaptureFixture,
    credential: Credential,
    call: str,
) -> None:
    """Lesson S18: the log has no secret, even if a path, a message or a body repeats it."""
    secrets = [spelling for s in credential.secrets for spelling in (s, s.upper(), quote(s))]
    echo = " ".join(secrets)
    client = CloudflareClient(session, credential, base_url=simulator.cloudflare.base_url)
    for status in (200, 400, 403, 429, 500):
        simulator.faults.add("cloudflare", kind="error", status=status, message=echo, times=1)
        with suppress(CloudflareError):
            await CALLS[call](client, ZoneId(quote(echo)))
    simulator.faults.add("cloudflare", kind="html", status=502)
    with suppress(CloudflareError):
        await CALLS[call](client, ZoneId(quote(echo)))

    messages = lines(caplog)
    assert len(messages) >= 6
    for secret in secrets:
        assert not [line for line in messages if secret.lower() in line.lower()]
