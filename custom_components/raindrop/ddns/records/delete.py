"""Delete the records of removed domains: one batch for many, split in halves if it is refused."""

from collections import deque
from collections.abc import Collection
from itertools import batched

from ..cloudflare.client import CloudflareClient
from ..errors import CloudflareError
from ..models import Record, RecordKey, ZoneId


async def delete_owned(
    client: CloudflareClient, zone_id: ZoneId, record_keys: Collection[RecordKey]
) -> dict[RecordKey, CloudflareError]:
    """Delete the owned records of some record keys; return the keys that failed, and why.

    Reads the zone first. A record without the ownership comment is left alone, which is
    not a failure. A record that cannot be deleted does not stop the others; after any
    other failure nothing more is tried. Raises no CloudflareError.
    """
    names = {key.name for key in record_keys}
    if not names:
        return {}
    only = next(iter(names)) if len(names) == 1 else None
    try:
        records = await client.list_records(zone_id, only, names=names)
    except CloudflareError as err:
        return dict.fromkeys(record_keys, err)
    keys = {(key.name, key.family.record_type): key for key in record_keys}
    owned = [record for record in records if record.is_owned and (record.name, record.type) in keys]
    failed = await delete_records(client, zone_id, owned)
    return {keys[record.name, record.type]: error for record, error in failed}


async def delete_records(
    client: CloudflareClient, zone_id: ZoneId, records: Collection[Record]
) -> list[tuple[Record, CloudflareError]]:
    """Delete records, as many as possible at a time; return those that failed, and why."""
    failed: list[tuple[Record, CloudflareError]] = []
    waiting = deque(batched(records, client.max_batch))
    while waiting:
        chunk = waiting.popleft()
        try:
            if len(chunk) == 1:
                await client.delete(zone_id, chunk[0].id)
            else:
                await client.delete_batch(zone_id, [record.id for record in chunk])
        except CloudflareError as err:
            if not err.is_of_content:
                failed += [(record, err) for rest in (chunk, *waiting) for record in rest]
                break
            if len(chunk) == 1:
                failed.append((chunk[0], err))
                continue
            # One of them is gone already or is refused, or the zone's plan
            # no longer allows so many.
            half = len(chunk) // 2
            waiting.extendleft((chunk[half:], chunk[:half]))
    return failed
