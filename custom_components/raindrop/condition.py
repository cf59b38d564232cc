"""Conditions: whether the DNS records of domains are in sync."""

from typing import override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .binary_sensor import PROBLEM
from .entity import async_filter_entities


class InSyncCondition(EntityStateConditionBase):
    """Holds while the records of domains are in sync."""

    _domain_specs = {BINARY_SENSOR_DOMAIN: DomainSpec()}  # noqa: RUF012 - as its base declares it
    _states = {STATE_OFF}  # noqa: RUF012 - as above
    _primary_entities_only = False

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the problem sensors of Raindrop's domains."""
        return async_filter_entities(self._hass, super().entity_filter(entities), PROBLEM.key)


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions of Raindrop."""
    return {"in_sync": InSyncCondition}
