"""What must hold in a home without faults: DNS is correct, and nothing is reported or left over."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from homeassistant.helpers import issue_registry as ir

from .constants import (
    FULL_SYNC_S,
    LIST,
    RESOURCE_READS,
    STATUS_ENTITIES,
    USER_TOKEN,
    ZONE,
    ZONES,
)
from .integration import (
    OTHER_HOME_COMMENT,
    OWNER_COMMENTS,
    get_entry,
    has_problem,
    issues_about,
    loaded_zone,
    problem_sensors,
    zone_problem_issues,
)
from .model import ManagedRecord, RecordKey, connection_of_source
from .resource_expectations import ResourceExpectations
from .scenario import InvariantViolationError
from .world import World

_MAX_LOOK_UPS = 60
"""Full syncs in which each name of a zone had its turn more than once."""


class Expectations:
    """Checks DNS, requests and what Home Assistant shows."""

    def __init__(self, world: World) -> None:
        """Check all zones of a world."""
        self._simulator = world.simulator
        self._network = world.network
        self._editor = world.editor
        self._core = world.core
        self._clock = world.clock
        self._models = world.models
        self.of_resources = ResourceExpectations(world)

    def check_dns(self, except_for: Collection[RecordKey] = ()) -> None:
        """Check that every managed record is correct."""
        for zone, model in self._models.items():
            for record_key, managed in model.managed_records().items():
                if record_key not in except_for:
                    self.check_record(zone, record_key, managed)

    def check_problem_shown(self, zone: str, domain: str) -> None:
        """Check that the user can see that a domain is not in sync."""
        if not self.is_problem_shown(zone, domain):
            raise InvariantViolationError(f"{domain} is not in sync, but no problem is shown")

    def is_problem_shown(self, zone: str, domain: str) -> bool:
        """Return whether the user can see that a domain may not be in sync."""
        hass = self._core.hass
        is_loaded = loaded_zone(hass, zone) is not None
        return not is_loaded or has_problem(hass, zone, domain) or issues_about(hass, zone, domain)

    def is_loaded(self, zone: str) -> bool:
        """Return whether the config entry of a zone is loaded."""
        return loaded_zone(self._core.hass, zone) is not None

    def is_sensor_on(self, zone: str, domain: str) -> bool:
        """Return whether the problem sensor of a domain is on."""
        return has_problem(self._core.hass, zone, domain)

    def is_zone_problem_shown(self, zone: str) -> bool:
        """Return whether there is an issue that says what a zone itself lacks."""
        issues = zone_problem_issues(self._core.hass, zone)
        return bool(issues & {"zone_moved", "zone_pending", "zone_paused"})

    async def pass_until_seen(self) -> None:
        """Let full syncs run, each of which looks one name up, until nothing is unseen."""
        for _ in range(_MAX_LOOK_UPS):
            loaded = [loaded_zone(self._core.hass, zone) for zone in self._models]
            if not any(zone and zone.has_unseen for zone in loaded):
                return
            await self._clock.pass_seconds(FULL_SYNC_S, 1)

    def check_no_writes(self) -> None:
        """Check that each zone and resource is read once at most, and never written.

        Once a day, the zone itself and the token are asked about as well.
        """
        log = self._simulator.log.select(service="cloudflare")
        counts = Counter((entry.endpoint, entry.target) for entry in log)
        reads = {LIST: 1, ZONE: 1, USER_TOKEN: len(ZONES), **dict.fromkeys(RESOURCE_READS, 1)}
        if any(count > reads.get(endpoint, 0) for (endpoint, _), count in counts.items()):
            endpoints = [entry.endpoint for entry in log]
            raise InvariantViolationError(f"all is in sync, but there were requests: {endpoints}")

    def check_no_problems(self) -> None:
        """Check that there are no issues, forms, problems, or entries that are not loaded."""
        hass = self._core.hass
        issues = {issue.translation_key for issue in ir.async_get(hass).issues.values()}
        # The one about two connections stays for a day, that about a removed location always.
        if issues := issues - {"two_connections", "location_address_left"}:
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
        status = {f"binary_sensor.{name}" for name in STATUS_ENTITIES.values()}
        states = [s for s in hass.states.async_all("binary_sensor") if s.entity_id not in status]
        on = {state.entity_id for state in states if state.state != "off"}
        for zone, kind in self.of_resources.without_source():
            on -= problem_sensors(hass, zone, kind)
        if on:
            raise InvariantViolationError(f"problem sensors are not off: {on}")

    def check_deleted(self) -> None:
        """Check that no record is left that had to be deleted with its domain."""
        for zone, model in self._models.items():
            for record_key in model.must_delete:
                existing = self._editor.find(zone, *record_key)
                if any(record["comment"] in OWNER_COMMENTS for record in existing):
                    raise InvariantViolationError(f"{record_key} was not deleted with its domain")

    def _problems(self, zone: str) -> str:
        """Return what the zone says about its records."""
        loaded = loaded_zone(self._core.hass, zone)
        return loaded.problems if loaded else str(get_entry(self._core.hass, zone).state)

    def check_record(self, zone: str, record_key: RecordKey, managed: ManagedRecord) -> None:
        """Check that there are the expected records, with the enforced attributes.

        That is one with the address of the first connection that is up, or one for each.
        Another home may have its own beside it.
        """
        existing = self._editor.find(zone, *record_key)
        existing = [r for r in existing if r["comment"] != OTHER_HOME_COMMENT]
        if managed.has_own_records:
            existing = [r for r in existing if r["comment"] in OWNER_COMMENTS]
        elif managed.record_id in {record["id"] for record in existing}:
            existing = [record for record in existing if record["id"] == managed.record_id]
        contents = [record["content"] for record in existing]
        expected = self._expected_contents(managed, contents)
        if sorted(contents) != sorted(expected):
            raise InvariantViolationError(
                f"{record_key} contains {contents}, not {expected}: {self._problems(zone)}"
            )
        for record in existing:
            if not _has_enforced_attributes(record, managed):
                raise InvariantViolationError(f"{record_key} is {record}, against {managed}")

    def _expected_contents(self, managed: ManagedRecord, contents: list[str]) -> list[str]:
        """Return what the records have to contain, as the connections are by now.

        A connection that cannot say that it is down keeps its own record.
        """
        network, family = self._network, managed.source.family
        names = [connection_of_source(source) for source in managed.sources]
        down = {name for name in names if name in network.down}
        if managed.has_own_records:
            down &= {c.name for c in managed.connections if c.status or c.source.entity}
        up = [name for name in names if name not in down] or names
        addresses = [network.addresses[name, family] for name in up]
        if not managed.has_own_records:
            del addresses[1:]
        before = contents[0] if contents else None
        return [str(managed.content(address, before)) for address in addresses]


def _has_enforced_attributes(record: Mapping[str, Any], managed: ManagedRecord) -> bool:
    has_proxied = managed.proxied in (None, record["proxied"])
    return has_proxied and (record["proxied"] or managed.ttl_s in (None, record["ttl"]))
