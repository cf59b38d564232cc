"""The zone itself as it was last read, stored with the fields of `Zone`."""

from .. import ddns
from ..ddns import HostName, Zone, ZoneStatus, ZoneType
from .values import read_bool, read_id, read_list, read_mapping, read_text


def read_zone(stored: object) -> Zone | None:
    """Return the stored zone, None if there is none. Raises ValueError or KeyError."""
    if stored is None:
        return None
    data = read_mapping(stored)
    name, status, kind = data["name"], data["status"], data["type"]
    account_id, plan = data["account_id"], data["plan"]
    return Zone(
        id=ddns.ZoneId(read_id(data["id"])),
        name=None if name is None else HostName(read_text(name)),
        status=None if status is None else ZoneStatus(status),
        paused=read_bool(data["paused"]),
        type=None if kind is None else ZoneType(kind),
        name_servers=_host_names(data["name_servers"]),
        vanity_name_servers=_host_names(data["vanity_name_servers"]),
        account_id=None if account_id is None else ddns.AccountId(read_id(account_id)),
        plan=None if plan is None else read_text(plan),
    )


def _host_names(stored: object) -> tuple[HostName, ...]:
    return tuple(HostName(read_text(name)) for name in read_list(stored))
