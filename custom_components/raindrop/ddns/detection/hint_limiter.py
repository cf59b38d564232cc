"""Hints that an address may have changed, and how often to follow one that leads nowhere."""

from datetime import timedelta
from typing import NamedTuple

from ..models import Address
from ..sources import Family

_FIRST_WAIT_S = timedelta(minutes=5).total_seconds()
_LONGEST_WAIT_S = timedelta(hours=1).total_seconds()
_WINDOW_S = timedelta(hours=1).total_seconds()
_MAX_IN_VAIN = 6
"""How many hints in an hour may lead nowhere."""

type MappedAddress = tuple[Family, Address]


class _Contradiction(NamedTuple):
    """A mapped address that providers contradicted."""

    address: Address
    at_s: float
    wait_s: float
    """For how long it is ignored."""


class HintLimiter:
    """Decides which hints are followed.

    A home behind a pool of shared addresses, or with two connections, looks different
    to each server. A mapped address that providers contradicted is ignored for 5, 10,
    20 ... 60 minutes. Times are in seconds, from a monotonic clock.
    """

    def __init__(self) -> None:
        self._in_vain_at_s: list[float] = []
        self._pending: dict[Family, Address] = {}
        self._contradictions: dict[Family, _Contradiction] = {}

    def may_follow(self, hint: MappedAddress | None, now_s: float) -> bool:
        """Return whether to detect the addresses now; None is a hint without an address."""
        contradiction = self._contradiction(*hint) if hint else None
        if contradiction and now_s < contradiction.at_s + contradiction.wait_s:
            return False
        if self._is_exhausted(now_s):
            return False
        # Pointless until another address is accepted.
        self._in_vain_at_s.append(now_s)
        self._pending = {**self._pending, **dict([hint] if hint else [])}
        return True

    def accepted(self, family: Family, address: Address, now_s: float, *, is_new: bool) -> None:
        """Record that a detection accepted an address, the previous one or another."""
        if is_new and self._in_vain_at_s:
            self._in_vain_at_s.pop()
        if self._contradiction(family, address):
            del self._contradictions[family]
        pending = self._pending.pop(family, address)
        if pending != address:
            before = self._contradiction(family, pending)
            wait_s = min(before.wait_s * 2, _LONGEST_WAIT_S) if before else _FIRST_WAIT_S
            self._contradictions[family] = _Contradiction(pending, now_s, wait_s)

    def may_ignore(self, family: Family, now_s: float) -> bool:
        """Return whether the next hint of a family may be ignored although it may be right."""
        contradiction = self._contradictions.get(family)
        is_recent = contradiction is not None and now_s < contradiction.at_s + _LONGEST_WAIT_S
        return is_recent or self._is_exhausted(now_s)

    def _is_exhausted(self, now_s: float) -> bool:
        self._in_vain_at_s = [at_s for at_s in self._in_vain_at_s if now_s - at_s < _WINDOW_S]
        return len(self._in_vain_at_s) >= _MAX_IN_VAIN

    def _contradiction(self, family: Family, address: Address) -> _Contradiction | None:
        """Return the contradiction of a mapped address, None without one."""
        last = self._contradictions.get(family)
        return last if last and last.address == address else None
