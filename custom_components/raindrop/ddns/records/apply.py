"""Apply a plan: one batch for many changes, bisected to find the one that is refused."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from itertools import batched, chain

from ..addresses import parse_record
from ..cloudflare.client import CloudflareClient
from ..errors import (
    CloudflareConnectionError,
    CloudflareError,
    CloudflareRefusedError,
    CloudflareResponseError,
)
from ..models import (
    Change,
    Create,
    HostName,
    Reason,
    Record,
    RecordId,
    RecordKey,
    Update,
    ZoneId,
)
from ..plan_values import Outcome
from ..zones import MAX_BATCH
from .verify import is_misplaced, unapplied_fields

_MAX_SEARCHES = 4
"""How many refused changes are searched for before the rest of a batch is written one by one."""


async def apply(
    client: CloudflareClient,
    zone_id: ZoneId,
    changes: Sequence[Change],
    existing: Iterable[Record] = (),
    is_current: Callable[[], bool] = lambda: True,
    apart: Sequence[Change] = (),
) -> list[Outcome]:
    """Return the outcome of each change; raises no CloudflareError.

    ``existing`` are the records that were read before; none of them is deleted. A
    change that is refused for its content does not stop the others. After any other
    failure, those not sent yet are not tried. ``is_current`` is asked before each
    request; once it is false, the changes that were not sent have no outcome. The
    changes ``apart`` are sent after the others, in a batch of their own.
    """
    writer = _Writer(client, zone_id, {record.id for record in existing}, is_current)
    for chunk in chain(*(batched(part, client.max_batch) for part in (changes, apart))):
        await writer.write(chunk)
    return writer.outcomes


class _Writer:
    """Writes changes and collects their outcomes."""

    def __init__(
        self,
        client: CloudflareClient,
        zone_id: ZoneId,
        existing: Collection[RecordId],
        is_current: Callable[[], bool],
    ) -> None:
        self._client = client
        self._zone_id = zone_id
        self._existing = existing
        self._is_current = is_current
        self._failure: CloudflareError | None = None
        self._accepts_batches = False
        self.outcomes: list[Outcome] = []

    @property
    def _is_stopped(self) -> bool:
        """Whether nothing more may be sent."""
        return self._failure is not None or not self._is_current()

    async def write(self, changes: Sequence[Change]) -> None:
        """Write the changes of one batch except those that are refused."""
        refusal = await self._batch(changes)
        if refusal is None:
            return
        if len(changes) > MAX_BATCH:
            # The zone may no longer be on a plan that allows so many.
            self._client.max_batch = MAX_BATCH
            for chunk in batched(changes, MAX_BATCH):
                await self.write(chunk)
            return
        rest: Sequence[Change] = changes
        refused: list[tuple[Change, CloudflareError]] = []
        for _ in range(_MAX_SEARCHES):
            suspects, refusal, rest = await self._search(rest, refusal)
            if self._is_stopped:
                rest = (*suspects, *rest)
                break
            refused.append((suspects[0], refusal))
            if not rest or (refusal := await self._batch(rest)) is None:
                rest = ()
                break
        for change in rest:
            await self._single(change)
        for change, refusal in refused:
            if self._accepts_batches:
                self._refuse(change, refusal)
            else:
                # Maybe batches are refused, not this change.
                await self._single(change)

    async def _search(
        self, suspects: Sequence[Change], refusal: CloudflareError
    ) -> tuple[Sequence[Change], CloudflareError, Sequence[Change]]:
        """Return the change for which a batch is refused, why, and what is not written.

        Uses bisection: a single refused change among N costs log2(N) requests, and one
        more for those set aside meanwhile. If it is stopped, several suspects are left,
        none of them refused.
        """
        aside: tuple[Change, ...] = ()
        while len(suspects) > 1 and not self._is_stopped:
            half = len(suspects) // 2
            first, second = suspects[:half], suspects[half:]
            result = await self._batch(first)
            if result is None:
                suspects = second
            else:
                suspects, refusal, aside = first, result, (*second, *aside)
        return suspects, refusal, aside

    async def _batch(self, changes: Sequence[Change]) -> CloudflareError | None:
        """Write changes together; return the error if one of them is refused for its content."""
        if self._is_stopped:
            self._leave(changes)
            return None
        try:
            records = await self._client.batch(self._zone_id, changes)
        except CloudflareError as err:
            if err.is_of_content:
                return err
            self._fail(changes, err)
            return None
        self._accepts_batches = True
        await self._check(changes, records)
        return None

    async def _single(self, change: Change) -> None:
        if self._is_stopped:
            self._leave([change])
            return
        try:
            if isinstance(change, Create):
                record = await self._client.create(self._zone_id, change)
            else:
                record = await self._client.update(self._zone_id, change)
        except CloudflareError as err:
            if err.is_of_content:
                self._refuse(change, err)
            else:
                self._fail([change], err)
        else:
            await self._check([change], [record])

    async def _check(self, changes: Sequence[Change], records: Sequence[Record]) -> None:
        """Accept a write only if the response shows every field as it was sent.

        A record that was created at another name (the name is not in this
        zone) is deleted again, or each change of the address would add one.
        """
        shown = _shown(changes, records)
        # An updated record is not misplaced, even if it was renamed externally.
        updated = {change.record.id for change in changes if isinstance(change, Update)}
        known = updated | {record.id for record in shown if record}
        others = [record for record in records if record.id not in known]
        outcomes = [(c, record) for c, record in zip(changes, shown, strict=True)]
        lacking = [c for c, record in outcomes if isinstance(c, Create) and record is None]
        misplaced = await self._delete_misplaced(lacking, others)
        for change, record in outcomes:
            if isinstance(change, Create) and change.record_key in misplaced:
                self._refuse(change, CloudflareRefusedError("The name is not in this zone"))
            else:
                self.outcomes.append(_outcome(change, record, others))

    async def _delete_misplaced(
        self, creates: Sequence[Create], shown: Sequence[Record]
    ) -> set[RecordKey]:
        """Delete the records that were created at another name; return the requested keys.

        The response alone is not proof, so the records are read again. One that existed
        before stays.
        """
        suspects = [
            (create, record.id)
            for create in creates
            for record in shown
            if is_misplaced(create, record) and record.id not in self._existing
        ]
        if not suspects:
            return set()
        try:
            records = await self._client.list_records(self._zone_id)
        except CloudflareError:
            return set()
        by_id = {record.id: record for record in records}
        places = {(record.name, record.type) for record in records}
        misplaced: set[RecordKey] = set()
        for create, record_id in suspects:
            record = by_id.get(record_id)
            if record and is_misplaced(create, record) and _place(create) not in places:
                misplaced.add(create.record_key)
                with suppress(CloudflareError):
                    await self._client.delete(self._zone_id, record_id)
        return misplaced

    def _fail(self, changes: Sequence[Change], err: CloudflareError) -> None:
        """Add the outcomes of a failure that stops all further writes."""
        self._failure = err
        is_unclear = isinstance(err, (CloudflareConnectionError, CloudflareResponseError))
        reason = Reason.UNCONFIRMED if is_unclear else Reason.REFUSED
        self.outcomes += [Outcome(change=c, reason=reason, error=err) for c in changes]

    def _leave(self, changes: Iterable[Change]) -> None:
        """Add the outcomes of changes that are not sent: none, unless it is for a failure."""
        if self._failure is not None:
            for change in changes:
                self._refuse(change, self._failure)

    def _refuse(self, change: Change, err: CloudflareError) -> None:
        self.outcomes.append(Outcome(change=change, reason=Reason.REFUSED, error=err))


def _shown(changes: Iterable[Change], records: Iterable[Record]) -> list[Record | None]:
    """Return the record of each change in a response, None if it is not there.

    Of several new ones at one place, the comment tells which is whose, unless Cloudflare
    did not keep it.
    """
    by_id = {record.id: record for record in records}
    updated = {change.record.id for change in changes if isinstance(change, Update)}
    by_place: defaultdict[tuple[HostName, str], list[Record]] = defaultdict(list)
    for record in by_id.values():
        if record.id not in updated:
            by_place[record.name, record.type].append(record)

    def shown(change: Change) -> Record | None:
        if isinstance(change, Update):
            return by_id.get(change.record.id)
        key, at_place = change.record_key, by_place[_place(change)]
        right = [r for r in at_place if parse_record(r.content) == change.address]
        named = [r for r in at_place if r.connection == key.connection]
        return next(iter(named or right or at_place), None)

    return [shown(change) for change in changes]


def _place(change: Create) -> tuple[HostName, str]:
    return change.record_key.name, change.record_key.family.record_type


def _outcome(change: Change, record: Record | None, others: Sequence[Record]) -> Outcome:
    """Return the outcome of a change whose response shows its record, only others, or none."""
    if record is not None:
        fields = unapplied_fields(change, record)
    elif isinstance(change, Create) and others:
        has_name = any(other.name == change.record_key.name for other in others)
        fields = ["type" if has_name else "name"]
    else:
        error = CloudflareResponseError("Cloudflare's response does not show the record")
        return Outcome(change=change, reason=Reason.UNCONFIRMED, error=error)
    if not fields:
        return Outcome(change=change, record=record)
    kept = CloudflareRefusedError(
        f"Cloudflare reported success, but did not apply: {', '.join(fields)}"
    )
    return Outcome(change=change, reason=Reason.NOT_APPLIED, record=record, error=kept)
