"""Trials of single records: fields that do not take, and records that are created again."""

from collections.abc import Awaitable, Callable, Mapping
from math import ceil
from typing import Any

from .constants import (
    FULL_SYNC_INTERVALS,
    LATE_ADDRESSES,
    MULTI_RECORD_NAME,
    PRIMARY_ADDRESSES,
    PROBLEM_INTERVALS,
)
from .expectations import Expectations
from .integration import OTHER_HOME_COMMENT
from .model import DomainConfig, RecordKey
from .scenario import InvariantViolationError
from .world import World

_MAX_FIRST_WRITES = 3
"""For a field that does not take: the first one and two more updates. Each full sync adds one."""
_FULL_SYNC_S = 3600
_ATTRIBUTES: Mapping[str, Any] = {"proxied": True, "comment": "front door"}


class RecordTrials:
    """Trials that change one record of each zone."""

    def __init__(self, world: World, expectations: Expectations) -> None:
        """Use the parts of an environment."""
        self._world = world
        self._expectations = expectations
        self.trials: Mapping[str, Callable[[], Awaitable[None]]] = {
            "fields_that_do_not_take": self._fields_that_do_not_take,
            "other_home": self._other_home,
            "given_record": self._given_record,
            "recreation": self._recreation,
            "recreation_after_restart": self._recreation_after_restart,
        }

    async def _fields_that_do_not_take(self) -> None:
        """A field that does not take is a problem, and written again by full syncs only."""
        world = self._world
        detail = {"fields": ["proxied"]}
        await world.faults.add_fault("cloudflare", "*", "ignored_fields", None, detail)
        chosen = {zone: config for zone in world.models if (config := self._any_domain(zone))}
        for zone, config in chosen.items():
            is_proxied = any(
                record["proxied"]
                for record_key in config.record_keys
                for record in world.editor.find(zone, *record_key)
            )
            data = {
                "families": [*config.families],
                "create": config.create,
                "delete": config.delete,
                "interface_id": config.interface_id,
                "prefix_length": config.prefix_length,
                "sources": config.sources,
                "proxied": "off" if is_proxied else "on",
            }
            await world.user.save_domain(zone, config.name, data)
        await world.clock.settle()
        before = len(world.simulator.log.entries)
        await self._pass_intervals(FULL_SYNC_INTERVALS)
        full_syncs = ceil(FULL_SYNC_INTERVALS * world.clock.interval_s / _FULL_SYNC_S)
        for zone, config in chosen.items():
            self._expectations.check_problem_shown(zone, config.name)
            writes = [
                entry
                for entry in world.simulator.log.entries[before:]
                if entry.method != "GET" and world.checkers[zone].zone.id in entry.target
            ]
            if len(writes) > _MAX_FIRST_WRITES + full_syncs:
                raise InvariantViolationError(f"{zone} got {len(writes)} writes that do not take")
        await world.faults.clear_faults()
        await self._pass_intervals(FULL_SYNC_INTERVALS)
        self._expectations.check_dns()

    async def _other_home(self, *, is_given: bool = False) -> None:
        """A record that another home keeps is left alone, until it or the user gives it up."""
        taken = {
            (zone, record_key): edited["content"]
            for zone in self._world.models
            for record_key in self._kept_record_keys(zone)
            if (edited := self._edit(zone, record_key, {"comment": OTHER_HOME_COMMENT}))
        }
        await self._pass_intervals(FULL_SYNC_INTERVALS)
        for by_family in LATE_ADDRESSES.values():
            for addresses in by_family.values():
                await self._world.network.change_address(addresses[1])
        await self._pass_intervals(PROBLEM_INTERVALS)
        for (zone, record_key), content in taken.items():
            (record,) = self._world.editor.find(zone, *record_key)
            if record["content"] != content:
                raise InvariantViolationError(f"{record} belongs to another home")
            self._expectations.check_problem_shown(zone, record_key[0])
            if is_given:
                await self._world.user.give_record(zone, *record_key)
            else:
                self._edit(zone, record_key, {"comment": "given up"})
        await self._pass_intervals(FULL_SYNC_INTERVALS)
        self._expectations.check_dns()

    async def _given_record(self) -> None:
        await self._other_home(is_given=True)

    async def _recreation(self, *, restarts: bool = False) -> None:
        """A record that has to be created again has the attributes that it had."""
        world = self._world
        before = {
            (zone, record_key): _attributes_of(edited)
            for zone in world.models
            for record_key in self._kept_record_keys(zone)
            if (edited := self._edit(zone, record_key, _ATTRIBUTES))
        }
        await self._pass_intervals(FULL_SYNC_INTERVALS)
        for zone, (name, type_) in before:
            address = PRIMARY_ADDRESSES[4 if type_ == "A" else 6][0]
            await world.editor.edit_dns(zone, "delete", name, address)
        if restarts:
            await world.clock.run_to_end(world.user.restart())
            await world.clock.settle()
        await self._pass_intervals(FULL_SYNC_INTERVALS)
        for (zone, record_key), attributes in before.items():
            (record,) = world.editor.find(zone, *record_key) or [{}]
            if _attributes_of(record) != attributes:
                raise InvariantViolationError(f"{record} was created again, not {attributes}")
        self._expectations.check_dns()

    async def _recreation_after_restart(self) -> None:
        await self._recreation(restarts=True)

    def _edit(
        self, zone: str, record_key: RecordKey, fields: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """Return the only record of a record key after an external edit of its attributes."""
        existing = self._world.editor.find(zone, *record_key)
        if len(existing) != 1:
            return None
        return self._world.editor.edit_record(zone, existing[0]["id"], fields)

    def _kept_record_keys(self, zone: str) -> list[RecordKey]:
        """Return the record keys whose attributes are kept, and which may be created."""
        return [
            record_key
            for record_key, managed in self._world.models[zone].managed_records().items()
            if managed.create
            and not managed.connections
            and managed.proxied is None
            and managed.ttl_s is None
            and managed.interface_id != "keep"
            and managed.record_id is None
        ]

    def _any_domain(self, zone: str) -> DomainConfig | None:
        """Return the first domain of a zone that has a managed record and no pinned one."""
        model = self._world.models[zone]
        managed = {name for name, _ in model.managed_records()}
        domains = (c for n, c in model.domains.items() if n in managed and not c.connections)
        return next((c for c in domains if not c.record_ids and c.name != MULTI_RECORD_NAME), None)

    async def _pass_intervals(self, count: int) -> None:
        await self._world.clock.pass_intervals(count)


def _attributes_of(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record.get(name) for name in ("proxied", "ttl", "comment", "tags")}
