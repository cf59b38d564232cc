"""Triggers for the events of Raindrop's event entities."""

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

from .ddns import EventType
from .entity import async_related_entities
from .event import DNS_RECORD, PUBLIC_IP, RESOURCES

_WRITTEN = frozenset({DNS_RECORD.key, *(event.key for event in RESOURCES.values())})
"""The kinds of what is written at Cloudflare."""


class EventTrigger(StatelessEntityTriggerBase):
    """Fires for some event types of one kind of event entity."""

    _domain_specs = {EVENT_DOMAIN: DomainSpec()}  # noqa: RUF012 - as its base declares it
    _keys: ClassVar[frozenset[str]]
    _types: ClassVar[frozenset[str]]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the event entities of this kind; a zone means its domains, a domain its zone.

        The entities may not exist yet when the trigger is validated, so a target is
        never refused.
        """
        return async_related_entities(self._hass, entities, self._keys)

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Return whether the event has one of the types."""
        return state.attributes.get(ATTR_EVENT_TYPE) in self._types


class PublicIpChangedTrigger(EventTrigger):
    """Fires when the home's address changed."""

    _keys = frozenset({PUBLIC_IP.key})
    _types = frozenset(PUBLIC_IP.event_types or ())


class RecordUpdatedTrigger(EventTrigger):
    """Fires when a record was written."""

    _keys = _WRITTEN
    _types = frozenset(
        {EventType.CREATED, EventType.UPDATED, EventType.DELETED, EventType.DRIFT_CORRECTED}
    )


class UpdateFailedTrigger(EventTrigger):
    """Fires when a record is no longer in sync."""

    _keys = _WRITTEN
    _types = frozenset({EventType.FAILED})


class UpdateRecoveredTrigger(EventTrigger):
    """Fires when a record is in sync again."""

    _keys = _WRITTEN
    _types = frozenset({EventType.RECOVERED})


class FailedOverTrigger(EventTrigger):
    """Fires when a record uses another connection, because the better ones are down."""

    _keys = frozenset({DNS_RECORD.key})
    _types = frozenset({EventType.FAILED_OVER})


class FailedBackTrigger(EventTrigger):
    """Fires when a record uses a better connection again."""

    _keys = frozenset({DNS_RECORD.key})
    _types = frozenset({EventType.FAILED_BACK})


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers of Raindrop."""
    return {
        "failed_back": FailedBackTrigger,
        "failed_over": FailedOverTrigger,
        "public_ip_changed": PublicIpChangedTrigger,
        "record_updated": RecordUpdatedTrigger,
        "update_failed": UpdateFailedTrigger,
        "update_recovered": UpdateRecoveredTrigger,
    }
