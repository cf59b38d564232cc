"""The preview: what an update would detect and change, without any effect."""

from copy import deepcopy
from dataclasses import replace
from ipaddress import ip_address

from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.models import Create, HostName, Policy, Reason, Update
from custom_components.raindrop.ddns.plan_values import Conflict
from custom_components.raindrop.ddns.preview import preview, preview_source
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update_result import EventType
from simulator import Simulator
from tests.conftest import HOME, NEXT, OLD
from tests.library.builders import HERE, HOME as HOME_NAME, V4, managed, record, txt
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

CREATE = Policy(create=True)
ZONE_NAME = HostName("example.com")


def memory(detector: Detector) -> dict[str, object]:
    """Return a copy of all that a detector remembers."""
    return {
        name: deepcopy(value) for name, value in vars(detector).items() if isinstance(value, dict)
    }


async def test_a_preview_confirms_the_address(updater: ZoneUpdater) -> None:
    """A preview accepts an address like an update, and plans with it."""
    existing = record(OLD)

    seen = await preview(updater.detector, updater.config, [existing])

    assert updater.providers == ["cloudflare", "ipify"]
    assert seen.detections[HERE].address == ip_address(HOME)
    assert seen.plan.changes == (Update(record_key=V4, record=existing, address=ip_address(HOME)),)
    assert seen.plan.conflicts == ()


async def test_a_preview_asks_one_provider_if_it_repeats_the_address(updater: ZoneUpdater) -> None:
    """Only another address needs a second one, as in an update."""
    await updater.update()
    updater.simulator.log.clear()

    seen = await preview(updater.detector, updater.config, [record(HOME)])

    assert updater.providers == ["cloudflare"]
    assert seen.plan.changes == ()


async def test_a_preview_without_an_address_plans_nothing(updater: ZoneUpdater) -> None:
    """If two providers do not agree, the preview shows the responses and no change."""
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    updater.simulator.ip.set_address(NEXT, provider="cloudflare")
    for service in updater.simulator.ip.services:
        if service.name != "cloudflare":
            updater.simulator.faults.add("ip", service.name, kind="html")

    seen = await preview(updater.detector, updater.config, [])

    detection = seen.detections[HERE]
    assert (detection.address, detection.reported) == (None, ip_address(NEXT))
    assert (seen.plan.changes, seen.plan.conflicts) == ((), ())


async def test_a_preview_shows_conflicts(updater: ZoneUpdater) -> None:
    """A preview plans with the existing records that it was given, even if there are none."""
    seen = await preview(updater.detector, updater.config, [])

    assert seen.plan.conflicts == (Conflict(record_key=V4, reason=Reason.MISSING),)
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    seen = await preview(updater.detector, updater.config, [])
    assert seen.plan.changes == (Create(record_key=V4, address=ip_address(HOME)),)


async def test_a_preview_knows_the_zone_by_its_name(updater: ZoneUpdater) -> None:
    """Its own NS records delegate nothing, but those of a name below it do."""
    own, other = (record("ns.example.net", kind="NS", name=name) for name in (ZONE_NAME, HOME_NAME))

    seen = await preview(updater.detector, updater.config, [own, record(HOME)])
    assert seen.plan.conflicts == ()

    seen = await preview(updater.detector, updater.config, [other, record(HOME)])
    assert [conflict.reason for conflict in seen.plan.conflicts] == [Reason.DELEGATED]


async def test_a_preview_shows_the_texts_that_an_update_would_change(updater: ZoneUpdater) -> None:
    """Also those with an address that the record had before the last one."""
    spf = txt(f'"v=spf1 ip4:{OLD} -all"', name="mail.example.com")
    updater.managed_records = [replace(managed(HOME_NAME), text_names=frozenset({spf.name}))]
    replaced = {ip_address(OLD): updater.detector.now()}
    state = State(records={V4: RecordState(text_addresses=replaced)})

    seen = await preview(updater.detector, updater.config, [record(HOME), spf], state)

    assert [text.text for text in seen.plan.texts] == [f'"v=spf1 ip4:{HOME} -all"']


async def test_a_preview_knows_what_the_source_of_a_record_detected(updater: ZoneUpdater) -> None:
    """As the first form shows it, before there is a state."""
    seen = await preview(updater.detector, updater.config, [])

    (home,) = updater.managed_records
    assert seen.detection(home) == seen.detections[HERE]
    assert seen.detection(home).address == ip_address(HOME)


async def test_a_preview_of_a_source_accepts_nothing_for_others(updater: ZoneUpdater) -> None:
    """A form shows what a source would detect; the next update confirms it itself."""
    before = memory(updater.detector)

    seen = await preview_source(updater.detector, HERE)

    assert updater.providers == ["cloudflare", "ipify"]
    assert (seen.source, seen.address) == (HERE, ip_address(HOME))
    assert memory(updater.detector) == before


async def test_a_preview_does_not_call_cloudflare(updater: ZoneUpdater) -> None:
    """A preview neither reads nor writes the zone; the caller lists it."""
    before = updater.contents

    await preview(updater.detector, updater.config, [record(OLD)])

    assert updater.requests == []
    assert updater.contents == before


async def test_a_preview_uses_the_state(updater: ZoneUpdater) -> None:
    """With a state, a preview knows drift and contested records; without, it does not."""
    await updater.update()
    existing = [record(OLD)]

    seen = await preview(updater.detector, updater.config, existing, updater.state)
    assert [change.is_drift for change in seen.plan.changes] == [True]

    seen = await preview(updater.detector, updater.config, existing)
    assert [change.is_drift for change in seen.plan.changes] == [False]


async def test_a_preview_shows_a_contested_record(updater: ZoneUpdater) -> None:
    """A record that is contested in the state is a conflict in the preview."""
    (existing,) = updater.simulator.cloudflare.records(updater.zone)
    await updater.update()
    for _ in range(3):
        updater.simulator.cloudflare.edit_record(updater.zone, existing["id"], content=OLD)
        await updater.update(full_sync=True)
    before = updater.state

    seen = await preview(updater.detector, updater.config, [record(OLD)], before)

    assert [conflict.reason for conflict in seen.plan.conflicts] == [Reason.CONTESTED]
    assert updater.state is before


async def test_a_preview_does_not_accept_an_address_for_others(updater: ZoneUpdater) -> None:
    """A first address that a preview accepts is not accepted in the detector it was given."""
    before = memory(updater.detector)

    seen = await preview(updater.detector, updater.config, [])

    assert seen.detections[HERE].address == ip_address(HOME)
    assert updater.detector.accepted(HERE) is None
    assert memory(updater.detector) == before


async def test_an_update_after_a_preview_confirms_the_address_itself(
    updater: ZoneUpdater,
) -> None:
    """A changed address that a preview saw is confirmed, listed and written by the next update."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT)
    before = memory(updater.detector)

    seen = await preview(updater.detector, updater.config, [record(HOME)], updater.state)

    assert seen.detections[HERE].address == ip_address(NEXT)
    assert updater.detector.accepted(HERE) == ip_address(HOME)
    assert memory(updater.detector) == before
    await updater.update()
    assert (updater.providers, updater.requests) == (["cloudflare", "ipify"], [LIST, BATCH])
    assert updater.contents == {"A home.example.com": NEXT}


async def test_an_update_of_another_zone_after_a_preview_confirms_the_address_itself(
    updater: ZoneUpdater,
) -> None:
    """A second zone with the same detector learns nothing from the preview of the first."""
    other = ZoneUpdater(updater.simulator, updater.zone, updater.client, updater.detector)
    await updater.update()
    await other.update()
    updater.simulator.ip.set_address(NEXT)

    await preview(updater.detector, updater.config, [record(HOME)], updater.state)
    result = await other.update()

    assert (other.providers, other.requests) == (["cloudflare", "ipify"], [LIST, BATCH])
    assert [event.type for event in result.events] == [
        EventType.PUBLIC_CHANGED,
        EventType.UPDATED,
    ]
    assert other.state.public_addresses == {Family.IPV4: ip_address(NEXT)}


async def test_previews_do_not_count_as_flapping(
    simulator: Simulator, updater: ZoneUpdater
) -> None:
    """Addresses that come and go in previews start no hold-down."""
    await updater.update()
    before = memory(updater.detector)
    for address in (NEXT, HOME, NEXT, HOME, NEXT):
        simulator.ip.set_address(address)
        seen = await preview(updater.detector, updater.config, [record(HOME)], updater.state)
        assert not seen.detections[HERE].is_flapping
    assert memory(updater.detector) == before

    await updater.update()

    assert updater.contents == {"A home.example.com": NEXT}


async def test_a_preview_keeps_a_hold_down(simulator: Simulator, updater: ZoneUpdater) -> None:
    """An address in hold-down stays so for just as long; the preview shows what it leads to."""
    for address in (HOME, NEXT, HOME):
        simulator.ip.set_address(address)
        await updater.update()
    assert updater.state.detections[HERE].candidate == ip_address(HOME)
    before = memory(updater.detector)

    seen = await preview(updater.detector, updater.config, [record(NEXT)], updater.state)

    detection = seen.detections[HERE]
    assert (detection.address, detection.candidate) == (None, ip_address(HOME))
    assert (detection.is_flapping, detection.previous) == (True, ip_address(NEXT))
    assert [change.address for change in seen.plan.changes] == [ip_address(HOME)]
    assert memory(updater.detector) == before


async def test_failures_in_a_preview_do_not_count(
    simulator: Simulator, updater: ZoneUpdater
) -> None:
    """A provider that fails in previews is not put in cool-down for updates."""
    simulator.faults.add("ip", "cloudflare", kind="html")
    for _ in range(5):
        await preview(updater.detector, updater.config, [])
    simulator.faults.clear()

    await updater.update()

    assert updater.providers[0] == "cloudflare"
    assert updater.state != State()
