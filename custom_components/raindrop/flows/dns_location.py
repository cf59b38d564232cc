"""The subentry flow of a DNS location: which one, and which of its networks is this home's."""

from collections.abc import Sequence
from functools import partial
from typing import Any, override

from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult

from ..ddns import Network, Owner, ResourceId, ResourceKind
from ..resources.resource_config import (
    CONF_RESOURCE_ID,
    is_resource_configured,
    read_resource_config,
)
from .networks import CONF_NETWORK, chosen_networks, network_schema
from .resource_form import SECTIONS, ResourceFlow


class DnsLocationFlow(ResourceFlow):
    """Add or change a DNS location."""

    kind = ResourceKind.DNS_LOCATION
    fields = SECTIONS
    _chosen: Sequence[Network] | None = None
    """What the user said is this home's: one network, or none."""

    async def async_step_network(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which network is this home's, then show the preview."""
        schema = network_schema([item.network for item in self._items])
        if user_input is None:
            self.form_placeholders = {"name": self._title}
            return self.show_form("network", schema)
        self._chosen = chosen_networks(user_input[CONF_NETWORK])
        return await self._async_preview(partial(self.show_form, "network", schema, user_input))

    @override
    async def async_step_preview(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which network is this home's unless that is known; remember it in the end."""
        is_known = any(item.owner is Owner.THIS_HOME for item in self._items)
        if not is_known and self._items and self._chosen is None:
            return await self.async_step_network()
        resource_id = self._data[CONF_RESOURCE_ID]
        is_there = is_resource_configured(self.hass, self.kind, resource_id)
        if user_input is not None and not (is_there and self.source == SOURCE_USER):
            resources = self._entry.runtime_data.resources
            config = read_resource_config(self._entry, self.kind, self._data)
            await resources.async_choose(config, self._own)
        return await super().async_step_preview(user_input)

    @property
    @override
    def _own(self) -> Sequence[Network]:
        """The chosen network, or one known before, or that with the home's address."""
        if self._chosen is not None:
            return self._chosen
        resources = self._entry.runtime_data.resources
        known = resources.state(ResourceId(self._data[CONF_RESOURCE_ID])).own or ()
        return [*dict.fromkeys([*known, *self._networks])]
