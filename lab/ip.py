"""Stand-ins for five services that tell a caller its public address, one operator each."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
import time
from typing import Literal

from .answers import Answer, json_answer, text_answer
from .faults import Faults, Kind
from .journal import Family, Log
from .ports import Ports
from .serving import Call, Desk, Listener, origin

type Form = Literal["trace", "text", "json"]
type Address = IPv4Address | IPv6Address

FAMILIES: tuple[Family, ...] = (4, 6)
OTHER: Mapping[Family, Family] = {4: 6, 6: 4}
EXAMPLES: Mapping[Family, Address] = {
    4: IPv4Address("81.2.69.142"),
    6: IPv6Address("2001:218:1:2::142"),
}
"""The home's addresses when nothing else is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who runs a service, and how it answers."""

    name: str
    path: str
    form: Form
    newline: bool = False
    families: tuple[Family, ...] = FAMILIES


OPERATORS = (
    Operator(name="cloudflare", path="/cdn-cgi/trace", form="trace"),
    Operator(name="ipify", path="/", form="text"),
    Operator(name="ident.me", path="/", form="text", newline=True),
    Operator(name="amazon", path="/", form="text", newline=True, families=(4,)),
    Operator(name="home-assistant", path="/whoami/v1", form="json"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IpService:
    """A service as a client configures it."""

    name: str
    form: Form
    urls: Mapping[Family, str]


class IpServices:
    """All IP services, and the public addresses that they report."""

    def __init__(self, log: Log, faults: Faults, stopping: asyncio.Event, ports: Ports) -> None:
        """Prepare one stand-in for each operator."""
        self._stands = {
            operator.name: _Stand(operator, log, faults, stopping, ports.ip.get(operator.name, 0))
            for operator in OPERATORS
        }

    @property
    def services(self) -> tuple[IpService, ...]:
        """The services with their URLs by family, in the order in which Raindrop has them."""
        return tuple(stand.service() for stand in self._stands.values())

    @property
    def addresses(self) -> dict[str, dict[Family, str | None]]:
        """What each operator reports by family; None where its host is out of reach."""
        return {
            name: {family: str(address) if address else None for family, address in known.items()}
            for name, known in ((name, stand.addresses) for name, stand in self._stands.items())
        }

    def address(self, family: Family, operator: str = "cloudflare") -> Address | None:
        """Return what an operator reports; None where its host is out of reach."""
        return self._stands[operator].addresses.get(family)

    def set_address(
        self,
        address: Address | str | None,
        *,
        operator: str | None = None,
        family: Family | None = None,
    ) -> None:
        """Set what all operators report, or one of them.

        With None and a family, connections over that family are refused; with None alone, all.
        Raises ValueError for an address that is not of the family, KeyError for an operator.
        """
        parsed = ip_address(address) if isinstance(address, str) else address
        if parsed is not None and family not in (None, parsed.version):
            raise ValueError(f"{parsed} is not an IPv{family} address")
        stands = [self._stands[operator]] if operator else list(self._stands.values())
        for stand in stands:
            for version in _families(parsed, family):
                stand.set(version, parsed)

    def start(self) -> None:
        """Listen for every family that has an address."""
        for stand in self._stands.values():
            stand.start()

    async def stop(self) -> None:
        """Close all ports."""
        await asyncio.gather(*(stand.stop() for stand in self._stands.values()))


def _families(address: Address | None, family: Family | None) -> Iterable[Family]:
    """Return the families that a setting is about."""
    if address is not None:
        return (address.version,)
    return (family,) if family else FAMILIES


class _Stand:
    """The stand-in for one operator."""

    def __init__(
        self, operator: Operator, log: Log, faults: Faults, stopping: asyncio.Event, port: int
    ) -> None:
        """Prepare the stand-in; it listens once it is started."""
        self._operator = operator
        self._port = port
        self.addresses: dict[Family, Address | None] = {
            family: EXAMPLES[family] for family in operator.families
        }
        self._desk = Desk(
            service="ip",
            operator=operator.name,
            template=lambda _method, path: path,
            answer=self._answer,
            log=log,
            faults=faults,
            stopping=stopping,
        )
        self._listeners: dict[Family, Listener] = {}

    def service(self) -> IpService:
        """Return the service as a client configures it."""
        urls = {
            family: origin(family, listener.port) + self._operator.path
            for family, listener in self._listeners.items()
        }
        return IpService(name=self._operator.name, form=self._operator.form, urls=urls)

    def set(self, family: Family, address: Address | None) -> None:
        """Report another address, or fall silent; ignored for a family the operator lacks."""
        if family not in self.addresses:
            return
        self.addresses[family] = address
        if family in self._listeners:
            self._listen(family)

    def start(self) -> None:
        """Take the same port in each family, and listen where there is an address."""
        self._listeners = _same_port(self._desk, self._operator.families, self._port)
        for family in self._listeners:
            self._listen(family)

    async def stop(self) -> None:
        """Close all ports."""
        await asyncio.gather(*(listener.stop() for listener in self._listeners.values()))
        self._listeners.clear()

    def _listen(self, family: Family) -> None:
        """Accept connections exactly if there is an address."""
        listener = self._listeners[family]
        if self.addresses[family] is None:
            listener.close()
        else:
            listener.open()

    def _answer(self, call: Call) -> Answer:
        """Answer one look-up."""
        if call.path != self._operator.path or call.method != "GET":
            return text_answer("Not Found\n", status=404)
        address = self._seen(call)
        match self._operator.form:
            case "trace":
                return text_answer(_trace(call, address))
            case "json":
                return json_answer(_whoami(address))
            case _:
                return text_answer(f"{address}\n" if self._operator.newline else str(address))

    def _seen(self, call: Call) -> Address:
        """Return the caller's address, or one of the other family if that is the fault."""
        is_wrong = call.fault is not None and call.fault.kind is Kind.WRONG_FAMILY
        family = OTHER[call.family] if is_wrong else call.family
        return self.addresses.get(family) or EXAMPLES[family]


def _same_port(desk: Desk, families: Iterable[Family], port: int) -> dict[Family, Listener]:
    """Listen on one port number in all families.

    A port the system chose in one family may be taken in the other: then it tries again.
    """
    for _ in range(20):
        listeners: dict[Family, Listener] = {}
        try:
            for family in families:
                taken = next((listener.port for listener in listeners.values()), port)
                listeners[family] = Listener(desk, family, taken)
        except OSError:
            for listener in listeners.values():
                listener.release()
            if port:
                raise
        else:
            return listeners
    raise OSError("no port is free in both families; does ::1 exist on this machine?")


def _trace(call: Call, address: Address) -> str:
    """Return the lines of a trace, in Cloudflare's order."""
    kind = call.fault.kind if call.fault else None
    host = call.headers.get("Host", "")
    if not host.endswith("]"):
        host = host.rpartition(":")[0] or host
    lines = {
        "fl": "123f456",
        "h": "portal.example" if kind is Kind.FOREIGN_H else host,
        "ip": str(address),
        "ts": f"{time.time():.3f}",
        "visit_scheme": "http",
        "uag": call.headers.get("User-Agent", ""),
        "colo": "AMS",
        "sliver": "none",
        "http": "http/1.1",
        "loc": "NL",
        "tls": "off",
        "sni": "off",
        "warp": "on" if kind is Kind.WARP_ON else "off",
        "gateway": "off",
        "rbi": "off",
        "kex": "none",
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _whoami(address: Address) -> dict[str, str | None]:
    """Return what Home Assistant's service tells, with an invented place."""
    return {
        "ip": str(address),
        "country": "NL",
        "currency": "EUR",
        "region_code": "NH",
        "region": "North Holland",
        "city": "Amsterdam",
        "postal_code": "1012",
        "timezone": "Europe/Amsterdam",
        "latitude": "52.37000",
        "longitude": "4.89000",
    }
