"""Hints that an address may have changed: how often one that leads nowhere is followed."""

from datetime import timedelta

from ..models import Address, Family

_FIRST_WAIT_S = timedelta(minutes=5).total_seconds()
_LONGEST_WAIT_S = timedelta(hours=1).total_seconds()
_WINDOW_S = timedelta(hours=1).total_seconds()
_MAX_IN_VAIN = 6
"""How many hints in an hour may lead nowhere."""

type MappedAddress = tuple[Family, Address]


class HintLimiter:
    """Decides which hints are followed.

    A home behind a pool of shared addresses, or with two lines, looks
    different to each server. A mapped address that providers contradicted is
    not followed again for 5, 10, 20 ... 60 minutes. Times are in seconds, by a
    clock that never goes back.
    """

    def __init__(self) -> None:
        self._in_vain_at_s: list[float] = []
        self._pending: dict[Family, Address] = {}
        self._contradicted: dict[Family, Address] = {}
        self._wait_s: dict[Family, float] = {}
        self._wait_until_s: dict[Family, float] = {}

    def may_follow(self, hint: MappedAddress | None, now_s: float) -> bool:
        """Return whether to detect the addresses now; None is a hint without an address."""
        if hint and self._is_contradicted(*hint) and now_s < self._wait_until_s[hint[0]]:
            return False
        self._in_vain_at_s = [at_s for at_s in self._in_vain_at_s if now_s - at_s < _WINDOW_S]
        if len(self._in_vain_at_s) >= _MAX_IN_VAIN:
            return False
        # In vain until another address is accepted.
        self._in_vain_at_s.append(now_s)
        self._pending = {**self._pending, **dict([hint] if hint else [])}
        return True

    def accepted(self, family: Family, address: Address, now_s: float, *, is_new: bool) -> None:
        """Take into account that a detection accepted an address, the one before or another."""
        if is_new and self._in_vain_at_s:
            self._in_vain_at_s.pop()
        if self._is_contradicted(family, address):
            del self._contradicted[family]
        pending = self._pending.pop(family, address)
        if pending != address:
            is_again = self._is_contradicted(family, pending)
            wait_s = self._wait_s[family] * 2 if is_again else _FIRST_WAIT_S
            self._contradicted[family] = pending
            self._wait_s[family] = min(wait_s, _LONGEST_WAIT_S)
            self._wait_until_s[family] = now_s + self._wait_s[family]

    def _is_contradicted(self, family: Family, address: Address) -> bool:
        return self._contradicted.get(family) == address
