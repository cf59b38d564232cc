"""One update of a resource: read, plan, change what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus

from ..cloudflare.client import CloudflareClient
from ..detection.result import Detections
from ..errors import (
    CloudflareBusyError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareResponseError,
)
from ..models import Owner, Reason
from ..records.external_changes import is_contested, next_times
from ..results import DdnsEvent, EventType
from ..sources import Family
from .api import Changes, Wait, no_time
from .config import Network, ResourceConfig, ResourceItem, desired_networks
from .kinds import APIS
from .plan import ResourcePlan, plan_resource
from .state import ResourceResult, ResourceState, assess_resource, resource_failure_events


@dataclass(slots=True, kw_only=True)
class _Run:
    """What was found and changed in one update."""

    is_barred: bool
    """Whether another external change is left alone, because there were too many."""
    items: Sequence[ResourceItem] = ()
    plan: ResourcePlan = field(default_factory=ResourcePlan)
    drift: set[Network] = field(default_factory=set)
    """What was deleted externally."""
    changes: Changes = field(default_factory=Changes)

    @property
    def left(self) -> set[Network]:
        """The external changes that are left alone."""
        return self.drift if self.is_barred else set()

    @property
    def permitted(self) -> ResourcePlan:
        """The plan without those, and without their families' old items."""
        versions = {network.version for network in self.left.intersection(self.plan.add)}
        return ResourcePlan(
            add=[network for network in self.plan.add if network not in self.left],
            delete=[item for item in self.plan.delete if item.network.version not in versions],
        )

    @property
    def lacking(self) -> list[Network]:
        """What should have been added and was not, as far as is known."""
        return [network for network in self.plan.add if network not in self.changes.added]

    @property
    def is_busy(self) -> bool:
        """Whether another operation is pending."""
        return any(isinstance(error, CloudflareBusyError) for error in self.changes.errors)


async def sync_resource(
    client: CloudflareClient,
    config: ResourceConfig,
    detections: Detections,
    state: ResourceState,
    *,
    now: datetime,
    wait: Wait,
    overrule: bool = False,
) -> tuple[ResourceState, ResourceResult]:
    """Bring a resource in line with the home's addresses; return its next state and what happened.

    Nothing is deleted before the new address is certain. What is not certain is
    read again by the next update. While another operation of the account is
    pending, the resource is read again after each wait. Raises no
    CloudflareError. Only one call for each account and kind may run at a time.
    ``overrule`` corrects it though external changes keep coming back.
    """
    api = APIS[config.kind](client, config, wait)
    run = _Run(is_barred=not overrule and is_contested(state.external_changes, now))
    desired = desired_networks(config, detections)
    while True:
        run.changes.errors.clear()
        try:
            run.items = await api.read()
        except CloudflareError as err:
            after = replace(state, failure=_read_failure(err), error=err)
            after = assess_resource(config, after, detections, now)
            events = (*_changes(config, run), *resource_failure_events(config, state, after))
            return after, ResourceResult(added=(*run.changes.added,), errors=(err,), events=events)
        run.plan = plan_resource(config, desired, run.items)
        run.drift |= {n for n in run.plan.add if n in state.synced.values()} - {*run.changes.added}
        await api.change(run.permitted, run.changes)
        if not (run.is_busy and await wait()):
            break
    after = _next(config, desired, state, run, now)
    if overrule and not run.lacking:
        after = replace(after, external_changes=())
    after = assess_resource(config, after, detections, now)
    return after, ResourceResult(
        added=tuple(run.changes.added),
        deleted=tuple(run.changes.deleted),
        errors=tuple(run.changes.errors),
        events=(*_changes(config, run), *resource_failure_events(config, state, after)),
    )


async def preview_resource(
    client: CloudflareClient, config: ResourceConfig, detections: Detections
) -> tuple[list[ResourceItem], ResourcePlan]:
    """Return the items of a resource and what an update would change. Raises CloudflareError.

    An address in hold-down counts as accepted: it will be written once it is stable.
    """
    assumed = {s: replace(d, address=d.address or d.candidate) for s, d in detections.items()}
    items = await APIS[config.kind](client, config, no_time).read()
    return items, plan_resource(config, desired_networks(config, assumed), items)


async def check_resource_edit(client: CloudflareClient, config: ResourceConfig) -> None:
    """Raise CloudflarePermissionError if the credential may not edit a resource.

    Changes nothing. Any response of Cloudflare but a denial means that it may.
    """
    await APIS[config.kind](client, config, no_time).check_edit()


async def delete_own_items(client: CloudflareClient, config: ResourceConfig, wait: Wait) -> None:
    """Delete the items with this home's comment. Raises CloudflareError.

    A resource that does not exist holds none.
    """
    api = APIS[config.kind](client, config, wait)
    try:
        own = [item for item in await api.read() if item.owner is Owner.THIS_HOME]
    except CloudflareError as err:
        if _read_failure(err) is Reason.NOT_FOUND:
            return
        raise
    changes = Changes()
    await api.change(ResourcePlan(delete=own), changes)
    for error in changes.errors:
        raise error


def _read_failure(err: CloudflareError) -> Reason:
    """Return why a resource could not be read."""
    if err.is_of_content:
        is_gone = err.status == HTTPStatus.NOT_FOUND
        return Reason.NOT_FOUND if is_gone else Reason.REFUSED
    is_passing = isinstance(err, (CloudflareConnectionError, CloudflareResponseError))
    return Reason.UNREAD if is_passing else Reason.REFUSED


def _write_failure(err: CloudflareError) -> Reason:
    """Return why a resource could not be changed."""
    if isinstance(err, CloudflareBusyError):
        return Reason.BUSY
    is_unclear = isinstance(err, (CloudflareConnectionError, CloudflareResponseError))
    return Reason.UNCONFIRMED if is_unclear else Reason.REFUSED


def _next(
    config: ResourceConfig,
    desired: Mapping[Family, Network | None],
    state: ResourceState,
    run: _Run,
    now: datetime,
) -> ResourceState:
    """Return what is known of a resource after it was read and changed."""
    gone = {item.id for item in run.changes.deleted}
    rest = [item for item in run.items if item.id not in gone]
    held = {item.network for item in rest} | {*run.changes.added}
    own = {Family(i.network.version): i.network for i in rest if config.is_own(i)}
    there = {f: n for f, n in desired.items() if n in held and n is not None}
    # What is left alone stays known as an external change.
    left = {f: n for f, n in state.synced.items() if n in run.left}
    old_items = tuple(item for item in run.plan.delete if item.id not in gone)
    if run.left.issuperset(run.lacking):
        failure = Reason.CONTESTED if run.lacking else None
    else:
        failure = _write_failure(run.changes.errors[0])
    return replace(
        state,
        networks={**own, **there},
        synced={**there, **left},
        written_at=now if run.changes.added or run.changes.deleted else state.written_at,
        old_items=old_items,
        # A time in the future is due to a clock that was set back.
        old_since=min(state.old_since or now, now) if old_items else None,
        external_changes=next_times(
            state.external_changes,
            now,
            is_corrected=bool(run.drift) and not run.lacking,
            is_left=bool(run.left),
        ),
        failure=failure,
        error=next(iter(run.changes.errors), None),
        was_read=True,
    )


def _changes(config: ResourceConfig, run: _Run) -> list[DdnsEvent]:
    """Return the events of the addresses that were added."""
    old = {item.network.version: item.network for item in run.plan.delete}
    events: list[DdnsEvent] = []
    for network in run.changes.added:
        before = None if network in run.drift else old.get(network.version)
        kind = EventType.UPDATED if before else EventType.CREATED
        events.append(
            DdnsEvent(
                type=EventType.DRIFT_CORRECTED if network in run.drift else kind,
                family=Family(network.version),
                resource_id=config.resource_id,
                from_ip=before.network_address if before else None,
                to_ip=network.network_address,
            )
        )
    return events
