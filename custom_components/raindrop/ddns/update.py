"""One update of a zone: detect, plan, apply, and return what is known now and what happened."""

from asyncio import Task, TaskGroup, gather, sleep
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .cloudflare.client import CloudflareClient
from .connections_in_use import InUse, switch_events, with_connections
from .desired_records import desired_records_of
from .detection.detection import Detections
from .detection.detector import Detector
from .detection.parallel_detections import confirm_all, detect_all
from .down_connections import with_down
from .errors import CloudflareError, CloudflarePermissionError
from .listing_scope import only_name
from .models import Record, RecordKey, ZoneId
from .next_state import is_synced, with_plan, without_list
from .plan_values import Deletion, Outcome, Plan
from .records.apply import apply
from .records.delete import delete_records
from .records.make_plan import make_plan
from .records.text_plan import with_texts
from .records.verify import is_repetition
from .state import State
from .text_records import TextUpdate
from .text_states import with_sent_texts
from .update_result import UpdateResult
from .zone_config import ZoneConfig
from .zones import Zone


async def _save_nothing(state: State) -> None:
    """Save nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateOptions:
    """What an update should do."""

    full_sync: bool = False
    """Read the zone even if no address changed."""
    read_zone: bool = False
    """If the zone's records are read, read also the zone itself: its status, nameservers, plan."""
    may_call_api: bool = True
    """Whether Cloudflare may be called; if not, changes are left to a later update."""
    max_age: timedelta = timedelta()
    """How old a detection may be to be used again."""
    second_opinion: bool = False
    """Ask a second provider even if the first one repeats the accepted address."""
    detection_limit_s: float | None = None
    """How many seconds web providers may take, by default 30."""
    overrule: RecordKey | None = None
    """Correct this record even if external changes of it keep coming back."""


_DEFAULT_OPTIONS = UpdateOptions()


async def update_zone(
    client: CloudflareClient,
    detector: Detector,
    config: ZoneConfig,
    state: State,
    options: UpdateOptions = _DEFAULT_OPTIONS,
    *,
    save: Callable[[State], Awaitable[None]] = _save_nothing,
    is_current: Callable[[], bool] = lambda: True,
) -> tuple[State, UpdateResult]:
    """Bring the managed records of a zone in sync; return the new state and what happened.

    ``state`` is what the last update returned, or what was kept over a
    restart. Raises no CloudflareError: what failed is part of the state.

    ``save`` is called with what has to survive a restart, before a text is changed.
    ``is_current`` is asked before each write: nothing more is written for an outdated
    configuration.

    Cloudflare is not called while all detections repeat the accepted addresses and
    ``state`` is converged. When one differs, the confirming query and the list of the
    zone are sent in parallel, so a change costs three round trips. If providers
    conflicted in the last update, or keep reporting two addresses in turn, the list
    waits for their agreement: a provider that keeps reporting a wrong address costs no
    requests.
    """
    now = detector.now()
    reading: list[Task[list[Record] | CloudflareError]] = []
    async with TaskGroup() as tasks:

        def read() -> None:
            """Begin to read the zone, once, while the address is detected."""
            if options.may_call_api and not reading:
                whole_zone = options.full_sync
                listing = _list(client, config, state, whole_zone=whole_zone)
                reading.append(tasks.create_task(listing))

        if not state.is_converged:
            read()
        limit_s = options.detection_limit_s
        looked = await detect_all(detector, config.sources, options.max_age, limit_s)
        off_sensors = await detector.off_sensors(config.up_sensors)
        config = with_down(config, looked, off_sensors)
        used = with_connections(config, looked, off_sensors, state, detector.now())
        if _is_usual(looked, used, state, options):
            return replace(state, detections=used.detections), UpdateResult()
        if options.full_sync or _has_new_dispute(looked, state) or not is_synced(*used):
            read()
        confirmed = await confirm_all(detector, looked, second_opinion=options.second_opinion)
        used = with_connections(config, confirmed, off_sensors, state, detector.now())
        if not is_synced(*used):
            read()
    listing = reading[0].result() if reading else None
    if listing is None or isinstance(listing, CloudflareError):
        after, result = without_list(*used, listing, now=now)
    else:
        after, result = await _write(
            client, used, listing, options, now, save=save, is_current=is_current
        )
    events = (*switch_events(config, state, after), *result.events)
    return after, replace(result, events=events)


def _is_usual(looked: Detections, used: InUse, state: State, options: UpdateOptions) -> bool:
    """Return whether nothing changed and nothing is left to do, as in most updates."""
    is_asked = options.full_sync or options.second_opinion
    is_open = not state.is_converged or state.has_unknown_record
    if is_asked or is_open or used.config.has_connection_records:
        return False
    is_unconfirmed = any(detection.is_unconfirmed for detection in looked.values())
    return not is_unconfirmed and used.detections == state.detections and used.state == state


def _has_new_dispute(looked: Detections, state: State) -> bool:
    """Return whether a source reports another address, unless its providers are at odds anyway."""
    return any(
        d.is_unconfirmed and not (state.conflicting_updates.get(source) or d.ways_out)
        for source, d in looked.items()
    )


async def _write(
    client: CloudflareClient,
    used: InUse,
    listing: list[Record],
    options: UpdateOptions,
    now: datetime,
    *,
    save: Callable[[State], Awaitable[None]],
    is_current: Callable[[], bool],
) -> tuple[State, UpdateResult]:
    """Plan and write what differs from the records that were read."""
    config, detections, state = used
    overrule = options.overrule
    desired_records = desired_records_of(config, detections, state, listing, now, overrule)
    # Each step of a thousand records takes so long that other code gets its turn in between.
    await sleep(0)
    plan = with_texts(
        make_plan(desired_records, listing, config.zone_name), desired_records, listing
    )
    if not options.full_sync:
        plan = _without_repetitions(plan, state)
    if plan.texts:
        state = with_sent_texts(state, plan)
        await save(state)
    # Not with the list: a slow response must not delay a change.
    outcomes, zone = await gather(
        _apply(client, config.zone_id, plan, listing, state, is_current),
        _read_zone(client, config.zone_id, options),
    )
    await sleep(0)
    deletions: tuple[Deletion, ...] = ()
    errors: list[CloudflareError] = []
    # Any left because of an outdated configuration are found by the next full sync.
    if is_current():
        deletions, errors = await _delete_unwanted(client, config.zone_id, plan, outcomes)
    state = _with_zone(state, zone)
    left = tuple(deletion for deletion in plan.deletions if deletion not in deletions)
    plan = replace(plan, deletions=deletions, left_deletions=left)
    after, result = with_plan(
        config, detections, state, listing, plan, outcomes, now=now, overrule=overrule
    )
    if not all(error.is_of_content for error in errors):
        after = replace(after, is_converged=False)
    await sleep(0)
    return after, replace(result, errors=(*result.errors, *errors), zone=zone)


def _without_repetitions(plan: Plan, state: State) -> Plan:
    """Return a plan without the changes that Cloudflare did not apply before."""
    failures = ((c, state.record(c.record_key).failure) for c in plan.changes)
    waiting = {c.record_key: f for c, f in failures if f and is_repetition(c, f)}
    changes = tuple(change for change in plan.changes if change.record_key not in waiting)
    waiting_texts = {
        failure.change.record.id: failure
        for record in state.records.values()
        for failure in record.text_failures
        if failure.is_of_content and failure.change in plan.texts
    }
    return replace(
        plan,
        changes=changes,
        waiting=waiting,
        texts=tuple(text for text in plan.texts if text.record.id not in waiting_texts),
        waiting_texts=tuple(waiting_texts.values()),
    )


async def _apply(
    client: CloudflareClient,
    zone_id: ZoneId,
    plan: Plan,
    listing: Sequence[Record],
    state: State,
    is_current: Callable[[], bool],
) -> list[Outcome]:
    """Write a plan: one batch, unless a text may be why the last one failed as a whole.

    Such a failure names no change, and must not hold back the addresses for ever.
    """
    failures = (f for record in state.records.values() for f in record.text_failures)
    is_clear = all(failure.is_of_content for failure in failures)
    together = (*plan.changes, *plan.texts) if is_clear else plan.changes
    apart = () if is_clear else plan.texts
    return await apply(client, zone_id, together, listing, is_current, apart)


async def _delete_unwanted(
    client: CloudflareClient, zone_id: ZoneId, plan: Plan, outcomes: Iterable[Outcome]
) -> tuple[tuple[Deletion, ...], list[CloudflareError]]:
    """Delete the records that were created late, unless the remaining one may be wrong.

    Also those of connections that are down. Returns which of these were deleted, and why
    some were not. After a failure that concerns all changes, nothing more is tried.
    """
    failures = [outcome for outcome in outcomes if outcome.error]
    if any(failure.error and not failure.error.is_of_content for failure in failures):
        return (), []
    changes = (failure.change for failure in failures)
    wrong = {*plan.waiting, *(c.record_key for c in changes if not isinstance(c, TextUpdate))}
    stale = [r for key, records in plan.stale_records.items() if key not in wrong for r in records]
    down = [deletion.record for deletion in plan.deletions]
    failed = await delete_records(client, zone_id, [*stale, *down])
    left = {record.id for record, _ in failed}
    deleted = tuple(deletion for deletion in plan.deletions if deletion.record.id not in left)
    return deleted, [error for _, error in failed]


async def _list(
    client: CloudflareClient, config: ZoneConfig, state: State, *, whole_zone: bool
) -> list[Record] | CloudflareError:
    """Return all records at the managed names, or why they are not known."""
    only = only_name(config, state, whole_zone=whole_zone)
    try:
        return await client.list_records(config.zone_id, only, names=config.names)
    except CloudflareError as err:
        return err


async def _read_zone(
    client: CloudflareClient, zone_id: ZoneId, options: UpdateOptions
) -> Zone | CloudflareError | None:
    """Return the zone itself, or why it is not known; None if it is not wanted.

    Its plan decides how large batches are from then on.
    """
    if not options.read_zone:
        return None
    try:
        zone = await client.zone(zone_id)
    except CloudflareError as err:
        return err
    client.max_batch = zone.max_batch
    return zone


def _with_zone(state: State, zone: Zone | CloudflareError | None) -> State:
    """Return a state with what is known of the zone itself: nothing if it may not be read."""
    if isinstance(zone, CloudflarePermissionError):
        return replace(state, zone=None)
    return replace(state, zone=zone) if isinstance(zone, Zone) else state
