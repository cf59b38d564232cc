"""Errors of the first form: a message at the right field, and the next try succeeds."""

from collections.abc import Callable
from dataclasses import dataclass, field

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.raindrop.const import DOMAIN
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import OLD
from tests.secrets import (
    DNS_TOKEN,
    GLOBAL_KEY,
    OTHER_EMAIL,
    READ_TOKEN,
    TOKEN,
    UNKNOWN_KEY,
    UNKNOWN_TOKEN,
)

from .conftest import submit, submit_user_form, typed

GOOD = {"zone": "example.com", "key": TOKEN, "domain": "home.example.com"}


def _nothing(_simulator: Simulator) -> None:
    """Change nothing."""


@dataclass(frozen=True, kw_only=True)
class FormError:
    """What the user enters or what fails, and the error at the form field."""

    entered: dict[str, str] = field(default_factory=dict)
    before: Callable[[Simulator], object] = _nothing
    after: Callable[[Simulator], object] = _nothing
    form_field: str
    error: str
    placeholders: dict[str, str] = field(default_factory=dict)


def _recover(simulator: Simulator) -> None:
    """Let Cloudflare work again."""
    simulator.faults.clear()
    simulator.cloudflare.reachable = True


def _unreachable(simulator: Simulator) -> None:
    """Make Cloudflare unreachable."""
    simulator.cloudflare.reachable = False


def _add_foreign_zone(simulator: Simulator) -> None:
    """Add a zone of another account."""
    simulator.cloudflare.add_zone("example.org", account="Other")


FORM_ERRORS = {
    "key with a space/malformed": FormError(
        entered={"key": "to ken"}, form_field="key", error="malformed_key"
    ),
    "key too short for Cloudflare/malformed": FormError(
        entered={"key": "token"}, form_field="key", error="malformed_key"
    ),
    "global key alone/email missing": FormError(
        entered={"key": GLOBAL_KEY}, form_field="email", error="email_missing"
    ),
    "email without at/malformed": FormError(
        entered={"key": GLOBAL_KEY, "email": "nobody"}, form_field="email", error="malformed_email"
    ),
    "unknown token/refused": FormError(
        entered={"key": UNKNOWN_TOKEN}, form_field="key", error="invalid_auth"
    ),
    "unknown global key/refused": FormError(
        entered={"key": UNKNOWN_KEY, "email": OTHER_EMAIL}, form_field="key", error="invalid_auth"
    ),
    "zone by name without Zone Read/named": FormError(
        entered={"key": DNS_TOKEN},
        before=lambda simulator: simulator.cloudflare.add_token(
            DNS_TOKEN, permissions={"dns:edit"}, owner="account"
        ),
        form_field="key",
        error="zone_read_missing",
    ),
    "no zone given without Zone Read/named": FormError(
        entered={"key": DNS_TOKEN, "zone": ""},
        before=lambda simulator: simulator.cloudflare.add_token(
            DNS_TOKEN, permissions={"dns:edit"}, owner="account"
        ),
        form_field="key",
        error="zone_read_missing",
    ),
    "token that only reads DNS/named": FormError(
        entered={"key": READ_TOKEN},
        before=lambda simulator: simulator.cloudflare.add_token(
            READ_TOKEN, permissions={"dns:read", "zone:read"}
        ),
        form_field="key",
        error="dns_edit_missing",
    ),
    "token without DNS rights/named": FormError(
        entered={"key": READ_TOKEN},
        before=lambda simulator: simulator.cloudflare.add_token(
            READ_TOKEN, permissions={"zone:read"}
        ),
        form_field="key",
        error="dns_edit_missing",
    ),
    "token for other places/named": FormError(
        entered={"key": READ_TOKEN},
        before=lambda simulator: simulator.cloudflare.add_token(
            READ_TOKEN, only_from=["192.0.2.0/24"]
        ),
        form_field="key",
        error="token_location",
    ),
    "zone with a space/malformed": FormError(
        entered={"zone": "exam ple.com"}, form_field="zone", error="malformed_zone"
    ),
    "zone that is not there/not found": FormError(
        entered={"zone": "example.net"}, form_field="zone", error="zone_not_found"
    ),
    "zone id that is not there/not found": FormError(
        entered={"zone": "0" * 32}, form_field="zone", error="zone_not_found"
    ),
    "zone of another account/not found": FormError(
        entered={"zone": "example.org", "domain": "www.example.org"},
        before=_add_foreign_zone,
        form_field="zone",
        error="zone_not_found",
    ),
    "no zone for this domain/not found": FormError(
        entered={"zone": "", "domain": "home.example.net"},
        form_field="zone",
        error="zone_not_found",
    ),
    "label without a zone/full name needed": FormError(
        entered={"zone": "", "domain": "home"}, form_field="domain", error="full_name_needed"
    ),
    "domain with a space/malformed": FormError(
        entered={"domain": "ho me"}, form_field="domain", error="malformed_domain"
    ),
    "domain of another zone/outside": FormError(
        entered={"domain": "home.example.org"}, form_field="domain", error="outside_zone"
    ),
    "cname at the name/in the way": FormError(
        entered={"domain": "www"},
        before=lambda simulator: simulator.cloudflare.add_record(
            "example.com", type="CNAME", name="www", content="example.org"
        ),
        form_field="domain",
        error="record_cname",
    ),
    "name servers above the name/delegated": FormError(
        entered={"domain": "vpn.sub.example.com"},
        before=lambda simulator: simulator.cloudflare.add_record(
            "example.com", type="NS", name="sub", content="ns1.example.net"
        ),
        form_field="domain",
        error="record_delegated",
    ),
    "read-only record/kept by another product": FormError(
        entered={"domain": "app"},
        before=lambda simulator: simulator.cloudflare.add_read_only_record(
            "example.com", type="AAAA", name="app", content="100::", proxied=True
        ),
        form_field="domain",
        error="record_read_only",
    ),
    "placeholder/worker in the way": FormError(
        entered={"domain": "app"},
        before=lambda simulator: simulator.cloudflare.add_record(
            "example.com", type="AAAA", name="app", content="100::", proxied=True
        ),
        form_field="domain",
        error="record_placeholder",
    ),
    "several records/ambiguous": FormError(
        before=lambda simulator: simulator.cloudflare.add_record(
            "example.com", type="A", name="home", content="81.2.69.150"
        ),
        form_field="domain",
        error="record_ambiguous",
    ),
    "connection refused/cannot connect": FormError(
        before=_unreachable, after=_recover, form_field="base", error="cannot_connect"
    ),
    "connection reset/cannot connect": FormError(
        before=lambda simulator: simulator.faults.add("cloudflare", kind="reset"),
        after=_recover,
        form_field="base",
        error="cannot_connect",
    ),
    "page in place of JSON/trouble": FormError(
        before=lambda simulator: simulator.faults.add("cloudflare", kind="html"),
        after=_recover,
        form_field="base",
        error="cloudflare_unavailable",
    ),
    "too many requests/wait": FormError(
        before=lambda simulator: simulator.faults.add(
            "cloudflare", kind="rate_limit", retry_after=42
        ),
        after=_recover,
        form_field="base",
        error="rate_limited",
        placeholders={"wait": "42"},
    ),
    "403 for another reason/in Cloudflare's words": FormError(
        before=lambda simulator: simulator.faults.add(
            "cloudflare", kind="error", status=403, code=1038, message="Not for *.tk* zones."
        ),
        after=_recover,
        form_field="base",
        error="refused",
        placeholders={"reason": "Cloudflare refused the request: Not for *.tk* zones."},
    ),
    "any other refusal/in Cloudflare's words": FormError(
        before=lambda simulator: simulator.faults.add(
            "cloudflare", kind="error", status=400, code=1038, message="Not for .tk zones."
        ),
        after=_recover,
        form_field="base",
        error="refused",
        placeholders={"reason": "Cloudflare refused the request: Not for .tk zones."},
    ),
}


@pytest.mark.parametrize("case", FORM_ERRORS.values(), ids=FORM_ERRORS)
async def test_each_error_is_shown_at_its_field_and_the_next_try_succeeds(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, case: FormError
) -> None:
    """The error is at the right field, the entered values are kept, and nothing is created."""
    case.before(simulator)
    fields = GOOD | case.entered
    form = await submit_user_form(hass, **fields)

    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {case.form_field: case.error}
    assert case.placeholders.items() <= (form["description_placeholders"] or {}).items()
    assert typed(form) == fields
    assert not hass.config_entries.async_entries(DOMAIN)
    assert [r["content"] for r in simulator.cloudflare.records(zone)][:1] == [OLD]

    case.after(simulator)
    result = await submit(hass, form, **GOOD | {"domain": "door.example.com"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
