"""Cloudflare client: base URL, credentials, zones, rate limit and redirects."""

from datetime import UTC, datetime
from typing import get_args

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import (
    BASE_URL,
    CloudflareClient,
    check_base_url,
)
from custom_components.raindrop.ddns.cloudflare.codec import RateLimit
from custom_components.raindrop.ddns.cloudflare.credentials import (
    ApiToken,
    Credential,
    GlobalApiKey,
)
from custom_components.raindrop.ddns.errors import (
    BaseUrlError,
    CloudflareAuthError,
    CloudflareConnectionError,
    CloudflareResponseError,
)
from custom_components.raindrop.ddns.models import HostName
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import Owner
from simulator.cloudflare.plans import PlanName
from simulator.cloudflare.switches import ZoneNameForms
from tests.library.builders import zone_id
from tests.library.raw_server import raw_server, response
from tests.library.test_http import related
from tests.secrets import DNS_TOKEN, EMAIL, GLOBAL_KEY, OLD_TOKEN, TOKEN

IDN = HostName("xn--mnchen-3ya.example")


@pytest.mark.parametrize(
    "url, checked",
    [
        pytest.param(BASE_URL, BASE_URL, id="Cloudflare"),
        pytest.param("https://relay.example/v4/", "https://relay.example/v4", id="HTTPS"),
        pytest.param("http://127.0.0.1:80/v4", "http://127.0.0.1:80/v4", id="loopback"),
        pytest.param("http://[::1]:80", "http://[::1]:80", id="loopback v6"),
        pytest.param("http://localhost", "http://localhost", id="localhost"),
    ],
)
async def test_the_base_url_is_a_parameter(session: ClientSession, url: str, checked: str) -> None:
    """A client can use another server, such as a relay or a simulator."""
    assert check_base_url(url) == checked
    assert CloudflareClient(session, ApiToken(TOKEN), base_url=url).base_url == checked
    default = CloudflareClient(session, ApiToken(TOKEN)).base_url
    assert default == BASE_URL == "https://api.cloudflare.com/client/v4"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://api.cloudflare.com/client/v4", id="plain HTTP"),
        pytest.param("http://192.168.1.1", id="plain HTTP at home"),
        pytest.param("http://127.0.0.1.example", id="loopback in a name"),
        pytest.param("http://127.0.0.1@relay.example", id="loopback as a user"),
        pytest.param("ftp://127.0.0.1", id="another protocol"),
        pytest.param("api.cloudflare.com", id="no protocol"),
        pytest.param("https://", id="no host"),
        pytest.param("https:///client/v4", id="no host, path"),
        pytest.param("https://[::1", id="open bracket"),
        pytest.param("nonsense", id="nonsense"),
        pytest.param("", id="empty"),
    ],
)
async def test_a_credential_is_not_sent_over_plain_http(session: ClientSession, url: str) -> None:
    """No client is created for a URL to which a credential must not be sent."""
    with pytest.raises(BaseUrlError, match="must be HTTPS"):
        CloudflareClient(session, ApiToken(TOKEN), base_url=url)


async def test_the_error_of_a_base_url_does_not_quote_it(session: ClientSession) -> None:
    """A URL may contain a password, so its error does not contain the URL."""
    for url in ("http://me:hunter2@relay.example", "http://me:hunter2@[relay"):
        with pytest.raises(BaseUrlError) as caught:
            check_base_url(url)
        assert not [error for error in related(caught.value) if "hunter2" in f"{error!r}"]


async def test_the_user_agent_is_a_parameter(session: ClientSession) -> None:
    """A program that uses the library identifies itself."""
    body = b'{"success":true,"result":[]}'
    async with raw_server(response(body)) as server:
        client = CloudflareClient(session, ApiToken(TOKEN), base_url=server.origin)
        await client.find_zones(HostName("example.com"))
        client = CloudflareClient(
            session, ApiToken(TOKEN), base_url=server.origin, user_agent="another/1.0"
        )
        await client.find_zones(HostName("example.com"))

    agents = [
        line
        for request in server.received
        for line in request.decode().split("\r\n")
        if line.startswith("User-Agent")
    ]
    assert agents == ["User-Agent: Raindrop (Home Assistant)", "User-Agent: another/1.0"]


@pytest.mark.parametrize(
    "credential, kind",
    [
        pytest.param(ApiToken(TOKEN), "ApiToken", id="token"),
        pytest.param(GlobalApiKey(EMAIL, GLOBAL_KEY), "GlobalApiKey", id="key"),
    ],
)
async def test_s18_a_client_shows_only_the_kind_of_its_credential(
    session: ClientSession, credential: Credential, kind: str
) -> None:
    """Lesson S18: diagnostics show whether it is a token or a key, and never its value."""
    assert CloudflareClient(session, credential).credential_kind == kind


@pytest.mark.parametrize(
    "credential, auth",
    [
        pytest.param(ApiToken(TOKEN), "token", id="user's token"),
        pytest.param(ApiToken(OLD_TOKEN), "token", id="old token"),
        pytest.param(ApiToken(DNS_TOKEN), "token", id="account's token"),
        pytest.param(GlobalApiKey(EMAIL, GLOBAL_KEY), "key", id="Global API Key"),
    ],
)
async def test_both_kinds_of_credential_work(
    simulator: Simulator, session: ClientSession, credential: Credential, auth: str
) -> None:
    """Tokens of a user or an account work, and so does a Global API Key."""
    zone = simulator.cloudflare.add_zone("example.com")
    simulator.cloudflare.add_token(TOKEN)
    simulator.cloudflare.add_token(OLD_TOKEN)
    simulator.cloudflare.add_token(DNS_TOKEN, owner="account")
    simulator.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    client = CloudflareClient(session, credential, base_url=simulator.cloudflare.base_url)

    (found,) = await client.find_zones(HostName("example.com"))

    assert found == await client.zone(zone_id(zone))
    assert (found.id, found.name) == (zone.id, "example.com")
    assert {entry.auth for entry in simulator.log.entries} == {auth}
    assert simulator.log.surprises == []


@pytest.mark.parametrize(
    "plan, is_paid",
    [
        pytest.param("free", False, id="free/small batches"),
        pytest.param("pro", True, id="pro/large batches"),
        pytest.param("enterprise", True, id="enterprise/large batches"),
    ],
)
async def test_a_zone_has_its_plan(
    *, simulator: Simulator, zone: Zone, client: CloudflareClient, plan: PlanName, is_paid: bool
) -> None:
    """A zone is known to be on a paid plan, which allows larger batches."""
    other = simulator.cloudflare.add_zone("paid.example", plan=plan)

    assert (await client.zone(zone_id(other))).is_paid is is_paid


@pytest.mark.parametrize("forms", get_args(ZoneNameForms.__value__))
async def test_s21_an_international_zone_is_found(
    simulator: Simulator, zone: Zone, client: CloudflareClient, forms: ZoneNameForms
) -> None:
    """Lesson S21: a zone is found whether the filter takes Punycode or Unicode."""
    idn = simulator.cloudflare.add_zone("münchen.example")
    simulator.cloudflare.switches.zone_name_forms = forms

    (found,) = await client.find_zones(IDN)

    assert (found.id, found.name) == (idn.id, IDN)
    queries = [entry.target.rpartition("?")[2] for entry in simulator.log.entries]
    expected = [f"name={IDN}", "name=m%C3%BCnchen.example"]
    assert queries == (expected if forms == "unicode" else expected[:1])


async def test_an_unknown_zone_is_not_found(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A name without a zone gives none, after one request for an ASCII name."""
    simulator.cloudflare.add_zone("foreign.example", account="Another")

    assert await client.find_zones(HostName("foreign.example")) == []
    assert await client.find_zones(HostName("home.example.com")) == []
    assert simulator.log.count(service="cloudflare") == 2
    assert await client.find_zones(IDN) == []
    assert simulator.log.count(service="cloudflare") == 4


async def test_a_zone_must_have_the_requested_name(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Other zones in the response are ignored."""
    body = (
        '{"success":true,"result":[{"id":"' + "a" * 32 + '","name":"notexample.com"},'
        '{"id":"' + "b" * 32 + '","name":"example.com"}]}'
    )
    simulator.faults.add("cloudflare", "GET /zones", kind="body", body=body)

    (found,) = await client.find_zones(HostName("example.com"))

    assert found.id == "b" * 32
    assert await client.find_zones(HostName("other.example")) == []


async def test_null_instead_of_zones_is_no_zone(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A null result means that the credential sees no zone."""
    simulator.faults.add(
        "cloudflare", "GET /zones", kind="body", body='{"success":true,"result":null}'
    )

    assert await client.find_zones(HostName("example.com")) == []


async def test_s22_the_rate_limit_is_kept(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S22: the client keeps the last rate limit, also after a response without one."""
    simulator.cloudflare.limiter.clock = lambda: 0.0
    assert client.rate_limit is None

    await client.zone(zone_id(zone))
    assert client.rate_limit == RateLimit(remaining=1199, reset_s=300)

    for kind in ("reset", "html"):
        simulator.faults.clear()
        simulator.faults.add("cloudflare", kind=kind)
        with pytest.raises((CloudflareConnectionError, CloudflareResponseError)):
            await client.list_records(zone_id(zone), HostName("home.example.com"))
        assert client.rate_limit == RateLimit(remaining=1199, reset_s=300)

    simulator.faults.clear()
    await client.list_records(zone_id(zone), HostName("home.example.com"))
    assert client.rate_limit == RateLimit(remaining=1198, reset_s=300)


async def test_s18_a_redirect_does_not_get_the_credential(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S18: the target of a redirect gets no request, and so no credential."""
    async with raw_server(response(b"{}")) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            simulator.faults.clear()
            simulator.faults.add("cloudflare", kind="redirect", url=elsewhere.origin, status=status)
            with pytest.raises(CloudflareResponseError) as caught:
                await client.list_records(zone_id(zone))
            assert caught.value.status == status

    assert elsewhere.received == []
    assert simulator.log.count(service="cloudflare") == 5


@pytest.mark.parametrize("owner", ["user", "account"])
@pytest.mark.parametrize("expires_on", [None, "2027-03-04T05:06:07Z"])
async def test_the_expiry_of_a_token_is_found_at_its_owner(
    simulator: Simulator, session: ClientSession, zone: Zone, owner: Owner, expires_on: str | None
) -> None:
    """A token without any permission may ask; the other owner does not know the token."""
    simulator.cloudflare.add_token(TOKEN, owner=owner, permissions=(), expires_on=expires_on)
    client = CloudflareClient(session, ApiToken(TOKEN), base_url=simulator.cloudflare.base_url)
    owners = {"user": None, "account": zone.account.id}
    expected = expires_on and datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert await client.token_expiry(owners.pop(owner)) == expected
    with pytest.raises(CloudflareAuthError):
        await client.token_expiry(*owners.values())
