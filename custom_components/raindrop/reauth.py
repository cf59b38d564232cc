"""Re-authentication: started when Cloudflare denies the credential, ended when it accepts it."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .api_backoff import Backoff
from .ddns import UpdateResult


@callback
def async_update_reauth(
    hass: HomeAssistant,
    entry: ConfigEntry,
    backoff: Backoff,
    result: UpdateResult,
    *,
    is_key_needed: bool,
    lacks_permission: bool,
) -> None:
    """Start a re-authentication if an update shows that it is needed, or end one.

    Where no key is needed, no request would show that it is accepted again. A key that
    lacks a permission for something else has to be replaced though it is accepted here.
    """
    if backoff.is_denied and result.errors:
        entry.async_start_reauth(hass)
    elif not lacks_permission and (not is_key_needed or (result.was_read and backoff.is_accepted)):
        # Including one that was started before a reload.
        for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH}):
            hass.config_entries.flow.async_abort(flow["flow_id"])
