"""The forms of the config flow."""

from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import CONF_KEY, CONF_ZONE

_TEXT = TextSelector(TextSelectorConfig(type=TextSelectorType.TEXT))
_EMAIL = TextSelector(TextSelectorConfig(type=TextSelectorType.EMAIL, autocomplete="username"))
_PASSWORD = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)

CREDENTIAL_SCHEMA = vol.Schema(
    {vol.Optional(CONF_EMAIL): _EMAIL, vol.Required(CONF_KEY): _PASSWORD}
)

USER_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_ZONE): _TEXT,
        vol.Optional(CONF_EMAIL): _EMAIL,
        vol.Required(CONF_KEY): _PASSWORD,
        vol.Required(CONF_DOMAIN): _TEXT,
    }
)
