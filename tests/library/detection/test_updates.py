"""Detection as part of an update: conflicts that last, and failures that end in flapping."""

from collections.abc import Mapping

from custom_components.raindrop.ddns.models import Reason, RecordKey
from custom_components.raindrop.ddns.update_result import EventType
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.builders import HERE, V4
from tests.library.detection.helpers import OTHER
from tests.library.zone_updater import LIST, ZoneUpdater


def reasons(updater: ZoneUpdater) -> Mapping[RecordKey, Reason]:
    """Return the records that are not in sync, with the reasons."""
    records = updater.state.records
    return {key: record.reason for key, record in records.items() if record.reason}


async def test_conflicts_are_counted_by_updates(updater: ZoneUpdater) -> None:
    """The state has the number of updates in a row in which the providers conflicted."""
    await updater.update()
    updater.simulator.ip.set_address(OTHER, provider="cloudflare")
    counts = []
    for _ in range(3):
        await updater.update()
        counts.append(updater.state.conflicting_updates)
    updater.simulator.ip.set_address(HOME)

    assert counts == [{HERE: 1}, {HERE: 2}, {HERE: 3}]
    await updater.update()
    assert updater.state.conflicting_updates == {}


async def test_a_failure_that_ends_in_flapping_recovers(
    simulator: Simulator, updater: ZoneUpdater
) -> None:
    """A failure that was an event has a recovery, though the address flapped in between."""
    await updater.update()
    simulator.ip.set_address(NEXT)
    await updater.update()
    simulator.faults.add("cloudflare", LIST, kind="html")
    types: list[EventType] = []
    for address in (OTHER, HOME):
        simulator.ip.set_address(address)
        result = await updater.update()
        types += [event.type for event in result.events if event.record_key == V4]
    assert (types, reasons(updater)) == ([EventType.FAILED], {V4: Reason.FLAPPING})
    simulator.faults.clear()
    simulator.ip.set_address(OTHER)

    result = await updater.update()

    assert (reasons(updater), updater.contents) == ({}, {"A home.example.com": OTHER})
    assert EventType.RECOVERED in {event.type for event in result.events}
