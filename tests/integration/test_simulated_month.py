"""A simulated month: whatever happens, the records follow, and no wrong address is written.

Time is simulated. Around each incident it advances in steps of a cycle or less,
otherwise in steps of an hour, each of which is one update. Where the connection
is watched, the first part of each step advances from timer to timer.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging
from random import Random
from statistics import median
import sys
from typing import Literal

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.raindrop.const import FULL_SYNC_INTERVAL, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator, StunFault
from simulator.cloudflare import Zone
from tests.conftest import HOME
from tests.simulated_time import watch_by_simulator

from .builders import domain, set_up
from .conftest import BATCH, LIST, USER_TOKEN, ZONE, Clock
from .router_entities import Router, contents, lines, written

MONTH = timedelta(days=30)
NAMES = ("home.example.com", "www.example.com")
FOREIGN = "81.2.69.1"
PROVIDERS = ("cloudflare", "ipify", "ident.me", "amazon", "home-assistant")
BROKEN = ("html", "reset", "status", "garbled", "truncated", "cut", "lost_response", "error")
FREQUENCIES = {
    "change": 200,
    "reboot": 40,
    "outage": 20,
    "flap": 12,
    "drift": 25,
    "wrong_response": 15,
    "rate_limit": 6,
}
"""How often each incident happens in the month."""
type Connection = Literal["polled", "router", "watched", "blocked"]
"""Whether the home has a router, and whether probes are sent and answered."""
DELAYS_S: dict[Connection, int] = {"polled": 305, "router": 0, "watched": 25, "blocked": 305}
"""How long a new address may stay unnoticed, by steps of five seconds."""
STEP = timedelta(seconds=5)
WATCHED_SPAN = timedelta(seconds=40)
"""Longer than there is between two probes, and than it takes to notice an outage."""


class Home:
    """A home with its present address, and the number of requests that it may cost."""

    def __init__(
        self, simulator: Simulator, clock: Clock, random: Random, connection: Connection
    ) -> None:
        """Begin with no requests allowed."""
        self.simulator = simulator
        self.clock = clock
        self.random = random
        self.is_probing = connection in ("watched", "blocked")
        self.router: Router | None = None
        self.address = HOME
        self.is_up = True
        self.delays_s: list[float] = []
        """After how long the records had each new address."""
        self.counts: Counter[str] = Counter()
        self.allowed: Counter[str] = Counter()

    def another(self) -> str:
        """Return another address, most likely a new one."""
        return f"81.2.{self.random.randint(64, 127)}.{self.random.randint(2, 250)}"

    def span(self, low_s: int, high_s: int) -> timedelta:
        """Return a random duration."""
        return timedelta(seconds=self.random.randint(low_s, high_s))

    def allow(self, *, detections: int = 0, writes: int = 0) -> None:
        """Allow more requests; each write has a list before it."""
        self.allowed.update({"detections": detections, "lists": writes, "batches": writes})

    async def report(self, text: str) -> None:
        """Change the state of the router, if there is one."""
        if self.router:
            await self.router.reports(text)
        self.check()

    async def change_address(self, address: str) -> None:
        """Change the address of the home."""
        self.address = address
        self.allow(detections=1, writes=1)
        if self.is_up:
            self.simulator.ip.set_address(address)
            await self.report(address)

    async def disconnect(self) -> None:
        """Lose the connection."""
        self.is_up = False
        self.simulator.ip.set_address(None)
        self.simulator.cloudflare.reachable = False
        await self.report(STATE_UNAVAILABLE)

    async def connect(self) -> None:
        """Restore the connection."""
        self.is_up = True
        self.simulator.ip.set_address(self.address)
        self.simulator.cloudflare.reachable = True
        # The zone may be read now if it could not be before.
        self.allow(detections=1, writes=1)
        await self.report(self.address)

    async def passes(self, span: timedelta) -> None:
        """Let time pass; without a router an update asks one provider."""
        self.allow(detections=0 if self.router else 1)
        watched = min(span, WATCHED_SPAN) if self.is_probing else timedelta()
        await self.clock.advances(watched)
        if span > watched:
            await self.clock.passes(span - watched)
        self.check()

    async def follows(self) -> None:
        """Let time pass until the records have the address, a cycle at most."""
        self.allow(detections=0 if self.router else 1)
        changed_at = dt_util.utcnow()
        while not self.is_in_sync() and dt_util.utcnow() - changed_at <= UPDATE_INTERVAL:
            await self.clock.advances(STEP)
        self.delays_s.append((dt_util.utcnow() - changed_at).total_seconds())
        self.check()

    async def cycle(self) -> None:
        """Let a cycle pass."""
        await self.passes(UPDATE_INTERVAL)

    def check(self) -> None:
        """Fail if any address other than the present one was written."""
        assert set(written(self.simulator)) <= {self.address}
        assert self.simulator.log.surprises == []
        self.counts.update(
            {
                "detections": self.simulator.log.count(service="ip"),
                "lists": self.simulator.log.count(endpoint=LIST),
                "batches": self.simulator.log.count(endpoint=BATCH),
                "public": self.simulator.log.count(service="doh"),
                "tokens": self.simulator.log.count(endpoint=USER_TOKEN),
                "zones": self.simulator.log.count(endpoint=ZONE),
                "all": len(self.simulator.log.entries),
            }
        )
        self.simulator.log.clear()

    def is_in_sync(self) -> bool:
        """Return whether all records have the present address."""
        found = contents(self.simulator)
        return all(found.get(name) == self.address for name in NAMES)


async def change(home: Home) -> None:
    """A new address is written at once with a router, otherwise within a cycle."""
    await home.passes(home.span(1, 299))
    # Which ends just after a probe.
    await home.clock.advances(home.span(0, 15))
    await home.change_address(home.another())
    await home.follows()
    assert home.is_in_sync()


async def reboot(home: Home) -> None:
    """The connection is down for minutes, often with another address afterwards."""
    await home.disconnect()
    left_s = home.random.randint(60, 20 * 60)
    while left_s > 0:
        await home.passes(timedelta(seconds=min(left_s, 300)))
        left_s -= 300
    if home.random.random() < 0.5:
        await home.change_address(home.another())
    await home.connect()
    if not home.router:
        await home.cycle()
    assert home.is_in_sync()


async def outage(home: Home) -> None:
    """Cloudflare fails while the address changes; afterwards the records follow."""
    home.simulator.faults.add("cloudflare", kind=home.random.choice(BROKEN))
    if home.random.random() < 0.8:
        await home.change_address(home.another())
    for _ in range(home.random.randint(1, 12)):
        home.allow(writes=1)
        await home.cycle()
    home.simulator.faults.clear()
    home.allow(writes=1)
    await home.cycle()
    assert home.is_in_sync()


async def rate_limit(home: Home) -> None:
    """After `Retry-After` has passed the records follow within a cycle."""
    wait_s = home.random.randint(200, 1500)
    home.simulator.faults.add("cloudflare", kind="rate_limit", retry_after=wait_s, times=1)
    await home.change_address(home.another())
    await home.cycle()
    home.simulator.faults.clear()
    home.allow(writes=1)
    for _ in range(wait_s // 300 + 1):
        await home.cycle()
    assert home.is_in_sync()


async def flap(home: Home) -> None:
    """The address flaps; once it is stable for an hour at most the records follow."""
    first, second = home.address, home.another()
    for flip in range(home.random.randint(3, 9)):
        await home.change_address(first if flip % 2 else second)
        await home.passes(home.span(20, 100) if home.router else UPDATE_INTERVAL)
    for _ in range(int(FULL_SYNC_INTERVAL / UPDATE_INTERVAL) + 1):
        await home.cycle()
    assert home.is_in_sync()


async def drift(home: Home) -> None:
    """A record is changed or deleted externally; that is corrected within the hour."""
    records = [r for r in home.simulator.cloudflare.records("example.com") if r["name"] in NAMES]
    record = home.random.choice(records)
    if home.random.random() < 0.3:
        home.simulator.cloudflare.delete_record("example.com", record["id"])
    else:
        home.simulator.cloudflare.edit_record("example.com", record["id"], content=home.another())
    home.allow(writes=1)
    for _ in range(int(FULL_SYNC_INTERVAL / UPDATE_INTERVAL)):
        await home.cycle()
    assert home.is_in_sync()
    # Otherwise the next external change might make the record contested.
    for _ in range(2):
        await home.passes(FULL_SYNC_INTERVAL)


async def wrong_response(home: Home) -> None:
    """One provider, or the router, reports another address; it is not written."""
    home.allow(detections=1, writes=1)
    if home.router and home.random.random() < 0.5:
        await home.report(home.another())
    else:
        home.simulator.ip.set_address(home.another(), provider=home.random.choice(PROVIDERS))
    for _ in range(home.random.randint(1, 6)):
        home.allow(detections=2)
        await home.cycle()
        assert home.is_in_sync()
    if home.random.random() < 0.5:
        await home.change_address(home.another())
        await home.cycle()
        assert home.is_in_sync()
    home.simulator.ip.set_address(home.address)
    await home.report(home.address)


INCIDENTS: dict[str, Callable[[Home], Awaitable[None]]] = {
    "change": change,
    "reboot": reboot,
    "outage": outage,
    "flap": flap,
    "drift": drift,
    "wrong_response": wrong_response,
    "rate_limit": rate_limit,
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("connection", DELAYS_S)
async def test_a_month_of_random_incidents(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    connection: Connection,
) -> None:
    """The records follow in time, no other address is written, no further request is sent.

    With the watch they follow within seconds; while its probes are blocked,
    everything is as without it.
    """
    # The debug log of a month would be huge.
    caplog.set_level(logging.INFO)
    # Debug mode keeps the stack of every callback, which would take most of the time.
    hass.loop.set_debug(False)
    random = Random(2026)
    home = Home(simulator, clock, random, connection)
    if home.is_probing:
        watch_by_simulator(simulator, monkeypatch)
    if connection == "blocked":
        simulator.stun.fault = StunFault.SILENT
    entry = await set_up_home(hass, zone, home, has_router=connection == "router")

    started_at = dt_util.utcnow()
    calendar = sorted(
        (random.uniform(0, 1) * MONTH, name)
        for name, times in FREQUENCIES.items()
        for _ in range(times)
    )
    for offset, name in [*calendar, (MONTH, "")]:
        while (left := started_at + offset - dt_util.utcnow()) > timedelta(seconds=1):
            await home.passes(min(left, FULL_SYNC_INTERVAL))
            assert home.is_in_sync()
        if name:
            await INCIDENTS[name](home)

    hours = (dt_util.utcnow() - started_at) / FULL_SYNC_INTERVAL
    home.allowed["lists"] += int(hours) + 1
    home.allowed["tokens"] += int(hours / 24) + 1
    # The zone itself once a day, and again after a limit.
    home.allowed["zones"] += int(hours / 24) + 1 + FREQUENCIES["rate_limit"]
    # The second opinion of each hour.
    home.allowed["detections"] += int(hours) + 1
    # Two questions with a full sync, and one for each name that was written.
    home.allowed["public"] = 2 * home.counts["lists"] + len(NAMES) * home.counts["batches"]
    totals = {
        "incidents": sum(FREQUENCIES.values()),
        "hours": round(hours),
        **home.counts,
        "probes": simulator.stun.probes.total(),
        "median delay": median(home.delays_s),
        "longest delay": max(home.delays_s),
    }
    record_property("totals", totals)
    sys.stdout.write(f"\n{totals}, allowed {dict(home.allowed)}\n")
    for kind, allowed in home.allowed.items():
        assert home.counts[kind] <= allowed, kind
    assert home.counts["all"] == sum(home.counts[kind] for kind in home.allowed)
    assert max(home.delays_s) <= DELAYS_S[connection]
    assert lines(caplog, logging.ERROR) == []
    (foreign,) = (r for r in simulator.cloudflare.records(zone) if r["name"] not in NAMES)
    assert (foreign["content"], foreign["comment"]) == (FOREIGN, "mail")
    await hass.config_entries.async_unload(entry.entry_id)


async def set_up_home(
    hass: HomeAssistant, zone: Zone, home: Home, *, has_router: bool
) -> RaindropConfigEntry:
    """Set up two domains beside a foreign record, with a router or without."""
    home.simulator.cloudflare.add_record(
        zone, type="A", name="mail", content=FOREIGN, comment="mail", proxied=False
    )
    sources = {}
    if has_router:
        home.router = Router(hass)
        await home.router.reports(HOME)
        sources = {"ipv4": [home.router.source()]}
    entry = await set_up(hass, zone, [domain(name) for name in NAMES], sources=sources)
    home.check()
    home.counts.clear()
    assert home.is_in_sync()
    return entry
