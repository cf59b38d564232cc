"""Asks Cloudflare once a day when the API token expires, and reports it two weeks before."""

from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .api_backoff import Backoff
from .config import zone_id
from .const import DOMAIN
from .dashboard_links import ACCOUNT_TOKENS_URL, TOKENS_URL
from .ddns import (
    ApiToken,
    CloudflareAuthError,
    CloudflareClient,
    CloudflareError,
    UpdateResult,
)
from .issues.entry import async_end_token_expires, async_report_token_expires
from .update_scheduler import DAILY, is_interval_over

_NOTICE = timedelta(days=14)
_FIRST = timedelta(minutes=55)
"""How long after setup the first request is due: with the next full sync, not at every start."""


class TokenExpiry:
    """Asks when the API token of an entry expires; nothing depends on the answer."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, client: CloudflareClient, backoff: Backoff
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._client = client
        self._backoff = backoff
        self._asked_at = dt_util.utcnow() - DAILY + _FIRST
        self._account_id: str | None = None
        """The account that owns the token; None if that is a user, or not known yet."""

    @callback
    def async_updated(self, result: UpdateResult, *, is_full_sync: bool) -> None:
        """Ask in the background during a full sync if a day has passed.

        Not if the zone could not be read, nor with a Global API Key, which does not expire.
        """
        now = dt_util.utcnow()
        is_asked = is_full_sync and result.was_read and is_interval_over(self._asked_at, DAILY, now)
        if is_asked and self._client.credential_kind == ApiToken.__name__:
            self._asked_at = now
            _ = self._entry.async_create_background_task(
                self._hass, self._async_ask(), f"{DOMAIN} {self._entry.title} token expiry"
            )

    async def _async_ask(self) -> None:
        """Ask, and create or delete the issue; without an answer it stays as it is."""
        try:
            expires_on = await self._async_expiry()
        except CloudflareError as err:
            self._backoff.add_errors([err], self._client.rate_limit)
            return
        if expires_on and expires_on - dt_util.utcnow() < _NOTICE:
            url = ACCOUNT_TOKENS_URL if self._account_id else TOKENS_URL
            async_report_token_expires(self._hass, self._entry, expires_on, url)
        else:
            async_end_token_expires(self._hass, self._entry)

    async def _async_expiry(self) -> datetime | None:
        """Return when the token expires. Raises CloudflareError.

        A token does not say whether a user or an account owns it, and the
        endpoint for those of users refuses one of an account, though it is valid.
        """
        try:
            return await self._client.token_expiry(self._account_id)
        except CloudflareAuthError:
            account_id = (await self._client.zone(zone_id(self._entry))).account_id
        expires_on = await self._client.token_expiry(account_id)
        self._account_id = account_id
        return expires_on
