"""One zone kept round after round, with what each round asked."""

from asyncio import Task, create_task
from collections.abc import Awaitable, Callable, Iterable, Sequence

from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.detect import Detector
from custom_components.raindrop.ddns.model import Family, Source, Target, ZoneId
from custom_components.raindrop.ddns.reconcile import Assignment, Round, reconcile
from custom_components.raindrop.ddns.report import Report
from custom_components.raindrop.ddns.survey import Survey
from lab import Lab
from lab.cloudflare import Zone

from .builders import target

LIST = "GET /zones/{zone_id}/dns_records"
BATCH = "POST /zones/{zone_id}/dns_records/batch"

type Ask = Callable[[str, str], Awaitable[Survey]]
"""A survey by one credential: of the fields for the zone and for the domain."""


class Keeper:
    """Keeps a zone of the lab's, and remembers the last report as the coordinator does."""

    def __init__(self, lab: Lab, zone: Zone, client: CloudflareClient, detector: Detector) -> None:
        """Keep home.example.com over IPv4, until told otherwise."""
        self.lab = lab
        self.zone = zone
        self.client = client
        self.detector = detector
        self.targets: Sequence[Target] = [target("home.example.com")]
        self.families: Iterable[Family] = (Family.IPV4,)
        self.report = Report()

    async def round(self, *, audit: bool = False, may_ask: bool = True) -> Report:
        """Run a round; the log holds what it asked, and nothing else."""
        self.lab.log.clear()
        self.report = await reconcile(
            self.client,
            self.detector,
            Assignment(
                zone_id=ZoneId(self.zone.id),
                home=[Source(family) for family in self.families],
                targets=self.targets,
            ),
            self.report,
            how=Round(audit=audit, may_ask=may_ask),
        )
        return self.report

    def start(self) -> Task[Report]:
        """Run a round beside whatever else happens."""
        return create_task(self.round())

    @property
    def asked(self) -> list[str]:
        """What the last round asked of Cloudflare."""
        return [entry.endpoint for entry in self.lab.log.select(service="cloudflare")]

    @property
    def looked(self) -> list[str | None]:
        """Whom the last round asked for the address."""
        return [entry.operator for entry in self.lab.log.select(service="ip")]

    @property
    def contents(self) -> dict[str, str]:
        """What stands in the zone, by type and name."""
        records = self.lab.cloudflare.records(self.zone)
        return {f"{record['type']} {record['name']}": record["content"] for record in records}
