"""Adding and changing a domain: every slip at its field, and a look at what will happen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryDisabler,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components import raindrop
from custom_components.raindrop.const import SUBENTRY_DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.domains import DEFAULTS
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, OLD
from tests.secrets import DNS_TOKEN, TOKEN

from .conftest import submit_user_form, typed

OWNER = "Kept by Raindrop for Home Assistant"
FORM = {key: value for key, value in DEFAULTS.items() if key not in {"records", "sources"}} | {
    "own_sources": False
}


async def start(hass: HomeAssistant, entry: RaindropConfigEntry) -> SubentryFlowResult:
    """Open the form for a new domain."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_DOMAIN), context={"source": SOURCE_USER}
    )


async def change(hass: HomeAssistant, entry: RaindropConfigEntry) -> SubentryFlowResult:
    """Open the form for the first domain."""
    (subentry_id,) = entry.subentries
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_DOMAIN),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
    )


async def send(
    hass: HomeAssistant, form: SubentryFlowResult, fields: Mapping[str, Any]
) -> SubentryFlowResult:
    """Submit a form and return what comes next."""
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], dict(fields))
    await hass.async_block_till_done()
    return result


async def add(hass: HomeAssistant, entry: RaindropConfigEntry, **fields: Any) -> SubentryFlowResult:
    """Add a domain and return the preview, which is submitted as well."""
    preview = await send(hass, await start(hass, entry), FORM | fields)
    assert preview["step_id"] == "preview", preview
    result = await send(hass, preview, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    return preview


def said(*keys: str, **values: str) -> str:
    """Return the lines of a preview in English."""
    translation = json.loads(Path(raindrop.__path__[0], "translations", "en.json").read_text())
    return "\n".join(f"- {translation['common'][key].format(**values)}" for key in keys)


def lines(preview: SubentryFlowResult) -> str:
    """Return what a preview says."""
    return (preview["description_placeholders"] or {})["lines"]


def record(lab: Lab, name: str, kind: str = "A") -> dict[str, Any] | None:
    """Return the record of a name."""
    records = lab.cloudflare.records("example.com")
    return next((r for r in records if r["name"] == name and r["type"] == kind), None)


def _nothing(_lab: Lab) -> None:
    """Leave the lab as it is."""


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What is typed or what happens, and where the form says which message."""

    typed: dict[str, Any] = field(default_factory=dict)
    happens: Callable[[Lab], object] = _nothing
    at: str
    says: str


SLIPS = {
    "twice the same/already there": Slip(
        typed={"domain": "Home"}, at="domain", says="already_configured"
    ),
    "other zone/outside": Slip(
        typed={"domain": "www.example.org"}, at="domain", says="outside_zone"
    ),
    "nothing chosen/malformed": Slip(typed={"domain": ""}, at="domain", says="malformed_domain"),
    "no name/malformed": Slip(typed={"domain": "a b"}, at="domain", says="malformed_domain"),
    "no family/none chosen": Slip(typed={"families": []}, at="families", says="no_family"),
    "fixed ttl of a proxied record/impossible": Slip(
        typed={"ttl": "seconds", "proxied": "on"}, at="ttl", says="ttl_of_proxied"
    ),
    "word for a host part/malformed": Slip(
        typed={"host_part": "printer"}, at="host_part", says="malformed_host_part"
    ),
    "host part wider than its place/malformed": Slip(
        typed={"host_part": "1::1"}, at="host_part", says="malformed_host_part"
    ),
    "cloudflare down/cannot connect": Slip(
        happens=lambda lab: lab.faults.add("cloudflare", kind="reset"),
        at="base",
        says="cannot_connect",
    ),
    "credential denied/at the form": Slip(
        happens=lambda lab: lab.faults.add("cloudflare", kind="spurious_403"),
        at="base",
        says="dns_edit_missing",
    ),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
async def test_each_slip_has_its_message_and_the_next_try_succeeds(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry, slip: Slip
) -> None:
    """A form that fails says why at the right field, keeps what was typed and stores nothing."""
    form = await start(hass, entry)
    slip.happens(lab)
    fields = FORM | {"domain": "www"} | slip.typed
    form = await send(hass, form, fields)
    assert form["errors"] == {slip.at: slip.says}
    assert typed(form) == fields
    assert len(entry.subentries) == 1

    lab.faults.clear()
    preview = await send(hass, form, FORM | {"domain": "www"})
    assert lines(preview) == said("ipv4_create", to=HOME)
    result = await send(hass, preview, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(entry.subentries) == 2
    found = record(lab, "www.example.com")
    assert found is not None
    assert (found["content"], found["comment"]) == (HOME, OWNER)


async def test_the_names_of_the_zone_can_be_picked(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The form lists the names with an address that are not kept yet, and takes any other."""
    lab.cloudflare.add_record(zone, type="A", name="www", content=OLD)
    lab.cloudflare.add_record(zone, type="AAAA", name="tür", content=HOME_V6)
    lab.cloudflare.add_record(zone, type="TXT", name="text", content="hello")
    form = await start(hass, entry)
    schema = form["data_schema"]
    assert schema is not None
    (selector,) = (value for key, value in schema.schema.items() if key == "domain")
    assert selector.config["options"] == ["tür.example.com", "www.example.com"]
    assert selector.config["custom_value"]


async def test_a_form_without_a_list_still_works(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """If the zone cannot be listed the name can still be typed."""
    lab.faults.add("cloudflare", kind="html", times=1)
    await add(hass, entry, domain="www")
    assert record(lab, "www.example.com")


@pytest.mark.parametrize(
    "stands,fields,shown,says",
    [
        pytest.param(
            {"content": HOME}, {}, ["ipv4_adopt"], {"address": HOME}, id="right already/adopted"
        ),
        pytest.param(
            {"content": OLD},
            {},
            ["ipv4_update"],
            {"from": OLD, "to": HOME},
            id="other address/will change",
        ),
        pytest.param(
            {"content": OLD, "proxied": True},
            {"proxied": "off", "ttl": "seconds"},
            ["ipv4_update", "ipv4_proxied_off", "ipv4_ttl_seconds"],
            {"from": OLD, "to": HOME, "seconds": "300"},
            id="policies/each told",
        ),
        pytest.param(
            {"content": HOME},
            {"proxied": "on"},
            ["ipv4_proxied_on"],
            {},
            id="enforced proxy/told",
        ),
        pytest.param(None, {}, ["ipv4_create"], {"to": HOME}, id="none/will be created"),
        pytest.param(None, {"create": False}, ["ipv4_missing"], {}, id="none/missing"),
        pytest.param(
            {"type": "CNAME", "content": "example.org"},
            {},
            ["ipv4_cname"],
            {"standing": "example.org"},
            id="cname/in the way",
        ),
    ],
)
async def test_the_preview_says_what_will_happen(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    entry: RaindropConfigEntry,
    stands: dict[str, Any] | None,
    fields: dict[str, Any],
    shown: list[str],
    says: dict[str, str],
) -> None:
    """Before a domain is stored one sees what is there and what will become of it."""
    if stands:
        lab.cloudflare.add_record(zone, **{"type": "A", "name": "www", **stands})
    before = lab.cloudflare.records(zone)
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "www"} | fields)
    assert lines(preview) == said(*shown, **says)
    assert lab.cloudflare.records(zone) == before


async def test_the_preview_of_several_records_names_them(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Records that cannot be told apart are named; a repair will ask which one is meant."""
    for content in (OLD, "81.2.69.150"):
        lab.cloudflare.add_record(zone, type="A", name="www", content=content)
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    assert lines(preview) == said("ipv4_ambiguous", standing=f"{OLD}, 81.2.69.150")


async def test_both_families_are_previewed_and_kept(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """A domain with both families has a line and a record for each."""
    preview = await add(hass, entry, domain="www", families=["ipv6", "ipv4"])
    assert lines(preview) == "\n".join(
        (said("ipv4_create", to=HOME), said("ipv6_create", to=HOME_V6))
    )
    (a, aaaa) = (record(lab, "www.example.com", kind) for kind in ("A", "AAAA"))
    assert a is not None
    assert aaaa is not None
    assert (a["content"], aaaa["content"]) == (HOME, HOME_V6)


@pytest.mark.parametrize(
    "family,fault,line",
    [
        pytest.param(6, None, "ipv6_absent", id="no ipv6/absent"),
        pytest.param(None, "status", "ipv6_unknown", id="no answer/unknown"),
    ],
)
async def test_an_address_that_is_not_there_is_told(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    entry: RaindropConfigEntry,
    family: int | None,
    fault: str | None,
    line: str,
) -> None:
    """The preview tells a home without IPv6 from sources that fail."""
    if family:
        lab.ip.set_address(None, family=6)
    else:
        lab.faults.add("ip", kind=fault or "")
    preview = await send(
        hass, await start(hass, entry), FORM | {"domain": "www", "families": ["ipv6"]}
    )
    assert lines(preview) == said(line)


async def test_a_domain_can_be_changed_without_losing_what_was_pinned(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Its policies change at once; its name stays, and so does a record that was chosen."""
    (subentry,) = entry.subentries.values()
    pinned = {"ipv4": lab.cloudflare.records(zone)[0]["id"]}
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "records": pinned}
    )
    await hass.async_block_till_done()
    form = await change(hass, entry)
    assert "domain" not in typed(form)
    form = await send(hass, form, FORM | {"families": []})
    assert form["errors"] == {"families": "no_family"}
    preview = await send(hass, form, FORM | {"ttl": "seconds", "ttl_s": 120})
    assert lines(preview) == said("ipv4_ttl_seconds", seconds="120")
    result = await send(hass, preview, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    (subentry,) = entry.subentries.values()
    assert (subentry.data["ttl_s"], subentry.data["records"]) == (120, pinned)
    found = record(lab, "home.example.com")
    assert found is not None
    assert (found["ttl"], found["comment"]) == (120, "front door")


async def test_a_zone_that_does_not_run_takes_no_domains(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Without a running zone nothing can be looked at: both forms say so."""
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    for form in (await start(hass, entry), await change(hass, entry)):
        assert (form["type"], form["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_a_zone_without_a_name_needs_full_names(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Where a token may not read the zone, a relative name cannot be completed."""
    lab.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    result = await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain="home.example.com")
    entry = result["result"]
    form = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    assert form["errors"] == {"domain": "full_name_needed"}
    preview = await send(hass, form, FORM | {"domain": "www.example.com"})
    assert preview["step_id"] == "preview"


async def test_a_unicode_name_is_shown_as_typed_and_sent_in_punycode(
    hass: HomeAssistant, lab: Lab
) -> None:
    """münchen.example is compared and sent as xn--mnchen-3ya.example, and shown as it is."""
    zone = lab.cloudflare.add_zone("münchen.example")
    lab.cloudflare.add_token(TOKEN)
    result = await submit_user_form(hass, zone="münchen.example", key=TOKEN, domain="@")
    entry = result["result"]
    await add(hass, entry, domain="Tür.MÜNCHEN.example")
    form = await send(hass, await start(hass, entry), FORM | {"domain": "tür"})
    assert form["errors"] == {"domain": "already_configured"}
    assert [s.title for s in entry.subentries.values()] == [
        "münchen.example",
        "tür.münchen.example",
    ]
    assert {r["name"] for r in lab.cloudflare.records(zone)} == {
        "xn--mnchen-3ya.example",
        "xn--tr-xka.xn--mnchen-3ya.example",
    }


async def test_the_first_form_leads_straight_on_to_another_domain(
    hass: HomeAssistant, zone: Zone
) -> None:
    """After the entry is made, the form for another domain is open."""
    result = await submit_user_form(hass, zone="example.com", key=TOKEN, domain="home")
    kind, flow_id = result["next_flow"]
    assert kind == "config_subentries_flow"
    flow = hass.config_entries.subentries.async_get(flow_id)
    assert flow["step_id"] == "user"


async def test_a_form_of_a_domain_that_is_gone_says_so(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """A form that was open when the domain was removed ends with a reason."""
    form = await change(hass, entry)
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    if form["flow_id"] in {f["flow_id"] for f in hass.config_entries.subentries.async_progress()}:
        done = await send(hass, form, FORM)
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_families_that_are_not_kept_any_more_leave_no_sensor(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """From both families to one: the other's sensors go."""
    ipv6 = "sensor.example_com_public_ipv6_address"
    registry = er.async_get(hass)
    for families, is_there in ((["ipv4", "ipv6"], True), (["ipv4"], False)):
        preview = await send(hass, await change(hass, entry), FORM | {"families": families})
        await send(hass, preview, {})
        assert (registry.async_get(ipv6) is not None) is is_there
        aaaa = registry.async_get("sensor.home_example_com_aaaa_record")
        assert (aaaa is not None) is is_there


async def test_a_slip_in_the_name_is_refused_in_a_zone_of_unknown_name(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Where the zone's name is not known, a name must be akin to one that stands there."""
    lab.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    result = await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain="home.example.com")
    form = await start(hass, result["result"])
    form = await send(hass, form, FORM | {"domain": "www.sample.com"})
    assert form["errors"] == {"domain": "outside_zone"}
