"""The simulated IP services of five providers, which report the public address of a client."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
import itertools
import time
from typing import Literal

from .faults import Faults, Kind
from .http_server import Call, Listener, ServiceHandler, origin
from .ports import Ports
from .request_log import Family, Log
from .responses import Response, json_response, text_response

type Form = Literal["trace", "text", "json"]
type Address = IPv4Address | IPv6Address

FAMILIES: tuple[Family, ...] = (4, 6)
OTHER_FAMILY: Mapping[Family, Family] = {4: 6, 6: 4}
DEFAULT_ADDRESSES: Mapping[Family, Address] = {
    4: IPv4Address("81.2.69.142"),
    6: IPv6Address("2001:218:1:2::142"),
}
"""The public addresses until others are set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider and the form of its responses."""

    name: str
    path: str
    form: Form
    newline: bool = False
    families: tuple[Family, ...] = FAMILIES


PROVIDERS = (
    Provider(name="cloudflare", path="/cdn-cgi/trace", form="trace"),
    Provider(name="ipify", path="/", form="text"),
    Provider(name="ident.me", path="/", form="text", newline=True),
    Provider(name="amazon", path="/", form="text", newline=True, families=(4,)),
    Provider(name="home-assistant", path="/whoami/v1", form="json"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IpService:
    """A service with the URLs that a client needs."""

    name: str
    form: Form
    urls: Mapping[Family, str]


class IpServices:
    """All IP services, and the public addresses that they report."""

    def __init__(self, log: Log, faults: Faults, stopping: asyncio.Event, ports: Ports) -> None:
        """Create one server for each provider."""
        self._servers = {
            provider.name: _ProviderServer(
                provider, log, faults, stopping, ports.ip.get(provider.name, 0)
            )
            for provider in PROVIDERS
        }

    @property
    def services(self) -> tuple[IpService, ...]:
        """The services with their URLs by family, in the order in which Raindrop has them."""
        return tuple(server.service() for server in self._servers.values())

    @property
    def addresses(self) -> dict[str, dict[Family, str | None]]:
        """What each provider reports by family; None where it refuses connections."""
        return {
            name: {family: str(address) if address else None for family, address in known.items()}
            for name, known in ((name, server.addresses) for name, server in self._servers.items())
        }

    def address(self, family: Family, provider: str = "cloudflare") -> Address | None:
        """Return what a provider reports; None where it refuses connections."""
        return self._servers[provider].addresses.get(family)

    def set_address(
        self,
        address: Address | str | None,
        *,
        provider: str | None = None,
        family: Family | None = None,
    ) -> None:
        """Set what one provider or all of them report.

        With None, connections over the family, or over both families, are refused.
        Raises ValueError for an address of the other family, KeyError for an unknown provider.
        """
        parsed = ip_address(address) if isinstance(address, str) else address
        if parsed is not None and family not in (None, parsed.version):
            raise ValueError(f"{parsed} is not an IPv{family} address")
        servers = [self._servers[provider]] if provider else list(self._servers.values())
        for server in servers:
            for version in _families(parsed, family):
                server.set_address(version, parsed)

    def set_lines(self, addresses: Sequence[str]) -> None:
        """Let each connection leave by the next line of this sequence, in a cycle.

        All providers report the address of that line until `set_address` sets
        another. Raises ValueError for a mixture of families.
        """
        lines = _Lines(addresses)
        for server in self._servers.values():
            server.set_lines(lines)

    def start(self) -> None:
        """Listen on every family that has an address."""
        for server in self._servers.values():
            server.start()

    async def stop(self) -> None:
        """Close all ports."""
        await asyncio.gather(*(server.stop() for server in self._servers.values()))


def _families(address: Address | None, family: Family | None) -> Iterable[Family]:
    """Return the families to which a setting applies."""
    if address is not None:
        return (address.version,)
    return (family,) if family else FAMILIES


class _Lines:
    """Several lines to the internet behind one router, of which each connection chooses one."""

    def __init__(self, addresses: Sequence[str]) -> None:
        """Use the public addresses of the lines in turn."""
        self.addresses = [ip_address(address) for address in addresses]
        self.family: Family = self.addresses[0].version
        if any(address.version != self.family for address in self.addresses):
            raise ValueError(f"the lines need addresses of one family: {addresses}")
        self._next = itertools.cycle(self.addresses)
        self._chosen: dict[int, Address] = {}

    def of(self, connection: int) -> Address:
        """Return the address of the line by which a connection leaves."""
        if connection not in self._chosen:
            self._chosen[connection] = next(self._next)
        return self._chosen[connection]


class _ProviderServer:
    """The server of one provider."""

    def __init__(
        self, provider: Provider, log: Log, faults: Faults, stopping: asyncio.Event, port: int
    ) -> None:
        """Create the server; `start` opens its ports."""
        self._provider = provider
        self._port = port
        self.addresses: dict[Family, Address | None] = {
            family: DEFAULT_ADDRESSES[family] for family in provider.families
        }
        self._lines: dict[Family, _Lines] = {}
        self._handler = ServiceHandler(
            service="ip",
            provider=provider.name,
            template=lambda _method, path: path,
            response=self._response,
            log=log,
            faults=faults,
            stopping=stopping,
        )
        self._listeners: dict[Family, Listener] = {}

    def service(self) -> IpService:
        """Return the service as a client configures it."""
        urls = {
            family: origin(family, listener.port) + self._provider.path
            for family, listener in self._listeners.items()
        }
        return IpService(name=self._provider.name, form=self._provider.form, urls=urls)

    def set_address(self, family: Family, address: Address | None) -> None:
        """Report another address, or refuse connections; ignored for an unsupported family."""
        if family not in self.addresses:
            return
        self._lines.pop(family, None)
        self.addresses[family] = address
        if family in self._listeners:
            self._listen(family)

    def set_lines(self, lines: _Lines) -> None:
        """Report the address of the line by which each connection leaves."""
        self.set_address(lines.family, lines.addresses[0])
        self._lines[lines.family] = lines

    def start(self) -> None:
        """Bind the same port in each family, and listen where there is an address."""
        self._listeners = _same_port(self._handler, self._provider.families, self._port)
        for family in self._listeners:
            self._listen(family)

    async def stop(self) -> None:
        """Close all ports."""
        await asyncio.gather(*(listener.stop() for listener in self._listeners.values()))
        self._listeners.clear()

    def _listen(self, family: Family) -> None:
        """Accept connections if there is an address, refuse them otherwise."""
        listener = self._listeners[family]
        if self.addresses[family] is None:
            listener.close()
        else:
            listener.open()

    def _response(self, call: Call) -> Response:
        """Return the response to one lookup."""
        if call.path != self._provider.path or call.method != "GET":
            return text_response("Not Found\n", status=404)
        address = self._reported_address(call)
        match self._provider.form:
            case "trace":
                return text_response(_trace(call, address))
            case "json":
                return json_response(_whoami(address))
            case _:
                return text_response(f"{address}\n" if self._provider.newline else str(address))

    def _reported_address(self, call: Call) -> Address:
        """Return the address of the family, or of the other one if a fault says so."""
        is_wrong = call.fault is not None and call.fault.kind is Kind.WRONG_FAMILY
        family = OTHER_FAMILY[call.family] if is_wrong else call.family
        if lines := self._lines.get(family):
            return lines.of(call.entry.connection)
        return self.addresses.get(family) or DEFAULT_ADDRESSES[family]


def _same_port(
    handler: ServiceHandler, families: Iterable[Family], port: int
) -> dict[Family, Listener]:
    """Bind one port number in all families.

    Tries again if the port that the system chose in one family is taken in the other.
    """
    for _ in range(20):
        listeners: dict[Family, Listener] = {}
        try:
            for family in families:
                number = next((listener.port for listener in listeners.values()), port)
                listeners[family] = Listener(handler, family, number)
        except OSError:
            for listener in listeners.values():
                listener.release()
            if port:
                raise
        else:
            return listeners
    raise OSError("no port is free in both families; does ::1 exist on this machine?")


def _trace(call: Call, address: Address) -> str:
    """Return the lines of a trace in Cloudflare's order."""
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
        "gateway": "on" if kind is Kind.GATEWAY_ON else "off",
        "rbi": "off",
        "kex": "none",
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _whoami(address: Address) -> dict[str, str | None]:
    """Return the response of Home Assistant's service, with a fictional location."""
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
