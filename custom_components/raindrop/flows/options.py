"""The options flow of a zone: where its addresses come from, and whether they are watched."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow

from ..stored_sources import (
    CONF_SOURCES,
    CONF_WATCH,
    read_sources,
    source_data,
    watches_connection,
)
from .forms import ShowErrors
from .sources import SourceSteps, StoredSources


class RaindropOptionsFlow(SourceSteps[ConfigFlowResult], OptionsFlow):
    """Ask for the source of each family."""

    is_of_zone = True

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Start with the kinds of sources, also if what is stored cannot be read."""
        sources = read_sources(self.config_entry.options)
        self.stored_sources = {f.key: [source_data(source)] for f, source in sources.items()}
        self.further_values = {CONF_WATCH: watches_connection(self.config_entry.options)}
        return await self.async_step_sources()

    @override
    async def async_use_sources(
        self, sources: StoredSources, show_errors: ShowErrors[ConfigFlowResult]
    ) -> ConfigFlowResult:
        entered = {CONF_SOURCES: sources, CONF_WATCH: self.kinds[CONF_WATCH]}
        return self.async_create_entry(data={**self.config_entry.options, **entered})
