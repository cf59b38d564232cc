"""The client that speaks for an entry, or for what somebody just typed."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_EMAIL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .const import CONF_IS_PAID, CONF_KEY
from .ddns.cloudflare import MAX_BATCH, MAX_BATCH_PAID, CloudflareClient
from .ddns.credential import ApiToken, read_credential


def credential_data(typed: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the credential in a form as it is stored: without what was pasted around it.

    Raises CloudflareAuthError if it cannot be one.
    """
    credential = read_credential(typed.get(CONF_EMAIL), typed[CONF_KEY])
    if isinstance(credential, ApiToken):
        return {CONF_EMAIL: None, CONF_KEY: credential.token}
    return {CONF_EMAIL: credential.email, CONF_KEY: credential.key}


@callback
def async_get_client(hass: HomeAssistant, data: Mapping[str, Any]) -> CloudflareClient:
    """Return a client for the credential in the data of an entry or of a form.

    Raises CloudflareAuthError if it cannot be one.
    """
    return CloudflareClient(
        async_get_clientsession(hass),
        read_credential(data.get(CONF_EMAIL), data[CONF_KEY]),
        max_batch=MAX_BATCH_PAID if data.get(CONF_IS_PAID) else MAX_BATCH,
    )
