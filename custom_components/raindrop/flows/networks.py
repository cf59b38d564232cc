"""The choice among the networks of a DNS location."""

from collections.abc import Iterable
from ipaddress import ip_network

from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..ddns import Network, network_text

CONF_NETWORK = "network"
_NONE = "none"


def network_schema(networks: Iterable[Network]) -> vol.Schema:
    """Return the schema that asks which of some networks is this home's, or whether none is.

    Only a single one is likely to be: of several, each may be another home's.
    """
    texts = {str(network): network_text(network) for network in networks}
    likely = next(iter(texts)) if len(texts) == 1 else _NONE
    labels = texts | {_NONE: _NONE}
    config = SelectSelectorConfig(
        options=[SelectOptionDict(value=value, label=label) for value, label in labels.items()],
        mode=SelectSelectorMode.LIST,
        translation_key="location_network",
    )
    return vol.Schema({vol.Required(CONF_NETWORK, default=likely): SelectSelector(config)})


def chosen_networks(value: str) -> tuple[Network, ...]:
    """Return the network that was chosen: one or none."""
    return () if value == _NONE else (ip_network(value),)
