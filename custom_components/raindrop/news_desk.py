"""Hands each piece of news to whoever tells it, once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .ddns.model import HostName, News
from .turns import async_in_turns

_AT_ONCE = 50
"""To how many listeners news are handed before others have their turn on the loop."""

type Listener = Callable[[Sequence[News]], None]


class NewsDesk:
    """Knows who tells the news of each domain, and who those of the home."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nobody listening: what comes before the entities are there is kept."""
        self._hass = hass
        self._listeners: dict[HostName | None, Listener] = {}
        self._first: dict[HostName | None, list[News]] = defaultdict(list)
        self._is_open = False

    @callback
    def async_open(self) -> None:
        """Keep nothing any more, for everybody listens now."""
        self._is_open = True

    @callback
    def async_listen(self, about: HostName | None, listener: Listener) -> CALLBACK_TYPE:
        """Hand the news of a domain, or of the home, to a listener; return what ends it."""
        self._listeners[about] = listener

        @callback
        def end() -> None:
            del self._listeners[about]

        return end

    @callback
    def take_first(self, about: HostName | None) -> Sequence[News]:
        """Hand over the news from before anybody listened, to be told by the taker."""
        return self._first.pop(about, ())

    @callback
    def async_deliver(self, news: Iterable[News]) -> None:
        """Hand news to those who listen."""
        by_name: dict[HostName | None, list[News]] = defaultdict(list)
        for piece in news:
            by_name[piece.slot.name if piece.slot else None].append(piece)
        if not self._is_open:
            for about, pieces in by_name.items():
                self._first[about] += pieces
            return
        async_in_turns(self._hass, [*by_name.items()], _AT_ONCE, self._async_hand_out)

    @callback
    def _async_hand_out(self, waiting: tuple[HostName | None, list[News]]) -> None:
        """Hand news to the one who listens, if there still is one."""
        about, pieces = waiting
        if listener := self._listeners.get(about):
            listener(pieces)
