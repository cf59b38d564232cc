"""The ID of this home, by which it recognizes the records that it created."""

from hashlib import sha256

from homeassistant.core import HomeAssistant
from homeassistant.helpers import instance_id

from .const import DOMAIN
from .ddns import HomeId


async def async_get_home_id(hass: HomeAssistant) -> HomeId:
    """Return the id of this home, which a restored backup keeps.

    It is public, so it reveals nothing of Home Assistant's own ID. Raises
    HomeAssistantError or OSError if a new one cannot be stored.
    """
    instance = await instance_id.async_get(hass)
    return HomeId(sha256(f"{DOMAIN} {instance}".encode()).hexdigest()[:8])
