"""Fixtures of the library's tests: sessions, client and detector, connected to the simulator."""

from collections.abc import AsyncIterator, Mapping
import socket

from aiohttp import ClientSession, TCPConnector
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.cloudflare.discovery import discover_zone
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.library.fake_sources import FakeSources, new_detector
from tests.library.zone_updater import Ask, ZoneUpdater
from tests.secrets import TOKEN


@pytest.fixture
async def sessions(simulator: Simulator) -> AsyncIterator[Mapping[Family, ClientSession]]:
    """Open one session for each family, as the integration does."""
    async with (
        ClientSession(connector=TCPConnector(family=socket.AF_INET)) as ipv4,
        ClientSession(connector=TCPConnector(family=socket.AF_INET6)) as ipv6,
    ):
        yield {Family.IPV4: ipv4, Family.IPV6: ipv6}


@pytest.fixture
def session(sessions: Mapping[Family, ClientSession]) -> ClientSession:
    """Return the session for requests to Cloudflare."""
    return sessions[Family.IPV4]


@pytest.fixture
def client(simulator: Simulator, session: ClientSession) -> CloudflareClient:
    """Return a client with the token that the `zone` fixture adds."""
    return CloudflareClient(session, ApiToken(TOKEN), base_url=simulator.cloudflare.base_url)


@pytest.fixture
def sources() -> FakeSources:
    """Return sources that report nothing, and a clock."""
    return FakeSources()


@pytest.fixture
def detector(sessions: Mapping[Family, ClientSession], sources: FakeSources) -> Detector:
    """Return a detector that has accepted no address yet."""
    return new_detector(sessions, ddns.PROVIDERS, sources)


@pytest.fixture
def updater(
    simulator: Simulator, zone: Zone, client: CloudflareClient, detector: Detector
) -> ZoneUpdater:
    """Return what keeps the zone, before its first update."""
    return ZoneUpdater(simulator, zone, client, detector)


@pytest.fixture
def ask(zone: Zone, client: CloudflareClient) -> Ask:
    """Return what the token of the zone gives access to."""
    return lambda zone_field, domain: discover_zone(client, zone_field, domain)
