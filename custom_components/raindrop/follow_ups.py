"""What follows an update in the background, so that it delays none."""

from homeassistant.core import callback

from .ddns import State, UpdateResult
from .public_dns import PublicDns
from .resources.account_resources import AccountResources
from .token_expiry import TokenExpiry


class FollowUps:
    """Look-ups at public resolvers, IP lists, and when the API token expires."""

    def __init__(
        self, public_dns: PublicDns, resources: AccountResources, token_expiry: TokenExpiry
    ) -> None:
        self.public_dns = public_dns
        self.resources = resources
        self._token_expiry = token_expiry

    @callback
    def async_updated(self, state: State, result: UpdateResult, *, is_full_sync: bool) -> None:
        """Begin what an update makes necessary; ``state`` is the one after it."""
        self.public_dns.async_updated(state, result, is_full_sync=is_full_sync)
        self.resources.async_updated(state, is_full_sync=is_full_sync)
        self._token_expiry.async_updated(result, is_full_sync=is_full_sync)
