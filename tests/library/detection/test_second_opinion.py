"""A second opinion: the first provider may repeat an address that is out of date."""

from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.sources import Source
from simulator import Simulator
from tests.conftest import HOME, HOME_V6, NEXT
from tests.library.builders import HERE
from tests.library.detection.helpers import (
    CYCLE,
    LOCAL,
    LTE,
    OTHER,
    PROVIDERS,
    ROUTER,
    accepted,
    custom,
    detect,
    queried,
)
from tests.library.fake_sources import FakeSources
from tests.library.zone_updater import ZoneUpdater


async def detect_twice(detector: Detector, source: Source) -> Detection:
    """Return the detection with a second opinion."""
    return await detector.confirm(await detector.look(source, CYCLE), second_opinion=True)


@pytest.mark.parametrize("is_full", [True, False], ids=["full sync", "nothing else to do"])
async def test_s7_a_provider_that_is_asked_first_does_not_pin_the_address(
    simulator: Simulator, updater: ZoneUpdater, *, is_full: bool
) -> None:
    """It repeats the old address for ever; a second one disagrees, and the quorum decides."""
    await updater.update()
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(HOME, provider="cloudflare")
    await updater.update()
    assert updater.contents == {"A home.example.com": HOME}

    await updater.update(full_sync=is_full, second_opinion=True)

    assert updater.contents == {"A home.example.com": NEXT}
    assert updater.providers == ["cloudflare", "ipify", "ident.me"]
    await updater.update()
    assert updater.contents == {"A home.example.com": NEXT}


async def test_an_entity_that_froze_does_not_pin_the_address(
    simulator: Simulator, detector: Detector
) -> None:
    """An integration that stopped polling its router is noticed."""
    await detect(detector, ROUTER)
    simulator.ip.set_address(NEXT)
    assert (await detect(detector, ROUTER)).address == ip_address(HOME)

    assert (await detect_twice(detector, ROUTER)).address == ip_address(NEXT)


async def test_a_custom_url_that_is_asked_first_is_no_better(
    simulator: Simulator, detector: Detector
) -> None:
    """Of two pages that contradict each other nothing is accepted, and it shows."""
    source = custom(simulator, "ident.me", "ipify")
    for _ in range(2):
        assert (await detect(detector, source)).address == ip_address(HOME)
    simulator.ip.set_address(NEXT, provider="ipify")

    detection = await detect_twice(detector, source)

    assert (detection.address, detection.is_conflicting) == (None, True)
    assert accepted(detector, source) == HOME


@pytest.mark.parametrize("source", [HERE, ROUTER], ids=["automatic", "router"])
async def test_a_silent_second_provider_changes_nothing(
    simulator: Simulator, detector: Detector, source: Source
) -> None:
    """Where nobody else responds, the accepted address stays accepted."""
    await detect(detector, source)
    for provider in PROVIDERS if source is ROUTER else PROVIDERS[1:]:
        simulator.faults.add("ip", provider, kind="html")

    detection = await detect_twice(detector, source)

    assert (detection.address, detection.is_conflicting) == (ip_address(HOME), False)


async def test_one_liar_among_the_second_opinions_changes_nothing(
    simulator: Simulator, detector: Detector
) -> None:
    """The third provider decides for the accepted address."""
    await detect(detector, HERE)
    simulator.ip.set_address(OTHER, provider="ipify")

    assert (await detect_twice(detector, HERE)).address == ip_address(HOME)


async def test_a_second_opinion_costs_one_query(simulator: Simulator, detector: Detector) -> None:
    """It is asked for once, also where another zone asked the first provider a moment ago."""
    await detect(detector, HERE)
    queried(simulator)
    assert (await detector.look(HERE)).address == ip_address(HOME)
    assert queried(simulator) == ["cloudflare"]

    await detect_twice(detector, HERE)
    await detect_twice(detector, HERE)

    assert queried(simulator) == ["ipify"]


async def test_a_source_that_nobody_can_correct_needs_no_second_opinion(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """Neither another connection nor this host's interface, which cannot be out of date."""
    sources.values["lte"] = OTHER
    await detect(detector, LTE)
    await detect(detector, LOCAL)
    sources.advance(10)
    queried(simulator)

    assert (await detect_twice(detector, LTE)).address == ip_address(OTHER)
    assert (await detect_twice(detector, LOCAL)).address == ip_address(HOME_V6)
    assert queried(simulator) == []
