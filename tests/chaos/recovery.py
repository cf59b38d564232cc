"""Recovery: after all faults end, every record must converge and stay so."""

from collections.abc import Mapping
import json

from homeassistant.helpers import issue_registry as ir

from simulator.request_log import Service
from tests.secrets import found_in

from .constants import LATE_ADDRESSES, PRIMARY_ADDRESSES
from .expectations import Expectations
from .integration import diagnostics, loaded_zone
from .model import RecordKey
from .scenario import InvariantViolationError
from .trials import Trials
from .world import World


class Recovery:
    """Ends all faults, and checks that every zone recovers."""

    def __init__(self, world: World, expectations: Expectations, trials: Trials) -> None:
        """Check a whole world."""
        self._simulator = world.simulator
        self._clock = world.clock
        self._network = world.network
        self._faults = world.faults
        self._editor = world.editor
        self._core = world.core
        self._user = world.user
        self._models = world.models
        self._checkers = world.checkers
        self._expectations = expectations
        self._trials = trials
        self._trial = ""
        self._delays: Mapping[Service, float] = {}

    def choose_trial(self, name: str) -> None:
        """Choose the trial that follows the recovery."""
        self._trial = name

    async def final_change(
        self, shift_s: float = 0, delays: Mapping[Service, float] | None = None
    ) -> None:
        """Change all addresses while the faults are still there, so that updates are needed.

        The wall clock may be shifted meanwhile. During recovery the services
        respond with these delays, which are within the time-outs.
        """
        self._delays = delays or {}
        for by_family in LATE_ADDRESSES.values():
            for addresses in by_family.values():
                await self._network.change_address(addresses[0])
        await self._clock.settle()
        self._clock.shift_wall_clock(shift_s)

    async def converge(self) -> None:
        """End all faults and conflicts, and check that DNS becomes correct."""
        await self.final_change(delays=self._delays)
        await self._pass_intervals(1)
        await self._faults.end_all()
        await self._network.report_truth()
        for service, delay in self._delays.items():
            await self._faults.add_fault(service, "*", "slow", None, {"delay": delay})
        await self._user.resume_all()
        for zone, model in self._models.items():
            self._editor.remove_conflicts(zone, model.managed_records())
        await self._clock.settle()
        slow = self._slow_record_keys()
        await self._pass_intervals(2)
        self._expectations.check_dns(except_for=slow)
        await self._clock.run_to_end(self._user.complete_reauth())
        await self._cause_drift()
        await self._pass_intervals(12)
        await self._clock.run_to_end(self._user.resolve_contested())
        await self._pass_intervals(1)

    async def pass_trial(self) -> None:
        """Run the chosen trial, two days later and with quick responses.

        By then nothing that happened before is held against an address.
        """
        await self._faults.clear_faults()
        self._clock.advance(2 * 86_400)
        await self._clock.settle()
        await self._pass_intervals(1)
        await self._expectations.pass_until_seen()
        self._expectations.check_dns()
        self._expectations.of_resources.check()
        self._expectations.check_no_problems()
        await self._trials.run(self._trial)
        for service, delay in self._delays.items():
            await self._faults.add_fault(service, "*", "slow", None, {"delay": delay})

    async def stay_converged(self) -> None:
        """Check that nothing is written, reported or left behind any more."""
        await self._pass_intervals(2)
        self._expectations.check_no_writes()
        self._expectations.check_dns()
        self._expectations.of_resources.check()
        self._expectations.check_no_problems()
        for zone in self._models:
            await self._user.reload(zone)
        await self._clock.settle()
        self._expectations.check_deleted()
        self._expectations.of_resources.check_deleted()

    async def check_secrets(self) -> None:
        """Check that issues, states and diagnostics contain no secret."""
        hass = self._core.hass
        texts = [json.dumps(issue.to_json()) for issue in ir.async_get(hass).issues.values()]
        texts += [json.dumps(state.as_dict(), default=str) for state in hass.states.async_all()]
        texts += [json.dumps(await diagnostics(hass, zone)) for zone in self._models]
        if any(found_in(text) for text in texts):
            raise InvariantViolationError("a secret is shown")

    async def _pass_intervals(self, count: int) -> None:
        """Let scheduled updates run."""
        await self._clock.pass_intervals(count)

    async def _cause_drift(self) -> None:
        """Edit a record of each zone, which a full sync has to find."""
        for zone, model in self._models.items():
            for name, type_ in [*model.managed_records()][:1]:
                address = PRIMARY_ADDRESSES[4 if type_ == "A" else 6][0]
                await self._editor.edit_dns(zone, "edit_content", name, address)

    def _slow_record_keys(self) -> set[RecordKey]:
        """Return the record keys that may need a full sync or the user before they are correct."""
        slow: set[RecordKey] = set()
        for zone, checker in self._checkers.items():
            slow |= checker.externally_changed | self._models[zone].with_connections()
            loaded = loaded_zone(self._core.hass, zone)
            if loaded is None or loaded.is_backing_off:
                slow |= self._models[zone].managed_records().keys()
            if loaded is not None:
                slow |= loaded.refused | loaded.flapping
        return slow
