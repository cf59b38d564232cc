"""The house of the story: the lab, a real Home Assistant, and what a stranger finds in them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from custom_components.raindrop.const import DOMAIN
from lab import Lab
from lab.home_assistant import HomeAssistant
from lab.rest import FlowKind

ZONE = "example.com"
HOST = "home.example.com"
WWW = "www.example.com"
TOKEN = "cfut_" + "drizzle" * 6
WRONG_TOKEN = "cfut_" + "monsoon" * 6

BEFORE, HOME, NEXT = "81.2.69.140", "81.2.69.142", "81.2.69.144"

ZONE_FORM = {"zone": ZONE, "key": TOKEN, "domain": "home"}
WWW_FORM = {
    "domain": WWW,
    "families": ["ipv4"],
    "create": False,
    "proxied": "keep",
    "ttl": "keep",
    "ttl_s": 300,
    "prefix_length": 64,
    "delete": False,
}

LIMIT_S = 10.0
"""How long anything may take, in a browser or behind it."""


@dataclass(frozen=True, slots=True)
class House:
    """A lab and a Home Assistant that lives in it."""

    lab: Lab
    home: HomeAssistant

    def furnish(self) -> None:
        """Give the lab a zone with two records that point where the home was before."""
        cloudflare = self.lab.cloudflare
        zone = cloudflare.add_zone(ZONE)
        cloudflare.add_token(TOKEN)
        cloudflare.add_record(zone, type="A", name="home", content=BEFORE, ttl=3600)
        cloudflare.add_record(zone, type="A", name="www", content=BEFORE, proxied=True)
        self.move_to(HOME)

    async def keep_home(self) -> None:
        """Have the zone and its first domain set up, as the first test leaves it."""
        if not await self.home.rest.entries(DOMAIN):
            form = await self.home.rest.start_flow(DOMAIN)
            await self.home.rest.submit(form, ZONE_FORM)
        await self.points_to(HOST, self.address)

    async def keep_www(self) -> None:
        """Have the second domain as well, as the second test leaves it."""
        await self.keep_home()
        (entry,) = await self.home.rest.entries(DOMAIN)
        if entry["num_subentries"] == 1:
            zone = [entry["entry_id"], "domain"]
            form = await self.home.rest.start_flow(zone, FlowKind.SUBENTRY)
            preview = await self.home.rest.submit(form, WWW_FORM, FlowKind.SUBENTRY)
            await self.home.rest.submit(preview, {}, FlowKind.SUBENTRY)
        await self.points_to(WWW, self.address)

    @property
    def address(self) -> str:
        """The public address of the home."""
        return str(self.lab.ip.address(4))

    async def router_says(self, name: str, address: str) -> None:
        """Let an entity of the router's say an address."""
        state = {"state": address, "attributes": {"friendly_name": name}}
        await self.home.rest.request("POST", "/api/states/sensor.router", state)

    def move_to(self, address: str) -> None:
        """Give the home another public address."""
        self.lab.ip.set_address(address)

    def address_of(self, name: str) -> str | None:
        """Return where a name points."""
        records = self.lab.cloudflare.records(ZONE)
        return next((str(r["content"]) for r in records if r["name"] == name), None)

    def edit_record(self, name: str, **fields: str) -> None:
        """Change the record of a name by a stranger's hand."""
        self.lab.cloudflare.edit_record(ZONE, self._record_id(name), **fields)

    def delete_record(self, name: str) -> None:
        """Delete the record of a name by a stranger's hand."""
        self.lab.cloudflare.delete_record(ZONE, self._record_id(name))

    def _record_id(self, name: str) -> str:
        """Return the identifier of the one record of a name."""
        records = self.lab.cloudflare.records(ZONE)
        (record_id,) = (str(r["id"]) for r in records if r["name"] == name)
        return record_id

    def complaints(self) -> list[str]:
        """Return the lines of the log that report an error or a call that blocks."""
        log = (self.home.folder / "home-assistant.log").read_text()
        blocking = [line for line in log.splitlines() if "blocking call" in line]
        return [*self.home.errors(), *blocking]

    async def points_to(self, name: str, address: str) -> None:
        """Wait until a name points to an address, request by request."""
        await self._until(lambda: self.address_of(name) == address)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so in the lab, where only requests change anything."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                await self.lab.log.settled()
                if is_so():
                    return
                await self.lab.log.arrived(len(self.lab.log.entries) + 1)
