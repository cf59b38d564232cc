"""Recovery: after all faults end, every record must converge and stay so."""

from collections import Counter
from collections.abc import Collection, Mapping
import json
from typing import Any

from homeassistant.helpers import issue_registry as ir

from simulator import Simulator
from simulator.request_log import Service
from tests.secrets import found_in

from .clock import Clock
from .constants import CONNECTIONS, INTERVAL_S, LIST, PRIMARY_ADDRESSES
from .external_editor import ExternalEditor
from .faults import Faults
from .home_assistant_core import HomeAssistantCore
from .integration import OWNER_COMMENT, diagnostics, get_entry, loaded_zone
from .model import ManagedRecord, RecordKey, ZoneModel
from .network import Network
from .scenario import InvariantViolationError
from .user_operations import UserOperations
from .zone_checker import ZoneChecker


class Recovery:
    """Ends all faults, and checks that every zone recovers."""

    def __init__(
        self,
        simulator: Simulator,
        clock: Clock,
        *,
        network: Network,
        faults: Faults,
        editor: ExternalEditor,
        core: HomeAssistantCore,
        user: UserOperations,
        models: Mapping[str, ZoneModel],
        checkers: Mapping[str, ZoneChecker],
    ) -> None:
        """Check all of these."""
        self._simulator = simulator
        self._clock = clock
        self._network = network
        self._faults = faults
        self._editor = editor
        self._core = core
        self._user = user
        self._models = models
        self._checkers = checkers
        self._delays: Mapping[Service, float] = {}

    async def final_change(
        self, shift_s: float = 0, delays: Mapping[Service, float] | None = None
    ) -> None:
        """Change all addresses while the faults are still there, so that updates are needed.

        The wall clock may be shifted meanwhile. During recovery the services
        respond with these delays, which are within the time-outs.
        """
        self._delays = delays or {}
        for addresses_by_family in CONNECTIONS.values():
            for addresses in addresses_by_family.values():
                await self._network.change_address(addresses[-2])
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
        for zone, model in self._models.items():
            self._editor.remove_conflicts(zone, model.managed_records())
        await self._clock.settle()
        slow = self._slow_record_keys()
        await self._pass_intervals(2)
        self._check_dns(except_for=slow)
        await self._clock.run_to_end(self._user.complete_reauth())
        await self._cause_drift()
        await self._pass_intervals(12)
        await self._clock.run_to_end(self._user.resolve_contested())
        await self._pass_intervals(1)

    async def stay_converged(self) -> None:
        """Check that nothing is written, reported or left behind any more."""
        await self._pass_intervals(2)
        self._check_no_writes()
        self._check_dns()
        self._check_no_problems()
        for zone in self._models:
            await self._user.reload(zone)
        await self._clock.settle()
        self._check_deleted()

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
        for _ in range(count):
            self._clock.advance(INTERVAL_S)
            await self._clock.settle()

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
            slow |= checker.externally_changed
            loaded = loaded_zone(self._core.hass, zone)
            if loaded is None or loaded.is_backing_off:
                slow |= self._models[zone].managed_records().keys()
            if loaded is not None:
                slow |= loaded.refused
        return slow

    def _check_dns(self, except_for: Collection[RecordKey] = ()) -> None:
        """Check that every managed record is correct."""
        for zone, model in self._models.items():
            for record_key, managed in model.managed_records().items():
                if record_key not in except_for:
                    self._check_record(zone, record_key, managed)

    def _check_record(self, zone: str, record_key: RecordKey, managed: ManagedRecord) -> None:
        """Check that there is one record, with the expected content and enforced attributes."""
        existing = self._editor.find(zone, *record_key)
        if managed.record_id in {record["id"] for record in existing}:
            existing = [record for record in existing if record["id"] == managed.record_id]
        contents = [record["content"] for record in existing]
        address = self._network.addresses[managed.connection, managed.source.family]
        if contents != [managed.content(address, contents[0] if contents else None)]:
            raise InvariantViolationError(f"{record_key} contains {contents}, not {address}")
        if not _has_enforced_attributes(existing[0], managed):
            raise InvariantViolationError(f"{record_key} is {existing[0]}, against {managed}")

    def _check_no_writes(self) -> None:
        """Check that each zone is read once at most, for a full sync, and never written."""
        log = self._simulator.log.select(service="cloudflare")
        counts = Counter((entry.endpoint, entry.target) for entry in log)
        if any(endpoint != LIST or count > 1 for (endpoint, _), count in counts.items()):
            endpoints = [entry.endpoint for entry in log]
            raise InvariantViolationError(f"all is in sync, but there were requests: {endpoints}")

    def _check_no_problems(self) -> None:
        """Check that there are no issues, forms, problems, or entries that are not loaded."""
        hass = self._core.hass
        issues = [issue.translation_key for issue in ir.async_get(hass).issues.values()]
        if issues:
            raise InvariantViolationError(f"issues are left: {issues}")
        flows = hass.config_entries.flow.async_progress()
        if flows:
            raise InvariantViolationError(f"flows are left: {[flow['context'] for flow in flows]}")
        for zone in self._models:
            loaded = loaded_zone(hass, zone)
            if loaded is None:
                raise InvariantViolationError(f"{zone} is {get_entry(hass, zone).state}")
            if problems := loaded.problems:
                raise InvariantViolationError(f"{zone} has problems: {problems}")
        on = [s.entity_id for s in hass.states.async_all("binary_sensor") if s.state != "off"]
        if on:
            raise InvariantViolationError(f"problem sensors are not off: {on}")

    def _check_deleted(self) -> None:
        """Check that no record is left that had to be deleted with its domain."""
        for zone, model in self._models.items():
            for record_key in model.must_delete:
                existing = self._editor.find(zone, *record_key)
                if any(record["comment"] == OWNER_COMMENT for record in existing):
                    raise InvariantViolationError(f"{record_key} was not deleted with its domain")


def _has_enforced_attributes(record: Mapping[str, Any], managed: ManagedRecord) -> bool:
    has_proxied = managed.proxied in (None, record["proxied"])
    return has_proxied and (record["proxied"] or managed.ttl_s in (None, record["ttl"]))
