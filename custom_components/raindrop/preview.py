"""What will happen to the records of a domain, said before it does."""

from asyncio import gather
from collections.abc import Iterator, Mapping
from typing import Any

from homeassistant.const import CONF_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import CONF_FAMILIES, CONF_ZONE_NAME, DOMAIN
from .coordinator import RaindropConfigEntry
from .ddns.model import TTL_AUTO, Create, Plan, Update, Want
from .ddns.plan import make_plan
from .ddns.reading import Reading
from .ddns.survey import stand_at
from .domains import read_targets
from .source_options import FAMILIES, read_sources

type Lines = dict[str, dict[str, str]]
"""The key of each line, and what it fills in."""


async def async_say(hass: HomeAssistant, lines: Lines) -> str:
    """Return lines in the words of Home Assistant's language."""
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    return "\n".join(
        f"- {texts[f'component.{DOMAIN}.common.{key}'].format(**values)}"
        for key, values in lines.items()
    )


async def look_ahead(entry: RaindropConfigEntry, data: Mapping[str, Any]) -> Lines:
    """Return what will happen to the records of a domain with this data.

    Raises OutsideZoneError and CloudflareError.
    """
    coordinator = entry.runtime_data
    targets = read_targets(data, read_sources(entry.options))
    readings, records = await gather(
        gather(*(coordinator.detector.look(t.source) for t in targets)),
        stand_at(
            coordinator.client,
            coordinator.zone_id,
            entry.data[CONF_ZONE_NAME],
            data[CONF_DOMAIN],
        ),
    )
    wants = [
        Want(slot=target.slot, address=reading.heard, policy=target.policy)
        for target, reading in zip(targets, readings, strict=True)
    ]
    plan = make_plan(wants, records)
    lines: Lines = {}
    for want, reading in zip(wants, readings, strict=True):
        lines |= dict(_lines(want, reading, plan))
    kept = {target.slot.family for target in targets}
    off = [label for label in data[CONF_FAMILIES] if FAMILIES[label] not in kept]
    return lines | {f"{label}_off": {} for label in off}


def _lines(want: Want, reading: Reading, plan: Plan) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what will happen to one record: the key of each line, and what it fills in."""
    family = want.slot.family.label.lower()
    conflict = next((c for c in plan.conflicts if c.slot == want.slot), None)
    change = next((c for c in plan.changes if c.slot == want.slot), None)
    if conflict:
        standing = ", ".join(there.content for there in conflict.records)
        yield f"{family}_{conflict.kind}", {"standing": standing}
    elif want.address is None:
        yield f"{family}_{'absent' if reading.is_absent else 'unknown'}", {}
    elif isinstance(change, Create):
        yield f"{family}_create", {"to": str(change.address)}
    elif change:
        yield from _update_lines(family, change)
    else:
        yield f"{family}_adopt", {"address": plan.records[want.slot].content}


def _update_lines(family: str, change: Update) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what will change in a record."""
    if change.address is not None:
        yield f"{family}_update", {"from": change.record.content, "to": str(change.address)}
    if change.proxied is not None:
        yield f"{family}_proxied_{'on' if change.proxied else 'off'}", {}
    if change.ttl_s is not None:
        yield (
            f"{family}_ttl_{'auto' if change.ttl_s == TTL_AUTO else 'seconds'}",
            {"seconds": str(change.ttl_s)},
        )
