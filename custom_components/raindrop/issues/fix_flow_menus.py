"""The base class of all fix flows: a form or a menu, and a retry."""

from collections.abc import Sequence
from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import voluptuous as vol

from ..const import DOMAIN
from ..coordinator import RaindropConfigEntry
from ..entry_reload import async_wait_until_loaded
from ..error_messages import IN_CONFLICT
from ..flows.preview import escape_markdown
from .issue import ATTR_ISSUE, ATTR_SUBENTRY_ID

MENUS: dict[str, Sequence[str]] = {
    "domain_unreadable": ("remove",),
    "list_contested": ("retry", "remove"),
    "list_missing": ("retry", "remove"),
    "location_contested": ("retry", "remove"),
    "location_missing": ("retry", "remove"),
    "record_cname": ("retry", "remove"),
    "record_contested": ("retry", "remove"),
    "record_delegated": ("retry", "remove"),
    "record_missing": ("create", "remove"),
    "record_other_home": ("confirm", "beside", "remove"),
    "record_placeholder": ("retry", "remove"),
    "record_proxied_unknown": ("create_proxied", "create_not_proxied", "remove"),
    "record_read_only": ("retry", "remove"),
    "zero_trust_list_contested": ("retry", "remove"),
    "zero_trust_list_missing": ("retry", "remove"),
    "zone_gone": ("retry", "remove"),
    "zone_id_unreadable": ("remove",),
    "zone_internal": ("retry", "remove"),
}
"""The choices of the issues that have a menu."""


class RetryFlow(RepairsFlow):
    """Asks the user to remove the cause elsewhere, then tries again."""

    def __init__(self, entry: RaindropConfigEntry, issue_data: dict[str, str]) -> None:
        super().__init__()
        self._entry = entry
        self._issue_data = issue_data
        self._subentry_id = issue_data[ATTR_SUBENTRY_ID]

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin with the menu of the issue, or with the form of an issue without one."""
        if self._issue_data[ATTR_ISSUE] not in MENUS:
            return await self.async_step_confirm()
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        return self._menu()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show what to do, then try again."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        if user_input is None:
            return self._form(vol.Schema({}))
        if error := await self._async_error():
            self._fail()
            return self._form(vol.Schema({}), error)
        return self.async_create_entry(data={})

    async def async_step_retry(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Try again; show the menu with the error if the issue remains."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        if error := await self._async_error():
            return self._menu(error)
        return self.async_create_entry(data={})

    async def async_step_remove(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Remove the domain, or the zone if the issue is about all of it."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        if self._subentry_id:
            self.hass.config_entries.async_remove_subentry(self._entry, self._subentry_id)
        else:
            await self.hass.config_entries.async_remove(self._entry.entry_id)
        return self.async_create_entry(data={})

    def _fail(self) -> None:
        """Do what helps after a failed attempt."""

    async def _async_is_fixable(self) -> bool:
        """Return whether the zone is loaded, after a reload, and the domain still exists."""
        is_loaded = await async_wait_until_loaded(self._entry)
        return is_loaded and (not self._subentry_id or self._subentry_id in self._entry.subentries)

    async def _async_error(self) -> str:
        """Try again, and return why the issue remains; empty if it does not."""
        try:
            await self._async_try()
        except HomeAssistantError as err:
            # Something else may have failed.
            if ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id):
                return _error_text(err)
        return ""

    async def _async_try(self) -> None:
        """Try again; raises HomeAssistantError."""
        await self._entry.runtime_data.async_update_now()

    def _menu(self, error: str = "") -> RepairsFlowResult:
        """Show what the user can choose. A menu can only show errors in its description."""
        alert = f'<ha-alert alert-type="error">{escape_markdown(error)}</ha-alert>\n\n'
        return self.async_show_menu(
            step_id="init",
            menu_options=[*MENUS[self._issue_data[ATTR_ISSUE]]],
            description_placeholders={**self._issue_data, "error": alert if error else ""},
        )

    def _form(self, schema: vol.Schema, error: str = "") -> RepairsFlowResult:
        """Show the form with the placeholders of the issue."""
        return self.async_show_form(
            step_id="confirm",
            data_schema=schema,
            errors={"base": "failed"} if error else None,
            description_placeholders={**self._issue_data, "error": error},
        )


def _error_text(error: HomeAssistantError) -> str:
    """Return why an issue remains, without a reference to the repairs."""
    if error.translation_key == IN_CONFLICT:
        error = HomeAssistantError(translation_domain=DOMAIN, translation_key="unsolved")
    return str(error)
