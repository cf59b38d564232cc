"""The steps of the domain flow that follow the first form: what it did, and more names."""

from abc import abstractmethod
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_DOMAIN

from .. import ddns
from ..takeover import CONF_REPLACES
from .subentry import ZoneSubentryFlow


class FirstFormSteps(ZoneSubentryFlow):
    """Say what the first form did, and offer to add more names."""

    @abstractmethod
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a new domain."""

    async def async_show_what_was_done(self, *, is_takeover: bool) -> SubentryFlowResult:
        """Say what the first form did, and offer to add more names."""
        if is_takeover:
            is_over = CONF_REPLACES not in self._entry.data
            return await (
                self.async_step_taken_over() if is_over else self.async_step_taking_over()
            )
        is_done = all(record.is_in_sync for record in self._record_states())
        return await (self.async_step_done() if is_done else self.async_step_waiting())

    async def async_step_done(self, user_input: None = None) -> SubentryFlowResult:
        """Say what the first form did, and offer to add more names."""
        return self._show_menu("done")

    async def async_step_waiting(self, user_input: None = None) -> SubentryFlowResult:
        """Say that the records of the first form are not in sync, and offer to add more names."""
        return self._show_menu("waiting")

    async def async_step_taken_over(self, user_input: None = None) -> SubentryFlowResult:
        """Say that the records of another entry were taken over, and offer to add more names."""
        return self._show_menu("taken_over")

    async def async_step_taking_over(self, user_input: None = None) -> SubentryFlowResult:
        """Say that not all of them are in sync, and offer to add more names."""
        return self._show_menu("taking_over")

    def _show_menu(self, step_id: str) -> SubentryFlowResult:
        contents = (r.record.content for r in self._record_states() if r.record)
        return self.async_show_menu(
            step_id=step_id,
            menu_options=["add", "finish"],
            description_placeholders={
                CONF_DOMAIN: ", ".join(d.title for d in self._entry.runtime_data.domains),
                "addresses": ", ".join(dict.fromkeys(contents)),
            },
        )

    def _record_states(self) -> list[ddns.RecordState]:
        coordinator = self._entry.runtime_data
        keys = (key for domain in coordinator.domains for key in domain.record_keys)
        return [coordinator.data.record(key) for key in keys]

    async def async_step_add(self, user_input: None = None) -> SubentryFlowResult:
        """Go on with the form for more names."""
        return await self.async_step_user()

    async def async_step_finish(self, user_input: None = None) -> SubentryFlowResult:
        """End the flow without another domain."""
        return self.async_abort(reason="finished")
