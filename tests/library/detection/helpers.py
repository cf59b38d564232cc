"""Helpers of the tests of detection: detect an address, and list the queried providers."""

from datetime import timedelta

from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from simulator import Simulator

PROVIDERS = ["cloudflare", "ipify", "ident.me", "amazon", "home-assistant"]
"""The simulator's providers in the order they are queried."""
PROVIDERS_V6 = ["cloudflare", "ipify", "ident.me", "home-assistant"]
OTHER = "81.2.69.146"
"""An address that is not the home's."""

ROUTER = Source(Family.IPV4, SourceKind.ENTITY, entity="router")
LTE = Source(Family.IPV4, SourceKind.ENTITY, entity="lte", meaning=Meaning.OTHER_CONNECTION)
LOCAL = Source(Family.IPV6, SourceKind.LOCAL)

CYCLE = timedelta(minutes=5)
CYCLE_S = CYCLE.total_seconds()
FOREVER_S = 3600.0


async def detect(
    detector: Detector,
    source: Source,
    max_age: timedelta = timedelta(),
    limit_s: float | None = None,
) -> Detection:
    """Return the detection of a source after a quorum was sought."""
    return await detector.confirm(await detector.look(source, max_age, limit_s))


async def detect_first(detector: Detector, simulator: Simulator, source: Source) -> Detection:
    """Have the first address of a source accepted, and clear the request log."""
    detection = await detect(detector, source)
    assert detection.address is not None
    simulator.log.clear()
    return detection


def reported(detection: Detection) -> dict[str, str | None]:
    """Return the address or the error of each response, by provider."""
    return {
        response.provider: str(response.address) if response.address else response.error
        for response in detection.all_responses
    }


def accepted(detector: Detector, source: Source) -> str | None:
    """Return the accepted address of a source as text."""
    address = detector.accepted(source)
    return str(address) if address else None


def queried(simulator: Simulator) -> list[str | None]:
    """Return the web providers that were queried, and clear the request log."""
    providers = [entry.provider for entry in simulator.log.select(service="ip")]
    simulator.log.clear()
    return providers


def custom(simulator: Simulator, *providers: str) -> Source:
    """Return a source of custom URLs, those of some of the simulator's providers."""
    urls = {service.name: service.urls[4] for service in simulator.ip.services}
    return Source(Family.IPV4, SourceKind.URLS, urls=tuple(urls[name] for name in providers))
