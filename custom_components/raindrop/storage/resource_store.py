"""What survives a restart of the resources of an entry, in the file of the entry.

When a resource was last changed from here; since when it holds an old address, or an
address is not known, so that restarts hide no problem; when it was changed
externally; whether its failure was reported; which networks may be this home's, where
nothing else says so; and the items to delete when one is removed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from ..ddns import AccountId, Network, ResourceId, ResourceKind, ResourceState
from .values import (
    read_bool,
    read_id,
    read_list,
    read_mapping,
    read_optional_time,
    read_resource_id,
    read_text,
    read_time,
)

_TIMES = ("written_at", "old_since", "unknown_since")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDeletion:
    """The items of this home that are deleted when a resource is removed."""

    kind: ResourceKind
    account_id: AccountId
    since: datetime | None
    """Since when it is removed; None while it is configured."""
    title: str
    is_wanted: bool
    """Whether the user wants them deleted; otherwise it is only said what is left."""
    own: tuple[Network, ...] = ()
    """The networks that may be this home's, as in `ResourceState`."""


class ResourceStore:
    """The stored state of the resources of one entry."""

    def __init__(self) -> None:
        self.states: dict[ResourceId, ResourceState] = {}
        self.pending_deletions: dict[ResourceId, ResourceDeletion] = {}

    def set_state(self, resource_id: ResourceId, state: ResourceState) -> None:
        """Take over a state in which more networks may be this home's, also for a deletion."""
        self.states[resource_id] = state
        self.pending_deletions = {
            key: replace(deletion, own=state.own or ()) if key == resource_id else deletion
            for key, deletion in self.pending_deletions.items()
        }

    def read(self, data: Mapping[str, Any]) -> None:
        """Take over what is stored. Raises one of MALFORMED; nothing is taken over then."""
        stored = read_mapping(data.get("resources", {})).items()
        states = {read_resource_id(key): _read_state(read_mapping(state)) for key, state in stored}
        pending = read_mapping(data.get("pending_resource_deletions", {})).items()
        self.pending_deletions = {
            read_resource_id(key): _read_deletion(read_mapping(value)) for key, value in pending
        }
        self.states = states

    def data(self) -> dict[str, Any]:
        """Return what is stored: nothing without resources."""
        states = {resource_id: _state_data(state) for resource_id, state in self.states.items()}
        pending = {
            resource_id: {
                "kind": deletion.kind,
                "account_id": deletion.account_id,
                "since": deletion.since.isoformat() if deletion.since else None,
                "title": deletion.title,
                "is_wanted": deletion.is_wanted,
                "own": [*map(str, deletion.own)],
            }
            for resource_id, deletion in self.pending_deletions.items()
        }
        data = {"resources": states, "pending_resource_deletions": pending}
        return {key: value for key, value in data.items() if value}


def _read_state(data: Mapping[str, Any]) -> ResourceState:
    times = {key: read_time(data[key]) if key in data else None for key in _TIMES}
    return ResourceState(
        written_at=times["written_at"],
        old_since=times["old_since"],
        unknown_since=times["unknown_since"],
        external_changes=tuple(map(read_time, read_list(data.get("external_changes", [])))),
        has_failed=read_bool(data.get("has_failed", False)),
        own=_read_networks(data["own"]) if "own" in data else None,
        changed_settings=tuple(map(read_text, read_list(data.get("changed_settings", [])))),
    )


def _state_data(state: ResourceState) -> dict[str, Any]:
    data: dict[str, Any] = {
        key: time.isoformat() for key in _TIMES if (time := getattr(state, key)) is not None
    }
    if state.external_changes:
        data["external_changes"] = [time.isoformat() for time in state.external_changes]
    if state.has_failed:
        data["has_failed"] = True
    if state.own is not None:
        data["own"] = [*map(str, state.own)]
    if state.changed_settings:
        data["changed_settings"] = [*state.changed_settings]
    return data


def _read_deletion(data: Mapping[str, Any]) -> ResourceDeletion:
    return ResourceDeletion(
        kind=ResourceKind(data["kind"]),
        account_id=AccountId(read_id(data["account_id"])),
        since=read_optional_time(data["since"]),
        title=read_text(data["title"]),
        is_wanted=read_bool(data["is_wanted"]),
        own=_read_networks(data["own"]),
    )


def _read_networks(value: object) -> tuple[Network, ...]:
    return tuple(ip_network(read_text(network)) for network in read_list(value))
