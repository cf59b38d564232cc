"""Flows that mend what the issues tell of."""

from typing import Any, override

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .const import CONF_CREATE, CONF_RECORDS, DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns.model import ConflictKind, HostName, Record, Slot
from .issues import ATTR_ENTRY_ID, ATTR_FAMILY, ATTR_ISSUE, ATTR_SUBENTRY_ID
from .source_options import FAMILIES

_RECORD = "record"


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that mends an issue; raises UnknownEntry if nobody is left to mend it for."""
    words = {key: str(value) for key, value in (data or {}).items()}
    entry = hass.config_entries.async_get_known_entry(words[ATTR_ENTRY_ID])
    return _FLOWS.get(words[ATTR_ISSUE], RetryFlow)(entry, words)


class RetryFlow(RepairsFlow):
    """Asks to remove the cause elsewhere, and then tries again."""

    def __init__(self, entry: RaindropConfigEntry, words: dict[str, str]) -> None:
        """Keep what travelled with the issue."""
        super().__init__()
        self._entry = entry
        self._words = words

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Say what to do, then try again; an update says itself whether all is well now."""
        if not self._is_there:
            return self.async_abort(reason="not_loaded")
        if user_input is None:
            return self._form("confirm", vol.Schema({}))
        try:
            await self._try(self._entry.runtime_data)
        except HomeAssistantError as err:
            # What went wrong may be something else.
            if self._stands:
                self._fail()
                error = {"error": str(err)}
                return self._form("confirm", vol.Schema({}), {"base": "failed"}, error)
        return self.async_create_entry(data={})

    def _fail(self) -> None:
        """Do what else helps, after a try that did not."""

    @property
    def _is_there(self) -> bool:
        """Whether there still is something to mend, and it can be mended."""
        subentry_id = self._words[ATTR_SUBENTRY_ID]
        is_kept = not subentry_id or subentry_id in self._entry.subentries
        return is_kept and self._entry.state is ConfigEntryState.LOADED

    @property
    def _stands(self) -> bool:
        """Whether the issue still stands."""
        return ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id) is not None

    async def _try(self, coordinator: RaindropCoordinator) -> None:
        """Try again; raises HomeAssistantError."""
        await coordinator.async_update_now()

    def _form(
        self,
        step_id: str,
        schema: vol.Schema,
        errors: dict[str, str] | None = None,
        placeholders: dict[str, str] | None = None,
    ) -> RepairsFlowResult:
        """Show a form in the words of the issue."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=schema,
            errors=errors,
            description_placeholders={"error": "", **self._words, **(placeholders or {})},
        )


class RecordFlow(RetryFlow):
    """Mends one record."""

    @property
    def _slot(self) -> Slot:
        """The slot of the record."""
        subentry = self._entry.subentries[self._words[ATTR_SUBENTRY_ID]]
        return Slot(HostName(str(subentry.unique_id)), FAMILIES[self._words[ATTR_FAMILY]])

    def _update(self, **updates: object) -> RepairsFlowResult:
        """Store something for the domain, which starts the entry anew, and end."""
        subentry = self._entry.subentries[self._words[ATTR_SUBENTRY_ID]]
        self.hass.config_entries.async_update_subentry(
            self._entry, subentry, data={**subentry.data, **updates}
        )
        return self.async_create_entry(data={})


class ContestedFlow(RecordFlow):
    """Insists on a record that somebody else keeps changing."""

    @override
    async def _try(self, coordinator: RaindropCoordinator) -> None:
        """Write once more; raises HomeAssistantError."""
        await coordinator.async_update_again(self._slot)


class MissingFlow(RecordFlow):
    """Creates a missing record, or gives its domain up."""

    @override
    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Let the user choose."""
        if not self._is_there:
            return self.async_abort(reason="not_loaded")
        return self.async_show_menu(
            menu_options=["create", "remove"], description_placeholders=self._words
        )

    async def async_step_create(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Allow the record to be created."""
        if not self._is_there:
            return self.async_abort(reason="not_loaded")
        return self._update(**{CONF_CREATE: True})

    async def async_step_remove(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Remove the domain."""
        if not self._is_there:
            return self.async_abort(reason="not_loaded")
        self.hass.config_entries.async_remove_subentry(self._entry, self._words[ATTR_SUBENTRY_ID])
        return self.async_create_entry(data={})


class AmbiguousFlow(RecordFlow):
    """Lets the user choose one of several records."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show the records, and keep the one chosen by its identifier."""
        if not self._is_there:
            return self.async_abort(reason="not_loaded")
        conflict = self._entry.runtime_data.data.conflicts.get(self._slot)
        if conflict is None or conflict.kind is not ConflictKind.AMBIGUOUS:
            return self.async_create_entry(data={})
        if user_input is not None:
            family = self._words[ATTR_FAMILY]
            subentry = self._entry.subentries[self._words[ATTR_SUBENTRY_ID]]
            chosen = {**subentry.data.get(CONF_RECORDS, {}), family: user_input[_RECORD]}
            return self._update(**{CONF_RECORDS: chosen})
        options = [SelectOptionDict(value=r.id, label=_label(r)) for r in conflict.records]
        selector = SelectSelector(
            SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
        )
        return self._form("confirm", vol.Schema({vol.Required(_RECORD): selector}))


class PermissionFlow(RetryFlow):
    """Asks for another credential."""

    @override
    def _fail(self) -> None:
        """Open the form for another key, for the token was not given the permission."""
        self._entry.async_start_reauth(self.hass)


def _label(record: Record) -> str:
    """Return what tells a record from its twins: address, proxy, comment."""
    cloud = "☁ " if record.proxied else ""
    return f"{cloud}{record.content}" + (f" ({record.comment})" if record.comment else "")


_FLOWS: dict[str, type[RetryFlow]] = {
    "dns_edit_missing": PermissionFlow,
    "record_ambiguous": AmbiguousFlow,
    "record_contested": ContestedFlow,
    "record_missing": MissingFlow,
    "token_location": PermissionFlow,
    "zone_read_missing": PermissionFlow,
}
