"""The time of the detections in the state."""

from ipaddress import ip_address

from tests.conftest import HOME
from tests.library.builders import HERE
from tests.library.fake_sources import FakeSources
from tests.library.zone_updater import ZoneUpdater


async def test_an_update_without_a_change_has_the_time_of_its_detection(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """The state shows when an address was last detected, also if it is still the same."""
    await updater.update()

    for _ in range(2):
        sources.advance(300)
        await updater.update()

        assert updater.requests == []
        detection = updater.state.detections[HERE]
        assert (detection.address, detection.detected_at) == (ip_address(HOME), sources.now)
