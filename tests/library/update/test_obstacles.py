"""A name that is delegated, or that another product keeps: reported without an endless try."""

import pytest

from custom_components.raindrop.ddns.models import HostName, Policy, Reason, RecordKey
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.library.builders import V4, managed
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

CREATE = Policy(create=True)
NAME = "vpn.sub.example.com"
KEY = RecordKey(HostName(NAME), V4.family)


@pytest.fixture
def deep_updater(updater: ZoneUpdater) -> ZoneUpdater:
    """Return what keeps a name two labels below the zone."""
    updater.managed_records = [managed(NAME, policy=CREATE)]
    return updater


def delegate(updater: ZoneUpdater) -> str:
    """Add an NS record between the name and the zone; return its id."""
    record = updater.simulator.cloudflare.add_record(
        updater.zone, type="NS", name="sub", content="ns1.example.net"
    )
    return str(record["id"])


@pytest.mark.parametrize("is_zone_name_known", [True, False])
@pytest.mark.parametrize("is_refused", [False, True])
async def test_no_record_is_created_below_an_ns_record(
    deep_updater: ZoneUpdater, zone: Zone, *, is_refused: bool, is_zone_name_known: bool
) -> None:
    """A record that does not exist cannot say that it is shadowed, so the whole zone is read."""
    zone.refuses_shadowed = is_refused
    deep_updater.zone_name = HostName(zone.name) if is_zone_name_known else None
    ns = delegate(deep_updater)

    for _ in range(3):
        await deep_updater.update()
        conflict = deep_updater.state.record(KEY).conflict
        assert conflict is not None
        assert conflict.reason is Reason.DELEGATED
        assert [record.content for record in conflict.records] == ["ns1.example.net"]
        assert deep_updater.requests == [LIST]

    deep_updater.simulator.cloudflare.delete_record(zone, ns)
    await deep_updater.update()
    assert deep_updater.requests == [LIST, BATCH]
    assert deep_updater.contents[f"A {NAME}"] == HOME
    assert deep_updater.state.record(KEY).is_in_sync


@pytest.mark.parametrize("size", [0, 1001])
async def test_an_ns_record_above_an_existing_record_is_found(
    deep_updater: ZoneUpdater, simulator: Simulator, zone: Zone, size: int
) -> None:
    """The list of the single name does not have it, but what it lists is shadowed.

    A list of more than 1,000 records does not say so, but has the NS record.
    """
    zone.record_quota = 2000
    for number in range(size):
        simulator.cloudflare.add_record(zone, type="A", name=f"h{number}", content="192.0.2.9")
    await deep_updater.update()
    ns = delegate(deep_updater)
    simulator.ip.set_address(NEXT)

    await deep_updater.update()
    assert deep_updater.requests == [LIST]
    assert "name.exact" in simulator.log.select(endpoint=LIST)[0].target
    assert deep_updater.state.record(KEY).reason is Reason.DELEGATED

    await deep_updater.update()
    assert "name.exact" not in simulator.log.select(endpoint=LIST)[0].target
    conflict = deep_updater.state.record(KEY).conflict
    assert conflict is not None
    assert [record.id for record in conflict.records] == [ns]

    simulator.cloudflare.delete_record(zone, ns)
    await deep_updater.update()
    assert deep_updater.contents[f"A {NAME}"] == NEXT


async def test_an_ns_record_that_replaced_the_record_is_found(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """What Cloudflare refuses for a name that was just delegated is known in the next update."""
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    await updater.update()
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.delete_record(zone, record["id"])
    simulator.cloudflare.add_record(zone, type="NS", name="home", content="ns1.example.net")
    updater.zone_name = None

    await updater.update(full_sync=True)
    assert updater.requests[:2] == [LIST, BATCH]
    assert updater.state.record(V4).reason is Reason.REFUSED
    simulator.cloudflare.add_record(zone, type="TXT", name="other", content="beside it")
    await updater.update()
    assert updater.requests == [LIST]
    assert updater.state.record(V4).reason is Reason.DELEGATED


async def test_the_only_record_of_a_zone_delegates_if_it_is_not_at_the_zones_own_name(
    deep_updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """With the zone's name, its NS records and those of a subdomain cannot be confused."""
    simulator.cloudflare.delete_record(zone, simulator.cloudflare.records(zone)[0]["id"])
    delegate(deep_updater)

    await deep_updater.update()

    assert deep_updater.requests == [LIST]
    assert deep_updater.state.record(KEY).reason is Reason.DELEGATED


async def test_an_unreadable_record_at_another_name_stops_nothing(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """Only one at a managed name may be what the update has to know."""
    simulator.cloudflare.add_odd_record(zone, type="A", name="www.example.com", content=None)

    await updater.update()

    assert updater.state.errors == ()
    assert updater.state.record(V4).is_in_sync


async def test_a_read_only_record_is_never_written(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """Cloudflare would refuse it each time."""
    simulator.cloudflare.delete_record(zone, simulator.cloudflare.records(zone)[0]["id"])
    record = simulator.cloudflare.add_read_only_record(
        zone, type="A", name="home", content="192.0.2.1"
    )

    for _ in range(3):
        await updater.update()
        assert updater.requests == [LIST]
        assert updater.state.record(V4).reason is Reason.READ_ONLY
    simulator.cloudflare.delete_record(zone, record["id"])
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    await updater.update()
    assert updater.contents == {"A home.example.com": HOME}


async def test_stale_hints_are_known_until_they_are_right(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """They are not written; while the address is not known, nothing is new."""
    await updater.update()
    hinting = simulator.cloudflare.add_record(
        zone, type="HTTPS", name="home", content=f'1 . alpn="h3,h2" ipv4hint="{HOME}"'
    )
    simulator.ip.set_address(NEXT)

    await updater.update()
    assert updater.requests == [LIST, BATCH]
    state = updater.state.record(V4)
    assert [record.id for record in state.stale_hints] == [hinting["id"]]
    assert state.is_in_sync
    simulator.ip.set_address(None)
    await updater.update(full_sync=True)
    assert len(updater.state.record(V4).stale_hints) == 1
    simulator.ip.set_address(NEXT)
    content = hinting["content"].replace(HOME, NEXT)
    simulator.cloudflare.edit_record(zone, hinting["id"], content=content)
    await updater.update(full_sync=True)
    assert updater.state.record(V4).stale_hints == ()
