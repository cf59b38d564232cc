"""Generate what happens to the lists and the DNS location of an account, and to another home."""

from random import Random

from .account_resources import OTHER_NETWORKS
from .constants import (
    DNS_LOCATION,
    HOST_NAMES,
    LISTS,
    OTHER_HOME_ADDRESSES,
    POLL,
    PRIMARY_ADDRESSES,
    READ_ZERO_TRUST_LIST,
    RESOURCE_READS,
    RESOURCE_WRITES,
    RESOURCES,
    ZONES,
)
from .fault_generator import API_FAULTS, LIST_FAULTS
from .network_generator import change_address
from .random_choice import family as random_family, one
from .scenario import Step, Value
from .user_generator import reload, restart, set_source

_FAILURE = "the operation failed"
_IGNORED = (["ecs_support"], ["max_ttl"], ["ecs_support", "max_ttl"])


def save_resource(rng: Random, kind: str | None = None) -> Step:
    """Add or replace a resource."""
    kind = kind or one(rng, RESOURCES)
    families = one(rng, (("ipv4",), ("ipv4", "ipv6"), ("ipv6",)) if kind in LISTS else (("ipv4",),))
    data: dict[str, Value] = {
        "families": [*families],
        "ipv6_entry": one(rng, ("network", "network", "host")),
        "delete_items": rng.random() < 0.5,
    }
    return ["save_resource", one(rng, ZONES), kind, data]


def remove_resource(rng: Random) -> Step:
    """Remove a resource."""
    return ["remove_resource", one(rng, RESOURCES)]


def edit_resource(rng: Random) -> Step:
    """Edit what a resource holds, as another client."""
    kind = one(rng, RESOURCES)
    edits = ("add", "add", "delete", "delete_own", "delete_own", "undo", "undo", "edit_settings")
    edit = one(rng, edits)
    value = one(rng, OTHER_NETWORKS).removesuffix("/32")
    if kind in LISTS and rng.random() < 0.4:
        value = one(rng, PRIMARY_ADDRESSES[random_family(rng)])
    return ["edit_resource", kind, edit, value]


def move_other_home(rng: Random) -> Step:
    """Let another home replace its address in a resource."""
    kind = one(rng, RESOURCES)
    family = 4 if kind == DNS_LOCATION else random_family(rng)
    return ["edit_resource", kind, "other_home", one(rng, OTHER_HOME_ADDRESSES[family])]


def set_operations(rng: Random) -> Step:
    """Let operations on IP lists take longer or fail, or somebody else's be pending."""
    failure = one(rng, (None, None, None, _FAILURE))
    return ["set_operations", one(rng, (1, 1, 2, 3, 15)), failure, one(rng, (0, 0, 3, 40))]


def set_address_taken(rng: Random) -> Step:
    """Let somebody else have an address in a location, or nobody."""
    return ["set_address_taken", one(rng, (None, one(rng, PRIMARY_ADDRESSES[4])))]


def set_resource_exists(rng: Random) -> Step:
    """Remove a resource from the account, or restore it."""
    return ["set_resource_exists", one(rng, RESOURCES), one(rng, (False, True, True))]


def add_resource_fault(rng: Random) -> Step:
    """Make requests about resources fail."""
    times = one(rng, (1, 1, 1, 2, 5, None))
    if rng.random() < 0.15:
        kind, detail = one(rng, LIST_FAULTS)
        return ["add_fault", "cloudflare", READ_ZERO_TRUST_LIST, kind, times, detail]
    if rng.random() < 0.1:
        ignored: dict[str, Value] = {"fields": [*one(rng, _IGNORED)]}
        return ["add_fault", "cloudflare", RESOURCE_WRITES[-1], "ignored_fields", times, ignored]
    kind, detail = one(rng, API_FAULTS)
    target = one(rng, (*RESOURCE_READS, *RESOURCE_WRITES, *RESOURCE_WRITES, POLL))
    if "success" in str(detail):
        # A false success of a list cannot be recognized: what is absent is empty.
        target = RESOURCE_WRITES[-1]
    return ["add_fault", "cloudflare", target, kind, times, detail]


def set_account_access(rng: Random) -> Step:
    """Limit the API token to zones, or give it all permissions."""
    return ["set_token", one(rng, ("zones_only", "full", "full"))]


def interleave_resource(rng: Random) -> Step:
    """Run a step while a request about a resource is held back; the response may be lost."""
    target = one(rng, (*RESOURCE_READS, *RESOURCE_WRITES, *RESOURCE_WRITES, POLL))
    is_write = target in RESOURCE_WRITES
    delays = ("hold", "lost_response", "hold_request") if is_write else ("hold", "lost_response")
    second = one(
        rng,
        (
            *(restart, restart, reload, change_address, edit_resource, edit_resource),
            *(move_other_home, save_resource, remove_resource, set_source),
        ),
    )
    first = one(rng, (change_address, change_address, save_resource, set_source))
    return ["interleave", target, one(rng, delays), first(rng), second(rng)]


def move_records(rng: Random) -> Step:
    """Let another home have another address in all of its records."""
    return ["move_other_home", one(rng, OTHER_HOME_ADDRESSES[random_family(rng)])]


def share_name(rng: Random) -> Step:
    """Let another home add its record to a name, or take over or delete one."""
    zone, family = one(rng, ZONES), random_family(rng)
    edits = ("create_in_other_home", "create_in_other_home", "take_over", "delete_in_other_home")
    name, address = one(rng, HOST_NAMES[zone]), one(rng, OTHER_HOME_ADDRESSES[family])
    return ["edit_dns", zone, one(rng, edits), name, address]


def give_record(rng: Random) -> Step:
    """Give the record of another home to this one."""
    zone = one(rng, ZONES)
    return ["give_record", zone, one(rng, HOST_NAMES[zone]), one(rng, ("A", "A", "AAAA"))]


WEIGHTS = {
    save_resource: 5,
    remove_resource: 2,
    edit_resource: 14,
    move_other_home: 6,
    set_operations: 4,
    set_address_taken: 2,
    set_resource_exists: 2,
    add_resource_fault: 10,
    set_account_access: 2,
    interleave_resource: 7,
}
"""How often something happens to the resources of a home that has some."""
SHARED_NAME_WEIGHTS = {share_name: 12, move_records: 12, give_record: 8}
"""How often something happens to the records of another home, which shares names."""
