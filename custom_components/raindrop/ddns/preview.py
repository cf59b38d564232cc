"""What an update or a source would detect and change, without doing or remembering it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from .connections_in_use import with_connections
from .desired_records import desired_records_of
from .detection.detection import Detection, Detections, as_expected
from .detection.detector import Detector
from .detection.parallel_detections import confirm_all, detect_all
from .down_connections import with_down
from .models import Record
from .plan_values import Plan
from .records.make_plan import make_plan
from .records.text_plan import with_texts
from .sources import Source
from .state import State
from .zone_config import ManagedRecord, ZoneConfig

_PREVIEW_LIMIT_S = 10.0
"""How long a form waits for web providers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an update would detect and change."""

    detections: Detections = field(default_factory=dict)
    plan: Plan
    state: State = field(default_factory=State)
    """The state with the connections that an update would use."""

    def detection(self, managed: ManagedRecord) -> Detection:
        """Return what the source of a record detected: that of the connection to use."""
        return self.state.detection(managed)


async def preview(
    detector: Detector, config: ZoneConfig, existing: Sequence[Record], state: State | None = None
) -> Preview:
    """Return what an update would detect and change; nothing is written or remembered.

    An address in hold-down counts as accepted: it will be written once it is stable.
    ``existing`` are all records of the zone, or at least those at the names of the
    managed records, and NS records above them. The first form, the form for a domain
    and a dry run all show this.
    """
    detector = detector.detached()
    looked = await detect_all(detector, config.sources, timedelta(), _PREVIEW_LIMIT_S)
    detections = await confirm_all(detector, looked)
    off_sensors, now = await detector.off_sensors(config.up_sensors), detector.now()
    config = with_down(config, detections, off_sensors)
    used = with_connections(config, as_expected(detections), off_sensors, state or State(), now)
    desired_records = desired_records_of(*used, existing, now)
    plan = make_plan(desired_records, existing, config.zone_name)
    plan = with_texts(plan, desired_records, existing)
    known = replace(used.state, detections={**used.detections, **detections})
    return Preview(detections=detections, plan=plan, state=known)


async def preview_source(detector: Detector, source: Source) -> Detection:
    """Return what a source would detect, without remembering it."""
    detector = detector.detached()
    return await detector.confirm(await detector.look(source, limit_s=_PREVIEW_LIMIT_S))
