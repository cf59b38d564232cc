"""Detached detectors: a copy knows the same, and its detections change nothing in the original."""

from asyncio import create_task, gather
from ipaddress import ip_address

from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.errors import DetectionError
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.builders import HERE
from tests.library.detection.helpers import (
    CYCLE,
    CYCLE_S,
    LTE,
    OTHER,
    ROUTER,
    accepted,
    detect,
    detect_first,
    queried,
    reported,
)
from tests.library.fake_sources import FakeSources


async def test_a_copy_knows_the_accepted_address(simulator: Simulator, detector: Detector) -> None:
    """An unchanged address costs a copy one query, like the original."""
    await detect_first(detector, simulator, HERE)

    copy = detector.detached()

    assert accepted(copy, HERE) == HOME
    assert (await detect(copy, HERE)).address == ip_address(HOME)
    assert queried(simulator) == ["cloudflare"]


async def test_the_accepted_address_of_the_original_stays(
    simulator: Simulator, detector: Detector
) -> None:
    """What a copy accepts is not accepted by the original, nor the other way round."""
    await detect_first(detector, simulator, HERE)
    copy = detector.detached()
    simulator.ip.set_address(NEXT)

    assert (await detect(copy, HERE)).address == ip_address(NEXT)
    assert (accepted(copy, HERE), accepted(detector, HERE)) == (NEXT, HOME)
    assert (await detector.look(HERE)).is_unconfirmed

    simulator.ip.set_address(OTHER)
    await detect(detector, HERE)
    assert (accepted(copy, HERE), accepted(detector, HERE)) == (NEXT, OTHER)


async def test_the_first_address_of_a_copy_is_not_accepted_by_the_original(
    simulator: Simulator, detector: Detector
) -> None:
    """Before the first update, a preview leaves the detector without an accepted address."""
    copy = detector.detached()

    assert (await detect(copy, HERE)).address == ip_address(HOME)
    assert detector.accepted(HERE) is None


async def test_the_hold_down_of_the_original_stays(
    detector: Detector, sources: FakeSources
) -> None:
    """Another candidate in a copy does not begin the original's hold-down again."""
    sources.values["lte"] = HOME
    assert (await detect(detector, LTE)).hold_down_s == 10
    sources.advance(6)
    copy = detector.detached()
    assert (await detect(copy, LTE)).hold_down_s == 4
    sources.values["lte"] = OTHER
    assert (await detect(copy, LTE)).candidate == ip_address(OTHER)
    sources.values["lte"] = None
    assert (await detect(copy, LTE)).candidate is None
    sources.values["lte"] = HOME
    sources.advance(4)

    assert (await detect(copy, LTE)).hold_down_s == 10
    assert (await detect(detector, LTE)).address == ip_address(HOME)


async def test_a_hold_down_does_not_begin_in_a_copy(
    detector: Detector, sources: FakeSources
) -> None:
    """The time that an address was stable in a copy alone does not count in the original."""
    sources.values["lte"] = HOME
    copy = detector.detached()
    assert (await detect(copy, LTE)).hold_down_s == 10
    sources.advance(10)

    assert (await detect(copy, LTE)).address == ip_address(HOME)
    assert (await detect(detector, LTE)).hold_down_s == 10


async def test_flapping_in_a_copy_does_not_count(simulator: Simulator, detector: Detector) -> None:
    """Changes that only a copy detected do not make the original's next change a flapping one."""
    await detect_first(detector, simulator, HERE)
    copy = detector.detached()
    for address in (NEXT, HOME):
        simulator.ip.set_address(address)
        detection = await detect(copy, HERE)
    assert detection.is_flapping
    simulator.ip.set_address(NEXT)

    assert (await detect(detector, HERE)).address == ip_address(NEXT)


async def test_a_silence_does_not_begin_in_a_copy(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A silence that only a copy noticed gives the original's entity the whole time."""
    await detect_first(detector, simulator, ROUTER)
    copy = detector.detached()
    sources.values["router"] = None
    await detect(copy, ROUTER)
    sources.advance(CYCLE_S)

    assert reported(await detect(detector, ROUTER)) == {"router": DetectionError.SILENT}
    assert (await detect(copy, ROUTER)).is_substituted


async def test_a_silence_does_not_end_in_a_copy(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A report that only a copy noticed does not end the silence in the original."""
    await detect_first(detector, simulator, ROUTER)
    sources.values["router"] = None
    await detect(detector, ROUTER)
    copy = detector.detached()
    sources.values["router"] = HOME
    assert (await detect(copy, ROUTER)).address == ip_address(HOME)
    sources.values["router"] = None
    sources.advance(CYCLE_S)

    assert reported(await detect(copy, ROUTER)) == {"router": DetectionError.SILENT}
    assert (await detect(detector, ROUTER)).is_substituted


async def test_failures_in_a_copy_do_not_count(simulator: Simulator, detector: Detector) -> None:
    """A provider that fails in a copy is neither in cool-down in the original nor closer to it."""
    await detect_first(detector, simulator, HERE)
    simulator.faults.add("ip", "cloudflare", kind="status")
    for _ in range(2):
        await detect(detector, HERE)
    copy = detector.detached()
    simulator.log.clear()

    await detect(copy, HERE)
    assert queried(simulator) == ["cloudflare", "ipify"]
    await detect(copy, HERE)
    assert queried(simulator) == ["ipify"]
    await detect(detector, HERE)
    assert queried(simulator) == ["cloudflare", "ipify"]


async def test_a_success_in_a_copy_does_not_reset_failures(
    simulator: Simulator, detector: Detector
) -> None:
    """A provider that responds to a copy alone still goes into cool-down in the original."""
    await detect_first(detector, simulator, HERE)
    fault = simulator.faults.add("ip", "cloudflare", kind="status")
    for _ in range(2):
        await detect(detector, HERE)
    simulator.faults.remove(fault)
    await detect(detector.detached(), HERE)
    simulator.faults.add("ip", "cloudflare", kind="status")
    await detect(detector, HERE)
    simulator.log.clear()

    await detect(detector, HERE)

    assert queried(simulator) == ["ipify"]


async def test_a_copy_knows_the_cool_down(simulator: Simulator, detector: Detector) -> None:
    """A provider in cool-down is not queried by a copy either."""
    await detect_first(detector, simulator, HERE)
    simulator.faults.add("ip", "cloudflare", kind="status")
    for _ in range(3):
        await detect(detector, HERE)
    simulator.log.clear()

    await detect(detector.detached(), HERE)

    assert queried(simulator) == ["ipify"]


async def test_a_detection_of_a_copy_is_not_used_by_the_original(
    simulator: Simulator, detector: Detector
) -> None:
    """A copy may use a young detection of the original, but not the other way round."""
    await detect_first(detector, simulator, HERE)
    copy = detector.detached()
    await detect(copy, HERE, CYCLE)
    assert queried(simulator) == []
    simulator.ip.set_address(NEXT)
    await detect(copy, HERE)
    simulator.log.clear()

    assert (await detector.look(HERE, CYCLE)).address == ip_address(HOME)
    assert (await copy.look(HERE, CYCLE)).address == ip_address(NEXT)
    assert queried(simulator) == []


async def test_a_copy_sends_its_own_queries(simulator: Simulator, detector: Detector) -> None:
    """A look-up of a copy does not wait for one of the original that is in flight."""
    hold = simulator.faults.add("ip", "cloudflare", kind="hold")
    looks = [create_task(d.look(HERE)) for d in (detector, detector.detached())]

    first, second = await simulator.log.arrived(2, service="ip")
    hold.release()
    await gather(*looks)

    assert first.overlaps(second)
    assert [look.result().reported for look in looks] == [ip_address(HOME)] * 2
