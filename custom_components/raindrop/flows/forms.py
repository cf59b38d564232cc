"""Show a form with the entered values and the errors of its fields."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.data_entry_flow import FlowHandler, FlowResult
import voluptuous as vol

from ..error_messages import BASE, ErrorMessage

type Errors = dict[str, str]
"""The translation key of each error by its form field."""
type ShowErrors[ResultT] = Callable[[Errors | ErrorMessage], ResultT]
"""Shows the form of the present step again."""


class FormFlow[ResultT: FlowResult[Any, Any]](FlowHandler[Any, ResultT, Any]):
    """A flow whose forms keep the entered values when they are shown again."""

    is_last_step: bool | None = None
    """Whether the button of the forms says "Submit" or "Next"."""
    form_placeholders: Mapping[str, str] = {}

    def show_form(
        self,
        step_id: str,
        schema: vol.Schema,
        values: Mapping[str, Any] | None = None,
        errors: Errors | ErrorMessage | None = None,
    ) -> ResultT:
        """Show a form; an error whose field the form does not have is shown above it."""
        placeholders = self.form_placeholders
        if isinstance(errors, ErrorMessage):
            placeholders = {**placeholders, **errors.placeholders}
            field = errors.form_field if errors.form_field in schema.schema else BASE
            errors = {field: errors.key}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors,
            description_placeholders=placeholders,
            last_step=self.is_last_step,
        )
