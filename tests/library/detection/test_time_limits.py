"""How long providers are waited for: as long as nobody is faster, and never without an end."""

from asyncio import create_task, get_running_loop, timeout
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.models import ZoneId
from custom_components.raindrop.ddns.preview import preview, preview_source
from custom_components.raindrop.ddns.update import UpdateOptions
from custom_components.raindrop.ddns.zone_config import ZoneConfig
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.builders import HERE
from tests.library.detection.helpers import PROVIDERS, custom, detect, detect_first, reported
from tests.library.zone_updater import ZoneUpdater


class LoopClock:
    """The clock of the event loop, which can be advanced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Go on as the real clock does."""
        self._ahead_s = 0.0
        self._time = get_running_loop().time
        monkeypatch.setattr(get_running_loop(), "time", lambda: self._time() + self._ahead_s)

    def advance(self, span_s: float) -> None:
        """Advance the clock; timers that are due fire in the next turn of the loop."""
        self._ahead_s += span_s


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """Return the clock of the event loop."""
    return LoopClock(monkeypatch)


async def all_asked(simulator: Simulator, clock: LoopClock) -> None:
    """Let seconds pass until all providers were asked: one more after every two of them."""
    for count in range(1, len(PROVIDERS) + 1):
        await simulator.log.arrived(count, service="ip")
        clock.advance(2)


async def test_a_provider_that_needs_eight_seconds_counts(
    simulator: Simulator, detector: Detector, clock: LoopClock
) -> None:
    """Nobody else responds, so there is no reason to give it up."""
    await detect_first(detector, simulator, HERE)
    simulator.faults.add("ip", kind="hang")
    simulator.faults.clear()
    for provider in PROVIDERS[1:]:
        simulator.faults.add("ip", provider, kind="hang")
    slow = simulator.faults.add("ip", "cloudflare", kind="hold")
    look = create_task(detector.look(HERE))
    await all_asked(simulator, clock)
    clock.advance(10)

    slow.release()

    assert (await look).address == ip_address(HOME)


async def test_two_slow_providers_confirm_a_change(
    simulator: Simulator, detector: Detector, clock: LoopClock
) -> None:
    """The time is that of the whole detection, so that a second one may be as slow."""
    source = custom(simulator, "ident.me", "ipify")
    await detect_first(detector, simulator, source)
    simulator.ip.set_address(NEXT)
    slow = [simulator.faults.add("ip", name, kind="hold") for name in ("ident.me", "ipify")]
    detection = create_task(detect(detector, source))
    await simulator.log.arrived(1, service="ip")
    clock.advance(2)
    await simulator.log.arrived(2, service="ip")
    clock.advance(9)
    slow[1].release()
    await simulator.log.arrived(3, service="ip")
    clock.advance(9)
    slow[0].release()

    assert (await detection).address == ip_address(NEXT)


async def test_a_detection_ends_after_half_a_minute(
    simulator: Simulator, updater: ZoneUpdater, clock: LoopClock
) -> None:
    """If nobody responds at all, the update goes on without an address."""
    simulator.faults.add("ip", kind="hang")
    update = updater.start()
    await all_asked(simulator, clock)
    assert not update.done()
    clock.advance(20)

    await update

    assert set(reported(updater.state.detections[HERE]).values()) == {DetectionError.TIMEOUT}


async def test_a_form_waits_for_ten_seconds(
    simulator: Simulator, detector: Detector, clock: LoopClock
) -> None:
    """Somebody is looking at it."""
    simulator.faults.add("ip", kind="hang")
    config = ZoneConfig(zone_id=ZoneId("0" * 32), home_sources=[HERE], managed_records=[])
    seen = create_task(preview(detector, config, []))
    await all_asked(simulator, clock)

    clock.advance(0.5)

    async with timeout(5):
        assert (await seen).detections[HERE].address is None


async def test_a_form_for_one_source_waits_for_ten_seconds(
    simulator: Simulator, detector: Detector, clock: LoopClock
) -> None:
    """It is the same wait as with a whole preview."""
    simulator.faults.add("ip", kind="hang")
    seen = create_task(preview_source(detector, HERE))
    await all_asked(simulator, clock)

    clock.advance(0.5)

    async with timeout(5):
        assert (await seen).address is None


async def test_an_update_waits_as_long_as_its_caller_wants(
    simulator: Simulator, updater: ZoneUpdater, clock: LoopClock
) -> None:
    """A setup has less time than the updates that follow."""
    simulator.faults.add("ip", kind="hang")
    update = create_task(updater.run(UpdateOptions(detection_limit_s=10)))
    await all_asked(simulator, clock)

    clock.advance(0.5)

    async with timeout(5):
        await update
    assert updater.state.detections[HERE].address is None
