"""What is not known for 15 minutes is a problem; until then it is none, and not in sync."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection import detector as detector_module, hedged
from custom_components.raindrop.ddns.models import HostName, Policy, Reason, RecordKey
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update_result import DdnsEvent, EventType
from custom_components.raindrop.ddns.zone_config import ManagedRecord
from simulator import Simulator
from tests.conftest import HOME, HOME_V6, NEXT, OLD
from tests.library.builders import V4, V6, managed
from tests.library.fake_sources import FakeSources
from tests.library.update.external_changes import delete
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

MINUTES = 60
CYCLE_S = 5 * MINUTES
MOBILE = Source(Family.IPV4, SourceKind.ENTITY, entity="mobile", meaning=Meaning.OTHER_CONNECTION)
AWAY = RecordKey(HostName("away.example.com"), Family.IPV4)

FAILED = DdnsEvent(
    type=EventType.FAILED,
    family=Family.IPV4,
    record_key=V4,
    from_ip=ip_address(HOME),
    reason=Reason.NO_ADDRESS,
)

type Cause = Callable[[Simulator], None]


def one_provider_contradicts(simulator: Simulator) -> None:
    """Let one provider report another address, and all others be unreachable."""
    for name in ("ipify", "ident.me", "amazon", "home-assistant"):
        simulator.faults.add("ip", name, kind="reset")
    simulator.ip.set_address(NEXT)


def every_provider_is_captive(simulator: Simulator) -> None:
    """Let a captive portal respond for every provider."""
    simulator.faults.add("ip", kind="html")


def the_address_is_private(simulator: Simulator) -> None:
    """Let every provider report a shared address."""
    simulator.ip.set_address("100.64.0.1")


def no_two_agree(simulator: Simulator) -> None:
    """Let the two providers that can be reached report different addresses."""
    for name in ("ident.me", "amazon", "home-assistant"):
        simulator.faults.add("ip", name, kind="reset")
    simulator.ip.set_address(NEXT, provider="cloudflare")
    simulator.ip.set_address(OLD, provider="ipify")


CAUSES: list[Cause] = [
    one_provider_contradicts,
    every_provider_is_captive,
    the_address_is_private,
    no_two_agree,
]


async def cycle(updater: ZoneUpdater, sources: FakeSources) -> list[DdnsEvent]:
    """Run the update of the next cycle, and return its events."""
    sources.advance(CYCLE_S)
    return [*(await updater.update()).events]


@pytest.mark.parametrize("cause", CAUSES)
async def test_an_address_that_is_not_known_for_15_minutes_is_a_failure(
    updater: ZoneUpdater, sources: FakeSources, cause: Cause
) -> None:
    """At once the record is not in sync, after three cycles it failed, and once it recovers."""
    await updater.update()
    assert updater.state.record(V4).is_in_sync
    cause(updater.simulator)
    for _ in range(3):
        assert await cycle(updater, sources) == []
        known = updater.state.record(V4)
        assert (known.reason, known.is_in_sync) == (None, False)

    assert await cycle(updater, sources) == [FAILED]

    assert updater.state.record(V4).reason is Reason.NO_ADDRESS
    assert await cycle(updater, sources) == []
    assert updater.contents == {"A home.example.com": HOME}
    updater.simulator.faults.clear()
    updater.simulator.ip.set_address(HOME)
    for name in ("cloudflare", "ipify"):
        updater.simulator.ip.set_address(HOME, provider=name)
    assert [event.type for event in await cycle(updater, sources)] == [EventType.RECOVERED]
    assert updater.state.record(V4).is_in_sync


async def test_providers_that_are_all_slow_are_a_failure(
    updater: ZoneUpdater, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that respond too late are as good as none."""
    await updater.update()
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.05)
    monkeypatch.setattr(detector_module, "TIME_LIMIT_S", 0.4)
    updater.simulator.faults.add("ip", kind="hang")

    events = [event for _ in range(5) for event in await cycle(updater, sources)]

    assert events == [FAILED]


async def test_a_short_interruption_is_no_failure(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """Two interruptions of ten minutes, with an address in between, are no failure."""
    await updater.update()
    for _ in range(2):
        fault = updater.simulator.faults.add("ip", kind="html")
        for _ in range(3):
            assert await cycle(updater, sources) == []
        updater.simulator.faults.remove(fault)
        assert await cycle(updater, sources) == []
        assert updater.state.record(V4).is_in_sync


async def test_the_home_fails_while_another_source_works(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """A domain with a source of its own stays in sync, and is no proof for the others."""
    updater.simulator.cloudflare.add_record(updater.zone, type="A", name="away", content=OLD)
    sources.values["mobile"] = OLD
    away = ManagedRecord(record_key=AWAY, source=MOBILE)
    updater.managed_records = [managed("home.example.com"), away]
    for _ in range(2):
        await cycle(updater, sources)
    assert all(record.is_in_sync for record in updater.state.records.values())
    updater.simulator.faults.add("ip", kind="reset")

    events = [event for _ in range(5) for event in await cycle(updater, sources)]

    assert events == [FAILED]
    assert updater.state.record(AWAY).is_in_sync


@pytest.fixture
def dual_stack(updater: ZoneUpdater) -> ZoneUpdater:
    """Keep records of both families."""
    updater.families = tuple(Family)
    updater.managed_records = [
        managed("home.example.com", family, Policy(create=True)) for family in Family
    ]
    return updater


async def test_ipv6_that_is_gone_is_a_failure_of_its_record(
    dual_stack: ZoneUpdater, sources: FakeSources
) -> None:
    """An AAAA record that leads nowhere is a failure; without the record nothing is missing."""
    await dual_stack.update()
    assert dual_stack.contents["AAAA home.example.com"] == HOME_V6
    dual_stack.simulator.ip.set_address(None, family=6)

    events = [event for _ in range(5) for event in await cycle(dual_stack, sources)]

    assert [(event.type, event.record_key, event.reason) for event in events] == [
        (EventType.FAILED, V6, Reason.NO_ADDRESS)
    ]
    (record,) = (
        r for r in dual_stack.simulator.cloudflare.records("example.com") if r["type"] == "AAAA"
    )
    dual_stack.simulator.cloudflare.delete_record("example.com", record["id"])
    result = await dual_stack.update(full_sync=True)
    assert [event.type for event in result.events] == [EventType.RECOVERED]
    assert dual_stack.state.record(V6).is_in_sync
    assert await cycle(dual_stack, sources) == []


async def test_ipv6_that_the_home_never_had_is_no_failure(
    dual_stack: ZoneUpdater, sources: FakeSources
) -> None:
    """A family without an address and without a record is in sync."""
    dual_stack.simulator.ip.set_address(None, family=6)

    events = [event for _ in range(5) for event in await cycle(dual_stack, sources)]

    assert [event.type for event in events] == [EventType.UPDATED]
    assert dual_stack.state.record(V6).is_in_sync


@pytest.mark.parametrize("count", [1, 2])
async def test_ipv6_records_that_existed_before_are_a_failure(
    dual_stack: ZoneUpdater, sources: FakeSources, count: int
) -> None:
    """Records that somebody else made lead nowhere as well, be it one or several."""
    for number in range(count):
        dual_stack.simulator.cloudflare.add_record(
            dual_stack.zone, type="AAAA", name="home", content=f"2001:218::{number}:1"
        )
    dual_stack.simulator.ip.set_address(None, family=6)

    events = [event for _ in range(5) for event in await cycle(dual_stack, sources)]

    assert [(event.type, event.record_key) for event in events] == [
        (EventType.UPDATED, V4),
        (EventType.FAILED, V6),
    ]


async def test_a_record_that_was_just_created_exists(
    dual_stack: ZoneUpdater, sources: FakeSources
) -> None:
    """IPv6 that is gone right after the record was created is a failure without another list."""
    await dual_stack.update()
    assert dual_stack.requests == [LIST, BATCH]
    dual_stack.simulator.ip.set_address(None, family=6)
    await cycle(dual_stack, sources)
    assert dual_stack.requests == []
    assert not dual_stack.state.record(V6).is_in_sync


async def test_ipv6_that_is_gone_after_a_restart_without_a_list(
    dual_stack: ZoneUpdater, sources: FakeSources
) -> None:
    """A record that was in sync before the restart is taken to exist until the zone is read."""
    dual_stack.state = State(records={V6: RecordState(last_address=ip_address(HOME_V6))})
    dual_stack.simulator.ip.set_address(None, family=6)
    dual_stack.simulator.faults.add("cloudflare", kind="html")
    await cycle(dual_stack, sources)
    assert not dual_stack.state.record(V6).is_in_sync
    dual_stack.simulator.faults.clear()
    await cycle(dual_stack, sources)
    assert dual_stack.state.record(V6).is_in_sync


async def test_a_zone_that_is_not_read_for_15_minutes_is_a_failure(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """Without a list it is not known whether the record is still right."""
    await updater.update()
    updater.simulator.faults.add("cloudflare", kind="html")
    sources.advance(CYCLE_S)
    assert (await updater.update(full_sync=True)).events == ()
    assert not updater.state.record(V4).is_in_sync

    events = [event for _ in range(4) for event in await cycle(updater, sources)]

    home = ip_address(HOME)
    assert events == [replace(FAILED, to_ip=home, reason=Reason.UNREAD)]
    updater.simulator.faults.clear()
    assert [event.type for event in await cycle(updater, sources)] == [EventType.RECOVERED]


async def test_a_source_that_never_settles_is_a_failure(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """An entity with another address in each update stays in hold-down, and that is a failure."""
    updater.managed_records = [ManagedRecord(record_key=V4, source=MOBILE)]
    sources.values["mobile"] = HOME
    for _ in range(2):
        await cycle(updater, sources)
    events: list[DdnsEvent] = []
    for number in range(5):
        sources.values["mobile"] = f"81.2.70.{number}"
        events += await cycle(updater, sources)

    assert events == [FAILED]


async def test_a_clock_that_is_set_back_delays_no_failure(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """The 15 minutes begin again, and do not last for as long as the clock was wrong."""
    await updater.update()
    updater.simulator.faults.add("ip", kind="html")
    await cycle(updater, sources)
    sources.advance(-86_400)

    events = [event for _ in range(4) for event in await cycle(updater, sources)]

    assert [event.type for event in events] == [EventType.FAILED]


async def test_the_time_without_an_address_is_kept_in_the_state(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """A state from before a restart makes up for time that this process has not seen."""
    since = sources.now
    updater.state = State(
        records={V4: RecordState(last_address=ip_address(HOME), unknown_since=since)}
    )
    updater.simulator.faults.add("ip", kind="html")
    sources.advance(15 * MINUTES)

    result = await updater.update()

    assert result.events == (FAILED,)


async def test_a_contested_record_keeps_its_reason(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """What only the user can solve is more important than an address that is not known."""
    await updater.update()
    delete(updater)
    await updater.update(full_sync=True)
    updater.simulator.faults.add("ip", kind="html")

    events = [event for _ in range(5) for event in await cycle(updater, sources)]

    assert events == []
    assert updater.state.record(V4).reason is Reason.MISSING
