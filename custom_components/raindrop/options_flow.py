"""The options of a zone: where the home's address comes from."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow

from .source_forms import (
    async_details_schema,
    async_read_choices,
    async_shown,
    sources_schema,
    sources_typed,
)


class RaindropOptionsFlow(OptionsFlow):
    """Asks for the source of each family."""

    def __init__(self) -> None:
        """Begin with nothing chosen."""
        self._kinds: dict[str, Any] = {}

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the kinds of sources."""
        if user_input is None:
            stored = sources_typed(self.config_entry.options, of_domain=False)
            schema = sources_schema(of_domain=False)
            return self.async_show_form(
                step_id="init", data_schema=self.add_suggested_values_to_schema(schema, stored)
            )
        self._kinds = user_input
        if async_details_schema(self.hass, user_input).schema:
            return await self.async_step_details()
        choices, _ = async_read_choices(self.hass, user_input)
        return self.async_create_entry(data=choices)

    async def async_step_details(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which entities and pages they are."""
        shown = user_input
        errors: dict[str, str] = {}
        if user_input is None:
            shown = async_shown(
                self.hass, sources_typed(self.config_entry.options, of_domain=False)
            )
        else:
            choices, errors = async_read_choices(self.hass, self._kinds | user_input)
            if not errors:
                return self.async_create_entry(data=choices)
        schema = async_details_schema(self.hass, self._kinds)
        return self.async_show_form(
            step_id="details",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
        )
