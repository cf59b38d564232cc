"""The client: every way in which Cloudflare can fail or refuse."""

from collections.abc import Awaitable, Callable

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns import cloudflare
from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.credential import ApiToken, Credential, GlobalApiKey
from custom_components.raindrop.ddns.errors import (
    CloudflareAuthError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
    CredentialFault,
    Permission,
)
from custom_components.raindrop.ddns.model import ZoneId
from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.switches import ForeignZone, ScopeDenied
from lab.faults import Detail
from tests.secrets import EMAIL, GLOBAL_KEY, TOKEN, UNKNOWN_KEY, UNKNOWN_TOKEN, found_in

from .builders import A1, HOME, create, record, record_id, update, zone_id
from .test_transport import related

type Question = Callable[[CloudflareClient, ZoneId], Awaitable[object]]

QUESTIONS: dict[str, Question] = {
    "zone": lambda client, zone: client.zone(zone),
    "find zone": lambda client, _: client.find_zone(HOME),
    "list": lambda client, zone: client.list_records(zone),
    "batch": lambda client, zone: client.batch(zone, [create("new.example.com", A1)]),
    "create": lambda client, zone: client.create(zone, create("new.example.com", A1)),
    "update": lambda client, zone: client.update(zone, update(record("8.8.8.8"), A1)),
    "delete": lambda client, zone: client.delete(zone, record_id(1)),
    "check edit": lambda client, zone: client.check_edit(zone),
}
HARMLESS = {"zone", "find zone", "list", "delete"}
FAULTS: dict[str, tuple[str, Detail, type[CloudflareError], int | None]] = {
    "reset/connection": ("reset", {}, CloudflareConnectionError, None),
    "lost answer/connection": ("lost_answer", {}, CloudflareConnectionError, None),
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
    "redirect/response": ("redirect", {"url": "http://127.0.0.1:9/"}, CloudflareResponseError, 302),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_every_question_fails_alike(
    lab: Lab,
    zone: Zone,
    client: CloudflareClient,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    question: str,
) -> None:
    """Whatever is asked, a failure is told by its kind, at once and without a second try.

    Only aiohttp itself asks again where a connection breaks, and only for what
    may be asked twice.
    """
    monkeypatch.setattr(cloudflare, "_MAX_ANSWER", 50_000)
    kind, detail, error, status = FAULTS[fault]
    if kind == "hang":
        monkeypatch.setattr(cloudflare, "_TIMEOUT_S", 0.05)
    lab.faults.add("cloudflare", kind=kind, **detail)

    with pytest.raises(CloudflareError) as caught:
        await QUESTIONS[question](client, zone_id(zone))

    assert type(caught.value) is error
    assert caught.value.status == status
    is_broken, is_harmless = kind in {"reset", "lost_answer"}, question in HARMLESS
    assert lab.log.count(service="cloudflare") == (2 if is_broken and is_harmless else 1)
    if isinstance(caught.value, CloudflareRateLimitError):
        assert caught.value.retry_after_s == (17 if kind == "rate_limit" else 300)


async def test_a_closed_door_is_a_failed_connection(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Cloudflare out of reach is told as a connection that failed."""
    lab.cloudflare.reachable = False

    with pytest.raises(CloudflareConnectionError, match="not reached") as caught:
        await client.list_records(zone_id(zone))

    assert type(caught.value) is CloudflareConnectionError
    lab.cloudflare.reachable = True
    assert len(await client.list_records(zone_id(zone))) == 1


async def test_a_slow_answer_is_an_answer(lab: Lab, zone: Zone, client: CloudflareClient) -> None:
    """An answer that takes its time, or comes byte by byte, is read to its end."""
    lab.faults.add("cloudflare", kind="slow", delay=0.02)
    lab.faults.add("cloudflare", kind="drip", delay=0)

    assert len(await client.list_records(zone_id(zone))) == 1


async def test_s22_the_limit_is_told_with_its_wait(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S22: over the limit, Cloudflare says how long to wait, and that is what is told."""
    lab.cloudflare.limiter.enforced = True
    lab.cloudflare.limiter.quota = 2
    lab.cloudflare.limiter.clock = lambda: 0.0
    for _ in range(2):
        await client.list_records(zone_id(zone))

    with pytest.raises(CloudflareRateLimitError) as caught:
        await client.list_records(zone_id(zone))

    assert (caught.value.retry_after_s, caught.value.codes) == (300, (971,))


@pytest.mark.parametrize(
    "credential, fault",
    [
        pytest.param(ApiToken(UNKNOWN_TOKEN), CredentialFault.REFUSED, id="unknown token"),
        pytest.param(ApiToken("short"), CredentialFault.MALFORMED, id="malformed token"),
        pytest.param(GlobalApiKey(EMAIL, UNKNOWN_KEY), CredentialFault.REFUSED, id="wrong key"),
        pytest.param(
            GlobalApiKey("a@b.example", GLOBAL_KEY), CredentialFault.REFUSED, id="wrong email"
        ),
        pytest.param(GlobalApiKey(EMAIL, "short"), CredentialFault.MALFORMED, id="malformed key"),
        pytest.param(
            GlobalApiKey("me@home", GLOBAL_KEY), CredentialFault.EMAIL_MALFORMED, id="email"
        ),
    ],
)
@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_wrong_credential_is_told_wherever_it_is_shown(
    lab: Lab,
    zone: Zone,
    session: ClientSession,
    credential: Credential,
    fault: CredentialFault,
    question: str,
) -> None:
    """A credential that Cloudflare does not take is told as such, with what is wrong with it."""
    lab.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    client = CloudflareClient(session, credential)

    with pytest.raises(CloudflareAuthError) as caught:
        await QUESTIONS[question](client, zone_id(zone))

    assert caught.value.fault is fault


@pytest.mark.parametrize("status", ["disabled", "expired"])
async def test_a_token_past_its_time_is_refused(
    lab: Lab, zone: Zone, client: CloudflareClient, status: str
) -> None:
    """An expired, disabled or revoked token is refused like an unknown one."""
    lab.cloudflare.add_token(TOKEN, status="disabled" if status == "disabled" else "expired")
    with pytest.raises(CloudflareAuthError) as caught:
        await client.list_records(zone_id(zone))
    assert caught.value.fault is CredentialFault.REFUSED

    lab.cloudflare.credentials.revoke(TOKEN)
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


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("denial", ["403/10000", "403/9109"])
async def test_a_denial_names_the_permission_that_was_needed(
    lab: Lab, zone: Zone, client: CloudflareClient, question: str, denial: ScopeDenied
) -> None:
    """Each question knows the permission it needs, and a denial names it."""
    lab.cloudflare.add_token(TOKEN, permissions=set())
    lab.cloudflare.switches.scope_denied = denial

    with pytest.raises(CloudflarePermissionError) as caught:
        await QUESTIONS[question](client, zone_id(zone))

    assert caught.value.missing is NEEDS[question]


async def test_a_token_used_from_elsewhere_says_so(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A token that is bound to another address is not called wrong."""
    lab.cloudflare.add_token(TOKEN, only_from=["192.0.2.0/24"])

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
async def test_a_strange_zone_is_denied_or_not_found(
    lab: Lab,
    zone: Zone,
    client: CloudflareClient,
    switch: ForeignZone,
    error: type[CloudflareError],
) -> None:
    """A zone of somebody else's, or one that is gone, is denied or not found."""
    lab.cloudflare.switches.foreign_zone = switch

    with pytest.raises(error):
        await client.list_records(ZoneId("f" * 32))


async def test_a_malformed_identifier_is_not_found(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """What cannot be routed is not found."""
    with pytest.raises(CloudflareNotFoundError):
        await client.list_records(ZoneId("nonsense"))


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(ApiToken(TOKEN), id="token"),
        pytest.param(GlobalApiKey(EMAIL, GLOBAL_KEY), id="key"),
    ],
)
async def test_s18_a_credential_that_cloudflare_repeats_is_hidden(
    lab: Lab,
    zone: Zone,
    session: ClientSession,
    caplog: pytest.LogCaptureFixture,
    credential: Credential,
) -> None:
    """Lesson S18: an answer that repeats the credential is told without it, in error and log."""
    echo = f"Bad {' and '.join(credential.secrets)}"
    chain = [(2, f"chained {credential.secrets[0]}")]
    lab.faults.add("cloudflare", kind="error", status=400, code=1, message=echo, chain=chain)
    client = CloudflareClient(session, credential)

    with pytest.raises(CloudflareRefusedError) as caught:
        await client.list_records(zone_id(zone))

    assert str(caught.value).count("***") == len(credential.secrets) + 1
    for error in related(caught.value):
        assert found_in(f"{error}{error!r}{error.args}{vars(error)}") == []
    assert found_in(f"{client!r}{vars(client)}") == []
    assert found_in(caplog.text) == []
