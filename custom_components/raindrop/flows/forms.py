"""Show a form with the entered values and the errors of its fields."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from homeassistant.data_entry_flow import FlowHandler, FlowResult, section
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
        """Show a form with values by the fields of all its sections.

        The frontend shows errors at fields outside of sections only. All others
        are shown above the form, and a section with one of them is expanded.
        """
        placeholders = self.form_placeholders
        if isinstance(errors, ErrorMessage):
            placeholders = {**placeholders, **errors.placeholders}
            errors = {errors.form_field: errors.key}
        shown = {f if f in schema.schema else BASE: key for f, key in (errors or {}).items()}
        sections = {
            key: _section(field.schema, errors or ())
            for key, field in schema.schema.items()
            if isinstance(field, section)
        }
        suggested = {**(values or {}), **dict.fromkeys(map(str, sections), values or {})}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema.extend(sections), suggested),
            errors=shown or None,
            description_placeholders=placeholders,
            last_step=self.is_last_step,
        )


def _section(schema: vol.Schema, errors: Container[str]) -> section:
    """Return a section that is collapsed unless one of its fields has an error."""
    return section(schema, {"collapsed": not any(field in errors for field in schema.schema)})


def without_sections(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered by field, whatever section the field is in."""
    fields: dict[str, Any] = {}
    for key, value in user_input.items():
        fields |= value if isinstance(value, Mapping) else {key: value}
    return fields
