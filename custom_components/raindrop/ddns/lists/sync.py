"""One update of a list: read, plan, add, and delete what is old when the new is certain."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
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
from .plan import ListConfig, ListItem, ListPlan, Network, desired_networks, plan_list
from .requests import add_items, delete_items, is_completed, read_items
from .state import ListResult, ListState, assess_list, list_failure_events

type Wait = Callable[[], Awaitable[bool]]
"""Waits a moment for an operation; returns False if there is no time left to wait."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """What was found and changed in one update."""

    is_barred: bool
    """Whether another external change is left alone, because there were too many."""
    items: Sequence[ListItem] = ()
    plan: ListPlan = field(default_factory=ListPlan)
    drift: set[Network] = field(default_factory=set)
    """What was deleted externally."""
    added: list[Network] = field(default_factory=list)
    deleted: list[ListItem] = field(default_factory=list)
    errors: list[CloudflareError] = field(default_factory=list)
    """Why the rest was not changed."""

    @property
    def left(self) -> set[Network]:
        """The external changes that are left alone."""
        return self.drift if self.is_barred else set()

    @property
    def lacking(self) -> list[Network]:
        """What should have been added and was not, as far as is known."""
        return [network for network in self.plan.add if network not in self.added]

    @property
    def is_busy(self) -> bool:
        """Whether another operation is pending."""
        return any(isinstance(error, CloudflareBusyError) for error in self.errors)


async def sync_list(
    client: CloudflareClient,
    config: ListConfig,
    detections: Detections,
    state: ListState,
    *,
    now: datetime,
    wait: Wait,
    overrule: bool = False,
) -> tuple[ListState, ListResult]:
    """Bring a list in line with the home's addresses; return its next state and what happened.

    An address is added first; only when that is certain, items with an old one
    are deleted. What is not certain is read again by the next update. While
    another operation of the account is pending, the list is read again after
    each wait. Raises no CloudflareError. Only one call for each account may
    run at a time. ``overrule`` corrects the list though external changes keep
    coming back.
    """
    run = _Run(is_barred=not overrule and is_contested(state.external_changes, now))
    desired = desired_networks(config, detections)
    while True:
        run.errors.clear()
        try:
            run.items = await read_items(client, config)
        except CloudflareError as err:
            after = replace(state, failure=_read_failure(err), error=err)
            after = assess_list(config, after, detections, now)
            events = (*_changes(config, run), *list_failure_events(config, state, after))
            return after, ListResult(added=(*run.added,), errors=(err,), events=events)
        run.plan = plan_list(config, desired, run.items)
        run.drift |= {n for n in run.plan.add if n in state.synced.values()} - {*run.added}
        await _apply(client, config, run, wait)
        if not (run.is_busy and await wait()):
            break
    after = _next(config, desired, state, run, now)
    if overrule and not run.lacking:
        after = replace(after, external_changes=())
    after = assess_list(config, after, detections, now)
    return after, ListResult(
        added=tuple(run.added),
        deleted=tuple(run.deleted),
        errors=tuple(run.errors),
        events=(*_changes(config, run), *list_failure_events(config, state, after)),
    )


async def preview_list(
    client: CloudflareClient, config: ListConfig, detections: Detections
) -> tuple[list[ListItem], ListPlan]:
    """Return the items of a list and what an update would change. Raises CloudflareError.

    An address in hold-down counts as accepted: it will be written once it is stable.
    """
    assumed = {s: replace(d, address=d.address or d.candidate) for s, d in detections.items()}
    items = await read_items(client, config)
    return items, plan_list(config, desired_networks(config, assumed), items)


async def delete_own_items(client: CloudflareClient, config: ListConfig, wait: Wait) -> None:
    """Delete the items with this home's comment. Raises CloudflareError.

    A list that does not exist holds none.
    """
    try:
        own = [i for i in await read_items(client, config) if i.owner is Owner.THIS_HOME]
    except CloudflareError as err:
        if _read_failure(err) is Reason.LIST_MISSING:
            return
        raise
    if own:
        await _complete(client, config, await delete_items(client, config, own), wait)


async def _apply(client: CloudflareClient, config: ListConfig, run: _Run, wait: Wait) -> None:
    """Add, then delete; nothing is deleted of a family whose new item is not certain."""
    wanted = [network for network in run.plan.add if network not in run.left]
    await _add(client, config, run, wanted, wait)
    barred = {network.version for network in run.lacking}
    old = [item for item in run.plan.delete if item.network.version not in barred]
    if not old or any(not error.is_of_content for error in run.errors):
        return
    try:
        await _complete(client, config, await delete_items(client, config, old), wait)
        run.deleted += old
    except CloudflareError as err:
        run.errors.append(err)


async def _add(
    client: CloudflareClient, config: ListConfig, run: _Run, networks: Sequence[Network], wait: Wait
) -> None:
    """Add items together, or one by one if that is refused."""
    if not networks:
        return
    try:
        await _complete(client, config, await add_items(client, config, networks), wait)
        run.added += networks
    except CloudflareError as err:
        if err.is_of_content and len(networks) > 1:
            for network in networks:
                await _add(client, config, run, [network], wait)
        else:
            run.errors.append(err)


async def _complete(
    client: CloudflareClient, config: ListConfig, operation_id: str, wait: Wait
) -> None:
    """Wait until an operation is completed. Raises CloudflareError.

    What happened to an operation that the API does not find is not known.
    """
    while await wait():
        try:
            if await is_completed(client, config, operation_id):
                return
        except CloudflareError as err:
            if err.status == HTTPStatus.NOT_FOUND:
                break
            raise
    raise CloudflareResponseError("It is not known whether the list was changed")


def _read_failure(err: CloudflareError) -> Reason:
    """Return why a list could not be read."""
    if err.is_of_content:
        is_gone = err.status == HTTPStatus.NOT_FOUND
        return Reason.LIST_MISSING if is_gone else Reason.REFUSED
    is_passing = isinstance(err, (CloudflareConnectionError, CloudflareResponseError))
    return Reason.LIST_UNREAD if is_passing else Reason.REFUSED


def _write_failure(err: CloudflareError) -> Reason:
    """Return why a list could not be changed."""
    if isinstance(err, CloudflareBusyError):
        return Reason.LIST_BUSY
    is_unclear = isinstance(err, (CloudflareConnectionError, CloudflareResponseError))
    return Reason.UNCONFIRMED if is_unclear else Reason.REFUSED


def _next(
    config: ListConfig,
    desired: Mapping[Family, Network | None],
    state: ListState,
    run: _Run,
    now: datetime,
) -> ListState:
    """Return what is known of a list after it was read and changed."""
    gone = {item.id for item in run.deleted}
    rest = [item for item in run.items if item.id not in gone]
    held = {item.network for item in rest} | {*run.added}
    own = {Family(i.network.version): i.network for i in rest if config.is_own(i)}
    there = {f: n for f, n in desired.items() if n in held and n is not None}
    # What is left alone stays known as an external change.
    left = {f: n for f, n in state.synced.items() if n in run.left}
    old_items = tuple(item for item in run.plan.delete if item.id not in gone)
    if run.left.issuperset(run.lacking):
        failure = Reason.CONTESTED if run.lacking else None
    else:
        failure = _write_failure(run.errors[0])
    return replace(
        state,
        networks={**own, **there},
        synced={**there, **left},
        written_at=now if run.added or run.deleted else state.written_at,
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
        error=next(iter(run.errors), None),
        was_read=True,
    )


def _changes(config: ListConfig, run: _Run) -> list[DdnsEvent]:
    """Return the events of the addresses that were added."""
    old = {item.network.version: item.network for item in run.plan.delete}
    events: list[DdnsEvent] = []
    for network in run.added:
        before = None if network in run.drift else old.get(network.version)
        kind = EventType.UPDATED if before else EventType.CREATED
        events.append(
            DdnsEvent(
                type=EventType.DRIFT_CORRECTED if network in run.drift else kind,
                family=Family(network.version),
                list_id=config.list_id,
                from_ip=before.network_address if before else None,
                to_ip=network.network_address,
            )
        )
    return events
