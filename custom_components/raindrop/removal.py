"""What happens to the records of a domain that the user removes."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .client import async_get_client
from .const import CONF_ZONE_ID, LOGGER
from .ddns.apply import retire
from .ddns.errors import CloudflareError
from .ddns.model import ZoneId
from .domains import Domain


async def async_retire(hass: HomeAssistant, entry: ConfigEntry, removed: Iterable[Domain]) -> None:
    """Delete the records of removed domains, where the user asked for it and Raindrop made them.

    A record that could not be deleted is left, and the log says so.
    """
    slots = [slot for domain in removed if domain.deletes_records for slot in domain.slots]
    if not slots:
        return
    try:
        client = async_get_client(hass, entry.data)
        await retire(client, ZoneId(entry.data[CONF_ZONE_ID]), slots)
    except CloudflareError as err:
        names = ", ".join(sorted({slot.name for slot in slots}))
        LOGGER.warning("The records of %s could not be deleted: %s", names, err)
