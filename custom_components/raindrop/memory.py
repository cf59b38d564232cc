"""What an entry remembers over a restart, so that nothing unfinished is forgotten.

The address that each record last had from us, by which one of several records
of a name is known again though the address changed meanwhile; and the slots
whose records are to go when their domain does.
"""

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .ddns.model import Address, Family, HostName, Slot

_VERSION = 1
_KEPT, _RETIRING = "kept", "retiring"
_FAMILIES = {family.record_type: family for family in Family}


class Memory:
    """What is remembered, on disk."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Remember for one entry."""
        self._store = Store[dict[str, Any]](hass, _VERSION, f"{DOMAIN}.{entry_id}")
        self._saved: dict[str, Any] = {}
        self.kept: dict[Slot, Address] = {}
        self.retiring: set[Slot] = set()

    async def async_load(self) -> None:
        """Read what is remembered; what cannot be read is forgotten."""
        self._saved = await self._store.async_load() or {}
        try:
            self.kept = {_slot(k): ip_address(a) for k, a in self._saved[_KEPT].items()}
            self.retiring = {_slot(key) for key in self._saved[_RETIRING]}
        except KeyError, ValueError, TypeError, AttributeError:
            self.kept, self.retiring = {}, set()

    async def async_save(self, kept: Mapping[Slot, Address], retiring: Collection[Slot]) -> None:
        """Remember this, if it is not what is remembered already."""
        self.kept, self.retiring = {**kept}, {*retiring}
        saved = {
            _KEPT: {_key(slot): str(address) for slot, address in self.kept.items()},
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
