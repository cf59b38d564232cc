"""The home's last address changes, counted once for all zones, and switches of connections."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER
from .ddns import Address, DdnsEvent, Family, HostName
from .storage.sources import FAMILIES
from .storage.values import (
    UNREADABLE,
    read_address,
    read_host_name,
    read_int,
    read_list,
    read_mapping,
    read_text,
    read_time,
)

_VERSION = 1
_MAX_CHANGES = 50
_MAX_ADDRESSES = 16
"""How many current addresses are remembered: those of all connections of all zones."""
_MAX_COUNT = 2**31
_SAVE_DELAY_S = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """A change of the home's address."""

    changed_at: datetime
    family: Family
    from_ip: Address
    to_ip: Address
    lasted_s: int | None
    """For how long the home had ``from_ip``; None if that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSwitch:
    """A switch of a domain to another connection."""

    switched_at: datetime
    name: HostName
    family: Family
    from_connection: str
    to_connection: str


class AddressHistory:
    """The last changes, their number by family, and since when the home has its addresses."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store = Store[dict[str, Any]](hass, _VERSION, f"{DOMAIN}.history")
        self.changes: deque[AddressChange] = deque(maxlen=_MAX_CHANGES)
        """Oldest first."""
        self.counts: Counter[Family] = Counter()
        self._since: dict[Address, datetime] = {}
        self.switches: deque[ConnectionSwitch] = deque(maxlen=_MAX_CHANGES)
        """Oldest first."""

    async def async_load(self) -> None:
        """Load the stored history; reset it if it cannot be read."""
        try:
            if stored := await self._store.async_load():
                self._read(stored)
        except UNREADABLE as err:
            # Not the error itself, which may quote what is stored.
            LOGGER.warning(
                "The address history could not be read (%s) and was reset", type(err).__name__
            )

    async def async_remove(self) -> None:
        """Delete what is stored; log a failure."""
        try:
            await self._store.async_remove()
        except OSError:
            LOGGER.exception("The address history could not be deleted")

    def since(self, address: Address | None) -> datetime | None:
        """Return since when the home has an address, None if that is not known."""
        return self._since.get(address) if address else None

    @callback
    def async_add(self, before: Mapping[Family, Address], after: Mapping[Family, Address]) -> None:
        """Add the changes that a zone found, unless another zone found them first."""
        changed = {
            family: address for family, address in after.items() if before.get(family) != address
        }
        new = {family: address for family, address in changed.items() if address not in self._since}
        now = dt_util.utcnow()
        for family, address in new.items():
            since = self._since.pop(before[family], None) if family in before else None
            self._since[address] = now
            if family in before:
                self.counts[family] += 1
                self.changes.append(
                    AddressChange(
                        changed_at=now,
                        family=family,
                        from_ip=before[family],
                        to_ip=address,
                        lasted_s=max(int((now - since).total_seconds()), 0) if since else None,
                    )
                )
        if new:
            self._since = dict([*self._since.items()][-_MAX_ADDRESSES:])
            self._store.async_delay_save(self._data, _SAVE_DELAY_S)

    @callback
    def async_add_switches(self, events: Iterable[DdnsEvent]) -> None:
        """Add the switches of domains to another connection that are among some events."""
        switches = [
            ConnectionSwitch(
                switched_at=dt_util.utcnow(),
                name=event.record_key.name,
                family=event.family,
                from_connection=event.from_connection,
                to_connection=event.to_connection,
            )
            for event in events
            if event.record_key and event.to_connection
        ]
        if switches:
            self.switches.extend(switches)
            self._store.async_delay_save(self._data, _SAVE_DELAY_S)

    def _read(self, stored: Mapping[str, Any]) -> None:
        """Raises one of MALFORMED; then nothing is changed."""
        changes = [_change(read_mapping(change)) for change in read_list(stored["changes"])]
        counts = {
            FAMILIES[key]: read_int(count, 0, _MAX_COUNT)
            for key, count in read_mapping(stored["counts"]).items()
        }
        since = {
            read_address(address): read_time(time)
            for address, time in read_mapping(stored["since"]).items()
        }
        switches = [
            _switch(read_mapping(switch)) for switch in read_list(stored.get("switches", []))
        ]
        self.changes.extend(changes)
        self.switches.extend(switches)
        self.counts.update(counts)
        self._since = since

    def _data(self) -> dict[str, Any]:
        return {
            "changes": [change_data(change) for change in self.changes],
            "counts": {family.key: count for family, count in self.counts.items()},
            "since": {str(address): time.isoformat() for address, time in self._since.items()},
            "switches": [switch_data(switch) for switch in self.switches],
        }


_HISTORY: HassKey[AddressHistory] = HassKey(f"{DOMAIN}_history")


@callback
def async_get_history(hass: HomeAssistant) -> AddressHistory:
    """Return the history that all zones share."""
    return hass.data.setdefault(_HISTORY, AddressHistory(hass))


async def async_remove_history(hass: HomeAssistant) -> None:
    """Delete the history: the last zone was removed."""
    await async_get_history(hass).async_remove()
    del hass.data[_HISTORY]


def change_data(change: AddressChange) -> dict[str, Any]:
    """Return a change as it is stored and as the action returns it."""
    return {
        "changed_at": change.changed_at.isoformat(),
        "family": change.family.key,
        "from_ip": str(change.from_ip),
        "to_ip": str(change.to_ip),
        "lasted_s": change.lasted_s,
    }


def _change(data: Mapping[str, Any]) -> AddressChange:
    lasted_s = data["lasted_s"]
    return AddressChange(
        changed_at=read_time(data["changed_at"]),
        family=FAMILIES[data["family"]],
        from_ip=read_address(data["from_ip"]),
        to_ip=read_address(data["to_ip"]),
        lasted_s=None if lasted_s is None else read_int(lasted_s, 0, _MAX_COUNT),
    )


def switch_data(switch: ConnectionSwitch) -> dict[str, Any]:
    """Return a switch as it is stored and as the action returns it."""
    return {
        "switched_at": switch.switched_at.isoformat(),
        "domain": switch.name,
        "family": switch.family.key,
        "from_connection": switch.from_connection,
        "to_connection": switch.to_connection,
    }


def _switch(data: Mapping[str, Any]) -> ConnectionSwitch:
    return ConnectionSwitch(
        switched_at=read_time(data["switched_at"]),
        name=read_host_name(data["domain"]),
        family=FAMILIES[data["family"]],
        from_connection=read_text(data["from_connection"]),
        to_connection=read_text(data["to_connection"]),
    )
