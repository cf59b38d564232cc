"""The forms of a domain."""

from collections.abc import Mapping
from itertools import chain
import re
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section

from custom_components.raindrop.config import DOMAIN_DEFAULTS
from custom_components.raindrop.const import SUBENTRY_DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator

OWNER = "Managed by Raindrop for Home Assistant (home 1b0ba0c0)"
"""The comment of this home; the id follows from that of Home Assistant."""
WITHOUT_FIELD = {"connections", "paused", "records", "sources", "take_over", "texts"}
"""Data of a domain that its form has no field for, at least not in every zone."""
FORM = {
    **{key: value for key, value in DOMAIN_DEFAULTS.items() if key not in WITHOUT_FIELD},
    "override_sources": False,
    "several_connections": False,
}
WWW = "www.example.com"


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
    """Submit a form and return what comes next; its sections get their fields."""
    if isinstance(name := fields.get("domain"), str):
        fields = {**fields, "domain": [name] if name else []}
    schema = form.get("data_schema")
    parts = schema.schema.items() if schema else ()
    sections = {str(key): part.schema.schema for key, part in parts if isinstance(part, section)}
    entered = {key: value for key, value in fields.items() if key not in chain(*sections.values())}
    for key, inside in sections.items():
        entered[key] = {field: fields[field] for field in inside if field in fields}
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], entered)
    await hass.async_block_till_done()
    return result


async def add(hass: HomeAssistant, entry: RaindropConfigEntry, **fields: Any) -> SubentryFlowResult:
    """Add a domain and return the preview, which is submitted as well."""
    preview = await send(hass, await start(hass, entry), FORM | fields)
    assert preview["step_id"] == "preview", preview
    result = await send(hass, preview, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    return preview


def placeholders(preview: SubentryFlowResult) -> Mapping[str, str]:
    """Return the placeholders of a preview."""
    return preview["description_placeholders"] or {}


def rows(preview: SubentryFlowResult) -> list[str]:
    """Return the rows of a preview or a table, without the escapes of Markdown."""
    return re.sub(r"\\(.)", r"\1", placeholders(preview)["rows"]).splitlines()


def record(simulator: Simulator, name: str, kind: str = "A") -> dict[str, Any] | None:
    """Return the record of a name."""
    records = simulator.cloudflare.records("example.com")
    return next((r for r in records if r["name"] == name and r["type"] == kind), None)
