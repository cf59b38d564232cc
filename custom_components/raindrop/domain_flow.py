"""Adding and changing a domain of a zone, with a look at what will happen."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_DOMAIN
import voluptuous as vol

from .const import (
    CONF_FAMILIES,
    CONF_HOST_PART,
    CONF_OWN_SOURCES,
    CONF_PREFIX_LENGTH,
    CONF_PROXIED,
    CONF_SOURCES,
    CONF_TTL,
    CONF_TTL_S,
    CONF_ZONE_NAME,
)
from .coordinator import RaindropConfigEntry
from .ddns.errors import HostNameError
from .ddns.host_part import HostPartError, read_host_part
from .ddns.names import full_name, to_unicode
from .domains import DEFAULTS, ON, SECONDS
from .explain import BASE, Explanation, explain, explained
from .preview import Lines, async_say, look_ahead
from .schemas import DOMAIN_SCHEMA, new_domain_schema
from .source_forms import (
    async_details_schema,
    async_read_choices,
    async_shown,
    sources_schema,
    sources_typed,
)
from .source_options import FAMILIES

type _Texts = dict[str, str]


class DomainFlow(ConfigSubentryFlow):
    """Asks for a domain and its policies, shows what will happen, and stores it."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        super().__init__()
        self._data: dict[str, Any] = {}
        self._lines: Lines = {}
        self._names: list[str] | None = None
        self._kinds: dict[str, Any] = {}
        self._stored_sources: dict[str, Any] = {}

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
        return await self._go_on("user", schema, user_input, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for other policies of a domain; its name stays."""
        is_gone = self._reconfigure_subentry_id not in self._entry.subentries
        if is_gone or self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        stored = {**DEFAULTS, **self._get_reconfigure_subentry().data}
        self._stored_sources = stored[CONF_SOURCES]
        if user_input is None:
            shown = {**stored, CONF_OWN_SOURCES: bool(self._stored_sources)}
            return self._show("reconfigure", DOMAIN_SCHEMA, shown, {})
        self._data = {**stored, CONF_HOST_PART: "", CONF_SOURCES: {}, **_cleaned(user_input)}
        return await self._go_on("reconfigure", DOMAIN_SCHEMA, user_input, _mistakes(user_input))

    async def async_step_sources(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the kinds of the domain's own sources."""
        schema = sources_schema(of_domain=True)
        if user_input is None:
            stored = sources_typed(self._stored_sources, of_domain=True)
            return self._show("sources", schema, stored, {})
        self._kinds = user_input
        if async_details_schema(self.hass, user_input).schema:
            return await self.async_step_details()
        self._data[CONF_SOURCES], _ = async_read_choices(self.hass, user_input)
        return await self._preview_or("sources", schema, user_input, {})

    async def async_step_details(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which entities and pages they are."""
        schema = async_details_schema(self.hass, self._kinds)
        if user_input is None:
            stored = sources_typed(self._stored_sources, of_domain=True)
            return self._show("details", schema, async_shown(self.hass, stored), {})
        self._data[CONF_SOURCES], errors = async_read_choices(self.hass, self._kinds | user_input)
        return await self._preview_or("details", schema, user_input, errors)

    async def async_step_preview(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what will happen, and store the domain."""
        if user_input is None:
            name = to_unicode(self._data[CONF_DOMAIN])
            lines = await async_say(self.hass, self._lines)
            return self.async_show_form(
                step_id="preview",
                data_schema=vol.Schema({}),
                description_placeholders={CONF_DOMAIN: name, "lines": lines},
                last_step=True,
            )
        if self.source == SOURCE_USER:
            name = self._data[CONF_DOMAIN]
            return self.async_create_entry(title=to_unicode(name), data=self._data, unique_id=name)
        return self.async_update_and_abort(
            self._entry, self._get_reconfigure_subentry(), data=self._data
        )

    async def _go_on(
        self, step_id: str, schema: vol.Schema, typed: Mapping[str, Any], errors: _Texts
    ) -> SubentryFlowResult:
        """Ask for the domain's own sources if it has any, else go on to the preview."""
        if typed.get(CONF_OWN_SOURCES) and not errors:
            return await self.async_step_sources()
        return await self._preview_or(step_id, schema, typed, errors)

    async def _preview_or(
        self, step_id: str, schema: vol.Schema, typed: Mapping[str, Any], errors: _Texts
    ) -> SubentryFlowResult:
        """Go on to the preview, or show the form again with what is to be corrected."""
        placeholders: _Texts = {}
        if not errors:
            found = await explained(look_ahead(self._entry, self._data))
            if not isinstance(found, Explanation):
                self._lines = found
                return await self.async_step_preview()
            is_there = found.form_field in schema.schema
            place = found.form_field if is_there else BASE
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
        **{key: value for key, value in typed.items() if key != CONF_OWN_SOURCES},
        CONF_FAMILIES: sorted(typed[CONF_FAMILIES]),
        CONF_HOST_PART: typed.get(CONF_HOST_PART, "").strip().lower(),
        CONF_PREFIX_LENGTH: int(typed[CONF_PREFIX_LENGTH]),
        CONF_TTL_S: int(typed[CONF_TTL_S]),
    }
