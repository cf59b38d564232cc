"""The simulated Cloudflare: its zones, records, credentials and settings."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from ..faults import Faults
from ..http_server import Listener, ServiceHandler, origin
from ..request_log import Log
from . import writes
from .api import Api
from .auth import ALL_PERMISSIONS, Credentials, Owner, Permission, Status, Token, User
from .dns_locations import Locations
from .host_names import to_ascii
from .ip_lists import IpLists
from .limiter import Limiter
from .plans import PLANS, PlanName
from .routes import PREFIX, template_of
from .switches import Switches
from .zero_trust_lists import ZeroTrustLists
from .zone import HOME_ACCOUNT, Account, Zone, ZoneStatus, ZoneType, identifier


class Cloudflare:
    """The simulated Cloudflare."""

    def __init__(
        self,
        log: Log,
        faults: Faults,
        stopping: asyncio.Event,
        client_address: Callable[[], str],
        port: int = 0,
    ) -> None:
        """Create it without zones and credentials.

        `client_address` returns the public address of all clients.
        """
        self.switches = Switches()
        self.limiter = Limiter()
        self.credentials = Credentials()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._zones: dict[str, Zone] = {}
        self._port = port
        self._listener: Listener | None = None
        self.lists = IpLists(lambda: self.now())  # noqa: PLW0108 - the clock may be replaced later
        self.locations = Locations(lambda: self.now())  # noqa: PLW0108 - as above
        self.zero_trust_lists = ZeroTrustLists(lambda: self.now())  # noqa: PLW0108 - as above
        api = Api(
            self._zones,
            self.credentials,
            self.switches,
            self.limiter,
            client_address,
            lists=self.lists,
            locations=self.locations,
            zero_trust_lists=self.zero_trust_lists,
        )
        self._handler = ServiceHandler(
            service="cloudflare",
            template=template_of,
            response=api.response,
            log=log,
            faults=faults,
            stopping=stopping,
        )

    @property
    def base_url(self) -> str:
        """The URL that replaces https://api.cloudflare.com/client/v4."""
        return origin(4, self._started_listener.port) + PREFIX

    @property
    def reachable(self) -> bool:
        """Whether the API accepts connections; set it to False to refuse them."""
        return self._started_listener.is_listening

    @reachable.setter
    def reachable(self, value: bool) -> None:
        if value:
            self._started_listener.open()
        else:
            self._started_listener.close()

    @property
    def zones(self) -> tuple[Zone, ...]:
        """All zones."""
        return tuple(self._zones.values())

    def zone(self, zone: Zone | str) -> Zone:
        """Return a zone by its name, in Punycode or Unicode, or by its id.

        Of several zones of one name, the first that was added. Raises KeyError
        if it does not exist.
        """
        if isinstance(zone, Zone):
            return zone
        by_name = {found.name: found for found in reversed(self._zones.values())}
        return self._zones.get(zone) or by_name[to_ascii(zone)]

    def add_zone(
        self,
        name: str,
        *,
        plan: PlanName = "free",
        account: str = HOME_ACCOUNT,
        type_: ZoneType = "full",
        status: ZoneStatus = "active",
        record_quota: int | None = None,
    ) -> Zone:
        """Add an empty zone. Its id depends on name and account, so it survives a restart."""
        zone = Zone(
            to_ascii(name),
            PLANS[plan],
            Account(account),
            lambda: self.now(),  # noqa: PLW0108 - the clock may be replaced later
            type_=type_,
            status=status,
            record_quota=record_quota,
        )
        self._zones[zone.id] = zone
        return zone

    def edit_zone(
        self,
        zone: Zone | str,
        *,
        status: ZoneStatus | None = None,
        paused: bool | None = None,
        type_: ZoneType | None = None,
        name_servers: Iterable[str] | None = None,
        vanity_name_servers: Iterable[str] | None = None,
        plan: PlanName | None = None,
    ) -> Zone:
        """Change what a zone says of itself, as an external change; None leaves an attribute."""
        edited = self.zone(zone)
        edited.status = status or edited.status
        edited.paused = edited.paused if paused is None else paused
        edited.type = type_ or edited.type
        if name_servers is not None:
            edited.name_servers = tuple(name_servers)
        if vanity_name_servers is not None:
            edited.vanity_name_servers = tuple(vanity_name_servers)
        edited.plan = PLANS[plan] if plan else edited.plan
        return edited

    def remove_zone(self, zone: Zone | str) -> None:
        """Remove a zone with all its records."""
        del self._zones[self.zone(zone).id]

    def add_token(  # noqa: PLR0913 - the attributes of a token, as keywords
        self,
        token: str,
        *,
        permissions: Iterable[Permission] = ALL_PERMISSIONS,
        zones: Iterable[Zone | str] | None = None,
        owner: Owner = "user",
        account: str = HOME_ACCOUNT,
        other_accounts: Iterable[str] = (),
        only_from: Iterable[str] | None = None,
        status: Status = "active",
        not_before: str | None = None,
        expires_on: str | None = None,
    ) -> Token:
        """Add or replace a token. Raises ValueError if its format is invalid."""
        new_token = Token(
            id=identifier("token", token),
            secret=token,
            account=Account(account),
            other_accounts=frozenset(map(Account, other_accounts)),
            owner=owner,
            permissions=frozenset(permissions),
            zones=None if zones is None else frozenset(self.zone(zone).id for zone in zones),
            only_from=None if only_from is None else tuple(map(ip_network, only_from)),
            status=status,
            not_before=not_before,
            expires_on=expires_on,
        )
        self.credentials.add_token(new_token)
        return new_token

    def add_user(self, email: str, key: str, *, account: str = HOME_ACCOUNT) -> User:
        """Add a user with a Global API Key. Raises ValueError if its format is invalid."""
        user = User(email=email, key=key, account=Account(account))
        self.credentials.add_user(user)
        return user

    def records(self, zone: Zone | str) -> list[dict[str, Any]]:
        """Return the records of a zone as the API shows them, in the order of their creation."""
        return [record.shown() for record in self.zone(zone).records.values()]

    def add_record(self, zone: Zone | str, **fields: Any) -> dict[str, Any]:
        """Add a record as an external change. Raises RefusedError if the API would refuse it."""
        return writes.create(self.zone(zone), fields, []).shown()

    def add_read_only_record(self, zone: Zone | str, **fields: Any) -> dict[str, Any]:
        """Add a record that another product of Cloudflare keeps: the API refuses to change it."""
        return writes.create(self.zone(zone), fields, [], is_read_only=True).shown()

    def edit_record(
        self,
        zone: Zone | str,
        record_id: str,
        **fields: Any,
    ) -> dict[str, Any]:
        """Edit a record as an external change. Raises RefusedError if the API would refuse it."""
        return writes.patch(self.zone(zone), record_id, fields, []).shown()

    def delete_record(self, zone: Zone | str, record_id: str) -> None:
        """Delete a record as an external change. Raises RefusedError if it does not exist."""
        self.zone(zone).delete(record_id)

    def add_odd_record(self, zone: Zone | str, **fields: Any) -> dict[str, Any]:
        """Add a record that lists show exactly as given, with defaults for other fields.

        It is counted and listed, but no other request finds it.
        """
        return self.zone(zone).add_odd(fields).shown()

    def clear_odd_records(self, zone: Zone | str) -> None:
        """Remove all records that `add_odd_record` added."""
        self.zone(zone).odd_records.clear()

    def start(self) -> None:
        """Open the port."""
        self._listener = Listener(self._handler, 4, self._port)
        self._listener.open()

    async def stop(self) -> None:
        """Close the port."""
        if self._listener:
            await self._listener.stop()

    @property
    def _started_listener(self) -> Listener:
        """The listener. Raises RuntimeError before the start."""
        if self._listener is None:
            raise RuntimeError("the simulator is not started")
        return self._listener
