"""Carry changes out: one batch for many, and a search for the one that is refused."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import batched

from .addresses import parse_record
from .cloudflare import MAX_BATCH, CloudflareClient
from .errors import (
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflareRefusedError,
    CloudflareResponseError,
)
from .model import Change, Create, Outcome, Record, Result, Slot, Update, ZoneId

_MAX_SEARCHES = 4
"""Culprits that are searched for before the rest of a batch is written singly."""


async def apply(
    client: CloudflareClient, zone_id: ZoneId, changes: Sequence[Change]
) -> list[Outcome]:
    """Return what became of each change; raises none of Cloudflare's errors.

    A change that is refused for its own sake does not stop the others. After
    any other failure those not sent yet are not tried.
    """
    writer = _Writer(client, zone_id)
    for chunk in batched(changes, client.max_batch, strict=False):
        await writer.write(chunk)
    return writer.outcomes


async def retire(
    client: CloudflareClient, zone_id: ZoneId, slots: Collection[Slot]
) -> list[Record]:
    """Delete the records of slots that Raindrop created, and return them.

    Reads before it deletes, and leaves every record without Raindrop's
    comment. Raises CloudflareError.
    """
    wanted = {(slot.name, slot.family.record_type) for slot in slots}
    records = await client.list_records(zone_id)
    owned = [r for r in records if r.is_owned and (r.name, r.type) in wanted]
    for record in owned:
        await client.delete(zone_id, record.id)
    return owned


class _Writer:
    """Writes changes and gathers their outcomes."""

    def __init__(self, client: CloudflareClient, zone_id: ZoneId) -> None:
        """Write to one zone."""
        self._client = client
        self._zone_id = zone_id
        self._failure: CloudflareError | None = None
        self._accepts_batches = False
        self.outcomes: list[Outcome] = []

    async def write(self, changes: Sequence[Change]) -> None:
        """Write the changes of one batch, around those that are refused."""
        refusal = await self._batch(changes)
        if refusal is None:
            return
        if len(changes) > MAX_BATCH:
            # Perhaps the zone is no longer on a plan that allows so many.
            self._client.max_batch = MAX_BATCH
            for chunk in batched(changes, MAX_BATCH, strict=False):
                await self.write(chunk)
            return
        rest: Sequence[Change] = changes
        culprits: list[tuple[Change, CloudflareError]] = []
        for _ in range(_MAX_SEARCHES):
            suspects, refusal, rest = await self._search(rest, refusal)
            if self._failure is not None:
                rest = (*suspects, *rest)
                break
            culprits.append((suspects[0], refusal))
            if not rest or (refusal := await self._batch(rest)) is None:
                rest = ()
                break
        for change in rest:
            await self._single(change)
        for change, refusal in culprits:
            if self._accepts_batches:
                self._refuse(change, refusal)
            else:
                # Perhaps it is batches that are refused, not this change.
                await self._single(change)

    async def _search(
        self, suspects: Sequence[Change], refusal: CloudflareError
    ) -> tuple[Sequence[Change], CloudflareError, Sequence[Change]]:
        """Return the change for which a batch is refused, why, and what is not written.

        Halves the suspects, so that a single culprit among N costs log2(N)
        requests, and one more for those that were set aside meanwhile. After a
        failure several suspects are left, none of them guilty.
        """
        aside: tuple[Change, ...] = ()
        while len(suspects) > 1 and self._failure is None:
            half = len(suspects) // 2
            first, second = suspects[:half], suspects[half:]
            verdict = await self._batch(first)
            if verdict is None:
                suspects = second
            else:
                suspects, refusal, aside = first, verdict, (*second, *aside)
        return suspects, refusal, aside

    async def _batch(self, changes: Sequence[Change]) -> CloudflareError | None:
        """Write changes together; return why if they are refused for their own sake."""
        if self._failure is None:
            try:
                records = await self._client.batch(self._zone_id, changes)
            except (CloudflareRefusedError, CloudflareNotFoundError) as err:
                return err
            except CloudflareError as err:
                self._fail(changes, err)
                return None
            self._accepts_batches = True
            await self._check(changes, records)
            return None
        for change in changes:
            self._refuse(change, self._failure)
        return None

    async def _single(self, change: Change) -> None:
        """Write one change by itself."""
        if self._failure is not None:
            self._refuse(change, self._failure)
            return
        try:
            if isinstance(change, Create):
                record = await self._client.create(self._zone_id, change)
            else:
                record = await self._client.update(self._zone_id, change)
        except (CloudflareRefusedError, CloudflareNotFoundError) as err:
            self._refuse(change, err)
        except CloudflareError as err:
            self._fail([change], err)
        else:
            await self._check([change], [record])

    async def _check(self, changes: Sequence[Change], records: Sequence[Record]) -> None:
        """Believe a write only if the answer shows the address that was sent.

        A record that came to stand at another name (in a zone that the name
        does not belong to) is taken away again, or each change of the address
        would leave one more.
        """
        held = {(r.name, r.type): r for r in records} | {r.id: r for r in records}
        # What was updated is nobody's stray, though somebody renamed it meanwhile.
        names = {change.slot.name for change in changes}
        updated = {change.record.id for change in changes if isinstance(change, Update)}
        strays = [
            r.id for r in records if r.is_owned and r.name not in names and r.id not in updated
        ]
        for change in changes:
            slot = change.slot
            key = (
                (slot.name, slot.family.record_type)
                if isinstance(change, Create)
                else change.record.id
            )
            record = held.get(key)
            if record is not None and change.address in {None, parse_record(record.content)}:
                self.outcomes.append(Outcome(change=change, result=Result.DONE, record=record))
            elif record is None and strays and isinstance(change, Create):
                self._refuse(change, CloudflareRefusedError("The name is not in this zone"))
            else:
                error = CloudflareResponseError("Cloudflare's answer shows another address")
                outcome = Outcome(change=change, result=Result.UNCONFIRMED, error=error)
                self.outcomes.append(outcome)
        for record_id in strays:
            with suppress(CloudflareError):
                await self._client.delete(self._zone_id, record_id)

    def _fail(self, changes: Sequence[Change], err: CloudflareError) -> None:
        """Note a failure that concerns all changes; what was sent may be written."""
        self._failure = err
        is_unclear = isinstance(err, (CloudflareConnectionError, CloudflareResponseError))
        result = Result.UNCONFIRMED if is_unclear else Result.REFUSED
        self.outcomes += [Outcome(change=c, result=result, error=err) for c in changes]

    def _refuse(self, change: Change, err: CloudflareError) -> None:
        """Note a change that is not written."""
        self.outcomes.append(Outcome(change=change, result=Result.REFUSED, error=err))
