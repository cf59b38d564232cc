"""The first form: four fields create an entry with its first domain."""

from http import HTTPStatus

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.raindrop import config_flow, ddns
from custom_components.raindrop.config import DOMAIN_DEFAULTS
from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns.detection import hedged
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, OLD
from tests.secrets import DNS_TOKEN, EMAIL, GLOBAL_KEY, OLD_TOKEN, TOKEN, UNKNOWN_TOKEN

from .conftest import submit, submit_form, submit_user_form, typed

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
            GOOD
            | {"zone": "https://example.com/", "domain": "https://home.example.com:8123/lovelace"},
            "example.com",
            "home.example.com",
            id="pasted URLs/host",
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

    choice = await (await client.post(f"{path}/{form['flow_id']}", json=GOOD)).json()
    assert choice["step_id"] == "families"
    response = await client.post(f"{path}/{form['flow_id']}", json={"families": ["ipv4"]})
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


async def test_a_domain_of_a_zone_that_is_set_up_is_added_to_it(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The same form goes on; only a domain that is there already is an error, at its field."""
    form = await submit_user_form(hass, **GOOD)
    assert form["errors"] == {"domain": "already_configured"}
    result = await submit(hass, form, **GOOD | {"domain": "door"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "added")
    names = {"domain": "door.example.com", "zone": "example.com"}
    assert result["description_placeholders"] == names
    assert hass.config_entries.async_entries(DOMAIN) == [entry]
    added = [s for s in entry.subentries.values() if s.title == "door.example.com"]
    assert [s.data for s in added] == [{"domain": "door.example.com", **DOMAIN_DEFAULTS}]
    contents = {r["name"]: r["content"] for r in simulator.cloudflare.records(zone)}
    assert contents["door.example.com"] == HOME


async def test_a_domain_added_with_another_token_does_not_change_that_of_its_zone(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The zone keeps its token, and the form says so."""
    simulator.cloudflare.add_token(OLD_TOKEN)
    form = await submit_user_form(hass, **GOOD | {"key": OLD_TOKEN, "domain": "door"})
    assert (form["type"], form["reason"]) == (FlowResultType.ABORT, "added_other_credential")
    assert "door.example.com" in [subentry.title for subentry in entry.subentries.values()]
    assert entry.data["key"] == TOKEN


async def test_one_of_several_records_is_chosen_in_the_form(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The form lists the records; the one that is chosen is updated, the others stay."""
    other = simulator.cloudflare.add_record(zone, type="A", name="home", content="81.2.69.150")
    form = await submit_user_form(hass, **GOOD)
    assert form["errors"] == {"domain": "record_ambiguous"}
    schema = form["data_schema"]
    assert schema is not None
    options = schema.schema["ipv4_record"].config["options"]
    assert [o["label"] for o in options] == [f"{OLD} (front door)", "81.2.69.150"]

    result = await submit(hass, form, **GOOD | {"ipv4_record": other["id"]})
    (subentry,) = result["result"].subentries.values()
    assert subentry.data["records"] == {"ipv4": other["id"]}
    assert [r["content"] for r in simulator.cloudflare.records(zone)] == [OLD, HOME]


@pytest.mark.parametrize("fault", ["status", "hang"])
async def test_nothing_is_set_up_without_an_address(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    """The form says what each service reported, also if none responds; the next try succeeds."""
    simulator.faults.add("ip", kind=fault)
    with monkeypatch.context() as patch:
        patch.setattr(hedged, "HEDGE_DELAY_S", 0.02)
        # The package has a function of the same name as the module.
        patch.setitem(ddns.preview.__globals__, "_PREVIEW_LIMIT_S", 0.5)
        form = await submit_user_form(hass, **GOOD)
    assert form["errors"] == {"base": "address_unknown"}
    reported = (form["description_placeholders"] or {})["responses"]
    assert all(text in reported for text in ("IPv4: ", "IPv6: ", "ipify: "))
    assert not hass.config_entries.async_entries(DOMAIN)
    assert simulator.cloudflare.records(zone)[0]["content"] == OLD

    simulator.faults.clear()
    result = await submit(hass, form, **GOOD)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_home_without_ipv6_sees_the_failure_of_ipv4_only(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Where IPv6 cannot be reached, only the failure of IPv4 is shown."""
    simulator.ip.set_address(None, family=6)
    simulator.faults.add("ip", kind="status")
    form = await submit_user_form(hass, **GOOD)
    assert "IPv6" not in (form["description_placeholders"] or {})["responses"]


@pytest.mark.parametrize(
    "address, labels, suggested",
    [
        pytest.param(HOME, [f"A: {HOME}", f"AAAA: {HOME_V6}"], ["ipv4"], id="both/IPv4 suggested"),
        pytest.param(None, [f"AAAA: {HOME_V6}"], ["ipv6"], id="only IPv6/suggested"),
    ],
)
async def test_the_families_of_the_home_are_offered(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    address: str | None,
    labels: list[str],
    suggested: list[str],
) -> None:
    """Where the home has IPv6, the record types are a choice, shown with their addresses."""
    simulator.ip.set_address(address, family=4)
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    form = await submit_form(hass, form, **GOOD)
    assert form["step_id"] == "families"
    assert form["description_placeholders"] == {"domain": "home.example.com"}
    schema = form["data_schema"]
    assert schema is not None
    assert [o["label"] for o in schema.schema["families"].config["options"]] == labels
    assert typed(form) == {"families": suggested}

    form = await submit_form(hass, form, families=[])
    assert form["errors"] == {"families": "no_family"}
    result = await submit_form(hass, form, families=["ipv6"])
    (subentry,) = result["result"].subentries.values()
    assert subentry.data == {"domain": "home.example.com", **DOMAIN_DEFAULTS, "families": ["ipv6"]}
    contents = {r["type"]: r["content"] for r in simulator.cloudflare.records(zone)}
    assert contents == {"A": OLD, "AAAA": HOME_V6}


async def test_a_zone_that_is_removed_while_its_form_is_open_is_set_up_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """What counts is whether the zone is there when the form is submitted."""
    first = (await submit_user_form(hass, **GOOD))["result"]
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    form = await submit_form(hass, form, **GOOD | {"domain": "www"})
    assert form["step_id"] == "families"
    await hass.config_entries.async_remove(first.entry_id)
    result = await submit_form(hass, form, families=["ipv4"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [s.title for s in result["result"].subentries.values()] == ["www.example.com"]


async def test_an_existing_aaaa_record_suggests_ipv6(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A name that has both records keeps both unless one is deselected."""
    simulator.cloudflare.add_record(zone, type="AAAA", name="home", content="2001:218::1")
    result = await submit_user_form(hass, **GOOD)
    (subentry,) = result["result"].subentries.values()
    assert subentry.data["families"] == ["ipv4", "ipv6"]


async def test_a_home_without_ipv6_is_set_up_by_one_form(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Without an IPv6 address there is nothing to choose."""
    simulator.ip.set_address(None, family=6)
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    result = await submit_form(hass, form, **GOOD)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_family_whose_record_has_a_conflict_is_not_offered(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Several AAAA records do not keep the A record from being set up."""
    for content in ("2001:218::1", "2001:218::2"):
        simulator.cloudflare.add_record(zone, type="AAAA", name="home", content=content)
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    result = await submit_form(hass, form, **GOOD)
    assert result["type"] is FlowResultType.CREATE_ENTRY


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
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    form = await submit_form(hass, form, **GOOD)
    simulator.faults.add("ip", kind="reset")
    simulator.faults.add("cloudflare", kind="html")
    result = await submit_form(hass, form, families=["ipv4"])
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
