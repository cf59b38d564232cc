"""The actions: update zones now or return what an update would change, and the history."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
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

from . import ddns
from .address_history import async_get_history, change_data, switch_data
from .config import read_domains, zone_config
from .const import DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns import Change, Detection, Family, Reason, RecordKey, Source, ZoneConfig
from .entry_reload import async_wait_until_loaded
from .error_messages import translated_error
from .resources.responses import async_planned_resources, resource_outcomes

ATTR_DOMAINS = "domains"
ATTR_DRY_RUN = "dry_run"

_ENTRY = ConfigEntrySelector(ConfigEntrySelectorConfig(integration=DOMAIN))
_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): _ENTRY,
        vol.Optional(ATTR_DOMAINS): vol.All(cv.ensure_list, [cv.string]),
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions of Raindrop."""
    optional = SupportsResponse.OPTIONAL
    hass.services.async_register(DOMAIN, "sync", _async_sync, _SCHEMA, supports_response=optional)
    hass.services.async_register(
        DOMAIN, "history", _async_history, vol.Schema({}), supports_response=SupportsResponse.ONLY
    )


async def _async_sync(call: ServiceCall) -> ServiceResponse:
    """Update one zone or all, or preview an update; respond with a list of zones.

    Raises ServiceValidationError, or after all zones HomeAssistantError for what
    failed.
    """
    names = call.data.get(ATTR_DOMAINS)
    zones = _select_records(await _async_coordinators(call), names)
    run = _async_preview if call.data[ATTR_DRY_RUN] else _async_update
    responses, errors = [], {}
    for coordinator, record_keys in zones.items():
        title, requests = coordinator.config_entry.title, coordinator.client.requests
        try:
            zone = await run(coordinator, record_keys)
        except HomeAssistantError as err:
            errors[title] = err
            continue
        requests = coordinator.client.requests - requests
        responses.append({**zone, "zone": title, "requests": requests})
    if errors:
        raise _joined(errors)
    return {"dry_run": call.data[ATTR_DRY_RUN], "zones": responses}


async def _async_history(call: ServiceCall) -> ServiceResponse:
    """Return the last changes of the home's address and the last switches, the newest first."""
    history = async_get_history(call.hass)
    return {
        "changes": [change_data(change) for change in reversed(history.changes)],
        "counts": {family.key: history.counts[family] for family in Family},
        "switches": [switch_data(switch) for switch in reversed(history.switches)],
    }


async def _async_coordinators(call: ServiceCall) -> list[RaindropCoordinator]:
    """Return the coordinator of the zone that the call names, else those of all loaded zones.

    Raises ServiceValidationError if there is none.
    """
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    found: list[RaindropConfigEntry] = call.hass.config_entries.async_entries(DOMAIN)
    loaded = [
        entry
        for entry in found
        if entry_id in {None, entry.entry_id} and await async_wait_until_loaded(entry)
    ]
    if entry_id:
        loaded = [async_get_config_entry(call.hass, DOMAIN, entry_id)]
    elif not loaded:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_zone_loaded")
    return [entry.runtime_data for entry in loaded]


def _select_records(
    coordinators: Iterable[RaindropCoordinator], names: list[str] | None
) -> dict[RaindropCoordinator, list[RecordKey]]:
    """Return the record keys of some domains by zone, of all if none is named.

    Raises ServiceValidationError for a name that no zone manages.
    """
    managed = {
        coordinator: [record.record_key for record in _config(coordinator).managed_records]
        for coordinator in coordinators
    }
    if not names:
        return managed
    wanted = {_host_name(name): name for name in names}
    known = {key.name for keys in managed.values() for key in keys}
    if unknown := [typed for name, typed in wanted.items() if name not in known]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="unknown_domain",
            translation_placeholders={"names": ", ".join(unknown)},
        )
    selected = {
        coordinator: [key for key in keys if key.name in wanted]
        for coordinator, keys in managed.items()
    }
    return {coordinator: keys for coordinator, keys in selected.items() if keys}


def _joined(errors: Mapping[str, HomeAssistantError]) -> HomeAssistantError:
    """Return one error for those of some zones, by their titles."""
    if len(errors) == 1:
        return next(iter(errors.values()))
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="zones_failed",
        translation_placeholders={
            "errors": "; ".join(f"{title}: {error}" for title, error in errors.items())
        },
    )


async def _async_update(
    coordinator: RaindropCoordinator, record_keys: list[RecordKey]
) -> dict[str, Any]:
    """Return what an update did. Raises HomeAssistantError."""
    result = await coordinator.async_update_now(record_keys)
    await coordinator.resources.async_finish()
    for managed in coordinator.resources.managed:
        coordinator.resources.raise_error(managed)
    return {
        **resource_outcomes(coordinator.resources),
        "addresses": _addresses(coordinator.config, coordinator.data.detections),
        "records": [_outcome(key, result, coordinator) for key in record_keys],
        **_texts({text.change: text.reason or "done" for text in result.texts}, {}, record_keys),
    }


async def _async_preview(
    coordinator: RaindropCoordinator, record_keys: list[RecordKey]
) -> dict[str, Any]:
    """Return what an update would do. Raises HomeAssistantError."""
    config = _config(coordinator)
    try:
        preview = await coordinator.async_preview(config)
        lists = await async_planned_resources(coordinator.resources, preview.detections)
    except ddns.DdnsError as err:
        raise translated_error(HomeAssistantError, err) from err
    changes = {change.record_key: change for change in preview.plan.changes}
    reasons = {conflict.record_key: conflict.reason for conflict in preview.plan.conflicts}
    deleted = {deletion.record_key: deletion for deletion in preview.plan.deletions}
    for managed in config.managed_records:
        if managed.is_paused:
            reasons[managed.record_key] = Reason.PAUSED
        elif preview.detection(managed).address is None:
            reasons[managed.record_key] = Reason.NO_ADDRESS
    return {
        **lists,
        "addresses": _addresses(config, preview.detections),
        "records": [
            _deletion(deleted[key], "planned")
            if key in deleted
            else _planned(key, changes.get(key), reasons.get(key))
            for key in record_keys
        ],
        **_texts(
            dict.fromkeys(preview.plan.texts, "planned"), preview.plan.left_texts, record_keys
        ),
    }


def _config(coordinator: RaindropCoordinator) -> ZoneConfig:
    """Return what an entry configures; a domain may be newer than the last update."""
    entry = coordinator.config_entry
    return zone_config(entry, read_domains(entry))


def _host_name(name: str) -> str:
    """Return a name as DNS compares it; one that is not a host name as it is."""
    try:
        return ddns.to_ascii(name)
    except ddns.HostNameError:
        return name


def _addresses(config: ZoneConfig, detections: Mapping[Source, Detection]) -> dict[str, str | None]:
    """Return the addresses of the home, by family."""
    return {
        source.family.key: str(address) if (address := detections[source].address) else None
        for source in config.home_sources
    }


def _outcome(
    key: RecordKey, updated: ddns.UpdateResult, coordinator: RaindropCoordinator
) -> dict[str, Any]:
    outcome = updated.outcomes.get(key)
    if deletion := next((d for d in updated.deletions if d.record_key == key), None):
        return _deletion(deletion, "done")
    if outcome is None:
        known = coordinator.data.record(key)
        is_unneeded = known.reason is not None and not known.reason.is_problem
        result = str(known.reason) if is_unneeded else "unchanged"
        return _record(key, result, to_ip=known.record.content if known.record else None)
    return _change(key, outcome.change, outcome.reason or "done")


def _planned(key: RecordKey, change: Change | None, reason: Reason | None) -> dict[str, Any]:
    if reason:
        return _record(key, reason)
    return _change(key, change, "planned") if change else _record(key, "unchanged")


def _change(key: RecordKey, change: Change, result: str) -> dict[str, Any]:
    to_ip = str(change.address) if change.address else None
    if isinstance(change, ddns.Create):
        return _record(key, result, change="create", to_ip=to_ip)
    policies = {"proxied": change.proxied, "ttl": change.ttl_s}
    enforced = {name: value for name, value in policies.items() if value is not None}
    from_ip = change.record.content
    return _record(key, result, change="update", from_ip=from_ip, to_ip=to_ip, **enforced)


def _deletion(deletion: ddns.Deletion, result: str) -> dict[str, Any]:
    content = deletion.record.content
    return _record(deletion.record_key, result, change="delete", from_ip=content)


def _texts(
    results: Mapping[ddns.TextUpdate, str],
    left: Mapping[RecordKey, Iterable[ddns.Record]],
    record_keys: Iterable[RecordKey],
) -> dict[str, Any]:
    """Return what happens to the texts that follow some records, if there are any.

    ``left`` are those that keep an old address of a record.
    """
    keys = {*record_keys}
    texts = [
        _text(change.record, result, replaced={str(old): str(new) for old, new in change.replaced})
        for change, result in results.items()
        if not change.record_keys.isdisjoint(keys)
    ]
    texts += [_text(record, "left") for key in keys & left.keys() for record in left[key]]
    return {"texts": texts} if texts else {}


def _text(record: ddns.Record, result: str, **more: Any) -> dict[str, Any]:
    return {"name": record.name, "type": record.type, "result": str(result), **more}


def _record(key: RecordKey, result: str, **more: Any) -> dict[str, Any]:
    connection = {"connection": key.connection} if key.connection else {}
    family = key.family.key
    return {"domain": key.name, **connection, "family": family, "result": str(result), **more}
