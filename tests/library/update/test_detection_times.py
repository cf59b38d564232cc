"""The time of the detections in the state."""

from collections.abc import Mapping

from aiohttp import ClientSession

from custom_components.raindrop.ddns.detection import providers
from custom_components.raindrop.ddns.sources import Family
from tests.library.builders import HERE
from tests.library.fake_sources import FakeSources, new_detector
from tests.library.zone_updater import ZoneUpdater


async def test_an_update_without_a_change_has_the_time_of_its_detection(
    updater: ZoneUpdater, sessions: Mapping[Family, ClientSession]
) -> None:
    """The state shows when an address was last detected, also if it is still the same."""
    sources = FakeSources()
    updater.detector = new_detector(sessions, providers.PROVIDERS, sources)
    await updater.update()

    sources.advance(300)
    await updater.update()

    assert updater.requests == []
    assert updater.state.detections[HERE].detected_at == sources.now
