"""The first form: four fields create an entry with its first domain."""

from http import HTTPStatus

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.raindrop import config_flow
from custom_components.raindrop.config import DOMAIN_DEFAULTS
from custom_components.raindrop.const import DOMAIN
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, OLD
from tests.secrets import DNS_TOKEN, EMAIL, GLOBAL_KEY, OLD_TOKEN, TOKEN, UNKNOWN_TOKEN

from .conftest import submit, submit_user_form

GOOD = {"zone": "example.com", "key": TOKEN, "domain": "home.example.com"}


@pytest.mark.parametrize(
    "given, title, domain",
    [
        pytest.param(GOOD, "example.com", "home.example.com", id="full name/kept"),
        pytest.param(GOOD | {"domain": "home"}, "example.com", "home.example.com", id="label"),
        pytest.param(GOOD | {"domain": "@"}, "example.com", "example.com", id="at/zone itself"),
        pytest.param(GOOD | {"domain": "*"}, "example.com", "*.example.com", id="star/wildcard"),
        pytest.param(GOOD | {"zone": ""}, "example.com", "home.example.com", id="no zone/found"),
        pytest.param(
            GOOD | {"key": f" Bearer {TOKEN}\n"}, "example.com", "home.example.com", id="pasted"
        ),
        pytest.param(
            GOOD | {"zone": "Example.COM.", "domain": "HOME.Example.com."},
            "example.com",
            "home.example.com",
            id="capitals/lower case",
        ),
        pytest.param(
            GOOD | {"email": EMAIL}, "example.com", "home.example.com", id="email with token"
        ),
        pytest.param(
            GOOD | {"email": EMAIL, "key": GLOBAL_KEY},
            "example.com",
            "home.example.com",
            id="global key",
        ),
        pytest.param(
            GOOD | {"key": OLD_TOKEN}, "example.com", "home.example.com", id="token of 40"
        ),
    ],
)
async def test_four_fields_and_one_submit_make_an_entry_with_its_first_domain(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    given: dict[str, str],
    title: str,
    domain: str,
) -> None:
    """The form creates the entry of the zone and its first domain, and the record follows."""
    simulator.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    simulator.cloudflare.add_token(OLD_TOKEN)
    result = await submit_user_form(hass, **given)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert (entry.title, entry.unique_id) == (title, zone.id)
    (subentry,) = entry.subentries.values()
    assert (subentry.title, subentry.unique_id) == (domain, f"domain:{domain}")
    assert subentry.data == {"domain": domain, **DOMAIN_DEFAULTS}
    assert entry.state is ConfigEntryState.LOADED
    contents = {r["name"]: r["content"] for r in simulator.cloudflare.records(zone)}
    assert contents[domain] == HOME


async def test_the_form_works_as_the_browser_sends_it(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, simulator: Simulator, zone: Zone
) -> None:
    """Every result of the flow can be sent over HTTP: the form, the error, the entry."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    path = "/api/config/config_entries/flow"
    form = await (await client.post(path, json={"handler": DOMAIN})).json()
    wrong = GOOD | {"key": UNKNOWN_TOKEN}
    error = await (await client.post(f"{path}/{form['flow_id']}", json=wrong)).json()
    assert error["errors"] == {"key": "invalid_auth"}

    response = await client.post(f"{path}/{form['flow_id']}", json=GOOD)
    assert response.status == HTTPStatus.OK
    assert (await response.json())["type"] == "create_entry"
    await hass.async_block_till_done()
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME


async def test_a_token_without_zone_read_works_with_the_zone_id(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """DNS Edit alone is enough where the zone ID and a full name are given."""
    simulator.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    form = await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain="home")
    assert form["errors"] == {"domain": "full_name_needed"}

    result = await submit(hass, form, zone=zone.id, key=DNS_TOKEN, domain="home.example.com")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "home.example.com"
    assert result["data"]["zone_name"] is None
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME


async def test_a_unicode_zone_is_shown_as_typed_and_sent_in_punycode(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Titles are Unicode; the record's name is Punycode."""
    zone = simulator.cloudflare.add_zone("münchen.example")
    simulator.cloudflare.add_token(TOKEN)
    result = await submit_user_form(hass, zone="München.example", key=TOKEN, domain="tür")

    assert result["title"] == "münchen.example"
    assert [s.title for s in result["result"].subentries.values()] == ["tür.münchen.example"]
    records = simulator.cloudflare.records(zone)
    assert [r["name"] for r in records] == ["xn--tr-xka.xn--mnchen-3ya.example"]


async def test_the_same_zone_twice_is_refused(
    hass: HomeAssistant, zone: Zone, entry: object
) -> None:
    """A second domain of a zone belongs to its entry."""
    result = await submit_user_form(hass, **GOOD)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_zone_can_be_set_up_while_the_address_is_unknown(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Without an address nothing is written, and the entry waits for one."""
    simulator.faults.add("ip", kind="status")
    result = await submit_user_form(hass, **GOOD)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED
    assert simulator.cloudflare.records(zone)[0]["content"] == OLD


async def test_a_cname_is_a_conflict_while_the_address_is_unknown(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """No address is needed to see that there can be no A record."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="www", content="example.org")
    simulator.faults.add("ip", kind="status")
    form = await submit_user_form(hass, **GOOD | {"domain": "www"})
    assert form["errors"] == {"domain": "record_cname"}


async def test_an_unexpected_error_is_logged_and_the_next_try_succeeds(
    hass: HomeAssistant,
    zone: Zone,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug shows a message and leaves the form open."""

    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(config_flow, "discover_zone", broken)
        form = await submit_user_form(hass, **GOOD)
    assert form["errors"] == {"base": "unknown"}
    assert "Unexpected error in a flow" in caplog.text

    result = await submit(hass, form, **GOOD)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_entry_whose_set_up_must_be_retried_is_created(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """If the network fails during set-up, the entry exists and retries; no further form opens."""
    hold = simulator.faults.add("cloudflare", "PATCH *", kind="hold")
    submitting = hass.async_create_task(submit_user_form(hass, **GOOD))
    await simulator.log.arrived(1, method="PATCH")
    simulator.faults.add("ip", kind="reset")
    simulator.faults.add("cloudflare", kind="html")
    hold.release()
    result = await submitting
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.SETUP_RETRY
    assert "next_flow" not in result


async def test_a_mistyped_name_creates_no_record_in_a_zone_of_unknown_name(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Without Zone Read a name must share a parent domain with a record of the zone."""
    simulator.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    fields = {"zone": zone.id, "key": DNS_TOKEN, "domain": "home.sample.com"}
    form = await submit_user_form(hass, **fields)
    assert form["errors"] == {"domain": "outside_zone"}
    assert len(simulator.cloudflare.records(zone)) == 1
