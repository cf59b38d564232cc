"""The subentries of domains: adding new ones, and changing stored settings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry, ConfigSubentryData
from homeassistant.const import CONF_DOMAIN
from homeassistant.core import HomeAssistant, callback

from . import config, ddns
from .const import SUBENTRY_DOMAIN
from .ddns import HostName


def new_domain_subentry(name: HostName, chosen: Mapping[str, Any]) -> ConfigSubentryData:
    """Return the subentry of a host name, with the default policies where none is chosen."""
    return ConfigSubentryData(
        subentry_type=SUBENTRY_DOMAIN,
        data={**config.DOMAIN_DEFAULTS, **chosen, CONF_DOMAIN: name},
        title=ddns.to_unicode(name),
        unique_id=config.domain_unique_id(name),
    )


@callback
def add_subentry(hass: HomeAssistant, entry: ConfigEntry, new: ConfigSubentryData) -> None:
    """Add a subentry to an existing entry."""
    subentry = ConfigSubentry(
        data=MappingProxyType({**new["data"]}),
        subentry_type=new["subentry_type"],
        title=new["title"],
        unique_id=new["unique_id"],
    )
    hass.config_entries.async_add_subentry(entry, subentry)


@callback
def async_change_domain(
    hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, **changes: object
) -> None:
    """Change some stored settings of a domain; an update follows that applies them."""
    data = {**subentry.data, **changes}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
