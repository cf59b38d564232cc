"""What the first form finds out about its domain: the home's addresses and their records."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_DOMAIN
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .. import config, ddns
from ..address_sources import async_get_detector
from ..ddns import Detection, Family, Source, ZoneAccess
from ..error_messages import BASE, ErrorMessage, response_text
from ..subentries import new_domain_subentry
from .preview import conflict_message
from .schemas import choice


async def async_preview_first(
    hass: HomeAssistant,
    access: ZoneAccess,
    choice: Mapping[str, Any],
) -> ddns.Preview:
    """Return what both families of the first domain would detect and change.

    ``choice`` is what the user chose to resolve conflicts, as it is stored.
    """
    families = [family.key for family in Family]
    data = new_domain_subentry(access.name, {**choice, config.CONF_FAMILIES: families})
    sources = {family: Source(family) for family in Family}
    managed_records = config.read_managed_records(data["data"], sources)
    zone = ddns.ZoneConfig(
        zone_id=access.zone.id,
        zone_name=access.zone.name,
        home_sources=(),
        managed_records=managed_records,
    )
    return await ddns.preview(async_get_detector(hass), zone, access.records)


def usable_families(preview: ddns.Preview) -> list[Family]:
    """Return the families of which the home has an address, IPv4 first.

    A family beside the first one is left out if its record has a conflict: it
    can be added later, and the first form should not fail for it.
    """
    conflicts = {conflict.record_key.family for conflict in preview.plan.conflicts}
    found = [family for family, detection in _by_family(preview).items() if detection.expected]
    return [family for family in found if family not in conflicts or family is found[0]]


def first_problem(preview: ddns.Preview) -> ErrorMessage | None:
    """Return why the first domain cannot be set up, None if it can."""
    if not usable_families(preview):
        return unknown_address(preview)
    conflicts = first_conflicts(preview)
    return conflict_message(conflicts[0], CONF_DOMAIN) if conflicts else None


def unknown_address(preview: ddns.Preview) -> ErrorMessage:
    """Return the message that the home has no usable address, with what was reported."""
    detections = _by_family(preview).values()
    reported = [f"{d.family.label}: {response_text(d)}" for d in detections if _may_exist(d)]
    return ErrorMessage(BASE, "address_unknown", {"responses": "; ".join(reported)})


def first_conflicts(preview: ddns.Preview) -> list[ddns.Conflict]:
    """Return the conflicts of the first family of which the home has an address."""
    first = usable_families(preview)[:1]
    return [c for c in preview.plan.conflicts if c.record_key.family in first]


def families_schema(preview: ddns.Preview) -> vol.Schema:
    """Return the schema to choose from the families of which the home has an address."""
    detections = _by_family(preview)
    labels = {
        family.key: f"{family.record_type}: {detections[family].expected}"
        for family in usable_families(preview)
    }
    return vol.Schema({vol.Required(config.CONF_FAMILIES): choice(labels, multiple=True)})


def suggested_families(preview: ddns.Preview) -> list[str]:
    """Return the first family of which the home has an address, and those that have a record."""
    existing = {key.family for key in preview.plan.records}
    families = usable_families(preview)
    return [f.key for f in families if f is families[0] or f in existing]


def _by_family(preview: ddns.Preview) -> dict[Family, Detection]:
    detections = sorted(preview.detections.values(), key=lambda detection: detection.family)
    return {detection.family: detection for detection in detections}


def _may_exist(detection: Detection) -> bool:
    return not detection.is_unsupported_family
