"""Set-up in the user interface: a zone with its credential, and its first domain."""

from collections.abc import Awaitable, Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import voluptuous as vol

from .const import CONF_KEY, CONF_ZONE, CONF_ZONE_ID, CONF_ZONE_NAME, DOMAIN, LOGGER
from .coordinator import RaindropConfigEntry
from .ddns.cloudflare import CloudflareClient
from .ddns.credential import read_credential
from .ddns.errors import DdnsError
from .ddns.model import Conflict, ConflictKind, Family, Policy, Slot, Want, ZoneId
from .ddns.names import to_unicode
from .ddns.plan import make_plan
from .ddns.survey import Survey, survey, verify
from .domains import domain_subentry, host_names
from .explain import BASE, Explanation, explain
from .schemas import CREDENTIAL_SCHEMA, USER_SCHEMA
from .sources import async_get_detector

_LINKS = {
    "dashboard_url": "https://dash.cloudflare.com/",
    "token_url": (
        "https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys="
        "%5B%7B%22key%22%3A%22dns%22%2C%22type%22%3A%22edit%22%7D%2C"
        "%7B%22key%22%3A%22zone%22%2C%22type%22%3A%22read%22%7D%5D"
        "&accountId=*&zoneId=all&name=Raindrop"
    ),
}
"""Opens Cloudflare's form for a token with the two permissions filled in.

https://developers.cloudflare.com/fundamentals/api/how-to/account-owned-token-template/
"""

_CONFLICTS = {
    ConflictKind.AMBIGUOUS: Explanation(CONF_DOMAIN, "several_records"),
    ConflictKind.CNAME: Explanation(CONF_DOMAIN, "cname_in_the_way"),
}


class RaindropConfigFlow(ConfigFlow, domain=DOMAIN):
    """Adds a zone, and renews its credential."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for zone, email, key and domain, try them, and create the entry."""
        problem: Explanation | None = None
        if user_input is not None:
            found = await _explained(self._survey(user_input))
            if isinstance(found, Survey):
                await self.async_set_unique_id(found.zone_id)
                self._abort_if_unique_id_configured()
                return self._create(user_input, found)
            problem = found
        return self._show("user", USER_SCHEMA, user_input, problem)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to ask for a credential that Cloudflare accepts."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a credential that Cloudflare accepts."""
        return await self._renew("reauth_confirm", self._get_reauth_entry(), user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another credential of the same zone."""
        return await self._renew("reconfigure", self._get_reconfigure_entry(), user_input)

    async def _renew(
        self, step_id: str, entry: RaindropConfigEntry, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for a credential, try it on the entry's zone, and store it."""
        if user_input is None:
            shown = {CONF_EMAIL: entry.data.get(CONF_EMAIL)}
            return self._show(step_id, CREDENTIAL_SCHEMA, shown, None)
        if problem := await _explained(self._verify(entry, user_input)):
            return self._show(step_id, CREDENTIAL_SCHEMA, user_input, problem)
        updates = {CONF_EMAIL: user_input.get(CONF_EMAIL), CONF_KEY: user_input[CONF_KEY]}
        # An entry that is not loaded has no listener, and one whose data stay
        # the same does not tell: then nobody else would reload it.
        is_silent = not entry.update_listeners or updates.items() <= entry.data.items()
        result = self.async_update_and_abort(entry, data_updates=updates)
        if is_silent:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result

    async def _survey(self, user_input: Mapping[str, Any]) -> Survey | Explanation:
        """Return what the first form means, or what stands in its way."""
        found = await survey(
            self._client(user_input), user_input.get(CONF_ZONE, ""), user_input[CONF_DOMAIN]
        )
        conflict = await self._conflict(found)
        return _CONFLICTS[conflict.kind] if conflict else found

    async def _verify(self, entry: RaindropConfigEntry, user_input: Mapping[str, Any]) -> None:
        """Try a credential on the zone of an entry."""
        names = host_names(entry)
        zone_id = ZoneId(entry.data[CONF_ZONE_ID])
        await verify(self._client(user_input), zone_id, names[0] if names else None)

    async def _conflict(self, found: Survey) -> Conflict | None:
        """Return why the domain could not be kept, as far as it can be told now."""
        reading = await async_get_detector(self.hass).look(Family.IPV4)
        heard = (answer.address for answer in reading.answers if answer.address)
        want = Want(
            slot=Slot(found.name, Family.IPV4),
            address=next(heard, None),
            policy=Policy(create=True),
        )
        return next(iter(make_plan([want], found.records).conflicts), None)

    def _client(self, user_input: Mapping[str, Any]) -> CloudflareClient:
        """Return a client for the credential in a form."""
        credential = read_credential(user_input.get(CONF_EMAIL), user_input[CONF_KEY])
        return CloudflareClient(async_get_clientsession(self.hass), credential)

    def _create(self, user_input: Mapping[str, Any], found: Survey) -> ConfigFlowResult:
        """Create the entry of the zone with its first domain."""
        title = to_unicode(found.name)
        return self.async_create_entry(
            title=to_unicode(found.zone_name) if found.zone_name else title,
            data={
                CONF_ZONE: user_input.get(CONF_ZONE),
                CONF_EMAIL: user_input.get(CONF_EMAIL),
                CONF_KEY: user_input[CONF_KEY],
                CONF_ZONE_ID: found.zone_id,
                CONF_ZONE_NAME: found.zone_name,
            },
            subentries=[domain_subentry(found.name, title)],
        )

    def _show(
        self,
        step_id: str,
        schema: vol.Schema,
        typed: Mapping[str, Any] | None,
        problem: Explanation | None,
    ) -> ConfigFlowResult:
        """Show a form that keeps what was typed and says what to correct."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, typed),
            errors={problem.form_field: problem.key} if problem else None,
            description_placeholders=_LINKS | (problem.placeholders if problem else {}),
        )


async def _explained[ResultT](work: Awaitable[ResultT]) -> ResultT | Explanation:
    """Return the result of some work, or why it failed."""
    try:
        return await work
    except DdnsError as err:
        return explain(err)
    except Exception:
        LOGGER.exception("Unexpected error in the config flow")
        return Explanation(BASE, "unknown")
