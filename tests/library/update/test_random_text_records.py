"""A thousand changes of texts that two homes share: with faults, restarts, crashes and races."""

from asyncio import gather
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from random import Random
import re
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import HomeId, HostName, Policy, RecordKey
from custom_components.raindrop.ddns.sources import Family, Source
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update import UpdateOptions, update_zone
from custom_components.raindrop.ddns.zone_config import ManagedRecord, ZoneConfig
from devtools.simulated_providers import providers_of
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.library.builders import zone_id
from tests.library.fake_sources import FakeSources, new_detector
from tests.secrets import TOKEN

CHANGES = 1000
STEP_S = 300
SPF, HINTS = "mail.example.com", "svc.example.com"
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "error", "status": 400, "code": 9999},
    {"kind": "error", "status": 400, "code": 9999, "times": 2},
    {"kind": "rate_limit", "retry_after": 60},
    {"kind": "spurious_403"},
    {"kind": "html"},
    {"kind": "reset"},
    {"kind": "lost_response"},
    {"kind": "truncated"},
    {"kind": "ignored_fields", "fields": ("content",)},
    {"kind": "ignored_fields", "fields": ("data",)},
)
TARGETS = ("*", "GET *", "POST /zones/{zone_id}/dns_records/batch")


@dataclass
class TextHome:
    """A home with a connection of its own, and what it knows."""

    name: str
    first_octet: int
    simulator: Simulator
    client: CloudflareClient
    sources: FakeSources
    sessions: Mapping[Family, ClientSession]
    zone: Zone

    def __post_init__(self) -> None:
        """Begin without any state."""
        self.addresses: list[str] = []
        self.stored = self.state = State()
        self.start()

    @property
    def key(self) -> RecordKey:
        """The record of the home."""
        return RecordKey(HostName(f"{self.name}.example.com"), Family.IPV4)

    @property
    def address(self) -> str:
        """The present address."""
        return self.addresses[-1]

    def start(self) -> None:
        """Begin with what is stored, as after a restart or a crash."""
        providers = providers_of(self.simulator.ip.services)
        self.detector = new_detector(self.sessions, providers, self.sources)
        records = {key: self._survives(record) for key, record in self.stored.records.items()}
        addresses = self.stored.public_addresses
        self.state = State(public_addresses=addresses, records=records)

    def _survives(self, record: RecordState) -> RecordState:
        return RecordState(
            last_address=record.last_address,
            last_attributes=record.last_attributes,
            text_addresses=record.text_addresses,
            has_failed=record.has_failed,
        )

    def moves(self) -> None:
        """Get an address that nobody had before."""
        number = len(self.addresses)
        self.addresses.append(f"{self.first_octet}.2.{number // 250}.{number % 250 + 1}")
        self.simulator.ip.set_address(self.address)

    async def save(self, state: State) -> None:
        """Store what has to survive."""
        self.stored = state

    async def update(self, *, full_sync: bool = False) -> None:
        """Run an update, whose state is not stored yet."""
        managed = ManagedRecord(
            record_key=self.key,
            source=Source(Family.IPV4),
            policy=Policy(create=True),
            text_names=frozenset({HostName(SPF), HostName(HINTS)}),
        )
        config = ZoneConfig(
            zone_id=zone_id(self.zone),
            zone_name=HostName(self.zone.name),
            home_sources=[managed.source],
            managed_records=[managed],
        )
        options = UpdateOptions(full_sync=full_sync)
        self.state, _ = await update_zone(
            self.client,
            self.detector,
            config,
            self.state,
            options,
            save=self.save,
        )


@pytest.fixture
async def homes(
    simulator: Simulator, zone: Zone, sessions: Mapping[Family, ClientSession]
) -> AsyncIterator[list[TextHome]]:
    """Return two homes that share a zone."""
    session, sources = sessions[Family.IPV4], FakeSources()
    simulator.cloudflare.now = sources.clock
    async with Simulator() as second:
        yield [
            TextHome(
                name=name,
                first_octet=octet,
                simulator=own,
                client=CloudflareClient(
                    session,
                    ApiToken(TOKEN),
                    base_url=simulator.cloudflare.base_url,
                    ownership=Ownership(HomeId(name * 4)),
                ),
                sources=sources,
                sessions=sessions,
                zone=zone,
            )
            for name, octet, own in (("aa", 81, simulator), ("bb", 82, second))
        ]


class Texts:
    """The texts of the zone, with the addresses of the homes and much else."""

    def __init__(self, rng: Random, simulator: Simulator, homes: list[TextHome]) -> None:
        """Create them with the first addresses of the homes."""
        self._rng, self._simulator, self._homes = rng, simulator, homes
        add, present = simulator.cloudflare.add_record, [home.address for home in homes]
        self._spf = add("example.com", type="TXT", name=SPF, content=self._txt(present))
        value = f"1 . {self._value(present)}"
        self._hints = add("example.com", type="HTTPS", name=HINTS, content=value)
        self._left = add("example.com", type="TXT", name="left", content=f"v=spf1 ip4:{present[0]}")

    def _txt(self, addresses: list[str]) -> str:
        first, second = addresses
        foreign = self._rng.choice(("ip4:83.2.0.1", "mx", "a:x.example", r"exp=\"x", ""))
        split, last = self._rng.choice(("", '" "', '""')), self._rng.randrange(9)
        return f'"v=spf1 {split}{foreign} ip4:{first}/32 ip4:83.2.0.{last} +ip4:{second} -all"'

    def _value(self, addresses: list[str]) -> str:
        first, second = addresses
        alpn, port = self._rng.randrange(4), self._rng.randrange(9)
        return f'alpn="h{alpn}" ipv4hint="83.2.0.1,{first},{second}" port={port}'

    def edit(self) -> None:
        """Change all but the addresses of the homes, as another user does."""
        spf, hints = self.held()
        edit = self._simulator.cloudflare.edit_record
        self._spf = edit("example.com", self._spf["id"], content=self._txt(spf))
        data = {**self._hints["data"], "value": self._value(hints)}
        self._hints = edit("example.com", self._hints["id"], data=data)

    def held(self) -> list[list[str]]:
        """Return the addresses of the homes in both texts."""
        contents = (self._now(text)["content"] for text in (self._spf, self._hints))
        return [re.findall(r"8[12]\.[0-9.]+", content) for content in contents]

    def check(self) -> None:
        """Check that only addresses changed, each to another one of the same home."""
        for addresses in self.held():
            for home, address in zip(self._homes, addresses, strict=True):
                assert address in home.addresses
        for text in (self._spf, self._hints):
            assert self._foreign(self._now(text)) == self._foreign(text)
        assert self._now(self._left) == self._left

    @staticmethod
    def _foreign(record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a record without the addresses of the homes, as text."""
        content = re.sub(r"8([12])\.[0-9.]+", r"\1", record["content"])
        return {**record, "content": content, "data": None, "modified_on": None}

    def _now(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        records = self._simulator.cloudflare.records("example.com")
        return next(found for found in records if found["id"] == record["id"])


def add_fault(rng: Random, simulator: Simulator) -> None:
    """Let a request fail, more often than not."""
    if rng.random() < 0.7:
        fault: dict[str, Any] = {"times": 1, **rng.choice(FAULTS)}
        simulator.faults.add("cloudflare", rng.choice(TARGETS), **fault)


def interrupt(rng: Random, home: TextHome) -> None:
    """Store the state or not, and restart the home or not: not stored, that is a crash."""
    end = rng.random()
    if end < 0.8:
        home.stored = home.state
    if end > 0.6:
        home.start()


async def in_two_updates(homes: list[TextHome]) -> None:
    """Run two updates of each home without a fault."""
    for home in homes * 2:
        await home.update(full_sync=True)
        home.stored = home.state


@pytest.mark.parametrize("seed", range(2))
async def test_a_thousand_changes(simulator: Simulator, homes: list[TextHome], seed: int) -> None:
    """Foreign bytes stay, and each home is right after two updates without a fault."""
    rng = Random(seed)
    for home in homes:
        home.moves()
    await in_two_updates(homes)
    texts = Texts(rng, simulator, homes)
    await in_two_updates(homes)
    while sum(len(home.addresses) for home in homes) < CHANGES // 2:
        if rng.random() < 0.2:
            texts.edit()
        moving = homes if rng.random() < 0.3 else [rng.choice(homes)]
        for _ in range(1 + rng.randrange(3)):
            for home in moving:
                home.moves()
            add_fault(rng, simulator)
            await gather(*(home.update(full_sync=rng.random() < 0.3) for home in moving))
            texts.check()
            for home in homes:
                interrupt(rng, home)
            homes[0].sources.advance(rng.choice((1, STEP_S)))
        simulator.faults.clear()
        await in_two_updates(homes)
        texts.check()
        present = [home.address for home in homes]
        assert texts.held() == [present, present]
        assert [home.state.record(home.key).reason for home in homes] == [None, None]
        simulator.log.clear()
