"""What is known of a resource between two updates, and the reason why it is not in sync."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..detection.detection import Detections
from ..errors import CloudflareError
from ..models import Network, Reason
from ..sources import Family
from ..update_result import DdnsEvent, EventType
from .resource_settings import ResourceConfig, ResourceItem, desired_networks, is_shared

_LONGEST_UNKNOWN = timedelta(minutes=14, seconds=50)
"""How long something may be unknown, or an old address stay: about three updates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceState:
    """All that is known of one resource."""

    networks: Mapping[Family, Network] = field(default_factory=dict)
    """What it holds for this home, as last read or written."""
    synced: Mapping[Family, Network] = field(default_factory=dict)
    """What it was last brought in line with."""
    written_at: datetime | None = None
    """When it was last changed from here; survives a restart."""
    old_items: Sequence[ResourceItem] = ()
    """Items of this home with an address that it no longer has."""
    old_since: datetime | None = None
    """Since when there are any; survives a restart."""
    external_changes: tuple[datetime, ...] = ()
    """When items of this home were deleted externally, as far as it counts; survives a restart."""
    failure: Reason | None = None
    """Why it does not hold what it should, or could not be read."""
    error: CloudflareError | None = None
    """What Cloudflare said."""
    own: tuple[Network, ...] | None = None
    """The networks that may be this home's, where items do not say so: the likeliest first.

    Empty if it has none; None if it is not known which one. Survives a restart.
    """
    changed_settings: tuple[str, ...] = ()
    """What a write changed though it was sent as it had been; survives a restart."""
    was_read: bool = False
    """Whether it was read since the start."""
    unknown_since: datetime | None = None
    """Since when an address or the resource is not known; None if all is. Survives a restart."""
    reason: Reason | None = None
    """Why it is not in sync; None if it is, or if that is not known yet."""
    has_failed: bool = False
    """Whether its failure was an event, so that its recovery is one; survives a restart."""

    @property
    def is_in_sync(self) -> bool:
        """Whether it is known to hold what it should."""
        return self.was_read and not (self.reason or self.failure or self.unknown_since)

    @property
    def is_done(self) -> bool:
        """Whether another update would gain nothing before the address changes."""
        is_left = self.failure in {None, Reason.CONTESTED}
        return self.was_read and is_left and not self.old_items

    def lacks(self, desired: Mapping[Family, Network | None]) -> bool:
        """Return whether it was not brought in line with some of these networks yet."""
        return any(network not in {None, self.synced.get(f)} for f, network in desired.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceResult:
    """What happened to a resource in one update."""

    added: Sequence[Network] = ()
    deleted: Sequence[ResourceItem] = ()
    errors: tuple[CloudflareError, ...] = ()
    """What Cloudflare failed at or refused."""
    events: tuple[DdnsEvent, ...] = ()


def assess_resource(
    config: ResourceConfig, state: ResourceState, detections: Detections, now: datetime
) -> ResourceState:
    """Return a state with the reason why the resource is not in sync; nothing is requested."""
    desired = desired_networks(config, detections)
    found = [detections[s] for s in config.sources.values() if s in detections]
    # Without a source, because the user turned it off later, no address is ever known.
    is_known = bool(config.sources) and state.failure is not Reason.UNREAD
    is_known = is_known and all(
        detection.address is not None or detection.is_unsupported_family for detection in found
    )
    # A time in the future is due to a clock that was set back.
    since = None if is_known else min(state.unknown_since or now, now)
    is_overdue = since is not None and now - since >= _LONGEST_UNKNOWN
    is_short = state.failure is Reason.UNREAD and not (is_overdue or state.lacks(desired))
    if state.failure and not is_short:
        reason: Reason | None = state.failure
    elif any(is_shared(detection) for detection in found) and not config.allows_shared:
        reason = Reason.SHARED_ADDRESS
    elif any(detection.is_flapping for detection in found):
        reason = Reason.FLAPPING
    elif is_overdue:
        reason = Reason.NO_ADDRESS
    elif state.old_since and now - state.old_since >= _LONGEST_UNKNOWN:
        reason = Reason.OLD_ADDRESS
    else:
        reason = None
    # Waiting for a flapping address is neither a failure nor a recovery.
    has_failed = reason is not None and (state.has_failed or reason is not Reason.FLAPPING)
    return replace(state, unknown_since=since, reason=reason, has_failed=has_failed)


def resource_failure_events(
    config: ResourceConfig, before: ResourceState, after: ResourceState
) -> list[DdnsEvent]:
    """Return whether a resource failed or recovered in an update."""
    if before.has_failed == after.has_failed:
        return []
    family = min(config.sources, default=Family.IPV4)
    return [
        DdnsEvent(
            type=EventType.FAILED if after.has_failed else EventType.RECOVERED,
            family=family,
            resource_id=config.resource_id,
            reason=after.reason,
        )
    ]
