"""The steps that ask for the connections of a domain, and show their addresses."""

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any

from homeassistant.data_entry_flow import FlowResult
import voluptuous as vol

from ..ddns import Family, Source
from ..error_messages import ErrorMessage
from .connections_form import (
    connections_data,
    connections_error,
    connections_schema,
    connections_values,
)
from .forms import FormFlow, ShowErrors


class ConnectionSteps[ResultT: FlowResult[Any, Any]](FormFlow[ResultT]):
    """Ask for the connections of a domain, then show which addresses they have."""

    stored_connections: Mapping[str, Any] = {}
    """The connections that are stored now."""
    connection_rows: str
    connection_message: ErrorMessage | None

    @abstractmethod
    def zone_sources(self) -> Mapping[Family, Source]:
        """Return the sources of the zone, which are those of the home's own connection."""

    @abstractmethod
    async def async_use_connections(
        self, connections: Mapping[str, Any], show_errors: ShowErrors[ResultT]
    ) -> ResultT:
        """Go on with the entered connections, or show the form again."""

    @abstractmethod
    async def async_step_preview(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """Show what will happen to the records."""

    async def async_step_connections(self, user_input: dict[str, Any] | None = None) -> ResultT:
        """Ask for the connections, in order."""
        schema = connections_schema(self.hass)
        if user_input is None:
            values = connections_values(self.hass, self.stored_connections)
            return self.show_form("connections", schema, values)
        show_errors = partial(self.show_form, "connections", schema, user_input)
        if error := connections_error(self.hass, user_input, self.zone_sources()):
            return show_errors(error)
        data = connections_data(self.hass, user_input, self.stored_connections)
        return await self.async_use_connections(data, show_errors)

    async def async_step_connection_addresses(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Show the address of each connection, and which of them is used."""
        if user_input is not None:
            return await self.async_step_preview()
        self.form_placeholders = {**self.form_placeholders, "rows": self.connection_rows}
        schema = vol.Schema({})
        return self.show_form("connection_addresses", schema, errors=self.connection_message)
