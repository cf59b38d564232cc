"""What an entry remembers over a restart, so that nothing unfinished is forgotten.

The address that each record last had from us, by which one of several records
of a name is known again though the address changed meanwhile; the slots whose
records are to go when their domain does; and the address of the home and the
slots that failed, so that what changes while Home Assistant is down is news.
"""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .ddns.model import Family, HostName, Slot
from .ddns.report import Report

_VERSION = 1
_FAILED, _KEPT, _PUBLIC, _RETIRING = "failed", "kept", "public", "retiring"
_FAMILIES = {family.record_type: family for family in Family}


class Memory:
    """What is remembered, on disk."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Remember for one entry."""
        self._store = Store[dict[str, Any]](hass, _VERSION, f"{DOMAIN}.{entry_id}")
        self._saved: dict[str, Any] = {}
        self.report = Report()
        """The last round, as far as it is remembered."""
        self.retiring: set[Slot] = set()

    async def async_load(self) -> None:
        """Read what is remembered; what cannot be read is forgotten."""
        self._saved = await self._store.async_load() or {}
        try:
            saved = {_FAILED: [], _KEPT: {}, _PUBLIC: {}, _RETIRING: [], **self._saved}
            self.report = Report(
                kept={_slot(key): ip_address(a) for key, a in saved[_KEPT].items()},
                public={_FAMILIES[key]: ip_address(a) for key, a in saved[_PUBLIC].items()},
                failed=frozenset(_slot(key) for key in saved[_FAILED]),
            )
            self.retiring = {_slot(key) for key in saved[_RETIRING]}
        except KeyError, ValueError, TypeError, AttributeError:
            self.report, self.retiring = Report(), set()

    async def async_save(self, report: Report, retiring: Collection[Slot]) -> None:
        """Remember this, if it is not what is remembered already."""
        self.report, self.retiring = report, {*retiring}
        saved = {
            _FAILED: sorted(_key(slot) for slot in report.failed),
            _KEPT: {_key(slot): str(address) for slot, address in report.kept.items()},
            _PUBLIC: {f.record_type: str(address) for f, address in report.public.items()},
            _RETIRING: sorted(_key(slot) for slot in self.retiring),
        }
        if saved != self._saved:
            self._saved = saved
            await self._store.async_save(saved)

    async def async_forget(self) -> None:
        """Forget everything, for the entry is removed."""
        await self._store.async_remove()


def _key(slot: Slot) -> str:
    """Return what a slot is called on disk."""
    return f"{slot.family.record_type} {slot.name}"


def _slot(key: str) -> Slot:
    """Return the slot that is called so on disk."""
    kind, name = key.split()
    return Slot(HostName(name), _FAMILIES[kind])
