"""What a new credential lacks for the resources of its entry, which nothing else would show."""

from asyncio import gather

from homeassistant.config_entries import ConfigEntry

from .. import ddns
from ..ddns import CloudflareClient, CloudflareError, CloudflarePermissionError, ResourceConfig
from ..resources.resource_config import read_managed_resources

_NAMES = {
    ddns.Permission.LISTS_EDIT: "Account > Account Filter Lists > Edit",
    ddns.Permission.ZERO_TRUST_EDIT: "Account > Zero Trust > Edit",
}
"""As Cloudflare calls them."""


async def async_missing_permissions(client: CloudflareClient, entry: ConfigEntry) -> list[str]:
    """Return the permissions that a credential lacks to edit the resources of an entry.

    One request for each kind of resource. What Cloudflare does not deny counts as allowed:
    an update shows whatever else is wrong.
    """
    by_kind = {managed.kind: managed.config for managed in read_managed_resources(entry)}
    lacking = await gather(*(_lacking(client, config) for config in by_kind.values()))
    return [name for permission, name in _NAMES.items() if permission in lacking]


async def _lacking(client: CloudflareClient, config: ResourceConfig) -> ddns.Permission | None:
    try:
        await ddns.check_resource_edit(client, config)
    except CloudflarePermissionError as err:
        return err.missing
    except CloudflareError:
        pass
    return None
