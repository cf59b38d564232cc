"""The API client of an entry or of a form, and the credential that they hold."""

from collections.abc import Mapping
import os
from typing import Any

from homeassistant.const import CONF_EMAIL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from . import ddns
from .const import CONF_IS_PAID, CONF_KEY
from .ddns import HomeId

BASE_URL_VARIABLE = "CLOUDFLARE_BASE_URL"
"""The environment variable that Cloudflare's SDKs read.

https://github.com/cloudflare/cloudflare-python
"""


def credential_data(form: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the credential of a form as entry data, stripped of pasted text around it.

    Raises CloudflareAuthError if it is malformed.
    """
    credential = ddns.read_credential(form.get(CONF_EMAIL), form[CONF_KEY])
    if isinstance(credential, ddns.ApiToken):
        return {CONF_EMAIL: None, CONF_KEY: credential.token}
    return {CONF_EMAIL: credential.email, CONF_KEY: credential.key}


def stored_email(data: Mapping[str, Any]) -> str | None:
    """Return the email address in the data of an entry or of a form."""
    email = data.get(CONF_EMAIL)
    return email if isinstance(email, str) else None


@callback
def async_get_client(
    hass: HomeAssistant, data: Mapping[str, Any], home_id: HomeId
) -> ddns.CloudflareClient:
    """Return the API client of a home for the data of an entry or of a form.

    Raises CloudflareAuthError if the credential is malformed, BaseUrlError if
    the environment names a URL to which it must not be sent, and
    CloudflareConnectionError while no HTTP session can be created.
    """
    key = data.get(CONF_KEY)
    try:
        session = async_get_clientsession(hass)
    except Exception as err:
        name = type(err).__name__
        raise ddns.CloudflareConnectionError(f"Could not connect to Cloudflare ({name})") from err
    return ddns.CloudflareClient(
        session,
        ddns.read_credential(stored_email(data), key if isinstance(key, str) else ""),
        max_batch=ddns.MAX_BATCH_PAID if data.get(CONF_IS_PAID) is True else ddns.MAX_BATCH,
        ownership=ddns.Ownership(home_id),
        base_url=ddns.check_base_url(os.environ.get(BASE_URL_VARIABLE) or ddns.BASE_URL),
    )
