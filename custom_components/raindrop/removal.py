"""What happens to the records of domains that the user removes."""

from collections.abc import Collection

from .const import LOGGER
from .ddns.apply import retire
from .ddns.cloudflare import CloudflareClient
from .ddns.errors import CloudflareError
from .ddns.model import Slot, ZoneId
from .memory import Memory


async def async_retire(
    client: CloudflareClient, zone_id: ZoneId, memory: Memory, wanted: Collection[Slot]
) -> None:
    """Delete the records that were to go with their domain, and whose domain is gone.

    To be called while no round runs, which would create them again. Only
    records that Raindrop created are deleted. What could not be deleted stays
    remembered, and is tried again at the next start.
    """
    gone = memory.retiring - set(wanted)
    if not gone:
        return
    try:
        await retire(client, zone_id, gone)
    except CloudflareError as err:
        names = ", ".join(sorted({slot.name for slot in gone}))
        LOGGER.warning("The records of %s could not be deleted yet: %s", names, err)
    else:
        memory.retiring -= gone
