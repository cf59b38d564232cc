"""Replace Raindrop's tables of providers and STUN servers with those of the simulator."""

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


def install(services: Iterable[IpService]) -> None:
    """Replace the table of providers for this process, before Home Assistant sets up Raindrop."""
    ddns.PROVIDERS = providers_of(services)


def install_from_json(text: str) -> None:
    """Replace the tables with the services that the simulator lists as JSON, "ip" and "stun"."""
    urls = json.loads(text)
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
