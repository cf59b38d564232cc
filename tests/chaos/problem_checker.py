"""Check that no record or resource is silently wrong: after 15 minutes a problem is shown."""

from collections.abc import Iterator
from ipaddress import ip_address

from .constants import DNS_LOCATION, family_of
from .expectations import Expectations
from .model import ManagedRecord, RecordKey
from .reported_addresses import ReportedAddresses
from .resource_model import label_of
from .scenario import Step
from .world import World

_SHOWN_AFTER_S = 15 * 60
_FULL_SYNC_S = 3600
_HARMLESS_STEPS = frozenset(
    {
        "wait",
        "change_address",
        "provider_reports",
        "provider_unreachable",
        "report_truth",
        "status_reports",
        "move_way_out",
        "connection_down",
        "connection_up",
        "entity_reports",
        "set_tunnel",
        "set_lines",
        "add_fault",
        "clear_faults",
        "set_reachable",
        "set_stun",
        "set_zone_state",
        "set_delegation",
        "edit_dns",
        "add_odd_record",
        "move_other_home",
        "edit_resource",
        "set_operations",
        "set_address_taken",
        "set_resource_exists",
    }
)
"""Steps after which Raindrop still knows since when a record is wrong; others begin again."""
_QUORUM = 2


class ProblemChecker:
    """Follows every record or resource that holds an address which nothing reports any more."""

    def __init__(
        self, world: World, reported: ReportedAddresses, expectations: Expectations
    ) -> None:
        """Start without wrong records."""
        self._world = world
        self._reported = reported
        self._expectations = expectations
        self._wrong_s: dict[tuple[str, RecordKey], int] = {}
        """For how long an update had to notice a wrong record, by zone and record key.

        Of a resource, it is its kind and the family.
        A longer wait counts as an hour: it ends with a single update.
        """

    def end_step(self, step: Step) -> list[str]:
        """Return the records that are wrong for more than 15 minutes without a problem."""
        name, *arguments = step
        interval_s = self._world.clock.interval_s
        if name not in _HARMLESS_STEPS:
            self._wrong_s.clear()
        if name != "wait" or not isinstance(arguments[0], int) or arguments[0] < interval_s - 1:
            # Nothing had to notice anything.
            return []
        passed_s = min(arguments[0], _FULL_SYNC_S)
        self._wrong_s = {
            key: self._wrong_s[key] + passed_s if key in self._wrong_s else 0
            for key in (*self._wrong_records(), *self._wrong_resources())
        }
        return [
            f"{zone}: {record_key} is wrong for {wrong_s} s, but no problem is shown"
            for (zone, record_key), wrong_s in self._wrong_s.items()
            if wrong_s > self._limit_s(zone, record_key)
            and not self._expectations.is_problem_shown(zone, record_key[0])
        ]

    def _limit_s(self, zone: str, record_key: RecordKey) -> float:
        """Return how long a record may be wrong: an external change needs a full sync.

        So does an NS record that was created above it or deleted.
        """
        edited = self._world.checkers[zone].externally_changed
        is_edited = bool(edited & {record_key, (f"sub.{zone}", "NS")})
        is_edited = is_edited or record_key[0] in self._world.account.ever_edited
        return _SHOWN_AFTER_S + (_FULL_SYNC_S if is_edited else 0) + self._world.clock.interval_s

    def _wrong_records(self) -> Iterator[tuple[str, RecordKey]]:
        """Yield the record keys whose records hold no address that anything reports."""
        for zone, model in self._world.models.items():
            for record_key, managed in model.managed_records().items():
                reporters = {r for s in managed.sources for r in model.sources.reporters(s)}
                reported = self._reported.current(managed.source.family, reporters)
                if self._is_wrong(zone, record_key, managed, reported):
                    yield zone, record_key

    def _wrong_resources(self) -> Iterator[tuple[str, RecordKey]]:
        """Yield the resources that lack an address which all report, or hold an old one."""
        account = self._world.account
        for (kind, label), managed in self._world.resources.managed().items():
            config, source = self._world.resources.configs[kind], managed.source
            sources = self._world.models[config.zone].sources
            reported = self._reported.current(source.family, sources.reporters(source))
            addresses = [text for text in reported if _is_address(text, source.family)]
            needed = 1 if source.is_unverifiable else _QUORUM
            if len({*reported}) > 1 or len(addresses) < needed:
                # Only an address that could be written is missed.
                continue
            network = managed.network(addresses[0])
            left = account.left_networks if kind == DNS_LOCATION else set[str]()
            shared = {item.network for item in account.foreign(kind)} | left
            own = {n for n in account.own(kind) if label_of(n) == label}
            if network not in own | shared or own - {network} - shared:
                yield config.zone, (kind, label)

    def _is_wrong(
        self, zone: str, record_key: RecordKey, managed: ManagedRecord, reported: list[str]
    ) -> bool:
        existing = self._world.editor.find(zone, *record_key)
        addresses = [text for text in reported if _is_address(text, managed.source.family)]
        if not existing:
            # Where no record exists, only an address that could be written is missed.
            needed = 1 if managed.source.is_unverifiable else _QUORUM
            return len({*reported}) == 1 and len(addresses) >= needed
        return not any(
            record["content"] == managed.content(address, record["content"])
            for record in existing
            for address in addresses
        )


def _is_address(text: str, family: int) -> bool:
    try:
        return ip_address(text).is_global and family_of(text) == family
    except ValueError:
        return False
