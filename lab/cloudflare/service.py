"""What a test holds in its hand: zones, credentials and switches of the Cloudflare stand-in."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from lab.faults import Faults
from lab.journal import Log
from lab.serving import Desk, Listener, origin

from . import writes
from .api import Api
from .auth import EVERYTHING, Credentials, Owner, Permission, Status, Token, User
from .limiter import Limiter
from .names import to_ascii
from .plans import PLANS, PlanName
from .routes import PREFIX, template_of
from .switches import Switches
from .zone import Account, Zone, ZoneStatus, ZoneType, identifier

HOME_ACCOUNT = "Home"


class Cloudflare:
    """A Cloudflare of one's own."""

    def __init__(
        self,
        log: Log,
        faults: Faults,
        stopping: asyncio.Event,
        home: Callable[[], str],
        port: int = 0,
    ) -> None:
        """Start without zones and credentials; `home` tells the address clients call from."""
        self.switches = Switches()
        self.limiter = Limiter()
        self.credentials = Credentials()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._zones: dict[str, Zone] = {}
        self._port = port
        self._listener: Listener | None = None
        api = Api(self._zones, self.credentials, self.switches, self.limiter, home)
        self._desk = Desk(
            service="cloudflare",
            template=template_of,
            answer=api.answer,
            log=log,
            faults=faults,
            stopping=stopping,
        )

    @property
    def base_url(self) -> str:
        """The URL that stands for https://api.cloudflare.com/client/v4."""
        return origin(4, self._running.port) + PREFIX

    @property
    def reachable(self) -> bool:
        """Whether the API accepts connections; set it to False to have them refused."""
        return self._running.is_open

    @reachable.setter
    def reachable(self, value: bool) -> None:
        if value:
            self._running.open()
        else:
            self._running.close()

    @property
    def zones(self) -> tuple[Zone, ...]:
        """All zones."""
        return tuple(self._zones.values())

    def zone(self, zone: Zone | str) -> Zone:
        """Return a zone by its name, in Punycode or Unicode, or by its id.

        Raises KeyError if there is none.
        """
        if isinstance(zone, Zone):
            return zone
        return self._zones.get(zone) or self._zones[identifier("zone", to_ascii(zone))]

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
        """Add an empty zone; its id depends on its name alone, so it survives a restart."""
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

    def remove_zone(self, zone: Zone | str) -> None:
        """Remove a zone with all its records."""
        del self._zones[self.zone(zone).id]

    def add_token(  # noqa: PLR0913 - the facts of a token, each with its name
        self,
        token: str,
        *,
        permissions: Iterable[Permission] = EVERYTHING,
        zones: Iterable[Zone | str] | None = None,
        owner: Owner = "user",
        account: str = HOME_ACCOUNT,
        only_from: Iterable[str] | None = None,
        status: Status = "active",
        not_before: str | None = None,
        expires_on: str | None = None,
    ) -> Token:
        """Add a token, or replace it; raises ValueError for an impossible one."""
        added = Token(
            id=identifier("token", token),
            secret=token,
            account=Account(account),
            owner=owner,
            permissions=frozenset(permissions),
            zones=None if zones is None else frozenset(self.zone(zone).id for zone in zones),
            only_from=None if only_from is None else tuple(map(ip_network, only_from)),
            status=status,
            not_before=not_before,
            expires_on=expires_on,
        )
        self.credentials.add_token(added)
        return added

    def add_user(self, email: str, key: str, *, account: str = HOME_ACCOUNT) -> User:
        """Add a user with a Global API Key; raises ValueError for an impossible one."""
        user = User(email=email, key=key, account=Account(account))
        self.credentials.add_user(user)
        return user

    def records(self, zone: Zone | str) -> list[dict[str, Any]]:
        """Return a zone's records as the API shows them, in the order in which they were made."""
        return [record.shown() for record in self.zone(zone).records.values()]

    def add_record(self, zone: Zone | str, **fields: Any) -> dict[str, Any]:
        """Add a record by a stranger's hand; raises RefusedError as the API would refuse."""
        return writes.create(self.zone(zone), fields, []).shown()

    def edit_record(
        self,
        zone: Zone | str,
        record_id: str,
        **fields: Any,
    ) -> dict[str, Any]:
        """Change a record by a stranger's hand; raises RefusedError as the API would refuse."""
        return writes.patch(self.zone(zone), record_id, fields, []).shown()

    def delete_record(self, zone: Zone | str, record_id: str) -> None:
        """Delete a record by a stranger's hand; raises RefusedError if there is none."""
        self.zone(zone).delete(record_id)

    def start(self) -> None:
        """Listen."""
        self._listener = Listener(self._desk, 4, self._port)
        self._listener.open()

    async def stop(self) -> None:
        """Close the port."""
        if self._listener:
            await self._listener.stop()

    @property
    def _running(self) -> Listener:
        """The listener; raises RuntimeError before the start."""
        if self._listener is None:
            raise RuntimeError("the lab is not started")
        return self._listener
