"""Fixtures of the tests of detection: fake sources and a detector that reads them."""

from collections.abc import Mapping
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from tests.conftest import HOME, HOME_V6
from tests.library.fake_sources import FakeSources, new_detector


@pytest.fixture
def sources() -> FakeSources:
    """Return sources of which the router and the local interface report the home's addresses."""
    sources = FakeSources()
    sources.values = {"router": HOME, "": ip_address(HOME_V6)}
    return sources


@pytest.fixture
def detector(
    simulator: Simulator, sessions: Mapping[Family, ClientSession], sources: FakeSources
) -> Detector:
    """Return a detector that has accepted no address yet."""
    return new_detector(sessions, ddns.PROVIDERS, sources)
