"""Set-up in the user interface: a zone with its credential, and its first domain."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType
import voluptuous as vol

from .client import async_get_client, credential_data
from .const import CONF_IS_PAID, CONF_ZONE, CONF_ZONE_ID, CONF_ZONE_NAME, DOMAIN, SUBENTRY_DOMAIN
from .coordinator import RaindropConfigEntry
from .ddns.model import ConflictKind, Family, Policy, Slot, Source, Want, ZoneId
from .ddns.names import to_unicode
from .ddns.plan import make_plan
from .ddns.survey import Survey, survey, verify
from .domain_flow import DomainFlow
from .domains import domain_subentry, domains
from .explain import Explanation, explained
from .options_flow import RaindropOptionsFlow
from .schemas import CREDENTIAL_SCHEMA, USER_SCHEMA
from .source_options import DEFAULT_OPTIONS
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

    VERSION = 1
    MINOR_VERSION = 2

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> RaindropOptionsFlow:
        """Return the flow that asks where the home's address comes from."""
        return RaindropOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flow that adds a domain to a zone."""
        return {SUBENTRY_DOMAIN: DomainFlow}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for zone, email, key and domain, try them, and create the entry."""
        problem: Explanation | None = None
        if user_input is not None:
            found = await explained(self._survey(user_input))
            if isinstance(found, Survey):
                await self.async_set_unique_id(found.zone_id)
                self._abort_if_unique_id_configured()
                return self._create(user_input, found)
            problem = found
        return self._show("user", USER_SCHEMA, user_input, problem)

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Lead straight on to another domain, which the user may as well close."""
        form = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_DOMAIN),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        if form["type"] is FlowResultType.FORM:
            result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, form["flow_id"])
        return result

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
            # Trying the stored one tells what is wrong with it.
            why = (
                await explained(self._verify(entry, entry.data))
                if self.source == SOURCE_REAUTH
                else None
            )
            return self._show(step_id, CREDENTIAL_SCHEMA, shown, why)
        if problem := await explained(self._verify(entry, user_input)):
            return self._show(step_id, CREDENTIAL_SCHEMA, user_input, problem)
        updates = credential_data(user_input)
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
            async_get_client(self.hass, user_input),
            user_input.get(CONF_ZONE, ""),
            user_input[CONF_DOMAIN],
        )
        conflict = await self._conflict(found)
        return _CONFLICTS[conflict] if conflict else found

    async def _verify(self, entry: RaindropConfigEntry, user_input: Mapping[str, Any]) -> None:
        """Try a credential on the zone of an entry."""
        names = [domain.name for domain in domains(entry)]
        zone_id = ZoneId(entry.data[CONF_ZONE_ID])
        await verify(async_get_client(self.hass, user_input), zone_id, names[0] if names else None)

    async def _conflict(self, found: Survey) -> ConflictKind | None:
        """Return why the domain could not be kept, as far as it can be told now."""
        cname = any(record.type == "CNAME" for record in found.records)
        if cname:
            return ConflictKind.CNAME
        reading = await async_get_detector(self.hass).look(Source(Family.IPV4))
        want = Want(
            slot=Slot(found.name, Family.IPV4),
            address=reading.heard,
            policy=Policy(create=True),
        )
        conflicts = make_plan([want], found.records).conflicts
        return conflicts[0].kind if conflicts else None

    def _create(self, user_input: Mapping[str, Any], found: Survey) -> ConfigFlowResult:
        """Create the entry of the zone with its first domain."""
        title = to_unicode(found.name)
        return self.async_create_entry(
            title=to_unicode(found.zone_name) if found.zone_name else title,
            data={
                CONF_ZONE: user_input.get(CONF_ZONE, "").strip() or None,
                **credential_data(user_input),
                CONF_ZONE_ID: found.zone_id,
                CONF_ZONE_NAME: found.zone_name,
                CONF_IS_PAID: found.is_paid,
            },
            options=DEFAULT_OPTIONS,
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
