"""Fix flows of the issues of a zone: its status, credential, and unreadable settings."""

from typing import Any, override

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from ..const import DOMAIN
from ..dashboard_links import dns_url, zone_placeholders
from ..ddns import Zone
from ..zone_move import async_find_zone, async_use_zone
from .fix_flow_menus import RetryFlow


class PermissionFlow(RetryFlow):
    """Asks for another credential."""

    @override
    def _fail(self) -> None:
        """Start a re-authentication: the token still lacks the permission."""
        self._entry.async_start_reauth(self.hass)


class UnreadableFlow(RetryFlow):
    """Removes a domain, or a zone, whose settings cannot be read."""

    @override
    async def _async_is_fixable(self) -> bool:
        """Return whether it is still there; a zone that cannot be read is never loaded."""
        return not self._subentry_id or self._subentry_id in self._entry.subentries


class ZoneFlow(RetryFlow):
    """Asks the user to solve the problem of a zone elsewhere, then reads the zone again."""

    @override
    async def _async_try(self) -> None:
        """Read the zone again; raises HomeAssistantError if it still has a problem."""
        await super()._async_try()
        zone = self._entry.runtime_data.data.zone
        if zone and zone.problem:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="zone_unchanged",
                translation_placeholders=zone_placeholders(zone),
            )


class MovedZoneFlow(ZoneFlow):
    """Offers the active zone of the same name, if the zone moved to another account."""

    _zone: Zone

    @override
    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Look for the zone in other accounts that the credential can access."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        client = self._entry.runtime_data.client
        if zone := await async_find_zone(self.hass, self._entry, client):
            self._zone = zone
            return await self.async_step_use_zone()
        return await super().async_step_init()

    async def async_step_use_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Switch the entry to the zone in the other account."""
        if user_input is None:
            placeholders = {**self._issue_data, "dns_url": dns_url(self._zone)}
            return self.async_show_form(
                step_id="use_zone",
                data_schema=vol.Schema({}),
                description_placeholders=placeholders,
            )
        async_use_zone(self.hass, self._entry, self._zone)
        return self.async_create_entry(data={})
