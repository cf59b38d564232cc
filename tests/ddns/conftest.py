"""What the tests of the core share: sessions, a client and a detector, all pointed at the lab."""

from collections.abc import AsyncIterator, Mapping
import socket

from aiohttp import ClientSession, TCPConnector
import pytest

from custom_components.raindrop.ddns import web
from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.credential import ApiToken
from custom_components.raindrop.ddns.detect import Detector
from custom_components.raindrop.ddns.model import Family
from custom_components.raindrop.ddns.survey import survey
from lab import Lab
from lab.cloudflare import Zone
from tests.secrets import TOKEN

from .house import new_detector
from .rounds import Ask, Keeper


@pytest.fixture
async def sessions(lab: Lab) -> AsyncIterator[Mapping[Family, ClientSession]]:
    """Open one session for each family, as the rooms do."""
    async with (
        ClientSession(connector=TCPConnector(family=socket.AF_INET)) as ipv4,
        ClientSession(connector=TCPConnector(family=socket.AF_INET6)) as ipv6,
    ):
        yield {Family.IPV4: ipv4, Family.IPV6: ipv6}


@pytest.fixture
def session(sessions: Mapping[Family, ClientSession]) -> ClientSession:
    """Return the session that asks Cloudflare."""
    return sessions[Family.IPV4]


@pytest.fixture
def client(session: ClientSession) -> CloudflareClient:
    """Return a client with the token that the zone fixture lets in."""
    return CloudflareClient(session, ApiToken(TOKEN))


@pytest.fixture
def detector(sessions: Mapping[Family, ClientSession]) -> Detector:
    """Return a detector that knows no address yet."""
    return new_detector(sessions, web.WEB_SOURCES)


@pytest.fixture
def keeper(lab: Lab, zone: Zone, client: CloudflareClient, detector: Detector) -> Keeper:
    """Return what keeps the zone, before its first round."""
    return Keeper(lab, zone, client, detector)


@pytest.fixture
def ask(zone: Zone, client: CloudflareClient) -> Ask:
    """Return a survey by the token of the zone."""
    return lambda zone_field, domain: survey(client, zone_field, domain)
