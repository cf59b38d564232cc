"""One update of a resource: read, plan, change what differs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus

from ..cloudflare.client import CloudflareClient
from ..detection.detection import Detections, as_expected
from ..errors import (
    ChangedSettingsError,
    CloudflareAddressTakenError,
    CloudflareBusyError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareResponseError,
    UnknownNetworkError,
    UnknownSettingsError,
)
from ..models import Network, Owner, Reason
from ..records.external_changes import is_contested, next_times
from ..sources import Family
from ..update_result import DdnsEvent, EventType
from .api import Changes, Wait
from .kinds import APIS
from .resource_plan import ResourcePlan, plan_resource
from .resource_settings import ResourceConfig, ResourceItem, desired_networks
from .resource_state import ResourceResult, ResourceState, assess_resource, resource_failure_events

type Save = Callable[[ResourceState], Awaitable[None]]
"""Stores a state, so that it survives a restart from then on."""

_REASONS: Mapping[type[CloudflareError], Reason] = {
    CloudflareAddressTakenError: Reason.ADDRESS_TAKEN,
    CloudflareBusyError: Reason.BUSY,
    CloudflareConnectionError: Reason.UNCONFIRMED,
    CloudflareResponseError: Reason.UNCONFIRMED,
    UnknownNetworkError: Reason.AMBIGUOUS,
}
"""Why a resource could not be changed; any other error is a refusal."""
_MAX_OWN = 3
"""How many networks may be this home's after writes whose outcome is not certain."""


async def _save_nothing(_state: ResourceState) -> None:
    """Store nothing."""


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
    save: Save = _save_nothing,
    overrule: bool,
) -> tuple[ResourceState, ResourceResult]:
    """Bring a resource in line with the home's addresses; return its next state and what happened.

    Nothing is deleted before the new address is certain. What is not certain is
    read again by the next update. While another operation of the account is
    pending, the resource is read again after each wait. Raises no
    CloudflareError. Only one call for each account and kind may run at a time.
    ``save`` is called before a write of what cannot be read from the
    resource afterwards. ``overrule`` corrects it though external changes keep
    coming back, or a write changed other settings.
    """
    if overrule and state.failure is Reason.SETTINGS_CHANGED:
        state = replace(state, changed_settings=())
    api = APIS[config.kind](client, config, wait, state.own)
    run = _Run(is_barred=not overrule and is_contested(state.external_changes, now))
    desired = desired_networks(config, detections)
    while True:
        run.changes.errors.clear()
        try:
            run.items = await api.read()
        except CloudflareError as err:
            after = assess_resource(config, _unread(state, err), detections, now)
            events = (*_changes(config, run), *resource_failure_events(config, state, after))
            return after, ResourceResult(added=(*run.changes.added,), errors=(err,), events=events)
        run.plan = plan_resource(config, desired, run.items)
        run.drift |= {n for n in run.plan.add if n in state.synced.values()} - {*run.changes.added}
        plan = ResourcePlan() if state.changed_settings else run.permitted
        if config.kind.remembers_own:
            state = replace(state, own=_own(desired, state, run, plan))
            if plan:
                await save(state)
        await api.change(plan, run.changes)
        if not (run.is_busy and await wait()):
            break
    after = _next(config, desired, state, run, now, api.obstacle)
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
    client: CloudflareClient,
    config: ResourceConfig,
    detections: Detections,
    own: Sequence[Network] | None = None,
) -> tuple[list[ResourceItem], ResourcePlan]:
    """Return the items of a resource and what an update would change. Raises CloudflareError.

    An address in hold-down counts as accepted: it will be written once it is stable.
    ``own`` is as in `ResourceState`.
    """
    api = APIS[config.kind](client, config, own=own)
    items = await api.read()
    plan = plan_resource(config, desired_networks(config, as_expected(detections)), items)
    return items, ResourcePlan() if config.kind.remembers_own and own is None else plan


async def check_resource_edit(client: CloudflareClient, config: ResourceConfig) -> None:
    """Raise CloudflarePermissionError if the credential may not edit a resource.

    Changes nothing. Any response of Cloudflare but a denial means that it may.
    """
    try:
        await APIS[config.kind](client, config).check_edit()
    except CloudflareError as err:
        if not (err.is_of_content or isinstance(err, CloudflareBusyError)):
            raise


async def delete_own_items(
    client: CloudflareClient,
    config: ResourceConfig,
    wait: Wait,
    own: Sequence[Network] | None = None,
) -> None:
    """Delete the items with this home's comment, or that are its ``own``. Raises CloudflareError.

    A resource that does not exist holds none.
    """
    api = APIS[config.kind](client, config, wait, own)
    try:
        items = [item for item in await api.read() if item.owner is Owner.THIS_HOME]
    except CloudflareError as err:
        if _read_failure(err) is Reason.NOT_FOUND:
            return
        raise
    changes = Changes()
    await api.change(ResourcePlan(delete=items), changes)
    for error in changes.errors:
        raise error


def _unread(state: ResourceState, err: CloudflareError) -> ResourceState:
    """Return what is known after a read failed: what was wrong is wrong until one succeeds."""
    failure = _read_failure(err)
    is_passing = failure is Reason.UNREAD and state.failure is not None
    return state if is_passing else replace(state, failure=failure, error=err)


def _read_failure(err: CloudflareError) -> Reason:
    """Return why a resource could not be read."""
    if isinstance(err, UnknownSettingsError):
        return Reason.SETTINGS_UNKNOWN
    if err.is_of_content:
        is_gone = err.status == HTTPStatus.NOT_FOUND
        return Reason.NOT_FOUND if is_gone else Reason.REFUSED
    is_passing = isinstance(err, (CloudflareConnectionError, CloudflareResponseError))
    return Reason.UNREAD if is_passing else Reason.REFUSED


def _write_failure(err: CloudflareError) -> Reason:
    """Return why a resource could not be changed."""
    reasons = (reason for kind, reason in _REASONS.items() if isinstance(err, kind))
    return next(reasons, Reason.REFUSED)


def _own(
    desired: Mapping[Family, Network | None], state: ResourceState, run: _Run, plan: ResourcePlan
) -> tuple[Network, ...] | None:
    """Return which networks may be this home's after a plan is carried out, or could not be.

    After a write, those before it count until a later read confirms it: it may
    have been lost, or carried out late, or somebody else may have written what
    they had read before. None stays None until the home's address is there.
    """
    if run.plan and (state.own is None or not plan):
        return state.own
    held, known = {item.network for item in run.items}, state.own or ()
    present = [network for network in known if network in held]
    new = [network for network in desired.values() if network]
    # While a write is not certain, what is there counts first: it may stay there.
    first = [*present, *new]
    if plan or state.failure is Reason.UNCONFIRMED:
        return tuple(dict.fromkeys([*first, *known]))[:_MAX_OWN]
    return tuple(first[:1]) or state.own


def _next(
    config: ResourceConfig,
    desired: Mapping[Family, Network | None],
    state: ResourceState,
    run: _Run,
    now: datetime,
    obstacle: Reason | None,
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
    own_networks = state.own
    if own_networks is not None and not old_items:
        own_networks = tuple(dict.fromkeys([*there.values(), *own_networks]))
    error = next(iter(run.changes.errors), None)
    found = (one.settings for one in run.changes.errors if isinstance(one, ChangedSettingsError))
    if changed := next(found, state.changed_settings):
        failure: Reason | None = Reason.SETTINGS_CHANGED
        error = ChangedSettingsError(changed)
    elif run.left.issuperset(run.lacking):
        failure = Reason.CONTESTED if run.lacking else obstacle
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
        error=error,
        own=own_networks,
        changed_settings=changed,
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
