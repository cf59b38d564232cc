"""Conditions: whether DNS is what it should be."""

from typing import override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.condition import Condition, make_entity_state_condition

from .binary_sensor import PROBLEM
from .const import DOMAIN

_NoProblem = make_entity_state_condition(
    BINARY_SENSOR_DOMAIN, STATE_OFF, primary_entities_only=False
)


class InSyncCondition(_NoProblem):  # type: ignore[misc, valid-type]  # made by a function
    """Holds while the records of domains are what they should be."""

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return those of the entities that tell whether a domain has a problem."""
        registry = er.async_get(self._hass)
        return {
            entity_id
            for entity_id in super().entity_filter(entities)
            if (entry := registry.async_get(entity_id))
            and (entry.platform, entry.translation_key) == (DOMAIN, PROBLEM.key)
        }


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions of Raindrop."""
    return {"in_sync": InSyncCondition}
