"""A zone of the simulator, updated again and again, with the requests of the last update."""

from asyncio import Task, create_task
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.discovery import ZoneAccess
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.models import HostName, RecordKey, ZoneId
from custom_components.raindrop.ddns.sources import Family, Source
from custom_components.raindrop.ddns.state import State
from custom_components.raindrop.ddns.update import UpdateOptions, update_zone
from custom_components.raindrop.ddns.update_result import UpdateResult
from custom_components.raindrop.ddns.zone_config import ManagedRecord, ZoneConfig
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.library.builders import managed

ZONE = "GET /zones/{zone_id}"
LIST = "GET /zones/{zone_id}/dns_records"
BATCH = "POST /zones/{zone_id}/dns_records/batch"

type Ask = Callable[[str, str], Awaitable[ZoneAccess]]
"""Discovery with one credential: of the fields for the zone and for the domain."""


class ZoneUpdater:
    """Updates a zone of the simulator and keeps the state between updates."""

    def __init__(
        self, simulator: Simulator, zone: Zone, client: CloudflareClient, detector: Detector
    ) -> None:
        """Manage the IPv4 record of home.example.com, unless a test sets something else."""
        self.simulator = simulator
        self.zone = zone
        self.client = client
        self.detector = detector
        self.managed_records: Sequence[ManagedRecord] = [managed("home.example.com")]
        self.families: Iterable[Family] = (Family.IPV4,)
        self.zone_name: HostName | None = HostName(zone.name)
        self.state = State()
        self.is_current = True
        """Whether the configuration is still the current one."""
        self.saved: list[State] = []
        """What has to survive a restart, in the order in which it became known."""

    @property
    def config(self) -> ZoneConfig:
        """What is managed in the zone."""
        return ZoneConfig(
            zone_id=ZoneId(self.zone.id),
            zone_name=self.zone_name,
            home_sources=[Source(family) for family in self.families],
            managed_records=self.managed_records,
        )

    async def update(
        self,
        *,
        full_sync: bool = False,
        read_zone: bool = False,
        may_call_api: bool = True,
        overrule: RecordKey | None = None,
        max_age: timedelta = timedelta(),
        second_opinion: bool = False,
    ) -> UpdateResult:
        """Run an update; the log of the simulator then holds its requests only."""
        self.simulator.log.clear()
        return await self.run(
            UpdateOptions(
                full_sync=full_sync,
                read_zone=read_zone,
                may_call_api=may_call_api,
                overrule=overrule,
                max_age=max_age,
                second_opinion=second_opinion,
            )
        )

    async def run(self, options: UpdateOptions) -> UpdateResult:
        """Run an update with these options."""
        self.state, result = await update_zone(
            self.client,
            self.detector,
            self.config,
            self.state,
            options,
            save=self._save,
            is_current=lambda: self.is_current,
        )
        return result

    def start(self, *, full_sync: bool = False, read_zone: bool = False) -> Task[UpdateResult]:
        """Run an update in a task."""
        return create_task(self.update(full_sync=full_sync, read_zone=read_zone))

    async def _save(self, state: State) -> None:
        # A restart must find it, so nothing may have been written yet.
        assert BATCH not in self.requests
        self.saved.append(state)

    @property
    def requests(self) -> list[str]:
        """The requests to Cloudflare in the last update."""
        return [entry.endpoint for entry in self.simulator.log.select(service="cloudflare")]

    @property
    def providers(self) -> list[str | None]:
        """The providers that the last update queried."""
        return [entry.provider for entry in self.simulator.log.select(service="ip")]

    @property
    def contents(self) -> dict[str, str]:
        """The contents of the records of the zone, by type and name."""
        records = self.simulator.cloudflare.records(self.zone)
        return {f"{record['type']} {record['name']}": record["content"] for record in records}
