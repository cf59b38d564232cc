"""Work for many, some at a time: all at once would hold up Home Assistant's loop."""

from collections.abc import Callable, Sequence

from homeassistant.core import HomeAssistant, callback


@callback
def async_in_turns[ItemT](
    hass: HomeAssistant,
    items: Sequence[ItemT],
    at_once: int,
    work: Callable[[ItemT], None],
    then: Callable[[], None] | None = None,
) -> None:
    """Work on the first of the items, and on the rest after whoever else waits for the loop."""
    for item in items[:at_once]:
        work(item)
    if rest := items[at_once:]:
        hass.loop.call_soon(async_in_turns, hass, rest, at_once, work, then)
    elif then:
        then()
