"""Fix flows of the issues of single records: create, correct, choose, or take over a record."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, override

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.config_entries import ConfigSubentry
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from ..config import CONF_CREATE, CONF_RECORDS, CONF_TAKE_OVER, subentry_host_name
from ..ddns import ConnectionId, Owner, Reason, Record, RecordAttributes, RecordKey
from ..flows.connections_form import home_connection_name
from ..flows.schemas import record_choice
from ..storage.connections import CONF_CONNECTIONS, with_own_records
from ..storage.sources import CONF_SOURCES, FAMILIES
from ..subentries import async_change_domain
from .fix_flow_menus import RetryFlow
from .issue import ATTR_CONNECTION, ATTR_FAMILY

_RECORD = "record"


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
