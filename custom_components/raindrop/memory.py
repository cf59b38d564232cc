"""What an entry remembers over a restart: the address that each record last had from us.

By it one of several records of a name is known again, though the address
changed while Home Assistant was down.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .ddns.model import Address, Slot

_VERSION = 1


class Memory:
    """The addresses by slot, on disk."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Remember for one entry."""
        self._store = Store[dict[str, str]](hass, _VERSION, f"{DOMAIN}.{entry_id}")
        self._saved: dict[str, str] = {}

    async def async_load(self, slots: Iterable[Slot]) -> dict[Slot, Address]:
        """Return what is remembered of these slots."""
        self._saved = await self._store.async_load() or {}
        return {
            slot: ip_address(self._saved[_key(slot)]) for slot in slots if _key(slot) in self._saved
        }

    async def async_save(self, kept: Mapping[Slot, Address]) -> None:
        """Remember these addresses, if they are not what is remembered already."""
        addresses = {_key(slot): str(address) for slot, address in kept.items()}
        if addresses != self._saved:
            self._saved = addresses
            await self._store.async_save(addresses)

    async def async_forget(self) -> None:
        """Forget everything, for the entry is removed."""
        await self._store.async_remove()


def _key(slot: Slot) -> str:
    """Return what a slot is called on disk."""
    return f"{slot.family.record_type} {slot.name}"
