"""Trials: one fault each, in a home where all else is well, with exact expectations.

Every trial ends its fault, and checks that DNS is correct within two updates
afterwards, or within one full sync where only that can notice the change.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

from simulator.request_log import Family

from .connection_trials import ConnectionTrials
from .constants import (
    BATCH,
    CONNECTION_INTERVALS,
    CREATE,
    FULL_SYNC_INTERVALS,
    LATE_ADDRESSES,
    LIST,
    PRIMARY,
    PROBLEM_INTERVALS,
    UPDATE,
)
from .expectations import Expectations
from .fault_generator import ODD_FIELDS
from .model import ManagedRecord, RecordKey
from .record_trials import RecordTrials
from .resource_trials import ResourceTrials
from .scenario import InvariantViolationError
from .world import World
from .zone_trials import ZoneTrials

_FAMILIES: tuple[Family, ...] = (4, 6)
_LONE_PROVIDER = "ident.me"
_MAX_CHANGES_OF_LINES = 6
_SLOW_WRITE_S = 25
"""How long a slow write takes: less than the limit of a request."""


class Trials:
    """Runs one trial by its name."""

    def __init__(self, world: World, expectations: Expectations) -> None:
        """Use the parts of an environment."""
        self._world = world
        self._expectations = expectations
        records = RecordTrials(world, expectations)
        self._trials: Mapping[str, Callable[[], Awaitable[None]]] = {
            "frozen_entities": self._frozen_entities,
            "tunnel": self._tunnel,
            "two_lines": self._two_lines,
            "odd_redirects": self._odd_redirects,
            "silence": self._silence,
            "lone_provider": self._lone_provider,
            "short_list": self._short_list,
            "slow_write": self._slow_write,
            "odd_records": self._odd_records,
            **records.trials,
            **ResourceTrials(world, expectations).trials,
            **ConnectionTrials(world, expectations).trials,
            **ZoneTrials(world, expectations).trials,
        }

    async def run(self, name: str) -> None:
        """Run a trial; `none` has none."""
        if trial := self._trials.get(name):
            await trial()

    # Detection

    async def _frozen_entities(self) -> None:
        """A full sync asks a second voice, so that no frozen entity pins an old address.

        There is none for the entity of a router, whose address is not that of this host.
        """
        await self._move(1, skip_entities=True)
        await self._pass_intervals(FULL_SYNC_INTERVALS)
        of_routers = {
            record_key
            for _, record_key, managed in self._records()
            if managed.source.meaning == "router"
        }
        self._expectations.check_dns(except_for=of_routers)
        await self._end()

    async def _tunnel(self) -> None:
        """Through a tunnel only the router's entities count; without one there is a problem."""
        await self._world.network.set_tunnel("warp_on")
        await self._move(1)
        await self._pass_intervals(PROBLEM_INTERVALS)
        for zone, record_key, managed in self._records():
            reporters = self._reporters(zone, managed)
            if managed.source.kind == "entity":
                self._expectations.check_record(zone, record_key, managed)
            elif "cloudflare" in reporters:
                self._expectations.check_problem_shown(zone, record_key[0])
        await self._end()

    async def _two_lines(self) -> None:
        """Two lines change a record a few times a day at most."""
        network = self._world.network
        for family in _FAMILIES:
            lines = network.addresses[PRIMARY, family], LATE_ADDRESSES[PRIMARY][family][1]
            await network.set_lines([lines[int(digit)] for digit in "011010001101"])
            writes = sum(checker.writes for checker in self._world.checkers.values())
            await self._pass_intervals(2 * FULL_SYNC_INTERVALS)
            written = sum(checker.writes for checker in self._world.checkers.values()) - writes
            count = sum(len(model.managed_records()) for model in self._world.models.values())
            if written > count * _MAX_CHANGES_OF_LINES:
                raise InvariantViolationError(f"two lines: {written} writes of {count} records")
        await network.report_truth()
        await self._pass_intervals(2 * FULL_SYNC_INTERVALS)
        self._expectations.check_dns()

    async def _odd_redirects(self) -> None:
        """A redirect to no URL is the failure of that request alone."""
        add_fault = self._world.faults.add_fault
        await add_fault("ip", "cloudflare", "redirect", None, {"url": "http://["})
        await self._move(1)
        await self._pass_intervals(2)
        for zone, record_key, managed in self._records():
            if len(self._reporters(zone, managed) - {"cloudflare"}) > 1 or (
                managed.source.is_unverifiable
                and "cloudflare" not in self._reporters(zone, managed)
            ):
                self._expectations.check_record(zone, record_key, managed)
        await self._end()
        await add_fault("cloudflare", LIST, "redirect", None, {"url": "https://x:port/"})
        await self._move(2)
        await self._pass_intervals(PROBLEM_INTERVALS)
        self._check_all_problems_shown()
        await self._end()

    async def _silence(self) -> None:
        """An address that is not known for 15 minutes is a problem."""
        for family in _FAMILIES:
            await self._world.network.provider_unreachable(None, family)
        for name in ("router", "router6"):
            await self._world.network.entity_reports(name, "unavailable")
        await self._pass_intervals(PROBLEM_INTERVALS)
        self._check_all_problems_shown()
        await self._end()

    async def _lone_provider(self) -> None:
        """An address that a single provider reports is not written, which is a problem."""
        for family in _FAMILIES:
            await self._world.network.provider_unreachable(None, family)
            address = LATE_ADDRESSES[PRIMARY][family][1]
            await self._world.network.provider_reports(_LONE_PROVIDER, address)
        for name in ("router", "router6"):
            await self._world.network.entity_reports(name, "unavailable")
        await self._pass_intervals(PROBLEM_INTERVALS)
        self._check_all_problems_shown(except_for={_LONE_PROVIDER})
        await self._end()

    # Cloudflare

    async def _short_list(self) -> None:
        """A short list is an error: nothing is created because of it, and it is a problem."""
        for position in (0, 1, 3):
            detail = {"position": position}
            await self._world.faults.add_fault("cloudflare", LIST, "short_list", 1, detail)
        await self._world.faults.add_fault("cloudflare", LIST, "short_list", None, {})
        await self._move(1)
        await self._pass_intervals(PROBLEM_INTERVALS)
        self._check_all_problems_shown()
        await self._end()

    async def _slow_write(self) -> None:
        """A write that lands after a reload is noticed, because the zone is read after it."""
        world = self._world
        holds = [
            world.simulator.faults.add("cloudflare", target, kind="hold_request")
            for target in (BATCH, CREATE, UPDATE)
        ]
        await self._move(1)
        world.clock.advance(world.clock.interval_s)
        await self._run_until_idle()
        for hold in holds:
            world.simulator.faults.let_pass(hold)
        await self._move(2, settles=False)
        for zone in world.models:
            await world.user.reload(zone)
        for _ in range(_SLOW_WRITE_S):
            world.clock.advance(1)
            await self._run_until_idle()
        for hold in holds:
            world.simulator.faults.remove(hold)
        await self._end()

    async def _odd_records(self) -> None:
        """An odd record of another type, or at another name, does not matter."""
        for zone, model in self._world.models.items():
            names = [f"odd.{zone}", *model.domains]
            for number, odd in enumerate(ODD_FIELDS):
                fields = {"name": names[number % len(names)], **odd}
                await self._world.editor.add_odd_record(zone, {"type": "TXT", **fields})
                if "id" not in odd:
                    # Two records of one id would be a list that is not complete.
                    fields = {"type": "A", "name": f"odd{number}.{zone}", **odd}
                    await self._world.editor.add_odd_record(zone, fields)
        await self._move(1)
        await self._pass_intervals(2)
        self._expectations.check_dns()
        self._expectations.check_no_problems()

    # Helpers

    def _records(self) -> list[tuple[str, RecordKey, ManagedRecord]]:
        """Return all managed records with their zones, but those of several connections."""
        return [
            (zone, record_key, managed)
            for zone, model in self._world.models.items()
            for record_key, managed in model.managed_records().items()
            if not managed.connections
        ]

    def _reporters(self, zone: str, managed: ManagedRecord) -> set[str]:
        return self._world.models[zone].sources.reporters(managed.source)

    def _check_all_problems_shown(self, except_for: Collection[str] = ()) -> None:
        """Check that all domains with a record of this host's default route show a problem."""
        for zone, (name, _), managed in self._records():
            is_only = self._reporters(zone, managed) <= {*except_for}
            if managed.connection == PRIMARY and not is_only:
                self._expectations.check_problem_shown(zone, name)

    async def _move(
        self, number: int, *, skip_entities: bool = False, settles: bool = True
    ) -> None:
        """Give the primary connection addresses that it never had."""
        for by_family in LATE_ADDRESSES[PRIMARY].values():
            await self._world.network.change_address(by_family[number], skip_entities)
        if settles:
            await self._world.clock.settle()

    async def _end(self) -> None:
        """End all faults, and check that all is well within two updates."""
        await self._world.faults.clear_faults()
        await self._world.network.report_truth()
        await self._world.clock.settle()
        await self._pass_intervals(2)
        connections = {k for model in self._world.models.values() for k in model.with_connections()}
        self._expectations.check_dns(except_for=connections)
        if connections:
            await self._pass_intervals(CONNECTION_INTERVALS)
            self._expectations.check_dns()

    async def _pass_intervals(self, count: int) -> None:
        await self._world.clock.pass_intervals(count)

    async def _run_until_idle(self) -> None:
        """Run until nothing happens but what a fault holds."""
        hass = self._world.core.hass
        idle = asyncio.create_task(hass.async_block_till_done(wait_background_tasks=True))
        _ = await self._world.clock.run_until_idle(idle)
        idle.cancel()
