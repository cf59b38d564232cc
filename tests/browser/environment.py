"""The environment of the browser tests: the simulator and a real Home Assistant."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from custom_components.raindrop.const import DOMAIN
from devtools.ha_rest import FlowKind
from devtools.home_assistant_process import HomeAssistant
from simulator import Simulator
from simulator.cloudflare.auth import LIST_PERMISSIONS, USER_PERMISSIONS
from simulator.cloudflare.dns_locations import Location
from simulator.cloudflare.zero_trust_lists import ZeroTrustList
from simulator.cloudflare.zone import HOME_ACCOUNT, Account

ZONE = "example.com"
HOST = "home.example.com"
WWW = "www.example.com"
IP_LIST = "trusted"
LOCATION = "Kids"
ZERO_TRUST_LIST = "Homes"
ACCOUNT_ID = Account(HOME_ACCOUNT).id
TOKEN = "cfut_" + "drizzle" * 6
WRONG_TOKEN = "cfut_" + "monsoon" * 6

OLD_ADDRESS, ADDRESS, NEW_ADDRESS = "81.2.69.140", "81.2.69.142", "81.2.69.144"

ZONE_FORM = {"zone": ZONE, "key": TOKEN, "domain": "home"}
WWW_FORM = {
    "domain": [WWW],
    "families": ["ipv4"],
    "record": {"create": False, "proxied": "keep", "ttl": "keep"},
    "other_machine": {},
    "address_source": {},
    "removal": {"delete": False},
}

LIMIT_S = 10.0
"""Time limit of every single wait, in the browser and for the simulator."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A simulator, and a Home Assistant that uses it."""

    simulator: Simulator
    home_assistant: HomeAssistant

    def add_zone(self) -> None:
        """Add a zone to the simulator, with two records that contain the old address."""
        cloudflare = self.simulator.cloudflare
        zone = cloudflare.add_zone(ZONE)
        cloudflare.add_token(TOKEN)
        cloudflare.add_record(zone, type="A", name="home", content=OLD_ADDRESS, ttl=3600)
        cloudflare.add_record(zone, type="A", name="www", content=OLD_ADDRESS, proxied=True)
        self.change_address(ADDRESS)

    async def ensure_zone_is_set_up(self) -> None:
        """Set up the zone and its first domain, unless an earlier test has."""
        rest = self.home_assistant.rest
        if not await rest.entries(DOMAIN):
            form = await rest.start_flow(DOMAIN)
            families = await rest.submit(form, ZONE_FORM)
            await rest.submit(families, {"families": ["ipv4"]})
        await self.wait_for_record(HOST, self.address)

    async def ensure_www_is_set_up(self) -> None:
        """Set up the second domain as well, unless an earlier test has."""
        await self.ensure_zone_is_set_up()
        rest = self.home_assistant.rest
        (entry,) = await rest.entries(DOMAIN)
        if entry["num_subentries"] == 1:
            await self.add_domain_that_creates_nothing(WWW)
        await self.wait_for_record(WWW, self.address)

    async def add_domain_that_creates_nothing(self, name: str) -> None:
        """Add a domain that reports a missing record instead of creating it."""
        rest = self.home_assistant.rest
        (entry,) = await rest.entries(DOMAIN)
        form = await rest.start_flow([entry["entry_id"], "domain"], FlowKind.SUBENTRY)
        preview = await rest.submit(form, WWW_FORM | {"domain": [name]}, FlowKind.SUBENTRY)
        await rest.submit(preview, {}, FlowKind.SUBENTRY)

    def add_ip_list(self) -> None:
        """Add an IP list with an entry of somebody else, and let the token edit it."""
        self.allow_lists()
        lists = self.simulator.cloudflare.lists
        lists.add_item(lists.add(IP_LIST), "198.51.100.1", "office")

    def allow_lists(self) -> None:
        """Let the token edit IP lists as well."""
        self.simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)

    def listed(self) -> list[str]:
        """Return the addresses of the IP list."""
        lists = self.simulator.cloudflare.lists
        return [item["ip"] for of in lists.of_account(ACCOUNT_ID) for item in lists.items(of)]

    async def wait_for_listed(self, *addresses: str) -> None:
        """Wait until the IP list contains these addresses and no others."""
        await self._wait_until(lambda: self.listed() == [*addresses])

    def add_location(self, *networks: str) -> Location:
        """Add a DNS location, and let the token edit it."""
        self.allow_zero_trust()
        return self.simulator.cloudflare.locations.add(LOCATION, networks)

    def add_zero_trust_list(self) -> ZeroTrustList:
        """Add a Zero Trust list with an entry of somebody else, and let the token edit it."""
        self.allow_zero_trust()
        lists = self.simulator.cloudflare.zero_trust_lists
        added = lists.add(ZERO_TRUST_LIST)
        lists.add_item(added, "198.51.100.1", "office")
        return added

    async def wait_for_values(self, of: ZeroTrustList, *values: str) -> None:
        """Wait until a Zero Trust list contains these values and no others."""
        await self._wait_until(lambda: [item.value for item in of.items] == [*values])

    def allow_zero_trust(self) -> None:
        """Let the token edit Zero Trust settings as well."""
        self.simulator.cloudflare.add_token(TOKEN, permissions=USER_PERMISSIONS)

    async def wait_for_networks(self, of: Location, *networks: str) -> None:
        """Wait until a DNS location contains these networks and no others."""
        locations = self.simulator.cloudflare.locations
        await self._wait_until(lambda: locations.networks(of) == [*networks])

    @property
    def address(self) -> str:
        """The current public IPv4 address."""
        return str(self.simulator.ip.address(4))

    def change_address(self, address: str) -> None:
        """Change the public IPv4 address."""
        self.simulator.ip.set_address(address)

    async def update_now(self) -> None:
        """Press the button *Update now* of the zone. Raises RestError if a record isn't right."""
        button = {"entity_id": "button.example_com_update_now"}
        await self.home_assistant.rest.call("button", "press", button)

    async def set_router_entity(self, name: str, address: str) -> None:
        """Create or update the router's entity for the external IP address."""
        await self.set_entity("sensor.router", name, address)

    async def set_entity(self, entity_id: str, name: str, state: str) -> None:
        """Create or update an entity of another integration."""
        data = {"state": state, "attributes": {"friendly_name": name}}
        await self.home_assistant.rest.request("POST", f"/api/states/{entity_id}", data)

    def record_content(self, name: str) -> str | None:
        """Return the content of a name's record, None without a record."""
        records = self.simulator.cloudflare.records(ZONE)
        return next((str(r["content"]) for r in records if r["name"] == name), None)

    def is_proxied(self, name: str) -> bool:
        """Return whether the record of a name is proxied."""
        records = self.simulator.cloudflare.records(ZONE)
        return any(r["proxied"] for r in records if r["name"] == name)

    def edit_record(self, name: str, **fields: str) -> None:
        """Edit the record of a name as another client."""
        self.simulator.cloudflare.edit_record(ZONE, self._record_id(name), **fields)

    def delete_record(self, name: str) -> None:
        """Delete the record of a name as another client."""
        self.simulator.cloudflare.delete_record(ZONE, self._record_id(name))

    async def wait_for_record(self, name: str, address: str, limit_s: float = LIMIT_S) -> None:
        """Wait until the record of a name contains an address."""
        await self._wait_until(lambda: self.record_content(name) == address, limit_s)

    async def wait_until_proxied(self, name: str) -> None:
        """Wait until the record of a name is proxied."""
        await self._wait_until(lambda: self.is_proxied(name))

    def logged_errors(self) -> list[str]:
        """Return the log lines about errors and blocking calls."""
        log = (self.home_assistant.folder / "home-assistant.log").read_text()
        blocking = [line for line in log.splitlines() if "blocking call" in line]
        return [*self.home_assistant.errors(), *blocking]

    def _record_id(self, name: str) -> str:
        records = self.simulator.cloudflare.records(ZONE)
        (record_id,) = (str(r["id"]) for r in records if r["name"] == name)
        return record_id

    async def _wait_until(self, condition: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
        """Wait for a condition of the simulator, which only requests can change."""
        async with asyncio.timeout(limit_s):
            while True:
                await self.simulator.log.idle()
                if condition():
                    return
                await self.simulator.log.arrived(len(self.simulator.log.entries) + 1)
