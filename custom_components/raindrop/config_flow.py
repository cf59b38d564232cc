"""The config flow: a zone with its credential and its first domain."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.const import CONF_DOMAIN, CONF_EMAIL
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType
import voluptuous as vol

from . import api_client, config, ddns
from .const import CONF_ZONE, CONF_ZONE_ID, DOMAIN, SUBENTRY_DOMAIN
from .coordinator import RaindropConfigEntry
from .dashboard_links import DNS_URL, TOKENS_URL, dns_url
from .ddns import Family, RecordKey, ResourceKind, Zone, ZoneAccess, discover_zone
from .entry_reload import async_schedule_reload
from .error_messages import ErrorMessage, try_or_error
from .flows.credentials_file import filled_in, pasted_in
from .flows.dns_location import DnsLocationFlow
from .flows.domain import CONF_BEFORE, CONF_IS_TAKEOVER, DomainFlow
from .flows.first_domain import (
    async_preview_first,
    families_schema,
    first_conflicts,
    first_problem,
    suggested_families,
    usable_families,
)
from .flows.ip_list import IpListFlow
from .flows.options import RaindropOptionsFlow
from .flows.permissions import async_missing_permissions
from .flows.preview import conflict_message, zone_message
from .flows.schemas import (
    CREDENTIAL_SCHEMA,
    USER_SCHEMA,
    chosen_records,
    conflict_fields,
    zone_fields,
)
from .flows.takeover import TakeoverSteps
from .flows.zero_trust_list import ZeroTrustListFlow
from .home_id import async_get_home_id
from .subentries import add_subentry, new_domain_subentry
from .takeover import CONF_REPLACES
from .zone_move import async_find_zone, async_use_zone, zone_data

LINKS = {
    "dns_url": DNS_URL,
    "token_url": (
        "https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys="
        "%5B%7B%22key%22%3A%22dns%22%2C%22type%22%3A%22edit%22%7D%2C"
        "%7B%22key%22%3A%22zone%22%2C%22type%22%3A%22read%22%7D%5D"
        "&accountId=*&zoneId=all&name=Raindrop"
    ),
}
"""``token_url`` opens Cloudflare's form for a token with the two permissions filled in.

https://developers.cloudflare.com/fundamentals/api/how-to/account-owned-token-template/
"""


class RaindropConfigFlow(TakeoverSteps, domain=DOMAIN):
    """Add a zone, or replace its credential."""

    VERSION = 1
    form_placeholders = LINKS
    _moved_zone: Zone
    _conflicts: Collection[ddns.Conflict] = ()
    _entered: Mapping[str, Any]
    """What was entered in the first form, or to replace the credential."""
    _access: ZoneAccess
    _choice: Mapping[str, Any]
    """What was chosen to resolve conflicts, as it is stored."""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> RaindropOptionsFlow:
        """Return the flow for the sources of a zone."""
        return RaindropOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flow for each type of subentry."""
        return {
            SUBENTRY_DOMAIN: DomainFlow,
            ResourceKind.IP_LIST: IpListFlow,
            ResourceKind.ZERO_TRUST_LIST: ZeroTrustListFlow,
            ResourceKind.DNS_LOCATION: DnsLocationFlow,
        }

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for zone, email, key and domain, and try them."""
        if user_input is None and self.is_takeover_possible():
            return await self.async_step_start()
        if user_input is None:
            return self.show_form("user", USER_SCHEMA)
        if pasted := pasted_in(user_input):
            values, error = filled_in(user_input, pasted)
            return self.show_form("user", USER_SCHEMA, values, error)
        # An offer holds for the records that were shown with it.
        offered = {CONF_ZONE_ID, *conflict_fields(self._conflicts)}
        self._choice = {
            config.CONF_TAKE_OVER: user_input.get(config.CONF_TAKE_OVER, []),
            config.CONF_RECORDS: chosen_records(user_input),
        }
        self._entered = {key: value for key, value in user_input.items() if key not in offered}
        if error := await try_or_error(self._async_discover_zone(user_input)):
            schema = USER_SCHEMA.extend(zone_fields(self._zones))
            schema = schema.extend(conflict_fields(self._conflicts))
            return self.show_form("user", schema, self._entered, error)
        await self.async_set_unique_id(self._access.zone.id)
        return await self.async_step_unseen_zone()

    async def async_step_unseen_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on; first say if the world will not see the records of the zone."""
        message = zone_message(self._access.zone)
        if message and user_input is None:
            return self.show_form("unseen_zone", vol.Schema({}), errors=message)
        return await self.async_step_families()

    async def async_step_families(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the record types of the first domain if the home has an IPv6 address."""
        if usable_families(self._preview) == [Family.IPV4]:
            return self._create_entry([Family.IPV4.key])
        schema = families_schema(self._preview)
        self.form_placeholders = {CONF_DOMAIN: ddns.to_unicode(self._access.name)}
        self.is_last_step = True
        if user_input is None:
            suggested = suggested_families(self._preview)
            return self.show_form("families", schema, {config.CONF_FAMILIES: suggested})
        if not user_input[config.CONF_FAMILIES]:
            errors = {config.CONF_FAMILIES: "no_family"}
            return self.show_form("families", schema, user_input, errors)
        return self._create_entry(user_input[config.CONF_FAMILIES])

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Say what was done, and offer to add more names."""
        menu = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_DOMAIN),
            context=SubentryFlowContext(source=SOURCE_USER),
            data={
                CONF_BEFORE: [r.content for r in self._preview.plan.records.values()],
                CONF_IS_TAKEOVER: CONF_REPLACES in result["data"],
            },
        )
        if menu["type"] is FlowResultType.MENU:
            result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, menu["flow_id"])
        return result

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start to ask for a new credential, because Cloudflare refused the stored one."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new credential; the form says what is wrong with the stored one."""
        entry = self._get_reauth_entry()
        if user_input is not None:
            return await self._async_replace_credential("reauth_confirm", entry, user_input)
        error = await try_or_error(self._async_verify(entry, entry.data))
        values = {CONF_EMAIL: api_client.stored_email(entry.data)}
        return self.show_form("reauth_confirm", CREDENTIAL_SCHEMA, values, error)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another credential for the same zone."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            values = {CONF_EMAIL: api_client.stored_email(entry.data)}
            return self.show_form("reconfigure", CREDENTIAL_SCHEMA, values)
        zone = await try_or_error(self._async_find_zone(entry, user_input))
        if isinstance(zone, Zone):
            self._entered, self._moved_zone = user_input, zone
            return await self.async_step_moved_zone()
        return await self._async_replace_credential("reconfigure", entry, user_input)

    async def async_step_moved_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the active zone of the same name in another account."""
        entry = self._get_reconfigure_entry()
        return self.async_show_menu(
            step_id="moved_zone",
            menu_options=["use_zone", "keep_zone"],
            description_placeholders={"zone": entry.title, "dns_url": dns_url(self._moved_zone)},
        )

    async def async_step_use_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Keep the zone in the other account from now on, with the new credential."""
        credential = api_client.credential_data(self._entered)
        async_use_zone(self.hass, self._get_reconfigure_entry(), self._moved_zone, credential)
        return self.async_abort(reason="zone_changed")

    async def async_step_keep_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Use the new credential for the same zone."""
        entry = self._get_reconfigure_entry()
        return await self._async_replace_credential("reconfigure", entry, self._entered)

    async def _async_replace_credential(
        self, step_id: str, entry: RaindropConfigEntry, user_input: Mapping[str, Any]
    ) -> ConfigFlowResult:
        if error := await try_or_error(self._async_verify(entry, user_input)):
            return self.show_form(step_id, CREDENTIAL_SCHEMA, user_input, error)
        self._entered = user_input
        if missing := await async_missing_permissions(await self._async_client(user_input), entry):
            self.form_placeholders = {
                "permissions": ", ".join(missing),
                "tokens_url": TOKENS_URL,
            }
            return self.show_form("permissions", vol.Schema({}))
        return self._replace_credential(entry)

    async def async_step_permissions(self, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Use the new credential although it lacks permissions: DNS may be what matters."""
        is_reauth = self.source == SOURCE_REAUTH
        entry = self._get_reauth_entry() if is_reauth else self._get_reconfigure_entry()
        return self._replace_credential(entry)

    def _replace_credential(self, entry: RaindropConfigEntry) -> ConfigFlowResult:
        result = self.async_update_and_abort(
            entry, data_updates=api_client.credential_data(self._entered)
        )
        # The entry's update listener schedules a reload only if the entry is
        # loaded and its data changed.
        async_schedule_reload(self.hass, entry)
        return result

    async def _async_verify(self, entry: RaindropConfigEntry, data: Mapping[str, Any]) -> None:
        """Try a credential on the zone of an entry. Raises CloudflareError."""
        name = next(iter(config.host_names(entry)), None)
        client = await self._async_client(data)
        await ddns.verify_access(client, config.zone_id(entry), name)

    async def _async_find_zone(
        self, entry: RaindropConfigEntry, data: Mapping[str, Any]
    ) -> Zone | None:
        """Return the zone to which that of an entry moved. Raises CloudflareError."""
        return await async_find_zone(self.hass, entry, await self._async_client(data))

    async def _async_client(self, data: Mapping[str, Any]) -> ddns.CloudflareClient:
        home_id = await async_get_home_id(self.hass)
        return api_client.async_get_client(self.hass, data, home_id)

    async def _async_discover_zone(self, user_input: Mapping[str, Any]) -> ErrorMessage | None:
        """Find the zone, its records and the home's addresses; return why they do not suffice.

        Raises HostNameError or CloudflareError.
        """
        client = await self._async_client(self._entered)
        # A choice holds for the zones that were shown with it.
        self._zones = {}
        zone_text = user_input.get(CONF_ZONE_ID) or user_input.get(CONF_ZONE, "")
        try:
            self._access = await discover_zone(client, zone_text, user_input[CONF_DOMAIN])
        except ddns.AmbiguousZoneError as err:
            self._zones = err.zones
            raise
        if (existing := self._existing) and self._access.name in config.host_names(existing):
            return ErrorMessage(CONF_DOMAIN, "already_configured")
        record_key = RecordKey(self._access.name, Family.IPV4)
        # A plan has no conflict while the address is not known.
        if conflict := ddns.name_conflict(record_key, self._access.records, self._access.zone.name):
            return conflict_message(conflict, CONF_DOMAIN)
        self._preview = await async_preview_first(self.hass, self._access, self._choice)
        self._conflicts = first_conflicts(self._preview)
        return first_problem(self._preview)

    @property
    def _existing(self) -> ConfigEntry | None:
        """The entry of the zone if it is set up by now: the domain is added to it."""
        zone_id = self._access.zone.id
        return self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, zone_id)

    def _create_entry(self, families: Iterable[str]) -> ConfigFlowResult:
        """Create the entry with its first domain, or add the domain to the existing entry."""
        access = self._access
        chosen = {**self._choice, config.CONF_FAMILIES: sorted(families)}
        subentry = new_domain_subentry(access.name, chosen)
        if existing := self._existing:
            add_subentry(self.hass, existing, subentry)
            credential = api_client.credential_data(self._entered)
            is_in_use = credential.items() <= existing.data.items()
            return self.async_abort(
                reason="added" if is_in_use else "added_other_credential",
                description_placeholders={
                    CONF_DOMAIN: subentry["title"],
                    CONF_ZONE: existing.title,
                },
            )
        return self.async_create_entry(
            title=ddns.to_unicode(access.zone.name or access.name),
            data={
                CONF_ZONE: self._entered.get(CONF_ZONE, "").strip() or None,
                **api_client.credential_data(self._entered),
                **zone_data(access.zone),
            },
            options=config.DEFAULT_OPTIONS,
            subentries=[subentry],
        )
