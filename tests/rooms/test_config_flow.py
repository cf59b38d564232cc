"""The first form: four fields, one submit, and a message of its own for each slip."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.raindrop import config_flow
from custom_components.raindrop.const import DOMAIN
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, OLD
from tests.secrets import (
    DNS_TOKEN,
    EMAIL,
    GLOBAL_KEY,
    OLD_TOKEN,
    OTHER_EMAIL,
    READ_TOKEN,
    TOKEN,
    UNKNOWN_KEY,
    UNKNOWN_TOKEN,
)

from .conftest import submit, submit_user_form, typed

GOOD = {"zone": "example.com", "key": TOKEN, "domain": "home.example.com"}


def _nothing(_lab: Lab) -> None:
    """Leave the lab as it is."""


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What is typed or what happens, and where the form says which message."""

    typed: dict[str, str] = field(default_factory=dict)
    happens: Callable[[Lab], object] = _nothing
    ends: Callable[[Lab], object] = _nothing
    at: str
    says: str
    placeholders: dict[str, str] = field(default_factory=dict)


def _calm(lab: Lab) -> None:
    """Let Cloudflare work again."""
    lab.faults.clear()
    lab.cloudflare.reachable = True


def _unreachable(lab: Lab) -> None:
    """Cut the house off from Cloudflare."""
    lab.cloudflare.reachable = False


def _stranger(lab: Lab) -> None:
    """Give a stranger a zone."""
    lab.cloudflare.add_zone("example.org", account="Stranger")


SLIPS = {
    "key with a space/malformed": Slip(typed={"key": "to ken"}, at="key", says="malformed_key"),
    "key too short for Cloudflare/malformed": Slip(
        typed={"key": "token"}, at="key", says="malformed_key"
    ),
    "global key alone/email missing": Slip(
        typed={"key": GLOBAL_KEY}, at="email", says="email_missing"
    ),
    "email without at/malformed": Slip(
        typed={"key": GLOBAL_KEY, "email": "nobody"}, at="email", says="malformed_email"
    ),
    "unknown token/refused": Slip(typed={"key": UNKNOWN_TOKEN}, at="key", says="invalid_auth"),
    "unknown global key/refused": Slip(
        typed={"key": UNKNOWN_KEY, "email": OTHER_EMAIL}, at="key", says="invalid_auth"
    ),
    "zone by name without Zone Read/named": Slip(
        typed={"key": DNS_TOKEN},
        happens=lambda lab: lab.cloudflare.add_token(
            DNS_TOKEN, permissions={"dns:edit"}, owner="account"
        ),
        at="key",
        says="zone_read_missing",
    ),
    "no zone given without Zone Read/named": Slip(
        typed={"key": DNS_TOKEN, "zone": ""},
        happens=lambda lab: lab.cloudflare.add_token(
            DNS_TOKEN, permissions={"dns:edit"}, owner="account"
        ),
        at="key",
        says="zone_read_missing",
    ),
    "token that only reads DNS/named": Slip(
        typed={"key": READ_TOKEN},
        happens=lambda lab: lab.cloudflare.add_token(
            READ_TOKEN, permissions={"dns:read", "zone:read"}
        ),
        at="key",
        says="dns_edit_missing",
    ),
    "token without DNS rights/named": Slip(
        typed={"key": READ_TOKEN},
        happens=lambda lab: lab.cloudflare.add_token(READ_TOKEN, permissions={"zone:read"}),
        at="key",
        says="dns_edit_missing",
    ),
    "token for other places/named": Slip(
        typed={"key": READ_TOKEN},
        happens=lambda lab: lab.cloudflare.add_token(READ_TOKEN, only_from=["192.0.2.0/24"]),
        at="key",
        says="token_location",
    ),
    "zone with a space/malformed": Slip(
        typed={"zone": "exam ple.com"}, at="zone", says="malformed_zone"
    ),
    "zone that is not there/not found": Slip(
        typed={"zone": "example.net"}, at="zone", says="zone_not_found"
    ),
    "zone id that is not there/not found": Slip(
        typed={"zone": "0" * 32}, at="zone", says="zone_not_found"
    ),
    "zone of a stranger/not found": Slip(
        typed={"zone": "example.org", "domain": "www.example.org"},
        happens=_stranger,
        at="zone",
        says="zone_not_found",
    ),
    "no zone for this domain/not found": Slip(
        typed={"zone": "", "domain": "home.example.net"}, at="zone", says="zone_not_found"
    ),
    "label without a zone/full name needed": Slip(
        typed={"zone": "", "domain": "home"}, at="domain", says="full_name_needed"
    ),
    "domain with a space/malformed": Slip(
        typed={"domain": "ho me"}, at="domain", says="malformed_domain"
    ),
    "domain of another zone/outside": Slip(
        typed={"domain": "home.example.org"}, at="domain", says="outside_zone"
    ),
    "cname at the name/in the way": Slip(
        typed={"domain": "www"},
        happens=lambda lab: lab.cloudflare.add_record(
            "example.com", type="CNAME", name="www", content="example.org"
        ),
        at="domain",
        says="cname_in_the_way",
    ),
    "several records/ambiguous": Slip(
        happens=lambda lab: lab.cloudflare.add_record(
            "example.com", type="A", name="home", content="81.2.69.150"
        ),
        at="domain",
        says="several_records",
    ),
    "connection refused/cannot connect": Slip(
        happens=_unreachable, ends=_calm, at="base", says="cannot_connect"
    ),
    "connection reset/cannot connect": Slip(
        happens=lambda lab: lab.faults.add("cloudflare", kind="reset"),
        ends=_calm,
        at="base",
        says="cannot_connect",
    ),
    "page in place of JSON/trouble": Slip(
        happens=lambda lab: lab.faults.add("cloudflare", kind="html"),
        ends=_calm,
        at="base",
        says="cloudflare_trouble",
    ),
    "too many requests/wait": Slip(
        happens=lambda lab: lab.faults.add("cloudflare", kind="rate_limit", retry_after=42),
        ends=_calm,
        at="base",
        says="rate_limited",
        placeholders={"wait": "42"},
    ),
    "any other refusal/in Cloudflare's words": Slip(
        happens=lambda lab: lab.faults.add(
            "cloudflare", kind="error", status=400, code=1038, message="Not for .tk zones."
        ),
        ends=_calm,
        at="base",
        says="refused",
        placeholders={"reason": "Cloudflare refused the request: Not for .tk zones."},
    ),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
async def test_each_slip_has_its_message_and_the_next_try_succeeds(
    hass: HomeAssistant, lab: Lab, zone: Zone, slip: Slip
) -> None:
    """A form that fails says why at the right field, keeps what was typed and creates nothing."""
    slip.happens(lab)
    fields = GOOD | slip.typed
    form = await submit_user_form(hass, **fields)

    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {slip.at: slip.says}
    assert slip.placeholders.items() <= (form["description_placeholders"] or {}).items()
    assert typed(form) == fields
    assert not hass.config_entries.async_entries(DOMAIN)
    assert [r["content"] for r in lab.cloudflare.records(zone)][:1] == [OLD]

    slip.ends(lab)
    result = await submit(hass, form, **GOOD | {"domain": "door.example.com"})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "given,title,domain",
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
    hass: HomeAssistant, lab: Lab, zone: Zone, given: dict[str, str], title: str, domain: str
) -> None:
    """The form creates the entry of the zone and its first domain, and the record follows."""
    lab.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    lab.cloudflare.add_token(OLD_TOKEN)
    result = await submit_user_form(hass, **given)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert (entry.title, entry.unique_id) == (title, zone.id)
    assert [(s.title, s.unique_id) for s in entry.subentries.values()] == [(domain, domain)]
    assert entry.state is ConfigEntryState.LOADED
    contents = {r["name"]: r["content"] for r in lab.cloudflare.records(zone)}
    assert contents[domain] == HOME


async def test_the_form_works_as_the_browser_sends_it(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, lab: Lab, zone: Zone
) -> None:
    """Whatever the flow answers can travel over HTTP: the form, the error, the entry."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    path = "/api/config/config_entries/flow"
    form = await (await client.post(path, json={"handler": DOMAIN})).json()
    slip = GOOD | {"key": UNKNOWN_TOKEN}
    error = await (await client.post(f"{path}/{form['flow_id']}", json=slip)).json()
    assert error["errors"] == {"key": "invalid_auth"}

    answer = await client.post(f"{path}/{form['flow_id']}", json=GOOD)
    assert answer.status == HTTPStatus.OK
    assert (await answer.json())["type"] == "create_entry"
    await hass.async_block_till_done()
    assert lab.cloudflare.records(zone)[0]["content"] == HOME


async def test_a_token_without_zone_read_works_with_the_zone_id(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """DNS Edit alone is enough where the zone ID and a full name are given."""
    lab.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    form = await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain="home")
    assert form["errors"] == {"domain": "full_name_needed"}

    result = await submit(hass, form, zone=zone.id, key=DNS_TOKEN, domain="home.example.com")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "home.example.com"
    assert result["data"]["zone_name"] is None
    assert lab.cloudflare.records(zone)[0]["content"] == HOME


async def test_a_unicode_zone_is_shown_as_typed_and_sent_in_punycode(
    hass: HomeAssistant, lab: Lab
) -> None:
    """People see Unicode; the record's name is Punycode."""
    zone = lab.cloudflare.add_zone("münchen.example")
    lab.cloudflare.add_token(TOKEN)
    result = await submit_user_form(hass, zone="München.example", key=TOKEN, domain="tür")

    assert result["title"] == "münchen.example"
    assert [s.title for s in result["result"].subentries.values()] == ["tür.münchen.example"]
    records = lab.cloudflare.records(zone)
    assert [r["name"] for r in records] == ["xn--tr-xka.xn--mnchen-3ya.example"]


async def test_the_same_zone_twice_is_refused(
    hass: HomeAssistant, zone: Zone, entry: object
) -> None:
    """A second domain of a zone belongs to its entry."""
    result = await submit_user_form(hass, **GOOD)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_home_whose_address_is_not_known_can_still_be_set_up(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Without an address nothing is written, and the entry waits for one."""
    lab.faults.add("ip", kind="status")
    result = await submit_user_form(hass, **GOOD)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED
    assert lab.cloudflare.records(zone)[0]["content"] == OLD


async def test_an_unexpected_error_is_logged_and_the_next_try_succeeds(
    hass: HomeAssistant,
    zone: Zone,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug of ours costs a message, not the form."""

    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(config_flow, "survey", broken)
        form = await submit_user_form(hass, **GOOD)
    assert form["errors"] == {"base": "unknown"}
    assert "Unexpected error in a flow" in caplog.text

    result = await submit(hass, form, **GOOD)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_entry_that_must_wait_is_made_all_the_same(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """If the network goes just then, the entry is there and tries again; no further form opens."""
    hold = lab.faults.add("cloudflare", "PATCH *", kind="hold")
    submitting = hass.async_create_task(submit_user_form(hass, **GOOD))
    await lab.log.arrived(1, method="PATCH")
    lab.faults.add("ip", kind="reset")
    lab.faults.add("cloudflare", kind="html")
    hold.release()
    result = await submitting
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.SETUP_RETRY
    assert "next_flow" not in result


async def test_a_slip_in_the_name_makes_no_record_in_a_zone_of_unknown_name(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Without Zone Read a name must be akin to one that stands in the zone."""
    lab.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    fields = {"zone": zone.id, "key": DNS_TOKEN, "domain": "home.sample.com"}
    form = await submit_user_form(hass, **fields)
    assert form["errors"] == {"domain": "outside_zone"}
    assert len(lab.cloudflare.records(zone)) == 1
