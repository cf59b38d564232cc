"""The id of this home, by which it knows the records that it created."""

from hashlib import sha256

from homeassistant.core import HomeAssistant
from homeassistant.helpers import instance_id

from .const import DOMAIN
from .ddns import HomeId


async def async_get_home_id(hass: HomeAssistant) -> HomeId:
    """Return the id of this home, which a restored backup keeps.

    It is public, so it tells nothing of Home Assistant's own id. Raises
    HomeAssistantError or OSError if that cannot be stored when it is new.
    """
    instance = await instance_id.async_get(hass)
    return HomeId(sha256(f"{DOMAIN} {instance}".encode()).hexdigest()[:8])
