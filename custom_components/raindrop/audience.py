"""Who is told of a round: each entity of what it shows, and not all of them at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from itertools import count
from typing import NamedTuple

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .const import LOGGER
from .ddns.model import HostName, Slot
from .ddns.report import Report
from .turns import async_in_turns

_AT_ONCE = 100


class Subject(Enum):
    """What can be different from the round before."""

    CLOCK = auto()
    """When the round was: always."""
    REPORT = auto()
    """Anything at all."""
    RECORDS = auto()
    """The records of a domain."""
    TROUBLES = auto()
    """Why a domain does not hold what it should."""


class Topic(NamedTuple):
    """What a listener wants to be told of: the context of a coordinator's entity."""

    subject: Subject
    name: HostName | None = None
    """The domain, for what is a domain's."""


def topics(previous: Report, report: Report) -> Iterator[Topic]:
    """Yield what a round has to tell of."""
    yield Topic(Subject.CLOCK)
    if report != previous:
        yield Topic(Subject.REPORT)
        for subject, before, now in (
            (Subject.RECORDS, previous.records, report.records),
            (Subject.TROUBLES, previous.troubles, report.troubles),
        ):
            for name in _different(before, now):
                yield Topic(subject, name)


def _different[ValueT](before: Mapping[Slot, ValueT], now: Mapping[Slot, ValueT]) -> set[HostName]:
    """Return the names for which two mappings say different things."""
    if before is now:
        return set()
    return {slot.name for slot in before.keys() | now.keys() if before.get(slot) != now.get(slot)}


class Audience:
    """The listeners of a coordinator, by what they want to be told of."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        """Begin with nobody; the name is for the log."""
        self._hass = hass
        self._name = name
        self._numbers = count()
        self._listeners: dict[Topic, dict[int, CALLBACK_TYPE]] = {}

    @callback
    def async_listen(self, topic: Topic, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Tell a listener of a topic; return what ends it."""
        number = next(self._numbers)
        self._listeners.setdefault(topic, {})[number] = listener

        @callback
        def end() -> None:
            del self._listeners[topic][number]

        return end

    @callback
    def async_tell(self, about: Iterable[Topic] | None, then: Callable[[], None]) -> None:
        """Tell the listeners of some topics, by default of all, and go on with what comes then."""
        told = self._listeners if about is None else about
        waiting = [(topic, number) for topic in told for number in self._listeners.get(topic, ())]
        async_in_turns(self._hass, waiting, _AT_ONCE, self._async_tell, then)

    @callback
    def _async_tell(self, waiting: tuple[Topic, int]) -> None:
        """Tell one of those who wait, if it did not leave meanwhile."""
        topic, number = waiting
        if listener := self._listeners[topic].get(number):
            try:
                listener()
            except Exception:
                LOGGER.exception("An entity of %s could not be told", self._name)
