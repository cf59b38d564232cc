"""Codec of zones; checks every shape it relies on.

https://developers.cloudflare.com/api/resources/zones/
"""

from enum import StrEnum

from ..models import HostName, ZoneId
from ..zones import AccountId, Zone, ZoneStatus, ZoneType
from .codec import checked, json_object, normalized, read_id, read_name


def read_zone(value: object) -> Zone:
    """Decode a zone, whose name comes in Unicode; only its id and name have to be present.

    A status or type that is not known here is left out, as if absent. Raises
    CloudflareResponseError.
    """
    fields = json_object(value)
    account = json_object(fields.get("account") or {})
    plan = json_object(fields.get("plan") or {})
    return Zone(
        id=ZoneId(read_id(fields)),
        name=read_name(fields),
        status=_member(ZoneStatus, fields.get("status")),
        paused=checked(fields.get("paused") or False, bool),
        type=_member(ZoneType, fields.get("type")),
        name_servers=_host_names(fields.get("name_servers")),
        vanity_name_servers=_host_names(fields.get("vanity_name_servers")),
        account_id=AccountId(read_id(account)) if account.get("id") else None,
        plan=checked(plan.get("legacy_id") or "", str) or None,
    )


def read_zones(value: object) -> list[Zone]:
    """Decode a list of zones. Raises CloudflareResponseError."""
    return [read_zone(item) for item in checked(value, list)]


def _member[MemberT: StrEnum](members: type[MemberT], value: object) -> MemberT | None:
    text = checked(value or "", str)
    return next((member for member in members if member == text), None)


def _host_names(value: object) -> tuple[HostName, ...]:
    return tuple(normalized(checked(name, str)) for name in checked(value or [], list))
