"""The request for another key, withdrawn when Cloudflare accepts the present one again."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback


@callback
def async_end_reauth(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Abort the reauth flows of an entry, also those that were started before a reload."""
    for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH}):
        hass.config_entries.flow.async_abort(flow["flow_id"])
