"""Fix flows of the repair issues."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, override

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from .config import (
    CONF_CREATE,
    CONF_RECORDS,
    CONF_TAKE_OVER,
    subentry_host_name,
)
from .const import DOMAIN
from .dashboard_links import dns_url, zone_placeholders
from .ddns import (
    CloudflareError,
    ConnectionId,
    Owner,
    Reason,
    Record,
    RecordAttributes,
    RecordKey,
    Zone,
)
from .error_messages import translated_error
from .flows.connections import home_connection_name
from .flows.networks import CONF_NETWORK, chosen_networks, network_schema
from .flows.schemas import record_choice
from .issues.fix_flow import RetryFlow
from .issues.issue import ATTR_CONNECTION, ATTR_ENTRY_ID, ATTR_FAMILY, ATTR_ISSUE
from .storage.connections import CONF_CONNECTIONS, with_own_records
from .storage.sources import CONF_SOURCES, FAMILIES
from .subentries import async_change_domain
from .zone_move import async_find_zone, async_use_zone

_RECORD = "record"


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue. Raises UnknownEntry if its entry was removed."""
    issue_data = {key: str(value) for key, value in (data or {}).items()}
    entry = hass.config_entries.async_get_known_entry(issue_data[ATTR_ENTRY_ID])
    return _FLOWS.get(issue_data[ATTR_ISSUE], RetryFlow)(entry, issue_data)


class RecordFlow(RetryFlow):
    """Fixes one record."""

    @property
    def _subentry(self) -> ConfigSubentry:
        return self._entry.subentries[self._subentry_id]

    @property
    def _record_key(self) -> RecordKey:
        family = FAMILIES[self._issue_data[ATTR_FAMILY]]
        # An issue from before the last update of Raindrop has no connection.
        connection = ConnectionId(self._issue_data.get(ATTR_CONNECTION, ""))
        return RecordKey(subentry_host_name(self._subentry), family, connection)

    def _update(self, **updates: object) -> RepairsFlowResult:
        """Change the data of the domain, which starts an update, and end."""
        async_change_domain(self.hass, self._entry, self._subentry, **updates)
        return self.async_create_entry(data={})


class ContestedFlow(RecordFlow):
    """Corrects a record even though external changes of it keep coming back."""

    @override
    async def _async_try(self) -> None:
        """Write once more; raises HomeAssistantError."""
        await self._entry.runtime_data.async_update_now(overrule=self._record_key)


class MissingFlow(RecordFlow):
    """Creates a missing record."""

    async def async_step_create(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Allow the record to be created."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        return self._update(**{CONF_CREATE: True})


class ProxiedUnknownFlow(RecordFlow):
    """Creates a record for which only the user knows whether it was proxied."""

    async def async_step_create_proxied(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Create it proxied."""
        return await self._async_create(proxied=True)

    async def async_step_create_not_proxied(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Create it without the proxy."""
        return await self._async_create(proxied=False)

    async def _async_create(self, *, proxied: bool) -> RepairsFlowResult:
        """Store the record's attributes, and create it now or in a later update."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        coordinator = self._entry.runtime_data
        await coordinator.async_set_attributes(self._record_key, RecordAttributes(proxied=proxied))
        with suppress(HomeAssistantError):
            await coordinator.async_update_now([self._record_key])
        return self.async_create_entry(data={})


class ChoiceFlow(RecordFlow):
    """Lets the user choose one of the records that caused a conflict."""

    _reason: Reason
    _shown: Mapping[str, Record]

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show the records, and store which one is chosen."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        conflict = self._entry.runtime_data.data.record(self._record_key).conflict
        if conflict is None or conflict.reason is not self._reason:
            return self.async_create_entry(data={})
        if user_input is not None:
            return self._update(**self._chosen(self._shown[user_input[_RECORD]]))
        self._shown = {record.id: record for record in conflict.records}
        return self._form(vol.Schema({vol.Required(_RECORD): record_choice(conflict.records)}))

    def _chosen(self, record: Record) -> dict[str, object]:
        """Return the domain's data that identify the chosen record.

        Another home's record is taken over only in the version that was shown:
        if that home takes it back, the user is asked again.
        """
        if record.owner is not Owner.OTHER_HOME:
            return {}
        given = self._subentry.data.get(CONF_TAKE_OVER, [])
        return {CONF_TAKE_OVER: [*given, record.version]}


class OtherHomeFlow(ChoiceFlow):
    """Lets the user take over a record of another home."""

    _reason = Reason.OTHER_HOME

    async def async_step_beside(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Give the connection of this home a record of its own, beside that of the other home."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        name = home_connection_name(self.hass)
        stored = self._subentry.data.get(CONF_CONNECTIONS, {})
        sources = self._subentry.data.get(CONF_SOURCES, {})
        return self._update(**{CONF_CONNECTIONS: with_own_records(stored, sources, name)})


class AmbiguousFlow(ChoiceFlow):
    """Lets the user choose one of several records, which is pinned."""

    _reason = Reason.AMBIGUOUS

    @override
    def _chosen(self, record: Record) -> dict[str, object]:
        pinned = self._subentry.data.get(CONF_RECORDS, {})
        chosen = {CONF_RECORDS: {**pinned, self._issue_data[ATTR_FAMILY]: record.id}}
        return super()._chosen(record) | chosen


class PermissionFlow(RetryFlow):
    """Asks for another credential."""

    @override
    def _fail(self) -> None:
        """Start a re-authentication: the token still lacks the permission."""
        self._entry.async_start_reauth(self.hass)


class ResourceFlow(RetryFlow):
    """Brings a resource in line, also if external changes keep coming back."""

    @override
    async def _async_try(self) -> None:
        """Try again; raises HomeAssistantError."""
        await self._entry.runtime_data.resources.async_sync_now(self._subentry_id)


class LocationNetworkFlow(ResourceFlow):
    """Asks which network of a DNS location is this home's, and replaces it."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show the networks, and remember which one is chosen."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        resources, error = self._entry.runtime_data.resources, ""
        (managed,) = (one for one in resources.managed if one.subentry_id == self._subentry_id)
        if user_input is not None:
            own = chosen_networks(user_input[CONF_NETWORK])
            await resources.async_choose(managed.config, own)
            if not (error := await self._async_error()):
                return self.async_create_entry(data={})
        try:
            networks = await resources.async_networks(managed)
        except CloudflareError as err:
            networks, error = [], str(translated_error(HomeAssistantError, err))
        return self._form(network_schema(networks), error)


class ResourcePermissionFlow(ResourceFlow, PermissionFlow):
    """Tries a resource again, and asks for another credential if that fails."""


class UnreadableFlow(RetryFlow):
    """Removes a domain, or a zone, whose settings cannot be read."""

    @override
    async def _async_is_fixable(self) -> bool:
        """Return whether it is still there; a zone that cannot be read is never loaded."""
        return not self._subentry_id or self._subentry_id in self._entry.subentries


class ZoneFlow(RetryFlow):
    """Asks the user to solve the problem of a zone elsewhere, then reads the zone again."""

    @override
    async def _async_try(self) -> None:
        """Read the zone again; raises HomeAssistantError if it still has a problem."""
        await super()._async_try()
        zone = self._entry.runtime_data.data.zone
        if zone and zone.problem:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="zone_unchanged",
                translation_placeholders=zone_placeholders(zone),
            )


class MovedZoneFlow(ZoneFlow):
    """Offers the active zone of the same name, if the zone moved to another account."""

    _zone: Zone

    @override
    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Look for the zone in other accounts that the credential can access."""
        if not await self._async_is_fixable():
            return self.async_abort(reason="not_loaded")
        client = self._entry.runtime_data.client
        if zone := await async_find_zone(self.hass, self._entry, client):
            self._zone = zone
            return await self.async_step_use_zone()
        return await super().async_step_init()

    async def async_step_use_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Switch the entry to the zone in the other account."""
        if user_input is None:
            placeholders = {**self._issue_data, "dns_url": dns_url(self._zone)}
            return self.async_show_form(
                step_id="use_zone",
                data_schema=vol.Schema({}),
                description_placeholders=placeholders,
            )
        async_use_zone(self.hass, self._entry, self._zone)
        return self.async_create_entry(data={})


_FLOWS: dict[str, type[RetryFlow]] = {
    "dns_edit_missing": PermissionFlow,
    "domain_unreadable": UnreadableFlow,
    "location_address_taken": ResourceFlow,
    "location_ambiguous": LocationNetworkFlow,
    "location_contested": ResourceFlow,
    "location_ipv4_off": ResourceFlow,
    "location_missing": ResourceFlow,
    "location_old_address": ResourceFlow,
    "location_refused": ResourceFlow,
    "location_settings_changed": ResourceFlow,
    "location_settings_unknown": ResourceFlow,
    "list_contested": ResourceFlow,
    "list_missing": ResourceFlow,
    "list_old_address": ResourceFlow,
    "list_refused": ResourceFlow,
    "lists_edit_missing": ResourcePermissionFlow,
    "record_ambiguous": AmbiguousFlow,
    "record_contested": ContestedFlow,
    "record_missing": MissingFlow,
    "record_proxied_unknown": ProxiedUnknownFlow,
    "record_other_home": OtherHomeFlow,
    "token_location": PermissionFlow,
    "zero_trust_edit_missing": ResourcePermissionFlow,
    "zero_trust_list_contested": ResourceFlow,
    "zero_trust_list_missing": ResourceFlow,
    "zero_trust_list_old_address": ResourceFlow,
    "zero_trust_list_refused": ResourceFlow,
    "zone_gone": MovedZoneFlow,
    "zone_id_unreadable": UnreadableFlow,
    "zone_internal": ZoneFlow,
    "zone_moved": MovedZoneFlow,
    "zone_partial": ZoneFlow,
    "zone_paused": ZoneFlow,
    "zone_pending": MovedZoneFlow,
    "zone_read_missing": PermissionFlow,
    "zone_secondary": ZoneFlow,
}
