"""The environment of a scenario: simulator, Home Assistant, operations, faults and checkers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import json
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from simulator import Simulator
from simulator.request_log import Service
from tests.simulated_time import watch_by_simulator

from .account_resources import Account
from .clock import Clock
from .connection_checker import ConnectionChecker
from .connection_operations import Connections
from .constants import ENTITY_ZONE, HOST_NAMES, MULTI_RECORD_NAME, ZONES
from .detection_checker import DetectionChecker
from .expectations import Expectations
from .external_editor import ExternalEditor
from .faults import Faults
from .home_assistant_core import HomeAssistantCore
from .integration import loaded_zone, use_simulator, wait_for_operations_by
from .log_checker import LogChecker
from .model import SourceCatalog, ZoneModel
from .network import Network
from .problem_checker import ProblemChecker
from .recovery import Recovery
from .reported_addresses import ReportedAddresses
from .resource_checker import ResourceChecker
from .resource_model import ResourceModel
from .resource_operations import ResourceOperations
from .scenario import InvariantViolationError, Operation, Scenario, Step
from .traces import Traces
from .trials import Trials
from .user_operations import UserOperations
from .world import World
from .zone_checker import ZoneChecker
from .zone_state_checker import ZoneStateChecker


class Environment:
    """Runs the steps of a scenario, and checks all invariants after each of them."""

    def __init__(self, simulator: Simulator, clock: Clock) -> None:
        """Connect all parts."""
        self.log_checker = LogChecker()
        self._clock = clock
        self._simulator = simulator
        self._reported = ReportedAddresses(clock)
        self._sources = SourceCatalog(simulator.ip.services)
        self._models = {zone: ZoneModel(zone, self._sources) for zone in ZONES}
        self._zone_checkers: dict[str, ZoneChecker] = {}
        models, checkers = self._models, self._zone_checkers
        self._detection = DetectionChecker(
            clock, self._reported, self._sources, Traces(simulator.log, clock), models.values()
        )
        self._network = Network(simulator, self._reported)
        self._account = account = Account(simulator)
        self._resources = resources = ResourceModel(models)
        self._resource_checker = ResourceChecker(
            account, resources, self._reported, self._sources, self._detection, simulator.log
        )
        self._faults = Faults(simulator, clock, self._reported, self._network, checkers, account)
        self._editor = ExternalEditor(simulator, checkers)
        self._connections = ConnectionChecker(
            simulator,
            clock,
            self._network,
            self._reported,
            self._detection,
            self._sources,
            models,
        )
        started = (self._detection.core_started, self._connections.core_started)
        self._core = HomeAssistantCore(
            clock, self._network, started, models, checkers, resources, account
        )
        self._user = UserOperations(
            simulator,
            clock,
            self._core,
            self._editor,
            models,
            checkers,
            self._resource_checker,
        )
        resource_operations = ResourceOperations(
            self._core, account, resources, self._resource_checker
        )
        world = World(
            simulator=simulator,
            clock=clock,
            network=self._network,
            faults=self._faults,
            editor=self._editor,
            core=self._core,
            user=self._user,
            models=models,
            checkers=checkers,
            resources=resources,
            account=account,
        )
        expectations = Expectations(world)
        self._problems = ProblemChecker(world, self._reported, expectations)
        self._zone_states = ZoneStateChecker(world, expectations)
        self._recovery = Recovery(world, expectations, Trials(world, expectations))
        self._operations: Mapping[str, Operation] = {
            **self._network.operations,
            **Connections(self._network).operations,
            **self._faults.operations,
            **self._user.operations,
            **resource_operations.operations,
            **account.operations,
            **self._editor.operations,
            "wait": self._wait,
            "shift_wall_clock": self._shift_wall_clock,
            "flap": self._flap,
            "interleave": self._interleave,
            "final_change": self._final_change,
        }

    @property
    def writes(self) -> int:
        """How many addresses Raindrop wrote."""
        return sum(checker.writes for checker in self._zone_checkers.values())

    async def start(self) -> None:
        """Create two zones with existing records, and set them up in Home Assistant."""
        await self._faults.set_token("full")
        for name in ZONES:
            self._zone_checkers[name] = ZoneChecker(
                self._simulator.cloudflare.add_zone(name),
                self._models[name].deletable,
                self._reported,
                self._sources,
                self._detection,
                self._simulator.log,
            )
            self._editor.add_records(name, _existing_records(name))
        self._models[ENTITY_ZONE].choices["ipv4"] = ["entity", "router"]
        both = {"families": ["ipv4", "ipv6"]}
        secondary = {"ipv4": ["unverifiable_entity", "modem"], "ipv6": ["same_as_zone"]}
        configure = self._user.configure_domain
        configure("example.com", "home.example.com", {"ttl": "seconds", "ttl_s": 120})
        configure("example.com", "www.example.com", {**both, "proxied": "on"})
        configure("example.com", MULTI_RECORD_NAME, {**both, "pinned": 1})
        configure("example.org", "vpn.example.org", {**both, "interface_id": "::1234:5678"})
        configure("example.org", "home.example.org", {"sources": secondary})
        await self._network.report_truth()
        self._begin_step()
        await self._clock.run_to_end(self._core.start())
        await self._clock.settle()
        self._end_step(["start"])

    async def run(self, scenario: Scenario) -> None:
        """Run every step, and check the invariants after each."""
        for step in scenario:
            self._begin_step()
            await self._clock.run_to_end(self._run_step(step))
            await self._clock.settle()
            self._end_step(step)

    async def recover(self) -> None:
        """Check that everything recovers after the scenario."""
        recovery = self._recovery
        for phase in (recovery.converge, recovery.pass_trial, recovery.stay_converged):
            self._begin_step()
            await phase()
            self._end_step([phase.__name__])
        await self._recovery.check_secrets()

    async def stop(self) -> None:
        """Stop Home Assistant and the simulator."""
        self._simulator.faults.clear()
        await self._clock.run_to_end(self._core.stop())
        await self._clock.run_to_end(self._simulator.stop())

    async def _run_step(self, step: Step) -> None:
        name, *arguments = step
        await self._operations[str(name)](*arguments)

    def _begin_step(self) -> None:
        """Prepare all checkers for a step."""
        self._reported.begin_step()
        self._detection.begin_step()
        self._zone_states.begin_step()
        self._simulator.log.clear()
        self._resource_checker.begin_step()
        for name, checker in self._zone_checkers.items():
            checker.begin_step(self._models[name].managed_records())

    def _end_step(self, step: Step) -> None:
        """Collect the violations of all checkers. Raises InvariantViolationError."""
        for name, model in self._models.items():
            sets_up_entries = step[0] in {"start", "restart", "reload"}
            if sets_up_entries or loaded_zone(self._core.hass, name):
                model.entry_loaded()
                self._resources.entry_loaded(name)
        step_name, checkers = str(step[0]), self._zone_checkers.values()
        violations = [v for checker in checkers for v in checker.end_step(step_name)]
        violations += self._resource_checker.end_step(step_name)
        violations += self._problems.end_step(step)
        violations += self._zone_states.end_step()
        violations += self._connections.end_step(step)
        violations += self._detection.violations
        violations += self.log_checker.violations
        violations += [f"unexpected request: {text}" for text in self._simulator.log.surprises]
        if violations:
            text = "; ".join(violations)
            raise InvariantViolationError(f"after {json.dumps(step)}: {text}")

    # Operations on several parts

    async def _wait(self, seconds: float) -> None:
        """Advance the time."""
        self._clock.advance(seconds)

    async def _shift_wall_clock(self, seconds: float) -> None:
        """Shift the wall clock forward or back."""
        self._detection.wall_clock_shifted()
        self._connections.wall_clock_shifted()
        self._clock.shift_wall_clock(seconds)
        # Resolvers have clocks of their own: no answer stays longer because this one is set back.
        self._simulator.doh.clear_caches()

    async def _final_change(
        self, shift_s: float, delays: Mapping[Service, float], trial: str = "none"
    ) -> None:
        """Change all addresses as the last step, and perhaps shift the wall clock."""
        self._recovery.choose_trial(trial)
        self._detection.wall_clock_shifted()
        self._connections.wall_clock_shifted()
        await self._recovery.final_change(shift_s, delays)
        self._simulator.doh.clear_caches()

    async def _flap(self, steps: list[Step], pauses: list[float]) -> None:
        """Run steps in turn with pauses, so that addresses alternate."""
        for number, pause in enumerate(pauses):
            await self._run_step(steps[number % len(steps)])
            await self._clock.settle()
            self._clock.advance(pause)
            await self._clock.settle()

    async def _interleave(
        self,
        target: str,
        delay: str,
        first: Step,
        second: Step,
    ) -> None:
        """Run a second step while a request of the first one, or its response, is held back."""
        service: Service = "ip" if target == "ip" else "cloudflare"
        where = "*" if target == "ip" else target
        kinds = ("hold", "lost_response") if delay == "lost_response" else (delay,)
        faults = [self._simulator.faults.add(service, where, kind=kind, times=1) for kind in kinds]
        await self._run_step(first)
        self._clock.advance(self._clock.interval_s)
        hass = self._core.hass
        idle = asyncio.create_task(hass.async_block_till_done(wait_background_tasks=True))
        _ = await self._clock.run_until_idle(idle)
        running = asyncio.create_task(self._run_step(second))
        _ = await self._clock.run_until_idle(running)
        for fault in faults:
            self._simulator.faults.remove(fault)
        await self._clock.run_to_end(running)
        await self._clock.run_to_end(idle)


async def run_scenario(scenario: Scenario, freezer: FrozenDateTimeFactory) -> int:
    """Run a scenario and its recovery; return how many addresses were written.

    Raises InvariantViolationError.
    """
    async with _environment(freezer) as environment:
        await environment.run(scenario)
        await environment.recover()
    return environment.writes


@asynccontextmanager
async def _environment(freezer: FrozenDateTimeFactory) -> AsyncIterator[Environment]:
    """Start an environment with its own simulator, and stop both in any case."""
    logger = logging.getLogger()
    async with Simulator() as simulator:
        with pytest.MonkeyPatch.context() as patch:
            use_simulator(simulator, patch)
            watch_by_simulator(simulator, patch)
            clock = Clock(simulator.log, freezer, patch)
            wait_for_operations_by(clock.sleep, patch)
            environment = Environment(simulator, clock)
            logger.addHandler(environment.log_checker)
            try:
                await environment.start()
                yield environment
            finally:
                await environment.stop()
                logger.removeHandler(environment.log_checker)


def _existing_records(zone: str) -> list[dict[str, Any]]:
    """Return the records of a zone before Raindrop is set up."""
    records: list[dict[str, Any]] = [
        {"type": "A", "name": "home", "content": "81.2.69.140", "ttl": 3600, "comment": "door"},
        {"type": "AAAA", "name": "www", "content": "2001:218:1:2::140", "proxied": True},
        {"type": "TXT", "name": "@", "content": "v=spf1 -all"},
        {"type": "TXT", "name": "home", "content": "hello"},
        {"type": "A", "name": "mail", "content": "81.2.69.190", "ttl": 60},
        {"type": "AAAA", "name": "mail", "content": "2001:218:1:2::190"},
        {"type": "CNAME", "name": "blog", "content": f"mail.{zone}"},
    ]
    if MULTI_RECORD_NAME in HOST_NAMES[zone]:
        name = MULTI_RECORD_NAME
        ipv4 = [f"81.2.69.18{last}" for last in range(3)]
        ipv6 = [f"2001:218:1:2::18{last}" for last in range(2)]
        records += [{"type": "A", "name": name, "content": content} for content in ipv4]
        records += [{"type": "AAAA", "name": name, "content": content} for content in ipv6]
    return records
