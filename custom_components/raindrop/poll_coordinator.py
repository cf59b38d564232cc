"""A coordinator whose polls may wait for another update."""

from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator


class PollCoordinator[DataT](DataUpdateCoordinator[DataT]):
    """Updates its listeners whenever there is something that they do not show yet.

    Home Assistant compares what a poll found with what was known when it began. An update
    that the poll waited for may have changed that, and the poll may have changed it back.
    """

    _shown: tuple[Any, bool] | None = None
    """What the listeners last showed: the data, and whether the last update succeeded."""

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Remember what the listeners show from now on."""
        self._shown = self.data, self.last_update_success
        super().async_update_listeners()

    @override
    async def _async_refresh(self, *args: Any, **kwargs: Any) -> None:
        """Update the listeners after a poll if Home Assistant did not."""
        await super()._async_refresh(*args, **kwargs)
        if self._shown != (self.data, self.last_update_success):
            self.async_update_listeners()
