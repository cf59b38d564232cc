"""What each kind of resource has to provide, so that it can be brought in line."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from ..cloudflare.client import CloudflareClient
from ..errors import CloudflareError
from ..models import Network, Reason
from ..zones import AccountId
from .resource_plan import ResourcePlan
from .resource_settings import AccountResource, ResourceConfig, ResourceItem

type Wait = Callable[[], Awaitable[bool]]
"""Waits a moment for what takes time at Cloudflare; returns False if there is no time left."""


async def no_time() -> bool:
    """Do not wait."""
    return False


@dataclass(slots=True, kw_only=True)
class Changes:
    """What was changed so far in one update."""

    added: list[Network] = field(default_factory=list)
    deleted: list[ResourceItem] = field(default_factory=list)
    errors: list[CloudflareError] = field(default_factory=list)
    """Why the rest was not changed."""


class ResourceApi(ABC):
    """How one resource is read and changed in one update."""

    def __init__(
        self,
        client: CloudflareClient,
        config: ResourceConfig,
        wait: Wait = no_time,
        own: Sequence[Network] | None = None,
    ) -> None:
        """Send nothing yet; ``own`` is what is remembered, as in `ResourceState`."""
        self._client = client
        self._config = config
        self._wait = wait
        self._own = own
        self.obstacle: Reason | None = None
        """Why what it holds has no effect, as last read."""

    @staticmethod
    @abstractmethod
    async def find(client: CloudflareClient, account_id: AccountId) -> list[AccountResource]:
        """Return the resources of this kind in an account. Raises CloudflareError."""

    @abstractmethod
    async def read(self) -> list[ResourceItem]:
        """Return all items: the complete list or an error.

        An item that cannot be read is left out unless it is this home's. Raises CloudflareError.
        """

    @abstractmethod
    async def change(self, plan: ResourcePlan, changes: Changes) -> None:
        """Carry out a plan for the items that were just read; add what happened to ``changes``.

        Nothing is deleted of a family whose new item is not certain. Raises no CloudflareError.
        """

    @abstractmethod
    async def check_edit(self) -> None:
        """Send a change that changes nothing, which shows whether the credential may edit.

        Raises CloudflareError for a denial, and for what says nothing about that.
        """
