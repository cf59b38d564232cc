"""The forms of the config flow."""

from collections.abc import Iterable

from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
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
    CONF_OWN_SOURCES,
    CONF_PREFIX_LENGTH,
    CONF_PROXIED,
    CONF_TTL,
    CONF_TTL_S,
    CONF_ZONE,
)
from .ddns.host_part import MAX_PREFIX, MIN_PREFIX
from .ddns.model import MAX_TTL_S, MIN_TTL_S
from .domains import AUTO, KEEP, PROXIED, SECONDS
from .source_options import FAMILIES

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
            SelectSelectorConfig(
                options=list(PROXIED),
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_PROXIED,
            )
        ),
        vol.Required(CONF_TTL): SelectSelector(
            SelectSelectorConfig(
                options=[KEEP, AUTO, SECONDS],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_TTL,
            )
        ),
        vol.Required(CONF_TTL_S): NumberSelector(
            NumberSelectorConfig(min=MIN_TTL_S, max=MAX_TTL_S, mode=NumberSelectorMode.BOX, step=1)
        ),
        vol.Optional(CONF_HOST_PART): _TEXT,
        vol.Required(CONF_PREFIX_LENGTH): NumberSelector(
            NumberSelectorConfig(
                min=MIN_PREFIX, max=MAX_PREFIX, mode=NumberSelectorMode.BOX, step=1
            )
        ),
        vol.Required(CONF_DELETE): BooleanSelector(),
        vol.Optional(CONF_OWN_SOURCES, default=False): BooleanSelector(),
    }
)


def new_domain_schema(names: Iterable[str]) -> vol.Schema:
    """Return the form for a new domain, with the names that the zone has already."""
    known = SelectSelector(SelectSelectorConfig(options=sorted(names), custom_value=True))
    # Were it required, the first name would come up chosen.
    return vol.Schema({vol.Optional(CONF_DOMAIN): known, **DOMAIN_SCHEMA.schema})
