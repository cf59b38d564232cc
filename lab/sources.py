"""Put the lab's IP services in the place of the web sources: Raindrop's one seam for them."""

from collections.abc import Iterable

from custom_components.raindrop.ddns import web
from custom_components.raindrop.ddns.model import Family

from .ip import IpService


def web_sources(services: Iterable[IpService]) -> tuple[web.WebSource, ...]:
    """Return the lab's services as a table of web sources."""
    return tuple(
        web.WebSource(
            operator=service.name,
            form=web.Form(service.form),
            urls={Family(family): url for family, url in service.urls.items()},
        )
        for service in services
    )


def install(services: Iterable[IpService]) -> None:
    """Replace the table for this process, before Home Assistant sets up Raindrop."""
    web.WEB_SOURCES = web_sources(services)
