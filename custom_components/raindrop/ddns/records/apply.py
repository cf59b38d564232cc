"""Apply a plan: one batch for many changes, bisected to find the one that is refused."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import batched

from ..addresses import parse_record
from ..cloudflare.client import MAX_BATCH, CloudflareClient
from ..errors import (
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflareRefusedError,
    CloudflareResponseError,
)
from ..models import Change, Create, Outcome, Reason, Record, Update, ZoneId

_MAX_SEARCHES = 4
"""Refused changes that are searched for before the rest of a batch is written singly."""


async def apply(
    client: CloudflareClient, zone_id: ZoneId, changes: Sequence[Change]
) -> list[Outcome]:
    """Return the outcome of each change; raises no CloudflareError.

    A change that is refused for its content does not stop the others. After
    any other failure those not sent yet are not tried.
    """
    writer = _Writer(client, zone_id)
    for chunk in batched(changes, client.max_batch):
        await writer.write(chunk)
    return writer.outcomes


class _Writer:
    """Writes changes and collects their outcomes."""

    def __init__(self, client: CloudflareClient, zone_id: ZoneId) -> None:
        self._client = client
        self._zone_id = zone_id
        self._failure: CloudflareError | None = None
        self._accepts_batches = False
        self.outcomes: list[Outcome] = []

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
            if self._failure is not None:
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
                # It may be batches that are refused, not this change.
                await self._single(change)

    async def _search(
        self, suspects: Sequence[Change], refusal: CloudflareError
    ) -> tuple[Sequence[Change], CloudflareError, Sequence[Change]]:
        """Return the change for which a batch is refused, why, and what is not written.

        Halves the suspects: a single refused change among N costs log2(N)
        requests, and one more for those that were set aside meanwhile. After a
        failure several suspects are left, none of them refused.
        """
        aside: tuple[Change, ...] = ()
        while len(suspects) > 1 and self._failure is None:
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
        """Believe a write only if the response shows the address that was sent.

        A record that was created at another name (the name is not in this
        zone) is deleted again, or each change of the address would add one.
        """
        found = {(r.name, r.type): r for r in records} | {r.id: r for r in records}
        # An updated record is not misplaced, though it may have been renamed externally.
        names = {change.record_key.name for change in changes}
        updated = {change.record.id for change in changes if isinstance(change, Update)}
        misplaced = [
            r.id for r in records if r.is_owned and r.name not in names and r.id not in updated
        ]
        for change in changes:
            key = change.record_key
            record = found.get(
                (key.name, key.family.record_type)
                if isinstance(change, Create)
                else change.record.id
            )
            if record is not None and change.address in {None, parse_record(record.content)}:
                self.outcomes.append(Outcome(change=change, record=record))
            elif record is None and misplaced and isinstance(change, Create):
                self._refuse(change, CloudflareRefusedError("The name is not in this zone"))
            else:
                error = CloudflareResponseError("Cloudflare's response shows another address")
                self.outcomes.append(Outcome(change=change, reason=Reason.UNCONFIRMED, error=error))
        for record_id in misplaced:
            with suppress(CloudflareError):
                await self._client.delete(self._zone_id, record_id)

    def _fail(self, changes: Sequence[Change], err: CloudflareError) -> None:
        """Add the outcomes of a failure that stops all further writes."""
        self._failure = err
        is_unclear = isinstance(err, (CloudflareConnectionError, CloudflareResponseError))
        reason = Reason.UNCONFIRMED if is_unclear else Reason.REFUSED
        self.outcomes += [Outcome(change=c, reason=reason, error=err) for c in changes]

    def _refuse(self, change: Change, err: CloudflareError) -> None:
        self.outcomes.append(Outcome(change=change, reason=Reason.REFUSED, error=err))
