"""The zones that are kept, one for each contestant, and what is right in them."""

from collections.abc import Iterator
from dataclasses import dataclass
import itertools
from typing import Any

from .stand import Stand

ATTRIBUTES = ("ttl", "proxied", "comment", "tags")
"""What a record has beside its address, and an update has to leave alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a contestant is to keep."""

    zone_id: str
    zone: str
    names: tuple[str, ...]
    token: str
    cloudflare: str
    """The URL that stands for Cloudflare's API."""
    ip: list[dict[str, Any]]
    """The services that tell the address, as the lab lists them."""

    def ip_url(self, operator: str) -> str:
        """Return the URL at which an operator tells the IPv4 address."""
        url: str = next(s["urls"]["4"] for s in self.ip if s["name"] == operator)
        return url


class World:
    """One contestant's zone in the lab, and how it was in the beginning."""

    def __init__(self, stand: Stand, zone: str) -> None:
        """Know a zone that is made later."""
        self._stand = stand
        self._path = f"/zones/{zone}/records"
        self.zone = zone
        self.zone_id = ""
        self._before: dict[str, list[Any]] = {}

    async def make(self, count: int, address: str) -> None:
        """Add the zone with its records; every other one is proxied."""
        zone = {"name": self.zone, "plan": "pro"}
        self.zone_id = (await self._stand.pull("POST", "/zones", zone))["id"]
        for number in range(count):
            fields = {
                "type": "A",
                "name": f"d{number}",
                "content": address,
                "comment": f"door {number}",
                "tags": ["home:yes"],
                **({"proxied": True} if number % 2 else {"ttl": 3600}),
            }
            record = await self._stand.pull("POST", self._path, fields)
            self._before[record["id"]] = [record[key] for key in ATTRIBUTES]

    async def disturb(self, number: int, address: str) -> None:
        """Point one record elsewhere, by a stranger's hand."""
        record_id = [*self._before][number % len(self._before)]
        await self._stand.pull("PATCH", f"{self._path}/{record_id}", {"content": address})

    async def check(self, address: str) -> tuple[int, int]:
        """Return how many records are wrong, and how many lost an attribute."""
        records = await self._stand.pull("GET", self._path)
        wrong = sum(record["content"] != address for record in records)
        now = {record["id"]: [record[key] for key in ATTRIBUTES] for record in records}
        lost = sum(now.get(record_id) != before for record_id, before in self._before.items())
        return wrong, lost


def addresses() -> Iterator[str]:
    """Yield addresses, none of them twice: one that returns may be held for a while."""
    for third, fourth in itertools.product(range(64, 80), range(1, 255)):
        yield f"81.2.{third}.{fourth}"
