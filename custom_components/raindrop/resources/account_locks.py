"""One lock for the resources of a kind in an account, across all entries."""

from asyncio import Lock
from collections import defaultdict

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..ddns import AccountId, ResourceKind

_LOCKS: HassKey[defaultdict[tuple[ResourceKind, AccountId], Lock]] = HassKey(
    f"{DOMAIN}_account_locks"
)


@callback
def async_account_lock(hass: HomeAssistant, kind: ResourceKind, account_id: AccountId) -> Lock:
    """Return the lock of the resources of a kind in an account.

    Cloudflare allows one pending operation on IP lists.
    """
    return hass.data.setdefault(_LOCKS, defaultdict(Lock))[kind, account_id]


@callback
def async_release_account_locks(hass: HomeAssistant) -> None:
    """Discard the locks: the last entry was removed."""
    hass.data.pop(_LOCKS, None)
