"""Generate changes of addresses, and of what providers and entities report."""

from random import Random

from .constants import (
    CONNECTIONS,
    ENTITIES,
    PRIMARY_ADDRESSES,
    PROVIDERS,
    SECONDARY_ADDRESSES,
    UNUSABLE_ADDRESSES,
)
from .random_choice import family as random_family, one
from .scenario import Step, Value


def change_address(rng: Random) -> Step:
    """Change the address of a connection; its entities may keep reporting the old one."""
    connection = one(rng, (PRIMARY_ADDRESSES, PRIMARY_ADDRESSES, SECONDARY_ADDRESSES))
    family = random_family(rng)
    return ["change_address", one(rng, connection[family]), rng.random() < 0.2]


def set_tunnel(rng: Random) -> Step:
    """Begin or end a tunnel."""
    return ["set_tunnel", one(rng, ("warp_on", "warp_on", "gateway_on", None))]


def set_lines(rng: Random) -> Step:
    """Let each connection leave by one of two lines: in turn, in pairs, mostly one, at random."""
    family = random_family(rng)
    lines = rng.sample(PRIMARY_ADDRESSES[family], 2)
    orders = ("ab", "aabb", "aaaab", "".join(rng.choices("ab", k=40)) + "ab")
    return ["set_lines", [lines["ab".index(line)] for line in one(rng, orders)]]


def provider_reports(rng: Random) -> Step:
    """Make one provider report another address."""
    family = random_family(rng)
    provider = one(rng, PROVIDERS)
    addresses = (*PRIMARY_ADDRESSES[family], *UNUSABLE_ADDRESSES[family])
    return ["provider_reports", provider, one(rng, addresses)]


def provider_unreachable(rng: Random) -> Step:
    """Make one provider, or all of a family, unreachable."""
    return ["provider_unreachable", one(rng, (None, *PROVIDERS)), random_family(rng)]


def report_truth(_rng: Random) -> Step:
    """Make all providers and entities report the current addresses."""
    return ["report_truth"]


def entity_reports(rng: Random) -> Step:
    """Make an entity report the current address (None), another text, or nothing."""
    name = one(rng, tuple(ENTITIES))
    connection, family = ENTITIES[name]
    unusable = (
        *UNUSABLE_ADDRESSES[family],
        PRIMARY_ADDRESSES[10 - family][0],
        "online",
        "81.2.69.142, 81.2.69.143",
    )
    without_address = ("unknown", "unavailable", "unavailable", "removed")
    states = one(rng, ((None,), CONNECTIONS[connection][family], unusable, without_address))
    return ["entity_reports", name, one(rng, states)]


def flap(rng: Random) -> Step:
    """Make an entity or a connection alternate, faster or slower than the waiting times."""
    name = one(rng, tuple(ENTITIES))
    connection, family = ENTITIES[name]
    first, other = rng.sample(CONNECTIONS[connection][family], 2)
    steps: list[Value] = [["change_address", first], ["change_address", other]]
    if rng.random() < 0.5:
        between = one(rng, (other, other, "unavailable"))
        steps = [["entity_reports", name, first], ["entity_reports", name, between]]
    count = rng.randint(3, 7)
    pauses = rng.choices((1, 4, 9, 12, 30, 110, 130, 301), k=count)
    if rng.random() < 0.5:
        pauses = [one(rng, (4, 12, 30, 110))] * count
    return ["flap", steps, [*pauses]]
