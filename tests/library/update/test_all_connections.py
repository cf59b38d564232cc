"""Updates of a name that has a record for every connection."""

from dataclasses import replace
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import HomeId, HostName, Policy, Reason, RecordKey
from custom_components.raindrop.ddns.plan_values import Deletion
from custom_components.raindrop.ddns.preview import preview
from custom_components.raindrop.ddns.sources import (
    ConnectionId,
    Family,
    Meaning,
    Source,
    SourceKind,
)
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update_result import EventType, UpdateResult
from custom_components.raindrop.ddns.zone_config import ManagedRecord
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME_V6
from tests.library.builders import HERE, managed
from tests.library.detection.helpers import LOCAL
from tests.library.fake_sources import FakeSources
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater
from tests.secrets import TOKEN

NAME = HostName("lines.example.com")
ONLY = RecordKey(NAME, Family.IPV4)
FIBRE, LTE = (RecordKey(NAME, Family.IPV4, ConnectionId(id_)) for id_ in ("fibre", "lte"))
F1, F2, L1, L2 = "81.2.69.11", "81.2.69.12", "81.2.70.21", "81.2.70.22"
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - what a modem reports, not where to listen
PORT = "binary_sensor.fibre_port"
HOME_ID = HomeId("3f9a1c2b")
CREATE = "POST /zones/{zone_id}/dns_records"
DELETE = "DELETE /zones/{zone_id}/dns_records/{dns_record_id}"


class Home:
    """A home with two lines, each with a modem whose entity reports its address."""

    def __init__(self, updater: ZoneUpdater, sources: FakeSources) -> None:
        """Begin while both are up."""
        self.updater = updater
        self.sources = sources
        updater.managed_records = [self.record(FIBRE, PORT), self.record(LTE)]
        self.report(F1, L1)
        sources.values[PORT] = "on"

    def record(self, key: RecordKey, up_sensor: str = "") -> ManagedRecord:
        """Return the managed record of a line."""
        source = Source(
            Family.IPV4,
            SourceKind.ENTITY,
            entity=f"sensor.{key.connection}",
            meaning=Meaning.OTHER_CONNECTION,
        )
        return ManagedRecord(
            record_key=key, source=source, policy=Policy(create=True), up_sensor=up_sensor
        )

    def report(self, fibre: str | None, lte: str | None) -> None:
        """Let the entities report addresses."""
        self.sources.values |= {"sensor.fibre": fibre, "sensor.lte": lte}

    async def after(self, minutes: float = 3, *, full_sync: bool = False) -> UpdateResult:
        """Let time pass until the next update."""
        self.sources.advance(minutes * 60)
        return await self.updater.update(full_sync=full_sync)

    @property
    def written(self) -> dict[str, str]:
        """The addresses under the name, by what the comment says of its connection."""
        records = self.updater.simulator.cloudflare.records(self.updater.zone)
        return {
            str(r["comment"]).rpartition(", ")[2].rstrip(")"): r["content"]
            for r in records
            if r["name"] == NAME
        }

    def reason(self, key: RecordKey) -> Reason | None:
        """Return why a record is not in sync."""
        return self.updater.state.record(key).reason


@pytest.fixture
def client(simulator: Simulator, session: ClientSession) -> CloudflareClient:
    """Return a client of a home with an id."""
    token, url = ApiToken(TOKEN), simulator.cloudflare.base_url
    return CloudflareClient(session, token, ownership=Ownership(HOME_ID), base_url=url)


@pytest.fixture
async def home(updater: ZoneUpdater, sources: FakeSources) -> Home:
    """Return a home whose lines both have their records."""
    home = Home(updater, sources)
    await home.after()
    await home.after()
    assert home.written == {"fibre": F1, "lte": L1}
    return home


def types(result: UpdateResult) -> list[EventType]:
    """Return the types of the events that are about records."""
    return [event.type for event in result.events if event.record_key]


async def test_every_line_has_its_record(home: Home) -> None:
    """Both are created in one batch, each with its own comment; then nothing is requested."""
    assert home.updater.state.is_converged
    assert (home.reason(FIBRE), home.reason(LTE)) == (None, None)

    assert await home.after() == UpdateResult()
    assert home.updater.requests == []


async def test_a_new_address_changes_one_record(home: Home) -> None:
    """The other one stays."""
    home.report(F1, L2)
    await home.after()
    result = await home.after()

    assert home.written == {"fibre": F1, "lte": L2}
    assert [*result.outcomes] == [LTE]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({PORT: "off"}, id="its binary sensor is off"),
        pytest.param({"sensor.fibre": NO_ADDRESS}, id="its entity reports no address"),
    ],
)
async def test_a_line_that_is_down_loses_its_record(home: Home, values: dict[str, str]) -> None:
    """It is deleted at once, which is an event and no problem, and comes back with the line."""
    before = dict(home.sources.values)
    home.sources.values |= values

    down = await home.after(0)

    assert home.written == {"lte": L1}
    assert home.updater.requests == [LIST, DELETE]
    (event,) = (event for event in down.events if event.record_key)
    assert (event.type, event.family, event.connection) == ("deleted", Family.IPV4, "fibre")
    assert str(event.from_ip) == F1
    assert [deletion.record_key for deletion in down.deletions] == [FIBRE]
    assert home.reason(FIBRE) is Reason.CONNECTION_DOWN
    assert not home.updater.state.has_unsynced_record
    assert not home.updater.state.has_unknown_record
    for _ in range(20):
        assert types(await home.after()) == []
        assert home.updater.requests == []

    home.sources.values |= before
    up = await home.after()
    assert types(up) == [EventType.CREATED]
    assert home.written == {"fibre": F1, "lte": L1}
    assert (home.reason(FIBRE), home.updater.state.record(FIBRE).external_changes) == (None, ())


async def test_a_line_that_is_up_again_tries_a_refused_record_three_times(home: Home) -> None:
    """Whatever was refused before it was down; then it waits for the next full sync."""
    for endpoint in (BATCH, "PATCH *", CREATE):
        home.updater.simulator.faults.add(
            "cloudflare", endpoint, kind="error", status=400, code=9003
        )
    home.report(F2, L1)
    for _ in range(3):
        await home.after()
    assert home.reason(FIBRE) is Reason.REFUSED
    home.sources.values[PORT] = "off"
    await home.after(full_sync=True)
    assert (home.written, home.updater.state.errors) == ({"lte": L1}, ())

    home.sources.values[PORT] = "on"
    for _ in range(3):
        await home.after()
        assert home.updater.requests == [LIST, BATCH, CREATE]
        assert home.reason(FIBRE) is Reason.REFUSED
    await home.after()
    assert home.updater.requests == []

    home.updater.simulator.faults.clear()
    await home.after(full_sync=True)
    assert home.written == {"fibre": F2, "lte": L1}


async def test_a_missing_record_of_a_line_that_is_down_is_no_problem(home: Home) -> None:
    """Nor is the zone read again and again for it."""
    home.updater.managed_records = [
        replace(record, policy=Policy()) for record in home.updater.managed_records
    ]
    cloudflare, zone = home.updater.simulator.cloudflare, home.updater.zone
    (record,) = (r for r in cloudflare.records(zone) if r["content"] == F1)
    cloudflare.delete_record(zone, record["id"])
    await home.after(full_sync=True)
    assert home.reason(FIBRE) is Reason.MISSING

    home.sources.values[PORT] = "off"
    await home.after()
    await home.after()
    assert (home.updater.requests, home.reason(FIBRE)) == ([], Reason.CONNECTION_DOWN)


@pytest.mark.parametrize("silence", [None, "unavailable", "unknown"])
async def test_silence_deletes_nothing(home: Home, silence: str | None) -> None:
    """A line that says nothing keeps its record; after a while, that is a problem."""
    home.report(silence, L1)
    home.sources.values[PORT] = "unavailable"

    for _ in range(10):
        assert types(await home.after(1)) == []
    assert home.written == {"fibre": F1, "lte": L1}
    assert home.reason(FIBRE) is None

    await home.after(10, full_sync=True)
    assert home.written == {"fibre": F1, "lte": L1}
    assert home.reason(FIBRE) is Reason.NO_ADDRESS


async def test_the_last_record_stays(home: Home) -> None:
    """While both lines are down, the name keeps one address, and that is a problem."""
    home.report(NO_ADDRESS, NO_ADDRESS)
    for _ in range(8):
        await home.after()
    assert home.written == {"fibre": F1, "lte": L1}
    assert {home.reason(FIBRE), home.reason(LTE)} == {Reason.NO_ADDRESS}

    home.report(NO_ADDRESS, L1)
    await home.after()
    assert home.written == {"lte": L1}
    home.report(NO_ADDRESS, NO_ADDRESS)
    for _ in range(8):
        await home.after()
    assert home.written == {"lte": L1}
    assert home.reason(LTE) is Reason.NO_ADDRESS

    cloudflare, zone = home.updater.simulator.cloudflare, home.updater.zone
    for record in cloudflare.records(zone):
        cloudflare.delete_record(zone, record["id"])
    await home.after(full_sync=True)
    assert home.written == {}
    assert {home.reason(FIBRE), home.reason(LTE)} == {Reason.NO_ADDRESS}


@pytest.mark.parametrize("values", [{PORT: "off"}, {"sensor.fibre": NO_ADDRESS}])
async def test_the_zone_is_not_read_again_for_a_last_record(
    home: Home, values: dict[str, str]
) -> None:
    """While both lines are down there is nothing to delete, whatever says so."""
    home.sources.values |= {"sensor.lte": NO_ADDRESS, **values}
    for _ in range(3):
        await home.after()
        assert home.updater.requests == []

    home.updater.state = State()
    await home.after()
    assert home.updater.requests == [LIST]
    await home.after()
    assert home.updater.requests == []


@pytest.mark.parametrize("address", [L1, L2])
async def test_the_zone_is_not_read_again_while_the_other_record_is_paused(
    home: Home, address: str
) -> None:
    """Nobody watches it, so the name does not lose the record of a line that is down."""
    fibre, lte = home.updater.managed_records
    home.updater.managed_records = [fibre, replace(lte, is_paused=True)]
    await home.after()
    home.report(NO_ADDRESS, address)
    for _ in range(3):
        await home.after()
        assert (home.written, home.updater.requests) == ({"fibre": F1, "lte": L1}, [])


async def test_a_field_that_does_not_take_keeps_no_record_of_a_line_that_is_down(
    home: Home,
) -> None:
    """The other record has its address, so the name does not need the old one."""
    home.updater.managed_records = [
        replace(record, policy=Policy(create=True, proxied=True))
        for record in home.updater.managed_records
    ]
    home.updater.simulator.faults.add(
        "cloudflare", BATCH, kind="ignored_fields", fields=("proxied",)
    )
    home.report(F1, L2)
    for _ in range(5):
        await home.after()
    assert home.reason(LTE) is Reason.NOT_APPLIED
    assert home.updater.requests == []

    home.sources.values[PORT] = "off"
    await home.after()
    assert home.written == {"lte": L2}


async def test_a_record_with_one_source_does_not_go_with_a_line(home: Home) -> None:
    """It follows the same modem, and what happens to it meanwhile is an external change."""
    key = RecordKey(HostName("www.example.com"), Family.IPV4)
    www = replace(home.record(LTE), record_key=key)
    home.updater.managed_records = [*home.updater.managed_records, www]
    await home.after()
    home.report(F1, NO_ADDRESS)
    cloudflare, zone = home.updater.simulator.cloudflare, home.updater.zone
    await home.after()
    (record,) = (r for r in cloudflare.records(zone) if r["name"] == key.name)
    cloudflare.delete_record(zone, record["id"])
    await home.after(full_sync=True)

    home.report(F1, L1)
    back = await home.after()
    assert types(back) == [EventType.CREATED, EventType.DRIFT_CORRECTED]


async def test_a_record_is_deleted_once_another_one_is_right(home: Home) -> None:
    """A new address is written first, and read again, before the record of the other line goes."""
    home.sources.values[PORT] = "off"
    home.report(F1, L2)

    await home.after(0)
    assert home.written == {"fibre": F1, "lte": L1}
    await home.after()
    assert home.written == {"fibre": F1, "lte": L2}
    await home.after()
    assert home.written == {"lte": L2}


@pytest.mark.parametrize("fault", [DELETE, BATCH], ids=["a deletion", "a change"])
async def test_a_refusal_while_a_line_is_down_waits_for_a_full_sync(home: Home, fault: str) -> None:
    """The zone is not read in every update, as long as nothing can be deleted."""
    faults = home.updater.simulator.faults
    for endpoint in (fault, "PATCH *"):
        faults.add("cloudflare", endpoint, kind="error", status=400, code=9003)
    home.report(F1, L1 if fault == DELETE else L2)
    for _ in range(4):
        await home.after()
    home.sources.values[PORT] = "off"
    await home.after()

    assert types(await home.after()) == []
    assert (home.written, home.updater.requests) == ({"fibre": F1, "lte": L1}, [])

    faults.clear()
    for _ in range(2):
        await home.after(full_sync=True)
    assert [*home.written] == ["lte"]
    assert home.reason(FIBRE) is Reason.CONNECTION_DOWN


async def test_the_only_record_goes_to_a_line_that_is_up(home: Home, zone: Zone) -> None:
    """Else the address of a line that is down stayed under the name for as long as it is down."""
    cloudflare = home.updater.simulator.cloudflare
    for record in cloudflare.records(zone):
        cloudflare.delete_record(zone, record["id"])
    comment = Ownership(HOME_ID).comment()
    cloudflare.add_record(zone, type="A", name=NAME, content=F1, comment=comment)
    home.updater.state = State()
    home.sources.values[PORT] = "off"

    await home.after()
    await home.after()

    assert home.written == {"lte": L1}
    assert home.updater.requests == []


async def test_the_only_record_of_a_line_is_deleted_when_that_goes_down(
    home: Home, zone: Zone
) -> None:
    """Though its comment does not name the line: it has the address that the line had."""
    cloudflare = home.updater.simulator.cloudflare
    (record,) = (r for r in cloudflare.records(zone) if r["content"] == F1)
    cloudflare.edit_record(zone, record["id"], comment=Ownership(HOME_ID).comment())
    home.report(None, L1)
    await home.after(full_sync=True)
    assert F1 in home.written.values()

    home.report(NO_ADDRESS, L1)
    await home.after()

    assert home.written == {"lte": L1}


async def test_a_record_that_cannot_be_written_fails_with_the_address_of_its_line(
    home: Home,
) -> None:
    """Not with that of the home."""
    home.report(F1, L2)
    home.sources.advance(60)
    await home.updater.update(may_call_api=False)
    home.updater.simulator.faults.add("cloudflare", LIST, kind="html", times=9)
    (failed,) = (event for event in (await home.after()).events if event.record_key)
    assert (failed.type, failed.connection, failed.reason) == (EventType.FAILED, "lte", "unread")
    assert (str(failed.from_ip), str(failed.to_ip)) == (L1, L2)


async def test_a_deletion_without_a_response_is_read_again(home: Home) -> None:
    """It may have happened; then it is no external change."""
    home.updater.simulator.faults.add("cloudflare", DELETE, kind="lost_response")
    home.sources.values[PORT] = "off"

    assert (await home.after()).deletions == ()
    assert not home.updater.state.is_converged
    await home.after()
    assert home.reason(FIBRE) is Reason.CONNECTION_DOWN
    home.sources.values[PORT] = "on"
    assert types(await home.after()) == [EventType.CREATED]


async def test_going_back_to_one_record(home: Home) -> None:
    """One of the records stays, with the usual comment, and the others are deleted."""
    source = home.record(LTE).source
    home.updater.managed_records = [
        replace(managed(NAME, policy=Policy(create=True)), source=source)
    ]
    home.updater.state = State()

    await home.after()

    assert home.written == {"Managed by Raindrop for Home Assistant (home 3f9a1c2b": L1}
    assert home.updater.state.record(ONLY).is_in_sync


async def test_a_removed_line_loses_its_record(home: Home) -> None:
    """Once another one is right."""
    home.updater.managed_records = home.updater.managed_records[:1]
    home.report(None, None)
    await home.after(full_sync=True)
    assert home.written == {"fibre": F1, "lte": L1}

    home.report(F1, None)
    await home.after(full_sync=True)
    assert home.written == {"fibre": F1}


async def test_two_lines_with_one_address(home: Home) -> None:
    """Nothing is written or deleted for the second one, nor is the zone read again and again."""
    home.report(L1, L1)
    await home.after()
    await home.after()

    assert home.written == {"fibre": F1, "lte": L1}
    assert home.reason(FIBRE) is Reason.SAME_ADDRESS
    await home.after()
    assert home.updater.requests == []
    home.report(F1, L1)
    await home.after()
    await home.after()
    assert (home.reason(FIBRE), home.updater.state.is_converged) == (None, True)


@pytest.mark.parametrize("of_lte", ["2001:218:9:2::1", "2001:218:9::1/56"])
async def test_an_address_of_this_host_in_the_network_of_another_line(
    updater: ZoneUpdater, sources: FakeSources, of_lte: str
) -> None:
    """When the way out moves there, it is no new address of the line that this host used."""
    moved = "2001:218:9:2::5"
    fibre, lte = (key._replace(family=Family.IPV6) for key in (FIBRE, LTE))
    modem = Source(
        Family.IPV6, SourceKind.ENTITY, entity="sensor.lte", meaning=Meaning.OTHER_CONNECTION
    )
    updater.managed_records = [
        ManagedRecord(record_key=key, source=source, policy=Policy(create=True))
        for key, source in ((fibre, LOCAL), (lte, modem))
    ]
    sources.values |= {"": ip_address(HOME_V6), "sensor.lte": of_lte}
    updater.simulator.ip.set_address(HOME_V6)
    await updater.update()
    sources.values[""] = ip_address(moved)
    updater.simulator.ip.set_address(moved)
    for _ in range(3):
        sources.advance(60)
        await updater.update()

    contents = [r["content"] for r in updater.simulator.cloudflare.records(updater.zone)]
    assert HOME_V6 in contents
    assert moved not in contents
    assert updater.state.record(fibre).reason is Reason.SAME_ADDRESS


@pytest.mark.parametrize("port", ["on", "off"], ids=["silent", "its binary sensor is off"])
@pytest.mark.parametrize("lte", [L1, None], ids=["known", "last known"])
async def test_a_line_that_this_host_uses_again_is_no_flapping(
    home: Home, port: str, lte: str | None
) -> None:
    """However often it was down that day, its record is there again at once."""
    updater, ip = home.updater, home.updater.simulator.ip
    updater.managed_records = [
        replace(home.record(FIBRE, PORT), source=HERE),
        home.record(LTE),
    ]
    home.report(None, lte)
    for _ in range(8):
        ip.set_address(L1)
        home.sources.values[PORT] = port
        for _ in range(15):
            await home.after(5)

        ip.set_address(F1)
        home.sources.values[PORT] = "on"
        for _ in range(15):
            await home.after(5)
            assert (home.reason(FIBRE), home.written) == (None, {"fibre": F1, "lte": L1})


async def test_two_addresses_of_a_line_in_turn_are_flapping(home: Home) -> None:
    """If neither is that of another line."""
    ip = home.updater.simulator.ip
    home.updater.managed_records = [replace(home.record(FIBRE), source=HERE), home.record(LTE)]
    for address in (F1, F2, F1):
        ip.set_address(address)
        await home.after(60)

    assert home.written == {"fibre": F2, "lte": L1}
    assert home.reason(FIBRE) is Reason.FLAPPING


async def test_a_text_with_the_address_of_a_line_follows_that_line(home: Home, zone: Zone) -> None:
    """Though another one had it before: what was known of the only record is now known of it."""
    updater, cloudflare = home.updater, home.updater.simulator.cloudflare
    updater.managed_records = [
        replace(record, text_names=frozenset({NAME})) for record in updater.managed_records
    ]
    cloudflare.add_record(zone, type="TXT", name=NAME, content=f'"v=spf1 ip4:{F1} -all"')
    known = RecordState(last_address=ip_address(F1), text_addresses={ip_address(F1): None})
    updater.state = State(records={LTE: known})

    for fibre in (F1, F1, None, F2, F2):
        home.report(fibre, L1)
        await home.after(full_sync=True)
        assert (home.reason(FIBRE), home.reason(LTE)) == (None, None)

    assert updater.contents[f"TXT {NAME}"] == f'"v=spf1 ip4:{F2} -all"'


async def test_the_preview_shows_what_is_deleted(home: Home) -> None:
    """A dry run says so, and does nothing."""
    home.sources.values[PORT] = "off"
    updater = home.updater
    listing = await updater.client.list_records(updater.config.zone_id)

    shown = await preview(updater.detector, updater.config, listing, updater.state)

    assert shown.plan.deletions == (
        Deletion(record_key=FIBRE, record=updater.state.record(FIBRE).record or listing[0]),
    )
    assert home.written == {"fibre": F1, "lte": L1}


async def test_two_homes_share_a_name(home: Home, zone: Zone) -> None:
    """Neither touches the record of the other, and each can be alone."""
    other = Ownership(HomeId("00c0ffee")).comment(ConnectionId("cabin"))
    cloudflare = home.updater.simulator.cloudflare
    cloudflare.add_record(zone, type="A", name=NAME, content="81.2.71.1", comment=other)
    home.updater.managed_records = home.updater.managed_records[:1]

    home.report(F2, None)
    await home.after(full_sync=True)
    await home.after(full_sync=True)
    assert home.written == {"fibre": F2, "cabin": "81.2.71.1"}
    home.report(NO_ADDRESS, None)
    await home.after(full_sync=True)

    assert home.written == {"fibre": F2, "cabin": "81.2.71.1"}
