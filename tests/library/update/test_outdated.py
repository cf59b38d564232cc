"""Updates whose configuration changes while they run, and states for another configuration."""

from dataclasses import replace
from ipaddress import ip_address

from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.models import Policy
from custom_components.raindrop.ddns.sources import Family, Source, SourceKind
from custom_components.raindrop.ddns.state import reconfigured
from custom_components.raindrop.ddns.zone_config import ZoneConfig
from tests.conftest import HOME, HOME_V6, NEXT
from tests.library.builders import V4, V6, managed
from tests.library.zone_updater import LIST, ZoneUpdater


async def test_nothing_is_written_for_an_outdated_configuration(updater: ZoneUpdater) -> None:
    """The address counts, and the record stays what it was: that is no failure."""
    await updater.update()
    before = updater.state.record(V4)
    updater.simulator.ip.set_address(NEXT)
    updater.is_current = False

    result = await updater.update()

    assert (result.is_outdated, result.was_read) == (True, True)
    assert updater.requests == [LIST]
    assert updater.contents == {"A home.example.com": HOME}
    assert updater.state.record(V4) == before
    assert updater.state.public_addresses == {Family.IPV4: ip_address(NEXT)}
    assert [event.type for event in result.events] == ["public_changed"]

    updater.is_current = True
    result = await updater.update()
    assert not result.is_outdated
    assert updater.contents == {"A home.example.com": NEXT}
    assert [event.type for event in result.events] == ["updated"]


async def test_a_record_without_a_change_is_brought_up_to_date_all_the_same(
    updater: ZoneUpdater,
) -> None:
    """Only those whose change was not sent wait for the next update."""
    updater.simulator.ip.set_address(HOME_V6)
    updater.families = (Family.IPV4, Family.IPV6)
    await updater.update()
    updater.managed_records = [
        managed("home.example.com"),
        managed("home.example.com", Family.IPV6, policy=Policy(create=True)),
    ]
    updater.state = replace(updater.state, is_converged=False)
    updater.is_current = False
    result = await updater.update()
    assert result.is_outdated
    assert updater.state.record(V4).is_in_sync
    assert updater.state.record(V6).record is None
    assert not updater.state.is_converged


async def test_a_changed_policy_is_compared_with_the_record_again(updater: ZoneUpdater) -> None:
    """What is unchanged stays in sync; what is new is detected."""
    await updater.update()
    other = Source(Family.IPV4, SourceKind.URLS, urls=("https://a.example/",))
    before = updater.config
    unchanged = reconfigured(updater.state, before, before)
    assert unchanged == updater.state

    after = ZoneConfig(
        zone_id=before.zone_id,
        home_sources=before.home_sources,
        managed_records=[replace(before.managed_records[0], source=other)],
    )
    state = reconfigured(updater.state, before, after)
    assert state.detections == {**updater.state.detections, other: Detection(source=other)}
    assert not state.is_converged
    assert (state.record(V4).synced_address, state.record(V4).last_record) == (None, None)
    assert state.record(V4).last_address == ip_address(HOME)
