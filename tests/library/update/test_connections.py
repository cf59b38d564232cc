"""Updates of a record that has the address of the first of several connections that is up."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.models import Policy, Reason
from custom_components.raindrop.ddns.sources import (
    Connection,
    ConnectionId,
    Family,
    Meaning,
    Source,
    SourceKind,
)
from custom_components.raindrop.ddns.update_result import EventType, UpdateResult
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT
from tests.library.builders import HERE, V4, V6, managed
from tests.library.detection.helpers import LOCAL, OTHER
from tests.library.fake_sources import FakeSources, new_detector
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

FIBRE, LTE = ConnectionId("fibre"), ConnectionId("lte")
MODEM = Source(
    Family.IPV4, SourceKind.ENTITY, entity="sensor.modem", meaning=Meaning.OTHER_CONNECTION
)
PORT = "binary_sensor.fibre_port"


class Home:
    """A home with a fibre line, which Home Assistant uses, and a modem that reports its own."""

    def __init__(self, updater: ZoneUpdater, sources: FakeSources) -> None:
        """Begin while both are up."""
        self.updater = updater
        self.sources = sources
        self.simulator = updater.simulator
        sources.values |= {MODEM.entity: NEXT, PORT: "on"}
        self.record = replace(
            managed("home.example.com", policy=Policy(create=True)),
            connections=(
                Connection(id=FIBRE, name="Fibre", source=HERE, up_sensor=PORT),
                Connection(id=LTE, name="LTE", source=MODEM),
            ),
        )
        updater.managed_records = [self.record]

    async def after(self, minutes: float = 0) -> UpdateResult:
        """Let time pass until the next update."""
        self.sources.advance(minutes * 60)
        return await self.updater.update()

    @property
    def in_use(self) -> ConnectionId:
        """The connection in use."""
        failover = self.updater.state.record(V4).failover
        assert failover
        return failover.in_use

    @property
    def written(self) -> str:
        """The content of the record."""
        return self.updater.contents["A home.example.com"]


@pytest.fixture
async def home(updater: ZoneUpdater, sources: FakeSources) -> Home:
    """Return a home whose record has the address of the fibre line, and NEXT is accepted."""
    home = Home(updater, sources)
    await home.after()
    await home.after(1)
    assert (home.in_use, home.written) == (FIBRE, HOME)
    return home


def kinds(result: UpdateResult) -> list[EventType]:
    """Return the types of the events of an update that are about the record."""
    return [event.type for event in result.events if event.record_key]


async def test_a_silent_line_is_replaced_and_used_again(home: Home) -> None:
    """After two minutes the record is changed, once; after ten it is changed back."""
    home.simulator.ip.set_address(None)
    assert await home.after() == UpdateResult()
    assert (home.written, home.updater.requests) == (HOME, [])
    assert home.updater.state.record(V4).is_in_sync

    over = await home.after(2)
    assert (home.in_use, home.written) == (LTE, NEXT)
    assert home.updater.requests == [LIST, BATCH]
    assert kinds(over) == [EventType.FAILED_OVER, EventType.UPDATED]
    event = over.events[0]
    assert (event.record_key, event.from_connection, event.to_connection) == (V4, "Fibre", "LTE")
    assert event.family is Family.IPV4
    assert (event.from_ip, event.to_ip) == (ip_address(HOME), ip_address(NEXT))
    assert home.updater.state.record(V4).is_in_sync

    home.simulator.ip.set_address(HOME)
    await home.after(30)
    assert (home.written, home.updater.requests) == (NEXT, [])
    back = await home.after(10)
    assert kinds(back) == [EventType.FAILED_BACK, EventType.UPDATED]
    assert (home.in_use, home.written) == (FIBRE, HOME)


async def test_a_binary_sensor_that_is_off_replaces_a_line_at_once(home: Home) -> None:
    """Whatever its source reports; one that is unavailable says nothing."""
    home.sources.values[PORT] = "unavailable"
    await home.after(60)
    assert home.in_use == FIBRE

    home.sources.values[PORT] = "off"
    assert kinds(await home.after()) == [EventType.FAILED_OVER, EventType.UPDATED]
    assert (home.in_use, home.written) == (LTE, NEXT)


async def test_when_the_way_out_moves_the_record_moves_to_that_line(home: Home) -> None:
    """What providers then report is no new address of the first line; nothing of it is written.

    Its own address is used again after the usual time, though it returned.
    """
    for _ in range(8):
        home.simulator.ip.set_address(NEXT)
        await home.after()
        assert (home.in_use, home.written) == (FIBRE, HOME)
        assert home.updater.state.record(V4).is_in_sync
        assert kinds(await home.after(2)) == [EventType.FAILED_OVER, EventType.UPDATED]
        assert (home.in_use, home.written) == (LTE, NEXT)

        home.simulator.ip.set_address(HOME)
        await home.after(60)
        assert kinds(await home.after(10)) == [EventType.FAILED_BACK, EventType.UPDATED]
        assert (home.in_use, home.written) == (FIBRE, HOME)
        await home.after(60)
        assert home.updater.state.record(V4).is_in_sync


@pytest.mark.parametrize("rounds", [1, 8])
async def test_an_earlier_address_of_a_line_after_a_switch_is_no_flapping(
    home: Home, rounds: int
) -> None:
    """A provider may assign it again; the line is used after the usual time, however often."""
    home.simulator.ip.set_address(OTHER)
    await home.after(60)
    assert home.written == OTHER
    for number in range(rounds):
        address = (HOME, OTHER)[number % 2]
        home.simulator.ip.set_address(NEXT)
        await home.after(60)
        await home.after(2)
        assert (home.in_use, home.written) == (LTE, NEXT)
        home.simulator.ip.set_address(address)
        await home.after()
        assert home.updater.state.record(V4).is_in_sync
        await home.after(10)
        assert (home.in_use, home.written) == (FIBRE, address)


async def test_two_addresses_of_a_line_in_turn_are_flapping(home: Home) -> None:
    """Also after a switch: between them there was none."""
    home.simulator.ip.set_address(OTHER)
    await home.after(60)
    home.simulator.ip.set_address(NEXT)
    await home.after(60)
    home.simulator.ip.set_address(HOME)
    await home.after(5)
    assert home.in_use == FIBRE
    assert home.written == HOME
    home.simulator.ip.set_address(OTHER)
    await home.after()
    assert home.written == HOME


async def test_the_way_out_is_recognized_by_an_address_that_is_not_accepted_yet(
    home: Home,
) -> None:
    """Or by the last one of a line that is silent."""
    home.sources.values[MODEM.entity] = OTHER
    home.simulator.ip.set_address(OTHER)
    await home.after()
    assert home.written == HOME

    home.simulator.ip.set_address(HOME)
    await home.after(1)
    home.sources.values[MODEM.entity] = None
    home.simulator.ip.set_address(OTHER)
    await home.after(1)
    await home.after(5)
    assert home.written == HOME


async def test_when_the_way_out_moves_the_local_interface_has_an_address_of_that_line(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """An address of this host in the network of LTE is no new address of the first line."""
    of_lte, host = "2001:218:9:2::1", "2001:218:9:2::5"
    sources.values |= {"": ip_address(HOME_V6), MODEM.entity: of_lte}
    updater.simulator.ip.set_address(HOME_V6)
    updater.families = (Family.IPV6,)
    record = managed("home.example.com", Family.IPV6, Policy(create=True))
    fibre = Connection(id=FIBRE, name="Fibre", source=LOCAL)
    lte = Connection(id=LTE, name="LTE", source=replace(MODEM, family=Family.IPV6))
    updater.managed_records = [replace(record, source=LOCAL, connections=(fibre, lte))]
    await updater.update()
    sources.advance(60)
    await updater.update()
    assert updater.contents["AAAA home.example.com"] == HOME_V6

    sources.values[""] = ip_address(host)
    updater.simulator.ip.set_address(host)
    await updater.update()
    assert updater.contents["AAAA home.example.com"] == HOME_V6
    sources.advance(120)
    result = await updater.update()
    assert kinds(result) == [EventType.FAILED_OVER, EventType.UPDATED]
    assert updater.contents["AAAA home.example.com"] == of_lte

    sources.values[""] = ip_address(HOME_V6)
    updater.simulator.ip.set_address(HOME_V6)
    await updater.update()
    sources.advance(600)
    assert kinds(await updater.update()) == [EventType.FAILED_BACK, EventType.UPDATED]
    assert updater.contents["AAAA home.example.com"] == HOME_V6
    assert updater.state.record(V6).is_in_sync


async def test_the_local_interface_has_an_address_in_any_subnet_of_a_prefix(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """A modem may report the prefix of its line, of which this host has another subnet."""
    sources.values |= {"": ip_address(HOME_V6), MODEM.entity: "2001:218:9::/56"}
    updater.simulator.ip.set_address(HOME_V6)
    updater.families = (Family.IPV6,)
    record = managed("home.example.com", Family.IPV6, Policy(create=True))
    fibre = Connection(id=FIBRE, name="Fibre", source=LOCAL)
    lte = Connection(id=LTE, name="LTE", source=replace(MODEM, family=Family.IPV6))
    updater.managed_records = [replace(record, source=LOCAL, connections=(fibre, lte))]
    await updater.update()
    sources.advance(60)
    await updater.update()

    sources.values[""] = ip_address("2001:218:9:2::5")
    updater.simulator.ip.set_address("2001:218:9:2::5")
    await updater.update()
    sources.advance(120)
    assert EventType.FAILED_OVER in kinds(await updater.update())
    assert updater.contents["AAAA home.example.com"] == HOME_V6


async def test_a_line_may_never_have_had_an_address(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """The record has that of the other line, and is in sync."""
    home = Home(updater, sources)
    sources.values[MODEM.entity] = "unavailable"
    await home.after()
    assert (home.in_use, home.written) == (FIBRE, HOME)
    assert updater.state.record(V4).is_in_sync


async def test_a_switch_that_cannot_be_written_fails_with_the_address_of_the_line(
    home: Home,
) -> None:
    """That of the connection in use, not the one of the home."""
    home.simulator.faults.add("cloudflare", LIST, kind="html")
    home.sources.values[PORT] = "off"
    result = await home.after()
    failed = result.events[-1]
    assert (failed.type, failed.record_key) == (EventType.FAILED, V4)
    assert (failed.from_ip, failed.to_ip) == (ip_address(HOME), ip_address(NEXT))


async def test_a_new_address_of_a_line_in_use_is_written(home: Home) -> None:
    """That is no switch."""
    home.simulator.ip.set_address(OTHER)
    result = await home.after(5)
    assert (home.in_use, home.written) == (FIBRE, OTHER)
    assert EventType.FAILED_OVER not in kinds(result)


async def test_only_if_no_line_is_up_is_there_a_problem(home: Home) -> None:
    """The record stays as it is, and the problem comes when nothing was known for too long."""
    home.simulator.ip.set_address(None)
    await home.after()
    await home.after(2)
    home.sources.values[MODEM.entity] = None
    await home.after(60)
    await home.after(2)
    assert home.updater.state.record(V4).is_in_sync is False
    result = await home.after(15)
    assert (home.in_use, home.written) == (LTE, NEXT)
    assert home.updater.state.record(V4).reason is Reason.NO_ADDRESS
    assert kinds(result) == [EventType.FAILED]


async def test_waiting_for_a_line_is_no_problem(home: Home) -> None:
    """However long the user wants to wait, if another line is up."""
    times = replace(home.record.failover, down_after=timedelta(hours=1))
    home.updater.managed_records = [replace(home.record, failover=times)]
    home.simulator.ip.set_address(None)
    for _ in range(11):
        await home.after(5)
        assert home.updater.state.record(V4).is_in_sync
    await home.after(10)
    assert home.in_use == LTE


async def test_a_paused_record_is_not_switched(home: Home) -> None:
    """Its line is known, but nothing is written and no event says so."""
    home.updater.managed_records = [replace(home.record, is_paused=True)]
    home.sources.values[PORT] = "off"
    result = await home.after()
    assert (home.in_use, home.written, kinds(result)) == (LTE, HOME, [])


async def test_a_switch_is_an_event_whatever_other_records_do(home: Home) -> None:
    """Also if the first one in the list has one source only."""
    home.updater.managed_records = [managed("other.example.com"), home.record]
    await home.after()
    home.sources.values[PORT] = "off"
    assert EventType.FAILED_OVER in kinds(await home.after())


async def test_without_its_connections_a_record_has_one_source(home: Home) -> None:
    """What was known of them counts no more."""
    home.updater.managed_records = [replace(home.record, connections=())]
    home.simulator.ip.set_address(None)
    await home.after()
    await home.after(15)
    assert home.updater.state.record(V4).reason is Reason.NO_ADDRESS


async def test_a_preview_has_the_connection_that_an_update_would_use(home: Home) -> None:
    """With the address of each."""
    home.sources.values[PORT] = "off"
    detector, config = home.updater.detector, home.updater.config
    preview = await ddns.preview(detector, config, [], home.updater.state)
    assert preview.detection(home.record).address == ip_address(NEXT)
    assert preview.detections[HERE].address == ip_address(HOME)
    (change,) = preview.plan.changes
    assert change.address == ip_address(NEXT)
    assert home.in_use == FIBRE


async def test_a_home_with_connections_asks_no_more_while_nothing_changes(home: Home) -> None:
    """One provider for the line that Home Assistant uses, and Cloudflare not at all."""
    for _ in range(5):
        await home.after(5)
        assert (home.updater.providers, home.updater.requests) == (["cloudflare"], [])


async def test_after_a_restart_the_line_stays(
    home: Home,
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    sessions: Mapping[Family, ClientSession],
) -> None:
    """While the way out is another line too: the address is recognized as that line's."""
    simulator.ip.set_address(NEXT)
    restarted = new_detector(sessions, ddns.PROVIDERS, home.sources)
    home.updater.detector = restarted
    await home.after()
    assert (home.in_use, home.written) == (FIBRE, HOME)
    await home.after(2)
    assert (home.in_use, home.written) == (LTE, NEXT)


async def test_a_connection_that_was_removed_is_no_switch(home: Home) -> None:
    """The next one is used at once, and only the change of the record is an event."""
    home.sources.values[PORT] = "off"
    await home.after()
    home.updater.managed_records = [
        replace(home.record, connections=home.record.connections[:1]),
        managed("other.example.com", policy=Policy(create=True)),
    ]
    result = await home.after()
    assert (home.in_use, home.written) == (FIBRE, HOME)
    assert kinds(result) == [EventType.UPDATED, EventType.CREATED]
