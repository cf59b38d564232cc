"""Replace Raindrop's table of providers with the IP services of the simulator."""

from collections.abc import Iterable
import json

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


def install(services: Iterable[IpService]) -> None:
    """Replace the table for this process, before Home Assistant sets up Raindrop."""
    ddns.PROVIDERS = providers_of(services)


def install_from_json(text: str) -> None:
    """Replace the table with the services that the simulator lists as JSON."""
    install(
        IpService(
            name=service["name"],
            form=service["form"],
            # JSON allows only strings as keys.
            urls={4 if family == "4" else 6: url for family, url in service["urls"].items()},
        )
        for service in json.loads(text)
    )
