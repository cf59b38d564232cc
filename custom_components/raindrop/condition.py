"""Conditions: whether DNS is what it should be."""

from typing import override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import Condition, make_entity_state_condition

from .binary_sensor import PROBLEM
from .entity import async_of_kind

_NoProblem = make_entity_state_condition(
    BINARY_SENSOR_DOMAIN, STATE_OFF, primary_entities_only=False
)


class InSyncCondition(_NoProblem):  # type: ignore[misc, valid-type]  # made by a function
    """Holds while the records of domains are what they should be."""

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return those of the entities that tell whether a domain has a problem."""
        return async_of_kind(self._hass, super().entity_filter(entities), PROBLEM.key)


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions of Raindrop."""
    return {"in_sync": InSyncCondition}
