"""The action that looks up the address and puts DNS right, or tells what it would do."""

from typing import Any

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import ConfigEntrySelector, ConfigEntrySelectorConfig
from homeassistant.helpers.service import async_get_config_entry
import voluptuous as vol

from .const import DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns.errors import DdnsError, HostNameError
from .ddns.model import Change, Conflict, Create, Outcome, Slot, Trouble
from .ddns.names import to_ascii
from .ddns.reconcile import Readings
from .explain import translated

SERVICE_SYNC = "sync"
ATTR_CONFIG_ENTRY_ID = "config_entry_id"
ATTR_DOMAINS = "domains"
ATTR_DRY_RUN = "dry_run"

_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_CONFIG_ENTRY_ID): ConfigEntrySelector(
            ConfigEntrySelectorConfig(integration=DOMAIN)
        ),
        vol.Optional(ATTR_DOMAINS): vol.All(cv.ensure_list, [cv.string]),
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions of Raindrop."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SYNC,
        _async_sync,
        schema=_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_sync(call: ServiceCall) -> ServiceResponse:
    """Run a round, or plan one; return what came of it."""
    entry: RaindropConfigEntry = async_get_config_entry(
        call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID]
    )
    coordinator = entry.runtime_data
    slots = _slots(coordinator, call.data.get(ATTR_DOMAINS))
    asked = coordinator.client.requests
    if call.data[ATTR_DRY_RUN]:
        said = await _async_plan(coordinator, slots)
    else:
        await coordinator.async_update_now(slots)
        report = coordinator.data
        said = {
            "readings": _readings(coordinator, report.readings),
            "records": [_done(slot, report.outcomes.get(slot), coordinator) for slot in slots],
        }
    return {
        "dry_run": call.data[ATTR_DRY_RUN],
        **said,
        "requests": coordinator.client.requests - asked,
    }


async def _async_plan(coordinator: RaindropCoordinator, slots: list[Slot]) -> dict[str, Any]:
    """Return what a round would do. Raises HomeAssistantError."""
    try:
        readings, plan = await coordinator.async_plan()
    except DdnsError as err:
        raise translated(HomeAssistantError, err) from err
    changes = {change.slot: change for change in plan.changes}
    conflicts = {conflict.slot: conflict for conflict in plan.conflicts}
    unknown = {t.slot for t in coordinator.targets if readings[t.source].address is None}
    return {
        "readings": _readings(coordinator, readings),
        "records": [
            _said(slot, Trouble.NO_ADDRESS)
            if slot in unknown
            else _planned(slot, changes.get(slot), conflicts.get(slot))
            for slot in slots
        ],
    }


def _slots(coordinator: RaindropCoordinator, names: list[str] | None) -> list[Slot]:
    """Return the slots of some domains, of all without any.

    Raises ServiceValidationError for a name that is not kept.
    """
    kept = [target.slot for target in coordinator.targets]
    if not names:
        return kept
    wanted = {_host_name(name): name for name in names}
    known = {slot.name for slot in kept}
    if unknown := [typed for name, typed in wanted.items() if name not in known]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="unknown_domain",
            translation_placeholders={"names": ", ".join(unknown)},
        )
    return [slot for slot in kept if slot.name in wanted]


def _host_name(name: str) -> str:
    """Return a name as it is compared; what is no name stays as it is."""
    try:
        return to_ascii(name)
    except HostNameError:
        return name


def _readings(coordinator: RaindropCoordinator, readings: Readings) -> dict[str, Any]:
    """Return the addresses of the home, by family."""
    return {
        family.label.lower(): str(address) if (address := readings[source].address) else None
        for family, source in coordinator.sources.items()
    }


def _done(slot: Slot, outcome: Outcome | None, coordinator: RaindropCoordinator) -> dict[str, Any]:
    """Return what became of a slot."""
    report = coordinator.data
    if outcome is None or not report.was_read:
        record = report.records.get(slot)
        return _said(slot, "unchanged", to_ip=record.content if record else None)
    return _changed(slot, outcome.change, outcome.result)


def _planned(slot: Slot, change: Change | None, conflict: Conflict | None) -> dict[str, Any]:
    """Return what would become of a slot."""
    if conflict:
        return _said(slot, conflict.kind)
    return _changed(slot, change, "planned") if change else _said(slot, "unchanged")


def _changed(slot: Slot, change: Change, result: str) -> dict[str, Any]:
    """Return a change of a slot."""
    to_ip = str(change.address) if change.address else None
    if isinstance(change, Create):
        return _said(slot, result, change="create", to_ip=to_ip)
    enforced = {"proxied": change.proxied, "ttl": change.ttl_s}
    return _said(
        slot,
        result,
        change="update",
        from_ip=change.record.content,
        to_ip=to_ip,
        **{key: value for key, value in enforced.items() if value is not None},
    )


def _said(slot: Slot, result: str, **more: Any) -> dict[str, Any]:
    """Return what is said of a slot."""
    return {
        "domain": slot.name,
        "family": slot.family.label.lower(),
        "result": str(result),
        **more,
    }
