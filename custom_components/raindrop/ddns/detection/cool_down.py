"""Cool-down: which providers are not queried because they keep failing while others respond."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from ..errors import DetectionError
from ..sources import Family
from .detection import Response
from .providers import Provider
from .quorum import QUORUM

_MAX_FAILURES = 3
_COOL_DOWN = timedelta(hours=1)
"""How long a provider is not queried after failing that often in a row while others responded."""


class CoolDown:
    """Counts the failures of providers, by family."""

    def __init__(self) -> None:
        self._failures: Counter[tuple[str, Family]] = Counter()
        self._cooling_since: dict[tuple[str, Family], datetime] = {}

    def copy(self) -> "CoolDown":
        """Return an independent copy."""
        copy = CoolDown()
        copy._failures.update(self._failures)
        copy._cooling_since.update(self._cooling_since)
        return copy

    def active(self, providers: list[Provider], family: Family, now: datetime) -> list[Provider]:
        """Return the providers without those in cool-down, or all if too few are left."""
        cooling = {
            name
            for (name, of_family), since in self._cooling_since.items()
            if of_family == family and timedelta() <= now - since < _COOL_DOWN
        }
        active = [provider for provider in providers if provider.name not in cooling]
        return active if len(active) >= QUORUM else providers

    def count(self, responses: Sequence[Response], family: Family, now: datetime) -> None:
        """Count failures of providers while others responded; else the network itself failed.

        Reporting a tunnel is not a failure.
        """
        if not any(response.address for response in responses):
            return
        for response in responses:
            key = response.provider, family
            has_responded = response.address or response.error is DetectionError.TUNNEL
            self._failures[key] = 0 if has_responded else self._failures[key] + 1
            if self._failures[key] >= _MAX_FAILURES:
                self._failures[key] = 0
                self._cooling_since[key] = now
