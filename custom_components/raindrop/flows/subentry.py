"""What the subentry flows of a zone share: they need the zone to be loaded."""

from typing import Any

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult

from ..coordinator import RaindropConfigEntry
from ..entry_reload import async_wait_until_loaded
from .forms import FormFlow


class ZoneSubentryFlow(FormFlow[SubentryFlowResult], ConfigSubentryFlow):
    """A subentry flow of a zone."""

    is_last_step = False
    _data: dict[str, Any]
    """What is going to be stored."""

    @property
    def _entry(self) -> RaindropConfigEntry:
        entry: RaindropConfigEntry = self._get_entry()
        return entry

    async def _async_subentry(self) -> ConfigSubentry | None:
        """Return the subentry to change once the zone is loaded, None if that is not possible."""
        is_loaded = await async_wait_until_loaded(self._entry)
        is_there = self._reconfigure_subentry_id in self._entry.subentries
        return self._get_reconfigure_subentry() if is_loaded and is_there else None
