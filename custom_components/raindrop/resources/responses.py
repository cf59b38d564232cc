"""What the action "Sync DNS" responds about resources; nothing where there is none."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..ddns import Detection, Network, ResourceKind, ResourceResult, Source, network_text
from .account_resources import AccountResources
from .kinds import KINDS
from .resource_config import ManagedResource


def resource_outcomes(resources: AccountResources) -> dict[str, Any]:
    """Return what an update did to the resources."""
    shown = []
    for managed in resources.managed:
        result = resources.results.get(managed.id, ResourceResult())
        deleted = [item.network for item in result.deleted]
        shown.append((managed.kind, _shown(managed, "done", result.added, deleted)))
    return _by_kind(shown)


async def async_planned_resources(
    resources: AccountResources, detections: Mapping[Source, Detection]
) -> dict[str, Any]:
    """Return what an update would do to the resources. Raises CloudflareError."""
    shown = []
    for managed in resources.managed:
        plan = await resources.async_preview(managed, detections)
        deleted = [item.network for item in plan.delete]
        shown.append((managed.kind, _shown(managed, "planned", plan.add, deleted)))
    return _by_kind(shown)


def _by_kind(shown: Iterable[tuple[ResourceKind, dict[str, Any]]]) -> dict[str, Any]:
    """Return what happened to the resources, those with one kind of name together."""
    response: dict[str, Any] = {}
    for kind, one in shown:
        response.setdefault(f"{KINDS[kind].attribute}s", []).append(one)
    return response


def _shown(
    managed: ManagedResource, result: str, added: Iterable[Network], deleted: Iterable[Network]
) -> dict[str, Any]:
    shown = {"added": [*map(network_text, added)], "deleted": [*map(network_text, deleted)]}
    return {
        KINDS[managed.kind].attribute: managed.title,
        "result": result if any(shown.values()) else "unchanged",
        **shown,
    }
