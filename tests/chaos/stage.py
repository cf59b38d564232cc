"""The stage: a house, the world around it, a stranger, and a program to play."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import json
import logging

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.raindrop.ddns import cloudflare, web
from lab import Lab
from lab.journal import Service
from lab.sources import web_sources
from tests.secrets import TOKEN

from .beliefs import Beliefs
from .calm import Calm
from .clock import Clock
from .house import House
from .said import Said
from .stranger import Stranger
from .watch import LogWatch, ZoneWatch
from .wishes import Sources
from .words import CYCLE_S, ROUTED, TWINS, ZONES, BrokenPromiseError, Deed, Program, Step, furniture
from .world import World


class Stage:
    """Everybody who takes part, and the watch over them."""

    def __init__(self, lab: Lab, clock: Clock) -> None:
        """Put everybody into their place."""
        self.clock = clock
        self.log = LogWatch()
        self._lab = lab
        self._said = Said(clock)
        self._sources = Sources(lab.ip.services)
        self.beliefs = Beliefs(clock, self._said, self._sources)
        self.world = World(lab, self._said)
        self.stranger = Stranger(lab, self.world.watches)
        self.house = House(lab, clock, self.world, self.stranger, self.beliefs, self._sources)
        self._calm = Calm(lab, clock, self.world, self.stranger, self.house)
        own: Mapping[str, Deed] = {
            "passes": self._passes,
            "clock_is_put": self._clock_is_put,
            "flaps": self._flaps,
            "meanwhile": self._meanwhile,
            "ends": self._ends,
        }
        self._deeds: Mapping[str, Deed] = {
            **self.world.deeds,
            **self.house.deeds,
            **self.stranger.deeds,
            **own,
        }

    @property
    def writes(self) -> int:
        """How many records Raindrop wrote."""
        return sum(watch.writes for watch in self.world.watches.values())

    async def open(self) -> None:
        """Build two zones with strangers' records, and set them up."""
        self._lab.cloudflare.add_token(TOKEN)
        for name in ZONES:
            zone = self._lab.cloudflare.add_zone(name)
            watch = ZoneWatch(zone, self._said, self._sources, self.beliefs)
            watch.retiring = self.house.retiring[name]
            self.world.watches[name] = watch
            self.stranger.furnishes(name, furniture(name))
        self.house.wishes[ROUTED].choices["ipv4"] = ["entity", "router"]
        both = {"families": ["ipv4", "ipv6"]}
        self.house.wants("example.com", "home.example.com", {"ttl": "seconds", "ttl_s": 120})
        self.house.wants("example.com", "www.example.com", {**both, "proxied": "on"})
        self.house.wants("example.com", TWINS, {**both, "pinned": 1})
        self.house.wants("example.org", "vpn.example.org", {**both, "host_part": "::1234:5678"})
        away = {"ipv4": ["alone", "modem"], "ipv6": ["inherited"]}
        self.house.wants("example.org", "home.example.org", {"sources": away})
        await self.world.is_honest()
        self._begin_step()
        await self.clock.see_out(self.house.start())
        await self.clock.settle()
        self._end_step(["opens"])

    async def play(self, steps: Program) -> None:
        """Take every step, and look after each whether all promises were kept."""
        for step in steps:
            self._begin_step()
            await self.clock.see_out(self._do(step))
            await self.clock.settle()
            self._end_step(step)

    async def calms_down(self) -> None:
        """See everything put right when all is over."""
        for phase in (self._calm.begins, self._calm.lasts):
            self._begin_step()
            await phase()
            self._end_step([phase.__name__])
        await self._calm.keeps_secrets()

    async def close(self) -> None:
        """Take everything down."""
        self._lab.faults.clear()
        await self.clock.see_out(self.house.stop())
        await self.clock.see_out(self._lab.stop())

    async def _do(self, step: Step) -> None:
        """Take one step."""
        name, *details = step
        await self._deeds[str(name)](*details)

    def _begin_step(self) -> None:
        """Look at the house before a step."""
        self._said.begin_step()
        self.beliefs.begin_step()
        self._lab.log.clear()
        for name, watch in self.world.watches.items():
            watch.begin_step(self.house.wishes[name].slots())

    def _end_step(self, step: Step) -> None:
        """Look at the house after a step."""
        for name in ZONES:
            if step[0] in {"opens", "restarts", "reloads"} or self.house.coordinator(name):
                self.house.is_heard(name)
        broken = [promise for watch in self.world.watches.values() for promise in watch.end_step()]
        broken += self.beliefs.broken
        broken += self.log.broken
        broken += [f"an odd request: {surprise}" for surprise in self._lab.log.surprises]
        if broken:
            raise BrokenPromiseError(f"after {json.dumps(step)}: {'; '.join(broken)}")

    # What concerns everybody

    async def _passes(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        self.clock.passes(seconds)

    async def _clock_is_put(self, seconds: float) -> None:
        """Put the clock on the wall forward or back."""
        self.beliefs.clock_is_put()
        self.clock.put(seconds)

    async def _ends(self, put_s: float, slow: Mapping[Service, float]) -> None:
        """Let the last thing before the calm be a move, and perhaps a clock that is put."""
        self.beliefs.clock_is_put()
        await self._calm.ends(put_s, slow)

    async def _flaps(self, says: list[Step], pauses: list[float]) -> None:
        """Let somebody say one thing and then another, again and again."""
        for number, pause in enumerate(pauses):
            await self._do(says[number % len(says)])
            await self.clock.settle()
            self.clock.passes(pause)
            await self.clock.settle()

    async def _meanwhile(
        self,
        target: str,
        is_lost: bool,  # noqa: FBT001
        begins: Step,
        inner: Step,
    ) -> None:
        """Let something happen while a request is under way that was carried out already."""
        service: Service = "ip" if target == "ip" else "cloudflare"
        where = "*" if target == "ip" else target
        faults = [self._lab.faults.add(service, where, kind="hold", times=1)]
        if is_lost:
            faults.append(self._lab.faults.add(service, where, kind="lost_answer", times=1))
        await self._do(begins)
        self.clock.passes(CYCLE_S)
        hass = self.house.hass
        rest = asyncio.create_task(hass.async_block_till_done(wait_background_tasks=True))
        _ = await self.clock.comes_to_rest(rest)
        happens = asyncio.create_task(self._do(inner))
        _ = await self.clock.comes_to_rest(happens)
        for fault in faults:
            self._lab.faults.remove(fault)
        await self.clock.see_out(happens)
        await self.clock.see_out(rest)


@asynccontextmanager
async def stage(freezer: FrozenDateTimeFactory) -> AsyncIterator[Stage]:
    """Open a house, pointed at a lab of its own; close both whatever happened."""
    logger = logging.getLogger()
    async with Lab() as lab:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(cloudflare.BASE_URL_VARIABLE, lab.cloudflare.base_url)
            patch.setattr(web, "WEB_SOURCES", web_sources(lab.ip.services))
            opened = Stage(lab, Clock(lab.log, freezer, patch))
            logger.addHandler(opened.log)
            try:
                await opened.open()
                yield opened
            finally:
                await opened.close()
                logger.removeHandler(opened.log)


async def play(steps: Program, freezer: FrozenDateTimeFactory) -> Stage:
    """Play a program to its end and see the house come to rest.

    Raises BrokenPromiseError if Raindrop breaks a promise.
    """
    async with stage(freezer) as opened:
        await opened.play(steps)
        await opened.calms_down()
    return opened
