"""Adding and changing a domain of a zone, with a look at what will happen."""

from asyncio import gather
from collections.abc import Iterator, Mapping
from typing import Any

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_DOMAIN
from homeassistant.helpers.translation import async_get_translations
import voluptuous as vol

from .const import (
    CONF_FAMILIES,
    CONF_HOST_PART,
    CONF_PREFIX_LENGTH,
    CONF_PROXIED,
    CONF_TTL,
    CONF_TTL_S,
    CONF_ZONE_NAME,
    DOMAIN,
)
from .coordinator import RaindropConfigEntry
from .ddns.errors import HostNameError
from .ddns.host_part import HostPartError, read_host_part
from .ddns.model import TTL_AUTO, Create, Plan, Reading, Update, Want
from .ddns.names import full_name, to_unicode
from .ddns.plan import make_plan
from .ddns.survey import stand_at
from .domains import DEFAULTS, ON, SECONDS, read_targets
from .explain import BASE, Explanation, explain, explained
from .schemas import DOMAIN_SCHEMA, new_domain_schema
from .source_options import FAMILIES, read_sources

type _Texts = dict[str, str]


class DomainFlow(ConfigSubentryFlow):
    """Asks for a domain and its policies, shows what will happen, and stores it."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        super().__init__()
        self._data: dict[str, Any] = {}
        self._lines: dict[str, _Texts] = {}
        self._names: list[str] | None = None

    @property
    def _entry(self) -> RaindropConfigEntry:
        """The zone."""
        entry: RaindropConfigEntry = self._get_entry()
        return entry

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a new domain."""
        if self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if self._names is None:
            self._names = await self._free_names()
        schema = new_domain_schema(self._names)
        if user_input is None:
            return self._show("user", schema, DEFAULTS, {})
        errors = _mistakes(user_input)
        try:
            name = full_name(user_input.get(CONF_DOMAIN, ""), self._entry.data[CONF_ZONE_NAME])
            if any(s.unique_id == name for s in self._entry.subentries.values()):
                errors[CONF_DOMAIN] = "already_configured"
        except HostNameError as err:
            errors[CONF_DOMAIN] = explain(err).key
        else:
            self._data = {**DEFAULTS, **_cleaned(user_input), CONF_DOMAIN: name}
        return await self._preview_or("user", schema, user_input, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for other policies of a domain; its name stays."""
        is_gone = self._reconfigure_subentry_id not in self._entry.subentries
        if is_gone or self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        stored = {**DEFAULTS, **self._get_reconfigure_subentry().data}
        if user_input is None:
            return self._show("reconfigure", DOMAIN_SCHEMA, stored, {})
        self._data = {**stored, CONF_HOST_PART: "", **_cleaned(user_input)}
        return await self._preview_or(
            "reconfigure", DOMAIN_SCHEMA, user_input, _mistakes(user_input)
        )

    async def async_step_preview(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what will happen, and store the domain."""
        if user_input is None:
            name = to_unicode(self._data[CONF_DOMAIN])
            return self.async_show_form(
                step_id="preview",
                data_schema=vol.Schema({}),
                description_placeholders={CONF_DOMAIN: name, "lines": await self._said()},
                last_step=True,
            )
        if self.source == SOURCE_USER:
            name = self._data[CONF_DOMAIN]
            return self.async_create_entry(title=to_unicode(name), data=self._data, unique_id=name)
        return self.async_update_and_abort(
            self._entry, self._get_reconfigure_subentry(), data=self._data
        )

    async def _preview_or(
        self, step_id: str, schema: vol.Schema, typed: Mapping[str, Any], errors: _Texts
    ) -> SubentryFlowResult:
        """Go on to the preview, or show the form again with what is to be corrected."""
        placeholders: _Texts = {}
        if not errors:
            found = await explained(self._look())
            if not isinstance(found, Explanation):
                self._lines = found
                return await self.async_step_preview()
            place = found.form_field if found.form_field == CONF_DOMAIN else BASE
            errors[place] = found.key
            placeholders = found.placeholders
        return self._show(step_id, schema, typed, errors, placeholders)

    def _show(
        self,
        step_id: str,
        schema: vol.Schema,
        typed: Mapping[str, Any],
        errors: _Texts,
        placeholders: _Texts | None = None,
    ) -> SubentryFlowResult:
        """Show a form that keeps what was typed and says what to correct."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, typed),
            errors=errors,
            description_placeholders={"zone": self._entry.title, **(placeholders or {})},
            last_step=False,
        )

    async def _said(self) -> str:
        """Return the lines of the preview in the words of Home Assistant's language."""
        texts = await async_get_translations(
            self.hass, self.hass.config.language, "common", {DOMAIN}
        )
        return "\n".join(
            f"- {texts[f'component.{DOMAIN}.common.{key}'].format(**values)}"
            for key, values in self._lines.items()
        )

    async def _free_names(self) -> list[str]:
        """Return the names with an address in the zone that are not kept yet."""
        coordinator = self._entry.runtime_data
        records = await explained(coordinator.client.list_records(coordinator.zone_id))
        if isinstance(records, Explanation):
            return []
        types = {family.record_type for family in FAMILIES.values()}
        kept: set[str | None] = {subentry.unique_id for subentry in self._entry.subentries.values()}
        names = {r.name for r in records if r.type in types} - kept
        return [to_unicode(name) for name in names]

    async def _look(self) -> dict[str, _Texts]:
        """Return what will happen to the records of the domain, a line for each.

        Raises OutsideZoneError and CloudflareError.
        """
        coordinator = self._entry.runtime_data
        targets = read_targets(self._data, read_sources(self._entry.options))
        readings, records = await gather(
            gather(*(coordinator.detector.look(t.source) for t in targets)),
            stand_at(
                coordinator.client,
                coordinator.zone_id,
                self._entry.data[CONF_ZONE_NAME],
                self._data[CONF_DOMAIN],
            ),
        )
        wants = [
            Want(slot=target.slot, address=reading.heard, policy=target.policy)
            for target, reading in zip(targets, readings, strict=True)
        ]
        plan = make_plan(wants, records)
        lines: dict[str, _Texts] = {}
        for want, reading in zip(wants, readings, strict=True):
            lines |= dict(_lines(want, reading, plan))
        return lines


def _mistakes(typed: Mapping[str, Any]) -> _Texts:
    """Return what is to be corrected, by field."""
    errors: _Texts = {}
    if not typed[CONF_FAMILIES]:
        errors[CONF_FAMILIES] = "no_family"
    if typed[CONF_TTL] == SECONDS and typed[CONF_PROXIED] == ON:
        errors[CONF_TTL] = "ttl_of_proxied"
    try:
        read_host_part(typed.get(CONF_HOST_PART, ""), int(typed[CONF_PREFIX_LENGTH]))
    except HostPartError:
        errors[CONF_HOST_PART] = "malformed_host_part"
    return errors


def _cleaned(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed as it is stored."""
    return {
        **typed,
        CONF_FAMILIES: sorted(typed[CONF_FAMILIES]),
        CONF_HOST_PART: typed.get(CONF_HOST_PART, "").strip().lower(),
        CONF_PREFIX_LENGTH: int(typed[CONF_PREFIX_LENGTH]),
        CONF_TTL_S: int(typed[CONF_TTL_S]),
    }


def _lines(want: Want, reading: Reading, plan: Plan) -> Iterator[tuple[str, _Texts]]:
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


def _update_lines(family: str, change: Update) -> Iterator[tuple[str, _Texts]]:
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
