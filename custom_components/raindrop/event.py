"""Events: what automations react to, always available; each tells its news once."""

from asyncio import Handle
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import CONF_DOMAIN
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns.model import Family, HostName, News, NewsKind
from .domains import Domain
from .entity import DomainEntity, RaindropEntity, ZoneEntity, async_add_domains

PARALLEL_UPDATES = 0

ATTR_FAMILY = "family"
ATTR_FROM_IP = "from_ip"
ATTR_REASON = "reason"
ATTR_TO_IP = "to_ip"

_APART_S = 0.002
"""How far apart two events of an entity are: a state is a time, to the millisecond."""

_SETTLING = timedelta(seconds=5)
"""After Home Assistant's start: automations begin to listen about then."""

PUBLIC_IP = EventEntityDescription(
    key="public_ip",
    translation_key="public_ip",
    event_types=[f"{family.label.lower()}_changed" for family in Family],
)
DNS_RECORD = EventEntityDescription(
    key="dns_record",
    translation_key="dns_record",
    event_types=[kind.value for kind in NewsKind if kind is not NewsKind.PUBLIC_CHANGED],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: RaindropConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event of a zone and those of its domains."""
    coordinator = entry.runtime_data
    async_add_entities([PublicIpEvent(coordinator, PUBLIC_IP)])
    await async_add_domains(
        coordinator,
        async_add_entities,
        lambda domain: [DnsRecordEvent(coordinator, domain, DNS_RECORD)],
    )


class NewsEvent(RaindropEntity, EventEntity):
    """Tells the news of something."""

    _about: HostName | None = None
    """The domain whose news it tells, None for the address of the home."""

    def __init__(self, *args: Any) -> None:
        """Begin with nothing to tell."""
        super().__init__(*args)
        self._waiting: deque[News] = deque()
        self._is_ready = False
        self._timer: Handle | None = None

    @property
    @override
    def available(self) -> bool:
        """Stay available: a trigger would take the return for news, or miss the news."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for news, and tell those of the first round."""
        await super().async_added_to_hass()
        desk = self.coordinator.news_desk
        self.async_on_remove(desk.async_listen(self._about, self._async_tell))
        self._waiting.extend(desk.take_first(self._about))
        if self.hass.state is CoreState.running:
            # Not before the entity has a state: a trigger needs one from which it changes.
            self._timer = self.hass.loop.call_soon(self._async_begin)
        else:
            self.async_on_remove(async_at_started(self.hass, self._async_started))

    @callback
    def _async_started(self, hass: HomeAssistant) -> None:
        """Leave automations the time to begin to listen."""
        self.async_on_remove(async_call_later(hass, _SETTLING, self._async_begin))

    @callback
    def _async_begin(self, now: datetime | None = None) -> None:
        """Tell what came until now, and from now on at once."""
        self._is_ready = True
        self._async_tell_next()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Go on as before: nothing here depends on the entity id."""

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Do nothing: what matters comes as news."""

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Tell nothing any more."""
        await super().async_will_remove_from_hass()
        if self._timer:
            self._timer.cancel()

    @callback
    def _async_tell(self, news: Sequence[News]) -> None:
        """Fire an event for each piece of news, the later ones a little later."""
        self._waiting.extend(news)
        if self._is_ready and self._timer is None:
            self._async_tell_next()

    @callback
    def _async_tell_next(self) -> None:
        """Fire the next event that waits."""
        self._timer = None
        if self._waiting:
            self._async_fire(self._waiting.popleft())
        if self._waiting:
            self._timer = self.hass.loop.call_later(_APART_S, self._async_tell_next)

    @callback
    def _async_fire(self, piece: News) -> None:
        """Fire the event of a piece of news."""
        self._trigger_event(
            self._type_of(piece),
            {
                ATTR_FAMILY: piece.family.label.lower(),
                ATTR_FROM_IP: str(piece.from_ip) if piece.from_ip else None,
                ATTR_TO_IP: str(piece.to_ip) if piece.to_ip else None,
                **self._more_of(piece),
            },
        )
        self.async_write_ha_state()

    def _type_of(self, piece: News) -> str:
        """Return the type of the event."""
        return piece.kind.value

    def _more_of(self, piece: News) -> dict[str, str | None]:
        """Return what else is to be told."""
        return {}


class PublicIpEvent(NewsEvent, ZoneEntity):
    """Tells that the address of the home changed."""

    @override
    def _type_of(self, piece: News) -> str:
        """Return the type of the event."""
        return f"{piece.family.label.lower()}_changed"


class DnsRecordEvent(NewsEvent, DomainEntity):
    """Tells what happened to the records of a domain."""

    def __init__(
        self, coordinator: RaindropCoordinator, domain: Domain, description: EventEntityDescription
    ) -> None:
        """Tell the news of one domain."""
        super().__init__(coordinator, domain, description)
        self._about = domain.name

    @override
    def _more_of(self, piece: News) -> dict[str, str | None]:
        """Return the domain, and why it failed."""
        return {CONF_DOMAIN: self.domain.name, ATTR_REASON: piece.reason}
