"""Replace Raindrop's tables of providers, STUN servers and resolvers with the simulator's."""

from collections.abc import Iterable, Mapping, Sequence
import json
from typing import Any

from custom_components.raindrop import ddns
from simulator.ip_services import IpService


def providers_of(services: Iterable[IpService]) -> tuple[ddns.Provider, ...]:
    """Return the simulator's services as a table of providers."""
    return tuple(
        ddns.Provider(
            name=service.name,
            format=ddns.ResponseFormat(service.form),
            urls={ddns.Family(family): url for family, url in service.urls.items()},
        )
        for service in services
    )


def stun_servers_of(urls: Mapping[str, Sequence[Any]]) -> dict[ddns.Family, ddns.StunServer]:
    """Return the simulator's STUN server as a table of servers."""
    return {ddns.Family(int(family)): ddns.StunServer(*server) for family, server in urls.items()}


def resolvers_of(urls: Mapping[str, str]) -> tuple[ddns.Resolver, ...]:
    """Return the simulator's resolvers as a table of resolvers."""
    return tuple(ddns.Resolver(name=name, url=url) for name, url in urls.items())


def install(services: Iterable[IpService]) -> None:
    """Replace the table of providers for this process, before Home Assistant sets up Raindrop."""
    ddns.PROVIDERS = providers_of(services)


def install_from_json(text: str) -> None:
    """Replace the tables with the services that the simulator lists as JSON.

    "ip" and "stun" are needed; without "doh" no resolver is asked.
    """
    urls = json.loads(text)
    ddns.RESOLVERS = resolvers_of(urls.get("doh", {}))
    ddns.STUN_SERVERS = stun_servers_of(urls["stun"])
    install(
        IpService(
            name=service["name"],
            form=service["form"],
            # JSON allows only strings as keys.
            urls={4 if family == "4" else 6: url for family, url in service["urls"].items()},
        )
        for service in urls["ip"]
    )
