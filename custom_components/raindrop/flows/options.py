"""The options flow of a zone: where its addresses come from, and who is asked about them."""

from collections.abc import Iterable
from typing import Any, override

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow

from ..ddns import Detection
from ..storage.sources import (
    CONF_RESOLVERS,
    CONF_SOURCES,
    CONF_WATCH,
    read_sources,
    resolver_choice,
    source_data,
    watches_connection,
)
from .forms import ShowErrors
from .sources import SourceSteps, StoredSources


class RaindropOptionsFlow(SourceSteps[ConfigFlowResult], OptionsFlow):
    """Ask for the source of each family, and how changes are noticed and checked."""

    is_of_zone = True

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Start with the kinds of sources, also if what is stored cannot be read."""
        self.form_placeholders = {"zone": self.config_entry.title}
        sources = read_sources(self.config_entry.options)
        self.stored_sources = {f.key: [source_data(source)] for f, source in sources.items()}
        self.further_values = {
            CONF_WATCH: watches_connection(self.config_entry.options),
            CONF_RESOLVERS: resolver_choice(self.config_entry.options),
        }
        return await self.async_step_sources()

    @override
    def detections_in_use(self) -> Iterable[Detection]:
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return ()
        coordinator = self.config_entry.runtime_data
        return map(coordinator.data.detections.__getitem__, coordinator.config.home_sources)

    @override
    async def async_use_sources(
        self, sources: StoredSources, show_errors: ShowErrors[ConfigFlowResult]
    ) -> ConfigFlowResult:
        further = {field: self.kinds[field] for field in self.further_values}
        entered = {CONF_SOURCES: sources, **further}
        return self.async_create_entry(data={**self.config_entry.options, **entered})
