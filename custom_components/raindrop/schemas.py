"""The forms of the config flow."""

from collections.abc import Iterable

from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.helpers.selector import (
    BooleanSelector,
    ConstantSelector,
    ConstantSelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import (
    CONF_CREATE,
    CONF_DELETE,
    CONF_FAMILIES,
    CONF_HOST_PART,
    CONF_KEY,
    CONF_PREFIX_LENGTH,
    CONF_PROXIED,
    CONF_TTL,
    CONF_ZONE,
)
from .ddns.host_part import MAX_PREFIX, MIN_PREFIX
from .domains import AUTO, FAMILIES, KEEP, PROXIED

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

DOMAIN_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_FAMILIES): SelectSelector(
            SelectSelectorConfig(
                options=list(FAMILIES), multiple=True, translation_key=CONF_FAMILIES
            )
        ),
        vol.Required(CONF_CREATE): BooleanSelector(),
        vol.Required(CONF_PROXIED): SelectSelector(
            SelectSelectorConfig(options=list(PROXIED), translation_key=CONF_PROXIED)
        ),
        vol.Required(CONF_TTL): SelectSelector(
            SelectSelectorConfig(
                options=[KEEP, AUTO, "60", "300", "3600", "86400"],
                custom_value=True,
                translation_key=CONF_TTL,
            )
        ),
        vol.Optional(CONF_HOST_PART): _TEXT,
        vol.Required(CONF_PREFIX_LENGTH): NumberSelector(
            NumberSelectorConfig(
                min=MIN_PREFIX, max=MAX_PREFIX, mode=NumberSelectorMode.BOX, step=1
            )
        ),
        vol.Required(CONF_DELETE): BooleanSelector(),
    }
)


def new_domain_schema(names: Iterable[str]) -> vol.Schema:
    """Return the form for a new domain, with the names that the zone has already."""
    known = SelectSelector(SelectSelectorConfig(options=sorted(names), custom_value=True))
    return vol.Schema({vol.Required(CONF_DOMAIN): known, **DOMAIN_SCHEMA.schema})


def preview_schema(lines: Iterable[str]) -> vol.Schema:
    """Return a form that says what will happen: each line is a field with nothing to fill in."""
    said = ConstantSelector(ConstantSelectorConfig(value=True, label=""))
    return vol.Schema({vol.Optional(line): said for line in lines})
