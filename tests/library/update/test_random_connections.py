"""Two homes with two lines each under one name: up, down, silent, lying, with faults and crashes.

A third party has records there as well. Whatever happens, its records stay as they are,
and neither home ever loses its last record.
"""

from asyncio import create_task, gather, sleep
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import HomeId, HostName, Policy, RecordKey
from custom_components.raindrop.ddns.sources import (
    ConnectionId,
    Family,
    Meaning,
    Source,
    SourceKind,
)
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update import UpdateOptions, update_zone
from custom_components.raindrop.ddns.zone_config import ManagedRecord, ZoneConfig
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.library.builders import zone_id
from tests.library.fake_sources import FakeSources, new_detector
from tests.secrets import TOKEN

STEPS = 300
STEP_S = 300
NAME = HostName("shared.example.com")
LINES = (ConnectionId("fibre"), ConnectionId("lte"))
DOWN = "0.0.0.0"  # noqa: S104 - what a modem reports, not where to listen
SILENT = (None, "unavailable", "unknown")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "error", "status": 400, "code": 9999},
    {"kind": "rate_limit", "retry_after": 60},
    {"kind": "spurious_403"},
    {"kind": "html"},
    {"kind": "reset"},
    {"kind": "lost_response"},
    {"kind": "truncated"},
    {"kind": "ignored_fields", "fields": ("content",)},
    {"kind": "ignored_fields", "fields": ("comment",)},
)
TARGETS = ("*", "GET *", "POST *", "PATCH *", "DELETE *")


@dataclass
class LineHome:
    """A home with two lines and what it knows."""

    id: HomeId
    network: str
    client: CloudflareClient
    sessions: Mapping[Family, ClientSession]
    zone: Zone
    rng: Random
    sources: FakeSources = field(default_factory=FakeSources)

    def __post_init__(self) -> None:
        """Begin while both lines are up, without any state."""
        self.number = 0
        self.down: set[ConnectionId] = set()
        """The lines that said that they are down since the last update that ended."""
        self.state = State()
        for line in LINES:
            self.sources.values[self.port(line)] = "on"
            self.gets_address(line)
        self.start()

    def port(self, line: ConnectionId) -> str:
        """Return the binary sensor of a line."""
        return f"binary_sensor.{line}"

    def gets_address(self, line: ConnectionId) -> None:
        """Let a line report an address that nobody had before."""
        self.number += 1
        address = f"{self.network}.{self.number // 250}.{self.number % 250 + 1}"
        self.sources.values[f"sensor.{line}"] = address

    def start(self) -> None:
        """Begin with what a restart leaves."""
        self.detector = new_detector(self.sessions, ddns.PROVIDERS, self.sources)
        records = {
            key: RecordState(
                last_address=record.last_address,
                sent_addresses=record.sent_addresses,
                last_attributes=record.last_attributes,
                external_changes=record.external_changes,
            )
            for key, record in self.state.records.items()
        }
        self.state = State(records=records)

    def happens(self, *, may_lie: bool) -> None:
        """Let something happen to a line."""
        line, values = self.rng.choice(LINES), self.sources.values
        what = self.rng.choice(("address", "up", "silent", "down", "off", "on", "lie", "nothing"))
        if what == "address" or (what == "up" and values[f"sensor.{line}"] in (*SILENT, DOWN)):
            self.gets_address(line)
        elif what == "silent":
            values[f"sensor.{line}"] = self.rng.choice(SILENT)
        elif what == "down":
            values[f"sensor.{line}"] = DOWN
        elif what in {"off", "on"}:
            values[self.port(line)] = self.rng.choice((what, "unavailable"))
        elif what == "lie" and may_lie:
            values[f"sensor.{line}"] = values[f"sensor.{self.rng.choice(LINES)}"]
        for each in LINES:
            if values[f"sensor.{each}"] == DOWN or values[self.port(each)] == "off":
                self.down.add(each)

    def recovers(self) -> None:
        """Let both lines be up."""
        for line in LINES:
            self.sources.values[self.port(line)] = "on"
            self.gets_address(line)

    async def update(self, *, full_sync: bool = False) -> None:
        """Run an update."""
        records = [
            ManagedRecord(
                record_key=RecordKey(NAME, Family.IPV4, line),
                source=Source(
                    Family.IPV4,
                    SourceKind.ENTITY,
                    entity=f"sensor.{line}",
                    meaning=Meaning.OTHER_CONNECTION,
                ),
                policy=Policy(create=True),
                up_sensor=self.port(line),
            )
            for line in LINES
        ]
        config = ZoneConfig(
            zone_id=zone_id(self.zone),
            zone_name=HostName(self.zone.name),
            home_sources=[],
            managed_records=records,
        )
        options = UpdateOptions(full_sync=full_sync)
        self.state, _ = await update_zone(self.client, self.detector, config, self.state, options)

    async def crashes(self) -> None:
        """Run an update that is cut off anywhere, and start again."""
        task = create_task(self.update(full_sync=True))
        for _ in range(self.rng.randrange(120)):
            await sleep(0)
        task.cancel()
        with suppress(BaseException):
            await task
        self.start()


def records(simulator: Simulator, zone: Zone) -> dict[str, dict[str, Any]]:
    """Return the records under the name, by their ids."""
    found = simulator.cloudflare.records(zone)
    return {record["id"]: record for record in found if record["name"] == NAME}


def owned(found: Mapping[str, dict[str, Any]], home: LineHome) -> dict[str, ConnectionId]:
    """Return the records of a home, and which line each belongs to."""
    comments = {Ownership(home.id).comment(line): line for line in LINES}
    return {
        id_: comments[record["comment"]]
        for id_, record in found.items()
        if record["comment"] in comments
    }


async def check_recovery(simulator: Simulator, home: LineHome) -> None:
    """When all is well, each line soon has exactly its record, and nothing is requested."""
    home.recovers()
    for _ in range(4):
        home.sources.advance(STEP_S)
        await home.update(full_sync=True)
    simulator.log.clear()
    home.sources.advance(STEP_S)
    await home.update()
    assert simulator.log.select(service="cloudflare") == []
    found = records(simulator, home.zone)
    shown = sorted((line, found[id_]["content"]) for id_, line in owned(found, home).items())
    assert shown == [(line, home.sources.values[f"sensor.{line}"]) for line in LINES]


@pytest.mark.parametrize("may_lie", [False, True], ids=["honest", "lying"])
@pytest.mark.parametrize("seed", range(3))
async def test_no_home_loses_its_last_record(
    simulator: Simulator,
    sessions: Mapping[Family, ClientSession],
    zone: Zone,
    seed: int,
    *,
    may_lie: bool,
) -> None:
    """Nor does a record of others change; what is silent loses nothing."""
    rng, url, session = Random(seed), simulator.cloudflare.base_url, sessions[Family.IPV4]
    homes = [
        LineHome(
            HomeId(id_),
            network,
            CloudflareClient(
                session, ApiToken(TOKEN), ownership=Ownership(HomeId(id_)), base_url=url
            ),
            sessions,
            zone,
            rng,
        )
        for id_, network in (("3f9a1c2b", "81.2"), ("00c0ffee", "81.3"))
    ]
    comments = (None, "a web server", "Managed by Raindrop for Home Assistant, once")
    for number, comment in enumerate(comments):
        fields = {"type": "A", "name": NAME, "content": f"81.4.0.{number + 1}"}
        simulator.cloudflare.add_record(zone, comment=comment, **fields)
    others = records(simulator, zone)
    for _ in range(2):
        for home in homes:
            await home.update(full_sync=True)
            home.sources.advance(STEP_S)

    for _ in range(STEPS):
        before = records(simulator, zone)
        for home in homes:
            home.happens(may_lie=may_lie)
            home.sources.advance(STEP_S)
        if rng.random() < 1 / 3:
            times = rng.randrange(1, 3)
            simulator.faults.add(
                "cloudflare", rng.choice(TARGETS), times=times, **rng.choice(FAULTS)
            )
        if rng.random() < 1 / 6:
            await rng.choice(homes).crashes()
        full_sync = rng.random() < 1 / 4
        await gather(*(home.update(full_sync=full_sync) for home in homes))
        simulator.faults.clear()

        found = records(simulator, zone)
        assert {id_: found.get(id_) for id_ in others} == others
        for home in homes:
            had, has = owned(before, home), owned(found, home)
            assert has
            lost = set(had.values()) - set(has.values())
            assert may_lie or lost <= home.down
            values = home.sources.values
            home.down = {
                line
                for line in LINES
                if values[f"sensor.{line}"] == DOWN or values[home.port(line)] == "off"
            }

    for home in homes:
        await check_recovery(simulator, home)
    assert {id_: records(simulator, zone)[id_] for id_ in others} == others
