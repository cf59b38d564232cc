"""Conditions: whether the DNS records of domains are in sync."""

from typing import Unpack, override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    BEHAVIOR_ALL,
    Condition,
    ConditionCheckParams,
    EntityStateConditionBase,
)
from homeassistant.helpers.target import async_extract_referenced_entity_ids

from .binary_sensor import PROBLEM, RESOURCE_PROBLEMS
from .const import ATTR_REASON
from .ddns import Reason
from .entity import async_related_entities

_PROBLEMS = frozenset({PROBLEM.key, *(problem.key for problem in RESOURCE_PROBLEMS.values())})


class InSyncCondition(EntityStateConditionBase):
    """Passes while the records of domains are known to be in sync.

    It does not pass for an entity that is unavailable, unknown, or gone, nor if there
    are no entities.
    """

    _domain_specs = {BINARY_SENSOR_DOMAIN: DomainSpec()}  # noqa: RUF012 - as its base declares it
    _states = {STATE_OFF}  # noqa: RUF012 - as above
    _primary_entities_only = False

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the problem sensors of Raindrop's domains; a zone means all of its domains."""
        return async_related_entities(self._hass, entities, _PROBLEMS)

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        """Return whether a domain is in sync, and not paused either."""
        is_paused = entity_state.attributes.get(ATTR_REASON) == Reason.PAUSED
        return super().is_valid_state(entity_state) and not is_paused

    @override
    def _should_include(self, _state: State) -> bool:
        """Include unavailable and unknown entities, which the base class leaves out."""
        return True

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        """Return whether there are entities and all of them are in sync."""
        return bool(states) and super()._check_all_match_state(states)

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether the condition passes; the base class ignores missing targets."""
        targeted = async_extract_referenced_entity_ids(
            self._hass, self._target_selection, expand_group=False, primary_entities_only=False
        )
        is_gone = any(self._hass.states.get(entity) is None for entity in targeted.referenced)
        is_missing = is_gone or bool(targeted.missing_devices)
        if is_missing and self._behavior == BEHAVIOR_ALL:
            return False
        return super()._async_check(**kwargs)


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions of Raindrop."""
    return {"in_sync": InSyncCondition}
