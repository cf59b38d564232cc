"""Hold-down in the detector: unverifiable sources, and flapping addresses."""

from datetime import timedelta
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection.detector import Detector
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.builders import HERE
from tests.library.detection.helpers import (
    CYCLE,
    CYCLE_S,
    LTE,
    OTHER,
    accepted,
    custom,
    detect,
    queried,
)
from tests.library.fake_sources import FakeSources


async def test_the_entity_of_another_route_needs_a_hold_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """No web provider sees the address of another route: it must be stable instead."""
    sources.values["lte"] = OTHER

    first = await detect(detector, LTE)
    assert (first.address, first.candidate) == (None, ip_address(OTHER))
    assert (first.is_unconfirmed, first.hold_down_s, first.is_flapping) == (False, 10, False)
    sources.advance(9)
    assert (await detect(detector, LTE)).hold_down_s == 1
    sources.advance(1)
    second = await detect(detector, LTE)

    assert (second.address, second.candidate) == (ip_address(OTHER), None)
    assert second.hold_down_s == 0
    assert queried(simulator) == []


async def test_each_candidate_has_its_own_hold_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """When the entity reports another address in the hold-down, it begins again."""
    candidates: list[str] = []
    for text in (HOME, OTHER, HOME, NEXT):
        sources.values["lte"] = text
        detection = await detect(detector, LTE)
        assert (detection.address, detection.hold_down_s) == (None, 10)
        candidates.append(str(detection.candidate))
        sources.advance(6)
    assert candidates == [HOME, OTHER, HOME, NEXT]

    sources.advance(4)

    assert (await detect(detector, LTE)).address == ip_address(NEXT)


async def test_a_flapping_source_needs_a_hold_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """Complaint 23: an address that returns must be stable, for two minutes at first."""
    addresses = []
    for address in (HOME, NEXT, HOME):
        simulator.ip.set_address(address)
        detection = await detect(detector, HERE)
        addresses.append(str(detection.address))
        sources.advance(30)
    assert addresses == [HOME, NEXT, "None"]
    assert (detection.candidate, detection.is_flapping) == (ip_address(HOME), True)
    assert not detection.is_unconfirmed
    assert (detection.hold_down_s, detection.previous) == (120, ip_address(NEXT))
    simulator.ip.set_address(NEXT)
    back = await detect(detector, HERE)
    assert (back.address, back.is_flapping, back.hold_down_s) == (ip_address(NEXT), False, 0)
    assert (back.previous, back.ways_out) == (None, ())
    simulator.ip.set_address(HOME)
    assert (await detect(detector, HERE)).hold_down_s == 240
    sources.advance(240)

    stable = await detect(detector, HERE)

    assert (stable.address, stable.candidate) == (ip_address(HOME), None)
    assert not stable.is_flapping
    assert stable.ways_out == (ip_address(HOME), ip_address(NEXT))


async def test_a_silence_ends_the_hold_down_of_an_unverifiable_source(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A candidate that is not reported any more is not stable: its hold-down begins again."""
    sources.values["lte"] = OTHER
    assert (await detect(detector, LTE)).candidate == ip_address(OTHER)
    sources.advance(4)
    sources.values["lte"] = None

    detection = await detect(detector, LTE)

    assert (detection.candidate, detection.hold_down_s) == (None, 0)
    sources.advance(6)
    sources.values["lte"] = OTHER
    detection = await detect(detector, LTE)
    assert (detection.address, detection.candidate) == (None, ip_address(OTHER))
    assert detection.hold_down_s == 10


async def test_failed_providers_do_not_end_a_hold_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A detection without responses has no candidate, but the hold-down goes on meanwhile."""
    for address in (HOME, NEXT, HOME):
        simulator.ip.set_address(address)
        detection = await detect(detector, HERE)
    assert (detection.candidate, detection.hold_down_s) == (ip_address(HOME), 120)
    simulator.faults.add("ip", kind="status")

    failed = await detect(detector, HERE)

    assert (failed.candidate, failed.hold_down_s) == (None, 0)
    simulator.faults.clear()
    sources.advance(120)
    assert (await detect(detector, HERE)).address == ip_address(HOME)


async def test_a_detection_in_hold_down_is_not_reused(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """Each caller reads a source in hold-down again, so that the hold-down can end."""
    sources.values["lte"] = OTHER
    await detect(detector, LTE, CYCLE)
    sources.advance(10)

    assert (await detect(detector, LTE, CYCLE)).address == ip_address(OTHER)


@pytest.mark.parametrize(
    "ago_s", [pytest.param(3, id="seconds ago"), pytest.param(0, id="right now")]
)
async def test_a_silence_between_two_reads_begins_the_hold_down_again(
    simulator: Simulator, detector: Detector, sources: FakeSources, ago_s: float
) -> None:
    """An entity that was silent in between, unseen, must be stable from its last report on."""
    sources.values["lte"] = OTHER
    sources.since = sources.now
    assert (await detect(detector, LTE)).hold_down_s == 10
    sources.advance(11)
    sources.since = sources.now - timedelta(seconds=ago_s)

    detection = await detect(detector, LTE)

    assert (detection.address, detection.candidate) == (None, ip_address(OTHER))
    assert detection.hold_down_s == 10
    sources.advance(10)
    assert (await detect(detector, LTE)).address == ip_address(OTHER)


async def test_an_unchanged_report_goes_on_with_the_hold_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """An entity that has reported the same since the first read is accepted in time."""
    sources.values["lte"] = OTHER
    sources.since = sources.now
    assert (await detect(detector, LTE)).hold_down_s == 10
    sources.advance(10)

    assert (await detect(detector, LTE)).address == ip_address(OTHER)


@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "unseen"])
async def test_a_silence_does_not_end_flapping(
    simulator: Simulator, detector: Detector, sources: FakeSources, *, is_seen: bool
) -> None:
    """A flapping address that is not reported in between has the same hold-down as before."""
    for address in (HOME, OTHER):
        sources.values["lte"] = address
        await detect(detector, LTE)
        sources.advance(10)
        assert (await detect(detector, LTE)).address == ip_address(address)
    sources.values["lte"] = HOME
    assert (await detect(detector, LTE)).hold_down_s == 120
    sources.advance(60)
    if is_seen:
        sources.values["lte"] = None
        assert (await detect(detector, LTE)).hold_down_s == 0
        sources.values["lte"] = HOME
    else:
        sources.since = sources.now

    detection = await detect(detector, LTE)

    assert (detection.candidate, detection.is_flapping) == (ip_address(HOME), True)
    assert detection.hold_down_s == 120


async def test_one_custom_url_needs_a_hold_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """No second provider can confirm a single URL: its address must be stable instead."""
    source = custom(simulator, "ident.me")

    first = await detect(detector, source)
    assert (first.address, first.candidate) == (None, ip_address(HOME))
    assert first.hold_down_s == 10
    sources.advance(10)

    assert (await detect(detector, source)).address == ip_address(HOME)
    assert queried(simulator) == ["ident.me", "ident.me"]


async def test_a_failure_of_the_only_url_begins_its_hold_down_again(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """An address that is reported before and after a failure was not stable."""
    source = custom(simulator, "ident.me")
    await detect(detector, source)
    simulator.faults.add("ip", "ident.me", kind="html", times=1)
    sources.advance(CYCLE_S)
    assert (await detect(detector, source)).candidate is None
    sources.advance(CYCLE_S)

    again = await detect(detector, source)

    assert (again.address, again.candidate) == (None, ip_address(HOME))
    assert again.hold_down_s == 10


async def test_a_failure_of_the_only_url_detects_nothing(
    simulator: Simulator, detector: Detector
) -> None:
    """If the only URL fails, no built-in provider replaces it."""
    source = custom(simulator, "ident.me")
    simulator.faults.add("ip", "ident.me", kind="html")

    detection = await detect(detector, source)

    assert (detection.address, detection.candidate) == (None, None)
    assert queried(simulator) == ["ident.me"]
    assert accepted(detector, source) is None
