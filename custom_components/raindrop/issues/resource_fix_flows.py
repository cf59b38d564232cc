"""Fix flows of the issues of an account's resources: lists and DNS locations."""

from typing import Any, override

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.exceptions import HomeAssistantError

from ..ddns import CloudflareError
from ..error_messages import translated_error
from ..flows.networks import CONF_NETWORK, chosen_networks, network_schema
from .fix_flow_menus import RetryFlow
from .zone_fix_flows import PermissionFlow


class ResourceFlow(RetryFlow):
    """Brings a resource in line, also if external changes keep coming back."""

    @override
    async def _async_try(self) -> None:
        """Try again; raises HomeAssistantError."""
        await self._entry.runtime_data.resources.async_sync_now(self._subentry_id)


class LocationNetworkFlow(ResourceFlow):
    """Asks which network of a DNS location is this home's, and replaces it."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show the networks, and remember which one is chosen."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        resources, error = self._entry.runtime_data.resources, ""
        (managed,) = (one for one in resources.managed if one.subentry_id == self._subentry_id)
        if user_input is not None:
            own = chosen_networks(user_input[CONF_NETWORK])
            await resources.async_choose(managed.config, own)
            if not (error := await self._async_error()):
                return self.async_create_entry(data={})
        try:
            networks = await resources.async_networks(managed)
        except CloudflareError as err:
            networks, error = [], str(translated_error(HomeAssistantError, err))
        return self._form(network_schema(networks), error)


class ResourcePermissionFlow(ResourceFlow, PermissionFlow):
    """Tries a resource again, and asks for another credential if that fails."""
