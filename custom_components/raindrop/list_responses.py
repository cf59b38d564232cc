"""What the action "Sync DNS" responds about IP lists; nothing where there is none."""

from collections.abc import Iterable
from typing import Any

from .ddns import ListResult, Network
from .ip_lists import IpLists
from .list_config import ManagedList, network_text


def list_outcomes(ip_lists: IpLists) -> dict[str, Any]:
    """Return what an update did to the lists."""
    lists = []
    for managed in ip_lists.lists:
        result = ip_lists.results.get(managed.id, ListResult())
        deleted = [item.network for item in result.deleted]
        lists.append(_shown(managed, "done", result.added, deleted))
    return {"lists": lists} if lists else {}


async def async_planned_lists(ip_lists: IpLists) -> dict[str, Any]:
    """Return what an update would do to the lists. Raises CloudflareError."""
    lists = []
    for managed in ip_lists.lists:
        plan = await ip_lists.async_preview(managed)
        deleted = [item.network for item in plan.delete]
        lists.append(_shown(managed, "planned", plan.add, deleted))
    return {"lists": lists} if lists else {}


def _shown(
    managed: ManagedList, result: str, added: Iterable[Network], deleted: Iterable[Network]
) -> dict[str, Any]:
    shown = {"added": [*map(network_text, added)], "deleted": [*map(network_text, deleted)]}
    return {
        "list": managed.title,
        "result": result if any(shown.values()) else "unchanged",
        **shown,
    }
