"""One operation at a time in an account, across all entries, and the wait for its end."""

from asyncio import Lock, sleep
from collections import defaultdict

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .ddns import AccountId, ResourceKind

DELAYS_S = (1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0, 15.0, 15.0)
"""How long to wait before each look at an operation: a minute in all."""

_LOCKS: HassKey[defaultdict[tuple[ResourceKind, AccountId], Lock]] = HassKey(
    f"{DOMAIN}_account_locks"
)


@callback
def async_account_lock(hass: HomeAssistant, kind: ResourceKind, account_id: AccountId) -> Lock:
    """Return the lock of the resources of a kind in an account.

    Cloudflare allows one pending operation on IP lists.
    """
    return hass.data.setdefault(_LOCKS, defaultdict(Lock))[kind, account_id]


class OperationWait:
    """The waits for the operations of one update."""

    def __init__(self) -> None:
        self._delays = iter(DELAYS_S)

    async def __call__(self) -> bool:
        """Wait a moment, longer each time; return False if there is no time left."""
        if (delay_s := next(self._delays, None)) is None:
            return False
        await sleep(delay_s)
        return True
