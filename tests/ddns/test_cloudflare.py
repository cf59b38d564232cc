"""The client: where it asks, with what, and how it finds a zone."""

from typing import get_args

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns import cloudflare
from custom_components.raindrop.ddns.cloudflare import CloudflareClient, base_url
from custom_components.raindrop.ddns.credential import ApiToken, Credential, GlobalApiKey
from custom_components.raindrop.ddns.errors import (
    CloudflareConnectionError,
    CloudflareResponseError,
)
from custom_components.raindrop.ddns.model import HostName
from custom_components.raindrop.ddns.wire import RateLimit
from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.plans import PlanName
from lab.cloudflare.switches import ZoneNameForms
from tests.secrets import DNS_TOKEN, EMAIL, GLOBAL_KEY, OLD_TOKEN, TOKEN

from .builders import zone_id
from .raw import answer, raw_server

IDN = HostName("xn--mnchen-3ya.example")


@pytest.mark.parametrize(
    "variable, url",
    [
        pytest.param(None, cloudflare.BASE_URL, id="unset/Cloudflare"),
        pytest.param("", cloudflare.BASE_URL, id="empty/Cloudflare"),
        pytest.param("https://relay.example/v4/", "https://relay.example/v4", id="https/there"),
        pytest.param("http://127.0.0.1:80/v4", "http://127.0.0.1:80/v4", id="loopback/there"),
        pytest.param("http://[::1]:80", "http://[::1]:80", id="loopback v6/there"),
        pytest.param("http://localhost", "http://localhost", id="localhost/there"),
    ],
)
def test_the_environment_may_point_elsewhere(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, url: str
) -> None:
    """The variable of Cloudflare's own SDKs moves the API, for tests and for relays."""
    monkeypatch.delenv("CLOUDFLARE_BASE_URL", raising=False)
    if variable is not None:
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", variable)

    assert base_url() == url
    assert cloudflare.BASE_URL == "https://api.cloudflare.com/client/v4"


@pytest.mark.parametrize(
    "variable",
    [
        pytest.param("http://api.cloudflare.com/client/v4", id="plain HTTP"),
        pytest.param("http://192.168.1.1", id="plain HTTP at home"),
        pytest.param("http://127.0.0.1.example", id="loopback in a name"),
        pytest.param("http://127.0.0.1@relay.example", id="loopback as a user"),
        pytest.param("ftp://127.0.0.1", id="another protocol"),
        pytest.param("api.cloudflare.com", id="no protocol"),
        pytest.param("https://", id="no host"),
        pytest.param("https:///client/v4", id="no host, path"),
        pytest.param("nonsense", id="nonsense"),
    ],
)
async def test_a_credential_does_not_travel_in_the_open(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """No client is built for an address to which a credential must not travel."""
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", variable)

    with pytest.raises(ValueError, match="CLOUDFLARE_BASE_URL must be an https address"):
        CloudflareClient(session, ApiToken(TOKEN))


@pytest.mark.parametrize(
    "credential, kind",
    [
        pytest.param(ApiToken(TOKEN), "ApiToken", id="token"),
        pytest.param(GlobalApiKey(EMAIL, GLOBAL_KEY), "GlobalApiKey", id="key"),
    ],
)
def test_s18_a_client_tells_only_the_kind_of_its_credential(
    lab: Lab, session: ClientSession, credential: Credential, kind: str
) -> None:
    """Lesson S18: diagnostics say whether a token or a key is used, and never which."""
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
async def test_both_kinds_of_credential_open_the_zone(
    lab: Lab, session: ClientSession, credential: Credential, auth: str
) -> None:
    """A token of a user or of an account works, and so does a Global API Key."""
    zone = lab.cloudflare.add_zone("example.com")
    lab.cloudflare.add_token(TOKEN)
    lab.cloudflare.add_token(OLD_TOKEN)
    lab.cloudflare.add_token(DNS_TOKEN, owner="account")
    lab.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    client = CloudflareClient(session, credential)

    found = await client.find_zone(HostName("example.com"))

    assert found == await client.zone(zone_id(zone))
    assert (found.id, found.name) == (zone.id, "example.com")
    assert {entry.auth for entry in lab.log.entries} == {auth}
    assert lab.log.surprises == []


@pytest.mark.parametrize(
    "plan,is_paid",
    [
        pytest.param("free", False, id="free/small batches"),
        pytest.param("pro", True, id="pro/large batches"),
        pytest.param("enterprise", True, id="enterprise/large batches"),
    ],
)
async def test_a_zone_tells_whether_it_is_paid_for(
    *, lab: Lab, zone: Zone, client: CloudflareClient, plan: PlanName, is_paid: bool
) -> None:
    """The plan of a zone decides how much fits in one batch."""
    other = lab.cloudflare.add_zone("paid.example", plan=plan)

    assert (await client.zone(zone_id(other))).is_paid is is_paid


@pytest.mark.parametrize("forms", get_args(ZoneNameForms.__value__))
async def test_s21_an_international_zone_is_found_in_either_form(
    lab: Lab, zone: Zone, client: CloudflareClient, forms: ZoneNameForms
) -> None:
    """Lesson S21: a zone is found whether the filter takes Punycode or Unicode."""
    idn = lab.cloudflare.add_zone("münchen.example")
    lab.cloudflare.switches.zone_name_forms = forms

    found = await client.find_zone(IDN)

    assert found is not None
    assert (found.id, found.name) == (idn.id, IDN)
    asked = [entry.target.rpartition("?")[2] for entry in lab.log.entries]
    expected = [f"name={IDN}", "name=m%C3%BCnchen.example"]
    assert asked == (expected if forms == "unicode" else expected[:1])


async def test_a_zone_that_is_not_seen_is_none(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A name that no zone of the credential has gives none, after one question for a plain name."""
    lab.cloudflare.add_zone("stranger.example", account="Somebody")

    assert await client.find_zone(HostName("stranger.example")) is None
    assert await client.find_zone(HostName("home.example.com")) is None
    assert lab.log.count(service="cloudflare") == 2
    assert await client.find_zone(IDN) is None
    assert lab.log.count(service="cloudflare") == 4


async def test_a_zone_is_taken_for_its_very_name_only(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Zones that merely come along in a list are not taken for the one that was asked for."""
    body = (
        '{"success":true,"result":[{"id":"' + "a" * 32 + '","name":"notexample.com"},'
        '{"id":"' + "b" * 32 + '","name":"example.com"}]}'
    )
    lab.faults.add("cloudflare", "GET /zones", kind="body", body=body)

    found = await client.find_zone(HostName("example.com"))

    assert found is not None
    assert found.id == "b" * 32
    assert await client.find_zone(HostName("other.example")) is None


async def test_no_list_of_zones_is_no_zone(lab: Lab, zone: Zone, client: CloudflareClient) -> None:
    """A null where the zones should be means that none is seen."""
    lab.faults.add("cloudflare", "GET /zones", kind="body", body='{"success":true,"result":null}')

    assert await client.find_zone(HostName("example.com")) is None


async def test_s22_what_is_left_of_the_limit_is_remembered(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S22: the client knows what it may still ask, also after an answer without it."""
    lab.cloudflare.limiter.clock = lambda: 0.0
    assert client.rate_limit is None

    await client.zone(zone_id(zone))
    assert client.rate_limit == RateLimit(remaining=1199, reset_s=300)

    for kind in ("reset", "html"):
        lab.faults.clear()
        lab.faults.add("cloudflare", kind=kind)
        with pytest.raises((CloudflareConnectionError, CloudflareResponseError)):
            await client.list_records(zone_id(zone), HostName("home.example.com"))
        assert client.rate_limit == RateLimit(remaining=1199, reset_s=300)

    lab.faults.clear()
    await client.list_records(zone_id(zone), HostName("home.example.com"))
    assert client.rate_limit == RateLimit(remaining=1198, reset_s=300)


async def test_s18_a_redirect_takes_the_credential_nowhere(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S18: a host to which Cloudflare's answer points is not asked, so it learns nothing."""
    async with raw_server(answer(b"{}")) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            lab.faults.clear()
            lab.faults.add("cloudflare", kind="redirect", url=elsewhere.origin, status=status)
            with pytest.raises(CloudflareResponseError) as caught:
                await client.list_records(zone_id(zone))
            assert caught.value.status == status

    assert elsewhere.heard == []
    assert lab.log.count(service="cloudflare") == 5
