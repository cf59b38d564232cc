"""Triggers: the events of Raindrop by names that say what happened."""

from typing import ClassVar, override

from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.components.event.const import ATTR_EVENT_TYPE
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
)

from .ddns.model import NewsKind
from .entity import async_of_kind
from .event import ATTR_FAMILY, ATTR_FROM_IP, ATTR_REASON, ATTR_TO_IP, DNS_RECORD, PUBLIC_IP

_SAID = (ATTR_EVENT_TYPE, ATTR_FAMILY, ATTR_FROM_IP, ATTR_TO_IP, ATTR_REASON)


class NewsTrigger(StatelessEntityTriggerBase):
    """Fires for some types of event of one kind of entity."""

    _domain_specs = {EVENT_DOMAIN: DomainSpec()}  # noqa: RUF012 - as its base declares it
    _key: ClassVar[str]
    _types: ClassVar[frozenset[str]]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return those of the entities that tell this kind of news."""
        return async_of_kind(self._hass, super().entity_filter(entities), self._key)

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        """Return whether there is news: two events may fall into one millisecond."""
        return from_state.state != to_state.state or any(
            from_state.attributes.get(key) != to_state.attributes.get(key) for key in _SAID
        )

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Return whether the event is of one of the types."""
        return state.attributes.get(ATTR_EVENT_TYPE) in self._types


class PublicIpChangedTrigger(NewsTrigger):
    """Fires when the address of the home changed."""

    _key = PUBLIC_IP.key
    _types = frozenset(PUBLIC_IP.event_types or ())


class RecordUpdatedTrigger(NewsTrigger):
    """Fires when a record was written."""

    _key = DNS_RECORD.key
    _types = frozenset({NewsKind.CREATED, NewsKind.UPDATED, NewsKind.DRIFT_REPAIRED})


class UpdateFailedTrigger(NewsTrigger):
    """Fires when a record cannot be kept."""

    _key = DNS_RECORD.key
    _types = frozenset({NewsKind.FAILED})


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers of Raindrop."""
    return {
        "public_ip_changed": PublicIpChangedTrigger,
        "record_updated": RecordUpdatedTrigger,
        "update_failed": UpdateFailedTrigger,
    }
