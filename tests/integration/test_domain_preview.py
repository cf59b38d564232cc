"""The preview of a domain: each record now and after the update."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns.models import HostName, Reason, RecordKey
from custom_components.raindrop.ddns.plan_values import Conflict
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.flows.preview import conflict_message, escape_markdown
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, OLD

from .domain_forms import FORM, WWW, add, placeholders, record, rows, send, start


@pytest.mark.parametrize(
    "existing, fields, row, error",
    [
        pytest.param({"content": HOME}, {}, HOME, None, id="correct/unchanged"),
        pytest.param({"content": OLD}, {}, f"{OLD} → {HOME}", None, id="other address/change"),
        pytest.param(
            {"content": OLD, "proxied": True},
            {"proxied": "off", "ttl": "seconds"},
            f"{OLD} ☁ TTL auto → {HOME} TTL 300 s",
            None,
            id="enforced attributes/each shown",
        ),
        pytest.param(
            {"content": HOME, "ttl": 120},
            {"proxied": "on"},
            f"{HOME} → {HOME} ☁",
            None,
            id="enforced proxy/shown",
        ),
        pytest.param(
            {"content": HOME, "ttl": 120},
            {"ttl": "auto"},
            f"{HOME} TTL 120 s → {HOME} TTL auto",
            None,
            id="enforced TTL/shown",
        ),
        pytest.param(None, {}, f"— → {HOME}", None, id="no record/create"),
        pytest.param(
            None,
            {"proxied": "on"},
            f"— → {HOME} ☁",
            None,
            id="no record/create proxied",
        ),
        pytest.param(
            None,
            {"ttl": "seconds", "ttl_s": 120},
            f"— → {HOME} TTL 120 s",
            None,
            id="no record/create with a TTL",
        ),
        pytest.param(None, {"create": False}, "—", "record_missing", id="no record/missing"),
        pytest.param(
            {"type": "CNAME", "content": "example.org"},
            {},
            "example.org",
            "record_cname",
            id="cname/conflict",
        ),
        pytest.param(
            {"type": "AAAA", "content": "100::", "proxied": True},
            {},
            "100:: ☁",
            "record_placeholder",
            id="placeholder/conflict",
        ),
    ],
)
async def test_the_preview_shows_what_will_happen(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    existing: dict[str, Any] | None,
    fields: dict[str, Any],
    row: str,
    error: str | None,
) -> None:
    """Before a domain is stored, the form shows each record now and after the update."""
    if existing:
        simulator.cloudflare.add_record(zone, **{"type": "A", "name": "www", **existing})
    before = simulator.cloudflare.records(zone)
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "www"} | fields)
    assert rows(preview) == [f"- **{WWW}** A: {row}"]
    assert preview["errors"] == ({"base": error} if error else None)
    if error:
        content = existing["content"] if existing else ""
        expected = {"existing": content, "family": "IPv4", "type": "A"}
        assert placeholders(preview).items() >= expected.items()
    assert simulator.cloudflare.records(zone) == before


async def test_the_preview_of_several_records_names_them(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Ambiguous records are listed; the domain can be stored, and a repair asks which to use."""
    contents = (OLD, "81.2.69.150")
    for content in contents:
        simulator.cloudflare.add_record(zone, type="A", name="www", content=content)
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    assert rows(preview) == [f"- **{WWW}** A: {', '.join(contents)}"]
    assert preview["errors"] == {"base": "record_ambiguous"}
    assert placeholders(preview)["existing"] == ", ".join(contents)
    assert (await send(hass, preview, {}))["type"] is FlowResultType.CREATE_ENTRY
    assert [r["content"] for r in simulator.cloudflare.records(zone)[1:]] == [*contents]


@pytest.mark.parametrize("existing, create", [(None, True), ("100::", False)])
async def test_without_an_interface_id_to_keep_it_is_asked_for(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    existing: str | None,
    *,
    create: bool,
) -> None:
    """That records are created does not help."""
    if existing:
        simulator.cloudflare.add_record(zone, type="AAAA", name="www", content=existing)
    fields = {"domain": "www", "families": ["ipv6"], "interface_id": "keep", "create": create}
    preview = await send(hass, await start(hass, entry), FORM | fields)
    assert preview["errors"] == {"base": "interface_id_missing"}
    assert placeholders(preview)["type"] == "AAAA"


async def test_one_of_several_records_is_chosen_in_the_preview(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The chosen record is the one that is updated."""
    for content in (OLD, "81.2.69.150"):
        chosen = simulator.cloudflare.add_record(zone, type="A", name="www", content=content)
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    await send(hass, preview, {"ipv4_record": chosen["id"]})
    assert [r["content"] for r in simulator.cloudflare.records(zone)[1:]] == [OLD, HOME]


@pytest.mark.parametrize(
    "reason",
    [
        Reason.MISSING,
        Reason.AMBIGUOUS,
        Reason.OTHER_HOME,
        Reason.CNAME,
        Reason.DELEGATED,
        Reason.READ_ONLY,
        Reason.PLACEHOLDER,
        Reason.PROXIED_UNKNOWN,
        Reason.CONTESTED,
    ],
)
def test_every_conflict_has_a_message(reason: Reason) -> None:
    """The preview has a message for whatever the plan can report."""
    conflict = Conflict(record_key=RecordKey(HostName(WWW), Family.IPV6), reason=reason)
    assert conflict_message(conflict).placeholders["type"] == "AAAA"


def test_text_from_cloudflare_is_no_markdown() -> None:
    """A name or a content is shown as it is, on one line and in one cell."""
    assert escape_markdown("*.a\n|[x](y)") == r"\*\.a \|\[x\]\(y\)"


async def test_a_wildcard_is_escaped_in_the_preview(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The star of a wildcard is no mark-up."""
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "*"})
    assert placeholders(preview)["rows"].startswith(r"- **\*\.example\.com** A")


async def test_both_families_are_previewed_and_updated(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """A domain with both families has a row and a record for each."""
    preview = await add(hass, entry, domain="www", families=["ipv6", "ipv4"])
    assert rows(preview) == [
        f"- **{WWW}** A: — → {HOME}",
        f"- **{WWW}** AAAA: — → {HOME_V6}",
    ]
    (a, aaaa) = (record(simulator, WWW, kind) for kind in ("A", "AAAA"))
    assert a is not None
    assert aaaa is not None
    assert (a["content"], aaaa["content"]) == (HOME, HOME_V6)


@pytest.mark.parametrize(
    "family, fault, error",
    [
        pytest.param(6, None, "address_absent", id="no ipv6/absent"),
        pytest.param(None, "status", "address_unknown", id="no response/unknown"),
    ],
)
async def test_the_preview_says_why_there_is_no_address(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    family: int | None,
    fault: str | None,
    error: str,
) -> None:
    """A home without IPv6 and sources that fail have different messages."""
    if family:
        simulator.ip.set_address(None, family=6)
    else:
        simulator.faults.add("ip", kind=fault or "")
    form = await start(hass, entry)
    preview = await send(hass, form, FORM | {"domain": "www", "families": ["ipv6"]})
    assert rows(preview) == [f"- **{WWW}** AAAA: — → ?"]
    assert preview["errors"] == {"base": error}
    expected = {"family": "IPv6", "type": "AAAA"}
    assert placeholders(preview).items() >= expected.items()
