"""The zones of the contestants: how they are created and checked."""

from collections.abc import Iterator
import itertools
from typing import Any

from .simulator_process import SimulatorClient

ATTRIBUTES = ("ttl", "proxied", "comment", "tags")
"""The attributes of a record that an update must keep."""


class ContestantZone:
    """The zone of one contestant in the simulator."""

    def __init__(self, simulator: SimulatorClient, name: str) -> None:
        """Store the name; `create` adds the zone."""
        self._simulator = simulator
        self._path = f"/zones/{name}/records"
        self.name = name
        self.token = "cfut_" + name.replace(".", "-").ljust(40, "0")
        self.id = ""
        self._attributes: dict[str, list[Any]] = {}

    async def create(self, count: int, address: str) -> None:
        """Add the zone with its records; every other record is proxied."""
        # An account of its own: no contestant uses up the rate limit of another.
        zone = {"name": self.name, "plan": "pro", "account": self.name}
        self.id = (await self._simulator.request("POST", "/zones", zone))["id"]
        token = {"token": self.token, "account": self.name}
        await self._simulator.request("POST", "/credentials", token)
        for number in range(count):
            fields = {
                "type": "A",
                "name": f"d{number}",
                "content": address,
                "comment": f"door {number}",
                "tags": ["home:yes"],
                **({"proxied": True} if number % 2 else {"ttl": 3600}),
            }
            record = await self._simulator.request("POST", self._path, fields)
            self._attributes[record["id"]] = [record[key] for key in ATTRIBUTES]

    async def change_externally(self, number: int, address: str) -> None:
        """Change the address of one record as an external change."""
        record_id = [*self._attributes][number % len(self._attributes)]
        path = f"{self._path}/{record_id}"
        await self._simulator.request("PATCH", path, {"content": address})

    async def check(self, address: str) -> tuple[int, int]:
        """Return how many records have a wrong address, and how many lost an attribute."""
        records = await self._simulator.request("GET", self._path)
        wrong = sum(record["content"] != address for record in records)
        now = {record["id"]: [record[key] for key in ATTRIBUTES] for record in records}
        lost = sum(now.get(record_id) != before for record_id, before in self._attributes.items())
        return wrong, lost


def addresses() -> Iterator[str]:
    """Yield addresses without repetition: flap damping would hold one that returns."""
    for third, fourth in itertools.product(range(64, 80), range(1, 255)):
        yield f"81.2.{third}.{fourth}"
