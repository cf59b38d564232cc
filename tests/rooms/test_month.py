"""A month in the life of a house: whatever happens, DNS is right, and only the truth is written.

Time is simulated. Around each event it goes on in steps of a cycle or less;
where nothing happens, in steps of an hour, of which each is one round.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging
from random import Random
import sys

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.raindrop.const import AUDIT_INTERVAL, UPDATE_INTERVAL
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock
from .routers import Router, contents, lines, written

MONTH = timedelta(days=30)
NAMES = ("home.example.com", "www.example.com")
STRANGER = "81.2.69.1"
OPERATORS = ("cloudflare", "ipify", "ident.me", "amazon", "home-assistant")
BROKEN = ("html", "reset", "status", "garbled", "truncated", "cut", "lost_answer", "error")
EVENTS = {"change": 200, "reboot": 40, "outage": 20, "flap": 12, "edit": 25, "lie": 15, "wait": 6}
"""How often what happens in the month."""


class House:
    """A house, the truth about its address, and what was promised for it."""

    def __init__(self, lab: Lab, clock: Clock, random: Random) -> None:
        """Stand there, with nothing promised yet."""
        self.lab = lab
        self.clock = clock
        self.random = random
        self.router: Router | None = None
        self.truth = HOME
        self.is_up = True
        self.counts: Counter[str] = Counter()
        self.promised: Counter[str] = Counter()

    def another(self) -> str:
        """Return an address that nobody had before, in all likelihood."""
        return f"81.2.{self.random.randint(64, 127)}.{self.random.randint(2, 250)}"

    def span(self, low_s: int, high_s: int) -> timedelta:
        """Return some time."""
        return timedelta(seconds=self.random.randint(low_s, high_s))

    def promise(self, *, look_ups: int = 0, writes: int = 0) -> None:
        """Allow so many requests more, each write with the list before it."""
        self.promised.update({"look-ups": look_ups, "lists": writes, "batches": writes})

    async def tells(self, text: str) -> None:
        """Let the router, if there is one, say something."""
        if self.router:
            await self.router.says(text)
        self.check()

    async def moves(self, address: str) -> None:
        """Let the house have another address, of which the Internet and the router tell."""
        self.truth = address
        self.promise(look_ups=1, writes=1)
        if self.is_up:
            self.lab.ip.set_address(address)
            await self.tells(address)

    async def goes_down(self) -> None:
        """Lose the Internet."""
        self.is_up = False
        self.lab.ip.set_address(None)
        self.lab.cloudflare.reachable = False
        await self.tells(STATE_UNAVAILABLE)

    async def comes_up(self) -> None:
        """Have the Internet again."""
        self.is_up = True
        self.lab.ip.set_address(self.truth)
        self.lab.cloudflare.reachable = True
        # Whoever could not read the zone meanwhile does so now.
        self.promise(look_ups=1, writes=1)
        await self.tells(self.truth)

    async def passes(self, span: timedelta) -> None:
        """Let time pass; a round of a house without a router costs one look-up."""
        self.promise(look_ups=0 if self.router else 1)
        await self.clock.passes(span)
        self.check()

    async def cycle(self) -> None:
        """Let a cycle pass."""
        await self.passes(UPDATE_INTERVAL)

    def check(self) -> None:
        """Fail if anything was written that is not the truth of this very moment."""
        assert set(written(self.lab)) <= {self.truth}
        assert self.lab.log.surprises == []
        self.counts.update(
            {
                "look-ups": self.lab.log.count(service="ip"),
                "lists": self.lab.log.count(endpoint=LIST),
                "batches": self.lab.log.count(endpoint=BATCH),
                "all": len(self.lab.log.entries),
            }
        )
        self.lab.log.clear()

    def is_right(self) -> bool:
        """Return whether DNS tells the truth."""
        found = contents(self.lab)
        return all(found.get(name) == self.truth for name in NAMES)


async def change(house: House) -> None:
    """Another address is in DNS at once with a router, within a cycle without."""
    await house.passes(house.span(1, 299))
    await house.moves(house.another())
    if not house.router:
        await house.cycle()
    assert house.is_right()


async def reboot(house: House) -> None:
    """A router that was away for minutes comes back, often with another address."""
    await house.goes_down()
    left_s = house.random.randint(60, 20 * 60)
    while left_s > 0:
        await house.passes(timedelta(seconds=min(left_s, 300)))
        left_s -= 300
    if house.random.random() < 0.5:
        await house.moves(house.another())
    await house.comes_up()
    if not house.router:
        await house.cycle()
    assert house.is_right()


async def outage(house: House) -> None:
    """Cloudflare fails in one of its ways while the address changes; then DNS follows."""
    house.lab.faults.add("cloudflare", kind=house.random.choice(BROKEN))
    if house.random.random() < 0.8:
        await house.moves(house.another())
    for _ in range(house.random.randint(1, 12)):
        house.promise(writes=1)
        await house.cycle()
    house.lab.faults.clear()
    house.promise(writes=1)
    await house.cycle()
    assert house.is_right()


async def wait(house: House) -> None:
    """Cloudflare asks to be left alone for some time: then a cycle more is all it takes."""
    wait_s = house.random.randint(200, 1500)
    house.lab.faults.add("cloudflare", kind="rate_limit", retry_after=wait_s, times=1)
    await house.moves(house.another())
    await house.cycle()
    house.lab.faults.clear()
    house.promise(writes=1)
    for _ in range(wait_s // 300 + 1):
        await house.cycle()
    assert house.is_right()


async def flap(house: House) -> None:
    """The address goes to and fro: once it stands for two minutes, a cycle is all it takes."""
    here, there = house.truth, house.another()
    for flip in range(house.random.randint(3, 9)):
        await house.moves(here if flip % 2 else there)
        await house.passes(house.span(20, 100) if house.router else UPDATE_INTERVAL)
    await house.passes(timedelta(minutes=2))
    await house.cycle()
    assert house.is_right()


async def edit(house: House) -> None:
    """Somebody else changes or deletes a record: that is put right within the hour."""
    records = [r for r in house.lab.cloudflare.records("example.com") if r["name"] in NAMES]
    record = house.random.choice(records)
    if house.random.random() < 0.3:
        house.lab.cloudflare.delete_record("example.com", record["id"])
    else:
        house.lab.cloudflare.edit_record("example.com", record["id"], content=house.another())
    house.promise(writes=1)
    for _ in range(int(AUDIT_INTERVAL / UPDATE_INTERVAL)):
        await house.cycle()
    assert house.is_right()
    # Whoever does it again and again is another story.
    for _ in range(2):
        await house.passes(AUDIT_INTERVAL)


async def lie(house: House) -> None:
    """One operator, or the router, says something else: nothing is written for it."""
    house.promise(look_ups=1, writes=1)
    if house.router and house.random.random() < 0.5:
        await house.tells(house.another())
    else:
        house.lab.ip.set_address(house.another(), operator=house.random.choice(OPERATORS))
    for _ in range(house.random.randint(1, 6)):
        house.promise(look_ups=2)
        await house.cycle()
        assert house.is_right()
    if house.random.random() < 0.5:
        await house.moves(house.another())
        await house.cycle()
        assert house.is_right()
    house.lab.ip.set_address(house.truth)
    await house.tells(house.truth)


HAPPENINGS: dict[str, Callable[[House], Awaitable[None]]] = {
    "change": change,
    "reboot": reboot,
    "outage": outage,
    "flap": flap,
    "edit": edit,
    "lie": lie,
    "wait": wait,
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("has_router", [False, True], ids=["pages", "router"])
async def test_a_month_of_whatever_may_happen(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
    has_router: bool,  # noqa: FBT001
) -> None:
    """After each event DNS is the truth in time; nothing else was ever written, or asked."""
    # Home Assistant's own account of a month would be longer than the month.
    caplog.set_level(logging.INFO)
    # It takes down the whole stack for every callback: most of the time of this test.
    hass.loop.set_debug(False)
    random = Random(2026)
    house = House(lab, clock, random)
    await keep_house(hass, zone, house, has_router=has_router)

    begun = dt_util.utcnow()
    calendar = sorted(
        (random.uniform(0, 1) * MONTH, name) for name, times in EVENTS.items() for _ in range(times)
    )
    for offset, name in [*calendar, (MONTH, "")]:
        while (left := begun + offset - dt_util.utcnow()) > timedelta(seconds=1):
            await house.passes(min(left, AUDIT_INTERVAL))
            assert house.is_right()
        if name:
            await HAPPENINGS[name](house)

    hours = (dt_util.utcnow() - begun) / AUDIT_INTERVAL
    house.promised["lists"] += int(hours) + 1
    totals = {"events": sum(EVENTS.values()), "hours": round(hours), **house.counts}
    record_property("totals", totals)
    sys.stdout.write(f"\n{totals}, promised {dict(house.promised)}\n")
    for kind, promised in house.promised.items():
        assert house.counts[kind] <= promised, kind
    assert house.counts["all"] == sum(house.counts[kind] for kind in house.promised)
    assert lines(caplog, logging.ERROR) == []
    (stranger,) = (r for r in lab.cloudflare.records(zone) if r["name"] not in NAMES)
    assert (stranger["content"], stranger["comment"]) == (STRANGER, "mail")


async def keep_house(hass: HomeAssistant, zone: Zone, house: House, *, has_router: bool) -> None:
    """Set up two domains beside a stranger's record, with a router or without."""
    house.lab.cloudflare.add_record(
        zone, type="A", name="mail", content=STRANGER, comment="mail", proxied=False
    )
    options = {}
    if has_router:
        house.router = Router(hass)
        await house.router.says(HOME)
        options = {"ipv4": house.router.source()}
    await set_up(hass, zone, [domain(name) for name in NAMES], options=options)
    house.check()
    house.counts.clear()
    assert house.is_right()
